/* Which addresses are somebody's own network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/address.h"

static struct address_net
net(const char *text)
{
	struct address_net a;

	assert_true(address_parse(slice_of(text), &a));
	return a;
}

static void
test_public(void **state)
{
	static const char *const near[] = {"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1",
	    "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
	    "255.255.255.255", "198.18.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fd00::1", "fc00::1",
	    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::",
	    "2001:db8::1", "2001::1", "::127.0.0.1", "64:ff9b:1::1"};
	static const char *const public[] = {"1.1.1.1", "172.15.0.1", "172.32.0.1", "192.167.1.1",
	    "11.0.0.1", "100.128.0.1", "126.255.255.255", "128.0.0.1", "2606:4700::1111",
	    "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"};

	(void)state;
	for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
		struct address_net a = net(near[i]);

		if (address_is_public(&a))
			fail_msg("%s is taken for public", near[i]);
	}
	for (size_t i = 0; i < sizeof public / sizeof *public; i++) {
		struct address_net a = net(public[i]);

		if (!address_is_public(&a))
			fail_msg("%s is not taken for public", public[i]);
	}
}

static void
test_lists(void **state)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct address_net a = net("10.0.0.0/9");

	(void)state;
	address_list_add(&l, &a);
	a = net("fd00::/8");
	address_list_add(&l, &a);
	a = net("10.127.255.255");
	assert_true(address_listed(&l, &a));
	a = net("10.128.0.0");
	assert_false(address_listed(&l, &a));
	a = net("::ffff:10.1.1.1");
	assert_true(address_listed(&l, &a));
	a = net("fdff::1");
	assert_true(address_listed(&l, &a));
	a = net("fe00::1");
	assert_false(address_listed(&l, &a));
	assert_false(address_listed(NULL, &a));
	address_list_release(&l);
}

static void
test_parse(void **state)
{
	static const char *const wrong[] = {"", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/a", "::/129",
	    "localhost", "1.2.3.4 ", "1.2.3.4/8/8", "256.1.1.1", "0x7f.1", "[::1]"};
	struct address_net a;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (address_parse(slice_of(wrong[i]), &a))
			fail_msg("%s is taken for an address", wrong[i]);
	assert_true(address_parse(SLICE("::/0"), &a));
	assert_int_equal(a.bits, 0);
}

static void
test_near(void **state)
{
	static const char *const near[] = {"localhost", "LOCALHOST", "a.localhost", "nas", "nas.local",
	    "box.lan", "127.0.0.1", "[::1]", "10.0.0.1", "x.internal", ""};
	static const char *const far[] = {"example.com", "localhost.example.com", "notlocalhost.com",
	    "8.8.8.8", "[2606:4700::1111]", "local.example.org"};

	(void)state;
	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		if (!address_is_near(slice_of(near[i])))
			fail_msg("%s is not near", near[i]);
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		if (address_is_near(slice_of(far[i])))
			fail_msg("%s is near", far[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
