/*
 * How credible the page is that a mention links to: a list of domains says so, and a host that looks
 * like a listed one without being it is taken for a forgery.  Read-only once it is loaded.
 */
#ifndef SME_SCORE_SOURCES_H
#define SME_SCORE_SOURCES_H

#include "core/buf.h"
#include "core/err.h"

struct sources;

/*
 * Load PATH, a table of a domain ("example.org", with what is below it; a path may follow) and its
 * credibility from 0 to 1, with a tab between them.  NULL with ERR naming file and line.
 */
struct sources *sources_load(const char *path, struct sme_err *err);
/* The same from TEXT, which errors call NAME. */
struct sources *sources_text(struct slice text, const char *name, struct sme_err *err);
void sources_free(struct sources *s);

/* What a host gets that imitates a listed one whose credibility is at least SOURCES_TRUSTED. */
#define SOURCES_FORGED  0.05
#define SOURCES_TRUSTED 0.5

/*
 * The credibility of the page at URL, -1 when nothing is known: an unlisted domain, a shortener.
 * What leads to another page (redirectors, caches, archives) is judged by it; what only carries the link of
 * another page can lose by it, not win.  IMITATED gets the domain
 * that the host pretends to be (memory of S), else p == NULL.
 */
double sources_credibility(const struct sources *s, struct slice url, struct slice *imitated);

/* Append HOST as it looks: Punycode decoded, letters of other scripts and digits as the Latin letters they
 * are taken for, accents away, "rn" as "m".  For comparing only. */
void host_skeleton(struct buf *out, struct slice host);

#endif
