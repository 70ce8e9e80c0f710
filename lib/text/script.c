#include "text/normalize.h"

/* First code point after the block, and whose it is; sorted.  Gaps belong to the next row. */
static const struct {
	uint32_t end;
	enum script script;
} blocks[] = {
    {0x0370, SCRIPT_LATIN},
    {0x0400, SCRIPT_GREEK},
    {0x0530, SCRIPT_CYRILLIC},
    {0x0590, SCRIPT_ARMENIAN},
    {0x0600, SCRIPT_HEBREW},
    {0x0700, SCRIPT_ARABIC},
    {0x0750, SCRIPT_OTHER},
    {0x0780, SCRIPT_ARABIC},
    {0x0870, SCRIPT_OTHER},
    {0x0900, SCRIPT_ARABIC},
    {0x0980, SCRIPT_DEVANAGARI},
    {0x0a00, SCRIPT_BENGALI},
    {0x0a80, SCRIPT_GURMUKHI},
    {0x0b00, SCRIPT_GUJARATI},
    {0x0b80, SCRIPT_OTHER},
    {0x0c00, SCRIPT_TAMIL},
    {0x0c80, SCRIPT_TELUGU},
    {0x0d00, SCRIPT_KANNADA},
    {0x0d80, SCRIPT_MALAYALAM},
    {0x0e00, SCRIPT_SINHALA},
    {0x0e80, SCRIPT_THAI},
    {0x0f00, SCRIPT_LAO},
    {0x1000, SCRIPT_OTHER},
    {0x10a0, SCRIPT_MYANMAR},
    {0x1100, SCRIPT_GEORGIAN},
    {0x1200, SCRIPT_HANGUL},
    {0x13a0, SCRIPT_ETHIOPIC},
    {0x1780, SCRIPT_OTHER},
    {0x1800, SCRIPT_KHMER},
    {0x1c80, SCRIPT_OTHER},
    {0x1c90, SCRIPT_CYRILLIC},
    {0x1cc0, SCRIPT_GEORGIAN},
    {0x1d00, SCRIPT_OTHER},
    {0x1f00, SCRIPT_LATIN},
    {0x2000, SCRIPT_GREEK},
    {0x2c60, SCRIPT_OTHER},
    {0x2c80, SCRIPT_LATIN},
    {0x2de0, SCRIPT_OTHER},
    {0x2e00, SCRIPT_CYRILLIC},
    {0x2e80, SCRIPT_OTHER},
    {0x3040, SCRIPT_HAN},
    {0x3100, SCRIPT_KANA},
    {0x3130, SCRIPT_HAN},
    {0x3190, SCRIPT_HANGUL},
    {0x31f0, SCRIPT_HAN},
    {0x3200, SCRIPT_KANA},
    {0xa000, SCRIPT_HAN},
    {0xa640, SCRIPT_OTHER},
    {0xa6a0, SCRIPT_CYRILLIC},
    {0xa720, SCRIPT_OTHER},
    {0xa800, SCRIPT_LATIN},
    {0xa8e0, SCRIPT_OTHER},
    {0xa900, SCRIPT_DEVANAGARI},
    {0xa960, SCRIPT_OTHER},
    {0xa980, SCRIPT_HANGUL},
    {0xab30, SCRIPT_OTHER},
    {0xab70, SCRIPT_LATIN},
    {0xac00, SCRIPT_OTHER},
    {0xd800, SCRIPT_HANGUL},
    {0xf900, SCRIPT_OTHER},
    {0xfb00, SCRIPT_HAN},
    {0xfb13, SCRIPT_LATIN},
    {0xfb1d, SCRIPT_ARMENIAN},
    {0xfb50, SCRIPT_HEBREW},
    {0xfe00, SCRIPT_ARABIC},
    {0xfe70, SCRIPT_OTHER},
    {0xff00, SCRIPT_ARABIC},
    {0xff66, SCRIPT_LATIN},
    {0xffa0, SCRIPT_KANA},
    {0xffe0, SCRIPT_HANGUL},
    {0x20000, SCRIPT_OTHER},
    {0x32000, SCRIPT_HAN},
};

enum script
script_of(uint32_t cp)
{
	size_t lo = 0, hi = sizeof blocks / sizeof *blocks;

	if (cp < blocks[0].end)
		return blocks[0].script;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cp < blocks[mid].end)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < sizeof blocks / sizeof *blocks ? blocks[lo].script : SCRIPT_OTHER;
}

enum script
norm_script(const struct norm *norm)
{
	enum script best = SCRIPT_NONE;

	for (int s = SCRIPT_NONE + 1; s < SCRIPT_COUNT; s++)
		if (norm->letters[s] > norm->letters[best])
			best = (enum script)s;
	return best;
}
