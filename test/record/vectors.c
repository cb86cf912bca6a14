/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.c - print the test vectors of doc/protocol-record.md as src/record computes them; vectors.py compares.
 *
 *     NAME = VALUE      a text of several lines on one, its newlines as \n
 */
#include "crypto/text.h"
#include "record/keyring.h"
#include "record/merkle.h"
#include "record/note.h"
#include "record/proof_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENTRIES = 70000 };

static const struct dcf_span origin = { "example.com/node", 16 };
static struct dcf_hash commitments[ENTRIES];
static struct dcf_tile *tiles;
static size_t tile_count;
static struct dcf_tree tree;
static struct dcf_alloc heap;

static void must(enum dcf_status s, const char *what)
{
	if (s == DCF_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, dcf_status_text(s));
	exit(1);
}

/* --- the record of the vectors -----------------------------------------------------------------------------------------------
 */

static struct dcf_entry entry(size_t i, char room[static 32])
{
	char name[32];
	struct dcf_entry e = { .erased = false };
	struct dcf_hash h;

	snprintf(name, sizeof name, "salt %zu", i);
	h = dcf_sha256(dcf_span_of(name));
	memcpy(e.salt, h.b, sizeof e.salt);
	room[0] = '\0';
	if (i)
		snprintf(room, 32, "content %zu\n", i);
	e.content = dcf_span_of(room);
	e.commitment = dcf_entry_commit(e.salt, e.content);
	return e;
}

/* Tiles as a store would have them: complete ones kept, the others from the growing tree. */
static enum dcf_status read_tile(void *ctx, struct dcf_tile_id tile, struct dcf_hash *out)
{
	const struct dcf_hash *from = NULL;

	(void)ctx;
	for (size_t i = 0; i < tile_count; i++)
		if (tiles[i].level == tile.level && tiles[i].index == tile.index)
			from = tiles[i].hash;
	if (!from && tile.index == dcf_tile_count(tree.size, tile.level) && tile.width <= dcf_tile_open(tree.size, tile.level))
		from = tree.open[tile.level];
	if (!from)
		return DCF_E_NOT_FOUND;
	memcpy(out, from, tile.width * sizeof *out);
	return DCF_OK;
}

static const struct dcf_tile_source source = { read_tile, NULL };

static void grow(void)
{
	tiles = calloc((size_t)dcf_tiles_completed(0, ENTRIES), sizeof *tiles);
	if (!tiles)
		must(DCF_E_NOMEM, "tiles");
	for (size_t i = 0; i < ENTRIES; i++) {
		char room[32];
		struct dcf_hash leaf;

		commitments[i] = entry(i, room).commitment;
		leaf = dcf_entry_leaf(&commitments[i]);
		tile_count += dcf_tree_append(&tree, &leaf, 1, tiles + tile_count);
	}
}

/* --- printing ----------------------------------------------------------------------------------------------------------------
 */

static void put_hex(const void *bytes, size_t n)
{
	char text[129];

	text[dcf_text_write(DCF_TEXT_HEX, text, bytes, n)] = '\0';
	fputs(text, stdout);
}

static void hex(const char *name, const void *bytes, size_t n)
{
	printf("%s = ", name);
	put_hex(bytes, n);
	puts("");
}

static void hash(const char *name, struct dcf_hash h)
{
	hex(name, h.b, sizeof h.b);
}

static void one_line(const char *name, struct dcf_span text)
{
	printf("%s = ", name);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '\n')
			fputs("\\n", stdout);
		else
			putchar(text.p[i]);
	puts("");
}

static void proof(const char *name, uint64_t a, uint64_t b, const struct dcf_proof *p)
{
	printf("%s %" PRIu64 " %" PRIu64 " = ", name, a, b);
	for (size_t i = 0; i < p->count; i++) {
		fputs(i ? " " : "", stdout);
		put_hex(p->hash[i].b, sizeof p->hash[i].b);
	}
	puts(p->count ? "" : "(none)");
}

/* --- entries and tree --------------------------------------------------------------------------------------------------------
 */

static void entries(void)
{
	for (size_t i = 0; i < 3; i++) {
		char room[32], name[32];
		struct dcf_entry e = entry(i, room);

		snprintf(name, sizeof name, "salt %zu", i);
		hex(name, e.salt, sizeof e.salt);
		snprintf(name, sizeof name, "commitment %zu", i);
		hash(name, e.commitment);
		snprintf(name, sizeof name, "leaf %zu", i);
		hash(name, dcf_entry_leaf(&e.commitment));
	}
}

static struct dcf_hash root_at(uint64_t size)
{
	struct dcf_hash root;

	must(dcf_tree_root_at(&source, size, &root), "root");
	return root;
}

static void roots(void)
{
	static const uint64_t sizes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 256, 257, 65535, 65536, 65537, 70000 };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char name[32];

		snprintf(name, sizeof name, "root %" PRIu64, sizes[i]);
		hash(name, root_at(sizes[i]));
	}
}

static void proofs(void)
{
	static const uint64_t inclusion[][2] = { { 0, 1 },     { 0, 2 },     { 3, 5 },         { 4, 5 },
						 { 255, 256 }, { 256, 257 }, { 69999, 70000 }, { 12345, 70000 } };
	static const uint64_t consistency[][2] = { { 1, 2 },     { 3, 5 },     { 4, 7 },       { 6, 8 },
						   { 255, 257 }, { 256, 257 }, { 257, 65536 }, { 65537, 70000 } };
	struct dcf_proof p;

	for (size_t i = 0; i < sizeof inclusion / sizeof *inclusion; i++) {
		must(dcf_prove_inclusion(&source, inclusion[i][0], inclusion[i][1], &p), "inclusion");
		proof("inclusion", inclusion[i][0], inclusion[i][1], &p);
	}
	for (size_t i = 0; i < sizeof consistency / sizeof *consistency; i++) {
		must(dcf_prove_consistency(&source, consistency[i][0], consistency[i][1], &p), "consistency");
		proof("consistency", consistency[i][0], consistency[i][1], &p);
	}
}

/* --- tiles -------------------------------------------------------------------------------------------------------------------
 */

static void sha256_of(const char *path, const void *bytes, size_t n)
{
	char name[DCF_TILE_PATH_MAX + 16];

	snprintf(name, sizeof name, "sha256 of %s", path);
	hash(name, dcf_sha256((struct dcf_span){ bytes, n }));
}

static void tile_files(void)
{
	static const struct dcf_tile_id ids[] = { { 0, 1, 0 },   { 0, 256, 0 }, { 0, 112, 273 },
						  { 1, 256, 0 }, { 1, 17, 1 },  { 2, 1, 0 } };
	char path[DCF_TILE_PATH_MAX];

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct dcf_hash row[DCF_TILE_WIDTH];

		must(read_tile(NULL, ids[i], row), "tile");
		(void)dcf_tile_path(DCF_TILE_HASHES, ids[i], path);
		sha256_of(path, row, ids[i].width * sizeof *row);
	}
	for (size_t i = 0; i < 3; i++) {
		uint8_t bytes[DCF_BUNDLE_MAX];
		size_t n = dcf_bundle_write(commitments + ids[i].index * DCF_TILE_WIDTH, ids[i].width, bytes);

		(void)dcf_tile_path(DCF_TILE_ENTRIES, ids[i], path);
		sha256_of(path, bytes, n);
	}
}

static void paths(void)
{
	static const struct dcf_tile_id ids[] = {
		{ 0, 256, 1234067 }, { 0, 255, 999 }, { 0, 1, 1000 }, { 3, 7, 0 }, { 0, 255, ((uint64_t)1 << 55) - 1 }
	};
	char path[DCF_TILE_PATH_MAX];

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		(void)dcf_tile_path(DCF_TILE_HASHES, ids[i], path);
		printf("path %" PRIu32 " %" PRIu64 " %" PRIu32 " = %s\n", ids[i].level, ids[i].index, ids[i].width, path);
	}
}

static void content(void)
{
	struct dcf_buf file = { .from = &heap };
	char path[DCF_CONTENT_PATH_MAX], room[32];
	struct dcf_entry e = entry(1, room);

	dcf_content_path(&e.commitment, path);
	printf("path of content 1 = %s\n", path);
	dcf_content_put(&file, &e);
	hash("sha256 of content 1", dcf_sha256(dcf_buf_as_span(&file)));
	dcf_buf_free(&file);
}

/* --- keys, heads, proofs as text ---------------------------------------------------------------------------------------------
 */

static struct dcf_signing_key keys[2];
static struct dcf_signer signers[2];

static void make_keys(void)
{
	static const char *const names[] = { "first", "second" };

	for (size_t i = 0; i < 2; i++) {
		uint8_t seed[DCF_SEED_BYTES];
		char name[32], vkey[DCF_VKEY_MAX];

		for (size_t k = 0; k < sizeof seed; k++)
			seed[k] = (uint8_t)(i * 128 + k);
		dcf_signing_key_from_seed(&keys[i], seed);
		must(dcf_signer_make(&signers[i], origin, &keys[i]), "signer");
		snprintf(name, sizeof name, "%s seed", names[i]);
		hex(name, keys[i].seed, sizeof keys[i].seed);
		snprintf(name, sizeof name, "%s public key", names[i]);
		hex(name, keys[i].public_key.b, sizeof keys[i].public_key.b);
		(void)dcf_vkey_write(&signers[i].who, vkey);
		printf("%s vkey = %s\n", names[i], vkey);
	}
}

static void put_checkpoint(struct dcf_buf *out, uint64_t size, size_t count)
{
	struct dcf_checkpoint head = { .origin = origin, .size = size, .root = root_at(size) };

	must(dcf_checkpoint_sign(out, &head, signers, count), "checkpoint");
}

static void heads(void)
{
	static const uint64_t sizes[] = { 0, 5, 70000 };
	struct dcf_buf text = { .from = &heap };
	struct dcf_keyring ring = { .count = 0 };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char name[32];

		text.len = 0;
		put_checkpoint(&text, sizes[i], 1);
		snprintf(name, sizeof name, "checkpoint %" PRIu64, sizes[i]);
		one_line(name, dcf_buf_as_span(&text));
	}
	must(dcf_keyring_add(&ring, 0, &signers[0].who), "first key");
	must(dcf_keyring_add(&ring, 256, &signers[1].who), "second key");
	text.len = 0;
	dcf_keyring_put(&text, &ring);
	one_line("keys", dcf_buf_as_span(&text));
	text.len = 0;
	put_checkpoint(&text, 256, 2);
	one_line("handover 256", dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

static void inclusion_text(const char *name, const struct dcf_entry *e, struct dcf_span head)
{
	struct dcf_buf text = { .from = &heap };
	struct dcf_proof p;

	must(dcf_prove_inclusion(&source, 3, 5, &p), "inclusion");
	must(dcf_inclusion_put(&text, 3, &p, e, head), "inclusion as text");
	one_line(name, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

static void consistency_text(const char *name, uint64_t old, struct dcf_span head)
{
	struct dcf_buf text = { .from = &heap };
	struct dcf_proof p;

	must(dcf_prove_consistency(&source, old, 5, &p), "consistency");
	must(dcf_consistency_put(&text, old, &p, head), "consistency as text");
	one_line(name, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

static void proof_texts(void)
{
	struct dcf_buf head = { .from = &heap };
	char room[32];
	struct dcf_entry e = entry(3, room);

	put_checkpoint(&head, 5, 1);
	inclusion_text("inclusion proof 3 5", &e, dcf_buf_as_span(&head));
	e.erased = true;
	inclusion_text("inclusion proof 3 5, erased", &e, dcf_buf_as_span(&head));
	consistency_text("consistency proof 3 5", 3, dcf_buf_as_span(&head));
	consistency_text("consistency proof 0 5", 0, dcf_buf_as_span(&head));
	dcf_buf_free(&head);
}

int main(void)
{
	heap = dcf_alloc_heap();
	grow();
	entries();
	roots();
	proofs();
	tile_files();
	paths();
	content();
	make_keys();
	heads();
	proof_texts();
	free(tiles);
	return 0;
}
