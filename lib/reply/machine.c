#include "reply/machine.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

bool
machine_address(struct slice handle)
{
	static const char *const words[] = {"noreply", "no-reply", "no_reply", "no.reply", "donotreply",
	    "do-not-reply", "do_not_reply", "mailer-daemon", "postmaster"};

	for (size_t w = 0; w < sizeof words / sizeof *words; w++)
		for (size_t i = 0; i + strlen(words[w]) <= handle.n; i++)
			if (strncasecmp(handle.p + i, words[w], strlen(words[w])) == 0)
				return true;
	return false;
}
