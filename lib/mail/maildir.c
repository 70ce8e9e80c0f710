/* Mails in files of their own: a Maildir, a folder of ".eml" files, or one file. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "mail/mailbox_int.h"
#include "mail/put.h"
#include "stream/json.h"

/*
 * What came last may still be missed: a file that moves from new/ to cur/, or within cur/ as its
 * flags change, while the folder is being read.  So the cursor stays so far behind (nanoseconds) and
 * names what was seen since; at most NAMES_MAX, the rest would come again.
 */
#define SLACK INT64_C(30000000000)
#define NAMES_MAX 5000

struct file {
	char *path;
	struct slice name; /* in PATH, without the flags */
	int64_t changed;   /* nanoseconds since 1970 */
	int64_t modified;  /* milliseconds */
	bool done;         /* before this look */
	bool gone;         /* renamed since: it comes under its new name with the next look */
};

struct maildir {
	char *path;
	enum mailbox_kind kind;
	struct file *files; /* of the last look, in order; those before AT are done */
	size_t n, cap, at;
	struct buf next;    /* the cursor that goes on behind AT; empty: look again */
};

struct maildir *
maildir_open(const char *path, enum mailbox_kind kind, struct sme_err *err)
{
	struct maildir *m;

	if (access(path, R_OK) < 0) {
		err_sys(err, SME_NOINPUT, "%s", path);
		return NULL;
	}
	m = xcalloc(1, sizeof *m);
	m->path = xstrdup(path);
	m->kind = kind;
	m->next = (struct buf)BUF_INIT;
	return m;
}

static void
forget(struct maildir *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->files[i].path);
	m->n = m->at = 0;
	buf_clear(&m->next);
}

void
maildir_close(struct maildir *m)
{
	if (!m)
		return;
	forget(m);
	buf_release(&m->next);
	free(m->files);
	free(m->path);
	free(m);
}

/* ---- looking ---- */

static void
add_file(struct maildir *m, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *flags;
	struct stat sb;
	struct file *f;

	if (stat(path, &sb) < 0 || !S_ISREG(sb.st_mode))
		return; /* gone meanwhile, or none of ours */
	m->files = xgrow(m->files, m->n, &m->cap, sizeof *m->files);
	f = &m->files[m->n++];
	*f = (struct file){.path = xstrdup(path)};
	flags = m->kind == MAILBOX_MAILDIR ? strstr(name, ":2,") : NULL;
	f->name = (struct slice){f->path + (name - path), flags ? (size_t)(flags - name) : strlen(name)};
	f->changed = (int64_t)sb.st_ctim.tv_sec * 1000000000 + sb.st_ctim.tv_nsec;
	f->modified = (int64_t)sb.st_mtim.tv_sec * 1000;
}

static int
add_folder(struct maildir *m, const char *sub, const char *ending, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	struct dirent *e;
	size_t base;
	DIR *d;

	buf_puts(&path, m->path);
	buf_puts(&path, sub);
	d = opendir(buf_str(&path));
	if (!d) {
		err_sys(err, SME_NOINPUT, "%s", buf_str(&path));
		buf_release(&path);
		return -1;
	}
	base = path.n;
	while ((e = readdir(d))) {
		if (*e->d_name == '.' || !slice_ends(slice_of(e->d_name), slice_of(ending)))
			continue;
		path.n = base;
		buf_printf(&path, "/%s", e->d_name);
		add_file(m, buf_str(&path));
	}
	closedir(d);
	buf_release(&path);
	return 0;
}

static int
by_change(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	if (x->changed != y->changed)
		return x->changed < y->changed ? -1 : 1;
	return slice_cmp(x->name, y->name);
}

/* new/ before cur/: a mail that moves between the two looks is seen once at least. */
static int
look(struct maildir *m, struct sme_err *err)
{
	forget(m);
	if (m->kind == MAILBOX_MESSAGE)
		add_file(m, m->path);
	else if (m->kind == MAILBOX_FOLDER ? add_folder(m, "", ".eml", err) < 0
	                                   : add_folder(m, "/new", "", err) < 0 ||
	                                         add_folder(m, "/cur", "", err) < 0)
		return -1;
	if (m->n)
		qsort(m->files, m->n, sizeof *m->files, by_change);
	return 0;
}

/* ---- the cursor ---- */

/* {"name": ..., "names": [...], "since": "nanoseconds"}: what stands up to (since, name) in order is
 * done, and NAMES.  Mark it. */
static void
mark_done(struct maildir *m, const struct json_node *cursor)
{
	struct slice name = node_text(cursor, "name"), since = node_text(cursor, "since");
	int64_t changed = since.n ? strtoll(since.p, NULL, 10) : INT64_MIN;
	struct map names = MAP_INIT;

	for (NODE_EACH(it, node_get(cursor, "names")))
		map_put(&names, it->text)->u = 1;
	for (size_t i = 0; i < m->n; i++) {
		struct file *f = &m->files[i];

		f->done = f->changed < changed ||
		          (f->changed == changed && slice_cmp(f->name, name) <= 0) ||
		          map_get(&names, f->name);
	}
	map_release(&names);
}

/* What has changed before this is settled. */
static int64_t
settled(const struct maildir *m)
{
	int64_t now = time_now_ms() * 1000000, newest = m->n ? m->files[m->n - 1].changed : 0;

	return (newest > now ? newest : now) - SLACK;
}

/* The cursor after the files before AT; its members in the order in which jq puts them. */
static void
put_cursor(const struct maildir *m, const struct json_node *old, struct buf *out)
{
	int64_t limit = settled(m);
	size_t low = m->at, n = 0;
	struct buf names = BUF_INIT;
	char since[24];

	while (low && m->files[low - 1].changed > limit)
		low--;
	for (size_t i = low; i < m->n && n < NAMES_MAX; i++) {
		if ((i >= m->at && !m->files[i].done) || m->files[i].gone)
			continue;
		if (n++)
			buf_addc(&names, ',');
		json_put_string(&names, m->files[i].name);
	}
	if (low)
		snprintf(since, sizeof since, "%lld", (long long)m->files[low - 1].changed);
	buf_addc(out, '{');
	put_string(out, "name", low ? m->files[low - 1].name : node_text(old, "name"));
	buf_printf(out, ",\"names\":[%s]", buf_str(&names));
	put_string(out, "since", low ? slice_of(since) : node_text(old, "since"));
	buf_addc(out, '}');
	buf_release(&names);
}

/* ---- pages ---- */

static void
put_flags(const struct file *f, struct buf *out)
{
	static const struct {
		char letter;
		const char *word;
	} flags[] = {{'S', "seen"}, {'R', "answered"}, {'F', "flagged"}, {'D', "draft"}, {'T', "deleted"},
	    {'P', "forwarded"}};
	bool any = false;

	buf_puts(out, "\"flags\":[");
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		const char *info = f->name.p + f->name.n;

		if (strncmp(info, ":2,", 3) != 0 || !strchr(info + 3, flags[i].letter))
			continue;
		buf_printf(out, any ? ",\"%s\"" : "\"%s\"", flags[i].word);
		any = true;
	}
	buf_puts(out, "],");
}

enum outcome { READ, GONE, UNREADABLE };

/* Append at most MIME_MAX bytes of the file, unpacked; *SIZE counts them all. */
static enum outcome
read_raw(const char *path, struct buf *raw, uint64_t *size)
{
	gzFile file = gzopen(path, "re");
	char *chunk;
	int n;

	if (!file)
		return errno == ENOENT ? GONE : UNREADABLE;
	chunk = xmalloc(1 << 16);
	while ((n = gzread(file, chunk, 1 << 16)) > 0) {
		size_t room = MIME_MAX - raw->n;

		buf_add(raw, chunk, (size_t)n < room ? (size_t)n : room);
		*size += (uint64_t)n;
	}
	free(chunk);
	/* Of what ends too early only the close says so. */
	return gzclose(file) != Z_OK || n < 0 ? UNREADABLE : READ;
}

static void
add_mail(struct file *f, struct page *p)
{
	struct buf raw = BUF_INIT_MAX(MIME_MAX + 1), extra = BUF_INIT;
	struct mime_origin o = {.received_at = f->modified};
	enum outcome outcome = read_raw(f->path, &raw, &o.size);

	f->gone = outcome == GONE;
	if (outcome == READ) {
		put_flags(f, &extra);
		o.extra = buf_slice(&extra);
		page_add(p, buf_slice(&raw), &o);
	} else if (outcome == UNREADABLE) {
		if (p->unreadable.n)
			buf_addc(&p->unreadable, ',');
		json_put_string(&p->unreadable, f->name);
	}
	buf_release(&raw);
	buf_release(&extra);
}

static bool
goes_on(const struct maildir *m, const struct json_node *cursor)
{
	struct buf b = BUF_INIT;
	bool same;

	if (!cursor || !m->next.n)
		return false;
	node_put(&b, cursor);
	same = slice_eq(buf_slice(&b), buf_slice(&m->next));
	buf_release(&b);
	return same;
}

int
maildir_page(struct maildir *m, struct page *p, struct sme_err *err)
{
	if (!goes_on(m, p->cursor)) {
		if (look(m, err) < 0)
			return -1;
		mark_done(m, p->cursor);
	}
	for (; m->at < m->n && !page_full(p); m->at++)
		if (!m->files[m->at].done)
			add_mail(&m->files[m->at], p);
	while (m->at < m->n && m->files[m->at].done)
		m->at++;
	p->more = m->at < m->n;
	put_cursor(m, p->cursor, &p->next);
	buf_clear(&m->next);
	if (p->more)
		buf_adds(&m->next, buf_slice(&p->next));
	else
		forget(m);
	return 0;
}
