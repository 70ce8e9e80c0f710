/*
 * Charts as inline SVG that is well-formed XML, each with its title, its description and a table of
 * the same values.  The drawing stretches with the page; letters are HTML around it, so that they
 * keep their size on a small screen.  Colours come from the style sheet by class name.
 */
#ifndef SME_STATS_SVG_H
#define SME_STATS_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "stats/text.h"

enum chart_side { CHART_UP, CHART_DOWN, CHART_TABLE_ONLY };

/* All texts here are ready for HTML. */
struct chart_series {
	const char *css;
	const char *name;
	enum chart_side side;
};

struct chart_tick {
	double at; /* in columns from the left */
	const char *label;
	bool minor; /* left out on a small screen */
};

struct chart {
	const char *id, *title, *desc;
	const char *column_name;    /* head of the table's first column */
	const char *table_name;     /* what opens the table */
	enum stats_lang lang;
	size_t n;                   /* columns */
	const char *const *labels;  /* of the columns */
	size_t nseries;
	const struct chart_series *series;
	const uint64_t *values;     /* values[column * nseries + series] */
	const double *line;         /* a value to compare with, < 0 where there is none; or NULL */
	const char *line_name;
	const bool *marked;         /* columns to point out, or NULL */
	const char *mark_name;
	size_t nticks;
	const struct chart_tick *ticks;
	bool centred; /* the labels stand in the middle of columns, not where one begins */
};

/* A figure: heading, legend, drawing, table. */
void svg_chart(struct buf *b, const struct chart *c);

/* A bar of N parts for a cell of a table; ALL is the length of the longest. */
struct svg_part {
	const char *css;
	uint64_t n;
};
void svg_bar(struct buf *b, const struct svg_part *parts, size_t n, uint64_t all);

/* Mentions by weekday and hour as a grid of squares; TITLE and DESC as in a chart. */
void svg_week(struct buf *b, const char *id, const char *title, const char *desc,
    const char *table_name, const char *column_name, const uint64_t week[7][24],
    enum stats_lang lang);

#endif
