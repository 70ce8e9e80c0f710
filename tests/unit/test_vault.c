/* The vault from the inside: the seal byte by byte, merging, whose entries are whose, threads, locked memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/rfc3339.h"
#include "vault/items.h"
#include "vault/vault.h"

static char dir[] = "/tmp/sme-vaultXXXXXX";
static char path[64], key_file[64], audit_file[64];
static struct sme_err err;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/vault", dir);
	snprintf(key_file, sizeof key_file, "%s/vault.key", dir);
	snprintf(audit_file, sizeof audit_file, "%s/vault.audit", dir);
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static int
teardown(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static const struct vault_options *
here(void)
{
	static struct vault_options o;

	o = (struct vault_options){.path = path, .key_file = key_file, .tool = "test"};
	return &o;
}

/* A vault at PATH with its key in KEY_FILE. */
static struct vault *
fresh(void)
{
	struct locked text = key_random();
	struct vault *v;

	assert_int_equal(key_write_file(key_file, &text, &err), 0);
	assert_int_equal(vault_create(here(), SEAL_GIVEN, &text, &err), 0);
	locked_release(&text);
	v = vault_open(here(), &err);
	assert_non_null(v);
	return v;
}

static int
put(struct vault *v, const char *tenant, const char *name, const char *field, const char *value)
{
	struct vault_field f = {slice_of(field), slice_of(value)};

	return vault_update(v, slice_of(tenant), slice_of(name), &f, 1, &err);
}

/* Is FIELD of the entry VALUE (NULL: not there)? */
static void
expect(struct vault *v, const char *tenant, const char *name, const char *field, const char *value)
{
	struct secret s = SECRET_INIT;

	assert_int_equal(vault_get(v, slice_of(tenant), slice_of(name), &s, &err), 0);
	if (value)
		assert_string_equal(secret_field(&s, field).p, value);
	else
		assert_null(secret_field(&s, field).p);
	secret_release(&s);
}

static void
test_merge(void **state)
{
	struct vault *v = fresh();
	struct vault_field two[] = {
	    {SLICE("refresh_token"), SLICE("")}, {SLICE("access_token"), SLICE("a2")}};
	struct vault_field twice[] = {{SLICE("x"), SLICE("1")}, {SLICE("x"), SLICE("2")}};
	struct stat before, after;

	(void)state;
	assert_int_equal(put(v, "t", "n", "access_token", "a1"), 0);
	assert_int_equal(put(v, "t", "n", "refresh_token", "r1"), 0);
	assert_int_equal(vault_update(v, SLICE("t"), SLICE("n"), two, 2, &err), 0);
	expect(v, "t", "n", "access_token", "a2");
	expect(v, "t", "n", "refresh_token", "r1"); /* not replaced by nothing */
	two[0].value = (struct slice){NULL, 0};
	assert_int_equal(vault_update(v, SLICE("t"), SLICE("n"), two, 2, &err), 0);
	expect(v, "t", "n", "refresh_token", "r1");
	assert_int_equal(put(v, "t", "other", "empty", ""), 0);
	assert_int_equal(vault_get(v, SLICE("t"), SLICE("other"), &(struct secret){0}, &err), -1);
	assert_int_equal(err.status, SME_NOINPUT);
	/* What changes nothing does not write either. */
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(put(v, "t", "n", "access_token", "a2"), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(vault_update(v, SLICE("t"), SLICE("n"), twice, 2, &err), -1);
	assert_int_equal(err.status, SME_DATA);
	vault_close(v);
}

static void
test_tenants(void **state)
{
	struct vault *v = fresh();
	struct secret s = SECRET_INIT;

	(void)state;
	assert_int_equal(put(v, "a", "same", "secret", "of a"), 0);
	assert_int_equal(put(v, "b", "same", "secret", "of b"), 0);
	assert_int_equal(put(v, "b", "only", "secret", "of b"), 0);
	expect(v, "a", "same", "secret", "of a");
	expect(v, "b", "same", "secret", "of b");
	assert_int_equal(vault_get(v, SLICE("a"), SLICE("only"), &s, &err), -1);
	assert_int_equal(err.status, SME_NOPERM);
	assert_non_null(strstr(err.text, "another tenant's"));
	assert_null(s.memory.p);
	assert_int_equal(vault_get(v, SLICE("a"), SLICE("none"), &s, &err), -1);
	assert_int_equal(err.status, SME_NOINPUT);
	/* Names side by side do not run together. */
	assert_int_equal(put(v, "ab", "c", "secret", "1"), 0);
	assert_int_equal(vault_get(v, SLICE("a"), SLICE("bc"), &s, &err), -1);
	assert_int_equal(vault_remove(v, SLICE("a"), SLICE("only"), (struct slice){NULL, 0}, &err), -1);
	assert_int_equal(err.status, SME_NOPERM);
	assert_int_equal(vault_remove(v, SLICE("a"), SLICE("same"), (struct slice){NULL, 0}, &err), 0);
	expect(v, "b", "same", "secret", "of b");
	assert_int_equal(vault_get(v, SLICE("a"), SLICE("same"), &s, &err), -1);
	vault_close(v);
}

static void
test_fields(void **state)
{
	struct vault *v = fresh();
	struct secret s = SECRET_INIT;
	int64_t now;

	(void)state;
	assert_true(rfc3339_parse(SLICE("2026-11-22T00:00:00Z"), &now));
	assert_int_equal(put(v, "t", "n", "token", "x"), 0);
	assert_int_equal(put(v, "t", "n", "expires_at", "soon"), -1);
	assert_int_equal(err.status, SME_DATA);
	assert_int_equal(put(v, "t", "n", "expires_at", "2026-11-23T00:00:00Z"), 0);
	assert_int_equal(vault_get(v, SLICE("t"), SLICE("n"), &s, &err), 0);
	assert_int_equal(s.expires_at, now + 86400000);
	assert_true(secret_expires(&s, now, 2 * 86400000));
	assert_false(secret_expires(&s, now, 3600000));
	assert_true(secret_expires(&s, now + 2 * (int64_t)86400000, 0));
	assert_true(s.updated_at > 0);
	assert_int_equal(s.n, 2);
	secret_release(&s);
	secret_release(&s);
	assert_int_equal(put(v, "", "n", "f", "x"), -1);
	assert_int_equal(put(v, "t", "", "f", "x"), -1);
	assert_int_equal(put(v, "t", "n", "", "x"), -1);
	assert_int_equal(put(v, "t", "a\nb", "f", "x"), -1);
	assert_int_equal(vault_remove(v, SLICE("t"), SLICE("n"), SLICE("expires_at"), &err), 0);
	assert_int_equal(vault_get(v, SLICE("t"), SLICE("n"), &s, &err), 0);
	assert_int_equal(s.expires_at, TIME_NONE);
	assert_false(secret_expires(&s, now, INT64_MAX));
	secret_release(&s);
	vault_close(v);
}

/* Each byte of the file altered, and the file cut at each: an error, never a crash, and the file stays. */
static void
test_altered(void **state)
{
	struct vault *v = fresh();
	struct buf good = BUF_INIT, bad = BUF_INIT;

	(void)state;
	assert_int_equal(put(v, "t", "n", "secret", "planted-secret"), 0);
	vault_close(v);
	assert_int_equal(file_read(path, &good, &err), 0);
	assert_int_equal(slice_find(buf_slice(&good), SLICE("planted")), -1);
	for (size_t i = 0; i < 2 * good.n; i++) {
		struct slice now;
		size_t at = i % good.n;

		buf_clear(&bad);
		buf_add(&bad, good.p, i < good.n ? good.n : at);
		if (i < good.n)
			bad.p[at] ^= 0x10;
		now = buf_slice(&bad);
		assert_int_equal(file_write_atomic(path, now, 0600, &err), 0);
		assert_null(vault_open(here(), &err));
		assert_true(err.status == SME_DATA || (err.status == SME_NOPERM && i < 56));
		assert_true(strlen(err.text) > 20);
		buf_clear(&bad);
		assert_int_equal(file_read(path, &bad, &err), 0);
		assert_int_equal(bad.n, now.n);
	}
	assert_int_equal(file_write_atomic(path, buf_slice(&good), 0600, &err), 0);
	v = vault_open(here(), &err);
	assert_non_null(v);
	/* An altered file is not written over. */
	good.p[good.n - 1] ^= 1;
	assert_int_equal(file_write_atomic(path, buf_slice(&good), 0600, &err), 0);
	assert_int_equal(put(v, "t", "n", "secret", "new"), -1);
	assert_int_equal(err.status, SME_DATA);
	vault_close(v);
	buf_release(&good);
	buf_release(&bad);
}

static void
test_wrong_key(void **state)
{
	struct vault *v = fresh();
	struct locked text = key_random();
	struct buf audit = BUF_INIT;

	(void)state;
	vault_close(v);
	unlink(key_file);
	assert_null(vault_open(here(), &err));
	assert_int_equal(err.status, SME_NOINPUT);
	assert_int_equal(key_write_file(key_file, &text, &err), 0);
	assert_null(vault_open(here(), &err));
	assert_int_equal(err.status, SME_NOPERM);
	assert_non_null(strstr(err.text, "does not open it"));
	assert_int_equal(file_read(audit_file, &audit, &err), 0);
	assert_true(slice_find(buf_slice(&audit), SLICE("\"refused\"")) >= 0);
	assert_int_equal(chmod(key_file, 0640), 0);
	assert_null(vault_open(here(), &err));
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_int_equal(chmod(key_file, 0600), 0);
	assert_int_equal(vault_create(here(), SEAL_GIVEN, &text, &err), -1);
	assert_int_equal(err.status, SME_CANTCREAT);
	locked_release(&text);
	buf_release(&audit);
}

/* Without a line in the audit file there is no secret. */
static void
test_audit(void **state)
{
	struct vault *v = fresh();
	struct secret s = SECRET_INIT;
	struct buf audit = BUF_INIT;

	(void)state;
	assert_int_equal(put(v, "t", "n", "secret", "planted-secret"), 0);
	expect(v, "t", "n", "secret", "planted-secret");
	assert_int_equal(file_read(audit_file, &audit, &err), 0);
	assert_true(slice_find(buf_slice(&audit),
			SLICE("\"action\":\"get\",\"tenant\":\"t\",\"name\":\"n\",\"outcome\":\"ok\"}\n")) > 0);
	assert_true(slice_find(buf_slice(&audit), SLICE("\"tool\":\"test\",\"pid\":")) > 0);
	assert_int_equal(slice_find(buf_slice(&audit), SLICE("planted")), -1);
	assert_int_equal(unlink(audit_file), 0);
	assert_int_equal(mkdir(audit_file, 0700), 0);
	assert_int_equal(vault_get(v, SLICE("t"), SLICE("n"), &s, &err), -1);
	assert_null(s.fields);
	assert_int_equal(put(v, "t", "n", "secret", "2"), -1);
	assert_int_equal(rmdir(audit_file), 0);
	expect(v, "t", "n", "secret", "planted-secret");
	vault_close(v);
	buf_release(&audit);
}

/* A handle that is open while the key changes finds the new one. */
static void
test_rotate(void **state)
{
	struct vault *v = fresh(), *other = vault_open(here(), &err);
	struct buf before = BUF_INIT, after = BUF_INIT, stale = BUF_INIT;

	(void)state;
	assert_non_null(other);
	assert_int_equal(put(v, "t", "n", "secret", "s"), 0);
	assert_int_equal(file_read(key_file, &before, &err), 0);
	/* Remains of a rotation that never got far. */
	buf_printf(&stale, "%s.new", key_file);
	assert_int_equal(file_write_atomic(stale.p, SLICE("rubbish\n"), 0600, &err), 0);
	assert_int_equal(vault_rotate_file(v, &err), 0);
	assert_int_equal(access(stale.p, F_OK), -1);
	assert_int_equal(file_read(key_file, &after, &err), 0);
	assert_false(slice_eq(buf_slice(&before), buf_slice(&after)));
	expect(v, "t", "n", "secret", "s");
	expect(other, "t", "n", "secret", "s");
	assert_int_equal(put(other, "t", "n", "secret", "s2"), 0);
	expect(v, "t", "n", "secret", "s2");
	/* Killed between vault and key file. */
	assert_int_equal(rename(key_file, stale.p), 0);
	assert_int_equal(file_write_atomic(key_file, buf_slice(&before), 0600, &err), 0);
	vault_close(other);
	other = vault_open(here(), &err);
	assert_non_null(other);
	expect(other, "t", "n", "secret", "s2");
	assert_int_equal(access(stale.p, F_OK), -1);
	vault_close(other);
	vault_close(v);
	buf_release(&before);
	buf_release(&after);
	buf_release(&stale);
}

#define THREADS 4
#define EACH 25

/* Changes of threads, each with a handle of its own, and of several by one. */
static void *
put_many(void *arg)
{
	struct vault *v = arg;
	char name[32];
	static int next;
	int me = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);

	for (int i = 0; i < EACH; i++) {
		struct vault_field f = {SLICE("secret"), SLICE("s")};
		struct secret s = SECRET_INIT;
		struct sme_err e;
		int claim;

		snprintf(name, sizeof name, "n%d-%d", me, i);
		claim = vault_claim(v, SLICE("t"), SLICE("renewed"), &e);
		if (claim < 0 || vault_update(v, SLICE("t"), slice_of(name), &f, 1, &e) < 0 ||
		    vault_get(v, SLICE("t"), slice_of(name), &s, &e) < 0)
			return "failed";
		vault_unclaim(claim);
		secret_release(&s);
	}
	return NULL;
}

static void
count_entry(void *ctx, struct slice tenant, struct slice name, const struct secret *s)
{
	(void)tenant;
	(void)name;
	assert_int_equal(secret_field(s, "secret").n, 0);
	++*(int *)ctx;
}

static void
test_threads(void **state)
{
	struct vault *one = fresh(), *two = vault_open(here(), &err);
	pthread_t threads[THREADS];
	int n = 0;

	(void)state;
	assert_non_null(two);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, i % 2 ? one : two), 0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(vault_list(one, (struct slice){NULL, 0}, count_entry, &n, &err), 0);
	assert_int_equal(n, THREADS * EACH);
	n = 0;
	assert_int_equal(vault_list(one, SLICE("u"), count_entry, &n, &err), 0);
	assert_int_equal(n, 0);
	vault_close(one);
	vault_close(two);
}

/* Locked memory in KiB, as the kernel counts it. */
static long
locked_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long n = -1;

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmLck: %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

static void
test_memory(void **state)
{
	struct vault *v = fresh();
	struct secret s = SECRET_INIT;
	long before = locked_kib();
	struct rlimit lock, core;

	(void)state;
	assert_int_equal(put(v, "t", "n", "secret", "s"), 0);
	assert_int_equal(vault_get(v, SLICE("t"), SLICE("n"), &s, &err), 0);
	getrlimit(RLIMIT_MEMLOCK, &lock);
#ifndef __SANITIZE_ADDRESS__ /* which makes mlock(2) do nothing */
	if (lock.rlim_cur > (1 << 20))
		assert_true(locked_kib() > before);
#endif
	secret_release(&s);
	assert_int_equal(locked_kib(), before);
	vault_close(v);
	assert_int_equal(secret_protect(&err), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	getrlimit(RLIMIT_CORE, &core);
	assert_int_equal(core.rlim_max, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* for the sanitizers */
}

static void
test_large(void **state)
{
	struct vault *v = fresh();
	char *big = calloc(1, ITEM_VALUE_MAX + 2);

	(void)state;
	memset(big, 'x', ITEM_VALUE_MAX + 1);
	assert_int_equal(put(v, "t", "n", "secret", big), -1);
	assert_int_equal(err.status, SME_DATA);
	big[ITEM_VALUE_MAX] = '\0';
	assert_int_equal(put(v, "t", "n", "secret", big), 0);
	expect(v, "t", "n", "secret", big);
	free(big);
	vault_close(v);
}

static void
test_passphrase(void **state)
{
	struct seal_header h = seal_header_new(SEAL_ARGON2ID), again;
	struct locked text = {(char *)(size_t)"correct horse", 13}, key, content, other;
	struct buf file = BUF_INIT;

	(void)state;
	assert_int_equal(key_make(&h, &text, "test", &key, &err), 0);
	seal_close(&h, &key, SLICE("content"), &file);
	assert_int_equal(seal_header_read(buf_slice(&file), "f", &again, &err), 0);
	assert_int_equal(again.kdf, SEAL_ARGON2ID);
	assert_int_equal(key_make(&again, &text, "test", &other, &err), 0);
	assert_memory_equal(key.p, other.p, SEAL_KEY);
	assert_int_equal(seal_open(buf_slice(&file), &other, "f", &content, &err), 0);
	assert_int_equal(content.n, 7);
	assert_memory_equal(content.p, "content", 7);
	/* Costs that would take the machine away are refused before they are tried. */
	file.p[23] = 0x7f;
	assert_int_equal(seal_header_read(buf_slice(&file), "f", &again, &err), -1);
	locked_release(&key);
	locked_release(&other);
	locked_release(&content);
	buf_release(&file);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_merge),
	    TEST(test_tenants),
	    TEST(test_fields),
	    TEST(test_altered),
	    TEST(test_wrong_key),
	    TEST(test_audit),
	    TEST(test_rotate),
	    TEST(test_threads),
	    TEST(test_large),
	    TEST(test_passphrase),
	    TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
