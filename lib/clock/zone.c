#include "clock/zone.h"

#include <stdlib.h>
#include <string.h>

#include "clock/tzrule.h"
#include "core/buf.h"
#include "core/file.h"
#include "core/mem.h"

#define ZONEINFO "/usr/share/zoneinfo"

/* The largest zoneinfo file is below 4 KiB. */
#define ZONE_FILE_MAX ((size_t)1 << 20)

#define HEADER_SIZE 44

struct change {
	int64_t at;
	int32_t offset;
};

struct zone {
	struct change *changes; /* ascending */
	size_t n;
	int32_t before; /* the offset before the first change */
	bool has_rule;  /* after the last change */
	struct tzrule rule;
};

struct header {
	uint32_t isut, isstd, leap, time, type, chars;
	int version;
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* The header at the front of S; what it counts must fit into S at TIME_SIZE bytes a time. */
static bool
read_header(struct slice s, size_t time_size, struct header *h, size_t *body)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
		return false;
	h->version = p[4] ? p[4] - '0' : 1;
	h->isut = be32(p + 20);
	h->isstd = be32(p + 24);
	h->leap = be32(p + 28);
	h->time = be32(p + 32);
	h->type = be32(p + 36);
	h->chars = be32(p + 40);
	if (h->isut > ZONE_FILE_MAX || h->isstd > ZONE_FILE_MAX || h->leap > ZONE_FILE_MAX ||
	    h->time > ZONE_FILE_MAX || h->type > ZONE_FILE_MAX || h->chars > ZONE_FILE_MAX)
		return false;
	*body = h->time * (time_size + 1) + (size_t)h->type * 6 + h->chars +
	        h->leap * (time_size + 4) + h->isstd + h->isut;
	return h->type >= 1 && *body <= s.n - HEADER_SIZE;
}

/* The changes behind the header; P has the length that the header promises. */
static bool
read_changes(struct zone *z, const struct header *h, const unsigned char *p, size_t time_size)
{
	const unsigned char *kinds = p + h->time * time_size, *types = kinds + h->time;

	for (uint32_t i = 0; i < h->type; i++) {
		int32_t offset = (int32_t)be32(types + (size_t)i * 6);

		/* RFC 9636 wants -25 to 26 hours. */
		if (offset < -25 * 3600 || offset > 26 * 3600)
			return false;
	}
	z->before = (int32_t)be32(types);
	z->changes = xcalloc(h->time ? h->time : 1, sizeof *z->changes);
	z->n = h->time;
	for (uint32_t i = 0; i < h->time; i++) {
		struct change *c = &z->changes[i];

		if (kinds[i] >= h->type)
			return false;
		c->at = time_size == 8 ? be64(p + (size_t)i * 8) :
		    (int32_t)be32(p + (size_t)i * 4);
		c->offset = (int32_t)be32(types + (size_t)kinds[i] * 6);
		if (i && c->at <= c[-1].at)
			return false;
	}
	return true;
}

/* The line between two newlines behind the data; it may be empty. */
static bool
read_footer(struct zone *z, struct slice s)
{
	const char *end;

	if (s.n < 2 || s.p[0] != '\n' || !(end = memchr(s.p + 1, '\n', s.n - 1)))
		return false;
	s = (struct slice){s.p + 1, (size_t)(end - s.p - 1)};
	if (!s.n)
		return true;
	z->has_rule = true;
	return tzrule_parse(s, &z->rule);
}

static int
read_tzif(struct zone *z, struct slice name, struct slice s, struct sme_err *err)
{
	struct header h;
	size_t body, time_size = 4;
	bool ok = read_header(s, 4, &h, &body);

	if (ok && h.version >= 2) {
		s.p += HEADER_SIZE + body;
		s.n -= HEADER_SIZE + body;
		time_size = 8;
		ok = read_header(s, 8, &h, &body);
	}
	if (!ok)
		return err_set(err, SME_CONFIG, "time zone \"%.*s\": not a zoneinfo file, or cut short",
		    SLICE_ARG(name));
	if (h.leap)
		return err_set(err, SME_CONFIG, "time zone \"%.*s\": counts leap seconds; "
		    "take the name without \"right/\"", SLICE_ARG(name));
	ok = read_changes(z, &h, (const unsigned char *)s.p + HEADER_SIZE, time_size);
	s.p += HEADER_SIZE + body;
	s.n -= HEADER_SIZE + body;
	if (ok && time_size == 8)
		ok = read_footer(z, s);
	if (!ok)
		return err_set(err, SME_CONFIG, "time zone \"%.*s\": damaged zoneinfo file",
		    SLICE_ARG(name));
	return 0;
}

struct zone *
zone_parse(struct slice name, struct slice data, struct sme_err *err)
{
	struct zone *z = xcalloc(1, sizeof *z);

	if (read_tzif(z, name, data, err) < 0) {
		zone_close(z);
		return NULL;
	}
	return z;
}

/* Letters, digits and "_+-" in parts between single slashes; so there is no "." and no "..". */
static bool
name_is_safe(struct slice name)
{
	bool part = false;

	if (name.n > 64)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '/') {
			if (!part)
				return false;
			part = false;
			continue;
		}
		if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z')) &&
		    (c == '\0' || !strchr("_+-", c)))
			return false;
		part = true;
	}
	return part;
}

struct zone *
zone_open(struct slice name, struct sme_err *err)
{
	const char *dir = getenv("TZDIR");
	struct buf path = BUF_INIT, data = BUF_INIT_MAX(ZONE_FILE_MAX);
	struct zone *z = NULL;

	if (slice_is(name, "UTC") || slice_is(name, "Etc/UTC"))
		return xcalloc(1, sizeof *z);
	if (!name_is_safe(name)) {
		err_set(err, SME_CONFIG, "time zone \"%.*s\": not a name such as \"Europe/Berlin\"",
		    SLICE_ARG(name));
		return NULL;
	}
	buf_printf(&path, "%s/%.*s", dir && *dir ? dir : ZONEINFO, SLICE_ARG(name));
	if (file_read(path.p, &data, NULL) < 0)
		err_set(err, SME_CONFIG, "time zone \"%.*s\": cannot read %s "
		    "(is the name right, and tzdata installed?)", SLICE_ARG(name), path.p);
	else
		z = zone_parse(name, buf_slice(&data), err);
	buf_release(&path);
	buf_release(&data);
	return z;
}

void
zone_close(struct zone *z)
{
	if (!z)
		return;
	free(z->changes);
	free(z);
}

/* How many changes are not later than AT. */
static size_t
changes_until(const struct zone *z, int64_t at)
{
	size_t lo = 0, hi = z->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->changes[mid].at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int32_t
zone_offset(const struct zone *z, int64_t at)
{
	size_t n = changes_until(z, at);

	if (n == z->n && z->has_rule)
		return tzrule_offset(&z->rule, at);
	return n ? z->changes[n - 1].offset : z->before;
}

int64_t
zone_next_change(const struct zone *z, int64_t at)
{
	size_t n = changes_until(z, at);

	if (n < z->n)
		return z->changes[n].at;
	return z->has_rule ? tzrule_next_change(&z->rule, at) : ZONE_NEVER;
}
