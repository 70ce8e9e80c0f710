#include "log/seen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/buf.h"
#include "core/file.h"
#include "core/mem.h"
#include "log/block.h"

#define MANIFEST_FIRST "sme-log seen 1"
#define RUNS_MAX (sizeof((struct seen *)0)->runs / sizeof(struct seen_run))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "runs are mapped as they are on disk");

void
seen_init(struct seen *s, const char *log_dir)
{
	*s = (struct seen){.memory = IDSET_INIT, .covers = MAP_INIT, .arena = ARENA_INIT};
	s->dir = xmalloc(strlen(log_dir) + 6);
	sprintf(s->dir, "%s/seen", log_dir);
}

static void
unmap(struct seen_run *run)
{
	if (run->ids)
		munmap(run->ids, run->n * sizeof *run->ids);
	run->ids = NULL;
}

void
seen_cover_clear(struct seen *s)
{
	map_release(&s->covers);
	arena_release(&s->arena);
}

void
seen_reset(struct seen *s, uint64_t generation)
{
	for (size_t i = 0; i < s->nruns; i++)
		unmap(&s->runs[i]);
	s->nruns = s->nold = 0;
	s->generation = generation;
	s->rebuilding = true;
	s->next_seq = 0;
	idset_clear(&s->memory);
	seen_cover_clear(s);
}

void
seen_release(struct seen *s)
{
	seen_reset(s, 0);
	idset_release(&s->memory);
	free(s->dir);
}

static const char *
run_path(const struct seen *s, unsigned number, struct buf *b)
{
	buf_clear(b);
	buf_printf(b, "%s/%06u.run", s->dir, number);
	return b->p;
}

static int
map_run(struct seen *s, struct seen_run *run, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	int fd = open(run_path(s, run->number, &path), O_RDONLY | O_CLOEXEC);
	size_t bytes = run->n * sizeof *run->ids;
	struct stat st;
	int r = -1;

	if (fd < 0 || fstat(fd, &st) < 0)
		err_sys(err, SME_IOERR, "%s", path.p);
	else if ((uint64_t)st.st_size != bytes || bytes == 0)
		err_set(err, SME_DATA, "%s: %lld bytes, should have %zu", path.p,
		    (long long)st.st_size, bytes);
	else {
		void *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

		if (p == MAP_FAILED) {
			err_sys(err, SME_OSERR, "%s", path.p);
		} else {
			run->ids = p;
			madvise(p, bytes, MADV_RANDOM);
			r = 0;
		}
	}
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return r;
}

/* Where ID would stand in RUN: hashes are evenly spread, so each step computes how many places off
 * it is, and a few steps are enough; the bounds see to it that the walk ends whatever is there. */
static bool
run_has(const struct seen_run *run, struct hash128 id)
{
	size_t lo = 0, hi = run->n; /* it is within [lo, hi) */
	size_t at = (size_t)((unsigned __int128)id.a * run->n >> 64);

	for (int steps = 0; lo < hi; steps++) {
		int d = hash128_cmp(run->ids[at], id);
		uint64_t gap;
		size_t off;

		if (d == 0)
			return true;
		gap = d < 0 ? id.a - run->ids[at].a : run->ids[at].a - id.a;
		off = (size_t)((unsigned __int128)gap * run->n >> 64) + (steps > 0);
		if (d < 0)
			lo = at + 1;
		else
			hi = at;
		if (lo >= hi)
			break;
		if (steps > 32) /* not evenly spread after all */
			at = lo + (hi - lo) / 2;
		else if (d < 0)
			at = off < hi - lo ? lo + off - (off > 0) : hi - 1;
		else
			at = off < hi - lo ? hi - off - (off == 0) : lo;
	}
	return false;
}

bool
seen_in_runs(const struct seen *s, struct hash128 id)
{
	for (size_t i = 0; i < s->nruns; i++)
		if (run_has(&s->runs[i], id))
			return true;
	return false;
}

bool
seen_has(const struct seen *s, struct hash128 id)
{
	return idset_has(&s->memory, id) || seen_in_runs(s, id);
}

bool
seen_add(struct seen *s, struct hash128 id)
{
	return !seen_in_runs(s, id) && idset_add(&s->memory, id);
}

uint64_t
seen_count(const struct seen *s)
{
	uint64_t n = s->memory.n;

	for (size_t i = 0; i < s->nruns; i++)
		n += s->runs[i].n;
	return n;
}

/* Sorted sources, merged into one run on disk. */
struct merge {
	const struct hash128 *at[RUNS_MAX + 1], *end[RUNS_MAX + 1];
	size_t n;
};

static const struct hash128 *
merge_next(struct merge *m)
{
	size_t best = m->n;

	for (size_t i = 0; i < m->n; i++)
		if (m->at[i] < m->end[i] &&
		    (best == m->n || hash128_cmp(*m->at[i], *m->at[best]) < 0))
			best = i;
	return best == m->n ? NULL : m->at[best]++;
}

static int
write_run(int fd, struct merge *m, struct seen_run *run)
{
	enum { CHUNK = 4096 };
	struct hash128 *out = xreallocarray(NULL, CHUNK, sizeof *out);
	const struct hash128 *id;
	size_t n = 0;
	int r = 0;

	run->crc = (uint32_t)crc32(0, NULL, 0);
	do {
		id = merge_next(m);
		if (id)
			out[n++] = *id;
		if (n == CHUNK || (!id && n)) {
			run->crc =
			    (uint32_t)crc32(run->crc, (const Bytef *)out, (uInt)(n * sizeof *out));
			r = file_write_all(fd, out, n * sizeof *out);
			run->n += n;
			n = 0;
		}
	} while (id && r == 0);
	free(out);
	return r;
}

/* The sources are all runs from FIRST on and the sorted N ids of memory. */
static int
merge_runs(struct seen *s, size_t first, const struct hash128 *ids, struct sme_err *err)
{
	struct seen_run run = {.number = s->last_number + 1};
	struct buf path = BUF_INIT;
	struct merge m = {.n = 0};
	int fd, r = 0;

	for (size_t i = first; i < s->nruns; i++) {
		madvise(s->runs[i].ids, s->runs[i].n * sizeof *ids, MADV_NORMAL);
		m.at[m.n] = s->runs[i].ids;
		m.end[m.n++] = s->runs[i].ids + s->runs[i].n;
	}
	m.at[m.n] = ids;
	m.end[m.n++] = ids + s->memory.n;
	unlink(run_path(s, run.number, &path)); /* who has it mapped keeps it */
	fd = open(path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_run(fd, &m, &run) < 0 || fsync(fd) < 0)
		r = err_sys(err, fd < 0 ? SME_CANTCREAT : SME_IOERR, "%s", path.p);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = map_run(s, &run, err);
	if (r < 0) {
		unlink(path.p);
		buf_release(&path);
		return -1;
	}
	for (size_t i = first; i < s->nruns; i++) {
		s->old[s->nold++] = s->runs[i].number;
		unmap(&s->runs[i]);
	}
	s->nruns = first;
	s->runs[s->nruns++] = run;
	s->last_number = run.number;
	buf_release(&path);
	return 0;
}

/* Remove the runs that were merged away; what fails is swept when the log is opened. */
static void
remove_old(struct seen *s)
{
	struct buf path = BUF_INIT;

	while (s->nold)
		unlink(run_path(s, s->old[--s->nold], &path));
	buf_release(&path);
}

int
seen_spill(struct seen *s, struct sme_err *err)
{
	struct hash128 *ids;
	size_t first = s->nruns, n = s->memory.n;
	int r;

	if (n == 0)
		return 0;
	while (first > 0 && (s->runs[first - 1].n <= 2 * n || first == RUNS_MAX))
		n += s->runs[--first].n;
	/* A long rebuild merges many runs before its first manifest. */
	if (s->nold + s->nruns > RUNS_MAX && s->rebuilding)
		remove_old(s);
	else if (s->nold + s->nruns > RUNS_MAX && seen_commit(s, s->next_seq, err) < 0)
		return -1;
	ids = idset_sorted(&s->memory);
	r = merge_runs(s, first, ids, err);
	free(ids);
	if (r == 0)
		idset_clear(&s->memory);
	return r;
}

void
seen_cover_set(struct seen *s, struct slice name, struct seen_cover cover)
{
	struct seen_cover *c = arena_alloc(&s->arena, sizeof *c);

	*c = cover;
	map_put(&s->covers, name)->ptr = c;
}

const struct seen_cover *
seen_cover_get(const struct seen *s, struct slice name)
{
	return map_ptr(&s->covers, name);
}

int
seen_commit(struct seen *s, uint64_t next_seq, struct sme_err *err)
{
	struct buf b = BUF_INIT, path = BUF_INIT;
	int r;

	buf_printf(&b, MANIFEST_FIRST "\ngeneration %llu\nnext %llu\n",
	    (unsigned long long)s->generation + 1, (unsigned long long)next_seq);
	for (size_t i = 0; i < s->nruns; i++)
		buf_printf(&b, "run %u %zu %u\n", s->runs[i].number, s->runs[i].n, s->runs[i].crc);
	for (size_t i = 0; i < s->covers.n; i++) {
		const struct seen_cover *c = s->covers.items[i].value.ptr;

		buf_printf(&b, "cover %llu %llu %.*s\n", (unsigned long long)c->inode,
		    (unsigned long long)c->length, SLICE_ARG(s->covers.items[i].key));
	}
	buf_printf(&b, "end %u\n", (unsigned)crc32(0, (const Bytef *)b.p, (uInt)b.n));
	buf_printf(&path, "%s/manifest", s->dir);
	r = file_write_atomic(path.p, buf_slice(&b), 0600, err);
	if (r == 0) {
		s->generation++;
		s->rebuilding = false;
		s->next_seq = next_seq;
		remove_old(s);
	}
	buf_release(&b);
	buf_release(&path);
	return r;
}

static bool
number(struct slice *s, unsigned long long *v)
{
	struct slice word;

	return slice_cut(s, ' ', &word) && slice_u64(word, v);
}

static bool
parse_run(struct seen *s, struct slice rest)
{
	unsigned long long num, n, crc;

	if (!number(&rest, &num) || !number(&rest, &n) || !number(&rest, &crc) ||
	    s->nruns == RUNS_MAX || num > UINT32_MAX || n == 0 ||
	    n > SIZE_MAX / sizeof(struct hash128))
		return false;
	s->runs[s->nruns++] =
	    (struct seen_run){.n = (size_t)n, .crc = (uint32_t)crc, .number = (unsigned)num};
	return true;
}

static bool
parse_line(struct seen *s, struct slice line)
{
	struct slice word;
	unsigned long long a, b;

	if (!slice_cut(&line, ' ', &word))
		return false;
	if (slice_is(word, "generation") && number(&line, &a))
		s->generation = a;
	else if (slice_is(word, "next") && number(&line, &a))
		s->next_seq = a;
	else if (slice_is(word, "run"))
		return parse_run(s, line);
	else if (slice_is(word, "cover") && number(&line, &a) && number(&line, &b) && line.n)
		seen_cover_set(s, line, (struct seen_cover){a, b});
	else
		return false;
	return true;
}

/* The text up to "end CRC\n" when it is whole. */
static bool
manifest_body(struct slice text, struct slice *body)
{
	ptrdiff_t end = -1;
	unsigned long long crc;

	for (size_t i = text.n; i-- > 1;)
		if (text.p[i - 1] == '\n' && i < text.n) {
			end = (ptrdiff_t)i;
			break;
		}
	if (end < 0 || text.n - (size_t)end < 6 || text.p[text.n - 1] != '\n' ||
	    memcmp(text.p + end, "end ", 4) != 0)
		return false;
	if (!slice_u64((struct slice){text.p + end + 4, text.n - (size_t)end - 5}, &crc) ||
	    crc != crc32(0, (const Bytef *)text.p, (uInt)end))
		return false;
	*body = (struct slice){text.p, (size_t)end - 1};
	return true;
}

void
seen_sweep(const struct seen *s)
{
	struct buf path = BUF_INIT;
	DIR *d = opendir(s->dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		unsigned num = (unsigned)strtoul(e->d_name, NULL, 10);
		bool keep = e->d_name[0] == '.' || strcmp(e->d_name, "manifest") == 0;

		for (size_t i = 0; i < s->nruns && !keep; i++)
			keep = s->runs[i].number == num && strstr(e->d_name, ".run");
		if (keep)
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s/%s", s->dir, e->d_name);
		unlink(path.p);
	}
	if (d)
		closedir(d);
	buf_release(&path);
}

int
seen_load(struct seen *s, struct sme_err *err)
{
	struct buf text = BUF_INIT, path = BUF_INIT;
	struct slice body, line;
	bool ok;

	seen_reset(s, 0);
	buf_printf(&path, "%s/manifest", s->dir);
	ok = file_read(path.p, &text, err) == 0;
	if (ok) {
		ok = manifest_body(buf_slice(&text), &body) && slice_cut(&body, '\n', &line) &&
		     slice_is(line, MANIFEST_FIRST);
		while (ok && slice_cut(&body, '\n', &line))
			ok = parse_line(s, line);
		if (!ok)
			err_set(err, SME_DATA, "%s: damaged", path.p);
	}
	for (size_t i = 0; ok && i < s->nruns; i++) {
		ok = map_run(s, &s->runs[i], err) == 0;
		if (s->runs[i].number > s->last_number)
			s->last_number = s->runs[i].number;
	}
	buf_release(&text);
	buf_release(&path);
	if (!ok)
		seen_reset(s, 0);
	else
		s->rebuilding = false;
	return ok ? 0 : -1;
}

int
seen_verify(const struct seen *s, struct sme_err *err)
{
	struct merge m = {.n = 0};
	const struct hash128 *id, *last = NULL;

	for (size_t i = 0; i < s->nruns; i++) {
		const struct seen_run *run = &s->runs[i];
		uint32_t crc =
		    (uint32_t)crc32_z(0, (const Bytef *)run->ids, run->n * sizeof *run->ids);

		if (crc != run->crc)
			return err_set(err, SME_DATA,
			    "%s/%06u.run: damaged: remove %s/manifest, and the next "
			    "append makes the index again",
			    s->dir, run->number, s->dir);
		m.at[m.n] = run->ids;
		m.end[m.n++] = run->ids + run->n;
	}
	for (; (id = merge_next(&m)); last = id)
		if (last && hash128_cmp(*last, *id) >= 0)
			return err_set(err, SME_DATA, "%s: an id is there twice", s->dir);
	return 0;
}
