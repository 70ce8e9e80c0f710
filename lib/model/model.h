/*
 * A model file: one head (language, sentiment, or whatever sme-train was given labels for), mapped
 * into memory and used as it is.
 *
 * The features that the head knows stand in buckets by the high bits of their 64-bit hash; in a
 * bucket, 16 other bits tell them apart.  Feature number i has row i of the weights, one signed
 *byte for each label, to be multiplied by the label's scale.  What the head does not know adds
 *nothing. Only hashes are kept, so no text can be read out of a model.
 *
 * A head may have a layer of hidden units beside its linear part.  Their weights follow those of
 *the labels in each row: what a text's features add up to, divided by the square root of their
 *number, with the unit's bias, is the unit's activity if it is above 0 (see hidden.h), and adds the
 *unit's row of outs, times the activity, to the scores of the labels.
 *
 * A head may be made of experts, one for each kind of text that its rows came in.  Each has a
 *column of weights for each label, which say how likely the labels are in a text of its kind, and
 *behind those of all experts stands one column for each kind, which say how likely the kind is (see
 * experts.h).  Without experts there is one column for each label.
 *
 * Where most weights are 0, as with many labels, rows are sparse: each lists the labels that have
 * another weight.  The sums are the same.
 *
 * The layout, little-endian, each part beginning at a multiple of 64 bytes:
 *
 *	header     struct model_header
 *	labels     struct model_label for each column
 *	decisions  float[labels] thresholds, with MODEL_THRESHOLDS; struct model_knot[knots]
 *	units      struct model_unit[hidden]
 *	outs       float[hidden][labels, rounded up to 16]
 *	strings    name, release, labels, each with a NUL; with MODEL_LANGS the languages' codes,
 *	           joined by commas
 *	meta       JSON: what the model was made from and how good it is, for people
 *	starts     uint32_t[(1 << bucket_bits) + 1]: the first feature of each bucket
 *	prints     uint16_t[rows]: the low 16 bits of each feature's hash
 *	weights    int8_t[rows][stride]: one for each column; with hidden units room up to a
 *multiple of 16 and one for each unit
 *
 * With MODEL_SPARSE the last part gives way to three:
 *
 *	firsts     uint32_t[(1 << bucket_bits) + 1]: the first entry of each bucket
 *	counts     uint8_t[rows]: how many entries each feature has, one behind the other
 *	entries    struct model_entry for each weight, to the end of the file
 *
 * The whole file is checked when it is opened: sizes, a 64-bit checksum over every byte, and the
 * structure, so that a truncated, altered or made-up file is refused and never read beyond.
 */
#ifndef SME_MODEL_MODEL_H
#define SME_MODEL_MODEL_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"
#include "model/columns.h"
#include "text/ngram.h"

#define MODEL_MAGIC "SMEmodel"
#define MODEL_VERSION 4     /* is written for heads with experts */
#define MODEL_VERSION_3 3   /* is written for heads with hidden units or sparse rows */
#define MODEL_VERSION_2 2   /* is written for others */
#define MODEL_VERSION_OLD 1 /* is read as well: no decisions in it */
#define MODEL_LABELS_MAX 4096
#define MODEL_EXPERTS_MAX 8
#define MODEL_EXPERTS_LABELS 32 /* labels of a head with experts */
#define MODEL_KNOTS_MAX 32
#define MODEL_HIDDEN_MAX 1024 /* a multiple of 16, as is every number of hidden units */
#define MODEL_UNIT_MAX 1e6f   /* no number of a hidden unit is larger: activities stay finite */
#define MODEL_BITS_MAX 24
#define MODEL_SUFFIX ".model"

enum model_flag {
	MODEL_SCRIPTS = 1,    /* only labels that were seen in the text's main script may win */
	MODEL_THRESHOLDS = 2, /* some labels win from a probability of their own, see decide.h */
	MODEL_NEGATION = 4,   /* of struct ngram_spec */
	MODEL_SPARSE = 8,     /* rows list their weights; no hidden units, at most 255 labels */
	MODEL_LANGS = 16,     /* for texts in some languages only */
	MODEL_ONCE = 32       /* of struct ngram_spec */
};

/* What flags there are. */
#define MODEL_FLAGS                                                                              \
	(MODEL_SCRIPTS | MODEL_THRESHOLDS | MODEL_NEGATION | MODEL_SPARSE | MODEL_LANGS | MODEL_ONCE)

#define MODEL_SPARSE_LABELS 255

struct model_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint64_t file_size;
	uint64_t checksum; /* hash64 of everything behind it */
	uint32_t labels;
	uint32_t stride;
	uint32_t rows;
	uint32_t bucket_bits;
	uint32_t strings_size;
	uint32_t meta_size;
	uint16_t normalize_version;
	uint16_t flags;
	uint16_t tokens; /* struct ngram_spec */
	uint8_t word_max, char_min, char_max;
	uint8_t experts; /* 0: none; never 1.  With some: no hidden units, flags as of version 2 */
	uint16_t knots;  /* of the calibration table; 0: the temperature is all of it */
	float temperature;
	float min_p;     /* below this probability the head gives no label */
	uint32_t hidden; /* units; 0 before version 3 */
};

/* A column of weights: a label's, or with experts one of those.  Scripts and rows stand with the
 * first columns, which are as many as there are labels. */
struct model_label {
	float scale, bias;
	uint32_t scripts; /* bits 1 << enum script */
	uint32_t rows;    /* rows of training data, for people */
};

/* A weight of a sparse row. */
struct model_entry {
	uint8_t label;
	int8_t weight;
};

/* A hidden unit. */
struct model_unit {
	float scale, bias;
};

/* A head that says P is right in a share of Q; both rise from knot to knot. */
struct model_knot {
	float p, q;
};

struct model {
	const struct model_header *header;
	const struct model_label *labels;
	const float *thresholds; /* one for each label, 0: it has none; NULL without the flag */
	const struct model_knot *knots;
	const struct model_unit *units;
	const float *outs;     /* [hidden][label_places] */
	uint32_t label_places; /* of a row of weights, the first of them the columns */
	const uint32_t *starts;
	const uint16_t *prints;
	const int8_t *weights;  /* NULL with sparse rows */
	const uint32_t *firsts; /* these three only with sparse rows */
	const uint8_t *counts;
	const struct model_entry *entries;
	const char **names; /* one for each label */
	const char *name, *release;
	const char *langs; /* such as "de" or "en,nl"; "": for texts in any language */
	struct slice meta;
	struct ngram_spec spec;
	void *map; /* private: NULL when the memory is the caller's */
	size_t map_size;
};

/* NULL with ERR: SME_NOINPUT when PATH cannot be read, SME_DATA when it is no sound model. */
struct model *model_open(const char *path, struct sme_err *err);

/* The same for a file in memory (aligned to 8 bytes), which must outlive the model.  PATH is for
 * messages. */
struct model *model_from_memory(struct slice bytes, const char *path, struct sme_err *err);

void model_close(struct model *m);

/* The place of PRINT among the COUNT at P, or -1.  Eight are compared at once where the machine
 * can: there are always 16 bytes behind a print, for the weights follow. */
static inline int32_t
model_find_print(const uint16_t *p, uint32_t count, uint16_t print)
{
	uint32_t i = 0;

#ifdef __SSE2__
	for (; i < count; i += 8) {
		__m128i eq =
		    _mm_cmpeq_epi16(_mm_loadu_si128((const __m128i *)(const void *)(p + i)),
			_mm_set1_epi16((short)print));
		unsigned bits = (unsigned)_mm_movemask_epi8(eq);

		if (count - i < 8)
			bits &= (1u << 2 * (count - i)) - 1;
		if (bits)
			return (int32_t)(i + (unsigned)__builtin_ctz(bits) / 2);
	}
#else
	for (; i < count; i++)
		if (p[i] == print)
			return (int32_t)i;
#endif
	return -1;
}

/* The row of the feature with this hash, or -1. */
static inline int32_t
model_find(const struct model *m, uint64_t hash)
{
	uint32_t bucket = (uint32_t)(hash >> (64 - m->header->bucket_bits));
	uint32_t start = m->starts[bucket];
	int32_t at =
	    model_find_print(m->prints + start, m->starts[bucket + 1] - start, (uint16_t)hash);

	return at < 0 ? -1 : (int32_t)start + at;
}

/* The entries of sparse row ROW, which model_find gave for HASH; COUNT becomes how many. */
static inline const struct model_entry *
model_entries(const struct model *m, uint64_t hash, uint32_t row, unsigned *count)
{
	uint32_t bucket = (uint32_t)(hash >> (64 - m->header->bucket_bits));
	const struct model_entry *e = m->entries + m->firsts[bucket];

	for (uint32_t i = m->starts[bucket]; i < row; i++)
		e += m->counts[i];
	*count = m->counts[row];
	return e;
}

/* Bytes of a row for the labels: wide enough for one load or for whole vectors. */
static inline uint32_t
model_label_places(uint32_t labels, uint32_t hidden)
{
	if (hidden)
		return (labels + 15) / 16 * 16;
	return labels <= 4 ? 4 : labels <= 8 ? 8 : (labels + 15) / 16 * 16;
}

/* Bytes of a row for so many labels and hidden units. */
static inline uint32_t
model_stride(uint32_t labels, uint32_t hidden)
{
	return model_label_places(labels, hidden) + hidden;
}

/* What a new model file is made of. */
struct model_parts {
	const char *name, *release;
	const char *langs; /* NULL or "": for all */
	const char *const *names;
	struct slice meta;
	struct ngram_spec spec;
	uint32_t labels, rows;
	uint16_t flags;
	uint16_t knots;
	float temperature, min_p;
	uint32_t experts;                /* or 0 */
	const struct model_label *label; /* for each column; scale is set by model_build */
	const float *thresholds;         /* for each label, with MODEL_THRESHOLDS */
	const struct model_knot *knot;
	const uint64_t *hashes;    /* rows of them, different, in any order */
	const float *weights;      /* [rows][columns] */
	uint32_t hidden;           /* a multiple of 16, or 0 and nothing of what follows */
	const float *unit_bias;    /* [hidden] */
	const float *unit_weights; /* [rows][hidden] */
	const float *outs;         /* [hidden][labels] */
};

/* Quantise PARTS and append the file to OUT.  The same parts give the same bytes. */
int model_build(const struct model_parts *parts, struct buf *out, struct sme_err *err);

#endif
