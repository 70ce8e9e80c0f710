#include "text/negation.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by bytes. */
static const char *const words[] = {
    "aint", "aldrig", "arent", "barely", "cannot", "cant", "couldnt", "didnt", "doesnt", "dont",
    "geen", "hadnt", "hardly", "hasnt", "havent", "isnt", "jamais", "kaum", "kein", "keine",
    "keinem", "keinen", "keiner", "keinerlei", "keines", "nada", "nadie", "nao", "neither",
    "nem", "nessun", "nessuna", "nessuno", "never", "ni", "nic", "nicht", "nichtmal", "nichts",
    "nie", "niemals", "niemand", "niet", "nigdy", "nikdy", "nikt", "ningun", "ninguna",
    "ningún", "nix", "no", "nobody", "non", "none", "nooit", "nope", "nor", "not", "nothing",
    "nowhere", "nunca", "não", "ohne", "pas", "sans", "sem", "senza", "shouldnt", "sin",
    "wasnt", "weder", "werent", "without", "wont", "wouldnt",
};

static int
by_bytes(const void *key, const void *word)
{
	const struct slice *k = key;
	const char *w = *(const char *const *)word;
	size_t n = strlen(w), shorter = k->n < n ? k->n : n;
	int order = memcmp(k->p, w, shorter);

	return order ? order : (k->n > n) - (k->n < n);
}

bool
negation_word(struct slice word)
{
	if (slice_ends(word, SLICE("n't")))
		return true;
	return bsearch(&word, words, sizeof words / sizeof *words, sizeof *words, by_bytes) != NULL;
}
