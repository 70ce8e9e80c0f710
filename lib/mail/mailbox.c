#include "mail/mailbox.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/mem.h"
#include "mail/mailbox_int.h"
#include "mail/put.h"

struct mailbox {
	enum mailbox_kind kind;
	struct mbox *mbox;
	struct maildir *maildir;
};

/* ---- what is it? ---- */

static bool
has_folder(const char *path, const char *name)
{
	struct buf b = BUF_INIT;
	struct stat sb;
	bool yes;

	buf_printf(&b, "%s/%s", path, name);
	yes = stat(buf_str(&b), &sb) == 0 && S_ISDIR(sb.st_mode);
	buf_release(&b);
	return yes;
}

static bool
has_mails(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool any = false;

	while (d && !any && (e = readdir(d)))
		any = *e->d_name != '.' && slice_ends(slice_of(e->d_name), SLICE(".eml"));
	if (d)
		closedir(d);
	return any;
}

/* "Received: from ...": the first line of a mail that stands alone. */
static bool
is_header(struct slice line)
{
	static const char *const names[] = {"Return-Path", "Received", "Delivered-To", "From", "To",
	    "Subject", "Date", "Message-ID", "MIME-Version", "X-Original-To", "Envelope-To", "Reply-To",
	    "DKIM-Signature", "ARC-Seal", "Content-Type"};
	ptrdiff_t colon = slice_find(line, SLICE(":"));

	if (colon <= 0)
		return false;
	line.n = (size_t)colon;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_nocase(line, slice_of(names[i])))
			return true;
	return false;
}

/* Every line of headers up to an empty one or the end of what was read, so that no other text with a
 * colon in its first line is taken for a mail. */
static bool
is_message(struct slice s)
{
	struct slice line;
	size_t known = 0;

	while (s.n && slice_cut(&s, '\n', &line)) {
		if (!slice_trim(line).n || !s.p)
			break;
		if (isspace((unsigned char)*line.p))
			continue;
		if (slice_find(line, SLICE(":")) <= 0)
			return false;
		known += is_header(line);
	}
	return known >= 2;
}

static enum mailbox_kind
guess_file(const char *path)
{
	gzFile file = gzopen(path, "re");
	char text[4096];
	struct slice s = {text, 0}, rest, line;
	int64_t date;
	int n;

	if (!file)
		return MAILBOX_NONE;
	n = gzread(file, text, sizeof text);
	gzclose(file);
	s.n = n > 0 ? (size_t)n : 0;
	while (s.n && isspace((unsigned char)*s.p))
		s = (struct slice){s.p + 1, s.n - 1};
	rest = s;
	slice_cut(&rest, '\n', &line);
	if (mbox_from_line(line, &date))
		return MAILBOX_MBOX;
	return is_message(s) ? MAILBOX_MESSAGE : MAILBOX_NONE;
}

enum mailbox_kind
mailbox_guess(const char *path)
{
	struct stat sb;

	if (stat(path, &sb) < 0)
		return MAILBOX_NONE;
	if (S_ISDIR(sb.st_mode))
		return has_folder(path, "cur") && has_folder(path, "new") ? MAILBOX_MAILDIR
		       : has_mails(path)                                  ? MAILBOX_FOLDER
		                                                          : MAILBOX_NONE;
	return S_ISREG(sb.st_mode) ? guess_file(path) : MAILBOX_NONE;
}

/* ---- opening ---- */

struct mailbox *
mailbox_open(const char *path, struct sme_err *err)
{
	enum mailbox_kind kind = mailbox_guess(path);
	struct mailbox *m;
	struct stat sb;

	if (stat(path, &sb) < 0) {
		err_sys(err, SME_NOINPUT, "%s", path);
		return NULL;
	}
	/* An empty file is the mbox of nobody who has mail; a pipe can be nothing else. */
	if (kind == MAILBOX_NONE && S_ISDIR(sb.st_mode))
		kind = MAILBOX_FOLDER;
	else if (kind == MAILBOX_NONE && (sb.st_size == 0 || !S_ISREG(sb.st_mode)))
		kind = MAILBOX_MBOX;
	if (kind == MAILBOX_NONE) {
		err_set(err, SME_DATA, "%s: no mail: expected an mbox, a Maildir or a mail", path);
		return NULL;
	}
	m = xcalloc(1, sizeof *m);
	m->kind = kind;
	if (kind == MAILBOX_MBOX)
		m->mbox = mbox_open(path, err);
	else
		m->maildir = maildir_open(path, kind, err);
	if (!m->mbox && !m->maildir) {
		free(m);
		return NULL;
	}
	return m;
}

void
mailbox_close(struct mailbox *m)
{
	if (!m)
		return;
	mbox_close(m->mbox);
	maildir_close(m->maildir);
	free(m);
}

/* ---- pages ---- */

bool
page_full(const struct page *p)
{
	return p->n >= p->limit || p->body->n >= MAIL_PAGE_BYTES;
}

void
page_add(struct page *p, struct slice raw, const struct mime_origin *o)
{
	if (p->n++)
		buf_addc(p->body, ',');
	mime_put(p->mime, raw, o, p->body);
}

int
mailbox_page(struct mailbox *m, struct mime *mime, const struct json_node *cursor, size_t limit,
    struct buf *body, struct sme_err *err)
{
	static const char *const kinds[] = {"", "mbox", "maildir", "folder", "message"};
	struct buf messages = BUF_INIT;
	struct page p = {.mime = mime,
	    .cursor = cursor && cursor->type == JSON_OBJECT ? cursor : NULL,
	    .limit = limit ? limit : 1,
	    .body = &messages,
	    .next = BUF_INIT,
	    .unreadable = BUF_INIT};
	int r = m->mbox ? mbox_page(m->mbox, &p, err) : maildir_page(m->maildir, &p, err);

	if (r == 0) {
		buf_addc(body, '{');
		put_string(body, "kind", slice_of(kinds[m->kind]));
		put_key(body, "messages");
		buf_addc(body, '[');
		buf_adds(body, buf_slice(&messages));
		buf_puts(body, "],\"cursor\":");
		buf_adds(body, buf_slice(&p.next));
		buf_puts(body, p.more ? ",\"more\":true" : ",\"more\":false");
		put_or_null(body, "gap", slice_of(p.gap));
		buf_puts(body, ",\"unreadable\":[");
		buf_adds(body, buf_slice(&p.unreadable));
		buf_puts(body, "]}");
	}
	buf_release(&messages);
	buf_release(&p.next);
	buf_release(&p.unreadable);
	return r;
}
