/* SPDX-License-Identifier: Apache-2.0 */
/* test_conformance.c ENGINE: what store.h says, asked of an engine. */
#include "engines.h"
#include "store/sqlite.h"
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const struct engine *engine;
static void *place;
static struct dcf_store *store;
static struct dcf_store_error err;
static struct dcf_alloc heap;

static void open_store(void)
{
	store = engine->open(place, &err);
	if (!store) {
		printf("Bail out! %s cannot be opened: %s\n", engine->name, err.text);
		exit(1);
	}
}

static void begin(void)
{
	heap = dcf_alloc_heap();
	memset(&err, 0, sizeof err);
	place = engine->begin();
	open_store();
}

static void end(void)
{
	dcf_store_close(store);
	engine->end(place);
}

/* Close and open, where that keeps what was. */
static void again(void)
{
	if (!engine->keeps)
		return;
	dcf_store_close(store);
	open_store();
}

static uint64_t count_of(struct dcf_store *s)
{
	uint64_t n = UINT64_MAX;

	CHECK(dcf_store_head(s, &n, NULL, &err) == DCF_OK);
	return n;
}

static bool head_is(struct dcf_store *s, uint64_t count, const char *text)
{
	struct dcf_buf note = { .from = &heap };
	uint64_t n = UINT64_MAX;
	bool same = dcf_store_head(s, &n, &note, &err) == DCF_OK && n == count &&
		    dcf_span_eq(dcf_buf_as_span(&note), dcf_span_of(text));

	dcf_buf_free(&note);
	return same;
}

static enum dcf_status never(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	(void)ctx, (void)e;
	CHECK(position == UINT64_MAX);
	return DCF_OK;
}

static void an_empty_store_is_empty(void)
{
	struct dcf_snapshot_info info[DCF_STORE_SNAPSHOTS];
	struct dcf_buf b = { .from = &heap };
	static struct dcf_hash hashes[DCF_TILE_WIDTH];
	size_t n = 7;

	begin();
	CHECK(head_is(store, 0, ""));
	CHECK(dcf_store_read(store, 0, 10, DCF_READ_ALL, never, NULL, &err) == DCF_OK);
	CHECK(dcf_store_read(store, UINT64_MAX, UINT64_MAX, DCF_READ_ALL, never, NULL, &err) == DCF_OK);
	CHECK(dcf_store_tile(store, 0, 0, hashes, &err) == DCF_E_NOT_FOUND);
	CHECK(dcf_store_snapshot_list(store, info, &n, &err) == DCF_OK && n == 0);
	CHECK(dcf_store_meta_get(store, "origin", &b, &err) == DCF_E_NOT_FOUND && b.len == 0);
	CHECK(err.code == DCF_E_NOT_FOUND && strstr(err.text, "origin"));
	CHECK(dcf_store_meta_get(store, "origin", &b, NULL) == DCF_E_NOT_FOUND);
	end();
}

static void what_is_appended_is_there(void)
{
	static const size_t sizes[] = { 0, 1, 100, 4096, 70000, 3 << 20 };
	uint64_t at = 0;

	begin();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CHECK_MSG(test_append(store, at, 3, sizes[i], &err) == DCF_OK, "%s", err.text);
		at += 3;
		CHECK(count_of(store) == at);
	}
	CHECK(head_is(store, at, "head of 18"));
	for (int round = 0; round < 2; round++, again()) {
		CHECK(count_of(store) == at);
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			CHECK_MSG(test_all_there(store, 3 * i, 3 * i + 3, sizes[i], NULL), "size %zu", sizes[i]);
	}
	end();
}

static enum dcf_status has_no_content(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	*(int *)ctx += position == 0 && !e->erased && e->content.len == 0 && dcf_entry_holds(e);
	return DCF_OK;
}

static void no_content_is_not_erased_content(void)
{
	struct dcf_entry e = { .salt = { 1 } };
	struct dcf_batch b = { .entries = &e, .entry_count = 1, .head = DCF_SPAN("h") };
	int seen = 0;

	begin();
	e.commitment = dcf_entry_commit(e.salt, e.content);
	CHECK(dcf_store_append(store, &b, &err) == DCF_OK);
	again();
	CHECK(dcf_store_read(store, 0, 1, DCF_READ_ALL, has_no_content, &seen, &err) == DCF_OK && seen == 1);
	CHECK(dcf_store_read(store, 0, 1, DCF_READ_COMMITMENTS, has_no_content, &seen, &err) == DCF_OK);
	end();
}

static void the_largest_entry_fits(void)
{
	begin();
	CHECK_MSG(test_append(store, 0, 1, DCF_CONTENT_MAX, &err) == DCF_OK, "%s", err.text);
	again();
	CHECK(test_all_there(store, 0, 1, DCF_CONTENT_MAX, NULL));
	CHECK(test_append(store, 1, 1, DCF_CONTENT_MAX + 1, &err) == DCF_E_LIMIT && err.code == DCF_E_LIMIT);
	CHECK(count_of(store) == 1);
	end();
}

static void a_lost_race_writes_nothing(void)
{
	begin();
	CHECK(test_append(store, 0, 5, 10, &err) == DCF_OK);
	CHECK(test_append(store, 4, 2, 10, &err) == DCF_E_CONFLICT && err.code == DCF_E_CONFLICT);
	CHECK(test_append(store, 6, 2, 10, NULL) == DCF_E_CONFLICT);
	CHECK(test_append(store, 0, 0, 10, &err) == DCF_E_CONFLICT);
	CHECK(head_is(store, 5, "head of 5"));
	CHECK(test_append(store, 5, 2, 10, &err) == DCF_OK);
	CHECK(test_all_there(store, 0, 7, 10, NULL));
	end();
}

static void wrong_batches_are_refused(void)
{
	static struct dcf_tile tile = { .level = DCF_TILE_LEVELS };
	static struct dcf_entry many[DCF_STORE_BATCH_MAX + 1];
	static char long_head[DCF_STORE_HEAD_MAX + 1];
	struct dcf_entry erased = { .erased = true };
	const struct {
		struct dcf_batch batch;
		enum dcf_status status;
	} rows[] = {
		{ { .head = { NULL, 0 } }, DCF_E_RANGE },
		{ { .head = { long_head, sizeof long_head } }, DCF_E_LIMIT },
		{ { .head = DCF_SPAN("h"), .entries = &erased, .entry_count = 1 }, DCF_E_RANGE },
		{ { .head = DCF_SPAN("h"), .entries = many, .entry_count = DCF_STORE_BATCH_MAX + 1 }, DCF_E_LIMIT },
		{ { .head = DCF_SPAN("h"), .tiles = &tile, .tile_count = 1 }, DCF_E_RANGE },
		{ { .head = DCF_SPAN("h"), .expected = UINT64_MAX, .entries = many, .entry_count = 1 }, DCF_E_LIMIT },
	};

	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_MSG(dcf_store_append(store, &rows[i].batch, &err) == rows[i].status, "row %zu", i);
		CHECK_MSG(err.code == rows[i].status && err.text[0], "row %zu", i);
	}
	CHECK(head_is(store, 0, ""));
	end();
}

static void a_full_batch_fits(void)
{
	begin();
	CHECK_MSG(test_append(store, 0, DCF_STORE_BATCH_MAX, 3, &err) == DCF_OK, "%s", err.text);
	CHECK(test_all_there(store, 0, DCF_STORE_BATCH_MAX, 3, NULL));
	end();
}

struct seen {
	uint64_t first, count, stop_after;
};

static enum dcf_status count_them(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct seen *s = ctx;

	(void)e;
	if (s->count == 0)
		s->first = position;
	return ++s->count == s->stop_after ? DCF_E_AMBIGUOUS : DCF_OK;
}

static void reading_takes_any_range(void)
{
	static const struct {
		uint64_t from, max, first, count;
	} rows[] = {
		{ 0, 0, 0, 0 },
		{ 0, 1, 0, 1 },
		{ 0, 3000, 0, 3000 },
		{ 0, UINT64_MAX, 0, 3000 },
		{ 2999, UINT64_MAX, 2999, 1 },
		{ 3000, 5, 0, 0 },
		{ 1024, 1024, 1024, 1024 },
		{ 1000, 1030, 1000, 1030 },
		{ 2990, 100, 2990, 10 },
		{ 1 << 30, 1, 0, 0 },
	};

	begin();
	CHECK(test_append(store, 0, 3000, 20, &err) == DCF_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int what = DCF_READ_ALL; what <= DCF_READ_COMMITMENTS; what++) {
			struct seen s = { 0 };

			CHECK(dcf_store_read(store, rows[i].from, rows[i].max, (enum dcf_store_read)what, count_them, &s,
					     &err) == DCF_OK);
			CHECK_MSG(s.count == rows[i].count && (s.count == 0 || s.first == rows[i].first), "row %zu: %llu", i,
				  (unsigned long long)s.count);
		}
	}
	end();
}

static void a_callback_ends_the_reading(void)
{
	struct seen s = { .stop_after = 4 };

	begin();
	CHECK(test_append(store, 0, 10, 20, &err) == DCF_OK);
	err.code = DCF_OK;
	CHECK(dcf_store_read(store, 2, 8, DCF_READ_ALL, count_them, &s, &err) == DCF_E_AMBIGUOUS);
	CHECK(s.count == 4 && s.first == 2 && err.code == DCF_OK);
	CHECK(test_append(store, 10, 1, 20, &err) == DCF_OK);
	end();
}

static enum dcf_status commitments_only(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	static const uint8_t zero[DCF_SALT_BYTES];
	char room[20];
	struct dcf_entry wanted = test_entry(position, room, sizeof room);

	CHECK(dcf_hash_eq(&e->commitment, &wanted.commitment) && e->content.len == 0 &&
	      memcmp(e->salt, zero, sizeof zero) == 0);
	CHECK(e->erased == (position == 3));
	++*(int *)ctx;
	return DCF_OK;
}

static void commitments_can_be_read_alone(void)
{
	const uint64_t third = 3;
	int n = 0;

	begin();
	CHECK(test_append(store, 0, 8, 20, &err) == DCF_OK);
	CHECK(dcf_store_erase(store, &third, 1, &err) == DCF_OK);
	CHECK(dcf_store_read(store, 0, 8, DCF_READ_COMMITMENTS, commitments_only, &n, &err) == DCF_OK && n == 8);
	end();
}

static void the_head_can_be_replaced_alone(void)
{
	const struct dcf_batch again_signed = { .expected = 2, .head = DCF_SPAN("head of 2, signed again") };

	begin();
	CHECK(test_append(store, 0, 2, 5, &err) == DCF_OK);
	CHECK(dcf_store_append(store, &again_signed, &err) == DCF_OK);
	again();
	CHECK(head_is(store, 2, "head of 2, signed again"));
	end();
}

static void tile_fill(struct dcf_tile *t, uint32_t level, uint64_t index)
{
	t->level = level;
	t->index = index;
	for (size_t i = 0; i < DCF_TILE_WIDTH; i++)
		memset(&t->hash[i], (int)(level * 50 + index * 3 + i), sizeof t->hash[i]);
}

static void tiles_come_back(void)
{
	static struct dcf_tile tiles[6], other;
	static struct dcf_hash hashes[DCF_TILE_WIDTH];
	struct dcf_batch b = { .tiles = tiles, .tile_count = 6, .head = DCF_SPAN("h") };

	begin();
	/* Not in order, and far apart. */
	tile_fill(&tiles[0], 0, 7);
	tile_fill(&tiles[1], 0, 0);
	tile_fill(&tiles[2], 1, 0);
	tile_fill(&tiles[3], 7, 0);
	tile_fill(&tiles[4], 0, ((uint64_t)1 << 40) - 1);
	tile_fill(&tiles[5], 1, 1);
	CHECK_MSG(dcf_store_append(store, &b, &err) == DCF_OK, "%s", err.text);
	/* One that is there is left as it is. */
	tile_fill(&other, 0, 7);
	memset(&other.hash[9], 0xee, sizeof other.hash[9]);
	b.tiles = &other;
	b.tile_count = 1;
	CHECK(dcf_store_append(store, &b, &err) == DCF_OK);
	again();
	for (size_t i = 0; i < 6; i++) {
		CHECK(dcf_store_tile(store, tiles[i].level, tiles[i].index, hashes, &err) == DCF_OK);
		CHECK_MSG(memcmp(hashes, tiles[i].hash, sizeof hashes) == 0, "tile %zu", i);
	}
	CHECK(dcf_store_tile(store, 2, 0, hashes, &err) == DCF_E_NOT_FOUND);
	CHECK(dcf_store_tile(store, 0, 1, hashes, &err) == DCF_E_NOT_FOUND);
	CHECK(dcf_store_tile(store, 200, 0, hashes, &err) == DCF_E_NOT_FOUND);
	CHECK(dcf_store_tile(store, 0, UINT64_MAX, hashes, NULL) == DCF_E_NOT_FOUND);
	end();
}

struct erased {
	uint64_t mask;
	int bad;
};

static enum dcf_status look_at_erased(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct erased *x = ctx;
	char room[50];
	struct dcf_entry wanted = test_entry(position, room, sizeof room);

	if (x->mask >> position & 1)
		x->bad += !(e->erased && e->content.len == 0 && dcf_entry_holds(e) &&
			    dcf_hash_eq(&e->commitment, &wanted.commitment));
	else
		x->bad += !test_entry_is(e, position, sizeof room);
	return DCF_OK;
}

static int badly_erased(uint64_t mask)
{
	struct erased x = { mask, 0 };

	CHECK(dcf_store_read(store, 0, 64, DCF_READ_ALL, look_at_erased, &x, &err) == DCF_OK);
	return x.bad;
}

static void erasing_leaves_the_commitment(void)
{
	const uint64_t some[] = { 3, 9, 5 }, more[] = { 5, 0 }, beyond[] = { 1, 20, 2 };

	begin();
	CHECK(test_append(store, 0, 20, 50, &err) == DCF_OK);
	CHECK(dcf_store_erase(store, some, 0, &err) == DCF_OK && badly_erased(0) == 0);
	CHECK_MSG(dcf_store_erase(store, some, 3, &err) == DCF_OK, "%s", err.text);
	CHECK(badly_erased(1 << 3 | 1 << 5 | 1 << 9) == 0);
	CHECK(dcf_store_erase(store, more, 2, &err) == DCF_OK);
	CHECK(dcf_store_erase(store, beyond, 3, &err) == DCF_E_RANGE && strstr(err.text, "20"));
	CHECK(badly_erased(1 | 1 << 3 | 1 << 5 | 1 << 9) == 0);
	again();
	CHECK(badly_erased(1 | 1 << 3 | 1 << 5 | 1 << 9) == 0);
	CHECK(head_is(store, 20, "head of 20"));
	CHECK(test_append(store, 20, 1, 50, &err) == DCF_OK);
	end();
}

/* --- snapshots ---------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status put_piece(uint64_t position, uint32_t index, bool last, size_t size, int seed)
{
	struct dcf_snapshot_piece p = { position, index, last, { NULL, size } };
	char *bytes = malloc(size + 1);
	enum dcf_status s;

	memset(bytes, (int)index + seed, size);
	p.bytes.p = bytes;
	s = dcf_store_snapshot_put(store, &p, &err);
	free(bytes);
	return s;
}

static bool put_snapshot(uint64_t position, uint32_t pieces, size_t size, int seed)
{
	for (uint32_t i = 0; i < pieces; i++) {
		if (put_piece(position, i, i + 1 == pieces, size, seed) != DCF_OK)
			return false;
	}
	return true;
}

struct pieces {
	uint32_t count;
	int seed, bad;
	size_t size;
	enum dcf_status answer;
};

static enum dcf_status look_at_piece(void *ctx, uint32_t index, struct dcf_span bytes)
{
	struct pieces *p = ctx;

	p->bad += index != p->count || bytes.len != p->size || bytes.p[0] != (char)((int)index + p->seed) ||
		  bytes.p[bytes.len - 1] != bytes.p[0];
	p->count++;
	return p->answer;
}

static bool snapshot_is(uint64_t position, uint32_t pieces, size_t size, int seed)
{
	struct pieces p = { .seed = seed, .size = size };

	return dcf_store_snapshot_read(store, position, look_at_piece, &p, &err) == DCF_OK && p.bad == 0 && p.count == pieces;
}

static size_t snapshots(struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS])
{
	size_t n = 9;

	CHECK(dcf_store_snapshot_list(store, out, &n, &err) == DCF_OK);
	return n;
}

static void the_two_latest_snapshots_are_kept(void)
{
	struct dcf_snapshot_info list[DCF_STORE_SNAPSHOTS];

	begin();
	CHECK(test_append(store, 0, 50, 5, &err) == DCF_OK);
	CHECK(put_snapshot(0, 1, 1, 1) && snapshots(list) == 1 && list[0].position == 0);
	CHECK(put_snapshot(10, 5, 1000, 2) && put_snapshot(30, 3, DCF_STORE_PIECE_MAX, 3) && put_snapshot(20, 2, 77, 4));
	again();
	CHECK(snapshots(list) == 2 && list[0].position == 30 && list[1].position == 20);
	CHECK(list[0].pieces == 3 && list[0].bytes == 3 * (uint64_t)DCF_STORE_PIECE_MAX && list[1].bytes == 154);
	CHECK(snapshot_is(30, 3, DCF_STORE_PIECE_MAX, 3) && snapshot_is(20, 2, 77, 4));
	CHECK(!snapshot_is(10, 5, 1000, 2) && err.code == DCF_E_NOT_FOUND);
	/* Older than both: gone at once. */
	CHECK(put_snapshot(5, 1, 10, 9) && snapshots(list) == 2 && list[1].position == 20);
	/* The same position again replaces it. */
	CHECK(put_snapshot(30, 2, 500, 7) && snapshot_is(30, 2, 500, 7) && snapshots(list) == 2 && list[0].bytes == 1000);
	end();
}

static void an_unfinished_snapshot_does_not_exist(void)
{
	struct dcf_snapshot_info list[DCF_STORE_SNAPSHOTS];

	begin();
	CHECK(test_append(store, 0, 50, 5, &err) == DCF_OK && put_snapshot(10, 2, 100, 1));
	CHECK(put_piece(20, 0, false, 100, 2) == DCF_OK && put_piece(20, 1, false, 100, 2) == DCF_OK);
	CHECK(snapshots(list) == 1 && list[0].position == 10);
	CHECK(!snapshot_is(20, 2, 100, 2));
	again();
	CHECK(snapshots(list) == 1 && snapshot_is(10, 2, 100, 1));
	/* A new one begins with piece 0 and leaves nothing of the other. */
	CHECK(put_piece(25, 1, false, 100, 2) == DCF_E_RANGE);
	CHECK(put_piece(25, 0, true, 100, 5) == DCF_OK && snapshot_is(25, 1, 100, 5));
	CHECK(put_piece(20, 2, true, 100, 2) == DCF_E_RANGE);
	CHECK(snapshots(list) == 2);
	end();
}

static void wrong_pieces_are_refused(void)
{
	begin();
	CHECK(test_append(store, 0, 5, 5, &err) == DCF_OK);
	CHECK(put_piece(6, 0, true, 10, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, 0, true, 0, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, 0, true, DCF_STORE_PIECE_MAX + 1, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, 1, true, 10, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, DCF_STORE_PIECES_MAX, true, 10, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, 0, false, 10, 0) == DCF_OK);
	CHECK(put_piece(4, 1, false, 10, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, 2, false, 10, 0) == DCF_E_RANGE);
	CHECK(put_piece(5, 1, true, 10, 0) == DCF_OK && snapshot_is(5, 2, 10, 0));
	CHECK(dcf_store_snapshot_read(store, UINT64_MAX, look_at_piece, NULL, NULL) == DCF_E_NOT_FOUND);
	end();
}

static void a_callback_ends_reading_a_snapshot(void)
{
	struct pieces p = { .size = 10, .answer = DCF_E_AMBIGUOUS };

	begin();
	CHECK(put_snapshot(0, 3, 10, 0));
	err.code = DCF_OK;
	CHECK(dcf_store_snapshot_read(store, 0, look_at_piece, &p, &err) == DCF_E_AMBIGUOUS && p.count == 1 &&
	      err.code == DCF_OK);
	CHECK(put_snapshot(0, 1, 10, 0));
	end();
}

/* --- meta --------------------------------------------------------------------------------------------------------------------
 */

static bool meta_is(const char *key, const char *p, size_t n)
{
	struct dcf_buf b = { .from = &heap };
	bool same;

	dcf_buf_z(&b, "before");
	same = dcf_store_meta_get(store, key, &b, &err) == DCF_OK && b.len == n + 6 && memcmp(b.p + 6, p, n) == 0;
	dcf_buf_free(&b);
	return same;
}

static void meta_keeps_values(void)
{
	static char large[DCF_STORE_META_MAX + 1];
	char key[DCF_STORE_META_KEY_MAX + 2];

	begin();
	memset(key, 'k', sizeof key);
	key[DCF_STORE_META_KEY_MAX] = '\0';
	CHECK(dcf_store_meta_put(store, "origin", DCF_SPAN("a\0b"), &err) == DCF_OK && meta_is("origin", "a\0b", 3));
	CHECK(dcf_store_meta_put(store, "origin", DCF_SPAN("other"), &err) == DCF_OK && meta_is("origin", "other", 5));
	CHECK(dcf_store_meta_put(store, "handover.0", (struct dcf_span){ NULL, 0 }, &err) == DCF_OK &&
	      meta_is("handover.0", "", 0));
	CHECK(dcf_store_meta_put(store, key, (struct dcf_span){ large, DCF_STORE_META_MAX }, &err) == DCF_OK);
	CHECK(meta_is(key, large, DCF_STORE_META_MAX));
	CHECK(dcf_store_meta_put(store, "x", (struct dcf_span){ large, DCF_STORE_META_MAX + 1 }, &err) == DCF_E_LIMIT);
	key[DCF_STORE_META_KEY_MAX] = 'k';
	key[DCF_STORE_META_KEY_MAX + 1] = '\0';
	CHECK(dcf_store_meta_put(store, key, DCF_SPAN("x"), &err) == DCF_E_RANGE);
	CHECK(dcf_store_meta_put(store, "", DCF_SPAN("x"), &err) == DCF_E_RANGE);
	CHECK(dcf_store_meta_put(store, "A/../b", DCF_SPAN("x"), &err) == DCF_E_RANGE);
	CHECK(!meta_is("x", "", 0) && err.code == DCF_E_NOT_FOUND);
	again();
	CHECK(meta_is("origin", "other", 5) && meta_is("handover.0", "", 0));
	key[DCF_STORE_META_KEY_MAX] = '\0';
	CHECK(meta_is(key, large, DCF_STORE_META_MAX));
	end();
}

/* --- many at once ------------------------------------------------------------------------------------------------------------
 */

enum { CROWD_BATCHES = 60, CROWD_READERS = 4, CROWD_SIZE = 200 };

static bool crowd_over;
static long crowd_reads;

static void *read_in_crowd(void *arg)
{
	uint64_t least = 0, state = (uint64_t)(uintptr_t)arg;
	long bad = 0;

	while (!__atomic_load_n(&crowd_over, __ATOMIC_ACQUIRE)) {
		uint64_t n, from;

		if (dcf_store_head(store, &n, NULL, NULL) != DCF_OK || n < least)
			bad++;
		least = n;
		from = n ? test_random(&state) % n : 0;
		if (!test_all_there(store, from, n, CROWD_SIZE, NULL))
			bad++;
		__atomic_add_fetch(&crowd_reads, 1, __ATOMIC_RELAXED);
	}
	return (void *)bad;
}

static void readers_and_a_writer_work_at_once(void)
{
	pthread_t readers[CROWD_READERS];
	uint64_t at = 0;
	long reads;

	begin();
	crowd_over = false;
	crowd_reads = 0;
	for (intptr_t i = 0; i < CROWD_READERS; i++)
		pthread_create(&readers[i], NULL, read_in_crowd, (void *)(i + 1));
	for (int i = 0; i < CROWD_BATCHES; i++) {
		size_t n = 1 + (size_t)i % 7;

		CHECK_MSG(test_append(store, at, n, CROWD_SIZE, &err) == DCF_OK, "%s", err.text);
		at += n;
		if (i % 10 == 0)
			CHECK(put_piece(at, (uint32_t)0, true, 5000, i) == DCF_OK);
	}
	/* On a busy machine the readers may not have had their turn yet. */
	do {
		usleep(1000);
		reads = __atomic_load_n(&crowd_reads, __ATOMIC_RELAXED);
	} while (reads < CROWD_READERS);
	__atomic_store_n(&crowd_over, true, __ATOMIC_RELEASE);
	for (int i = 0; i < CROWD_READERS; i++) {
		void *bad;

		pthread_join(readers[i], &bad);
		CHECK_MSG(bad == NULL, "%ld bad reads", (long)(intptr_t)bad);
	}
	end();
}

static void *append_in_crowd(void *arg)
{
	uint64_t n;
	intptr_t done = 0;

	(void)arg;
	while (done < 25) {
		struct dcf_store_error e;
		enum dcf_status s = DCF_OK;

		if (dcf_store_head(store, &n, NULL, &e) == DCF_OK)
			s = test_append(store, n, 2, CROWD_SIZE, &e);
		if (s == DCF_OK)
			done++;
		else if (s != DCF_E_CONFLICT)
			return (void *)(intptr_t)s;
	}
	return NULL;
}

static void writers_take_turns(void)
{
	pthread_t writers[3];

	begin();
	for (int i = 0; i < 3; i++)
		pthread_create(&writers[i], NULL, append_in_crowd, NULL);
	for (int i = 0; i < 3; i++) {
		void *failed;

		pthread_join(writers[i], &failed);
		CHECK(failed == NULL);
	}
	CHECK(count_of(store) == 150 && test_all_there(store, 0, 150, CROWD_SIZE, NULL));
	end();
}

/* --- copies ------------------------------------------------------------------------------------------------------------------
 */

static void *append_meanwhile(void *arg)
{
	uint64_t *at = arg;

	while (!__atomic_load_n(&crowd_over, __ATOMIC_ACQUIRE)) {
		if (test_append(store, *at, 3, CROWD_SIZE, NULL) != DCF_OK)
			return arg;
		*at += 3;
	}
	return NULL;
}

static void look_at_copy(const char *path, uint64_t least)
{
	struct dcf_store *copy = NULL;
	struct dcf_buf b = { .from = &heap };
	uint64_t n;

	CHECK_MSG(dcf_sqlite_open(path, DCF_SQLITE_READ, &heap, &copy, &err) == DCF_OK, "%s", err.text);
	if (!copy)
		return;
	n = count_of(copy);
	CHECK_MSG(n >= least && n % 3 == 0 && test_all_there(copy, 0, n, CROWD_SIZE, NULL), "%llu entries",
		  (unsigned long long)n);
	CHECK(dcf_store_meta_get(copy, "origin", &b, &err) == DCF_OK && b.len == 3);
	CHECK(dcf_sqlite_check(copy, &err) == DCF_OK);
	CHECK(test_append(copy, n, 1, 1, &err) == DCF_E_REFUSED);
	dcf_buf_free(&b);
	dcf_store_close(copy);
}

static void a_backup_is_of_one_moment(void)
{
	char *folder = folder_begin(), path[600];
	uint64_t at = 300;
	pthread_t writer;
	void *failed;

	begin();
	snprintf(path, sizeof path, "%s/copy.sqlite3", folder);
	CHECK(test_append(store, 0, 300, CROWD_SIZE, &err) == DCF_OK);
	if (!engine->backs_up) {
		CHECK(dcf_store_backup(store, path, &err) == DCF_E_REFUSED && access(path, F_OK) != 0);
		goto done;
	}
	CHECK(dcf_store_meta_put(store, "origin", DCF_SPAN("abc"), &err) == DCF_OK);
	crowd_over = false;
	pthread_create(&writer, NULL, append_meanwhile, &at);
	for (int i = 0; i < 5; i++) {
		unlink(path);
		CHECK_MSG(dcf_store_backup(store, path, &err) == DCF_OK, "%s", err.text);
		look_at_copy(path, 300);
	}
	__atomic_store_n(&crowd_over, true, __ATOMIC_RELEASE);
	pthread_join(writer, &failed);
	CHECK(failed == NULL && count_of(store) == at);
	CHECK(dcf_store_backup(store, path, &err) == DCF_E_CONFLICT && strstr(err.text, path));
	snprintf(path, sizeof path, "%s/none/copy.sqlite3", folder);
	CHECK(dcf_store_backup(store, path, &err) == DCF_E_IO && strstr(err.text, "none"));
done:
	end();
	folder_end(folder);
}

/* --- a model -----------------------------------------------------------------------------------------------------------------
 */

enum { MODEL_MAX = 4000, MODEL_STEPS = 600 };

struct model {
	uint64_t state, count;
	uint16_t size[MODEL_MAX];
	bool erased[MODEL_MAX];
	int bad;
};

static void model_append(struct model *m)
{
	size_t n = test_random(&m->state) % 9, size = test_random(&m->state) % 3000;
	bool race = test_random(&m->state) % 8 == 0;

	if (m->count + n > MODEL_MAX)
		return;
	if (race) {
		m->bad += test_append(store, m->count + 1, n, size, &err) != DCF_E_CONFLICT;
		return;
	}
	m->bad += test_append(store, m->count, n, size, &err) != DCF_OK;
	for (size_t i = 0; i < n; i++)
		m->size[m->count + i] = (uint16_t)size;
	m->count += n;
}

static void model_erase(struct model *m)
{
	uint64_t at[3];
	size_t n = m->count ? test_random(&m->state) % 4 : 0;

	for (size_t i = 0; i < n; i++)
		at[i] = test_random(&m->state) % m->count;
	m->bad += dcf_store_erase(store, at, n, &err) != DCF_OK;
	for (size_t i = 0; i < n; i++)
		m->erased[at[i]] = true;
}

static enum dcf_status model_look(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct model *m = ctx;

	if (m->erased[position])
		m->bad += !e->erased || e->content.len != 0;
	else
		m->bad += !test_entry_is(e, position, m->size[position]);
	return DCF_OK;
}

static void model_read(struct model *m)
{
	uint64_t from = test_random(&m->state) % (m->count + 2), max = test_random(&m->state) % 100;

	m->bad += dcf_store_read(store, from, max, DCF_READ_ALL, model_look, m, &err) != DCF_OK;
	m->bad += count_of(store) != m->count;
}

static void it_does_what_a_model_does(void)
{
	static struct model m;

	m = (struct model){ .state = 20150920 };
	begin();
	for (int i = 0; i < MODEL_STEPS && m.bad == 0; i++) {
		uint64_t what = test_random(&m.state) % 20;

		if (what < 9)
			model_append(&m);
		else if (what < 11)
			model_erase(&m);
		else if (what < 19)
			model_read(&m);
		else
			again();
		CHECK_MSG(m.bad == 0, "step %d, seed 20150920: %s", i, err.text);
	}
	CHECK(dcf_store_read(store, 0, MODEL_MAX, DCF_READ_ALL, model_look, &m, &err) == DCF_OK && m.bad == 0 && m.count > 500);
	end();
}

int main(int argc, char **argv)
{
	engine = engine_named(argc > 1 ? argv[1] : "memory");
	if (!engine) {
		printf("Bail out! no engine '%s'\n", argv[1]);
		return 2;
	}
	return TAP_RUN(TAP(an_empty_store_is_empty), TAP(what_is_appended_is_there), TAP(no_content_is_not_erased_content),
		       TAP(the_largest_entry_fits), TAP(a_lost_race_writes_nothing), TAP(wrong_batches_are_refused),
		       TAP(a_full_batch_fits), TAP(reading_takes_any_range), TAP(a_callback_ends_the_reading),
		       TAP(commitments_can_be_read_alone), TAP(the_head_can_be_replaced_alone), TAP(tiles_come_back),
		       TAP(erasing_leaves_the_commitment), TAP(the_two_latest_snapshots_are_kept),
		       TAP(an_unfinished_snapshot_does_not_exist), TAP(wrong_pieces_are_refused),
		       TAP(a_callback_ends_reading_a_snapshot), TAP(meta_keeps_values), TAP(readers_and_a_writer_work_at_once),
		       TAP(writers_take_turns), TAP(a_backup_is_of_one_moment), TAP(it_does_what_a_model_does));
}
