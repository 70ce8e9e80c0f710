/*
 * What sme-hook reads from outside and from disk.  The first byte says what the rest is: a signature
 * header, a segment of the spool, one whose records get right checksums (so that what is in them is
 * reached), a delivery, a body of the in-app channel, or a token.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook/chat_body.h"
#include "hook/delivery.h"
#include "hook/identity.h"
#include "hook/spool_int.h"
#include "hook/thread.h"
#include "hook/verify.h"
#include "stream/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
signatures(struct slice in)
{
	static const char *const names[] = {"meta", "x", "telegram", "discourse", "hmac"};
	struct slice value = {NULL, 0};
	struct buf answer = BUF_INIT;

	slice_cut(&in, '\n', &value);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct verify_scheme *s = verify_scheme(slice_of(names[i]));

		/* Nobody guesses the key, but the secret of Telegram stands there as it is. */
		if (verify_signature(s, value, SLICE("a long key that is not guessed"), in))
			abort();
		if (verify_signature(s, value, (struct slice){NULL, 0}, in))
			abort();
	}
	if (verify_hub(SLICE("subscribe"), value, in, SLICE("a long token that is not guessed")))
		abort();
	/* What is signed for a stranger is never a JSON document that tells anything. */
	if (verify_crc(value, SLICE("key"), &answer) && memchr(value.p, '{', value.n))
		abort();
	buf_release(&answer);
}

/* Give the records that stand one after another in P right marks and checksums. */
static void
repair(char *p, size_t n)
{
	uint64_t seed = spool_u64((unsigned char *)p + 8);
	size_t at = SPOOL_HEAD;

	memcpy(p, SPOOL_MAGIC, 8);
	while (n - at >= SPOOL_RECORD) {
		unsigned char *head = (unsigned char *)p + at;
		size_t room = n - at - SPOOL_RECORD, length = spool_u32(head + 4) % 64;

		length = length < room ? length : room;
		spool_put(head, SPOOL_MARK, 4);
		spool_put(head + 4, length, 4);
		spool_put(head + 8, spool_sum(seed, (struct slice){p + at + SPOOL_RECORD, length}), 8);
		at += SPOOL_RECORD + length;
	}
}

static char dir[40];

static void
remove_dir(void)
{
	rmdir(dir);
}

static void
segment_file(char path[64])
{
	if (!*dir) {
		strcpy(dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz_hook.XXXXXX"
							  : "/tmp/fuzz_hook.XXXXXX");
		if (!mkdtemp(dir))
			abort();
		atexit(remove_dir);
	}
	snprintf(path, 64, "%s/0000000000000001.seg", dir);
}

static void
clean(void)
{
	char path[80];

	snprintf(path, sizeof path, "%s/0000000000000001.seg", dir);
	unlink(path);
	strcat(path, ".damaged");
	unlink(path);
}

static void
segment(struct slice in, bool repaired)
{
	struct spool_pos pos = {0}, start, last = {0};
	struct buf record = BUF_INIT;
	char path[64], *copy = malloc(in.n + 1);
	struct spool_reader *r;
	struct threads *t;
	struct sme_err err;
	int fd;

	segment_file(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (in.n)
		memcpy(copy, in.p, in.n);
	if (repaired && in.n >= SPOOL_HEAD)
		repair(copy, in.n);
	if (fd < 0 || write(fd, copy, in.n) != (ssize_t)in.n)
		abort();
	close(fd);
	free(copy);
	t = threads_open(dir, pos, NULL, &err);
	if (!t)
		abort();
	r = spool_reader_open(threads_spool(t));
	while (spool_read(r, &pos, &record, &start, &err) == 1) {
		if (start.segment != 1 || start.offset < last.offset || pos.offset > in.n)
			abort();
		last = pos;
	}
	if (repaired && spool_damaged(threads_spool(t)))
		abort();
	spool_reader_close(r);
	threads_close(t);
	buf_release(&record);
	clean();
}

static void
deliveries(struct slice in)
{
	struct buf again = BUF_INIT;
	struct slice name, value;
	struct delivery d;

	if (delivery_read(in, &d)) {
		delivery_put(&again, &d);
		if (!slice_eq(buf_slice(&again), in))
			abort();
		while (delivery_next(&d.headers, &name, &value))
			delivery_keeps(name);
	}
	buf_release(&again);
}

static void
bodies(struct slice in)
{
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct chat_body body;
	struct sme_err err;

	if (chat_body_message(in, 100, &a, &body, &err) == 0) {
		buf_puts(&out, "{\"a\":1");
		chat_body_media(&out, &body);
		buf_puts(&out, "}");
		if (memchr(out.p, '\n', out.n) || !json_tree(&a, buf_slice(&out), &err))
			abort();
	}
	chat_body_reply(in, &a, &body, &err);
	arena_release(&a);
	buf_release(&out);
}

static void
tokens(struct slice in)
{
	struct arena a = ARENA_INIT;
	struct identity id, again;
	struct buf token = BUF_INIT;

	if (identity_check(in, SLICE("a long key that is not guessed"), 0, &a, &id) != IDENTITY_BAD)
		abort();
	/* Anything may be a user's id: what we sign is read again, or never taken for another's. */
	id = (struct identity){in, {NULL, 0}, 1000};
	identity_put(&token, &id, SLICE("key"));
	if (identity_check(buf_slice(&token), SLICE("key"), 0, &a, &again) == IDENTITY_FINE &&
	    again.expires != 1000)
		abort();
	arena_release(&a);
	buf_release(&token);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data + 1, size - 1};

	if (!size)
		return 0;
	switch (data[0] % 6) {
	case 0:
		signatures(in);
		break;
	case 1:
		segment(in, false);
		break;
	case 2:
		segment(in, true);
		break;
	case 3:
		deliveries(in);
		break;
	case 4:
		bodies(in);
		break;
	default:
		tokens(in);
	}
	return 0;
}
