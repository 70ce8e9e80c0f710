#include "stats/svg.h"

#include <math.h>

/* Units of the drawing: a column is COL wide, the whole is HIGH high. */
#define COL 10
#define HIGH 1000

/* What opens a table, the title again for those who only hear it, and the head of the first column.
 */
#define TABLE_OPEN                                                                                 \
	"<details class=\"data\"><summary>%s<span class=\"unseen\">: %s</span></summary>"          \
	"<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">%s</th>"

/* The smallest of 1, 2, 5, 10, 20, 50 ... that cuts MAX into no more than PARTS parts. */
static uint64_t
step_for(uint64_t max, uint64_t parts)
{
	static const uint64_t ones[] = {1, 2, 5};

	for (uint64_t ten = 1;; ten *= 10)
		for (size_t i = 0; i < 3; i++)
			if (ones[i] * ten * parts >= max || ten > UINT64_MAX / 100)
				return ones[i] * ten;
}

/* The scale of a chart: grid lines STEP apart, DOWN of them below zero and UP above. */
struct scale {
	uint64_t step, up, down;
};

static double
y_of(const struct scale *s, double value)
{
	double whole = (double)(s->step * (s->up + s->down));

	return HIGH * ((double)(s->step * s->up) - value) / whole;
}

static uint64_t
stack(const struct chart *c, size_t column, enum chart_side side)
{
	uint64_t sum = 0;

	for (size_t s = 0; s < c->nseries; s++)
		if (c->series[s].side == side)
			sum += c->values[column * c->nseries + s];
	return sum;
}

static struct scale
scale_of(const struct chart *c)
{
	uint64_t up = 1, down = 0;
	struct scale s;

	for (size_t i = 0; i < c->n; i++) {
		uint64_t u = stack(c, i, CHART_UP), d = stack(c, i, CHART_DOWN);

		if (c->line && c->line[i] > (double)u)
			u = (uint64_t)ceil(c->line[i]);
		up = u > up ? u : up;
		down = d > down ? d : down;
	}
	s.step = step_for(up + down, 4);
	s.up = (up + s.step - 1) / s.step;
	s.down = (down + s.step - 1) / s.step;
	return s;
}

static void
put_rect(struct buf *b, const char *css, double x, double width, double y0, double y1)
{
	if (y1 - y0 < 0.05)
		return;
	buf_printf(b, "<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>",
	    css, x, y0, width, y1 - y0);
}

/* "Fri 20 Nov 19:00: 84 mentions, 61 negative" for the pointer. */
static void
put_tip(struct buf *b, const struct chart *c, size_t column)
{
	buf_printf(b, "<title>%s:", c->labels[column]);
	for (size_t s = 0; s < c->nseries; s++) {
		buf_puts(b, s ? ", " : " ");
		stats_put_whole(b, c->lang, c->values[column * c->nseries + s]);
		buf_printf(b, " %s", c->series[s].name);
	}
	if (c->line && c->line[column] >= 0) {
		buf_printf(b, ", %s ", c->line_name);
		stats_put_decimal(b, c->lang, c->line[column], 1);
	}
	buf_puts(b, "</title>");
}

static void
put_column(struct buf *b, const struct chart *c, const struct scale *s, size_t column)
{
	double gap = c->n > 100 ? 0.4 : c->n > 40 ? 1 : 2, x = (double)(column * COL) + gap / 2;
	double up = y_of(s, 0), down = y_of(s, 0);
	bool marked = c->marked && c->marked[column];

	buf_puts(b, "<g>");
	put_tip(b, c, column);
	put_rect(b, marked ? "hit mark" : "hit", (double)(column * COL), COL, 0, HIGH);
	for (size_t i = 0; i < c->nseries; i++) {
		double height = y_of(s, 0) - y_of(s, (double)c->values[column * c->nseries + i]);

		if (c->series[i].side == CHART_UP) {
			put_rect(
			    b, marked ? "burst" : c->series[i].css, x, COL - gap, up - height, up);
			up -= height;
		} else if (c->series[i].side == CHART_DOWN) {
			put_rect(b, c->series[i].css, x, COL - gap, down, down + height);
			down += height;
		}
	}
	buf_puts(b, "</g>\n");
}

static void
put_line(struct buf *b, const struct chart *c, const struct scale *s)
{
	bool pen = false;

	buf_puts(b, "<path class=\"usual\" d=\"");
	for (size_t i = 0; i < c->n; i++) {
		if (c->line[i] >= 0) {
			buf_printf(b, "%c%zu %.1fH%zu", pen ? 'L' : 'M', i * COL,
			    y_of(s, c->line[i]), (i + 1) * COL);
			pen = true;
		} else {
			pen = false;
		}
	}
	buf_puts(b, "\"/>\n");
}

static bool
has_line(const struct chart *c)
{
	for (size_t i = 0; c->line && i < c->n; i++)
		if (c->line[i] >= 0)
			return true;
	return false;
}

static bool
has_mark(const struct chart *c)
{
	for (size_t i = 0; c->marked && i < c->n; i++)
		if (c->marked[i])
			return true;
	return false;
}

static void
put_svg(struct buf *b, const struct chart *c, const struct scale *s)
{
	buf_printf(b,
	    "<svg viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" role=\"img\" "
	    "aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">%s</title>"
	    "<desc id=\"%s-d\">%s</desc>\n",
	    c->n * COL, HIGH, c->id, c->id, c->id, c->title, c->id, c->desc);
	for (uint64_t i = 0; i <= s->up + s->down; i++) {
		double y = HIGH * (double)i / (double)(s->up + s->down);

		buf_printf(b, "<path class=\"%s\" d=\"M0 %.1fH%zu\"/>",
		    i == s->up ? "grid-zero" : "grid-line", y, c->n * COL);
	}
	buf_puts(b, "\n");
	for (size_t i = 0; i < c->n; i++)
		put_column(b, c, s, i);
	if (has_line(c))
		put_line(b, c, s);
	buf_puts(b, "</svg>\n");
}

static void
put_scale(struct buf *b, const struct chart *c, const struct scale *s)
{
	uint64_t lines = s->up + s->down;

	buf_puts(b, "<div class=\"y\" aria-hidden=\"true\">");
	for (uint64_t i = 0; i <= lines; i++) {
		uint64_t value = (i < s->up ? s->up - i : i - s->up) * s->step;

		buf_printf(b, "<span style=\"top:%.1f%%\">", 100 * (double)i / (double)lines);
		stats_put_whole(b, c->lang, value);
		buf_puts(b, "</span>");
	}
	buf_puts(b, "</div>\n");
}

static void
put_ticks(struct buf *b, const struct chart *c)
{
	buf_printf(b, "<div class=\"x%s\" aria-hidden=\"true\">", c->centred ? " centred" : "");
	for (size_t i = 0; i < c->nticks; i++)
		buf_printf(b, "<span%s style=\"left:%.2f%%\">%s</span>",
		    c->ticks[i].minor ? " class=\"minor\"" : "",
		    100 * c->ticks[i].at / (double)c->n, c->ticks[i].label);
	buf_puts(b, "</div>\n");
}

static bool
has_values(const struct chart *c, size_t series)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->values[i * c->nseries + series])
			return true;
	return false;
}

/* Is series S in the legend?  Only when there is something of it to see. */
static bool
is_drawn(const struct chart *c, size_t s)
{
	return c->series[s].side != CHART_TABLE_ONLY && has_values(c, s);
}

static void
put_legend(struct buf *b, const struct chart *c)
{
	size_t drawn = 0;

	for (size_t s = 0; s < c->nseries; s++)
		drawn += is_drawn(c, s);
	if (!has_line(c) && !has_mark(c) && (c->nseries == 1 || !drawn))
		return;
	buf_puts(b, "<ul class=\"legend\">");
	for (size_t s = 0; s < c->nseries; s++)
		if (is_drawn(c, s))
			buf_printf(b, "<li><span class=\"key k-%s\"></span>%s</li>",
			    c->series[s].css, c->series[s].name);
	if (has_mark(c))
		buf_printf(b, "<li><span class=\"key k-burst\"></span>%s</li>", c->mark_name);
	if (has_line(c))
		buf_printf(b, "<li><span class=\"key k-usual\"></span>%s</li>", c->line_name);
	buf_puts(b, "</ul>\n");
}

static void
put_table_row(struct buf *b, const struct chart *c, size_t column)
{
	bool marked = c->marked && c->marked[column];

	buf_printf(b, "<tr%s><th scope=\"row\">%s</th>", marked ? " class=\"marked\"" : "",
	    c->labels[column]);
	for (size_t s = 0; s < c->nseries; s++) {
		buf_puts(b, "<td>");
		stats_put_whole(b, c->lang, c->values[column * c->nseries + s]);
		buf_puts(b, "</td>");
	}
	if (has_line(c)) {
		buf_puts(b, "<td>");
		if (c->line[column] >= 0)
			stats_put_decimal(b, c->lang, c->line[column], 1);
		buf_puts(b, "</td>");
	}
	if (has_mark(c))
		buf_printf(b, "<td>%s</td>", marked ? c->mark_name : "");
	buf_puts(b, "</tr>\n");
}

/* Columns without a value are left out of a long table. */
static void
put_table(struct buf *b, const struct chart *c)
{
	buf_printf(b, TABLE_OPEN, c->table_name, c->title, c->column_name);
	for (size_t s = 0; s < c->nseries; s++)
		buf_printf(b, "<th scope=\"col\">%s</th>", c->series[s].name);
	if (has_line(c))
		buf_printf(b, "<th scope=\"col\">%s</th>", c->line_name);
	if (has_mark(c))
		buf_printf(b, "<th scope=\"col\">%s</th>", c->mark_name);
	buf_puts(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < c->n; i++) {
		uint64_t sum = 0;

		for (size_t s = 0; s < c->nseries; s++)
			sum += c->values[i * c->nseries + s];
		if (sum || c->n <= 60)
			put_table_row(b, c, i);
	}
	buf_puts(b, "</tbody></table></div></details>\n");
}

void
svg_chart(struct buf *b, const struct chart *c)
{
	struct scale s = scale_of(c);

	buf_printf(
	    b, "<figure id=\"%s\"><figcaption><h3>%s</h3><p>%s</p>", c->id, c->title, c->desc);
	put_legend(b, c);
	buf_puts(b, "</figcaption>\n<div class=\"plot\">\n");
	put_scale(b, c, &s);
	put_svg(b, c, &s);
	put_ticks(b, c);
	buf_puts(b, "</div>\n");
	put_table(b, c);
	buf_puts(b, "</figure>\n");
}

void
svg_bar(struct buf *b, const struct svg_part *parts, size_t n, uint64_t all)
{
	double x = 0;

	buf_puts(b, "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		    "aria-hidden=\"true\">");
	for (size_t i = 0; i < n; i++) {
		double width = all ? 1000 * (double)parts[i].n / (double)all : 0;

		if (parts[i].n)
			put_rect(b, parts[i].css, x, width, 0, 10);
		x += width;
	}
	buf_puts(b, "</svg>");
}

static void
put_week_table(struct buf *b, const char *title, const char *table_name, const char *column_name,
    const uint64_t week[7][24], enum stats_lang lang)
{
	buf_printf(b, TABLE_OPEN, table_name, title, column_name);
	for (int day = 0; day < 7; day++)
		buf_printf(b, "<th scope=\"col\">%s</th>", stats_weekday(lang, day));
	buf_puts(b, "</tr></thead>\n<tbody>\n");
	for (int hour = 0; hour < 24; hour++) {
		buf_printf(b, "<tr><th scope=\"row\">%02d:00</th>", hour);
		for (int day = 0; day < 7; day++) {
			buf_puts(b, "<td>");
			stats_put_whole(b, lang, week[day][hour]);
			buf_puts(b, "</td>");
		}
		buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</tbody></table></div></details>\n");
}

/* Six shades; the square root keeps quiet hours apart when one hour towers above all. */
static int
shade(uint64_t n, uint64_t max)
{
	return n ? 1 + (int)(4.999 * sqrt((double)n / (double)max)) : 0;
}

static void
put_squares(struct buf *b, const uint64_t week[7][24], enum stats_lang lang)
{
	uint64_t max = 1;

	for (int i = 0; i < 7 * 24; i++)
		max = week[i / 24][i % 24] > max ? week[i / 24][i % 24] : max;
	for (int day = 0; day < 7; day++)
		for (int hour = 0; hour < 24; hour++) {
			uint64_t n = week[day][hour];

			buf_printf(b,
			    "<rect class=\"h%d\" x=\"%.1f\" y=\"%.1f\" width=\"9.4\" "
			    "height=\"9\"><title>%s %02d:00: ",
			    n ? shade(n, max) : 0, hour * 10 + .3, day * 10 + .5,
			    stats_weekday(lang, day), hour);
			stats_put_whole(b, lang, n);
			buf_puts(b, "</title></rect>");
		}
}

void
svg_week(struct buf *b, const char *id, const char *title, const char *desc, const char *table_name,
    const char *column_name, const uint64_t week[7][24], enum stats_lang lang)
{
	buf_printf(b,
	    "<figure id=\"%s\"><figcaption><h3>%s</h3><p>%s</p></figcaption>\n"
	    "<div class=\"plot\">\n<div class=\"y\" aria-hidden=\"true\">",
	    id, title, desc);
	for (int day = 0; day < 7; day++)
		buf_printf(b, "<span style=\"top:%.1f%%\">%s</span>", (day + .5) * 100 / 7,
		    stats_weekday(lang, day));
	buf_printf(b,
	    "</div>\n<svg viewBox=\"0 0 240 70\" preserveAspectRatio=\"none\" role=\"img\" "
	    "aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">%s</title><desc "
	    "id=\"%s-d\">%s</desc>\n",
	    id, id, id, title, id, desc);
	put_squares(b, week, lang);
	buf_puts(b, "</svg>\n<div class=\"x centred\" aria-hidden=\"true\">");
	for (int hour = 0; hour < 24; hour += 3)
		buf_printf(b, "<span%s style=\"left:%.2f%%\">%02d</span>",
		    hour % 6 ? " class=\"minor\"" : "", (hour + .5) * 100 / 24, hour);
	buf_puts(b, "</div>\n</div>\n");
	put_week_table(b, title, table_name, column_name, week, lang);
	buf_puts(b, "</figure>\n");
}
