/*
 * Where the key of a vault comes from.  What each place holds is one line of text: 64 hexadecimal
 * digits, or, for a vault that was made with one, a passphrase.
 */
#ifndef SME_VAULT_KEY_H
#define SME_VAULT_KEY_H

#include "vault/seal.h"
#include "vault/secret.h"

/* The places, in the order they are looked at.  Zero or NULL: not this one. */
struct key_places {
	const char *file; /* named by the user; when it is given nothing else is looked at */
	int fd;           /* a line is read from this descriptor when `use_fd`; likewise */
	bool use_fd;
	bool ask;           /* a passphrase may be asked for at the terminal, as the last resort */
	const char *beside; /* the key file that lies beside the vault, if it is there */
};

/*
 * Find the text of the key: the file or descriptor that was named;
 * $CREDENTIALS_DIRECTORY/sme-vault.key; the key "sme-vault" of type "user" in the kernel's keyring;
 * the file beside the vault; the terminal. *FROM says where it was found, for messages (static, or
 * one of P's texts).  A key file that others may read is refused.
 */
int key_find(const struct key_places *p, bool passphrase, struct locked *text, const char **from,
    struct sme_err *err);

/* The line in the key file PATH, whose owner and mode are checked. */
int key_read_file(const char *path, struct locked *text, struct sme_err *err);

/* A new random key as text. */
struct locked key_random(void);

/* Put TEXT into the new file PATH, mode 0600, durably.  Fails when there is such a file. */
int key_write_file(const char *path, const struct locked *text, struct sme_err *err);

/*
 * The key that TEXT, found at FROM, is for a vault that begins with H: the digits themselves, or
 * what Argon2id makes of a passphrase (some 0.1 s and 64 MiB).
 */
int key_make(const struct seal_header *h, const struct locked *text, const char *from,
    struct locked *key, struct sme_err *err);

#endif
