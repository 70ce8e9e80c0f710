/*
 * Boosted decision trees: a log-odds as a sum of small trees over a few numbers, of which any may be
 * missing (NaN).  The file holds complete trees of one depth and is read whole; it is checked when
 * it is opened, so that asking needs no checks.
 */
#ifndef SME_SCORE_TREES_H
#define SME_SCORE_TREES_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

#define TREES_DEPTH    4
#define TREES_NODES    ((1 << TREES_DEPTH) - 1)
#define TREES_LEAVES   (1 << TREES_DEPTH)
#define TREES_MAX      2000
#define TREES_FEATURES 64 /* at most */

/* Numbers up to THRESHOLD go left, larger ones right. */
struct tree_node {
	float threshold;
	uint8_t feature;
	uint8_t missing_left;
	uint16_t zero;
};

struct tree {
	struct tree_node nodes[TREES_NODES]; /* the children of node i are 2i + 1 and 2i + 2 */
	float leaves[TREES_LEAVES];
};

struct trees_header {
	char magic[8];     /* TREES_MAGIC */
	uint32_t version;  /* TREES_VERSION */
	uint32_t features; /* how many numbers are asked for */
	uint32_t count;
	uint32_t kind; /* which numbers these are: the version of bot.h */
	float base;    /* log-odds before the first tree */
	float slope, shift; /* of the calibration: slope * sum + shift */
	uint32_t zero;
	uint64_t checksum; /* of the trees */
};

#define TREES_MAGIC   "SMETREES"
#define TREES_VERSION 1

struct trees {
	struct trees_header header;
	struct tree *list;
};

/* Read the file PATH, which must ask for FEATURES numbers of KIND.  NULL with ERR. */
struct trees *trees_open(const char *path, uint32_t features, uint32_t kind, struct sme_err *err);
struct trees *trees_from_memory(
    struct slice bytes, const char *path, uint32_t features, uint32_t kind, struct sme_err *err);
void trees_free(struct trees *t);

/* Append the file to OUT. */
void trees_put(const struct trees *t, struct buf *out);

/* The sum of the trees for X, before the calibration. */
double trees_sum(const struct trees *t, const float *x);

/* The calibrated probability, 0 to 1. */
double trees_probability(const struct trees *t, const float *x);

#endif
