/*
 * The sealed file.  Numbers are little-endian:
 *
 *	 0  "SMEVAULT"
 *	 8  version, 1 (4 bytes)
 *	12  kdf: 0 the key is given, 1 Argon2id of a passphrase (4)
 *	16  Argon2id: passes (4), memory in KiB (4), salt (16)
 *	40  check: tells a wrong key from a damaged file (16)
 *	56  nonce (24)
 *	80  length of what follows (8)
 *	88  XChaCha20-Poly1305 (IETF AEAD) of the content; all 88 bytes above are authenticated
 *
 * Nothing here touches files.
 */
#ifndef SME_VAULT_SEAL_H
#define SME_VAULT_SEAL_H

#include <stdint.h>

#include "core/buf.h"
#include "vault/secret.h"

#define SEAL_HEADER 88
#define SEAL_KEY 32
#define SEAL_SALT 16

/* The largest vault, in bytes. */
#define SEAL_MAX ((size_t)16 << 20)

enum seal_kdf { SEAL_GIVEN = 0, SEAL_ARGON2ID = 1 };

struct seal_header {
	enum seal_kdf kdf;
	uint32_t passes, memory; /* of Argon2id; memory in KiB */
	unsigned char salt[SEAL_SALT];
	unsigned char check[16];
	unsigned char nonce[24];
	uint64_t length;
};

/* A header for a new vault: fresh salt, and for a passphrase the costs of today. */
struct seal_header seal_header_new(enum seal_kdf kdf);

/* Read and check the header of FILE: that it is a vault, of a version and costs that we know, and
 * that it is all there.  PATH is for messages. */
int seal_header_read(
    struct slice file, const char *path, struct seal_header *h, struct sme_err *err);

/* Does KEY belong to the vault that begins with H? */
bool seal_is_key(const struct seal_header *h, const struct locked *key);

/* The content of FILE.  The error says whether the key is wrong or the file was altered. */
int seal_open(struct slice file, const struct locked *key, const char *path, struct locked *content,
    struct sme_err *err);

/* Append to OUT the file that holds CONTENT under KEY, with kdf, costs and salt of H and a fresh
 * nonce. */
void seal_close(
    const struct seal_header *h, const struct locked *key, struct slice content, struct buf *out);

#endif
