#include "hook/identity.h"

#include <sodium.h>

#include "hook/verify.h"
#include "stream/tree.h"

#define VERSION "v1."
#define TOKEN_MAX 2048

/* No control bytes: they stand in ids, logs and on screens. */
static bool
is_fine(struct slice s, size_t max)
{
	if (!s.n || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool
read_claims(struct slice claims, struct arena *a, struct identity *id)
{
	char *text = arena_alloc(a, claims.n + 1);
	const struct json_node *root;
	double expires;
	size_t n;

	if (sodium_base642bin((unsigned char *)text, claims.n, claims.p, claims.n, NULL, &n, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) < 0)
		return false;
	root = json_tree(a, (struct slice){text, n}, NULL);
	id->user = node_text(root, "user");
	id->name = node_text(root, "name");
	expires = node_number(root, "exp", -1);
	if (!is_fine(id->user, IDENTITY_USER_MAX) || !(expires >= 0 && expires < 1e11))
		return false;
	if (id->name.p && !is_fine(id->name, IDENTITY_NAME_MAX))
		id->name = (struct slice){NULL, 0};
	id->expires = (int64_t)(expires * 1000);
	return true;
}

enum identity_verdict
identity_check(
    struct slice token, struct slice secret, int64_t now, struct arena *a, struct identity *id)
{
	struct slice rest = token, version, claims;
	char mac[VERIFY_HEX];

	if (!secret.n || token.n > TOKEN_MAX || !slice_cut(&rest, '.', &version) ||
	    !slice_is(version, "v1") || !slice_cut(&rest, '.', &claims) || !rest.p)
		return IDENTITY_BAD;
	verify_hex(secret, (struct slice){token.p, (size_t)(claims.p + claims.n - token.p)}, mac);
	if (!verify_equal(rest, slice_of(mac)) || !read_claims(claims, a, id))
		return IDENTITY_BAD;
	return id->expires <= now ? IDENTITY_EXPIRED : IDENTITY_FINE;
}

void
identity_put(struct buf *out, const struct identity *id, struct slice secret)
{
	struct buf json = BUF_INIT, signed_part = BUF_INIT;
	char mac[VERIFY_HEX];
	size_t n;

	buf_puts(&json, "{\"user\":");
	json_put_string(&json, id->user);
	buf_printf(&json, ",\"exp\":%lld", (long long)(id->expires / 1000));
	if (id->name.p) {
		buf_puts(&json, ",\"name\":");
		json_put_string(&json, id->name);
	}
	buf_addc(&json, '}');
	buf_puts(&signed_part, VERSION);
	n = sodium_base64_ENCODED_LEN(json.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	if (buf_reserve(&signed_part, n)) {
		sodium_bin2base64(signed_part.p + signed_part.n, n, (const unsigned char *)json.p,
		    json.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		signed_part.n += n - 1;
	}
	verify_hex(secret, buf_slice(&signed_part), mac);
	buf_adds(out, buf_slice(&signed_part));
	buf_addc(out, '.');
	buf_puts(out, mac);
	buf_release(&json);
	buf_release(&signed_part);
}
