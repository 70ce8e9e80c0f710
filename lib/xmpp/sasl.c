#include "xmpp/sasl.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* RFC 7677 asks for 4096 at least; some seconds at most. */
#define ITERATIONS_MIN 4096
#define ITERATIONS_MAX 2000000

#define HASH 32

static void
hmac(unsigned char out[HASH], const void *key, size_t nkey, struct slice a, struct slice b)
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, key, nkey);
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)a.p, a.n);
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)b.p, b.n);
	crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

/* Hi() of RFC 5802: PBKDF2 with one block. */
static void
stretch(unsigned char out[HASH], struct slice password, struct slice salt, unsigned long long n)
{
	unsigned char u[HASH];

	hmac(u, password.p, password.n, salt, (struct slice){"\0\0\0\1", 4});
	memcpy(out, u, HASH);
	while (--n) {
		hmac(u, password.p, password.n, (struct slice){(char *)u, HASH}, SLICE(""));
		for (int i = 0; i < HASH; i++)
			out[i] ^= u[i];
	}
	sodium_memzero(u, sizeof u);
}

void
scram_begin(struct scram *s, struct slice user, struct slice password, const char *nonce,
    struct buf *out)
{
	unsigned char random[16];

	*s = (struct scram){.user = user, .password = password, .first = BUF_INIT};
	if (sodium_init() < 0)
		sme_die(SME_OSERR, "no source of random numbers");
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(s->nonce, sizeof s->nonce, random, sizeof random);
	if (nonce)
		snprintf(s->nonce, sizeof s->nonce, "%s", nonce);
	buf_puts(&s->first, "n=");
	for (size_t i = 0; i < user.n; i++) {
		if (user.p[i] == '=')
			buf_puts(&s->first, "=3D");
		else if (user.p[i] == ',')
			buf_puts(&s->first, "=2C");
		else
			buf_addc(&s->first, user.p[i]);
	}
	buf_printf(&s->first, ",r=%s", s->nonce);
	buf_puts(out, "n,,");
	buf_adds(out, buf_slice(&s->first));
}

/* What stands behind "NAME=" in MESSAGE, or p == NULL. */
static struct slice
attribute(struct slice message, char name)
{
	struct slice one;

	while (slice_cut(&message, ',', &one))
		if (one.n >= 2 && one.p[0] == name && one.p[1] == '=')
			return (struct slice){one.p + 2, one.n - 2};
	return (struct slice){NULL, 0};
}

/* The proof, and the signature to expect, for the messages in AUTH. */
static void
prove(struct scram *s, struct slice salt, unsigned long long iterations, struct slice auth,
    unsigned char proof[HASH])
{
	unsigned char salted[HASH], client[HASH], stored[HASH], server[HASH];

	stretch(salted, s->password, salt, iterations);
	hmac(client, salted, HASH, SLICE("Client Key"), SLICE(""));
	crypto_hash_sha256(stored, client, HASH);
	hmac(proof, stored, HASH, auth, SLICE(""));
	for (int i = 0; i < HASH; i++)
		proof[i] ^= client[i];
	hmac(server, salted, HASH, SLICE("Server Key"), SLICE(""));
	hmac(s->signature, server, HASH, auth, SLICE(""));
	sodium_memzero(salted, HASH);
	sodium_memzero(client, HASH);
	sodium_memzero(stored, HASH);
	sodium_memzero(server, HASH);
}

int
scram_answer(struct scram *s, struct slice challenge, struct buf *out, struct sme_err *err)
{
	struct slice nonce = attribute(challenge, 'r'), count = attribute(challenge, 'i');
	struct buf salt = BUF_INIT, auth = BUF_INIT;
	unsigned char proof[HASH];
	unsigned long long n = 0;
	bool fine = slice_starts(nonce, slice_of(s->nonce)) && nonce.n > strlen(s->nonce) &&
	    slice_u64(count, &n) && base64_get(&salt, attribute(challenge, 's')) && salt.n;

	if (fine && n >= ITERATIONS_MIN && n <= ITERATIONS_MAX) {
		buf_printf(out, "c=biws,r=%.*s", SLICE_ARG(nonce));
		buf_printf(&auth, "%s,%.*s,%s", buf_str(&s->first), SLICE_ARG(challenge), buf_str(out));
		prove(s, buf_slice(&salt), n, buf_slice(&auth), proof);
		buf_puts(out, ",p=");
		base64_put(out, (struct slice){(char *)proof, HASH});
	}
	buf_release(&salt);
	buf_release(&auth);
	if (!fine)
		return err_set(err, SME_DATA, "the server's SCRAM challenge is not in order");
	if (!out->n)
		return err_set(err, SME_CONFIG, "the server wants %llu rounds of SCRAM; %d to %d are accepted", n,
		    ITERATIONS_MIN, ITERATIONS_MAX);
	return 0;
}

bool
scram_is_server(const struct scram *s, struct slice final)
{
	struct buf shown = BUF_INIT;
	bool is = base64_get(&shown, attribute(final, 'v')) && shown.n == HASH &&
	    sodium_memcmp(shown.p, s->signature, HASH) == 0;

	buf_release(&shown);
	return is;
}

void
scram_release(struct scram *s)
{
	buf_release(&s->first);
	sodium_memzero(s, sizeof *s);
}

void
sasl_plain(struct slice user, struct slice password, struct buf *out)
{
	buf_addc(out, '\0');
	buf_adds(out, user);
	buf_addc(out, '\0');
	buf_adds(out, password);
}

void
base64_put(struct buf *out, struct slice s)
{
	size_t n = sodium_base64_encoded_len(s.n, sodium_base64_VARIANT_ORIGINAL);

	if (!buf_reserve(out, n))
		return;
	sodium_bin2base64(out->p + out->n, n, (const unsigned char *)s.p, s.n,
	    sodium_base64_VARIANT_ORIGINAL);
	out->n += n - 1;
}

bool
base64_get(struct buf *out, struct slice s)
{
	size_t n = 0;

	if (!s.p || !buf_reserve(out, s.n + 1) ||
	    sodium_base642bin((unsigned char *)out->p + out->n, s.n + 1, s.p, s.n, NULL, &n, NULL,
		sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	out->n += n;
	out->p[out->n] = '\0';
	return true;
}
