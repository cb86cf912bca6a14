/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c ENGINE: a record in a store: growing, proving, verifying, handing over, and what it does when the store fails. */
#include "engines.h"
#include "tap.h"
#include "wrap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const struct engine *engine;
static void *place;
static struct dcf_store *store;
static struct dcf_log *mine;
static struct dcf_store_error err;
static struct dcf_alloc heap;
static struct signers by;

static void open_log(struct dcf_store *s)
{
	enum dcf_status status = dcf_log_open(s, &heap, NULL, &mine, &err);

	if (status != DCF_OK) {
		printf("Bail out! the record cannot be opened: %s\n", err.text);
		exit(1);
	}
}

static void begin(void)
{
	heap = dcf_alloc_heap();
	signers_make(&by);
	memset(&err, 0, sizeof err);
	place = engine->begin();
	store = engine->open(place, &err);
	if (!store || dcf_log_create(store, &heap, &by.who[0], &err) != DCF_OK) {
		printf("Bail out! %s cannot be opened: %s\n", engine->name, err.text);
		exit(1);
	}
	open_log(store);
}

static void end(void)
{
	dcf_log_close(mine);
	dcf_store_close(store);
	engine->end(place);
}

static enum dcf_status grow(size_t count)
{
	return test_log_append(mine, count, 40, &by.who[0], &err);
}

static uint64_t size_of(struct dcf_log *log, struct dcf_hash *root)
{
	uint64_t size = UINT64_MAX;

	CHECK(dcf_log_head(log, &size, root, NULL) == DCF_OK);
	return size;
}

static struct dcf_log_report report;

static enum dcf_status verify(struct dcf_store *s, const struct dcf_keyring *ring)
{
	return dcf_log_verify(s, &heap, ring, NULL, NULL, &report, &err);
}

/* The root of the first `n` of the tests' entries, by the definition. */
static struct dcf_hash root_of(size_t n, size_t size)
{
	struct dcf_hash *leaves = calloc(n + 1, sizeof *leaves), root;
	char *room = malloc(size + 1);

	for (size_t i = 0; i < n; i++) {
		struct dcf_entry e = test_entry(i, room, size);

		leaves[i] = dcf_entry_leaf(&e.commitment);
	}
	root = dcf_merkle_root(leaves, n);
	free(room);
	free(leaves);
	return root;
}

static void a_record_is_begun_once(void)
{
	struct dcf_log *other = NULL;
	void *elsewhere = NULL;
	struct dcf_hash root, empty = dcf_merkle_empty();

	begin();
	CHECK(size_of(mine, &root) == 0 && dcf_hash_eq(&root, &empty));
	CHECK(verify(store, NULL) == DCF_OK && report.size == 0 && strcmp(report.origin, "example.com/record") == 0);
	CHECK(dcf_log_create(store, &heap, &by.who[0], &err) == DCF_E_CONFLICT);
	CHECK(dcf_log_create(store, &heap, &by.who[1], &err) == DCF_E_CONFLICT);
	CHECK(grow(3) == DCF_OK);
	end();
	elsewhere = engine->begin();
	store = engine->open(elsewhere, &err);
	CHECK(dcf_log_open(store, &heap, NULL, &other, &err) == DCF_E_NOT_FOUND && !other);
	CHECK(verify(store, NULL) == DCF_E_NOT_FOUND && report.what[0] == '\0');
	dcf_store_close(store);
	engine->end(elsewhere);
}

/* Sizes around everything that happens to tiles. */
static const size_t sizes[] = { 1, 2, 3, 255, 256, 257, 511, 512, 700, 65535, 65536, 65537, 65792, 66000 };

static void roots_are_those_of_the_definition(void)
{
	struct dcf_hash root, wanted;
	size_t at = 0;

	begin();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CHECK_MSG(grow(sizes[i] - at) == DCF_OK, "%s", err.text);
		at = sizes[i];
		wanted = root_of(at, 40);
		CHECK_MSG(size_of(mine, &root) == at && dcf_hash_eq(&root, &wanted), "size %zu", at);
		/* What was written is what a new start finds. */
		dcf_log_close(mine);
		open_log(store);
		CHECK_MSG(size_of(mine, &root) == at && dcf_hash_eq(&root, &wanted), "size %zu, opened again", at);
	}
	CHECK_MSG(verify(store, NULL) == DCF_OK, "%s", report.what);
	CHECK(report.entries == 66000 && report.tiles == 257 + 1 && report.bytes == 66000 * 40 && report.erased == 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		wanted = root_of(sizes[i], 40);
		CHECK_MSG(dcf_log_root_at(mine, sizes[i], &root, &err) == DCF_OK && dcf_hash_eq(&root, &wanted), "size %zu",
			  sizes[i]);
	}
	CHECK(dcf_log_root_at(mine, 66001, &root, &err) == DCF_E_RANGE);
	end();
}

static bool inclusion_holds(uint64_t index, uint64_t size)
{
	struct dcf_proof proof;
	struct dcf_hash root, leaf;
	struct dcf_entry e;
	char room[40];

	e = test_entry(index, room, sizeof room);
	leaf = dcf_entry_leaf(&e.commitment);
	return dcf_log_prove_inclusion(mine, index, size, &proof, &err) == DCF_OK &&
	       dcf_log_root_at(mine, size, &root, &err) == DCF_OK && dcf_inclusion_holds(&leaf, index, size, &proof, &root) &&
	       !dcf_inclusion_holds(&leaf, index ^ 1, size, &proof, &root);
}

static bool consistency_holds(uint64_t old, uint64_t to)
{
	struct dcf_proof proof;
	struct dcf_hash root, before;

	return dcf_log_prove_consistency(mine, old, to, &proof, &err) == DCF_OK &&
	       dcf_log_root_at(mine, to, &root, &err) == DCF_OK && dcf_log_root_at(mine, old, &before, &err) == DCF_OK &&
	       dcf_consistency_holds(old, &before, to, &root, &proof);
}

static void proofs_hold(void)
{
	struct dcf_proof proof;
	uint64_t state = 7;

	begin();
	CHECK(grow(60000) == DCF_OK && grow(6000) == DCF_OK);
	for (int i = 0; i < 200; i++) {
		uint64_t size = 2 + test_random(&state) % (i % 2 ? 65999 : 600), index = test_random(&state) % size;

		CHECK_MSG(inclusion_holds(index, size), "entry %d of %d", (int)index, (int)size);
		CHECK_MSG(consistency_holds(index, size), "%d to %d", (int)index, (int)size);
	}
	CHECK(consistency_holds(66000, 66000) && consistency_holds(0, 66000));
	CHECK(dcf_log_prove_inclusion(mine, 5, 66001, &proof, &err) == DCF_E_RANGE);
	CHECK(dcf_log_prove_inclusion(mine, 5, 5, &proof, &err) == DCF_E_RANGE);
	CHECK(dcf_log_prove_consistency(mine, 6, 5, &proof, &err) == DCF_E_RANGE);
	CHECK(dcf_log_prove_consistency(mine, 6, 66001, &proof, &err) == DCF_E_RANGE);
	end();
}

static void the_published_tiles_are_those_of_the_size(void)
{
	struct dcf_tile_source tiles;
	struct dcf_hash hashes[DCF_TILE_WIDTH];
	static const struct {
		struct dcf_tile_id id;
		enum dcf_status status;
	} rows[] = {
		{ { 0, 256, 0 }, DCF_OK },        { { 0, 256, 1 }, DCF_OK },          { { 0, 88, 2 }, DCF_OK },
		{ { 0, 1, 2 }, DCF_OK },          { { 0, 89, 2 }, DCF_E_NOT_FOUND },  { { 0, 1, 3 }, DCF_E_NOT_FOUND },
		{ { 1, 2, 0 }, DCF_OK },          { { 1, 3, 0 }, DCF_E_NOT_FOUND },   { { 2, 1, 0 }, DCF_E_NOT_FOUND },
		{ { 9, 1, 0 }, DCF_E_NOT_FOUND }, { { 0, 300, 0 }, DCF_E_NOT_FOUND }, { { 0, 0, 0 }, DCF_E_NOT_FOUND },
	};

	begin();
	CHECK(grow(600) == DCF_OK);
	tiles = dcf_log_tiles(mine);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK_MSG(tiles.read(tiles.ctx, rows[i].id, hashes) == rows[i].status, "row %zu", i);
	end();
}

static void only_the_records_key_signs(void)
{
	uint64_t first = 99;
	struct dcf_entry e = { .content = DCF_SPAN("x") };

	begin();
	CHECK(dcf_log_append(mine, &e, 1, &by.who[1], &first, &err) == DCF_E_REFUSED && first == 99);
	CHECK(dcf_log_append(mine, &e, 1, &by.who[0], &first, &err) == DCF_OK && first == 0);
	CHECK(dcf_log_append(mine, &e, 0, &by.who[0], &first, &err) == DCF_OK && first == 1);
	CHECK(dcf_log_append(mine, &e, (size_t)DCF_STORE_BATCH_MAX + 1, &by.who[0], NULL, &err) == DCF_E_LIMIT);
	/* Refused for its arguments: the next one goes on. */
	e.content.len = (size_t)DCF_CONTENT_MAX + 1;
	e.content.p = calloc(1, e.content.len);
	CHECK(dcf_log_append(mine, &e, 1, &by.who[0], NULL, &err) == DCF_E_LIMIT);
	free((void *)(uintptr_t)e.content.p);
	e.content = DCF_SPAN("y");
	CHECK(dcf_log_append(mine, &e, 1, &by.who[0], NULL, &err) == DCF_OK && size_of(mine, NULL) == 2);
	end();
}

static void one_key_hands_over_to_the_next(void)
{
	static struct dcf_keyring ring, first, last, stranger;

	begin();
	CHECK(dcf_log_rotate(mine, &by.who[0], &by.who[1], &err) == DCF_E_RANGE);
	CHECK(grow(300) == DCF_OK);
	CHECK(dcf_log_rotate(mine, &by.who[1], &by.who[0], &err) == DCF_E_REFUSED);
	CHECK_MSG(dcf_log_rotate(mine, &by.who[0], &by.who[1], &err) == DCF_OK, "%s", err.text);
	CHECK(verify(store, NULL) == DCF_OK && report.keys == 2);
	CHECK(dcf_log_rotate(mine, &by.who[1], &by.who[2], &err) == DCF_E_RANGE);
	CHECK(test_log_append(mine, 5, 40, &by.who[0], &err) == DCF_E_REFUSED);
	CHECK_MSG(test_log_append(mine, 5, 40, &by.who[1], &err) == DCF_OK, "%s", err.text);
	CHECK(dcf_log_rotate(mine, &by.who[1], &by.who[2], &err) == DCF_OK);
	CHECK(test_log_append(mine, 500, 40, &by.who[2], &err) == DCF_OK);
	dcf_log_close(mine);
	open_log(store);
	dcf_log_keys(mine, &ring);
	CHECK(ring.count == 3 && ring.key[1].from == 300 && ring.key[2].from == 305);
	CHECK(verify(store, NULL) == DCF_OK && report.keys == 3 && report.size == 805);
	/* Whoever trusts the first key alone, or the last, can follow; a stranger's key says nothing. */
	CHECK(dcf_keyring_add(&first, 0, &by.who[0].who) == DCF_OK && verify(store, &first) == DCF_OK && report.keys == 3);
	CHECK(dcf_keyring_add(&last, 0, &by.who[2].who) == DCF_OK && verify(store, &last) == DCF_OK);
	by.key[0].seed[0] ^= 1;
	dcf_signing_key_from_seed(&by.key[0], by.key[0].seed);
	CHECK(dcf_signer_make(&by.who[0], DCF_SPAN("example.com/record"), &by.key[0]) == DCF_OK);
	CHECK(dcf_keyring_add(&stranger, 0, &by.who[0].who) == DCF_OK && verify(store, &stranger) == DCF_E_CORRUPT);
	CHECK(report.first_bad == 0 && report.what[0]);
	end();
}

/* --- what does not verify ----------------------------------------------------------------------------------------------------
 */

enum spoil {
	SPOIL_NOTHING,
	SPOIL_CONTENT,
	SPOIL_SALT,
	SPOIL_COMMITMENT,
	SPOIL_ERASED,
	SPOIL_TILE,
	SPOIL_NO_TILE,
	SPOIL_HEAD,
	SPOIL_SHORT,
	SPOIL_HANDOVER,
	SPOIL_KEYS,
	SPOIL_BOTH
};

/* A store whose bytes were changed behind the record's back: what is read goes through `spoil`. */
struct spoilt {
	struct dcf_store base;
	struct dcf_store *inner;
	enum spoil how;
	uint64_t at;
	struct dcf_store_ops ops;
};

struct spoiling {
	const struct spoilt *s;
	dcf_store_each *each;
	void *ctx;
};

static enum dcf_status spoil_entry(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	const struct spoiling *g = ctx;
	struct dcf_entry changed = *e;
	char content[64];

	/* Commitments alone may be read too. */
	if (position == g->s->at && e->content.len < sizeof content) {
		content[0] = '\0';
		if (e->content.len)
			memcpy(content, e->content.p, e->content.len);
		content[0] ^= 1;
		if (g->s->how == SPOIL_CONTENT || g->s->how == SPOIL_BOTH)
			changed.content.p = content;
		if (g->s->how == SPOIL_SALT)
			changed.salt[0] ^= 0x80;
		if (g->s->how == SPOIL_COMMITMENT)
			changed.commitment.b[31] ^= 1;
		/* A commitment that fits what it should not be. */
		if (g->s->how == SPOIL_BOTH)
			changed.commitment = dcf_entry_commit(changed.salt, changed.content);
		if (g->s->how == SPOIL_ERASED) {
			changed = (struct dcf_entry){ .commitment = e->commitment, .erased = true };
			changed.commitment.b[0] ^= 1;
		}
	}
	return g->each(g->ctx, position, &changed);
}

static enum dcf_status spoilt_read(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what,
				   dcf_store_each *each, void *ctx, struct dcf_store_error *e)
{
	struct spoilt *x = (struct spoilt *)s;
	struct spoiling g = { x, each, ctx };

	if (x->how == SPOIL_SHORT)
		max = from >= x->at ? 0 : max < x->at - from ? max : x->at - from;
	return dcf_store_read(x->inner, from, max, what, spoil_entry, &g, e);
}

static enum dcf_status spoilt_head(struct dcf_store *s, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *e)
{
	struct spoilt *x = (struct spoilt *)s;
	enum dcf_status status = dcf_store_head(x->inner, count, note, e);

	if (x->how == SPOIL_HEAD && note && note->len > x->at)
		note->p[x->at] ^= 1;
	return status;
}

static enum dcf_status spoilt_tile(struct dcf_store *s, uint32_t level, uint64_t number, struct dcf_hash hashes[DCF_TILE_WIDTH],
				   struct dcf_store_error *e)
{
	struct spoilt *x = (struct spoilt *)s;
	bool here = level == 0 && number == x->at / DCF_TILE_WIDTH;

	enum dcf_status status = dcf_store_tile(x->inner, level, number, hashes, e);

	if (x->how == SPOIL_NO_TILE && here)
		return dcf_store_fail(e, DCF_E_NOT_FOUND, "no tile");
	if (x->how == SPOIL_TILE && here)
		hashes[x->at % DCF_TILE_WIDTH].b[3] ^= 4;
	return status;
}

static enum dcf_status spoilt_meta_get(struct dcf_store *s, const char *key, struct dcf_buf *value, struct dcf_store_error *e)
{
	struct spoilt *x = (struct spoilt *)s;
	size_t before = value->len;
	enum dcf_status status = dcf_store_meta_get(x->inner, key, value, e);

	if (status == DCF_OK &&
	    ((x->how == SPOIL_HANDOVER && strncmp(key, "handover", 8) == 0) ||
	     (x->how == SPOIL_KEYS && strcmp(key, "keys") == 0)) &&
	    before + x->at < value->len)
		value->p[before + x->at] ^= 1;
	return status;
}

static struct dcf_store *spoil(struct spoilt *x, struct dcf_store *inner)
{
	*x = (struct spoilt){ .inner = inner, .ops = *inner->ops };
	x->ops.read = spoilt_read;
	x->ops.head = spoilt_head;
	x->ops.tile = spoilt_tile;
	x->ops.meta_get = spoilt_meta_get;
	x->base.ops = &x->ops;
	return &x->base;
}

static void what_was_changed_is_found(void)
{
	/* Handed over at 400. */
	static const struct {
		enum spoil how;
		uint64_t at, first_bad;
	} rows[] = {
		{ SPOIL_CONTENT, 0, 0 },      { SPOIL_CONTENT, 599, 599 },    { SPOIL_SALT, 300, 300 },
		{ SPOIL_COMMITMENT, 17, 17 }, { SPOIL_COMMITMENT, 599, 599 }, { SPOIL_ERASED, 200, 200 },
		{ SPOIL_BOTH, 255, 255 },     { SPOIL_BOTH, 450, 450 },       { SPOIL_ERASED, 580, 400 },
		{ SPOIL_BOTH, 590, 400 },     { SPOIL_TILE, 77, 77 },         { SPOIL_TILE, 511, 511 },
		{ SPOIL_NO_TILE, 300, 256 },  { SPOIL_HEAD, 3, 0 },           { SPOIL_HEAD, 19, 0 },
		{ SPOIL_HEAD, 40, 0 },        { SPOIL_HEAD, 150, 0 },         { SPOIL_SHORT, 0, 0 },
		{ SPOIL_SHORT, 399, 399 },    { SPOIL_SHORT, 599, 599 },      { SPOIL_HANDOVER, 40, 0 },
		{ SPOIL_HANDOVER, 150, 0 },   { SPOIL_KEYS, 30, 0 },          { SPOIL_KEYS, 120, 0 },
	};
	static struct spoilt x;
	struct dcf_store *spoilt;

	begin();
	CHECK(grow(400) == DCF_OK && dcf_log_rotate(mine, &by.who[0], &by.who[1], &err) == DCF_OK);
	CHECK(test_log_append(mine, 200, 40, &by.who[1], &err) == DCF_OK);
	spoilt = spoil(&x, store);
	CHECK_MSG(verify(spoilt, NULL) == DCF_OK && report.first_bad == 0, "%s", report.what);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		memset(&err, 0, sizeof err);
		x.how = rows[i].how;
		x.at = rows[i].at;
		CHECK_MSG(verify(spoilt, NULL) == DCF_E_CORRUPT && err.code == DCF_E_CORRUPT, "row %zu", i);
		CHECK_MSG(report.what[0] && report.first_bad == rows[i].first_bad, "row %zu: %llu, %s", i,
			  (unsigned long long)report.first_bad, report.what);
	}
	end();
}

/* A handover that both keys signed, over another tree: two holders of keys who agree to lie about what was before. */
static void a_handover_over_another_tree_is_found(void)
{
	struct dcf_checkpoint cp = { .origin = DCF_SPAN("example.com/record"), .size = 300 };
	struct dcf_buf note = { .from = &heap };

	begin();
	CHECK(grow(300) == DCF_OK && dcf_log_rotate(mine, &by.who[0], &by.who[1], &err) == DCF_OK);
	CHECK(test_log_append(mine, 20, 40, &by.who[1], &err) == DCF_OK);
	cp.root.b[5] = 1;
	CHECK(dcf_checkpoint_sign(&note, &cp, by.who, 2) == DCF_OK);
	CHECK(dcf_store_meta_put(store, "handover.300", dcf_buf_as_span(&note), &err) == DCF_OK);
	CHECK(verify(store, NULL) == DCF_E_CORRUPT && report.first_bad == 0 && strstr(report.what, "another tree"));
	dcf_buf_free(&note);
	end();
}

static void keys_beyond_the_record_are_found(void)
{
	static struct dcf_keyring ring;
	struct dcf_buf text = { .from = &heap };

	begin();
	CHECK(grow(30) == DCF_OK);
	dcf_log_keys(mine, &ring);
	CHECK(dcf_keyring_add(&ring, 31, &by.who[1].who) == DCF_OK);
	dcf_keyring_put(&text, &ring);
	CHECK(dcf_store_meta_put(store, "keys", dcf_buf_as_span(&text), &err) == DCF_OK);
	CHECK(verify(store, NULL) == DCF_E_CORRUPT && report.first_bad == 30 && strstr(report.what, "shorter"));
	dcf_buf_free(&text);
	end();
}

static void a_spoilt_store_is_not_opened(void)
{
	/* What opening looks at: the head, the keys, and the right edge. */
	static const struct {
		enum spoil how;
		uint64_t at;
	} rows[] = { { SPOIL_HEAD, 40 }, { SPOIL_KEYS, 30 },  { SPOIL_COMMITMENT, 590 }, { SPOIL_SHORT, 599 },
		     { SPOIL_TILE, 5 },  { SPOIL_TILE, 300 }, { SPOIL_NO_TILE, 300 } };
	static struct spoilt x;
	struct dcf_log *other;

	begin();
	CHECK(grow(600) == DCF_OK);
	spoil(&x, store);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		x.how = rows[i].how;
		x.at = rows[i].at;
		CHECK_MSG(dcf_log_open(&x.base, &heap, NULL, &other, &err) == DCF_E_CORRUPT && !other, "row %zu", i);
	}
	end();
}

static void erased_entries_verify(void)
{
	uint64_t gone[300];

	begin();
	CHECK(grow(600) == DCF_OK);
	for (size_t i = 0; i < 300; i++)
		gone[i] = 2 * i;
	CHECK(dcf_store_erase(store, gone, 300, &err) == DCF_OK);
	CHECK(verify(store, NULL) == DCF_OK && report.erased == 300 && report.entries == 600 && report.bytes == 300 * 40);
	CHECK(inclusion_holds(4, 600));
	CHECK(grow(10) == DCF_OK);
	end();
}

static bool stop_soon(void *ctx, uint64_t done, uint64_t of)
{
	CHECK(done <= of && of == 20000);
	return ++*(int *)ctx < 2;
}

static void a_verification_can_be_stopped(void)
{
	int n = 0;

	begin();
	CHECK(grow(20000) == DCF_OK);
	CHECK(dcf_log_verify(store, &heap, NULL, stop_soon, &n, &report, &err) == DCF_E_REFUSED && n == 2 && !report.what[0]);
	end();
}

/* --- a store that fails ------------------------------------------------------------------------------------------------------
 */

/* Ten appends through the failing store, going on as a server would: reload after a failure.  Returns how many entries were
 * acknowledged. */
static uint64_t live_through(struct dcf_store *s, uint64_t *possible)
{
	struct dcf_log *log = NULL;
	uint64_t acknowledged = 0, at;

	*possible = 0;
	for (int i = 0; i < 10; i++) {
		enum dcf_status status = DCF_OK;

		if (!log && dcf_log_open(s, &heap, NULL, &log, &err) != DCF_OK)
			continue;
		at = size_of(log, NULL);
		CHECK_MSG(at >= acknowledged, "%llu entries were acknowledged, %llu are there",
			  (unsigned long long)acknowledged, (unsigned long long)at);
		status = test_log_append(log, 100, 40, &by.who[0], &err);
		*possible += 100;
		if (status == DCF_OK) {
			acknowledged = at + 100;
			continue;
		}
		/* Nothing more goes in before the store was read again. */
		CHECK(test_log_append(log, 1, 40, &by.who[0], &err) == DCF_E_REFUSED && size_of(log, NULL) == at);
		if (dcf_log_reload(log, &err) != DCF_OK) {
			dcf_log_close(log);
			log = NULL;
		}
	}
	dcf_log_close(log);
	return acknowledged;
}

static void every_call_of_the_seam_may_fail(void)
{
	static const enum dcf_status with[] = { DCF_E_IO, DCF_E_FULL, DCF_E_NOMEM, DCF_E_BUSY };
	long n = 0, failed = 1;

	for (; failed; n++) {
		failed = 0;
		for (int k = 0; k < 4; k++) {
			struct wrap w;
			uint64_t acknowledged, possible;

			begin();
			wrap_around(&w, store);
			w.fail_at = n;
			w.mode = k & 1 ? WRAP_AFTER : WRAP_BEFORE;
			w.from_then_on = (k & 2) != 0;
			w.status = with[n % 4];
			acknowledged = live_through(&w.base, &possible);
			failed += w.failed;
			dcf_log_close(mine);
			open_log(store);
			CHECK_MSG(size_of(mine, NULL) >= acknowledged && size_of(mine, NULL) <= possible, "call %ld, way %d", n,
				  k);
			CHECK_MSG(verify(store, NULL) == DCF_OK, "call %ld, way %d: %s", n, k, report.what);
			CHECK(test_all_there(store, 0, size_of(mine, NULL), 40, NULL));
			end();
		}
	}
	CHECK_MSG(n > 12, "%ld calls", n);
}

static void a_record_may_fail_to_begin(void)
{
	for (long n = 0, failed = 1; failed; n++) {
		struct wrap w;
		enum dcf_status status;

		heap = dcf_alloc_heap();
		signers_make(&by);
		place = engine->begin();
		store = engine->open(place, &err);
		wrap_around(&w, store);
		w.fail_at = n;
		w.mode = n % 2 ? WRAP_AFTER : WRAP_BEFORE;
		status = dcf_log_create(&w.base, &heap, &by.who[0], &err);
		failed = w.failed;
		CHECK_MSG((status == DCF_E_IO) == (failed != 0), "call %ld: %s", n, err.text);
		/* Another key does not go on with it; the same one does, unless it had been done. */
		if (n > 3 && failed)
			CHECK(dcf_log_create(store, &heap, &by.who[1], &err) == DCF_E_CONFLICT);
		status = dcf_log_create(store, &heap, &by.who[0], &err);
		CHECK_MSG(status == DCF_OK || status == DCF_E_CONFLICT, "call %ld: %s", n, err.text);
		open_log(store);
		CHECK(grow(3) == DCF_OK && verify(store, NULL) == DCF_OK);
		end();
	}
}

static void a_handover_may_fail(void)
{
	for (long n = 0, failed = 1; failed; n++) {
		for (int mode = WRAP_BEFORE; mode <= WRAP_AFTER; mode++) {
			struct wrap w;
			static struct dcf_keyring ring;
			enum dcf_status status;

			begin();
			CHECK(grow(10) == DCF_OK);
			dcf_log_close(mine);
			wrap_around(&w, store);
			open_log(&w.base);
			w.mode = (enum wrap_mode)mode;
			w.calls = 0;
			w.fail_at = n;
			status = dcf_log_rotate(mine, &by.who[0], &by.who[1], &err);
			failed = w.failed;
			CHECK((status == DCF_OK) == !failed);
			CHECK_MSG(verify(store, NULL) == DCF_OK, "call %ld: %s", n, report.what);
			if (status != DCF_OK)
				CHECK(test_log_append(mine, 1, 40, &by.who[0], &err) == DCF_E_REFUSED);
			w.fail_at = -1;
			CHECK_MSG(dcf_log_reload(mine, &err) == DCF_OK, "%s", err.text);
			dcf_log_keys(mine, &ring);
			/* Whichever key it is now, it signs; and the handover can be had. */
			if (ring.count == 1)
				CHECK_MSG(dcf_log_rotate(mine, &by.who[0], &by.who[1], &err) == DCF_OK, "%s", err.text);
			CHECK(test_log_append(mine, 5, 40, &by.who[1], &err) == DCF_OK);
			CHECK_MSG(verify(store, NULL) == DCF_OK && report.keys == 2, "%s", report.what);
			end();
		}
	}
}

static void two_logs_on_one_store_take_turns(void)
{
	struct dcf_log *other;

	begin();
	CHECK(dcf_log_open(store, &heap, NULL, &other, &err) == DCF_OK);
	CHECK(grow(300) == DCF_OK);
	CHECK(test_log_append(other, 1, 40, &by.who[0], &err) == DCF_E_CONFLICT);
	CHECK(dcf_log_reload(other, &err) == DCF_OK && size_of(other, NULL) == 300);
	CHECK(test_log_append(other, 300, 40, &by.who[0], &err) == DCF_OK);
	CHECK(grow(1) == DCF_E_CONFLICT && dcf_log_reload(mine, &err) == DCF_OK && grow(1) == DCF_OK);
	CHECK(verify(store, NULL) == DCF_OK && report.size == 601);
	dcf_log_close(other);
	end();
}

/* A log whose store was exchanged for another record of the same key. */
static void another_history_is_not_taken_on(void)
{
	struct spoilt x;
	struct dcf_log *log;
	struct dcf_store *first;
	void *first_place;

	begin();
	CHECK(grow(10) == DCF_OK);
	dcf_log_close(mine);
	first = store;
	first_place = place;
	begin();
	CHECK(test_log_append(mine, 20, 41, &by.who[0], &err) == DCF_OK);
	spoil(&x, first);
	CHECK(dcf_log_open(&x.base, &heap, NULL, &log, &err) == DCF_OK);
	x.inner = store;
	CHECK(dcf_log_reload(log, &err) == DCF_E_CORRUPT && size_of(log, NULL) == 10);
	dcf_log_close(log);
	end();
	dcf_store_close(first);
	engine->end(first_place);
}

static void memory_may_run_out(void)
{
	begin();
	CHECK(grow(300) == DCF_OK);
	for (long n = 0, failed = 1; failed; n++) {
		struct failing f = { .fail_at = n };
		struct dcf_alloc alloc = failing_alloc(&f);
		struct dcf_log *log = NULL;
		enum dcf_status s = dcf_log_open(store, &alloc, NULL, &log, &err);

		if (s == DCF_OK)
			s = test_log_append(log, 300, 40, &by.who[0], &err);
		CHECK_MSG(s == DCF_OK || s == DCF_E_NOMEM, "allocation %ld: %s", n, err.text);
		dcf_log_close(log);
		CHECK_MSG(f.live == 0, "allocation %ld: %ld blocks", n, f.live);
		failed = f.calls > f.fail_at;
		f = (struct failing){ .fail_at = n };
		s = dcf_log_verify(store, &alloc, NULL, NULL, NULL, &report, &err);
		CHECK_MSG(s == DCF_OK || s == DCF_E_NOMEM, "allocation %ld: %s %s", n, err.text, report.what);
		CHECK(f.live == 0);
		failed |= f.calls > f.fail_at;
	}
	end();
}

/* --- readers of proofs beside the writer -------------------------------------------------------------------------------------
 */

static bool over;
static long proofs;

static void *prove_in_crowd(void *arg)
{
	uint64_t state = (uint64_t)(uintptr_t)arg;
	long bad = 0;

	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		struct dcf_store_error e;
		struct dcf_proof proof;
		struct dcf_hash root, then;
		uint64_t size, old;

		if (dcf_log_head(mine, &size, &root, NULL) != DCF_OK || size == 0)
			continue;
		old = test_random(&state) % size;
		bad += dcf_log_prove_consistency(mine, old, size, &proof, &e) != DCF_OK ||
		       dcf_log_root_at(mine, old, &then, &e) != DCF_OK ||
		       !dcf_consistency_holds(old, &then, size, &root, &proof);
		__atomic_add_fetch(&proofs, 1, __ATOMIC_RELAXED);
	}
	return (void *)bad;
}

static void proofs_are_made_while_it_grows(void)
{
	pthread_t readers[3];

	begin();
	over = false;
	proofs = 0;
	for (intptr_t i = 0; i < 3; i++)
		pthread_create(&readers[i], NULL, prove_in_crowd, (void *)(i + 1));
	for (int i = 0; i < 60 || __atomic_load_n(&proofs, __ATOMIC_RELAXED) < 30; i++)
		CHECK(grow(1 + (size_t)i % 200) == DCF_OK);
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	for (int i = 0; i < 3; i++) {
		void *bad;

		pthread_join(readers[i], &bad);
		CHECK_MSG(bad == NULL, "%ld bad proofs", (long)(intptr_t)bad);
	}
	end();
}

int main(int argc, char **argv)
{
	engine = engine_named(argc > 1 ? argv[1] : "memory");
	if (!engine) {
		printf("Bail out! no engine '%s'\n", argv[1]);
		return 2;
	}
	return TAP_RUN(TAP(a_record_is_begun_once), TAP(roots_are_those_of_the_definition), TAP(proofs_hold),
		       TAP(the_published_tiles_are_those_of_the_size), TAP(only_the_records_key_signs),
		       TAP(one_key_hands_over_to_the_next), TAP(what_was_changed_is_found),
		       TAP(a_handover_over_another_tree_is_found), TAP(keys_beyond_the_record_are_found),
		       TAP(a_spoilt_store_is_not_opened), TAP(erased_entries_verify), TAP(a_verification_can_be_stopped),
		       TAP(every_call_of_the_seam_may_fail), TAP(a_record_may_fail_to_begin), TAP(a_handover_may_fail),
		       TAP(two_logs_on_one_store_take_turns), TAP(another_history_is_not_taken_on), TAP(memory_may_run_out),
		       TAP(proofs_are_made_while_it_grows));
}
