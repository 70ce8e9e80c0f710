/*
 * A list page, whatever its bytes, gives items or a reason; and so does a selector: the first line of the
 * input, when it begins with "{", is one, else it is the one below.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connector/program.h"
#include "connector/select.h"
#include "connector/value.h"
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char usual[] =
    "{\"items\":\"//li|//article|//tr|//*[has-class('post')]\",\"fields\":{\"id\":\"@id|@data-id\","
    "\"url\":\".//a/@href\",\"title\":\"string(.//h1|.//h2|.//a)\",\"text\":\".//p\",\"html\":\".//div\","
    "\"date\":\".//time/@datetime|.//time\",\"author\":\"normalize-space(.//cite)\",\"n\":\"count(.//*)\","
    "\"next\":\"//a[@rel='next']/@href\"},\"dates\":{\"zone\":\"UTC\",\"format\":\"%d.%m.%Y\"}}";

/* Names are those that were asked for, and nothing is empty. */
static void
check_body(jv body)
{
	jv items = value_get(body, "items"), next = value_get(body, "next");

	if (jv_get_kind(items) != JV_KIND_ARRAY || jv_array_length(jv_copy(items)) > SELECT_ITEMS_MAX)
		abort();
	jv_array_foreach(items, i, item)
	{
		jv_object_foreach(item, key, value)
		{
			if (!value_text(value).n || slice_is(value_text(key), "next"))
				abort();
			jv_free(key);
			jv_free(value);
		}
		jv_free(item);
	}
	if (jv_get_kind(next) != JV_KIND_NULL && !url_is_http(value_text(next)))
		abort();
	jv_free(items);
	jv_free(next);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = size ? memchr(p, '\n', size) : NULL;
	struct select_input in = {{p, size}, SLICE(""), SLICE("https://h.example/d/list"), 1795694400000};
	struct sme_err err = {.text = ""};
	jv select = jv_parse(usual), body;

	if (size && *p == '{' && end) {
		jv_free(select);
		select = connector_parse((struct slice){p, (size_t)(end - p)}, &err);
		in.html = (struct slice){end + 1, size - (size_t)(end + 1 - p)};
	}
	if (!jv_is_valid(select)) {
		jv_free(select);
		return 0;
	}
	if (select_page(select, &in, &body, &err) == 0)
		check_body(body);
	else if (!err.text[0])
		abort();
	jv_free(body);
	return 0;
}
