#include "vault/vault.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "vault/vault_int.h"

static const struct slice none = {NULL, 0};

char *
vault_with_end(const char *path, const char *end)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s%s", path, end);
	return buf_detach(&b);
}

static char *
default_path(void)
{
	char *home = sme_home(), *path = vault_with_end(home, "/vault");

	free(home);
	return path;
}

struct vault *
vault_new(const struct vault_options *o)
{
	struct vault *v = xcalloc(1, sizeof *v);

	v->path = o->path ? xstrdup(o->path) : default_path();
	v->lock = vault_with_end(v->path, ".lock");
	v->audit = vault_with_end(v->path, ".audit");
	v->beside = vault_with_end(v->path, ".key");
	v->key_file = o->key_file ? xstrdup(o->key_file) : NULL;
	v->tool = o->tool ? o->tool : sme_tool;
	v->places = (struct key_places){
	    .file = v->key_file,
	    .fd = o->key_fd,
	    .use_fd = o->use_key_fd,
	    .ask = o->ask,
	    .beside = v->beside,
	};
	pthread_mutex_init(&v->mutex, NULL);
	return v;
}

void
vault_close(struct vault *v)
{
	if (!v)
		return;
	locked_release(&v->key);
	pthread_mutex_destroy(&v->mutex);
	free(v->path);
	free(v->lock);
	free(v->audit);
	free(v->beside);
	free(v->key_file);
	free(v);
}

const char *
vault_path(const struct vault *v)
{
	return v->path;
}

const char *
vault_key_file(const struct vault *v)
{
	return v->from && (v->from == v->key_file || v->from == v->beside) ? v->from : NULL;
}

/* ---- open ---- */

struct vault *
vault_open(const struct vault_options *o, struct sme_err *err)
{
	struct vault *v = vault_new(o);
	struct seal_header h;
	struct locked content;

	if (vault_load(v, &h, &content, err) < 0) {
		vault_close(v);
		return NULL;
	}
	locked_release(&content);
	return v;
}

char *
vault_config_path(const struct config *c, const char *key)
{
	struct slice path = node_text(node_get(c->root, "vault"), key);

	return path.p ? config_path(c, path) : NULL;
}

struct vault *
vault_open_config(const struct config *c, struct sme_err *err)
{
	char *path = vault_config_path(c, "path"), *key_file = vault_config_path(c, "key_file");
	struct vault_options o = {.path = path, .key_file = key_file, .ask = true};
	struct vault *v = vault_open(&o, err);

	free(path);
	free(key_file);
	return v;
}

bool
vault_exists(const struct config *c)
{
	char *path = vault_config_path(c, "path");
	bool there;

	if (!path)
		path = default_path();
	there = access(path, F_OK) == 0;
	free(path);
	return there;
}

/* ---- one entry ---- */

struct found {
	size_t fields, bytes;
	bool elsewhere; /* another tenant has one of this name */
};

static struct found
look_for(struct slice content, struct slice tenant, struct slice name)
{
	struct found f = {0};
	struct item it;

	while (item_next(&content, &it)) {
		if (!slice_eq(it.name, name))
			continue;
		if (!slice_eq(it.tenant, tenant)) {
			f.elsewhere = true;
			continue;
		}
		f.fields++;
		f.bytes += it.field.n + it.value.n + 2;
	}
	return f;
}

/* S, NUL-terminated, at *P, which moves on. */
static struct slice
keep(char **p, struct slice s)
{
	struct slice kept = {*p, s.n};

	if (s.n)
		memcpy(*p, s.p, s.n);
	(*p)[s.n] = '\0';
	*p += s.n + 1;
	return kept;
}

/* Add a field that there is room for. */
static void
secret_add(struct secret *s, char **p, const struct item *it, bool with_value)
{
	struct vault_field *to = (struct vault_field *)(void *)s->memory.p + s->n++;
	bool plain = with_value || item_is_expiry(it->field);

	to->name = keep(p, it->field);
	to->value = keep(p, plain ? it->value : SLICE(""));
	if (slice_is(it->field, "expires_at") && !rfc3339_parse(it->value, &s->expires_at))
		s->expires_at = TIME_NONE;
	if (s->updated_at < it->updated_at)
		s->updated_at = it->updated_at;
}

/* Copy what F counted out of CONTENT. */
static void
copy_out(struct slice content, struct slice tenant, struct slice name, const struct found *f,
    bool with_value, struct secret *s)
{
	struct item it;
	char *p;

	*s = (struct secret){.expires_at = TIME_NONE,
	    .updated_at = INT64_MIN,
	    .memory = locked_new(f->fields * sizeof *s->fields + f->bytes)};
	s->fields = (const struct vault_field *)(void *)s->memory.p;
	p = s->memory.p + f->fields * sizeof *s->fields;
	while (item_next(&content, &it))
		if (slice_eq(it.tenant, tenant) && slice_eq(it.name, name))
			secret_add(s, &p, &it, with_value);
}

static int
refuse(struct vault *v, struct slice tenant, struct slice name, bool elsewhere,
    const char *action, struct sme_err *err)
{
	if (vault_audit(v, action, tenant, name, elsewhere ? "denied" : "missing", err) < 0)
		return -1;
	if (elsewhere)
		return err_set(err, SME_NOPERM,
		    "%s: \"%.*s\" is another tenant's entry, \"%.*s\" has none of this name", v->path,
		    SLICE_ARG(name), SLICE_ARG(tenant));
	return err_set(err, SME_NOINPUT,
	    "%s: tenant \"%.*s\" has no entry \"%.*s\" (sme-vault put --tenant %.*s %.*s)", v->path,
	    SLICE_ARG(tenant), SLICE_ARG(name), SLICE_ARG(tenant), SLICE_ARG(name));
}

int
vault_get(struct vault *v, struct slice tenant, struct slice name, struct secret *s,
    struct sme_err *err)
{
	struct seal_header h;
	struct locked content;
	struct found f;
	int r;

	*s = (struct secret){.expires_at = TIME_NONE};
	pthread_mutex_lock(&v->mutex);
	r = vault_load(v, &h, &content, err);
	pthread_mutex_unlock(&v->mutex);
	if (r < 0)
		return -1;
	f = look_for(locked_slice(&content), tenant, name);
	if (!f.fields)
		r = refuse(v, tenant, name, f.elsewhere, "get", err);
	else
		r = vault_audit(v, "get", tenant, name, "ok", err);
	if (r == 0)
		copy_out(locked_slice(&content), tenant, name, &f, true, s);
	locked_release(&content);
	return r;
}

/* ---- changes ---- */

/* The change is noted before it is made: none goes unnoticed.  The lock is held. */
static int
apply(struct vault *v, const char *action, struct slice tenant, struct slice name,
    struct item *changes, size_t n, struct sme_err *err)
{
	struct seal_header h;
	struct locked content, merged;
	bool changed;
	int r = vault_load(v, &h, &content, err);

	if (r < 0)
		return -1;
	r = items_merge(locked_slice(&content), changes, n, &merged, &changed, err);
	locked_release(&content);
	if (r < 0)
		return -1;
	r = vault_audit(v, action, tenant, name, changed ? "ok" : "unchanged", err);
	if (r == 0 && changed) {
		r = vault_store(v->path, &h, &v->key, locked_slice(&merged), err);
		if (r < 0)
			vault_audit(v, action, tenant, name, "failed", NULL);
	}
	locked_release(&merged);
	return r;
}

static int
change(struct vault *v, const char *action, struct slice tenant, struct slice name,
    struct item *changes, size_t n, struct sme_err *err)
{
	int lock = vault_lock(v, err), r;

	if (lock < 0)
		return -1;
	pthread_mutex_lock(&v->mutex);
	r = apply(v, action, tenant, name, changes, n, err);
	pthread_mutex_unlock(&v->mutex);
	close(lock);
	return r;
}

int
vault_update(struct vault *v, struct slice tenant, struct slice name,
    const struct vault_field *fields, size_t n, struct sme_err *err)
{
	struct item *changes = xcalloc(n ? n : 1, sizeof *changes);
	int64_t now = time_now_ms();
	int r;

	for (size_t i = 0; i < n; i++)
		changes[i] = (struct item){tenant, name, fields[i].name,
		    fields[i].value.n ? fields[i].value : SLICE(""), now};
	r = change(v, "update", tenant, name, changes, n, err);
	free(changes);
	return r;
}

/* The removals of FIELD, or of all fields, of an entry; their number. */
static size_t
removals(struct slice content, struct slice tenant, struct slice name, struct slice field,
    struct item *out)
{
	struct item it;
	size_t n = 0;

	while (item_next(&content, &it)) {
		if (!slice_eq(it.tenant, tenant) || !slice_eq(it.name, name) ||
		    (field.p && !slice_eq(it.field, field)))
			continue;
		it.value = none;
		if (out)
			out[n] = it;
		n++;
	}
	return n;
}

static int
remove_locked(struct vault *v, struct slice tenant, struct slice name, struct slice field,
    struct sme_err *err)
{
	struct seal_header h;
	struct locked content;
	struct item *changes;
	size_t n;
	int r = vault_load(v, &h, &content, err);

	if (r < 0)
		return -1;
	n = removals(locked_slice(&content), tenant, name, field, NULL);
	changes = xcalloc(n ? n : 1, sizeof *changes);
	removals(locked_slice(&content), tenant, name, field, changes);
	if (n)
		r = apply(v, "remove", tenant, name, changes, n, err);
	else if (field.p && look_for(locked_slice(&content), tenant, name).fields)
		r = err_set(err, SME_NOINPUT, "%s: \"%.*s\" has no field \"%.*s\"", v->path,
		    SLICE_ARG(name), SLICE_ARG(field));
	else
		r = refuse(v, tenant, name, look_for(locked_slice(&content), tenant, name).elsewhere,
		    "remove", err);
	free(changes);
	locked_release(&content);
	return r;
}

int
vault_remove(struct vault *v, struct slice tenant, struct slice name, struct slice field,
    struct sme_err *err)
{
	int lock = vault_lock(v, err), r;

	if (lock < 0)
		return -1;
	pthread_mutex_lock(&v->mutex);
	r = remove_locked(v, tenant, name, field, err);
	pthread_mutex_unlock(&v->mutex);
	close(lock);
	return r;
}

/* ---- what there is ---- */

int
vault_list(struct vault *v, struct slice tenant, vault_list_fn *fn, void *ctx, struct sme_err *err)
{
	struct seal_header h;
	struct locked content;
	struct slice rest;
	struct item it, last = {.tenant = none};
	int r;

	pthread_mutex_lock(&v->mutex);
	r = vault_load(v, &h, &content, err);
	pthread_mutex_unlock(&v->mutex);
	if (r < 0)
		return -1;
	r = vault_audit(v, "list", tenant, none, "ok", err);
	rest = locked_slice(&content);
	while (r == 0 && item_next(&rest, &it)) {
		struct secret s;
		struct found f;

		if ((tenant.p && !slice_eq(it.tenant, tenant)) ||
		    (slice_eq(it.tenant, last.tenant) && slice_eq(it.name, last.name)))
			continue;
		last = it;
		f = look_for(locked_slice(&content), it.tenant, it.name);
		copy_out(locked_slice(&content), it.tenant, it.name, &f, false, &s);
		fn(ctx, it.tenant, it.name, &s);
		secret_release(&s);
	}
	locked_release(&content);
	return r;
}
