#include "hook/sources.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "hook/chat.h"
#include "vault/vault.h"

struct sources {
	const struct config *config;
	struct hook_source **list;
	size_t n, cap;
	struct vault *vault;
	void (*say)(const char *text);
	pthread_mutex_t lock; /* of the secrets */
};

static const struct json_node *
chat_settings(const struct account *a)
{
	return node_get(a->settings, "chat");
}

/* ---- one source ---- */

static void
free_source(struct hook_source *s)
{
	if (!s)
		return;
	secret_release(&s->secret);
	chat_close(s->chat);
	connector_close(s->connector);
	account_release(&s->account);
	free(s->position);
	free(s);
}

/* What the connector says of its webhook. */
static int
read_webhook(struct hook_source *s, struct sme_err *err)
{
	const struct json_node *hook = node_get(connector_meta(s->connector), "webhook");
	struct slice verify = node_text(hook, "verify"), header = node_text(hook, "header");

	if (!hook || slice_is(verify, "none"))
		return 0;
	s->scheme = verify_scheme(verify);
	if (!s->scheme)
		return err_set(err, SME_CONFIG,
		    "%s: .webhook.verify: unknown signature \"%.*s\"; there are meta, x, telegram, "
		    "discourse and hmac",
		    connector_path(s->connector), SLICE_ARG(verify));
	s->header = header.p ? header.p : s->scheme->header;
	s->challenge = node_text(hook, "challenge");
	return 0;
}

static int
load_source(struct hook_source *s, const struct config *c, const struct json_node *node,
    struct sme_err *err)
{
	if (account_load(&s->account, c, node, err) < 0)
		return -1;
	s->name = s->account.name;
	s->connector = connector_open(s->account.connector.p, s->account.dir, err);
	if (!s->connector)
		return -1;
	account_complete(&s->account, connector_meta(s->connector));
	if (read_webhook(s, err) < 0)
		return -1;
	if (chat_settings(&s->account) && chat_check(chat_settings(&s->account), err) < 0)
		return -1;
	if ((s->scheme || chat_settings(&s->account)) && memchr(s->name.p, '/', s->name.n))
		return err_set(
		    err, SME_CONFIG, "the name becomes part of a path: it may hold no \"/\"");
	return 0;
}

/* ---- secrets ---- */

/* A source without its secret stays closed: nothing that comes can be good.  Other networks may be
 * polled only, so that is no error. */
static void
note_missing(struct sources *all, const struct hook_source *s, const struct secret *secret)
{
	const char *const needed[] = {
	    s->scheme && !chat_settings(&s->account) ? s->scheme->field : NULL,
	    slice_is(s->challenge, "meta") ? "verify_token" : NULL,
	    chat_settings(&s->account) ? "identity_secret" : NULL,
	    chat_settings(&s->account) ? "reply_secret" : NULL,
	};
	char text[400];

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		if (!needed[i] || secret_field(secret, needed[i]).n)
			continue;
		snprintf(text, sizeof text,
		    "source %s: closed to what needs \"%s\", which its vault entry does not have",
		    s->name.p, needed[i]);
		all->say(text);
	}
}

static int
load_secret(struct sources *all, struct hook_source *s, struct sme_err *err)
{
	struct secret fresh = SECRET_INIT, old;

	if (vault_get(all->vault, s->account.tenant, s->account.secret, &fresh, err) < 0 &&
	    err->status != SME_NOINPUT)
		return -1;
	note_missing(all, s, &fresh);
	pthread_mutex_lock(&all->lock);
	old = s->secret;
	s->secret = fresh;
	pthread_mutex_unlock(&all->lock);
	secret_release(&old);
	return 0;
}

int
sources_reload(struct sources *s, struct sme_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (load_secret(s, s->list[i], err) < 0)
			return err_prefix(err, "source %s", s->list[i]->name.p);
	return 0;
}

int
sources_unlock_vault(struct sources *s, struct sme_err *err)
{
	if (!s->n)
		return 0;
	s->vault = vault_open_config(s->config, err);
	return s->vault ? sources_reload(s, err) : -1;
}

struct slice
sources_secret(struct sources *s, const struct hook_source *source, const char *field)
{
	pthread_mutex_lock(&s->lock);
	return secret_field(&source->secret, field);
}

void
sources_unlock(struct sources *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* ---- all ---- */

static bool
is_wanted(const struct json_node *node, const char *tenant)
{
	struct slice of = node_text(node, "tenant");

	return account_is(node) && (!tenant || slice_is(of.p ? of : SLICE("default"), tenant));
}

/* Ids are made of network, instance and user: two chats with the same would take each other's. */
static int
check_instance(const struct sources *s, const struct hook_source *source, struct sme_err *err)
{
	const struct account *a = &source->account;

	for (size_t i = 0; i < s->n && chat_settings(a); i++) {
		const struct account *b = &s->list[i]->account;

		if (chat_settings(b) && slice_eq(a->network, b->network) &&
		    slice_eq(a->instance, b->instance))
			return err_set(err, SME_CONFIG,
			    "has the same network and instance as source %s; give one another "
			    "\"instance\"",
			    b->name.p);
	}
	return 0;
}

static int
add_source(struct sources *s, const struct json_node *node, struct sme_err *err)
{
	struct hook_source *source = xcalloc(1, sizeof *source);

	if (load_source(source, s->config, node, err) < 0 || check_instance(s, source, err) < 0) {
		free_source(source);
		return err_prefix(err, "%s: source %s", s->config->path, node_text(node, "name").p);
	}
	if (!source->scheme && !chat_settings(&source->account)) {
		free_source(source); /* it is polled */
		return 0;
	}
	s->list = xgrow(s->list, s->n, &s->cap, sizeof(struct hook_source *));
	s->list[s->n++] = source;
	return 0;
}

struct sources *
sources_open(
    const struct config *c, const char *tenant, void (*say)(const char *text), struct sme_err *err)
{
	struct sources *s = xcalloc(1, sizeof *s);

	if (sodium_init() < 0)
		sme_die(SME_OSERR, "cannot initialise libsodium");
	s->config = c;
	s->say = say;
	pthread_mutex_init(&s->lock, NULL);
	for (NODE_EACH(it, node_get(c->root, "sources"))) {
		if (is_wanted(it, tenant) && add_source(s, it, err) < 0) {
			sources_close(s);
			return NULL;
		}
	}
	return s;
}

/* A directory for NAME: what is not a letter or digit becomes %XX. */
static void
put_file_name(struct buf *b, struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_')
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static int
open_chat(struct sources *all, struct hook_source *s, const char *dir, struct sme_err *err)
{
	struct buf path = BUF_INIT, position = BUF_INIT;
	struct spool_pos pos;

	buf_printf(&path, "%s/chat/", dir);
	put_file_name(&path, s->name);
	buf_printf(&position, "%s/position", buf_str(&path));
	if (spool_pos_load(buf_str(&position), &pos, err) == 0)
		s->chat = chat_open(chat_settings(&s->account), buf_str(&path), pos, all->say, err);
	s->position = buf_detach(&position);
	buf_release(&path);
	return s->chat ? 0 : -1;
}

int
sources_open_chats(struct sources *s, const char *dir, struct sme_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (chat_settings(&s->list[i]->account) && open_chat(s, s->list[i], dir, err) < 0)
			return err_prefix(err, "source %s", s->list[i]->name.p);
	return 0;
}

void
sources_close(struct sources *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free_source(s->list[i]);
	free(s->list);
	vault_close(s->vault);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct hook_source *
sources_find(struct sources *s, struct slice name)
{
	for (size_t i = 0; i < s->n; i++)
		if (slice_eq(s->list[i]->name, name))
			return s->list[i];
	return NULL;
}

size_t
sources_count(const struct sources *s)
{
	return s->n;
}

struct hook_source *
sources_at(struct sources *s, size_t i)
{
	return s->list[i];
}
