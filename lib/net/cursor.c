#include "net/cursor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"

#define HEAD "sme-cursor 1"
#define CURSOR_MAX ((size_t)64 << 20)

char *
cursor_dir(struct sme_err *err)
{
	char *home = sme_home();
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s/cursors", home);
	free(home);
	if (file_mkdirs(b.p, err) == 0)
		return buf_detach(&b);
	buf_release(&b);
	return NULL;
}

int
cursor_lock(const char *dir, struct sme_err *err)
{
	struct buf b = BUF_INIT;
	int fd;

	buf_printf(&b, "%s/.lock", dir);
	fd = open(b.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_sys(err, errno == EACCES ? SME_NOPERM : SME_CANTCREAT, "%s", b.p);
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			err_set(err, SME_TEMPFAIL, "%s: another sme-fetch is running on these cursors", b.p);
		else
			err_sys(err, SME_OSERR, "%s", b.p);
		close(fd);
		fd = -1;
	}
	buf_release(&b);
	return fd;
}

/* A file name that shows NAME, and a hash so that no two names meet in one file. */
static char *
path_of(const char *dir, const char *name)
{
	struct buf b = BUF_INIT;
	size_t shown = 0;

	buf_printf(&b, "%s/", dir);
	for (const char *p = name; *p && shown < 60; p++, shown++)
		buf_addc(&b, isalnum((unsigned char)*p) || *p == '-' || *p == '_' ? *p : '_');
	buf_printf(&b, ".%016" PRIx64 ".cursor", hash64(name, strlen(name), 0));
	return buf_detach(&b);
}

/* Set often while a run goes on, so not in the arena. */
void
cursor_account(struct cursor *c, struct slice json)
{
	buf_clear(&c->account_text);
	buf_adds(&c->account_text, json);
	c->account = buf_slice(&c->account_text);
}

/* A number in BASE at the start of *S, and the blank behind it. */
static bool
take_u64(struct slice *s, int base, uint64_t *v)
{
	struct slice word;
	char text[32], *end;

	if (!slice_cut(s, ' ', &word) || !word.n || word.n >= sizeof text)
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	errno = 0;
	*v = strtoull(text, &end, base);
	return !*end && !errno;
}

static bool
take_time(struct slice *s, int64_t *ms)
{
	struct slice word;

	if (!slice_cut(s, ' ', &word))
		return false;
	if (slice_is(word, "-")) {
		*ms = TIME_NONE;
		return true;
	}
	return rfc3339_parse(word, ms);
}

/* "REVISION GENERATION LONG GUID LINK TITLE CONTENT SIMHASH DATE CREATED NATIVE" */
static bool
take_item(struct known *seen, struct slice s)
{
	struct known_item it = {0};
	uint64_t revision, is_long;

	if (!take_u64(&s, 10, &revision) || !take_u64(&s, 10, &it.generation) ||
	    !take_u64(&s, 10, &is_long) || !take_u64(&s, 16, &it.marks.guid) ||
	    !take_u64(&s, 16, &it.marks.link) || !take_u64(&s, 16, &it.marks.title) ||
	    !take_u64(&s, 16, &it.marks.content) || !take_u64(&s, 16, &it.marks.simhash) ||
	    !take_time(&s, &it.marks.date) || !take_time(&s, &it.created_at) || !s.n)
		return false;
	it.revision = (int64_t)(revision & INT64_MAX);
	it.marks.long_text = is_long != 0;
	it.native = s;
	known_restore(seen, &it);
	return true;
}

/* One line.  False when it cannot be right. */
static bool
take_line(struct cursor *c, struct slice key, struct slice line, bool *other)
{
	struct slice value = line, word;

	slice_cut(&value, ' ', &word);
	if (slice_is(word, "item"))
		return take_item(&c->seen, value);
	if (slice_is(word, "source"))
		*other = !slice_eq(value, key);
	else if (slice_is(word, "etag"))
		c->etag = arena_dup(&c->seen.arena, value);
	else if (slice_is(word, "modified"))
		c->modified = arena_dup(&c->seen.arena, value);
	else if (slice_is(word, "stamp"))
		c->stamp = arena_dup(&c->seen.arena, value);
	else if (slice_is(word, "account"))
		cursor_account(c, value);
	else if (slice_is(word, "wait"))
		return take_time(&value, &c->not_before);
	else
		return false;
	return true;
}

static bool
take_file(struct cursor *c, struct slice key, struct slice text, bool *other)
{
	struct slice line;

	if (!slice_cut(&text, '\n', &line) || !slice_is(line, HEAD))
		return false;
	while (slice_cut(&text, '\n', &line)) {
		if (slice_is(line, "end"))
			return true;
		if (!take_line(c, key, line, other))
			return false;
		if (*other) /* the name now stands for another place */
			return true;
	}
	return false;
}

static void
forget(struct cursor *c)
{
	known_release(&c->seen);
	c->etag = c->modified = c->stamp = c->account = (struct slice){NULL, 0};
	c->not_before = TIME_NONE;
}

int
cursor_load(struct cursor *c, const char *dir, const char *name, struct slice key,
    struct sme_err *err)
{
	struct buf b = BUF_INIT_MAX(CURSOR_MAX);
	bool other = false;
	int r = 0;

	*c = (struct cursor){.path = path_of(dir, name),
	    .not_before = TIME_NONE,
	    .account_text = BUF_INIT_MAX(CURSOR_MAX)};
	if (access(c->path, F_OK) == 0)
		r = file_read(c->path, &b, err);
	if (r == 0 && b.n && !take_file(c, key, buf_slice(&b), &other))
		r = err_set(err, SME_DATA, "%s: damaged; remove it to start this source anew", c->path);
	buf_release(&b);
	if (r < 0)
		cursor_release(c);
	else if (other)
		forget(c);
	return r;
}

void
cursor_validators(struct cursor *c, struct slice etag, struct slice modified)
{
	c->etag = arena_dup(&c->seen.arena, etag);
	c->modified = arena_dup(&c->seen.arena, modified);
}

void
cursor_stamp(struct cursor *c, struct slice stamp)
{
	c->stamp = arena_dup(&c->seen.arena, stamp);
}

static void
put_time(struct buf *b, int64_t ms)
{
	if (ms == TIME_NONE)
		buf_addc(b, '-');
	else
		rfc3339_put(b, ms);
	buf_addc(b, ' ');
}

static void
put_item(struct buf *b, const struct known_item *it)
{
	const struct marks *m = &it->marks;

	buf_printf(b, "item %lld %llu %d %llx %llx %llx %llx %llx ", (long long)it->revision,
	    (unsigned long long)it->generation, m->long_text, (unsigned long long)m->guid,
	    (unsigned long long)m->link, (unsigned long long)m->title,
	    (unsigned long long)m->content, (unsigned long long)m->simhash);
	put_time(b, m->date);
	put_time(b, it->created_at);
	buf_adds(b, it->native);
	buf_addc(b, '\n');
}

/* What is not of the last document, in order of age. */
static int
by_generation(const void *a, const void *b)
{
	const struct known_item *x = *(const struct known_item *const *)a;
	const struct known_item *y = *(const struct known_item *const *)b;

	if (x->generation != y->generation)
		return x->generation > y->generation ? -1 : 1;
	return (x > y) - (x < y);
}

static void
put_items(struct buf *b, const struct known *s)
{
	const struct known_item **order = xcalloc(s->n + 1, sizeof(*order));
	size_t current = 0, keep;

	for (size_t i = 0; i < s->n; i++) {
		order[i] = &s->items[i];
		current += s->items[i].generation == s->generation;
	}
	if (s->n)
		qsort(order, s->n, sizeof(*order), by_generation);
	keep = current * 2 + KNOWN_KEEP;
	for (size_t i = 0; i < s->n && i < keep; i++)
		put_item(b, order[i]);
	free(order);
}

static void
put_line(struct buf *b, const char *word, struct slice s)
{
	if (s.n && !memchr(s.p, '\n', s.n))
		buf_printf(b, "%s %.*s\n", word, SLICE_ARG(s));
}

int
cursor_save(const struct cursor *c, struct slice key, struct sme_err *err)
{
	struct buf b = BUF_INIT_MAX(CURSOR_MAX);
	int r;

	buf_puts(&b, HEAD "\n");
	put_line(&b, "source", key);
	put_line(&b, "etag", c->etag);
	put_line(&b, "modified", c->modified);
	put_line(&b, "stamp", c->stamp);
	put_line(&b, "account", c->account);
	if (c->not_before != TIME_NONE) {
		buf_puts(&b, "wait ");
		put_time(&b, c->not_before);
		b.p[b.n - 1] = '\n';
	}
	put_items(&b, &c->seen);
	buf_puts(&b, "end\n");
	/* A cursor that a power cut takes back lets events come again, which sme-log drops. */
	r = file_replace(c->path, buf_slice(&b), 0600, err);
	buf_release(&b);
	return r;
}

void
cursor_release(struct cursor *c)
{
	free(c->path);
	buf_release(&c->account_text);
	known_release(&c->seen);
	*c = (struct cursor){0};
}
