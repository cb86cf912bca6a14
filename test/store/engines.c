/* SPDX-License-Identifier: Apache-2.0 */
#include "engines.h"
#include "store/memory.h"
#include "store/sqlite.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct dcf_alloc heap;

/* --- places ------------------------------------------------------------------------------------------------------------------
 */

char *folder_begin(void)
{
	const char *base = getenv("TMPDIR");
	char text[512];

	snprintf(text, sizeof text, "%s/dcf-store-XXXXXX", base ? base : "/tmp");
	return mkdtemp(text) ? strdup(text) : NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void folder_end(char *path)
{
	if (path)
		nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

/* --- engines -----------------------------------------------------------------------------------------------------------------
 */

static void *memory_begin(void)
{
	return &heap;
}

static struct dcf_store *memory_open(void *place, struct dcf_store_error *err)
{
	struct dcf_store *s;

	(void)place;
	heap = dcf_alloc_heap();
	return dcf_memory_open(&heap, &s, err) == DCF_OK ? s : NULL;
}

static void memory_end(void *place)
{
	(void)place;
}

static void *sqlite_begin(void)
{
	return folder_begin();
}

static struct dcf_store *sqlite_open(void *place, struct dcf_store_error *err)
{
	char path[600];
	struct dcf_store *s;

	heap = dcf_alloc_heap();
	snprintf(path, sizeof path, "%s/record.sqlite3", (char *)place);
	return dcf_sqlite_open(path, DCF_SQLITE_CREATE, &heap, &s, err) == DCF_OK ? s : NULL;
}

static void sqlite_end(void *place)
{
	folder_end(place);
}

static const struct engine engines[] = {
	{ "memory", false, false, memory_begin, memory_open, memory_end },
	{ "sqlite", true, true, sqlite_begin, sqlite_open, sqlite_end },
};

const struct engine *engine_named(const char *name)
{
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
		if (strcmp(engines[i].name, name) == 0)
			return &engines[i];
	}
	return NULL;
}

/* --- entries -----------------------------------------------------------------------------------------------------------------
 */

uint64_t test_random(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

struct dcf_entry test_entry(uint64_t i, char *room, size_t size)
{
	struct dcf_entry e = { .content = { room, size } };
	uint64_t state = i;

	for (size_t k = 0; k < sizeof e.salt; k++)
		e.salt[k] = (uint8_t)test_random(&state);
	for (size_t k = 0; k < size; k++)
		room[k] = (char)(i * 31 + k * 7 + (k >> 8));
	e.commitment = dcf_entry_commit(e.salt, e.content);
	return e;
}

bool test_entry_is(const struct dcf_entry *e, uint64_t i, size_t size)
{
	char *room = malloc(size + 1);
	struct dcf_entry wanted = test_entry(i, room, size);
	bool same = !e->erased && dcf_hash_eq(&e->commitment, &wanted.commitment) && memcmp(e->salt, wanted.salt, 32) == 0 &&
		    dcf_span_eq(e->content, wanted.content);

	free(room);
	return same;
}

enum dcf_status test_append(struct dcf_store *s, uint64_t expected, size_t count, size_t size, struct dcf_store_error *err)
{
	struct dcf_entry *entries = calloc(count + 1, sizeof *entries);
	char *room = malloc(count * size + 1), head[64];
	struct dcf_batch b = { .expected = expected, .entries = entries, .entry_count = count };
	enum dcf_status status;

	for (size_t i = 0; i < count; i++)
		entries[i] = test_entry(expected + i, room + i * size, size);
	b.head = (struct dcf_span){ head, (size_t)snprintf(head, sizeof head, "head of %llu",
							   (unsigned long long)(expected + count)) };
	status = dcf_store_append(s, &b, err);
	free(room);
	free(entries);
	return status;
}

struct there {
	uint64_t next;
	size_t size;
	bool good;
};

static enum dcf_status look(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct there *t = ctx;

	t->good = t->good && position == t->next && test_entry_is(e, position, t->size);
	t->next++;
	return DCF_OK;
}

bool test_all_there(struct dcf_store *s, uint64_t from, uint64_t to, size_t size, uint64_t *seen)
{
	struct there t = { from, size, true };
	enum dcf_status status = dcf_store_read(s, from, to - from, DCF_READ_ALL, look, &t, NULL);

	if (seen)
		*seen = t.next - from;
	return status == DCF_OK && t.good && t.next == to;
}

/* --- records -----------------------------------------------------------------------------------------------------------------
 */

void signers_make(struct signers *s)
{
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t seed[DCF_SEED_BYTES];

		memset(seed, 'a' + i, sizeof seed);
		dcf_signing_key_from_seed(&s->key[i], seed);
		if (dcf_signer_make(&s->who[i], DCF_SPAN("example.com/record"), &s->key[i]) != DCF_OK)
			abort();
	}
}

enum dcf_status test_log_append(struct dcf_log *log, size_t count, size_t size, const struct dcf_signer *signer,
				struct dcf_store_error *err)
{
	struct dcf_entry *entries = calloc(count + 1, sizeof *entries);
	char *room = malloc(count * size + 1);
	uint64_t at, first;
	enum dcf_status status = dcf_log_head(log, &at, NULL, NULL);

	for (size_t i = 0; i < count; i++) {
		entries[i] = test_entry(at + i, room + i * size, size);
		memset(&entries[i].commitment, 0, sizeof entries[i].commitment);
	}
	if (status == DCF_OK)
		status = dcf_log_append(log, entries, count, signer, &first, err);
	if (status == DCF_OK && first != at)
		status = DCF_E_RANGE;
	free(room);
	free(entries);
	return status;
}

/* --- memory that runs out ----------------------------------------------------------------------------------------------------
 */

static void *failing_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct failing *f = ctx;

	(void)old_size;
	if (new_size == 0) {
		f->live--;
		free(p);
		return NULL;
	}
	if (f->calls == f->fail_at || (f->from_then_on && f->calls > f->fail_at)) {
		f->calls++;
		return NULL;
	}
	f->calls++;
	f->live += !p;
	return realloc(p, new_size);
}

struct dcf_alloc failing_alloc(struct failing *f)
{
	return (struct dcf_alloc){ failing_resize, f };
}
