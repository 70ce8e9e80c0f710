/* The hash chain of the events: BLAKE2b with 32 bytes, in hexadecimal. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "cases/cases_int.h"

static void
put_hex(char out[CASE_HASH_SIZE], const unsigned char hash[32])
{
	sodium_bin2hex(out, CASE_HASH_SIZE, hash, 32);
}

/* Each part with its length before it, so that nothing can move from one to the next. */
static void
add_part(crypto_generichash_state *s, struct slice part)
{
	char head[24];
	int n = snprintf(head, sizeof head, "%zu:", part.n);

	crypto_generichash_update(s, (const unsigned char *)head, (size_t)n);
	if (part.n)
		crypto_generichash_update(s, (const unsigned char *)part.p, part.n);
}

void
chain_content(const struct case_event *e, char out[CASE_HASH_SIZE])
{
	crypto_generichash_state s;
	unsigned char hash[32];
	char at[24];

	snprintf(at, sizeof at, "%" PRId64, e->at);
	crypto_generichash_init(&s, NULL, 0, sizeof hash);
	/* The salt keeps a short text from being guessed by its hash once it is erased. */
	add_part(&s, e->salt);
	add_part(&s, e->tenant);
	add_part(&s, e->key);
	add_part(&s, e->author);
	add_part(&s, slice_of(at));
	add_part(&s, e->actor);
	add_part(&s, e->action);
	add_part(&s, e->data);
	crypto_generichash_final(&s, hash, sizeof hash);
	put_hex(out, hash);
}

void
chain_hash(const char *prev, int64_t seq, const char *content, char out[CASE_HASH_SIZE])
{
	crypto_generichash_state s;
	unsigned char hash[32];
	char number[24];

	snprintf(number, sizeof number, "%" PRId64, seq);
	crypto_generichash_init(&s, NULL, 0, sizeof hash);
	add_part(&s, slice_of(prev));
	add_part(&s, slice_of(number));
	add_part(&s, slice_of(content));
	crypto_generichash_final(&s, hash, sizeof hash);
	put_hex(out, hash);
}

void
chain_salt(char out[33])
{
	unsigned char salt[16];

	randombytes_buf(salt, sizeof salt);
	sodium_bin2hex(out, 33, salt, sizeof salt);
}

/* ---- checking ---- */

static int
check_row(const struct case_event *e, bool erased, const char *prev, struct sme_err *err)
{
	char content[CASE_HASH_SIZE], hash[CASE_HASH_SIZE];

	if (!erased) {
		chain_content(e, content);
		if (strcmp(content, e->content) != 0)
			return err_set(err, SME_DATA, "event %" PRId64 " was altered", e->seq);
	}
	chain_hash(prev, e->seq, e->content, hash);
	if (strcmp(hash, e->hash) != 0)
		return err_set(err, SME_DATA, "event %" PRId64 " does not follow the one before: events were "
		    "altered, taken out or put in", e->seq);
	return 0;
}

static void
copy_hash(char out[CASE_HASH_SIZE], struct slice s)
{
	snprintf(out, CASE_HASH_SIZE, "%.*s", SLICE_ARG(s));
}

/* SQLite knows the highest number that it ever gave. */
static int
check_end(struct cases *c, int64_t last, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT seq FROM sqlite_sequence WHERE name = 'case_event'", err, "");
	int r = st ? db_step(c->db, st, err) : -1;
	int64_t given = r > 0 ? db_int(st, 0) : 0;

	if (r > 0)
		db_done(st);
	if (r >= 0 && given != last)
		return err_set(err, SME_DATA, "events %" PRId64 " to %" PRId64 " are missing", last + 1, given);
	return r < 0 ? -1 : 0;
}

int
cases_verify(struct cases *c, int64_t *events, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db,
	    "SELECT seq, tenant, key, author, at, actor, action, data, salt, content, hash "
	    "FROM case_event ORDER BY seq", err, "");
	char prev[CASE_HASH_SIZE] = "";
	int64_t last = 0;
	int r;

	*events = 0;
	if (!st)
		return -1;
	while ((r = db_step(c->db, st, err)) > 0) {
		struct case_event e = {.seq = db_int(st, 0),
		    .tenant = db_text(st, 1),
		    .key = db_text(st, 2),
		    .author = db_text(st, 3),
		    .at = db_int(st, 4),
		    .actor = db_text(st, 5),
		    .action = db_text(st, 6),
		    .data = db_text(st, 7),
		    .salt = db_text(st, 8)};

		copy_hash(e.content, db_text(st, 9));
		copy_hash(e.hash, db_text(st, 10));
		if (e.seq != last + 1)
			r = err_set(err, SME_DATA, "events %" PRId64 " to %" PRId64 " are missing", last + 1,
			    e.seq - 1);
		else
			r = check_row(&e, !e.salt.p, prev, err);
		if (r < 0) {
			db_done(st);
			return -1;
		}
		memcpy(prev, e.hash, sizeof prev);
		last = e.seq;
		++*events;
	}
	return r < 0 || check_end(c, last, err) < 0 ? -1 : db_check(c->db, err);
}
