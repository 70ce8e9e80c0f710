/* Members of the JSON objects that mails become. */
#ifndef SME_MAIL_PUT_H
#define SME_MAIL_PUT_H

#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

/* Add `,"KEY":`, without the comma at the start of an object. */
void put_key(struct buf *out, const char *key);

/* KEY and S as a string; with put_or_null null when S is empty, with put_known nothing at all. */
void put_string(struct buf *out, const char *key, struct slice s);
void put_or_null(struct buf *out, const char *key, struct slice s);
void put_known(struct buf *out, const char *key, struct slice s);

/* KEY and a time, null for TIME_NONE. */
void put_moment(struct buf *out, const char *key, int64_t ms);

void put_number(struct buf *out, const char *key, uint64_t n);

#endif
