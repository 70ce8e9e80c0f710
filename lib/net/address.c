#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool
parse_host(const char *text, struct address_net *net)
{
	if (inet_pton(AF_INET, text, net->bytes + 12) == 1) {
		memcpy(net->bytes, mapped, sizeof mapped);
		net->bits = 32;
		return true;
	}
	net->bits = 128;
	return inet_pton(AF_INET6, text, net->bytes) == 1;
}

bool
address_parse(struct slice text, struct address_net *net)
{
	unsigned long long bits;
	struct slice host;
	char name[ADDRESS_SIZE];

	if (!slice_cut(&text, '/', &host) || host.n >= sizeof name || memchr(host.p, '\0', host.n))
		return false;
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	if (!parse_host(name, net))
		return false;
	bits = net->bits;
	if (text.p && (!slice_u64(text, &bits) || bits > net->bits))
		return false;
	net->bits = (unsigned)bits + (net->bits == 32 ? 96 : 0);
	return true;
}

void
address_list_add(struct address_list *l, const struct address_net *net)
{
	l->nets = xgrow(l->nets, l->n, &l->cap, sizeof *l->nets);
	l->nets[l->n++] = *net;
}

void
address_list_release(struct address_list *l)
{
	free(l->nets);
	*l = (struct address_list)ADDRESS_LIST_INIT;
}

static bool
is_in(const struct address_net *a, const unsigned char *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->bytes, net, whole) != 0)
		return false;
	return !rest || ((a->bytes[whole] ^ net[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

bool
address_listed(const struct address_list *l, const struct address_net *a)
{
	for (size_t i = 0; l && i < l->n; i++)
		if (is_in(a, l->nets[i].bytes, l->nets[i].bits))
			return true;
	return false;
}

/* The IPv4 address that A stands for, by mapping, translation (RFC 6052) or 6to4 (RFC 3056). */
static const unsigned char *
inner_ipv4(const struct address_net *a)
{
	static const unsigned char compatible[12], nat64[12] = {0, 0x64, 0xff, 0x9b};

	if (memcmp(a->bytes, mapped, 12) == 0 || memcmp(a->bytes, compatible, 12) == 0 ||
	    memcmp(a->bytes, nat64, 12) == 0)
		return a->bytes + 12;
	return a->bytes[0] == 0x20 && a->bytes[1] == 0x02 ? a->bytes + 2 : NULL;
}

static bool
is_public_ipv4(const unsigned char *b)
{
	static const struct {
		unsigned char net[4];
		unsigned bits;
	} kept[] = {
	    {{0, 0, 0, 0}, 8},
	    {{10, 0, 0, 0}, 8},
	    {{100, 64, 0, 0}, 10},
	    {{127, 0, 0, 0}, 8},
	    {{169, 254, 0, 0}, 16},
	    {{172, 16, 0, 0}, 12},
	    {{192, 0, 0, 0}, 24},
	    {{192, 0, 2, 0}, 24},
	    {{192, 88, 99, 0}, 24},
	    {{192, 168, 0, 0}, 16},
	    {{198, 18, 0, 0}, 15},
	    {{198, 51, 100, 0}, 24},
	    {{203, 0, 113, 0}, 24},
	    {{224, 0, 0, 0}, 3},
	};
	struct address_net a;

	memcpy(a.bytes, b, 4);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (is_in(&a, kept[i].net, kept[i].bits))
			return false;
	return true;
}

bool
address_is_public(const struct address_net *a)
{
	static const unsigned char global[1] = {0x20}, teredo[4] = {0x20, 0x01, 0, 0},
	                           documents[4] = {0x20, 0x01, 0x0d, 0xb8};
	const unsigned char *v4 = inner_ipv4(a);

	if (v4)
		return is_public_ipv4(v4);
	return is_in(a, global, 3) && !is_in(a, teredo, 32) && !is_in(a, documents, 32);
}

bool
address_of(const struct sockaddr *sa, struct address_net *a)
{
	a->bits = 128;
	if (sa->sa_family == AF_INET) {
		memcpy(a->bytes, mapped, sizeof mapped);
		memcpy(a->bytes + 12, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(a->bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	return true;
}

char *
address_text(const struct address_net *a, char out[ADDRESS_SIZE])
{
	bool v4 = memcmp(a->bytes, mapped, sizeof mapped) == 0;

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->bytes + 12 : a->bytes, out, ADDRESS_SIZE);
	return out;
}

bool
address_is_near(struct slice host)
{
	static const char *const near[] = {
	    "localhost", ".localhost", ".local", ".lan", ".internal", ".intranet", ".home.arpa", ".test"};
	struct address_net a;

	if (host.n > 2 && host.p[0] == '[')
		host = (struct slice){host.p + 1, host.n - 2};
	if (address_parse(host, &a))
		return !address_is_public(&a);
	if (!host.n || !memchr(host.p, '.', host.n))
		return true;
	for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
		size_t n = strlen(near[i]);

		if (host.n >= n &&
		    slice_eq_nocase((struct slice){host.p + host.n - n, n}, slice_of(near[i])))
			return true;
	}
	return false;
}
