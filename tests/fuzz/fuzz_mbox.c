/* An mbox, whatever its bytes: pages end, each is JSON, and one by one give as many mails as at once. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/file.h"
#include "mail/mailbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mime *mime;

/* How many mails there are in pages of LIMIT; -1: it cannot be read. */
static int
count(const char *path, size_t limit)
{
	struct arena a = ARENA_INIT;
	struct buf body = BUF_INIT;
	const struct json_node *cursor = NULL, *root;
	struct sme_err err = {.text = ""};
	struct mailbox *m = mailbox_open(path, &err);
	bool more = m != NULL;
	int n = 0;

	while (more && n >= 0) {
		buf_clear(&body);
		if (mailbox_page(m, mime, cursor, limit, &body, &err) < 0) {
			n = -1;
			break;
		}
		root = json_tree(&a, buf_slice(&body), NULL);
		if (!root || node_text(root, "gap").p)
			abort();
		n += (int)node_get(root, "messages")->count;
		cursor = node_get(root, "cursor");
		more = node_bool(root, "more", false);
	}
	if ((!m || n < 0) && !err.text[0])
		abort();
	mailbox_close(m);
	arena_release(&a);
	buf_release(&body);
	return m ? n : -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("mbox", MFD_CLOEXEC);
	char path[40];

	if (!mime)
		mime = mime_open();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (fd < 0 || file_write_all(fd, data, size) < 0)
		abort();
	if (count(path, 1) != count(path, 100))
		abort();
	close(fd);
	return 0;
}
