/*
 * scan FILE: fetch two fields of every line, by the product's scanner (which validates the whole
 * line) and by simdjson On-Demand (which does not), in turn, best of five, from memory.
 */
#include <chrono>
#include <cstdio>
#include <cstring>
#include <simdjson.h>

#define _Noreturn [[noreturn]] /* the headers are C11 */
extern "C" {
#include "stream/scan.h"
}

using namespace simdjson;

static const char *fields[][2] = {{"type", "author.followers"}, {"id", "metrics.likes"}};

struct total {
	size_t lines, text;
	double number;
};

template <typename F> static void
each_line(const padded_string &data, F f)
{
	const char *p = data.data(), *end = p + data.size();

	while (p < end) {
		const char *nl = static_cast<const char *>(memchr(p, '\n', size_t(end - p)));
		if (!nl)
			nl = end;
		f(p, size_t(nl - p));
		p = nl + 1;
	}
}

static total
ours(const padded_string &data, int which)
{
	scan_plan *plan = scan_plan_new();
	int text = scan_plan_add(plan, fields[which][0]), number = scan_plan_add(plan, fields[which][1]);
	scanner *s = scanner_new(plan);
	total t = {};

	slice line;
	int scanned;

	scanner_start(s, data.data(), data.size());
	while ((scanned = scanner_next(s, &line)) != 0) {
		if (scanned < 0)
			continue;
		t.lines++;
		t.text += s->values[text].n - 2;
		t.number += json_number(&s->values[number], 0);
	}
	scanner_free(s);
	scan_plan_free(plan);
	return t;
}

static total
peer(const padded_string &data, int which)
{
	ondemand::parser parser;
	total t = {};

	each_line(data, [&](const char *p, size_t n) {
		ondemand::document doc = parser.iterate(p, n, n + SIMDJSON_PADDING);
		ondemand::object o = doc.get_object();
		std::string_view text;
		double number = 0;

		if (!o[fields[which][0]].get_string().get(text))
			t.text += text.size();
		if (which == 0 ? !o["author"]["followers"].get(number) : !o["metrics"]["likes"].get(number))
			t.number += number;
		t.lines++;
	});
	return t;
}

static double
seconds(total (*run)(const padded_string &, int), const padded_string &data, int which, total *t)
{
	auto start = std::chrono::steady_clock::now();

	*t = run(data, which);
	return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return 64;
	padded_string data = padded_string::load(argv[1]);

	for (int which = 0; which < 2; which++) {
		double best_ours = 1e9, best_peer = 1e9;
		total a = {}, b = {};

		for (int i = 0; i < 5; i++) {
			best_ours = std::min(best_ours, seconds(ours, data, which, &a));
			best_peer = std::min(best_peer, seconds(peer, data, which, &b));
		}
		if (a.lines != b.lines || a.text != b.text || a.number != b.number)
			return printf("the two disagree\n"), 1;
		printf("scan .%s .%s: %.2f M events/s %.2f GB/s (%s); simdjson On-Demand %.2f M/s %.2f GB/s "
		       "(%s); ratio %.2f (wanted >= 1.0)\n",
		    fields[which][0], fields[which][1], double(a.lines) / best_ours / 1e6,
		    double(data.size()) / best_ours / 1e9, scan_simd(), double(b.lines) / best_peer / 1e6,
		    double(data.size()) / best_peer / 1e9, get_active_implementation()->name().c_str(),
		    best_peer / best_ours);
	}
	return 0;
}
