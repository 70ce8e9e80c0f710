#include "stats/words.h"

static const char *const words[STATS_NWORDS][STATS_LANGS] = {
#define WORD(name, en, de) [W_##name] = {en, de},
    STATS_WORDS(WORD)
#undef WORD
};

const char *
stats_word(enum stats_lang lang, enum stats_word word)
{
	return words[word][lang];
}
