#include "hook/chat_body.h"

#include "hook/identity.h"
#include "net/url.h"

static const char *const media_types[] = {"image", "video", "audio", "file"};
#define MEDIA_TYPES (sizeof media_types / sizeof *media_types)

/* Nothing invisible: keys and ids stand in headers, logs and messages. */
static bool
is_plain(struct slice s, size_t max)
{
	if (!s.n || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static size_t
characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* The member KEY, a text or missing. */
static int
get(const struct json_node *root, const char *key, struct slice *out, struct sme_err *err)
{
	const struct json_node *n = node_get(root, key);

	*out = node_text(root, key);
	if (n && n->type != JSON_STRING && n->type != JSON_NULL)
		return err_set(err, SME_DATA, "%s: expected a text", key);
	return 0;
}

static int
get_plain(const struct json_node *root, const char *key, size_t max, bool needed, struct slice *out,
    struct sme_err *err)
{
	if (get(root, key, out, err) < 0)
		return -1;
	if (!out->p && !needed)
		return 0;
	if (is_plain(*out, max))
		return 0;
	return err_set(
	    err, SME_DATA, "%s: expected 1 to %zu bytes without control characters", key, max);
}

static const struct json_node *
parse(struct slice json, struct arena *a, struct sme_err *err)
{
	const struct json_node *root = json_tree(a, json, err);

	if (root && root->type != JSON_OBJECT)
		err_set(err, SME_DATA, "expected an object");
	return root && root->type == JSON_OBJECT ? root : NULL;
}

static bool
is_blank(struct slice s)
{
	return slice_trim(s).n == 0;
}

/* ---- attachments: by reference only ---- */

static int
check_one(const struct json_node *n, struct sme_err *err)
{
	struct slice type = node_text(n, "type"), url = node_text(n, "url"), alt;
	size_t i = 0;

	while (i < MEDIA_TYPES && !slice_is(type, media_types[i]))
		i++;
	if (i == MEDIA_TYPES)
		return err_set(
		    err, SME_DATA, "media: expected a \"type\": image, video, audio or file");
	if (!url_is_http(url) || !is_plain(url, 2000))
		return err_set(err, SME_DATA, "media: expected a \"url\" with http or https");
	if (get(n, "alt", &alt, err) < 0)
		return err_prefix(err, "media");
	return 0;
}

static int
get_media(const struct json_node *root, const struct json_node **out, struct sme_err *err)
{
	const struct json_node *list = node_get(root, "media");

	*out = NULL;
	if (!list || list->type == JSON_NULL)
		return 0;
	if (list->type != JSON_ARRAY || list->count > CHAT_MEDIA_MAX)
		return err_set(
		    err, SME_DATA, "media: expected a list of at most %d", CHAT_MEDIA_MAX);
	for (NODE_EACH(it, list))
		if (check_one(it, err) < 0)
			return -1;
	*out = list->count ? list : NULL;
	return 0;
}

void
chat_body_media(struct buf *out, const struct chat_body *body)
{
	const char *before = ",\"media\":[";

	for (NODE_EACH(it, body->media)) {
		struct slice alt = node_text(it, "alt");

		buf_puts(out, before);
		buf_puts(out, "{\"type\":");
		json_put_string(out, node_text(it, "type"));
		buf_puts(out, ",\"url\":");
		json_put_string(out, node_text(it, "url"));
		buf_puts(out, ",\"alt\":");
		if (alt.p)
			json_put_string(out, alt);
		else
			buf_puts(out, "null");
		buf_addc(out, '}');
		before = ",";
	}
	if (body->media)
		buf_addc(out, ']');
}

/* ---- bodies ---- */

int
chat_body_message(struct slice json, unsigned text_max, struct arena *a, struct chat_body *body,
    struct sme_err *err)
{
	const struct json_node *root = parse(json, a, err);

	*body = (struct chat_body){0};
	if (!root || get_plain(root, "id", CHAT_KEY_MAX, true, &body->key, err) < 0 ||
	    get(root, "text", &body->text, err) < 0 || get_media(root, &body->media, err) < 0)
		return -1;
	if (is_blank(body->text) && !body->media)
		return err_set(err, SME_DATA, "text: there is nothing in it");
	if (characters(body->text) > text_max)
		return err_set(err, SME_DATA, "text: longer than %u characters", text_max);
	return 0;
}

int
chat_body_reply(struct slice json, struct arena *a, struct chat_body *body, struct sme_err *err)
{
	const struct json_node *root = parse(json, a, err);

	*body = (struct chat_body){0};
	if (!root || get_plain(root, "key", CHAT_KEY_MAX, true, &body->key, err) < 0 ||
	    get_plain(root, "user", IDENTITY_USER_MAX, true, &body->user, err) < 0 ||
	    get_plain(root, "author", IDENTITY_NAME_MAX, false, &body->author, err) < 0 ||
	    get_plain(root, "in_reply_to", CHAT_KEY_MAX, false, &body->in_reply_to, err) < 0 ||
	    get_plain(root, "edits", CHAT_KEY_MAX, false, &body->edits, err) < 0 ||
	    get_plain(root, "deletes", CHAT_KEY_MAX, false, &body->deletes, err) < 0 ||
	    get(root, "text", &body->text, err) < 0)
		return -1;
	if (body->edits.p && body->deletes.p)
		return err_set(err, SME_DATA, "expected either \"edits\" or \"deletes\"");
	if (!body->deletes.p && is_blank(body->text))
		return err_set(err, SME_DATA, "text: there is nothing in it");
	return 0;
}
