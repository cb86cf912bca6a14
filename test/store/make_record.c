/* SPDX-License-Identifier: Apache-2.0 */
/* make_record.c DIR STEP...: a data folder with a record, for tests of the command line.
 *
 *   begin            an empty record          append N   N entries           other N    N entries with other content
 *   erase P          forget the content of P  rotate     the next key        large N    one entry of N bytes, not text
 *   stay             say "ready" and go on appending until standard input ends */
#include "crypto/init.h"
#include "engines.h"
#include "store/sqlite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dcf_alloc heap;
static struct signers by;
static unsigned key;
static struct dcf_store *store;
static struct dcf_log *mine;
static struct dcf_store_error err;

static void must(enum dcf_status s, const char *what)
{
	if (s == DCF_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err.text);
	exit(1);
}

static void append(size_t count, const char *word)
{
	struct dcf_entry *entries = calloc(count + 1, sizeof *entries);
	char *room = malloc(count * 200 + 1);
	uint64_t at;

	must(dcf_log_head(mine, &at, NULL, NULL), "head");
	for (size_t i = 0; i < count; i++) {
		char *p = room + i * 200;
		int n = snprintf(p, 200, "{\"kind\":\"%s\",\"number\":%llu}\nbody of %llu\nin two lines\n", word,
				 (unsigned long long)(at + i), (unsigned long long)(at + i));

		entries[i].content = (struct dcf_span){ p, (size_t)n };
		memset(entries[i].salt, (int)(at + i) + 1, sizeof entries[i].salt);
	}
	must(dcf_log_append(mine, entries, count, &by.who[key], NULL, &err), "append");
	free(room);
	free(entries);
}

static void large(size_t n)
{
	char *p = malloc(n + 1);
	struct dcf_entry e = { .content = { p, n } };

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 131 + 255);
	must(dcf_log_append(mine, &e, 1, &by.who[key], NULL, &err), "append");
	free(p);
}

static void stay(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	printf("ready\n");
	fflush(stdout);
	while (poll(&in, 1, 2) == 0)
		append(7, "while");
}

/* The key that signs now. */
static void find_key(void)
{
	static struct dcf_keyring ring;

	dcf_log_keys(mine, &ring);
	key = (unsigned)ring.count - 1;
}

static void step(const char *what, const char *value)
{
	uint64_t n = value ? strtoull(value, NULL, 10) : 0;

	if (strcmp(what, "begin") == 0) {
		must(dcf_log_create(store, &heap, &by.who[0], &err), what);
	} else if (!mine) {
		must(dcf_log_open(store, &heap, NULL, &mine, &err), what);
		find_key();
	}
	if (strcmp(what, "append") == 0)
		append(n, "test");
	else if (strcmp(what, "other") == 0)
		append(n, "other");
	else if (strcmp(what, "large") == 0)
		large(n);
	else if (strcmp(what, "erase") == 0)
		must(dcf_store_erase(store, &n, 1, &err), what);
	else if (strcmp(what, "rotate") == 0)
		must(dcf_log_rotate(mine, &by.who[key], &by.who[key + 1], &err), what);
	else if (strcmp(what, "stay") == 0)
		stay();
	if (mine)
		find_key();
}

int main(int argc, char **argv)
{
	char path[4096];

	heap = dcf_alloc_heap();
	signers_make(&by);
	if (argc < 3 || dcf_crypto_init() != DCF_OK)
		return 2;
	mkdir(argv[1], 0700);
	snprintf(path, sizeof path, "%s/record.sqlite3", argv[1]);
	must(dcf_sqlite_open(path, DCF_SQLITE_CREATE, &heap, &store, &err), path);
	for (int i = 2; i < argc; i++) {
		bool counted = strcmp(argv[i], "begin") && strcmp(argv[i], "rotate") && strcmp(argv[i], "stay");

		step(argv[i], counted && i + 1 < argc ? argv[i + 1] : NULL);
		i += counted;
	}
	dcf_log_close(mine);
	dcf_store_close(store);
	return 0;
}
