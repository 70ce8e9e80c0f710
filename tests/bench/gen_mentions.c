/* gen_mentions N [SEED]: N realistic mentions, 540 bytes on average, the same on every run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(next() % n);
}

/* Mostly small, sometimes huge, as follower counts are. */
static unsigned
skewed(unsigned magnitude)
{
	return below(1u << (below(magnitude) + 1));
}

#define PICK(list) list[below(sizeof list / sizeof *list)]

static const struct {
	const char *name, *account;
} networks[] = {{"mastodon", "social.example"}, {"x", "nordfunk"}, {"facebook", "nordfunk"},
    {"bluesky", "pds.example"}, {"forum", "hilfe.example"}, {"reviews", "store.example"}};
static const char *const handles[] = {"kim", "nordlicht_84", "jana.k", "herrmueller", "t0b1", "mara",
    "the_real_sam", "küstenkind"};
static const char *const openings[] = {"Seit gestern kein Netz in ", "Super Service in ",
    "Warum ist das Internet so langsam in ", "Still waiting for my router in ",
    "Die Rechnung stimmt wieder nicht, Filiale ", "Wann geht es weiter in ", "Danke für die Hilfe in "};
static const char *const places[] = {"Kiel", "Lübeck", "München", "Köln", "Leipzig", "Görlitz",
    "Hamburg", "Düsseldorf"};
static const char *const middles[] = {", die Hotline sagt \\\"morgen\\\"", " \\ud83d\\ude21",
    ", und das zum dritten Mal", " 😡", ", please fix it", "", ""};
static const char *const ends[] = {"!", " ...", "?", ". Wer hilft?", ". Thanks."};

static void
print_head(unsigned long i)
{
	size_t net = below(sizeof networks / sizeof *networks);
	unsigned minute = (unsigned)(i / 7 % 1440), day = (unsigned)(i / 10080 % 28);

	printf("{\"type\":\"mention\",\"id\":\"%s:%s:%lu\",\"tenant\":\"%s\",\"network\":\"%s\","
	       "\"channel\":\"@nordfunk\",\"kind\":\"post\",\"created_at\":\"2026-11-%02uT%02u:%02u:%02uZ\",",
	    networks[net].name, networks[net].account, 100000 + i, below(3) ? "nordfunk" : "kabel",
	    networks[net].name, day + 1, minute / 60, minute % 60, below(60));
}

static void
print_mention(unsigned long i)
{
	const char *handle = PICK(handles);

	print_head(i);
	printf("\"author\":{\"id\":\"u:%u\",\"handle\":\"%s\",\"followers\":%u,\"following\":%u,"
	       "\"posts\":%u,\"created_at\":\"20%02u-02-01T00:00:00Z\",\"verified\":%s},",
	    below(50000), handle, skewed(17), skewed(12), skewed(14), 10 + below(16),
	    below(20) ? "false" : "true");
	printf("\"text\":\"%s%s%s%s\",\"lang_hint\":\"de\",\"url\":\"https://social.example/@%s/%lu\",",
	    PICK(openings), PICK(places), PICK(middles), PICK(ends), handle, 100000 + i);
	printf("\"in_reply_to\":%s,\"direct\":%s,\"metrics\":{\"likes\":%u,\"shares\":%u,\"replies\":%u},",
	    below(4) ? "null" : "\"x:nordfunk:7\"", below(6) ? "false" : "true", skewed(9), skewed(6),
	    skewed(5));
	if (below(5))
		printf("\"media\":[]}\n");
	else
		printf("\"media\":[{\"type\":\"image\",\"url\":\"https://cdn.example/%lu.jpg\"}]}\n", i);
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (unsigned long i = 0; i < n; i++)
		print_mention(i);
	return fflush(stdout) || ferror(stdout);
}
