/* SPDX-License-Identifier: Apache-2.0 */
/* test_tile.c - entries, and the tiles, bundles and contents that a folder of a record is made of. */
#include "record/entry.h"
#include "record/merkle.h"
#include "record/tile.h"
#include "tap.h"

#include <inttypes.h>
#include <stdlib.h>

static struct dcf_hash hash_of(const char *z)
{
	return dcf_sha256(dcf_span_of(z));
}

/* --- entries -----------------------------------------------------------------------------------------------------------------
 */

static void a_commitment_binds_salt_and_content(void)
{
	char content[] = "some content";
	struct dcf_entry e = { .content = { content, sizeof content - 1 } };
	struct dcf_hash h = hash_of("a salt");

	memcpy(e.salt, h.b, sizeof e.salt);
	e.commitment = dcf_entry_commit(e.salt, e.content);
	CHECK(dcf_entry_holds(&e));
	for (size_t bit = 0; bit < 8 * sizeof e.salt; bit++) {
		e.salt[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(!dcf_entry_holds(&e));
		e.salt[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * e.content.len; bit++) {
		content[bit / 8] = (char)(content[bit / 8] ^ 1 << bit % 8);
		CHECK(!dcf_entry_holds(&e));
		content[bit / 8] = (char)(content[bit / 8] ^ 1 << bit % 8);
	}
	for (e.content.len = 0; e.content.len < sizeof content - 1; e.content.len++)
		CHECK(!dcf_entry_holds(&e));
	CHECK(dcf_entry_holds(&e));
	/* Not the plain hash of anything: the name comes first. */
	h = dcf_sha256(e.content);
	CHECK(!dcf_hash_eq(&h, &e.commitment));
}

static void an_erased_entry_has_nothing_left(void)
{
	struct dcf_entry e = { .commitment = hash_of("anything"), .erased = true };

	CHECK(dcf_entry_holds(&e));
	e.salt[31] = 1;
	CHECK(!dcf_entry_holds(&e));
	e.salt[31] = 0;
	e.content = DCF_SPAN("x");
	CHECK(!dcf_entry_holds(&e));
	e.content = DCF_SPAN("");
	e.erased = false;
	CHECK(!dcf_entry_holds(&e));
}

/* --- which tiles there are ---------------------------------------------------------------------------------------------------
 */

/* The example of C2SP tlog-tiles: 70,000 leaves. */
static void has_the_tiles_of_the_example(void)
{
	CHECK(dcf_tile_count(70000, 0) == 273 && dcf_tile_open(70000, 0) == 112);
	CHECK(dcf_tile_count(70000, 1) == 1 && dcf_tile_open(70000, 1) == 17);
	CHECK(dcf_tile_count(70000, 2) == 0 && dcf_tile_open(70000, 2) == 1);
	CHECK(dcf_tile_count(70000, 3) == 0 && dcf_tile_open(70000, 3) == 0);
	CHECK(dcf_tile_count(256, 0) == 1 && dcf_tile_open(256, 0) == 0 && dcf_tile_open(256, 1) == 1);
	CHECK(dcf_tile_width(70000, 0, 272) == 256 && dcf_tile_width(70000, 0, 273) == 112 &&
	      dcf_tile_width(70000, 0, 274) == 0);
	CHECK(dcf_tile_width(70000, 2, 0) == 1 && dcf_tile_width(70000, 3, 0) == 0);
	CHECK(dcf_tile_count(UINT64_MAX, 7) == 0 && dcf_tile_open(UINT64_MAX, 7) == 255);
	CHECK(dcf_tile_count(UINT64_MAX, 8) == 0 && dcf_tile_open(UINT64_MAX, 99) == 0 && dcf_tile_width(5, 99, 0) == 0);
}

/* By counting: for each size, the hashes of a level are those subtrees that are complete. */
static void counts_tiles_as_by_hand(void)
{
	uint64_t seen = 0, completed = 0;

	for (uint64_t size = 0; size < 140000; size++) {
		uint64_t span = 1;

		for (uint32_t level = 0; level < 3; level++, span *= 256) {
			CHECK(dcf_tile_count(size, level) * 256 + dcf_tile_open(size, level) == size / span);
			if (size > 0 && size % (256 * span) == 0)
				seen++;
		}
		if (size > 0)
			completed += dcf_tiles_completed(size - 1, size);
		CHECK(completed == seen && dcf_tiles_completed(0, size) == seen);
	}
	CHECK(seen == 139999 / 256 + 2);
}

/* --- paths -------------------------------------------------------------------------------------------------------------------
 */

static bool reads(const char *path, enum dcf_tile_kind kind, struct dcf_tile_id tile)
{
	enum dcf_tile_kind k = DCF_TILE_HASHES;
	struct dcf_tile_id t = { 0 };
	char written[DCF_TILE_PATH_MAX];

	return dcf_tile_path(kind, tile, written) == strlen(path) && strcmp(written, path) == 0 &&
	       dcf_tile_path_read(dcf_span_of(path), &k, &t) == DCF_OK && k == kind && t.level == tile.level &&
	       t.index == tile.index && t.width == tile.width;
}

static void writes_and_reads_paths(void)
{
	CHECK(reads("tile/0/000", DCF_TILE_HASHES, (struct dcf_tile_id){ 0, 256, 0 }));
	CHECK(reads("tile/0/x001/x234/067", DCF_TILE_HASHES, (struct dcf_tile_id){ 0, 256, 1234067 }));
	CHECK(reads("tile/5/999.p/255", DCF_TILE_HASHES, (struct dcf_tile_id){ 5, 255, 999 }));
	CHECK(reads("tile/7/000.p/127", DCF_TILE_HASHES, (struct dcf_tile_id){ 7, 127, 0 }));
	CHECK(reads("tile/entries/x001/000.p/1", DCF_TILE_ENTRIES, (struct dcf_tile_id){ 0, 1, 1000 }));
	CHECK(reads("tile/entries/x036/x028/x797/x018/x963/967.p/255", DCF_TILE_ENTRIES,
		    (struct dcf_tile_id){ 0, 255, ((uint64_t)1 << 55) - 1 }));
}

static void refuses_other_paths(void)
{
	static const char *const bad[] = {
		"",
		"tile",
		"tile/",
		"tile/0",
		"tile/0/",
		"tile/0/0",
		"tile/0/00",
		"tile/0/0000",
		"tile/0/000/",
		"/tile/0/000",
		"tile/00/000",
		"tile/8/000",
		"tile/63/000",
		"tile/64/000",
		"tile/-1/000",
		"tile/0/x000",
		"tile/0/x000/000",
		"tile/0/001/000",
		"tile/0/x001/x000",
		"tile/0/x001/00",
		"tile/0/x01/000",
		"tile/0/X001/000",
		"tile/0/x0001/000",
		"tile/0/x001000",
		"tile/0/000.p",
		"tile/0/000.p/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/1/",
		"tile/0/000.p/1x",
		"tile/0/000.p/-1",
		"tile/0/000.P/1",
		"tile/0/../000",
		"tile/0/00a",
		"tile/0/000.p/1000",
		"tile/entries",
		"tile/entries/",
		"tile/entries0/000",
		"tile/entries/0/000",
		"tile//000",
		"Tile/0/000",
		"tile/0//000",
		"tile/0/000%00",
		"tile/data/000",
		"checkpoint",
		"tile/7/000",
		"tile/7/000.p/128",
		"tile/7/001.p/1",
		"tile/0/x036/x028/x797/x018/x963/967",
		"tile/0/x036/x028/x797/x018/x963/968.p/1",
		"tile/0/x001/x036/x028/x797/x018/x963/967",
		"tile/0/x999/x999/x999/x999/x999/x999/999.p/255",
	};

	enum dcf_tile_kind kind = DCF_TILE_ENTRIES;
	struct dcf_tile_id tile = { 9, 9, 9 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_MSG(dcf_tile_path_read(dcf_span_of(bad[i]), &kind, &tile) == DCF_E_SYNTAX, "%s", bad[i]);
		CHECK(kind == DCF_TILE_ENTRIES && tile.index == 9);
	}
	CHECK(dcf_tile_path_read((struct dcf_span){ "tile/0/000\0", 11 }, &kind, &tile) == DCF_E_SYNTAX);
	CHECK(dcf_tile_path_read((struct dcf_span){ NULL, 0 }, &kind, &tile) == DCF_E_SYNTAX);
}

/* Each path near a good one is another tile's or none. */
static void every_path_is_one_tile(void)
{
	static const char some[] = "0129x/.pe-";
	char good[] = "tile/1/x012/034.p/56";
	size_t read = 0;

	for (size_t at = 0; at < sizeof good - 1; at++) {
		for (size_t c = 0; c < sizeof some - 1; c++) {
			char path[sizeof good], again[DCF_TILE_PATH_MAX];
			enum dcf_tile_kind kind;
			struct dcf_tile_id tile;

			memcpy(path, good, sizeof path);
			path[at] = some[c];
			if (dcf_tile_path_read((struct dcf_span){ path, sizeof path - 1 }, &kind, &tile) != DCF_OK)
				continue;
			read++;
			(void)dcf_tile_path(kind, tile, again);
			CHECK_MSG(strcmp(path, again) == 0, "%s %s", path, again);
		}
	}
	CHECK_MSG(read > 20, "%zu", read);
}

/* --- files -------------------------------------------------------------------------------------------------------------------
 */

static void bundles_come_back(void)
{
	static struct dcf_hash in[DCF_TILE_WIDTH], out[DCF_TILE_WIDTH + 1];
	static uint8_t bytes[DCF_BUNDLE_MAX + DCF_BUNDLE_ENTRY];

	for (size_t i = 0; i < DCF_TILE_WIDTH; i++)
		in[i] = dcf_sha256((struct dcf_span){ (const char *)&i, sizeof i });
	for (size_t count = 1; count <= DCF_TILE_WIDTH; count++) {
		size_t n = dcf_bundle_write(in, count, bytes);
		struct dcf_span s = { (const char *)bytes, n };

		CHECK(n == count * DCF_BUNDLE_ENTRY && n <= DCF_BUNDLE_MAX);
		CHECK(dcf_bundle_read(s, count, out) == DCF_OK && memcmp(in, out, count * sizeof *in) == 0);
		CHECK(dcf_bundle_read(s, count + 1, out) == DCF_E_SYNTAX);
		CHECK(dcf_bundle_read(s, count - 1, out) == DCF_E_SYNTAX);
		s.len--;
		CHECK(dcf_bundle_read(s, count, out) == DCF_E_SYNTAX);
		bytes[n - DCF_BUNDLE_ENTRY + 1] ^= 0x01;
		s.len++;
		CHECK(dcf_bundle_read(s, count, out) == DCF_E_SYNTAX);
	}
	CHECK(dcf_bundle_read((struct dcf_span){ NULL, 0 }, 0, out) == DCF_E_SYNTAX);
	CHECK(dcf_bundle_read((struct dcf_span){ (const char *)bytes, sizeof bytes }, DCF_TILE_WIDTH + 1, out) == DCF_E_SYNTAX);
}

static void contents_come_back_checked(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf file = { .from = &heap };
	struct dcf_entry e = { .salt = { 1, 2, 3 }, .content = DCF_SPAN("content") }, out = { .erased = true };
	struct dcf_hash other = hash_of("other");
	struct dcf_span whole = { NULL, DCF_SALT_BYTES + DCF_CONTENT_MAX };
	char *large = calloc(1, DCF_SALT_BYTES + DCF_CONTENT_MAX + 1);

	if (!large)
		abort();
	e.commitment = dcf_entry_commit(e.salt, e.content);
	dcf_content_put(&file, &e);
	CHECK(file.len == DCF_SALT_BYTES + 7);
	CHECK(dcf_content_read(dcf_buf_as_span(&file), &other, &out) == DCF_E_REFUSED && out.erased);
	CHECK(dcf_content_read((struct dcf_span){ file.p, DCF_SALT_BYTES - 1 }, &e.commitment, &out) == DCF_E_SYNTAX);
	CHECK(out.erased);
	CHECK(dcf_content_read(dcf_buf_as_span(&file), &e.commitment, &out) == DCF_OK);
	CHECK(!out.erased && dcf_span_eq(out.content, e.content) && memcmp(out.salt, e.salt, sizeof e.salt) == 0);
	CHECK(dcf_hash_eq(&out.commitment, &e.commitment));
	/* The largest content, and one byte more. */
	memset(e.salt, 0, sizeof e.salt);
	e.commitment = dcf_entry_commit(e.salt, (struct dcf_span){ large, DCF_CONTENT_MAX });
	whole.p = large;
	CHECK(dcf_content_read(whole, &e.commitment, &out) == DCF_OK);
	whole.len++;
	CHECK(dcf_content_read(whole, &e.commitment, &out) == DCF_E_LIMIT);
	/* No content at all. */
	e.commitment = dcf_entry_commit(e.salt, (struct dcf_span){ NULL, 0 });
	CHECK(dcf_content_read((struct dcf_span){ large, DCF_SALT_BYTES }, &e.commitment, &out) == DCF_OK &&
	      out.content.len == 0);
	dcf_buf_free(&file);
	free(large);
}

int main(void)
{
	return TAP_RUN(TAP(a_commitment_binds_salt_and_content), TAP(an_erased_entry_has_nothing_left),
		       TAP(has_the_tiles_of_the_example), TAP(counts_tiles_as_by_hand), TAP(writes_and_reads_paths),
		       TAP(refuses_other_paths), TAP(every_path_is_one_tile), TAP(bundles_come_back),
		       TAP(contents_come_back_checked));
}
