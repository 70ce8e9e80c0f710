#include "connector/transport.h"

#include "connector/transport_mail.h"
#include "connector/transport_xmpp.h"

/* One row for each scheme, in order. */
static const struct {
	const char *scheme;
	transport_fn *run;
} transports[] = {
    {"file", transport_file},
    {"imap", transport_imap},
    {"imaps", transport_imap},
    {"smtp", transport_smtp},
    {"smtps", transport_smtp},
    {"xmpp", transport_xmpp},
    {"xmpps", transport_xmpp},
    {NULL, NULL},
};

transport_fn *
transport_find(struct slice scheme)
{
	for (size_t i = 0; transports[i].scheme; i++)
		if (slice_eq_nocase(scheme, slice_of(transports[i].scheme)))
			return transports[i].run;
	return NULL;
}
