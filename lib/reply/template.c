#include "reply/template.h"

#include <string.h>

/* How long the name of a variable at P is, up to the closing brace; 0 when there is none. */
static size_t
name_length(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == '_' || p[i] == '.' || (p[i] >= '0' && p[i] <= '9') ||
	                    ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')))
		i++;
	return i < n && p[i] == '}' ? i : 0;
}

/* The next part at TEXT[*AT], which moves behind it; false when a brace is out of place. */
static bool
next_part(struct slice text, size_t *at, struct template_part *part)
{
	const char *p = text.p + *at;
	size_t n = text.n - *at, i = 0;

	*part = (struct template_part){{p, 0}, false};
	if (n >= 2 && p[0] == p[1] && (p[0] == '{' || p[0] == '}')) {
		part->text.n = 1;
		*at += 2;
		return true;
	}
	if (p[0] == '{') {
		part->text = (struct slice){p + 1, name_length(p + 1, n - 1)};
		part->variable = true;
		*at += part->text.n + 2;
		return part->text.n > 0;
	}
	while (i < n && p[i] != '{' && p[i] != '}')
		i++;
	part->text.n = i;
	*at += i;
	return i > 0;
}

int
template_compile(struct arena *a, struct slice text, struct template *t, struct sme_err *err)
{
	struct template_part part;
	size_t count = 0;

	for (size_t at = 0, from = 0; at < text.n; from = at, count++)
		if (!next_part(text, &at, &part))
			return err_set(err, SME_CONFIG, "byte %zu: \"%c\" is not part of a variable "
			    "such as {name}; write it twice for the character itself", from + 1,
			    text.p[from]);
	t->parts = arena_alloc(a, count * sizeof *t->parts + 1);
	t->n = 0;
	for (size_t at = 0; at < text.n;)
		next_part(text, &at, &t->parts[t->n++]);
	return 0;
}

bool
template_render(const struct template *t, template_lookup *lookup, void *ctx, struct buf *out,
    struct slice *missing)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct template_part *part = &t->parts[i];

		if (!part->variable) {
			buf_adds(out, part->text);
		} else if (!lookup(ctx, part->text, out)) {
			*missing = part->text;
			return false;
		}
	}
	return true;
}
