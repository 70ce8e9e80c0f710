/* Internet addresses: which are somebody's own network, and lists of those that are allowed. */
#ifndef SME_NET_ADDRESS_H
#define SME_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/slice.h"

/* Room for an address as text. */
#define ADDRESS_SIZE 64

/* A network; an IPv4 one is kept as ::ffff:a.b.c.d. */
struct address_net {
	unsigned char bytes[16];
	unsigned bits; /* 0 to 128 */
};

struct address_list {
	struct address_net *nets;
	size_t n, cap;
};

#define ADDRESS_LIST_INIT {NULL, 0, 0}

/* "127.0.0.1", "10.0.0.0/8", "fd00::/8"; false for anything else. */
bool address_parse(struct slice text, struct address_net *net);

void address_list_add(struct address_list *l, const struct address_net *net);
void address_list_release(struct address_list *l);

/* Is A in one of the networks of L?  L may be NULL. */
bool address_listed(const struct address_list *l, const struct address_net *a);

/*
 * Can A be reached from everywhere?  False for this host, private and link-local networks, addresses
 * without a host and those that the registries set aside (RFC 6890), also inside an IPv6 address
 * that stands for an IPv4 one.
 */
bool address_is_public(const struct address_net *a);

/* The address of a socket, or false when it is none of the internet. */
bool address_of(const struct sockaddr *sa, struct address_net *a);

/* A as text.  Returns OUT. */
char *address_text(const struct address_net *a, char out[ADDRESS_SIZE]);

/*
 * Does HOST, as it stands in a URL, say itself that it is near: an address that is not public,
 * "localhost", a name without a dot or below a domain for home and office networks?
 */
bool address_is_near(struct slice host);

#endif
