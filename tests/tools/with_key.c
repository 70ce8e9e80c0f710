/* usage: with_key FILE COMMAND...: run it with the content of FILE as the key "sme-vault" of a session
 * keyring of its own.  Exits 77 where the kernel or the container has no keys. */
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char text[4096];
	FILE *f = argc > 2 ? fopen(argv[1], "r") : NULL;
	size_t n = f ? fread(text, 1, sizeof text, f) : 0;

	if (!n)
		return 64;
	fclose(f);
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "sme-vault", text, n, KEY_SPEC_SESSION_KEYRING) < 0)
		return 77;
	execvp(argv[2], argv + 2);
	return 69;
}
