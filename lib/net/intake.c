#include "net/intake.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/intake_int.h"
#include "net/url.h"
#include "stream/tree.h"

/* How much is looked at to tell what it is. */
#define GUESS_MAX ((size_t)64 << 10)

/* What is pushed on at once, so that the limits of the formats hold for large pieces, too. */
#define PIECE ((size_t)256 << 10)

bool
source_type_parse(struct slice word, enum source_type *type)
{
	static const struct {
		const char *word;
		enum source_type type;
	} words[] = {{"feed", SOURCE_FEED}, {"ndjson", SOURCE_NDJSON}, {"csv", SOURCE_CSV}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_is(word, words[i].word)) {
			*type = words[i].type;
			return true;
		}
	return false;
}

/* "mentions" for "exports/mentions.csv.gz". */
static void
set_stem(struct buf *stem, const struct source *src)
{
	const char *name = src->path ? src->path : "", *slash = strrchr(name, '/'), *dot;

	name = slash ? slash + 1 : name;
	dot = strchr(*name == '.' ? name + 1 : name, '.');
	if (strcmp(name, "-") == 0)
		name = "stdin";
	buf_add(stem, name, dot ? (size_t)(dot - name) : strlen(name));
}

static struct slice
or_else(struct slice s, struct slice fallback)
{
	return s.n ? s : fallback;
}

static void
set_record(struct intake *in)
{
	const struct source *src = in->src;
	struct slice stem = buf_slice(&in->stem);
	struct url u;

	if (in->url && *in->url) {
		url_split(slice_of(src->url ? src->url : in->url), &u);
		stem = u.host;
	}
	in->record = (struct record_source){
	    .tenant = or_else(src->tenant, SLICE("default")),
	    .network = or_else(src->network, SLICE("export")),
	    .channel = or_else(src->channel, stem),
	    .kind = src->kind,
	    .lang = src->lang,
	    .instance = src->remember ? slice_of(src->name) : stem,
	    .now = in->run->now,
	};
	if (src->remember && src->url && strcmp(src->url, src->name) == 0)
		in->record.instance = stem;
}

struct intake *
intake_open(struct intake_run *run, const struct source *src, const char *url,
    struct slice content_type, struct known *seen)
{
	struct intake *in = xcalloc(1, sizeof *in);

	in->run = run;
	in->src = src;
	in->type = src->type;
	in->url = url;
	in->content_type = content_type;
	in->seen = seen;
	in->stem = in->event = (struct buf)BUF_INIT;
	in->held = (struct buf)BUF_INIT_MAX(FEED_MAX + PIECE);
	in->file = src->path && strcmp(src->path, "-") == 0 ? "stdin" : src->path ? src->path : src->name;
	set_stem(&in->stem, src);
	set_record(in);
	return in;
}

void
intake_close(struct intake *in)
{
	if (!in)
		return;
	if (in->gzip)
		inflateEnd(&in->z);
	csv_close(in->csv);
	free(in->columns);
	map_release(&in->ranks);
	scanner_free(in->scanner);
	scan_plan_free(in->plan);
	buf_release(&in->stem);
	buf_release(&in->held);
	buf_release(&in->event);
	free(in);
}

void
intake_emit(struct intake *in, uint64_t lines)
{
	writer_put(in->run->out, buf_slice(&in->event));
	buf_clear(&in->event);
	in->count.events += lines;
}

void
intake_reject(struct intake *in, size_t line, const char *error, struct slice raw)
{
	in->count.rejected++;
	rejects_add(in->run->rejects, in->file, line, error, raw);
}

/* ---- what is it? ---- */

/* Does a second line begin like the first, with an object? */
static bool
has_second_object(struct slice s)
{
	struct slice line;

	slice_cut(&s, '\n', &line);
	while (slice_cut(&s, '\n', &line)) {
		line = slice_trim(line);
		if (line.n)
			return *line.p == '{' && line.n > 1;
	}
	return false;
}

static bool
is_json(struct slice s)
{
	struct arena a = ARENA_INIT;
	bool yes = json_tree(&a, s, NULL) != NULL;

	arena_release(&a);
	return yes;
}

static enum source_type
guess_json(struct slice s)
{
	struct slice head = {s.p, s.n < 4096 ? s.n : 4096}, line, rest = s;

	if (slice_find(head, SLICE("jsonfeed.org/version/")) >= 0 ||
	    slice_find(head, SLICE("jsonfeed.org\\/version\\/")) >= 0)
		return SOURCE_FEED;
	if (has_second_object(s))
		return SOURCE_NDJSON;
	slice_cut(&rest, '\n', &line);
	/* One object on one line is a stream of one; over several lines it is a document. */
	return is_json(line) || !rest.p ? SOURCE_NDJSON : SOURCE_FEED;
}

static enum source_type
guess(struct slice s)
{
	bool wide = s.n >= 2 && ((s.p[0] == '\xff' && s.p[1] == '\xfe') ||
	                            (s.p[0] == '\xfe' && s.p[1] == '\xff'));

	if (wide)
		return s.n >= 4 && (s.p[2] == '<' || s.p[3] == '<') ? SOURCE_FEED : SOURCE_CSV;
	if (slice_starts(s, SLICE("\xef\xbb\xbf")))
		s = (struct slice){s.p + 3, s.n - 3};
	s = slice_trim(s);
	if (!s.n)
		return SOURCE_NDJSON;
	if (*s.p == '<' || (s.n > 1 && s.p[0] == '\0' && s.p[1] == '<'))
		return SOURCE_FEED;
	if (*s.p == '[')
		return SOURCE_NDJSON;
	return *s.p == '{' ? guess_json(s) : SOURCE_CSV;
}

/*
 * Is enough there to guess?  A stream that stays open, line by line, must not wait for more than its
 * first line.
 */
static bool
can_guess(struct slice s)
{
	struct slice line, rest;

	if (s.n >= GUESS_MAX)
		return true;
	if (s.n < 4 || (unsigned char)s.p[0] >= 0xfe)
		return s.n >= 4;
	if (slice_starts(s, SLICE("\xef\xbb\xbf")))
		s = (struct slice){s.p + 3, s.n - 3};
	while (s.n && strchr(" \t\r\n", *s.p))
		s = (struct slice){s.p + 1, s.n - 1};
	if (!s.n)
		return false;
	if (*s.p == '<' || *s.p == '[')
		return true;
	rest = s;
	slice_cut(&rest, '\n', &line);
	return rest.p && (*s.p != '{' || is_json(line) || has_second_object(s));
}

/* The type is known: start its reader and give it what was held back. */
static int
begin(struct intake *in, struct sme_err *err)
{
	struct buf held = in->held;
	struct slice s = slice_trim(buf_slice(&held));
	int r = 0;

	if (in->type == SOURCE_GUESS)
		in->type = guess(buf_slice(&held));
	in->begun = true;
	if (in->type == SOURCE_FEED)
		return 0; /* goes on being held until it is whole */
	in->held = (struct buf)BUF_INIT_MAX(FEED_MAX + PIECE);
	if (in->type == SOURCE_CSV) {
		intake_csv_open(in);
		r = intake_csv_push(in, buf_slice(&held), err);
	} else {
		in->array = s.n && *s.p == '[';
		intake_ndjson_open(in);
		intake_ndjson_push(in, buf_slice(&held));
	}
	buf_release(&held);
	return r;
}

static int
hold(struct intake *in, struct slice s, struct sme_err *err)
{
	buf_adds(&in->held, s);
	if (in->held.over || in->held.n > FEED_MAX)
		return err_set(err, SME_DATA, "larger than %zu MiB", FEED_MAX >> 20);
	return 0;
}

static int
push_plain(struct intake *in, struct slice s, struct sme_err *err)
{
	if (!in->begun || in->type == SOURCE_FEED) {
		if (hold(in, s, err) < 0)
			return -1;
		if (!in->begun && (in->type != SOURCE_GUESS || can_guess(buf_slice(&in->held))))
			return begin(in, err);
		return 0;
	}
	if (in->type == SOURCE_CSV)
		return intake_csv_push(in, s, err);
	intake_ndjson_push(in, s);
	return 0;
}

static int
push_gzip(struct intake *in, struct slice s, struct sme_err *err)
{
	unsigned char out[16384];
	int status = Z_OK;

	in->z.next_in = (unsigned char *)(size_t)s.p;
	in->z.avail_in = (unsigned)s.n;
	while (in->z.avail_in && status != Z_STREAM_END) {
		in->z.next_out = out;
		in->z.avail_out = sizeof out;
		status = inflate(&in->z, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return err_set(err, SME_DATA, "damaged gzip data");
		if (push_plain(in, (struct slice){(char *)out, sizeof out - in->z.avail_out}, err) < 0)
			return -1;
		if (status == Z_STREAM_END && in->z.avail_in && inflateReset(&in->z) == Z_OK)
			status = Z_OK; /* members that follow one another are one text */
	}
	return 0;
}

int
intake_push(struct intake *in, struct slice bytes, struct sme_err *err)
{
	int r = 0;

	if (!in->begun && !in->held.n && !in->gzip && slice_starts(bytes, SLICE("\x1f\x8b")))
		in->gzip = inflateInit2(&in->z, 15 + 16) == Z_OK;
	while (bytes.n && r == 0) {
		struct slice piece = {bytes.p, bytes.n < PIECE ? bytes.n : PIECE};

		r = in->gzip ? push_gzip(in, piece, err) : push_plain(in, piece, err);
		bytes = (struct slice){bytes.p + piece.n, bytes.n - piece.n};
	}
	return r;
}

int
intake_finish(struct intake *in, struct sme_err *err)
{
	int r = 0;

	if (!in->begun)
		r = begin(in, err);
	if (r == 0 && in->type == SOURCE_FEED)
		r = intake_feed(in, err);
	else if (r == 0 && in->type == SOURCE_CSV)
		r = intake_csv_finish(in, err);
	else if (r == 0)
		r = intake_ndjson_finish(in, err);
	return r;
}

struct intake_count
intake_counted(const struct intake *in)
{
	return in->count;
}
