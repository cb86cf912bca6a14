/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h - the tree of RFC 9162, section 2.1: grow it, take its root, make proofs from tiles, check proofs.
 *
 *     leaf = SHA-256(0x00 || entry)    node = SHA-256(0x01 || left || right)    root of no entries = SHA-256("")
 *
 *   GROW    one hash a leaf in the mean, no allocation; complete tiles fall out on the way
 *   ROOT    at most 62 hashes
 *   PROVE   reads at most two tiles a level (16 in all) and hashes within them
 *   CHECK   one hash for each hash of the proof
 *
 * Sizes are numbers of leaves, 0..DCF_TREE_MAX.  Nothing here takes memory.  Functions on const objects may run in any number
 * of threads; a tree that grows has one writer. */
#ifndef DCF_RECORD_MERKLE_H
#define DCF_RECORD_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/status.h"
#include "crypto/hash.h"
#include "record/tile.h"

#define DCF_TREE_MAX ((uint64_t)INT64_MAX) /* leaves; a size fits every signed 64-bit column */

enum {
	DCF_TREE_HEIGHT = 63, /* perfect subtrees have 2^0 .. 2^62 leaves */
	DCF_PROOF_MAX = 64    /* hashes in a proof of either kind */
};

/* The root of the tree of no leaves. */
struct dcf_hash dcf_merkle_empty(void);
/* The hash of two subtrees side by side. */
struct dcf_hash dcf_merkle_node(const struct dcf_hash *left, const struct dcf_hash *right);

/* --- a tree that grows -------------------------------------------------------------------------------------------------------
 * What is needed of a tree to go on: the roots of the perfect subtrees it is made of, one for each bit of its size, and the
 * tiles that are not complete yet.  About 68 kB; zero-initialised it is the empty tree; a copy is a tree of its own. */
struct dcf_tree {
	uint64_t size;
	struct dcf_hash node[DCF_TREE_HEIGHT];                 /* node[i] holds when bit i of `size` is set */
	struct dcf_hash open[DCF_TILE_LEVELS][DCF_TILE_WIDTH]; /* open[l]: the first dcf_tile_open(size, l) hashes hold */
};

/* Append `count` leaves (dcf_entry_leaf, not commitments).  The tiles that become complete are written to `done`, of at least
 * dcf_tiles_completed(t->size, t->size + count) places (NULL when that is 0), each level in the order of its index.  Returns
 * how many.  t->size + count may not pass DCF_TREE_MAX: the caller has looked. */
size_t dcf_tree_append(struct dcf_tree *t, const struct dcf_hash *leaves, size_t count, struct dcf_tile *done);
/* The root at its size. */
struct dcf_hash dcf_tree_root(const struct dcf_tree *t);

/* --- hashes of a tree that is kept somewhere -------------------------------------------------------------- */
/* Where tiles come from.  `read` writes the first `tile.width` hashes of that tile (of level `tile.level`, number `tile.index`)
 * to `out`, from a tile of that width or any wider one: they are the same.  It returns DCF_OK or why not; that status is handed
 * on. Wrong hashes do no harm: what is made of them does not verify. */
struct dcf_tile_source {
	enum dcf_status (*read)(void *ctx, struct dcf_tile_id tile, struct dcf_hash *out);
	void *ctx;
};

/* The tree of `size` leaves, ready to grow: reads the incomplete tile of each level.  DCF_E_RANGE when `size` passes
 * DCF_TREE_MAX; on failure `t` is the empty tree.  The caller compares dcf_tree_root with a signed head. */
DCF_CHECKED enum dcf_status dcf_tree_load(struct dcf_tree *t, const struct dcf_tile_source *from, uint64_t size);
/* The root at `size`, which may be any earlier size. */
DCF_CHECKED enum dcf_status dcf_tree_root_at(const struct dcf_tile_source *from, uint64_t size, struct dcf_hash *root);
/* The hash that stands for a complete tile in the level above: the root over its 256 hashes. */
struct dcf_hash dcf_tile_hash(const struct dcf_hash hashes[DCF_TILE_WIDTH]);
/* The root over the `count` leaves at `leaves`, any count: the definition of RFC 9162 as it stands, for small trees and tests.
 */
struct dcf_hash dcf_merkle_root(const struct dcf_hash *leaves, size_t count);

/* --- proofs ----------------------------------------------------------------------------------------------- */
struct dcf_proof {
	size_t count;
	struct dcf_hash hash[DCF_PROOF_MAX]; /* in the order of RFC 9162: from the leaf to the root */
};

/* That leaf number `index` (from 0) is in the tree of `size` leaves.  DCF_E_RANGE unless index < size <= DCF_TREE_MAX. */
DCF_CHECKED enum dcf_status dcf_prove_inclusion(const struct dcf_tile_source *from, uint64_t index, uint64_t size,
						struct dcf_proof *proof);
/* That the tree of `to` leaves begins with the tree of `old` leaves.  DCF_E_RANGE unless old <= to <= DCF_TREE_MAX.  The proof
 * is empty when old is 0 or to. */
DCF_CHECKED enum dcf_status dcf_prove_consistency(const struct dcf_tile_source *from, uint64_t old, uint64_t to,
						  struct dcf_proof *proof);

/* Does the proof show that the tree of `size` leaves with `root` has `leaf` at `index`?  Any bytes and numbers may come in. */
DCF_CHECKED bool dcf_inclusion_holds(const struct dcf_hash *leaf, uint64_t index, uint64_t size, const struct dcf_proof *proof,
				     const struct dcf_hash *root);
/* Does the proof show that the tree of `size` leaves with `root` begins with the tree of `old_size` leaves with `old_root`?
 * Beyond RFC 9162, which asks for 0 < old_size < size: the empty tree (whose root must be the empty one) begins every tree, and
 * a tree begins itself, each with an empty proof. */
DCF_CHECKED bool dcf_consistency_holds(uint64_t old_size, const struct dcf_hash *old_root, uint64_t size,
				       const struct dcf_hash *root, const struct dcf_proof *proof);

#endif
