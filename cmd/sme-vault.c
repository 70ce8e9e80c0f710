/* sme-vault - seal and unseal the credentials of the networks */
#include <unistd.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "sme-vault/value.h"
#include "stream/json.h"
#include "stream/writer.h"
#include "vault/vault.h"

static struct {
	const char *config, *vault, *key_file, *new_key_file, *key_fd, *tenant, *expires;
	bool passphrase;
	int64_t warn, now;
} opt = {.warn = INT64_MIN, .now = TIME_NONE};

/* clang-format off */
#define PLACES \
	{'c', "config", CLI_STRING, &opt.config, "FILE", "the configuration (sme.jq)"}, \
	{0, "key-fd", CLI_STRING, &opt.key_fd, "N", "read key or passphrase, a line, from descriptor N"}, \
	{0, "key-file", CLI_STRING, &opt.key_file, "FILE", "the file with the key"}, \
	{0, "vault", CLI_STRING, &opt.vault, "FILE", "the vault"}
#define TENANT(help) {0, "tenant", CLI_STRING, &opt.tenant, "NAME", help}
#define NEW_KEY \
	{0, "new-key-file", CLI_STRING, &opt.new_key_file, "FILE", "the file of the new key; made if need be"}, \
	{0, "passphrase", CLI_FLAG, &opt.passphrase, NULL, "a passphrase instead, asked for at the terminal"}
/* clang-format on */

static const struct cli_opt init_options[] = {
    PLACES,
    {0, "passphrase", CLI_FLAG, &opt.passphrase, NULL, "take a passphrase for the key"},
    CLI_END,
};
static const struct cli_opt put_options[] = {
    PLACES,
    {0, "expires", CLI_STRING, &opt.expires, "TIME", "set the field \"expires_at\""},
    TENANT("whose entry; \"default\" if not given"),
    CLI_END,
};
static const struct cli_opt entry_options[] = {
    PLACES,
    TENANT("whose entry; \"default\" if not given"),
    CLI_END,
};
static const struct cli_opt list_options[] = {
    PLACES,
    {0, "now", CLI_TIME, &opt.now, "TIME", "take this for the current time"},
    TENANT("only this tenant's entries"),
    {0, "warn", CLI_DURATION, &opt.warn, "WITHIN", "status 1 if an entry expires within, such as 14d"},
    CLI_END,
};
static const struct cli_opt rotate_options[] = {PLACES, NEW_KEY, CLI_END};
static const struct cli_opt export_options[] = {
    PLACES,
    NEW_KEY,
    TENANT("only this tenant's entries"),
    CLI_END,
};

static struct sme_err err;

/* Where vault and key are: options, then the configuration. */
static const struct vault_options *
places(void)
{
	static struct vault_options o; /* its texts live as long as the process */
	struct config config;
	unsigned long long fd;

	if (config_load(&config, opt.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	o.ask = true;
	o.tool = "sme-vault";
	o.path = opt.vault ? opt.vault : vault_config_path(&config, "path");
	o.key_file = opt.key_file;
	if (!opt.key_file && !opt.key_fd)
		o.key_file = vault_config_path(&config, "key_file");
	config_release(&config);
	if (opt.key_fd) {
		if (!slice_u64(slice_of(opt.key_fd), &fd) || fd > 1023)
			cli_usage("--key-fd: expected the number of a descriptor, got \"%s\"", opt.key_fd);
		o.use_key_fd = true;
		o.key_fd = (int)fd;
	}
	return &o;
}

static struct vault *
open_vault(void)
{
	struct vault *v = vault_open(places(), &err);

	if (!v)
		sme_die(err.status, "%s", err.text);
	return v;
}

/* Between MIN and MAX operands. */
static char **
operands(const struct cli_tool *tool, int argc, char **argv, int min, int max)
{
	char **o = cli_parse(tool, argc, argv);
	int n = 0;

	while (o[n])
		n++;
	if (n < min)
		cli_usage("expected %s", tool->operands);
	if (n > max)
		cli_usage("unexpected argument \"%s\"", o[max]);
	return o;
}

static struct slice
tenant(void)
{
	return slice_of(opt.tenant ? opt.tenant : "default");
}

static int
finish(struct vault *v, int r)
{
	vault_close(v);
	if (r < 0)
		sme_die(err.status, "%s", err.text);
	return SME_OK;
}

/* ---- keys ---- */

/* The text of the key in FILE, which is made when it is not there. */
static int
key_of_file(const char *file, struct locked *text)
{
	if (access(file, F_OK) == 0)
		return key_read_file(file, text, &err);
	*text = key_random();
	return key_write_file(file, text, &err);
}

/* A line of the descriptor that the other key came from, if that was named; else it is asked for, twice,
 * for a typing mistake would lose everything. */
static int
new_passphrase(const struct vault_options *o, struct locked *text)
{
	struct key_places from = {.use_fd = true, .fd = o->key_fd};
	const char *where;

	if (!o->use_key_fd)
		return locked_ask(text, "new passphrase: ", true, &err);
	return key_find(&from, true, text, &where, &err);
}

/* The key of a new vault: TEXT, or nothing for one beside it. */
static int
init_key(const struct vault_options *o, struct locked *text)
{
	struct key_places there = {.use_fd = o->use_key_fd, .fd = o->key_fd};
	const char *from;

	if (opt.passphrase)
		return new_passphrase(o, text);
	if (o->key_file)
		return key_of_file(o->key_file, text);
	if (key_find(&there, false, text, &from, &err) == 0 || !o->use_key_fd)
		return 0;
	return -1;
}

static int
run_init(int argc, char **argv)
{
	static const struct cli_tool tool = {
	    "sme-vault init", "make an empty vault", NULL, init_options, NULL};
	const struct vault_options *o;
	struct locked text = {NULL, 0};
	int r;

	operands(&tool, argc, argv, 0, 0);
	o = places();
	r = init_key(o, &text);
	if (r == 0)
		r = vault_create(o, opt.passphrase ? SEAL_ARGON2ID : SEAL_GIVEN, &text, &err);
	locked_release(&text);
	if (r < 0)
		sme_die(err.status, "%s", err.text);
	return SME_OK;
}

/* ---- entries ---- */

static int
run_put(int argc, char **argv)
{
	static const struct cli_tool tool = {"sme-vault put",
	    "store a secret that stands on standard input", "name [field]", put_options, NULL};
	char **o = operands(&tool, argc, argv, 1, 2);
	struct vault *v = open_vault();
	struct value value;
	int r = value_read(&value, o[1], &err);

	if (r == 0 && opt.expires) {
		value.fields = xreallocarray(value.fields, value.n + 1, sizeof *value.fields);
		value.fields[value.n++] =
		    (struct vault_field){SLICE("expires_at"), slice_of(opt.expires)};
	}
	if (r == 0)
		r = vault_update(v, tenant(), slice_of(o[0]), value.fields, value.n, &err);
	value_release(&value);
	return finish(v, r);
}

static int
run_get(int argc, char **argv)
{
	static const struct cli_tool tool = {
	    "sme-vault get", "write an entry, or a field of it", "name [field]", entry_options, NULL};
	char **o = operands(&tool, argc, argv, 1, 2);
	struct vault *v = open_vault();
	struct secret s;
	int r = vault_get(v, tenant(), slice_of(o[0]), &s, &err);

	if (r == 0 && isatty(STDOUT_FILENO))
		sme_warn("the secret is on the screen now, and in what the terminal remembers");
	if (r == 0)
		r = value_write(&s, o[1], &err);
	secret_release(&s);
	return finish(v, r);
}

static int
run_rm(int argc, char **argv)
{
	static const struct cli_tool tool = {
	    "sme-vault rm", "remove an entry, or a field of it", "name [field]", entry_options, NULL};
	char **o = operands(&tool, argc, argv, 1, 2);
	struct vault *v = open_vault();

	return finish(v, vault_remove(v, tenant(), slice_of(o[0]), slice_of(o[1]), &err));
}

/* ---- list ---- */

struct listing {
	struct writer out;
	int64_t now;
	size_t expiring;
};

static void
put_time(struct buf *b, const char *key, int64_t ms)
{
	buf_printf(b, ",\"%s\":", key);
	if (ms == TIME_NONE) {
		buf_puts(b, "null");
		return;
	}
	buf_addc(b, '"');
	rfc3339_put(b, ms);
	buf_addc(b, '"');
}

/* What the tools renew by themselves is worth no warning. */
static bool
is_renewed(const struct secret *s)
{
	return secret_field(s, "refresh_token").p || secret_field(s, "password").p ||
	       secret_field(s, "app_password").p;
}

static void
warn_of(struct listing *l, struct slice of, struct slice name, const struct secret *s)
{
	int64_t ends = secret_ends(s, is_renewed(s));
	char at[RFC3339_SIZE];

	if (opt.warn == INT64_MIN || ends == TIME_NONE || ends - l->now >= opt.warn)
		return;
	l->expiring++;
	sme_warn("%.*s of tenant %.*s %s %s", SLICE_ARG(name), SLICE_ARG(of),
	    ends < l->now ? "has expired at" : "expires at", rfc3339_format(ends, at));
}

static void
list_entry(void *ctx, struct slice of, struct slice name, const struct secret *s)
{
	struct listing *l = ctx;
	struct buf b = BUF_INIT;

	buf_puts(&b, "{\"tenant\":");
	json_put_string(&b, of);
	buf_puts(&b, ",\"name\":");
	json_put_string(&b, name);
	buf_puts(&b, ",\"fields\":[");
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			buf_addc(&b, ',');
		json_put_string(&b, s->fields[i].name);
	}
	buf_addc(&b, ']');
	put_time(&b, "updated_at", s->updated_at);
	put_time(&b, "expires_at", s->expires_at);
	buf_puts(&b, "}\n");
	writer_put(&l->out, buf_slice(&b));
	buf_release(&b);
	warn_of(l, of, name, s);
}

static int
run_list(int argc, char **argv)
{
	static const struct cli_tool tool = {"sme-vault list",
	    "write what there is, without the secrets", NULL, list_options, NULL};
	struct listing l = {.now = 0};
	struct vault *v;
	int r;

	operands(&tool, argc, argv, 0, 0);
	l.now = opt.now == TIME_NONE ? time_now_ms() : opt.now;
	v = open_vault();
	writer_init(&l.out, STDOUT_FILENO, "stdout");
	r = vault_list(v, slice_of(opt.tenant), list_entry, &l, &err);
	writer_release(&l.out);
	finish(v, r);
	return l.expiring ? SME_REJECTED : SME_OK;
}

/* ---- other keys ---- */

/* What --new-key-file or --passphrase say. */
static int
chosen_key(struct locked *text)
{
	*text = (struct locked){NULL, 0};
	if (opt.passphrase && opt.new_key_file)
		cli_usage("either --new-key-file or --passphrase");
	return opt.passphrase ? new_passphrase(places(), text) : key_of_file(opt.new_key_file, text);
}

static int
rotate_to(struct vault *v)
{
	struct locked text;
	int r = chosen_key(&text);

	if (r == 0)
		r = vault_rotate(v, opt.passphrase ? SEAL_ARGON2ID : SEAL_GIVEN, &text, &err);
	locked_release(&text);
	return r;
}

static int
run_rotate(int argc, char **argv)
{
	static const struct cli_tool tool = {
	    "sme-vault rotate", "seal the vault with another key", NULL, rotate_options, NULL};
	struct vault *v;
	int r;

	operands(&tool, argc, argv, 0, 0);
	v = open_vault();
	r = opt.passphrase || opt.new_key_file ? rotate_to(v) : vault_rotate_file(v, &err);
	if (r == 0 && vault_key_file(v) && (opt.passphrase || opt.new_key_file))
		sme_warn("%s does not open the vault any more, only its older copies: move it away",
		    vault_key_file(v));
	return finish(v, r);
}

static int
run_export(int argc, char **argv)
{
	static const struct cli_tool tool = {"sme-vault export",
	    "write a copy under another key, to back it up or move it", "file", export_options, NULL};
	char **o = operands(&tool, argc, argv, 1, 1);
	struct vault *v;
	struct locked text;
	int r;

	if (!opt.passphrase && !opt.new_key_file)
		cli_usage("say under which key: --new-key-file FILE or --passphrase");
	v = open_vault();
	r = chosen_key(&text);
	if (r == 0)
		r = vault_export(v, o[0], slice_of(opt.tenant),
		    opt.passphrase ? SEAL_ARGON2ID : SEAL_GIVEN, &text, &err);
	locked_release(&text);
	return finish(v, r);
}

static const struct cli_command commands[] = {
    {"init", "make an empty vault", run_init},
    {"put", "store a secret that stands on standard input", run_put},
    {"get", "write an entry, or a field of it", run_get},
    {"list", "write what there is, without the secrets", run_list},
    {"rotate", "seal the vault with another key", run_rotate},
    {"rm", "remove an entry, or a field of it", run_rm},
    {"export", "write a copy under another key, to back it up or move it", run_export},
    {NULL, NULL, NULL},
};

int
main(int argc, char **argv)
{
	if (secret_protect(&err) < 0)
		sme_die(err.status, "%s", err.text);
	return cli_dispatch(
	    "sme-vault", "seal and unseal the credentials of the networks", commands, argc, argv);
}
