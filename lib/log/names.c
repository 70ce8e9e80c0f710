#include "log/names.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/siphash.h"

/* Below NAME_MAX (255) with what follows a long name. */
#define TENANT_MAX 180

static bool
plain(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || (c == '.' && !first);
}

void
names_tenant(struct buf *b, struct slice tenant)
{
	static const struct siphash_key fixed = {0x736d65, 0x74656e616e74};
	size_t start = b->n;

	if (tenant.n == 0)
		buf_addc(b, '%');
	for (size_t i = 0; i < tenant.n; i++) {
		if (b->n - start > TENANT_MAX) {
			struct hash128 h = siphash128(&fixed, tenant.p, tenant.n);

			buf_printf(b, "%%%%%016llx%016llx", (unsigned long long)h.a,
			    (unsigned long long)h.b);
			return;
		}
		if (plain(tenant.p[i], i == 0))
			buf_addc(b, tenant.p[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)tenant.p[i]);
	}
}

int32_t
names_day(int64_t ms)
{
	return (int32_t)((ms - (ms < 0 ? LOG_DAY_MS - 1 : 0)) / LOG_DAY_MS);
}

int
seg_ref_cmp(const struct seg_ref *a, const struct seg_ref *b)
{
	int d = strcmp(a->tenant, b->tenant);

	if (d)
		return d;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static int
ref_cmp(const void *a, const void *b)
{
	return seg_ref_cmp(a, b);
}

/* "2026-11-20.000001.seg" or ".segz". */
static bool
parse_name(const char *name, struct seg_ref *ref)
{
	struct slice s = slice_of(name), n;
	char time[RFC3339_SIZE];
	unsigned long long num;
	int64_t ms;

	if (s.n < 16 || name[10] != '.')
		return false;
	snprintf(time, sizeof time, "%.10sT00:00:00Z", name);
	if (!rfc3339_parse(slice_of(time), &ms))
		return false;
	s = (struct slice){s.p + 11, s.n - 11};
	if (!slice_cut(&s, '.', &n) || !slice_u64(n, &num) || num == 0 || num > UINT32_MAX)
		return false;
	ref->day = names_day(ms);
	ref->n = (uint32_t)num;
	ref->open = slice_is(s, "seg");
	ref->closed = slice_is(s, "segz");
	return ref->open || ref->closed;
}

static void
add_ref(struct seg_list *l, struct seg_ref ref)
{
	l->refs = xgrow(l->refs, l->n, &l->cap, sizeof *l->refs);
	l->refs[l->n++] = ref;
}

static int
read_tenant(struct seg_list *l, const char *path, const char *name, struct sme_err *err)
{
	const char *tenant = arena_strdup(&l->names, name);
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return errno == ENOENT || errno == ENOTDIR
		           ? 0
		           : err_sys(err, errno == EACCES ? SME_NOPERM : SME_IOERR, "%s", path);
	while ((e = readdir(d))) {
		struct seg_ref ref = {.tenant = tenant};

		if (parse_name(e->d_name, &ref))
			add_ref(l, ref);
	}
	closedir(d);
	return 0;
}

/* Sort, and make one of the entries for the same segment. */
static void
settle(struct seg_list *l)
{
	size_t out = 0;

	if (l->n)
		qsort(l->refs, l->n, sizeof *l->refs, ref_cmp);
	for (size_t i = 0; i < l->n; i++) {
		if (out && seg_ref_cmp(&l->refs[out - 1], &l->refs[i]) == 0) {
			l->refs[out - 1].open |= l->refs[i].open;
			l->refs[out - 1].closed |= l->refs[i].closed;
		} else {
			l->refs[out++] = l->refs[i];
		}
	}
	l->n = out;
}

/* Call FN for every tenant's directory. */
static int
each_tenant(const char *dir,
    int (*fn)(void *ctx, const char *path, const char *name, struct sme_err *err), void *ctx,
    struct sme_err *err)
{
	struct buf path = BUF_INIT;
	struct dirent *e;
	int r = 0;
	DIR *d;

	buf_printf(&path, "%s/events", dir);
	d = opendir(path.p);
	if (!d) {
		r = errno == ENOENT
		        ? 0
		        : err_sys(err, errno == EACCES ? SME_NOPERM : SME_IOERR, "%s", path.p);
		buf_release(&path);
		return r;
	}
	while (r == 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		r = fn(ctx, names_tenant_dir(&path, dir, e->d_name), e->d_name, err);
	}
	closedir(d);
	buf_release(&path);
	return r;
}

static int
list_tenant(void *list, const char *path, const char *name, struct sme_err *err)
{
	return read_tenant(list, path, name, err);
}

int
seg_list_read(struct seg_list *l, const char *dir, struct sme_err *err)
{
	int r = each_tenant(dir, list_tenant, l, err);

	settle(l);
	return r;
}

void
seg_list_release(struct seg_list *l)
{
	free(l->refs);
	arena_release(&l->names);
	*l = (struct seg_list)SEG_LIST_INIT;
}

const char *
names_tenant_dir(struct buf *b, const char *dir, const char *tenant)
{
	buf_clear(b);
	buf_printf(b, "%s/events/%s", dir, tenant);
	return b->p;
}

const char *
seg_path(struct buf *b, const char *dir, const struct seg_ref *ref, bool closed)
{
	int year, month, day;

	civil_from_days(ref->day, &year, &month, &day);
	names_tenant_dir(b, dir, ref->tenant);
	buf_printf(b, "/%04d-%02d-%02d.%06u.seg%s", year, month, day, ref->n, closed ? "z" : "");
	return b->p;
}

/* As a segment is written, or as file_write_atomic names what it has not finished. */
static bool
unfinished(const char *name)
{
	size_t n = strlen(name);

	return (n >= 4 && strcmp(name + n - 4, ".tmp") == 0) ||
	    (n >= 10 && strncmp(name + n - 10, ".tmp", 4) == 0);
}

static int
sweep_dir(void *unused, const char *path, const char *name, struct sme_err *err)
{
	struct buf file = BUF_INIT;
	struct dirent *e;
	DIR *d = opendir(path);
	int r = 0;

	(void)unused, (void)name;
	if (!d)
		return errno == ENOTDIR ? 0 : err_sys(err, SME_IOERR, "%s", path);
	while (r == 0 && (e = readdir(d))) {
		if (!unfinished(e->d_name))
			continue;
		buf_clear(&file);
		buf_printf(&file, "%s/%s", path, e->d_name);
		if (unlink(file.p) < 0 && errno != ENOENT)
			r = err_sys(err, SME_IOERR, "%s", file.p);
	}
	closedir(d);
	buf_release(&file);
	return r;
}

int
names_sweep(const char *dir, struct sme_err *err)
{
	struct seg_list l = SEG_LIST_INIT;
	struct buf path = BUF_INIT;
	int r = sweep_dir(NULL, dir, NULL, err);

	if (r == 0)
		r = each_tenant(dir, sweep_dir, NULL, err);
	if (r == 0)
		r = seg_list_read(&l, dir, err);
	for (size_t i = 0; r == 0 && i < l.n; i++)
		if (l.refs[i].open && l.refs[i].closed &&
		    unlink(seg_path(&path, dir, &l.refs[i], false)) < 0 && errno != ENOENT)
			r = err_sys(err, SME_IOERR, "%s", path.p);
	buf_release(&path);
	seg_list_release(&l);
	return r;
}
