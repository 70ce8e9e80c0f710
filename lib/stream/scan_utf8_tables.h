/*
 * The lookup tables of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte"
 * (Software: Practice and Experience 51, 2021).  Each bit is a way in which two bytes that follow one
 * another can be wrong; it is set in all three answers only if they are.
 */
enum {
	TOO_SHORT = 1 << 0,  /* a lead byte, then no continuation */
	TOO_LONG = 1 << 1,   /* ASCII, then a continuation */
	OVERLONG_3 = 1 << 2, /* e0 80..9f */
	TOO_LARGE = 1 << 3,  /* f4 90.., f5.. */
	SURROGATE = 1 << 4,  /* ed a0.. */
	OVERLONG_2 = 1 << 5, /* c0, c1 */
	TOO_LARGE_1000 = 1 << 6,
	OVERLONG_4 = 1 << 6, /* f0 80..8f */
	TWO_CONTS = 1 << 7,  /* two continuations: right only in a sequence of three or four */
	CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS /* these do not depend on the low nibble */
};

static const unsigned char utf8_byte1_high[16] __attribute__((aligned(16))) = {
    [0x0 ... 0x7] = TOO_LONG,
    [0x8 ... 0xb] = TWO_CONTS,
    [0xc] = TOO_SHORT | OVERLONG_2,
    [0xd] = TOO_SHORT,
    [0xe] = TOO_SHORT | OVERLONG_3 | SURROGATE,
    [0xf] = TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
};

static const unsigned char utf8_byte1_low[16] __attribute__((aligned(16))) = {
    [0x0] = CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
    [0x1] = CARRY | OVERLONG_2,
    [0x2] = CARRY,
    [0x3] = CARRY,
    [0x4] = CARRY | TOO_LARGE,
    [0x5 ... 0xc] = CARRY | TOO_LARGE | TOO_LARGE_1000,
    [0xd] = CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE,
    [0xe ... 0xf] = CARRY | TOO_LARGE | TOO_LARGE_1000,
};

static const unsigned char utf8_byte2_high[16] __attribute__((aligned(16))) = {
    [0x0 ... 0x7] = TOO_SHORT,
    [0x8] = TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
    [0x9] = TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE,
    [0xa ... 0xb] = TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
    [0xc ... 0xf] = TOO_SHORT,
};
