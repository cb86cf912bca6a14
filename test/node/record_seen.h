/* SPDX-License-Identifier: Apache-2.0 */
/* record_seen.h - every entry of a record as a test looks at it: what is there, by whom, and what was deleted. */
#ifndef RECORD_SEEN_H
#define RECORD_SEEN_H

#include "domain/entry_head.h"
#include "format/json.h"
#include "store/store.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_NAME = 32 };

struct entry_seen {
	char by[SEEN_NAME];
	struct dcf_buf body;
	uint8_t kind;
	bool erased, named; /* its content is deleted; an ERASED entry names it */
	int64_t at_us;
};

struct record_seen {
	const struct dcf_alloc *heap;
	struct entry_seen *entry;
	size_t count, cap;
	struct dcf_jdoc doc;
	struct dcf_arena arena;
	unsigned purges, erasures;
};

static enum dcf_status see(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct record_seen *r = ctx;
	struct dcf_entry_head head;
	struct dcf_span rest;
	uint64_t named;
	bool bad = false;
	void *array = r->entry;
	struct entry_seen *s;
	const char *why;

	CHECK(dcf_grow(r->heap, &array, &r->cap, r->count + 1, sizeof *r->entry) == DCF_OK);
	r->entry = array;
	s = &r->entry[r->count++];
	*s = (struct entry_seen){ .erased = e->erased, .body = { .from = r->heap }, .at_us = INT64_MIN };
	CHECK(position == r->count - 1);
	if (e->erased)
		return DCF_OK;
	dcf_arena_rewind(&r->arena);
	CHECK_MSG(dcf_entry_read(e->content, &r->doc, &r->arena, &head, &why) == DCF_OK, "%s", why);
	snprintf(s->by, sizeof s->by, "%.*s", (int)head.by.len, head.by.len ? head.by.p : "");
	dcf_buf_span(&s->body, head.body);
	s->kind = head.kind;
	s->at_us = head.at_us;
	r->purges += head.kind == DCF_ENTRY_PURGE;
	for (rest = head.body; head.kind == DCF_ENTRY_ERASED && dcf_positions_next(&rest, &named, &bad); r->erasures++)
		r->entry[named].named = true;
	return DCF_OK;
}

static void see_record(struct record_seen *r, const struct dcf_alloc *heap, struct dcf_store *store)
{
	int64_t last = INT64_MIN;

	*r = (struct record_seen){ .heap = heap, .arena = { .from = heap } };
	CHECK(dcf_store_read(store, 0, UINT64_MAX >> 16, DCF_READ_ALL, see, r, NULL) == DCF_OK);
	for (size_t i = 0; i < r->count; i++) {
		if (r->entry[i].erased)
			continue;
		CHECK_MSG(r->entry[i].at_us >= last, "entry %zu goes back in time", i);
		last = r->entry[i].at_us;
	}
}

static void forget_record(struct record_seen *r)
{
	for (size_t i = 0; i < r->count; i++)
		dcf_buf_free(&r->entry[i].body);
	dcf_alloc_free(r->heap, r->entry, r->cap * sizeof *r->entry);
	dcf_jfree(&r->doc);
	dcf_arena_free(&r->arena);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct entry_seen *const *)a)->by, (*(const struct entry_seen *const *)b)->by);
}

/* Entries by who asked; of each name at most one. */
static const struct entry_seen **sorted(const struct record_seen *r)
{
	const struct entry_seen **at = calloc(r->count + 1, sizeof *at);

	if (!at)
		abort();
	for (size_t i = 0; i < r->count; i++)
		at[i] = &r->entry[i];
	qsort(at, r->count, sizeof *at, by_name);
	for (size_t i = 1; i < r->count; i++)
		CHECK_MSG(!*at[i]->by || strcmp(at[i]->by, at[i - 1]->by) != 0, "%s is there twice", at[i]->by);
	return at;
}

static size_t place_of(const struct record_seen *r, const struct entry_seen **at, const char *by)
{
	struct entry_seen key = { 0 }, *want = &key;
	const struct entry_seen **found_at;

	snprintf(key.by, sizeof key.by, "%s", by);
	found_at = bsearch(&want, at, r->count, sizeof *at, by_name);
	return found_at ? (size_t)(*found_at - r->entry) : SIZE_MAX;
}

#endif
