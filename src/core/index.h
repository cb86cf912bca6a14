/* SPDX-License-Identifier: Apache-2.0 */
/* index.h - which boxes of latitude, longitude, altitude and time can meet?
 *
 *   size classes      tree of one class             a node: 16 boxes side by side
 *   +-------+         +--------- root --------+     low[4][16] high[4][16]
 *   | small |------>  | 16 | 16 | ...         |     leaves also id[16] and group[16]
 *   | middle|         +-leaves in Morton order+
 *   | large |
 *   +-------+
 * A packed bounding-volume tree over int32 boxes, built once and then only read:
 *   BUILD  O(n) radix sort by Morton key; a key's cell is the typical box of its class, so leaves come
 *          out shaped like what they hold.  42 bytes a box.
 *   JOIN   nodes, then leaves, then boxes of one leaf against another; each test is 16 boxes at once (AVX-512,
 *          AVX2 or plain C, chosen when built, with the same answer), the test for different groups included.
 *          Where all below two nodes is of one group, nothing below them is looked at.
 *   QUERY  one box against all.
 * Boxes must be rounded outward by whoever makes them: a join may name pairs that do not meet, never
 * leave out one that does.  Any number of threads may read.  Boxes are closed in the first three axes
 * and half open in time: low < other high. */
#ifndef DCF_CORE_INDEX_H
#define DCF_CORE_INDEX_H

#include "base/alloc.h"
#include "core/parallel.h"
#include <stdbool.h>

enum { DCF_AXIS_LAT, DCF_AXIS_LON, DCF_AXIS_ALT, DCF_AXIS_TIME, DCF_AXES };
enum { DCF_NODE = 16, DCF_INDEX_CLASSES = 3, DCF_INDEX_LEVELS = 9 };

/* The mark of a node below which groups differ, or there is nothing. */
#define DCF_MANY_GROUPS UINT32_MAX

struct dcf_box4 {
	int32_t low[DCF_AXES], high[DCF_AXES];
};

struct dcf_index_item {
	struct dcf_box4 box;
	uint32_t id;
	uint32_t group; /* items of one group are not paired (except the group asked for in a join) */
};

struct dcf_index_boxes {
	int32_t low[DCF_AXES][DCF_NODE], high[DCF_AXES][DCF_NODE]; /* unused lanes are empty: low > high */
};

struct dcf_index_leaf {
	struct dcf_index_boxes boxes;
	uint32_t id[DCF_NODE], group[DCF_NODE];
};

struct dcf_index_tree {
	struct dcf_index_leaf *leaves;
	uint32_t leaf_count;
	/* level[0] holds the boxes of the leaves, level[k] those of nodes of level k - 1; the last has one node */
	struct dcf_index_boxes *level[DCF_INDEX_LEVELS];
	/* only[k][i]: the group of every item below box i of level k, counted over all its nodes, or DCF_MANY_GROUPS */
	uint32_t *only[DCF_INDEX_LEVELS];
	uint32_t node_count[DCF_INDEX_LEVELS];
	int levels;
	size_t item_count;
};

enum dcf_simd { DCF_SIMD_BEST, DCF_SIMD_PLAIN, DCF_SIMD_AVX2, DCF_SIMD_AVX512, DCF_SIMD_COUNT };

struct dcf_index {
	const struct dcf_alloc *from;
	struct dcf_index_tree tree[DCF_INDEX_CLASSES];
	enum dcf_simd simd; /* the variant in use */
	size_t bytes;       /* held after building */
};

struct dcf_pair_ids {
	uint32_t a, b;
};

/* Receives candidates in batches.  Order is the same for the same index. */
typedef void dcf_index_sink(void *ctx, const struct dcf_pair_ids *pairs, size_t n);

/* Build over n items (read only while building).  `simd`: DCF_SIMD_BEST, or a variant to insist on where the
 * machine has it (DCF_E_RANGE otherwise).  DCF_E_NOMEM leaves `ix` empty. */
DCF_CHECKED enum dcf_status dcf_index_build(const struct dcf_alloc *a, const struct dcf_index_item *items, size_t n,
					    enum dcf_simd simd, const struct dcf_parallel *parallel, struct dcf_index *ix);
void dcf_index_free(struct dcf_index *ix);

/* Share `job` of `jobs` of the self join: every pair of items of different groups (or both of `also_group`;
 * UINT32_MAX for none) whose boxes meet, once each over all shares.  `stop` (may be NULL) ends it early when true.
 * Returns how many times one box was tested against 16, which is the measure of its work. */
uint64_t dcf_index_join(const struct dcf_index *ix, uint32_t also_group, unsigned job, unsigned jobs, dcf_index_sink *sink,
			void *ctx, const bool *stop);

/* Receives the ids of items in batches, in the same order for the same index; an item with two boxes may come twice. */
typedef void dcf_index_take(void *ctx, const uint32_t *ids, size_t n);

/* Every item whose box meets `box` (closed in the first three axes, half open in time), whatever its group.  Uses no
 * heap; any number of threads.  `box` is rounded outward by whoever makes it. */
void dcf_index_query(const struct dcf_index *ix, const struct dcf_box4 *box, dcf_index_take *take, void *ctx);

/* The same for one tree, by the variant `simd` (not DCF_SIMD_BEST), without the items of group `left_out`
 * (DCF_MANY_GROUPS: with all). */
void dcf_index_query_tree(const struct dcf_index_tree *tree, enum dcf_simd simd, const struct dcf_box4 *box, uint32_t left_out,
			  dcf_index_take *take, void *ctx);

/* Is this variant there on this machine? */
bool dcf_simd_available(enum dcf_simd simd);

#endif
