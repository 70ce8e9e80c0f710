/*
 * A network that counts what becomes visible on it, and behaves badly on purpose.
 *
 * usage: counting_server PORT_FILE
 *
 * The first part of a path names a world of its own, MODE-SEED-FAULTS, such as /k-17-4/post:
 *	k   a post with the same Idempotency-Key is taken once
 *	l   posts can be looked up, some time after they were made
 *	n   neither
 * The first FAULTS requests of a world may meet a fault, by SEED, or meet fault N where SEED is "fN";
 * those that follow do not.
 *
 *	POST /WORLD/post {"key": "...", "text": "..."}  → {"id": "..."}
 *	GET  /WORLD/find?key=...                         → {"items": [{"id", "key"}]}
 *	GET  /WORLD/count                                → lines "KEY COUNT"
 *	GET  /WORLD/bodies                               → what was posted, in order
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/hash.h"

#define REQUEST_MAX 65536
#define POSTS_MAX 200000

/* In ms: how late a post can be found, and how late a request may be carried out.  The connector's
 * `delay` is longer than either. */
#define LAG 120
#define LATE 75

struct post {
	char world[40], key[80], *body;
	double at;
};

struct request {
	char method[8], path[512], key_header[80];
	char *body;
};

enum fault {
	NO_FAULT,
	CUT_BEFORE,  /* the connection is closed, nothing happens */
	CUT_AFTER,   /* it happens, and the connection is closed */
	CUT_HALF,    /* it happens, and half of the answer comes */
	LATER,       /* the connection is closed, and then it happens */
	ERROR_BEFORE, /* 503, nothing happens */
	ERROR_AFTER,  /* 502, it happens */
	TOO_MANY,    /* 429 */
	SLOW,        /* it takes a while */
	TWICE,       /* the request arrives twice (where the network takes it once) */
	FAULTS
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct post *posts;
static size_t nposts;
static struct {
	char world[40];
	unsigned requests;
} *worlds;
static size_t nworlds;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* The number of this request in its world. */
static unsigned
count_request(const char *world)
{
	unsigned n;
	size_t i = 0;

	pthread_mutex_lock(&lock);
	while (i < nworlds && strcmp(worlds[i].world, world) != 0)
		i++;
	if (i == nworlds && nworlds < POSTS_MAX) {
		snprintf(worlds[i].world, sizeof worlds[i].world, "%s", world);
		nworlds++;
	}
	n = worlds[i].requests++;
	pthread_mutex_unlock(&lock);
	return n;
}

static enum fault
fault_of(const char *world)
{
	unsigned n = count_request(world), faults = 0;
	unsigned long seed = 0;
	bool fixed = sscanf(world, "%*c-f%lu-%u", &seed, &faults) == 2;

	if (!fixed)
		sscanf(world, "%*c-%lu-%u", &seed, &faults);
	if (n >= faults)
		return NO_FAULT;
	if (fixed)
		return (enum fault)seed;
	return (enum fault)(hash_mix(seed * 1000 + n) % (FAULTS + 3) % FAULTS);
}

/* Make the post, LATE ms from now, unless the world takes it once only; its number. */
static size_t
commit(const char *world, const char *key, const struct request *r, double late)
{
	bool once = *world == 'k' && *r->key_header;
	size_t id = 0;

	pthread_mutex_lock(&lock);
	while (once && id < nposts &&
	       (strcmp(posts[id].world, world) != 0 || strcmp(posts[id].key, r->key_header) != 0))
		id++;
	if (!once)
		id = nposts;
	if (id == nposts && nposts < POSTS_MAX) {
		snprintf(posts[id].world, sizeof posts[id].world, "%s", world);
		snprintf(posts[id].key, sizeof posts[id].key, "%s", key);
		posts[id].body = strdup(r->body);
		posts[id].at = now() + late;
		nposts++;
	}
	pthread_mutex_unlock(&lock);
	return id;
}

static void
say(int fd, int status, const char *body, size_t cut)
{
	char *out = malloc(strlen(body) + 256);
	int n = sprintf(out, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n%s", status, strlen(body), body);

	if (cut && (size_t)n > cut)
		n -= (int)cut;
	for (int at = 0; at < n;) {
		ssize_t w = write(fd, out + at, (size_t)(n - at));

		if (w <= 0)
			break;
		at += (int)w;
	}
	free(out);
}

/* The member KEY of a flat JSON object, whose texts have no escapes. */
static void
member(const char *json, const char *key, char *out, size_t size)
{
	char name[64];
	const char *p;
	size_t n = 0;

	snprintf(name, sizeof name, "\"%s\":\"", key);
	p = strstr(json, name);
	for (p = p ? p + strlen(name) : ""; *p && *p != '"' && n + 1 < size; p++)
		out[n++] = *p;
	out[n] = '\0';
}

static void
take_post(int fd, const char *world, const struct request *r, enum fault fault)
{
	char key[80], answer[128];
	size_t id = 0;

	member(r->body, "key", key, sizeof key);
	if (fault == TOO_MANY || fault == ERROR_BEFORE) {
		say(fd, fault == TOO_MANY ? 429 : 503, "{\"error\":\"not now\"}", 0);
		return;
	}
	if (fault == CUT_BEFORE)
		return;
	if (fault == LATER)
		shutdown(fd, SHUT_RDWR);
	if (fault == SLOW)
		pause_ms(40);
	id = commit(world, key, r, fault == LATER ? LATE : 0);
	if (fault == TWICE && *world == 'k')
		id = commit(world, key, r, 0);
	snprintf(answer, sizeof answer, "{\"id\":\"p%zu\",\"url\":\"http://count.example/p%zu\"}", id, id);
	if (fault == ERROR_AFTER)
		say(fd, 502, "{\"error\":\"bad gateway\"}", 0);
	else if (fault == CUT_HALF)
		say(fd, 200, answer, strlen(answer) / 2);
	else if (fault != CUT_AFTER && fault != LATER)
		say(fd, 200, answer, 0);
}

static void
take_find(int fd, const char *world, const char *key, enum fault fault)
{
	char answer[4096] = "{\"items\":[";
	size_t n = strlen(answer), found = 0;
	double before = now() - LAG;

	if (fault == CUT_BEFORE || fault == CUT_AFTER || fault == LATER)
		return;
	if (fault == TOO_MANY || fault == ERROR_BEFORE || fault == ERROR_AFTER) {
		say(fd, fault == TOO_MANY ? 429 : 503, "{\"error\":\"not now\"}", 0);
		return;
	}
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nposts && n < sizeof answer - 200; i++)
		if (strcmp(posts[i].world, world) == 0 && strcmp(posts[i].key, key) == 0 &&
		    posts[i].at <= before)
			n += (size_t)sprintf(answer + n, "%s{\"id\":\"p%zu\",\"key\":\"%s\"}",
			    found++ ? "," : "", i, key);
	pthread_mutex_unlock(&lock);
	strcpy(answer + n, "]}");
	say(fd, 200, answer, fault == CUT_HALF ? 5 : 0);
}

/* Posts of a world, by key. */
static void
take_count(int fd, const char *world)
{
	char *answer = calloc(1, REQUEST_MAX);
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nposts && n < REQUEST_MAX - 200; i++) {
		unsigned count = 0;
		bool first = strcmp(posts[i].world, world) == 0;

		for (size_t k = 0; first && k < nposts; k++)
			if (strcmp(posts[k].world, world) == 0 && strcmp(posts[k].key, posts[i].key) == 0) {
				first = k >= i;
				count++;
			}
		if (first)
			n += (size_t)sprintf(answer + n, "%s %u\n", posts[i].key, count);
	}
	pthread_mutex_unlock(&lock);
	say(fd, 200, answer, 0);
	free(answer);
}

static void
take_bodies(int fd, const char *world)
{
	char *answer = calloc(1, REQUEST_MAX);
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nposts; i++)
		if (strcmp(posts[i].world, world) == 0 && n + strlen(posts[i].body) + 2 < REQUEST_MAX)
			n += (size_t)sprintf(answer + n, "%s\n", posts[i].body);
	pthread_mutex_unlock(&lock);
	say(fd, 200, answer, 0);
	free(answer);
}

static bool
read_request(int fd, struct request *r, char *buf)
{
	size_t n = 0, length = 0;
	char *end = NULL, *p;

	while (!end) {
		ssize_t got = read(fd, buf + n, REQUEST_MAX - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		buf[n] = '\0';
		end = strstr(buf, "\r\n\r\n");
	}
	if ((p = strcasestr(buf, "\r\nContent-Length:")) && p < end)
		length = strtoul(p + 17, NULL, 10);
	while (n < (size_t)(end + 4 - buf) + length && n < REQUEST_MAX - 1) {
		ssize_t got = read(fd, buf + n, REQUEST_MAX - 1 - n);

		if (got <= 0)
			return false; /* half a request is none */
		n += (size_t)got;
	}
	buf[n] = '\0';
	r->key_header[0] = '\0';
	if ((p = strcasestr(buf, "\r\nIdempotency-Key:")) && p < end)
		sscanf(p + 18, " %79[^\r\n]", r->key_header);
	r->body = end + 4;
	return sscanf(buf, "%7s %511s", r->method, r->path) == 2;
}

static void *
serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char *buf = malloc(REQUEST_MAX), world[40] = "", what[16] = "", key[80] = "";
	struct request r;

	if (read_request(fd, &r, buf)) {
		sscanf(r.path, "/%39[^/]/%15[a-z]?key=%79[^&]", world, what, key);
		if (strcmp(what, "count") == 0)
			take_count(fd, world);
		else if (strcmp(what, "bodies") == 0)
			take_bodies(fd, world);
		else if (strcmp(what, "find") == 0)
			take_find(fd, world, key, fault_of(world));
		else
			take_post(fd, world, &r, fault_of(world));
	}
	close(fd);
	free(buf);
	return NULL;
}

static void
tell_port(const char *path, int port)
{
	char tmp[4096];
	FILE *f;

	snprintf(tmp, sizeof tmp, "%s.tmp", path);
	f = fopen(tmp, "w");
	if (!f || fprintf(f, "%d\n", port) < 0 || fclose(f) != 0 || rename(tmp, path) != 0)
		exit(74);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 2) {
		fputs("usage: counting_server PORT_FILE\n", stderr);
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	posts = calloc(POSTS_MAX, sizeof *posts);
	worlds = calloc(POSTS_MAX + 1, sizeof *worlds);
	if (bind(listener, (struct sockaddr *)&a, sizeof a) < 0 || listen(listener, 128) < 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &size) < 0) {
		perror("counting_server");
		return 71;
	}
	tell_port(argv[1], ntohs(a.sin_port));
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t t;

		if (fd >= 0 && pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(t);
		else if (fd >= 0)
			close(fd);
	}
}
