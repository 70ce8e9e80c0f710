/* Secrets in and out of sme-vault: from standard input or the terminal, to standard output. */
#ifndef SME_CMD_VAULT_VALUE_H
#define SME_CMD_VAULT_VALUE_H

#include "vault/secret.h"

struct value {
	struct vault_field *fields;
	size_t n;
	struct locked text, decoded; /* private */
};

/*
 * What is to be put: the value of FIELD, or, when FIELD is NULL, an object of texts such as
 * {"access_token":"..."}; what is no object is the value of the field "secret".  From standard
 * input to its end, without a newline at the end; when that is a terminal it is asked for without
 * echo.
 */
int value_read(struct value *v, const char *field, struct sme_err *err);
void value_release(struct value *v);

/* Write FIELD of S and a newline, or with NULL all of S as an object, to standard output. */
int value_write(const struct secret *s, const char *field, struct sme_err *err);

#endif
