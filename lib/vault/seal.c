#include "vault/seal.h"

#include <sodium.h>
#include <string.h>

#define MAGIC "SMEVAULT"
#define VERSION 1

/* RFC 9106, section 4, the second recommended choice: 3 passes over 64 MiB. */
#define PASSES 3
#define MEMORY_KIB (64u << 10)

/* What is refused: it would take minutes or the whole machine, and nobody made such a vault. */
#define PASSES_MAX 32
#define MEMORY_KIB_MAX (1u << 20)

#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(SEAL_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "size of the key");
_Static_assert(SEAL_SALT == crypto_pwhash_argon2id_SALTBYTES, "size of the salt");

static uint64_t
get_le(const char *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static void
put_le(unsigned char *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (unsigned char)v;
}

struct seal_header
seal_header_new(enum seal_kdf kdf)
{
	struct seal_header h = {.kdf = kdf};

	if (sodium_init() < 0)
		sme_die(SME_OSERR, "no source of random numbers");
	if (kdf == SEAL_ARGON2ID) {
		h.passes = PASSES;
		h.memory = MEMORY_KIB;
	}
	randombytes_buf(h.salt, sizeof h.salt);
	return h;
}

int
seal_header_read(struct slice file, const char *path, struct seal_header *h, struct sme_err *err)
{
	uint64_t version, kdf;

	if (!slice_starts(file, SLICE(MAGIC)))
		return err_set(err, SME_DATA, "%s: not a vault (make one with: sme-vault init)", path);
	if (file.n < SEAL_HEADER)
		return err_set(err, SME_DATA, "%s: cut off in its header; bring it back from a backup", path);
	version = get_le(file.p + 8, 4);
	if (version != VERSION)
		return err_set(err, SME_DATA, "%s: version %u is not known to this program", path,
		    (unsigned)version);
	kdf = get_le(file.p + 12, 4);
	*h = (struct seal_header){
	    .kdf = (enum seal_kdf)kdf,
	    .passes = (uint32_t)get_le(file.p + 16, 4),
	    .memory = (uint32_t)get_le(file.p + 20, 4),
	    .length = get_le(file.p + 80, 8),
	};
	memcpy(h->salt, file.p + 24, sizeof h->salt);
	memcpy(h->check, file.p + 40, sizeof h->check);
	memcpy(h->nonce, file.p + 56, sizeof h->nonce);
	if (kdf > SEAL_ARGON2ID ||
	    (kdf == SEAL_ARGON2ID && (!h->passes || h->passes > PASSES_MAX || h->memory < 8 ||
	                                 h->memory > MEMORY_KIB_MAX)))
		return err_set(err, SME_DATA, "%s: the header was altered; bring it back from a backup",
		    path);
	if (h->length < TAG || h->length > SEAL_MAX || file.n - SEAL_HEADER != h->length)
		return err_set(err, SME_DATA,
		    "%s: %zu bytes where its header says %llu; bring it back from a backup", path,
		    file.n, (unsigned long long)h->length + SEAL_HEADER);
	return 0;
}

/* A keyed hash of a constant and the salt: says nothing of the key that a trial of the seal would
 * not. */
static void
make_check(const struct seal_header *h, const struct locked *key, unsigned char out[16])
{
	static const char what[] = "sme-vault key check";
	crypto_generichash_state st;

	crypto_generichash_init(&st, (const unsigned char *)key->p, SEAL_KEY, 16);
	crypto_generichash_update(&st, (const unsigned char *)what, sizeof what);
	crypto_generichash_update(&st, h->salt, sizeof h->salt);
	crypto_generichash_final(&st, out, 16);
	sodium_memzero(&st, sizeof st);
}

bool
seal_is_key(const struct seal_header *h, const struct locked *key)
{
	unsigned char check[16];

	make_check(h, key, check);
	return sodium_memcmp(check, h->check, sizeof check) == 0;
}

int
seal_open(struct slice file, const struct locked *key, const char *path, struct locked *content,
    struct sme_err *err)
{
	struct seal_header h;

	*content = (struct locked){NULL, 0};
	if (seal_header_read(file, path, &h, err) < 0)
		return -1;
	if (!seal_is_key(&h, key))
		return err_set(err, SME_NOPERM, "%s: this key does not open it", path);
	*content = locked_new((size_t)h.length - TAG);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)content->p, NULL, NULL,
		(const unsigned char *)file.p + SEAL_HEADER, h.length, (const unsigned char *)file.p,
		SEAL_HEADER, h.nonce, (const unsigned char *)key->p) == 0)
		return 0;
	locked_release(content);
	return err_set(err, SME_DATA,
	    "%s: the file was altered or damaged; bring it back from a backup", path);
}

void
seal_close(const struct seal_header *h, const struct locked *key, struct slice content,
    struct buf *out)
{
	unsigned char head[SEAL_HEADER] = MAGIC, check[16];
	size_t length = content.n + TAG, start;

	make_check(h, key, check);
	put_le(head + 8, VERSION, 4);
	put_le(head + 12, h->kdf, 4);
	put_le(head + 16, h->passes, 4);
	put_le(head + 20, h->memory, 4);
	memcpy(head + 24, h->salt, sizeof h->salt);
	memcpy(head + 40, check, sizeof check);
	randombytes_buf(head + 56, 24);
	put_le(head + 80, length, 8);
	buf_add(out, (const char *)head, sizeof head);
	start = out->n;
	if (!buf_reserve(out, length))
		return;
	crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)out->p + start, NULL,
	    (const unsigned char *)content.p, content.n, head, sizeof head, NULL, head + 56,
	    (const unsigned char *)key->p);
	out->n += length;
	out->p[out->n] = '\0';
}
