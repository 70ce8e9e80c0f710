#include "hook/verify.h"

#include <sodium.h>
#include <string.h>

/* What a challenge or a token may be long. */
#define TOKEN_MAX 256

static const struct verify_scheme schemes[] = {
    {"meta", "X-Hub-Signature-256", "sha256=", "app_secret", VERIFY_HEX_MAC},
    {"x", "x-twitter-webhooks-signature", "sha256=", "consumer_secret", VERIFY_BASE64_MAC},
    {"telegram", "X-Telegram-Bot-Api-Secret-Token", "", "webhook_secret", VERIFY_PLAIN},
    {"discourse", "X-Discourse-Event-Signature", "sha256=", "webhook_secret", VERIFY_HEX_MAC},
    {"hmac", "X-SME-Signature", "sha256=", "webhook_secret", VERIFY_HEX_MAC},
};

const struct verify_scheme *
verify_scheme(struct slice name)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (slice_is(name, schemes[i].name))
			return &schemes[i];
	return NULL;
}

void
verify_mac(struct slice key, struct slice text, unsigned char mac[VERIFY_MAC])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.p, key.n);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.p, text.n);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof state);
}

char *
verify_hex(struct slice key, struct slice text, char out[VERIFY_HEX])
{
	unsigned char mac[VERIFY_MAC];

	verify_mac(key, text, mac);
	return sodium_bin2hex(out, VERIFY_HEX, mac, sizeof mac);
}

bool
verify_equal(struct slice a, struct slice b)
{
	return a.n && a.n == b.n && sodium_memcmp(a.p, b.p, a.n) == 0;
}

/* The 32 bytes that TEXT stands for. */
static bool
decode(enum verify_code code, struct slice text, unsigned char out[VERIFY_MAC])
{
	const char *end = NULL;
	size_t n = 0;
	int r;

	if (code == VERIFY_HEX_MAC)
		r = sodium_hex2bin(out, VERIFY_MAC, text.p, text.n, NULL, &n, &end);
	else
		r = sodium_base642bin(out, VERIFY_MAC, text.p, text.n, NULL, &n, &end,
		    sodium_base64_VARIANT_ORIGINAL);
	return r == 0 && n == VERIFY_MAC && end == text.p + text.n;
}

bool
verify_signature(
    const struct verify_scheme *s, struct slice value, struct slice secret, struct slice body)
{
	struct slice prefix = slice_of(s->prefix);
	unsigned char got[VERIFY_MAC], want[VERIFY_MAC];

	if (!secret.n || !value.n || !slice_starts(value, prefix))
		return false;
	value.p += prefix.n;
	value.n -= prefix.n;
	if (s->code == VERIFY_PLAIN)
		return verify_equal(value, secret);
	if (!decode(s->code, value, got))
		return false;
	verify_mac(secret, body, want);
	return sodium_memcmp(got, want, sizeof want) == 0;
}

/* Letters, digits and EXTRA, and not too many of them. */
static bool
is_plain(struct slice s, const char *extra)
{
	if (!s.n || s.n > TOKEN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c && strchr(extra, c))))
			return false;
	}
	return true;
}

bool
verify_hub(struct slice mode, struct slice token, struct slice challenge, struct slice ours)
{
	return slice_is(mode, "subscribe") && verify_equal(token, ours) &&
	       is_plain(challenge, "._-");
}

bool
verify_crc(struct slice token, struct slice secret, struct buf *answer)
{
	unsigned char mac[VERIFY_MAC];
	char text[sodium_base64_ENCODED_LEN(VERIFY_MAC, sodium_base64_VARIANT_ORIGINAL)];

	if (!secret.n || !is_plain(token, "._-+/="))
		return false;
	verify_mac(secret, token, mac);
	sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
	buf_printf(answer, "{\"response_token\":\"sha256=%s\"}", text);
	return true;
}
