/*
 * Segment files and index manifests: whatever the bytes, no read beyond them and an end to the
 * walk. The first byte says what the rest is: a closed segment, an open one, an open one whose
 * first block gets right checksums (so that what stands behind them is reached), or a manifest,
 * likewise.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/file.h"
#include "log/names.h"
#include "log/seen.h"
#include "log/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
repair(char *p, size_t n)
{
	size_t stored = n - BLOCK_HEADER;

	memcpy(p, BLOCK_MAGIC, 4);
	if (get32(p + 8) > stored)
		put32(p + 8, (uint32_t)stored);
	put32(p + 16, (uint32_t)crc32(0, (const Bytef *)p + BLOCK_HEADER, get32(p + 8)));
	put32(p + 4, (uint32_t)crc32(0, (const Bytef *)p + 8, BLOCK_HEADER - 8));
}

static void
walk(const char *path, bool closed)
{
	struct seg_reader r;
	struct sme_err err;
	enum seg_state st;
	uint64_t last = 0;
	unsigned sum = 0;

	if (seg_open(&r, path, closed, &err) < 0)
		return;
	while ((st = seg_next(&r, true, &err)) != SEG_END && st != SEG_TORN) {
		struct block_walk at = {0};
		struct record rec;

		if (r.next <= last)
			abort();
		last = r.next;
		while (r.body && block_next(&r.head, r.stored, r.body, &at, &rec))
			for (size_t i = 0; i < rec.line.n; i++)
				sum += (unsigned char)rec.line.p[i];
	}
	seg_close(&r);
	if (sum == 1)
		puts("");
}

static void
segment(char *p, size_t n, bool closed)
{
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || file_write_all(fd, p, n) < 0)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	walk(path, closed);
	close(fd);
}

static char dir[] = "/tmp/sme-fuzz-log-XXXXXX";

static const char *
below(const char *name)
{
	static char path[sizeof dir + 16];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
remove_dir(void)
{
	unlink(below("seen/manifest"));
	rmdir(below("seen"));
	rmdir(dir);
}

static void
manifest(const char *p, size_t n)
{
	static bool made;
	struct buf b = BUF_INIT;
	struct sme_err err;
	struct seen s;
	int fd;

	if (!made && (!mkdtemp(dir) || mkdir(below("seen"), 0700) < 0 || atexit(remove_dir) != 0))
		abort();
	made = true;
	buf_puts(&b, "sme-log seen 1\n");
	buf_add(&b, p, n);
	buf_addc(&b, '\n');
	buf_printf(&b, "end %u\n", (unsigned)crc32(0, (const Bytef *)b.p, (uInt)b.n));
	fd = open(below("seen/manifest"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || file_write_all(fd, b.p, b.n) < 0)
		abort();
	close(fd);
	seen_init(&s, dir);
	if (seen_load(&s, &err) == 0 && seen_has(&s, (struct hash128){1, 2}))
		abort();
	seen_release(&s);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (size < 2 || size > 1 << 20)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	size--;
	if (data[0] % 4 == 2 && size >= BLOCK_HEADER)
		repair(copy, size);
	if (data[0] % 4 == 3)
		manifest(copy, size);
	else
		segment(copy, size, data[0] % 4 == 0);
	free(copy);
	return 0;
}
