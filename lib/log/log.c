#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"

#define STATE_MAGIC "SMElog1\n"
#define STATE_SIZE 40
#define KEY_FIRST "sme-log key 1 "

static void
say(const struct log_dir *l, const char *text)
{
	if (l->say)
		l->say(text);
}

bool
log_state_read(const struct log_dir *l, struct log_state *s)
{
	char p[STATE_SIZE];

	*s = (struct log_state){0};
	if (pread(l->lock, p, sizeof p, 0) != STATE_SIZE || memcmp(p, STATE_MAGIC, 8) != 0)
		return false;
	*s = (struct log_state){get64(p + 8), get64(p + 16), get64(p + 24), get64(p + 32)};
	return true;
}

int
log_state_write(struct log_dir *l, struct sme_err *err)
{
	char p[STATE_SIZE];

	memcpy(p, STATE_MAGIC, 8);
	put64(p + 8, l->state.commits);
	put64(p + 16, l->state.manifest);
	put64(p + 24, l->state.next_seq);
	put64(p + 32, l->state.records);
	if (pwrite(l->lock, p, sizeof p, 0) != STATE_SIZE)
		return err_sys(err, SME_IOERR, "%s/lock", l->dir);
	return 0;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
parse_key(struct slice text, struct siphash_key *key)
{
	uint64_t k[2] = {0, 0};
	size_t at = sizeof KEY_FIRST - 1;

	if (text.n != at + 33 || memcmp(text.p, KEY_FIRST, at) != 0)
		return false;
	for (int i = 0; i < 32; i++) {
		int d = hex_digit(text.p[at + (size_t)i]);

		if (d < 0)
			return false;
		k[i / 16] = k[i / 16] << 4 | (uint64_t)d;
	}
	*key = (struct siphash_key){k[0], k[1]};
	return true;
}

static bool
exists(const char *dir, const char *name)
{
	struct buf path = BUF_INIT;
	bool yes;

	buf_printf(&path, "%s/%s", dir, name);
	yes = access(path.p, F_OK) == 0;
	buf_release(&path);
	return yes;
}

static int
make_key(struct log_dir *l, const char *path, struct sme_err *err)
{
	char text[64];
	int n;

	if (getrandom(&l->key, sizeof l->key, 0) != (ssize_t)sizeof l->key)
		return err_sys(err, SME_OSERR, "getrandom");
	n = snprintf(text, sizeof text, KEY_FIRST "%016llx%016llx\n", (unsigned long long)l->key.k0,
	    (unsigned long long)l->key.k1);
	return file_write_atomic(path, (struct slice){text, (size_t)n}, 0600, err);
}

/* Under the lock: of two processes that make a log at once, one makes the key. */
static int
load_key(struct log_dir *l, enum log_mode mode, struct sme_err *err)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	int r;

	buf_printf(&path, "%s/key", l->dir);
	if (access(path.p, F_OK) < 0) {
		r = mode == LOG_READ || exists(l->dir, "events")
		        ? err_set(err, SME_DATA,
			      "%s: missing, but there are events: bring it back from "
			      "the backup, without it no id can be recognised",
			      path.p)
		        : make_key(l, path.p, err);
	} else {
		r = file_read(path.p, &text, err);
		if (r == 0 && !parse_key(buf_slice(&text), &l->key))
			r = err_set(err, SME_DATA, "%s: not a key of sme-log", path.p);
	}
	buf_release(&path);
	buf_release(&text);
	return r;
}

static int
take_lock(struct log_dir *l, int how, struct sme_err *err)
{
	while (flock(l->lock, how) < 0)
		if (errno != EINTR)
			return err_sys(err, SME_IOERR, "%s/lock", l->dir);
	l->locked = true;
	return 0;
}

void
log_unlock(struct log_dir *l)
{
	if (l->locked)
		flock(l->lock, LOCK_UN);
	l->locked = false;
}

static int
make_dirs(const char *dir, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	int r;

	buf_printf(&path, "%s/seen", dir);
	r = file_mkdirs(path.p, err);
	if (r == 0)
		r = seg_sync_dir(dir, true, err);
	buf_release(&path);
	return r;
}

static int
open_lock(struct log_dir *l, enum log_mode mode, struct sme_err *err)
{
	static const int flags[] = {
	    [LOG_READ] = O_RDONLY, [LOG_WRITE] = O_RDWR, [LOG_CREATE] = O_RDWR | O_CREAT};
	struct buf path = BUF_INIT;
	int r = 0;

	buf_printf(&path, "%s/lock", l->dir);
	l->lock = open(path.p, flags[mode] | O_CLOEXEC, 0600);
	if (l->lock < 0 && errno == ENOENT)
		r = err_set(err, SME_NOINPUT, "%s: no log there", l->dir);
	else if (l->lock < 0)
		r = err_sys(err, errno == EACCES ? SME_NOPERM : SME_CANTCREAT, "%s", path.p);
	buf_release(&path);
	return r;
}

int
log_open(struct log_dir *l, const char *dir, enum log_mode mode, void (*note)(const char *text),
    struct sme_err *err)
{
	*l = (struct log_dir){.dir = xstrdup(dir),
	    .lock = -1,
	    .say = note,
	    .opens = MAP_INIT,
	    .days = MAP_INIT,
	    .arena = ARENA_INIT};
	seen_init(&l->seen, dir);
	if ((mode == LOG_CREATE && make_dirs(dir, err) < 0) || open_lock(l, mode, err) < 0 ||
	    take_lock(l, mode == LOG_READ ? LOCK_SH : LOCK_EX, err) < 0 ||
	    load_key(l, mode, err) < 0) {
		log_close(l);
		return -1;
	}
	log_unlock(l);
	return 0;
}

void
log_drop_fds(struct log_dir *l)
{
	for (size_t i = 0; i < l->opens.n; i++) {
		struct log_open *o = l->opens.items[i].value.ptr;

		if (o->fd >= 0)
			close(o->fd);
		o->fd = -1;
	}
	l->nfds = 0;
}

static void
forget(struct log_dir *l)
{
	log_drop_fds(l);
	map_release(&l->opens);
	map_release(&l->days);
	arena_release(&l->arena);
}

void
log_close(struct log_dir *l)
{
	forget(l);
	seen_release(&l->seen);
	if (l->lock >= 0)
		close(l->lock);
	free(l->dir);
	*l = (struct log_dir){.lock = -1};
}

static struct log_day *
find_day(struct log_dir *l, const char *tenant, int32_t day)
{
	char key[256];
	int n = snprintf(key, sizeof key, "%s/%d", tenant, day);
	union map_value *v = map_put(&l->days, (struct slice){key, (size_t)n});

	if (!v->ptr) {
		struct log_day *d = arena_zalloc(&l->arena, sizeof *d);

		d->tenant = arena_strdup(&l->arena, tenant);
		d->day = day;
		v->ptr = d;
	}
	return v->ptr;
}

struct log_day *
log_day_of(struct log_dir *l, const char *tenant, int64_t ms)
{
	return find_day(l, tenant, names_day(ms));
}

struct log_open *
log_open_add(struct log_dir *l, struct log_day *d, uint32_t n, const char *path)
{
	/* Covered under its path without directory and ending. */
	const char *name = path + strlen(l->dir) + sizeof "/events/" - 1;
	struct slice key = {name, strlen(name) - sizeof ".seg" + 1};
	union map_value *v = map_put(&l->opens, key);
	struct log_open *o = v->ptr;

	if (o)
		return o;
	o = arena_zalloc(&l->arena, sizeof *o);
	o->ref = (struct seg_ref){.tenant = d->tenant, .day = d->day, .n = n, .open = true};
	snprintf(o->name, sizeof o->name, "%.*s", SLICE_ARG(key));
	o->fd = -1;
	v->ptr = o;
	return o;
}

static void
note_damage(struct log_dir *l, const char *what)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s; the day goes on in a new segment, see sme-log verify", what);
	say(l, b.p);
	buf_release(&b);
}

static int
cut_tail(struct log_dir *l, const char *path, uint64_t at, uint64_t end, struct sme_err *err)
{
	struct buf b = BUF_INIT;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)at) < 0 || fsync(fd) < 0) {
		err_sys(err, SME_IOERR, "%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	buf_printf(&b, "%s: byte %llu: cut %llu bytes of an unfinished write", path,
	    (unsigned long long)at, (unsigned long long)(end - at));
	say(l, b.p);
	buf_release(&b);
	return 0;
}

/* Take in the ids of the block that R is at. */
static void
take_block(struct log_dir *l, const struct seg_reader *r)
{
	for (uint32_t i = 0; i < r->head.count; i++)
		seen_add(&l->seen, block_id(r->stored, i));
	if (r->head.top >= l->state.next_seq)
		l->state.next_seq = r->head.top + 1;
}

/* Take in what the open segment O has behind O->length. */
static int
read_tail(struct log_dir *l, struct log_open *o, const char *path, struct sme_err *err)
{
	struct seg_reader r;
	enum seg_state st;
	int rc = 0;

	if (seg_open(&r, path, false, err) < 0)
		return -1;
	r.next = o->length;
	while (rc == 0 && (st = seg_next(&r, false, err)) != SEG_END) {
		if (st == SEG_DAMAGED) {
			o->damaged = true;
			note_damage(l, err->text);
		} else if (st == SEG_TORN) {
			rc = cut_tail(l, path, r.at, r.end, err);
			r.next = r.end = r.at;
		} else {
			take_block(l, &r);
			if (l->seen.memory.n >= SEEN_MEMORY && l->seen.rebuilding)
				rc = seen_spill(&l->seen, err);
		}
	}
	/* What a process that was killed had written but not synced counts from now on. */
	if (rc == 0 && r.next > o->length && fsync(r.window.fd) < 0)
		rc = err_sys(err, SME_IOERR, "%s", path);
	o->length = r.next;
	seg_close(&r);
	return rc;
}

/* Bring the open segment REF up to date. */
static int
refresh_open(struct log_dir *l, const struct seg_ref *ref, bool reloaded, struct sme_err *err)
{
	struct log_day *d = find_day(l, ref->tenant, ref->day);
	struct buf path = BUF_INIT;
	struct log_open *o = log_open_add(l, d, ref->n, seg_path(&path, l->dir, ref, false));
	const struct seen_cover *c = seen_cover_get(&l->seen, slice_of(o->name));
	struct stat st;
	int r = 0;

	if (stat(path.p, &st) < 0) {
		r = err_sys(err, SME_IOERR, "%s", path.p);
		buf_release(&path);
		return r;
	}
	if (reloaded || o->inode != st.st_ino) {
		if (o->fd >= 0) {
			close(o->fd);
			l->nfds--;
		}
		o->fd = -1;
		o->inode = st.st_ino;
		o->length = c && c->inode == st.st_ino ? c->length : 0;
	}
	if (o->length > (uint64_t)st.st_size) {
		buf_printf(&path, ": shorter than it was");
		note_damage(l, path.p);
		o->damaged = true;
		o->length = (uint64_t)st.st_size;
	} else if (o->length < (uint64_t)st.st_size) {
		r = read_tail(l, o, path.p, err);
	}
	o->listed = true;
	d->current = !o->damaged && o->length < LOG_ROLL ? o : NULL;
	d->last = ref->n;
	buf_release(&path);
	return r;
}

/* Take in all ids of the closed segment at PATH; what is damaged is noted and left out. */
static int
rebuild_segment(struct log_dir *l, const char *path, struct sme_err *err)
{
	struct seg_reader s;
	enum seg_state st;
	int r = 0;

	if (seg_open(&s, path, true, err) < 0) {
		if (err->status != SME_DATA)
			return -1;
		say(l, err->text);
		return 0;
	}
	while (r == 0 && (st = seg_next(&s, false, err)) != SEG_END) {
		if (st != SEG_BLOCK) {
			say(l, err->text);
			continue;
		}
		take_block(l, &s);
		if (l->seen.memory.n >= SEEN_MEMORY)
			r = seen_spill(&l->seen, err);
	}
	seg_close(&s);
	return r;
}

static int
rebuild_closed(struct log_dir *l, const struct seg_list *list, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++)
		if (list->refs[i].closed)
			r = rebuild_segment(l, seg_path(&path, l->dir, &list->refs[i], true), err);
	buf_release(&path);
	return r;
}

/* Forget open segments that are gone, that is, closed by another process. */
static void
drop_unlisted(struct log_dir *l)
{
	for (size_t i = 0; i < l->opens.n; i++) {
		struct log_open *o = l->opens.items[i].value.ptr;

		if (o->listed || o->fd < 0)
			continue;
		close(o->fd);
		o->fd = -1;
		l->nfds--;
	}
}

static int
refresh_segments(struct log_dir *l, bool reloaded, bool rebuild, struct sme_err *err)
{
	struct seg_list list = SEG_LIST_INIT;
	int r = seg_list_read(&list, l->dir, err);

	for (size_t i = 0; i < l->opens.n; i++)
		((struct log_open *)l->opens.items[i].value.ptr)->listed = false;
	if (r == 0 && rebuild)
		r = rebuild_closed(l, &list, err);
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const struct seg_ref *ref = &list.refs[i];

		if (ref->closed) {
			struct log_day *d = find_day(l, ref->tenant, ref->day);

			d->last = ref->n;
			d->current = NULL;
		} else {
			r = refresh_open(l, ref, reloaded, err);
		}
	}
	if (r == 0)
		drop_unlisted(l);
	seg_list_release(&list);
	return r;
}

static int
refresh(struct log_dir *l, const struct log_state *now, struct sme_err *err)
{
	bool first = !l->loaded, reload = first || now->manifest != l->seen.generation,
	     rebuild = false;

	if (first || (now->commits & 1))
		if (names_sweep(l->dir, err) < 0)
			return -1;
	if (reload && seen_load(&l->seen, err) < 0) {
		rebuild = true;
		seen_reset(&l->seen, now->manifest);
	}
	if (first || rebuild)
		seen_sweep(&l->seen);
	if (rebuild && exists(l->dir, "events"))
		say(l, "the index of seen ids is missing or damaged: making it again");
	l->state = *now;
	if (l->state.next_seq < l->seen.next_seq)
		l->state.next_seq = l->seen.next_seq;
	if (l->state.next_seq == 0)
		l->state.next_seq = 1;
	if (refresh_segments(l, reload, rebuild, err) < 0)
		return -1;
	if (rebuild && log_checkpoint(l, err) < 0)
		return -1;
	if (now->records > seen_count(&l->seen))
		say(l, "there are fewer events than were written: see sme-log verify");
	l->state.records = seen_count(&l->seen);
	/* Others must let go of the index they have. */
	l->state.commits += (l->state.commits & 1) + (rebuild ? 2 : 0);
	l->loaded = true;
	return log_state_write(l, err);
}

int
log_lock(struct log_dir *l, bool *changed, struct sme_err *err)
{
	struct log_state now;

	if (changed)
		*changed = false;
	if (take_lock(l, LOCK_EX, err) < 0)
		return -1;
	log_state_read(l, &now);
	if (l->loaded && now.commits == l->state.commits && !(now.commits & 1))
		return 0;
	if (changed)
		*changed = true;
	if (refresh(l, &now, err) == 0)
		return 0;
	log_unlock(l);
	return -1;
}

int
log_lock_shared(struct log_dir *l, struct sme_err *err)
{
	return take_lock(l, LOCK_SH, err);
}

int
log_relist(struct log_dir *l, struct sme_err *err)
{
	forget(l);
	return refresh_segments(l, true, false, err);
}

int
log_checkpoint(struct log_dir *l, struct sme_err *err)
{
	if (seen_spill(&l->seen, err) < 0)
		return -1;
	seen_cover_clear(&l->seen);
	for (size_t i = 0; i < l->opens.n; i++) {
		const struct log_open *o = l->opens.items[i].value.ptr;

		if (o->listed)
			seen_cover_set(
			    &l->seen, slice_of(o->name), (struct seen_cover){o->inode, o->length});
	}
	if (seen_commit(&l->seen, l->state.next_seq, err) < 0)
		return -1;
	l->state.manifest = l->seen.generation;
	return log_state_write(l, err);
}
