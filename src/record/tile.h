/* SPDX-License-Identifier: Apache-2.0 */
/* tile.h - the tree cut into tiles (C2SP tlog-tiles): which there are, where their files lie, what is in them.
 *
 *     checkpoint                        the signed head
 *     tile/<L>/<N>[.p/<W>]              256 (or W) hashes of level L
 *     tile/entries/<N>[.p/<W>]          256 (or W) entries: here the commitments, each behind its length as two bytes
 *     content/<commitment in hex>       salt and content of an entry; not there once erased
 *     keys                              the verifier keys, see keyring.h
 *     handover/<size>                   heads that hand over from one key to the next, see keyring.h
 *
 * A hash of level L is the root over 256^L leaves; a tile is a row of them.  Only the last tile of a level can be incomplete
 * ("partial", of width 1..255).  Pure; any thread. */
#ifndef DCF_RECORD_TILE_H
#define DCF_RECORD_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "record/entry.h"

enum {
	DCF_TILE_HEIGHT = 8,
	DCF_TILE_WIDTH = 256,
	DCF_TILE_LEVELS = 8,    /* enough for 2^63 leaves */
	DCF_TILE_PATH_MAX = 64, /* with the NUL */
	DCF_BUNDLE_ENTRY = 2 + DCF_HASH_BYTES,
	DCF_BUNDLE_MAX = DCF_TILE_WIDTH * DCF_BUNDLE_ENTRY,
	DCF_CONTENT_PATH_MAX = 8 + 2 * DCF_HASH_BYTES + 1 /* "content/", the hash, the NUL */
};

/* Which tile, and how many of its hashes. */
struct dcf_tile_id {
	uint32_t level; /* 0..DCF_TILE_LEVELS - 1 */
	uint32_t width; /* 1..256; 256 is a complete one */
	uint64_t index;
};

/* A complete tile with its hashes. */
struct dcf_tile {
	uint32_t level;
	uint64_t index;
	struct dcf_hash hash[DCF_TILE_WIDTH];
};

/* --- which there are -------------------------------------------------------------------------------------- */
/* Complete tiles of `level` in a tree of `size`. */
uint64_t dcf_tile_count(uint64_t size, uint32_t level);
/* Width of the incomplete tile behind them: 0..255, 0 when there is none. */
uint32_t dcf_tile_open(uint64_t size, uint32_t level);
/* Width of tile `index` of `level`: 0 (there is none) .. 256. */
uint32_t dcf_tile_width(uint64_t size, uint32_t level, uint64_t index);
/* Tiles of all levels that become complete when a tree of `from` leaves grows to `to`.  0 when it does not grow. */
uint64_t dcf_tiles_completed(uint64_t from, uint64_t to);

/* --- where they lie --------------------------------------------------------------------------------------- */
enum dcf_tile_kind { DCF_TILE_HASHES, DCF_TILE_ENTRIES };

/* Write the path, "tile/0/x001/x234/067.p/5", with a NUL; returns its length.  Entries are of level 0. */
size_t dcf_tile_path(enum dcf_tile_kind kind, struct dcf_tile_id tile, char out[DCF_TILE_PATH_MAX]);
/* Read a path as dcf_tile_path writes it and in no other form: what comes behind a server's prefix, without a slash at its
 * beginning.  DCF_E_SYNTAX otherwise, and for a tile no tree of DCF_TREE_MAX leaves can have. */
DCF_CHECKED enum dcf_status dcf_tile_path_read(struct dcf_span path, enum dcf_tile_kind *kind, struct dcf_tile_id *tile);
/* "content/<hex>" with a NUL. */
void dcf_content_path(const struct dcf_hash *commitment, char out[DCF_CONTENT_PATH_MAX]);

/* --- what is in them -------------------------------------------------------------------------------------- */
/* The file of a hash tile is its hashes in a row, as they are in memory.  A bundle of `count` (1..256) commitments: count *
 * DCF_BUNDLE_ENTRY bytes at `out`.  Returns that number. */
size_t dcf_bundle_write(const struct dcf_hash *commitments, size_t count, uint8_t out[]);
/* Read a bundle that holds exactly `count` commitments.  DCF_E_SYNTAX when it is longer, shorter or has an entry of another
 * length; `out` then holds nothing of meaning. */
DCF_CHECKED enum dcf_status dcf_bundle_read(struct dcf_span bytes, size_t count, struct dcf_hash *out);

/* The file of a content: salt, then content. */
void dcf_content_put(struct dcf_buf *b, const struct dcf_entry *e);
/* Read one and check it: fills `e` (content borrowed from `bytes`, commitment as given).  DCF_E_SYNTAX when it is shorter than
 * a salt, DCF_E_LIMIT when longer than DCF_CONTENT_MAX and a salt, DCF_E_REFUSED when it is not what `commitment` stands for.
 */
DCF_CHECKED enum dcf_status dcf_content_read(struct dcf_span bytes, const struct dcf_hash *commitment, struct dcf_entry *e);

#endif
