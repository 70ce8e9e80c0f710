#include "model/background.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#error "background files are mapped as they are and need a little-endian machine"
#endif

#define CHECKED_FROM (offsetof(struct background_header, checksum) + sizeof(uint64_t))
#define LANG_SEED UINT64_C(0x3c79ac492ba7b653)

/* Counts of a word in one text are told apart up to this many. */
#define COUNT_MAX 3

/* Logarithms of numbers of words in a text are kept up to this many. */
#define WORDS_MAX 1024

_Static_assert(sizeof(struct background_header) == 64, "the header has no padding");
_Static_assert(sizeof(struct background_lang) == 16, "a language has no padding");

struct background {
	const struct background_header *header;
	const struct background_lang *langs;
	const uint32_t *starts;
	const uint16_t *words;
	uint64_t *seeds; /* of each language */
	int64_t *whole;  /* the logarithm of each language's words */
	/* a lg a + b lg b - (a + b) lg (a + b) for count a and level b, and lg of 1 to WORDS_MAX */
	int64_t part[COUNT_MAX + 1][BACKGROUND_LEVELS + 1];
	int64_t lg[WORDS_MAX + 1];
	void *map;
	size_t map_size;
};

struct layout {
	size_t langs, meta, starts, words, end;
};

static size_t
aligned(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static struct layout
layout_of(const struct background_header *h)
{
	struct layout l;

	l.langs = aligned(sizeof *h);
	l.meta = aligned(l.langs + (size_t)h->langs * sizeof(struct background_lang));
	l.starts = aligned(l.meta + h->meta_size);
	l.words = aligned(l.starts + (((size_t)1 << h->bucket_bits) + 1) * sizeof(uint32_t));
	l.end = aligned(l.words + (size_t)h->words * sizeof(uint16_t));
	return l;
}

static uint64_t
checksum(const void *file, size_t n)
{
	return hash64((const char *)file + CHECKED_FROM, n - CHECKED_FROM, BACKGROUND_VERSION);
}

/* ---- opening ---- */

static int
check_header(const struct background_header *h, size_t size, const char *path, struct sme_err *err)
{
	if (size < sizeof *h || memcmp(h->magic, BACKGROUND_MAGIC, sizeof h->magic) != 0)
		return err_set(
		    err, SME_DATA, "%s: not a background of sme-train --background", path);
	if (h->version != BACKGROUND_VERSION || h->header_size != sizeof *h)
		return err_set(err, SME_DATA,
		    "%s: background format %u, this program reads format %d; make it again", path,
		    h->version, BACKGROUND_VERSION);
	if (h->file_size != size)
		return err_set(err, SME_DATA,
		    "%s: the file has %zu bytes and should have %llu; it is truncated or damaged",
		    path, size, (unsigned long long)h->file_size);
	if (h->checksum != checksum(h, size))
		return err_set(
		    err, SME_DATA, "%s: the checksum is wrong; the file is damaged", path);
	return 0;
}

static int
bad(const char *path, const char *what, struct sme_err *err)
{
	return err_set(err, SME_DATA, "%s: the %s is not sound; the file is damaged", path, what);
}

static int
check_counts(const struct background_header *h, const char *path, struct sme_err *err)
{
	if (h->langs < 1 || h->langs > BACKGROUND_LANGS_MAX)
		return bad(path, "number of languages", err);
	if (h->bucket_bits < 1 || h->bucket_bits > BACKGROUND_BITS_MAX || h->words > 1u << 28)
		return bad(path, "number of words", err);
	if (layout_of(h).end != h->file_size)
		return bad(path, "size of its parts", err);
	return 0;
}

static int
check_parts(const struct background *b, const char *path, struct sme_err *err)
{
	uint32_t buckets = 1u << b->header->bucket_bits, last = 0;

	for (uint32_t i = 0; i < b->header->langs; i++) {
		const struct background_lang *l = &b->langs[i];

		if (!memchr(l->code, '\0', sizeof l->code) || !l->code[0] || !l->words ||
		    (i && strcmp(l[-1].code, l->code) >= 0))
			return bad(path, "list of languages", err);
	}
	for (uint32_t i = 0; i <= buckets; i++) {
		if (b->starts[i] < last)
			return bad(path, "index", err);
		last = b->starts[i];
	}
	return b->starts[0] == 0 && last == b->header->words ? 0 : bad(path, "index", err);
}

/* The logarithm of X to base 2, 32 bits behind the point: one bit a squaring. */
static int64_t
lg(uint64_t x)
{
	int whole = 63 - __builtin_clzll(x);
	uint64_t m = x << (63 - whole); /* 1 to 2, 63 bits behind the point */
	int64_t r = whole;

	for (int i = 0; i < 32; i++) {
		unsigned __int128 square = (unsigned __int128)m * m;
		uint64_t high = (uint64_t)(square >> 64), two = high >> 63;

		/* The product without its top bit or two, whatever they are, and no jump for it. */
		m = high << (two ^ 1) | ((uint64_t)square >> 63 & (two ^ 1));
		r = r << 1 | (int64_t)two;
	}
	return r;
}

static int64_t
x_lg_x(uint64_t x)
{
	return x ? (int64_t)x * lg(x) : 0;
}

static void
prepare(struct background *b)
{
	uint32_t n = b->header->langs;

	b->seeds = xcalloc(n, sizeof *b->seeds);
	b->whole = xcalloc(n, sizeof *b->whole);
	for (uint32_t i = 0; i < n; i++) {
		b->seeds[i] = background_key(slice_of(b->langs[i].code), 0);
		b->whole[i] = lg(b->langs[i].words);
	}
	for (unsigned a = 1; a <= COUNT_MAX; a++)
		for (int level = BACKGROUND_UNSEEN; level < BACKGROUND_LEVELS; level++) {
			uint64_t texts = level < 0 ? 0 : (uint64_t)1 << level;

			b->part[a][level + 1] = x_lg_x(a) + x_lg_x(texts) - x_lg_x(a + texts);
		}
	for (unsigned i = 1; i <= WORDS_MAX; i++)
		b->lg[i] = i % 2 ? lg(i) : b->lg[i / 2] + (INT64_C(1) << 32);
}

static int
attach(struct background *b, const char *p, size_t size, const char *path, struct sme_err *err)
{
	struct layout l;

	b->header = (const struct background_header *)p;
	if (check_header(b->header, size, path, err) < 0 || check_counts(b->header, path, err) < 0)
		return -1;
	l = layout_of(b->header);
	b->langs = (const struct background_lang *)(p + l.langs);
	b->starts = (const uint32_t *)(p + l.starts);
	b->words = (const uint16_t *)(p + l.words);
	if (check_parts(b, path, err) < 0)
		return -1;
	prepare(b);
	return 0;
}

struct background *
background_from_memory(struct slice bytes, const char *path, struct sme_err *err)
{
	struct background *b = xcalloc(1, sizeof *b);

	if (attach(b, bytes.p, bytes.n, path, err) == 0)
		return b;
	background_close(b);
	return NULL;
}

static int
map_file(struct background *b, int fd, const char *path, struct sme_err *err)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0)
		return err_sys(err, SME_IOERR, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof *b->header)
		return err_set(
		    err, SME_DATA, "%s: not a background of sme-train --background", path);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, SME_IOERR, "%s", path);
	b->map = map;
	b->map_size = (size_t)st.st_size;
	return attach(b, map, b->map_size, path, err);
}

struct background *
background_open(const char *path, struct sme_err *err)
{
	struct background *b = xcalloc(1, sizeof *b);
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0) {
		err_sys(err, errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s", path);
		free(b);
		return NULL;
	}
	r = map_file(b, fd, path, err);
	close(fd);
	if (r == 0)
		return b;
	background_close(b);
	return NULL;
}

bool
background_is(const char *path)
{
	char magic[8];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, magic, sizeof magic);
	close(fd);
	return n == sizeof magic && memcmp(magic, BACKGROUND_MAGIC, sizeof magic) == 0;
}

void
background_close(struct background *b)
{
	if (!b)
		return;
	if (b->map)
		munmap(b->map, b->map_size);
	free(b->seeds);
	free(b->whole);
	free(b);
}

/* ---- asking ---- */

const struct background_header *
background_header(const struct background *b)
{
	return b->header;
}

const struct background_lang *
background_langs(const struct background *b)
{
	return b->langs;
}

/* A code of fewer than eight bytes as a number. */
static uint64_t
packed(const char *code, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, code, n);
	return v;
}

int
background_find_lang(const struct background *b, struct slice code)
{
	uint64_t wanted;

	if (code.n == 0 || code.n >= sizeof b->langs->code)
		return -1;
	wanted = packed(code.p, code.n);
	for (uint32_t i = 0; i < b->header->langs; i++)
		if (packed(b->langs[i].code, sizeof b->langs->code) == wanted)
			return (int)i;
	return -1;
}

uint64_t
background_key(struct slice code, uint64_t hash)
{
	uint64_t seed = hash64(code.p, code.n, LANG_SEED);

	return hash ? hash_mix(seed ^ hash) : seed;
}

static uint64_t
key_of(const struct background *b, int lang, uint64_t hash)
{
	return hash_mix(b->seeds[lang] ^ hash);
}

static uint64_t
bucket_of(const struct background *b, uint64_t key)
{
	return key >> (64 - b->header->bucket_bits);
}

void
background_prefetch(const struct background *b, int lang, uint64_t hash)
{
	__builtin_prefetch(&b->starts[bucket_of(b, key_of(b, lang, hash))]);
}

void
background_prefetch_words(const struct background *b, int lang, uint64_t hash)
{
	__builtin_prefetch(&b->words[b->starts[bucket_of(b, key_of(b, lang, hash))]]);
}

int
background_level(const struct background *b, int lang, uint64_t hash)
{
	uint64_t key = key_of(b, lang, hash);
	uint64_t bucket = bucket_of(b, key);
	unsigned print = (unsigned)(key & 0xfff);

	for (uint32_t i = b->starts[bucket]; i < b->starts[bucket + 1]; i++)
		if (b->words[i] >> 4 == print)
			return b->words[i] & 15;
	return BACKGROUND_UNSEEN;
}

int64_t
background_keyness(const struct background *b, int lang, int level, unsigned count, unsigned words)
{
	unsigned a = count < COUNT_MAX ? count : COUNT_MAX,
		 c = words < WORDS_MAX ? words : WORDS_MAX;
	uint64_t d = b->langs[lang].words, texts = level < 0 ? 0 : (uint64_t)1 << level;
	int64_t bits;

	if (level == BACKGROUND_STOP || a == 0 || c == 0 || (uint64_t)a * d <= texts * c)
		return 0;
	/*
	 * With b texts of d: 2 (a ln (a / E1) + b ln (b / E2)), E1 = c (a + b) / (c + d) and
	 * E2 = d (a + b) / (c + d).  c is nothing beside d, so that c + d counts as d.
	 */
	bits = b->part[a][level + 1] + (int64_t)a * (b->whole[lang] - b->lg[c]);
	/* 2 ln 2 = 1.386294; a word here counts as more than the language's by now. */
	return bits > 0 ? (bits >> 16) * 1386 >> 16 : 0;
}

/* ---- writing ---- */

/* About eight words in a bucket. */
static uint32_t
bits_for(size_t words)
{
	uint32_t bits = 1;

	while (bits < BACKGROUND_BITS_MAX && (uint64_t)8 << bits < words)
		bits++;
	return bits;
}

int
background_write(const struct background_lang *langs, size_t nlangs,
    const struct background_word *words, size_t nwords, const char *release, struct slice card,
    struct buf *out, struct sme_err *err)
{
	struct background_header h = {.version = BACKGROUND_VERSION,
	    .header_size = sizeof h,
	    .langs = (uint32_t)nlangs,
	    .words = (uint32_t)nwords,
	    .bucket_bits = bits_for(nwords),
	    .meta_size = (uint32_t)card.n};
	struct layout l = layout_of(&h);
	uint32_t *starts;
	uint16_t *prints;

	memcpy(h.magic, BACKGROUND_MAGIC, sizeof h.magic);
	memcpy(h.release, release, strnlen(release, sizeof h.release));
	h.file_size = l.end;
	buf_clear(out);
	if (!buf_reserve(out, l.end))
		return err_set(
		    err, SME_DATA, "the background would be larger than %zu bytes", out->max);
	memset(out->p, 0, l.end);
	out->n = l.end;
	memcpy(out->p, &h, sizeof h);
	memcpy(out->p + l.langs, langs, nlangs * sizeof *langs);
	if (card.n)
		memcpy(out->p + l.meta, card.p, card.n);
	starts = (uint32_t *)(out->p + l.starts);
	prints = (uint16_t *)(out->p + l.words);
	for (size_t i = 0; i < nwords; i++) {
		starts[(words[i].key >> (64 - h.bucket_bits)) + 1]++;
		prints[i] = (uint16_t)((words[i].key & 0xfff) << 4 | words[i].level);
	}
	for (size_t i = 0; i < (size_t)1 << h.bucket_bits; i++)
		starts[i + 1] += starts[i];
	((struct background_header *)out->p)->checksum = checksum(out->p, l.end);
	return 0;
}
