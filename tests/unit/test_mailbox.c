#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/file.h"
#include "mail/mailbox.h"

static struct mime *mime;
static char dir[] = "/tmp/test_mailbox.XXXXXX";
static struct arena arena = ARENA_INIT;
static struct buf out = BUF_INIT;
static struct buf cursor = BUF_INIT;

static const char *
path(const char *name)
{
	static char text[400];

	snprintf(text, sizeof text, "%s/%s", dir, name);
	return text;
}

static void
put(const char *name, const char *text)
{
	struct sme_err err;

	assert_int_equal(file_write_atomic(path(name), slice_of(text), 0644, &err), 0);
}

static void
append(const char *name, const char *text)
{
	int fd = open(path(name), O_WRONLY | O_APPEND);

	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

/* The subjects of the page after CURSOR, which becomes the one behind it. */
static const struct json_node *
page(struct mailbox *m, size_t limit, struct buf *subjects)
{
	const struct json_node *from = cursor.n ? json_tree(&arena, buf_slice(&cursor), NULL) : NULL;
	const struct json_node *root;
	struct sme_err err = {.text = ""};

	buf_clear(&out);
	buf_clear(subjects);
	if (mailbox_page(m, mime, from, limit, &out, &err) < 0)
		fail_msg("%s", err.text);
	root = json_tree(&arena, buf_slice(&out), &err);
	if (!root)
		fail_msg("%s: %s", err.text, buf_str(&out));
	for (NODE_EACH(it, node_get(root, "messages")))
		buf_printf(subjects, "%s ", node_text(it, "subject").p);
	buf_clear(&cursor);
	node_put(&cursor, node_get(root, "cursor"));
	return root;
}

/* The subjects of all that is new, each page from a mailbox that was just opened. */
static const char *
poll(const char *name, size_t limit, const char **gap)
{
	static struct buf all = BUF_INIT;
	struct buf one = BUF_INIT;
	const struct json_node *root;
	struct sme_err err;

	buf_clear(&all);
	if (gap)
		*gap = NULL;
	do {
		struct mailbox *m = mailbox_open(path(name), &err);

		if (!m)
			fail_msg("%s", err.text);
		root = page(m, limit, &one);
		if (gap && node_text(root, "gap").p)
			*gap = node_text(root, "gap").p;
		buf_adds(&all, buf_slice(&one));
		mailbox_close(m);
	} while (node_bool(root, "more", false));
	buf_release(&one);
	return buf_str(&all);
}

#define FROM "From kim@example.org Sun Nov 22 09:30:00 2026\n"

static void
reads_an_mbox(void **state)
{
	struct sme_err err;
	struct mailbox *m;
	const struct json_node *root, *mail;
	struct buf subjects = BUF_INIT;

	(void)state;
	buf_clear(&cursor);
	put("a.mbox", "\n" FROM "From: kim@example.org\nSubject: 1\n\nHi\n>From here on\n>>From there\nFrom me to you, no mail\n\n"
	              "From the start at 10:30 no mail either\n\n" FROM "Subject: 2\n\nno end of line");
	m = mailbox_open(path("a.mbox"), &err);
	root = page(m, 100, &subjects);
	mail = node_get(root, "messages")->child;
	assert_string_equal(buf_str(&subjects), "1 2 ");
	assert_string_equal(node_text(root, "kind").p, "mbox");
	assert_false(node_bool(root, "more", true));
	assert_string_equal(node_text(mail, "received_at").p, "2026-11-22T09:30:00Z");
	assert_string_equal(node_text(mail, "text").p,
	    "Hi\nFrom here on\nFrom me to you, no mail\n\nFrom the start at 10:30 no mail either");
	assert_string_equal(node_text(mail, "quoted").p, ">From there");
	assert_string_equal(node_text(mail->next, "text").p, "no end of line");
	mailbox_close(m);
	buf_release(&subjects);
}

static void
goes_on_where_an_mbox_has_grown(void **state)
{
	const char *gap;

	(void)state;
	buf_clear(&cursor);
	put("b.mbox", FROM "Subject: 1\n\nx\n\n" FROM "Subject: 2\n\nx\n\n" FROM "Subject: 3\n\nx\n\n");
	assert_string_equal(poll("b.mbox", 1, NULL), "1 2 3 ");
	assert_string_equal(poll("b.mbox", 1, NULL), "");
	append("b.mbox", FROM "Subject: 4\n\nx\n\n" FROM "Subject: 5\n\nx\n");
	assert_string_equal(poll("b.mbox", 10, &gap), "4 5 ");
	assert_null(gap);
	/* A mail was taken out of it. */
	put("b.mbox", FROM "Subject: 2\n\nx\n\n" FROM "Subject: 6\n\nx\n\n");
	assert_string_equal(poll("b.mbox", 10, &gap), "2 6 ");
	assert_string_equal(gap, "the mbox was rewritten");
	assert_string_equal(poll("b.mbox", 10, &gap), "");
	assert_null(gap);
	put("b.mbox", "");
	assert_string_equal(poll("b.mbox", 10, &gap), "");
	assert_string_equal(gap, "the mbox was rewritten");
	append("b.mbox", FROM "Subject: 7\n\nx\n\n");
	assert_string_equal(poll("b.mbox", 10, &gap), "7 ");
}

/* The first kilobyte is the same, what follows is not. */
static void
notices_a_change_further_behind(void **state)
{
	struct buf b = BUF_INIT;
	const char *gap;
	size_t n;

	(void)state;
	buf_clear(&cursor);
	buf_puts(&b, FROM "Subject: 1\n\n");
	for (int i = 0; i < 200; i++)
		buf_puts(&b, "the same words\n");
	n = b.n;
	buf_puts(&b, "\n" FROM "Subject: 2\n\nx\n\n");
	put("c.mbox", buf_str(&b));
	assert_string_equal(poll("c.mbox", 10, NULL), "1 2 ");
	b.n = n;
	buf_puts(&b, "\n" FROM "Subject: 3, which is longer\n\nx\n\n");
	put("c.mbox", buf_str(&b));
	assert_string_equal(poll("c.mbox", 10, &gap), "1 3, which is longer ");
	assert_string_equal(gap, "the mbox was rewritten");
	buf_release(&b);
}

static void
unpacks_an_mbox(void **state)
{
	gzFile f;

	(void)state;
	buf_clear(&cursor);
	f = gzopen(path("d.mbox.gz"), "w");
	for (int i = 0; i < 3; i++)
		gzprintf(f, FROM "Subject: %d\n\nx\n\n", i);
	gzclose(f);
	assert_int_equal(mailbox_guess(path("d.mbox.gz")), MAILBOX_MBOX);
	assert_string_equal(poll("d.mbox.gz", 2, NULL), "0 1 2 ");
	assert_string_equal(poll("d.mbox.gz", 2, NULL), "");
}

static void
waits_for_a_lock(void **state)
{
	struct sme_err err;
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct mailbox *m;
	int fd;

	(void)state;
	put("e.mbox", FROM "Subject: 1\n\nx\n");
	fd = open(path("e.mbox"), O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &l), 0);
	m = mailbox_open(path("e.mbox"), &err);
	buf_clear(&out);
	assert_int_equal(mailbox_page(m, mime, NULL, 10, &out, &err), -1);
	assert_int_equal(err.status, SME_TEMPFAIL);
	close(fd);
	assert_int_equal(mailbox_page(m, mime, NULL, 10, &out, &err), 0);
	mailbox_close(m);
}

static void
make_maildir(const char *name)
{
	static const char *const subs[] = {"", "/new", "/cur", "/tmp"};
	char text[100];

	for (size_t i = 0; i < 4; i++) {
		snprintf(text, sizeof text, "%s%s", name, subs[i]);
		assert_int_equal(mkdir(path(text), 0700), 0);
	}
}

static void
move(const char *from, const char *to)
{
	char text[400];

	snprintf(text, sizeof text, "%s", path(from));
	assert_int_equal(rename(text, path(to)), 0);
}

static void
reads_a_maildir(void **state)
{
	const struct json_node *root;
	struct buf subjects = BUF_INIT;
	struct sme_err err;
	struct mailbox *m;

	(void)state;
	buf_clear(&cursor);
	make_maildir("md");
	assert_int_equal(mailbox_guess(path("md")), MAILBOX_MAILDIR);
	assert_string_equal(poll("md", 10, NULL), "");
	put("md/tmp/9", "Subject: not delivered\n\nx\n");
	put("md/new/1.a", "Subject: 1\n\nx\n");
	put("md/cur/2.a:2,FS", "Subject: 2\n\nx\n");
	m = mailbox_open(path("md"), &err);
	root = page(m, 1, &subjects);
	assert_string_equal(buf_str(&subjects), "1 ");
	assert_true(node_bool(root, "more", false));
	root = page(m, 1, &subjects);
	assert_string_equal(buf_str(&subjects), "2 ");
	assert_false(node_bool(root, "more", true));
	assert_string_equal(
	    node_get(node_get(root, "messages")->child, "flags")->child->text.p, "seen");
	mailbox_close(m);
	assert_string_equal(poll("md", 10, NULL), "");
	/* Read by a person: the name changes, the mail does not. */
	move("md/new/1.a", "md/cur/1.a:2,S");
	assert_string_equal(poll("md", 10, NULL), "");
	put("md/new/3.a", "Subject: 3\n\nx\n");
	assert_string_equal(poll("md", 10, NULL), "3 ");
	unlink(path("md/new/3.a"));
	assert_string_equal(poll("md", 10, NULL), "");
	buf_release(&subjects);
}

/* A file that is renamed after it was listed must not be lost. */
static void
loses_no_mail_that_moves(void **state)
{
	struct buf subjects = BUF_INIT;
	struct sme_err err;
	struct mailbox *m;

	(void)state;
	buf_clear(&cursor);
	make_maildir("mv");
	put("mv/new/1", "Subject: 1\n\nx\n");
	put("mv/new/2", "Subject: 2\n\nx\n");
	m = mailbox_open(path("mv"), &err);
	page(m, 1, &subjects);
	assert_string_equal(buf_str(&subjects), "1 ");
	move("mv/new/2", "mv/cur/2:2,S");
	page(m, 1, &subjects);
	assert_string_equal(buf_str(&subjects), "");
	mailbox_close(m);
	assert_string_equal(poll("mv", 1, NULL), "2 ");
	buf_release(&subjects);
}

static void
reads_folders_and_single_mails(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("eml"), 0700), 0);
	put("eml/a.eml", "From: a@example.org\nSubject: 1\n\nx\n");
	put("eml/b.txt", "From: a@example.org\nSubject: 2\n\nx\n");
	buf_clear(&cursor);
	assert_string_equal(poll("eml", 10, NULL), "1 ");
	buf_clear(&cursor);
	assert_string_equal(poll("eml/a.eml", 10, NULL), "1 ");
	assert_string_equal(poll("eml/a.eml", 10, NULL), "");
}

/* One bad file does not keep the others from being read, and is named. */
static void
names_what_cannot_be_read(void **state)
{
	const struct json_node *root;
	struct buf subjects = BUF_INIT;
	struct sme_err err;
	struct mailbox *m;

	(void)state;
	assert_int_equal(mkdir(path("bad"), 0700), 0);
	put("bad/a.eml", "\x1f\x8b\x08\x08 damaged");
	put("bad/b.eml", "From: a@example.org\nSubject: 1\n\nx\n");
	buf_clear(&cursor);
	m = mailbox_open(path("bad"), &err);
	root = page(m, 10, &subjects);
	assert_string_equal(buf_str(&subjects), "1 ");
	assert_string_equal(node_get(root, "unreadable")->child->text.p, "a.eml");
	root = page(m, 10, &subjects);
	assert_int_equal(node_get(root, "unreadable")->count, 0);
	mailbox_close(m);
	buf_release(&subjects);
}

static void
takes_nothing_else_for_mail(void **state)
{
	static const char *const texts[] = {"id,text\n1,hello\n", "{\"a\": 1}\n", "<rss></rss>\n",
	    "From: the start\nof a letter\n", "key: value\nother: value\n", "From me to you\n"};
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		put("none", texts[i]);
		assert_int_equal(mailbox_guess(path("none")), MAILBOX_NONE);
		assert_null(mailbox_open(path("none"), &err));
		assert_int_equal(err.status, SME_DATA);
	}
	assert_int_equal(mailbox_guess(path("absent")), MAILBOX_NONE);
	assert_null(mailbox_open(path("absent"), &err));
	assert_int_equal(err.status, SME_NOINPUT);
}

/* Whatever the cursor says: nothing breaks, and at worst all comes again. */
static void
takes_any_cursor(void **state)
{
	static const char *const cursors[] = {"{}", "{\"offset\":-1}", "{\"offset\":1e300}",
	    "{\"offset\":5,\"head\":\"x\"}", "{\"since\":\"x\",\"names\":[1,{}],\"name\":3}", "[]", "null"};
	const char *gap;

	(void)state;
	for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
		buf_clear(&cursor);
		buf_puts(&cursor, cursors[i]);
		assert_string_equal(poll("eml/a.eml", 10, NULL), "1 ");
		buf_clear(&cursor);
		buf_puts(&cursor, cursors[i]);
		assert_string_equal(poll("e.mbox", 10, &gap), "1 ");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_an_mbox),
	    cmocka_unit_test(goes_on_where_an_mbox_has_grown),
	    cmocka_unit_test(notices_a_change_further_behind),
	    cmocka_unit_test(unpacks_an_mbox),
	    cmocka_unit_test(waits_for_a_lock),
	    cmocka_unit_test(reads_a_maildir),
	    cmocka_unit_test(loses_no_mail_that_moves),
	    cmocka_unit_test(reads_folders_and_single_mails),
	    cmocka_unit_test(names_what_cannot_be_read),
	    cmocka_unit_test(takes_nothing_else_for_mail),
	    cmocka_unit_test(takes_any_cursor),
	};
	char command[100];
	int failed;

	if (!mkdtemp(dir))
		return 1;
	mime = mime_open();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	mime_close(mime);
	arena_release(&arena);
	buf_release(&out);
	buf_release(&cursor);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) ? 1 : failed;
}
