#include "sme-fetch/accounts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connector/account.h"
#include "connector/poll.h"
#include "core/map.h"
#include "core/mem.h"
#include "stream/tree.h"

struct entry {
	struct account account;
	struct poll *poll;
	char *place;
	struct arena arena; /* of an account that no configuration has */
	struct entry *next;
};

struct accounts {
	const struct config *config;
	unsigned requests_max;
	struct map connectors; /* by name and directory: compiling one takes long */
	struct vault *vault;
	struct entry *entries;
};

struct accounts *
accounts_open(const struct config *c, unsigned requests_max)
{
	struct accounts *all = xcalloc(1, sizeof *all);

	all->config = c;
	all->requests_max = requests_max;
	return all;
}

static struct connector *
connector_of(struct accounts *all, const struct account *a, struct sme_err *err)
{
	struct connector *c = map_ptr(&all->connectors, a->connector);

	if (c)
		return c;
	c = connector_open(a->connector.p, a->dir, err);
	if (c)
		map_put(&all->connectors, a->connector)->ptr = c;
	return c;
}

static bool
needs_vault(const struct connector *c)
{
	const struct json_node *auth = node_get(connector_meta(c), "auth");
	struct slice scheme = node_text(auth, "scheme");

	return (scheme.p && !slice_is(scheme, "none")) || node_get(auth, "fields");
}

/* Without any the account says so when it is asked for. */
static int
open_vault(struct accounts *all, const struct connector *c, struct sme_err *err)
{
	if (all->vault || !needs_vault(c) || !vault_exists(all->config))
		return 0;
	all->vault = vault_open_config(all->config, err);
	return all->vault ? 0 : -1;
}

/* What the cursor depends on: of another server or user it would mean nothing. */
static char *
place_of(const struct account *a)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%.*s %.*s %.*s", SLICE_ARG(a->connector), SLICE_ARG(a->base),
	    SLICE_ARG(a->handle));
	return buf_detach(&b);
}

static void
fill_source(struct source *s, const struct entry *e)
{
	s->name = e->account.name.p;
	s->tenant = e->account.tenant;
	s->network = e->account.network;
	s->channel = e->account.channel;
	s->driver = &poll_driver;
	s->state = e->poll;
	s->place = e->place;
	s->interval = e->account.interval;
}

int
accounts_add(struct accounts *all, const struct json_node *node, struct source *s,
    struct sme_err *err)
{
	struct entry *e = xcalloc(1, sizeof *e);
	struct connector *c;

	if (account_load(&e->account, all->config, node, err) < 0) {
		free(e);
		return -1;
	}
	e->next = all->entries;
	all->entries = e;
	c = connector_of(all, &e->account, err);
	if (!c || open_vault(all, c, err) < 0)
		return err_prefix(err, "source %s", e->account.name.p);
	account_complete(&e->account, connector_meta(c));
	e->poll = poll_open(&e->account, c, all->vault, all->requests_max);
	e->place = place_of(&e->account);
	fill_source(s, e);
	s->remember = true;
	return 0;
}

/* ---- mails on the command line ---- */

/* "post" of "exports/post.mbox". */
static struct slice
stem_of(const char *path)
{
	struct slice s = slice_of(path);
	const char *dot;

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == '/') {
			s = (struct slice){s.p + i + 1, s.n - i - 1};
			break;
		}
	dot = s.n > 1 ? memchr(s.p + 1, '.', s.n - 1) : NULL;
	return dot ? (struct slice){s.p, (size_t)(dot - s.p)} : s;
}

static void
put_member(struct buf *b, const char *key, struct slice value)
{
	if (!value.n)
		return;
	buf_printf(b, "\"%s\":", key);
	json_put_string(b, value);
	buf_addc(b, ',');
}

/* As if it stood in the configuration. */
static void
put_mail_account(struct buf *b, const char *path, const struct source *s)
{
	bool input = strcmp(path, "-") == 0;
	struct slice stem = input ? SLICE("stdin") : stem_of(path);
	struct buf whole = BUF_INIT;
	char *cwd = getcwd(NULL, 0);

	buf_printf(&whole, "%s%s%s", *path == '/' || input ? "" : cwd ? cwd : ".",
	    *path == '/' || input ? "" : "/", input ? "/dev/stdin" : path);
	buf_puts(b, "{\"connector\":\"email\",");
	put_member(b, "name", slice_of(path));
	put_member(b, "tenant", s->tenant);
	put_member(b, "network", s->network);
	put_member(b, "channel", s->channel.n ? s->channel : stem);
	put_member(b, "instance", stem);
	buf_puts(b, "\"settings\":{\"limit\":500,\"mailbox\":");
	json_put_string(b, buf_slice(&whole));
	buf_puts(b, "}}");
	free(cwd);
	buf_release(&whole);
}

int
accounts_add_mail(struct accounts *all, const char *path, struct source *s, struct sme_err *err)
{
	struct entry *e = xcalloc(1, sizeof *e);
	struct buf text = BUF_INIT;
	const struct json_node *node;
	struct connector *c;

	e->next = all->entries;
	all->entries = e;
	put_mail_account(&text, path, s);
	node = json_tree(&e->arena, buf_slice(&text), err);
	buf_release(&text);
	if (!node || account_load(&e->account, all->config, node, err) < 0)
		return -1;
	c = connector_of(all, &e->account, err);
	if (!c)
		return -1;
	account_complete(&e->account, connector_meta(c));
	e->poll = poll_open(&e->account, c, NULL, UINT_MAX);
	poll_alone(e->poll);
	e->place = place_of(&e->account);
	s->path = NULL;
	fill_source(s, e);
	return 0;
}

void
accounts_close(struct accounts *all)
{
	while (all->entries) {
		struct entry *e = all->entries;

		all->entries = e->next;
		poll_close(e->poll);
		account_release(&e->account);
		arena_release(&e->arena);
		free(e->place);
		free(e);
	}
	for (size_t i = 0; i < all->connectors.n; i++)
		connector_close(all->connectors.items[i].value.ptr);
	map_release(&all->connectors);
	vault_close(all->vault);
	free(all);
}
