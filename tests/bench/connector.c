/*
 * Mapping of recorded pages: parse the body, run `page`, check for drift, run `event`, write the line.
 * usage: connector CONNECTOR TAG PAGES.ndjson REPEATS >events       (how fast goes to standard error)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connector/record.h"
#include "connector/value.h"
#include "core/file.h"
#include "core/mem.h"

static const struct account account = {
    .name = {"bench", 5},
    .tenant = {"talvio", 6},
    .network = {"mastodon", 8},
    .channel = {"@talvio", 7},
    .instance = {"social.example", 14},
    .base = {"https://social.example", 22},
    .handle = {"talvio", 6},
};

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static jv
response(jv body, const char *tag)
{
	jv request = jv_object_set(jv_object(), jv_string("tag"), jv_string(tag));
	jv out = jv_object_set(jv_object(), jv_string("status"), jv_number(200));

	request = jv_object_set(request, jv_string("key"), jv_string(tag));
	request = jv_object_set(request, jv_string("at"), jv_object());
	request = jv_object_set(request, jv_string("page"), jv_number(1));
	out = jv_object_set(out, jv_string("headers"), jv_object());
	out = jv_object_set(out, jv_string("body"), body);
	return jv_object_set(out, jv_string("request"), request);
}

static void
map_page(struct connector *c, struct slice body, const char *tag, struct record_sink *sink)
{
	struct sme_err err;
	jv value = connector_parse(body, &err), input, out;

	if (!jv_is_valid(value))
		sme_die(err.status, "%s", err.text);
	input = response(value, tag);
	if (connector_run(c, CALL_PAGE, account_jv(&account, sink->now), jv_object(), jv_copy(input), &out,
		&err) < 0 ||
	    record_output(c, &account, account_jv(&account, sink->now), jv_array_get(out, 0), input, sink,
		&err) < 0)
		sme_die(err.status, "%s", err.text);
}

int
main(int argc, char **argv)
{
	struct sme_err err;
	struct buf pages = BUF_INIT;
	struct writer w;
	struct record_sink sink = {.out = &w, .now = INT64_C(1795694400000)};
	struct connector *c;
	double start, took;
	int repeats;

	if (argc != 5)
		return 64;
	repeats = atoi(argv[4]);
	mem_keep((size_t)8 << 20); /* as sme-fetch does */
	c = connector_open(argv[1], NULL, &err);
	if (!c || file_read(argv[3], &pages, &err) < 0)
		sme_die(err.status, "%s", err.text);
	writer_init(&w, STDOUT_FILENO, "stdout");
	sink.html = html_open();
	start = cpu_seconds();
	for (int i = 0; i < repeats; i++) {
		struct slice rest = buf_slice(&pages), line;

		while (slice_cut(&rest, '\n', &line))
			if (line.n)
				map_page(c, line, argv[2], &sink);
	}
	took = cpu_seconds() - start;
	writer_flush(&w);
	fprintf(stderr, "%.0f %llu %llu\n", (double)sink.events / took, (unsigned long long)sink.events,
	    (unsigned long long)sink.rejected);
	html_close(sink.html);
	record_sink_release(&sink);
	writer_release(&w);
	connector_close(c);
	buf_release(&pages);
	return 0;
}
