/* XMPP: an archive to read and messages to send; see sme-connector(5). */
#ifndef SME_CONNECTOR_TRANSPORT_XMPP_H
#define SME_CONNECTOR_TRANSPORT_XMPP_H

#include "connector/transport.h"

/* xmpp and xmpps: the member `xmpp` of the request says what to do: "page", "send" or "find". */
void transport_xmpp(struct transport_call *call);

#endif
