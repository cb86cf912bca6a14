/* SPDX-License-Identifier: Apache-2.0 */
/* live_int.h - what the files of the live index share.
 *
 *   live.c        the writer's calls                live_frame.c  parties, minima, atmosphere of a version
 *   live_boxes.c  boxes of operations and probes    live_load.c   very many operations at once
 *   live_set.c    slots, runs and the set of what is to be searched
 *   live_tend.c   what has come due; giving memory back             live_merge.c  one merge
 *   live_view.c   readers' views                    live_find.c   what could meet    live_meet.c   what does
 *
 * HOW MEMORY COMES BACK.  Whatever readers might hold is first taken out of their way and then put on a stack of waste; the
 * tender takes the stack, gives it the number of the epoch and raises that, and frees it once every view was opened in a later
 * epoch.  An operation goes the same way twice: when nobody's version shows it its slots are emptied, and when all
 * have left who might have read a slot before, it is released.  All atomics on that way are sequentially consistent:
 * a view is pinned before it looks at anything, so a tender that does not see the pin took away what it frees before the
 * view looked. */
#ifndef DCF_CORE_LIVE_INT_H
#define DCF_CORE_LIVE_INT_H

#include "core/live.h"
#include "core/items.h"

enum {
	LIVE_LEAVES = DCF_NODE,            /* of a run */
	LIVE_RUN = LIVE_LEAVES * DCF_NODE, /* boxes of a run */
	LIVE_CHUNK = 1 << 14,              /* slots of a chunk */
	LIVE_CHUNKS = 1 << 14,
	LIVE_RUNS_DUE = 8, /* full runs that are worth a merge */
	LIVE_RUNS_AT_ONCE = 64,
	LIVE_RUNS_MANY = 1024, /* beyond that insert merges by itself */
	LIVE_BASE = 1 << 20,   /* a tree with more boxes is merged with no other */
	LIVE_TREES = 256,      /* looked at for one merge */
};

#define LIVE_NO_SLOT UINT32_MAX
#define LIVE_STAYS   UINT64_MAX  /* `died` of what has not been removed */
#define LIVE_STRETCH 0x80000000u /* beside the number of a stretch in a slot's piece */

/* The altitude axis has a place for each reference, so that levels stay as exact as they were declared and no box depends on
 * the atmosphere: half the height of a place, and the distance of their middles, in 16 times 0.1 mm. */
enum { LIVE_MSL, LIVE_STD, LIVE_W84, LIVE_GROUND, LIVE_PLACES };
enum { LIVE_PLACE_HALF = 450000000, LIVE_PLACE_STEP = 1000000000 };

struct dcf_live_waste {
	struct dcf_live_waste *next;
	enum { LIVE_WASTE_SET, LIVE_WASTE_RUN, LIVE_WASTE_TREE, LIVE_WASTE_FRAME } kind;
};

/* One box of an operation; what runs and trees call an item's id is the number of its slot. */
struct dcf_live_slot {
	_Atomic(struct dcf_live_op *) op; /* NULL: free, or its operation is gone */
	uint32_t piece;                   /* feature, or LIVE_STRETCH and the number of a stretch */
	uint32_t next;                    /* of the same operation; of those dropped by a merge; of free ones */
};

struct dcf_live_chain {
	uint32_t first, last; /* slots, LIVE_NO_SLOT when there is none */
	uint32_t count;
};

/* Boxes in the order of arrival.  Lanes below `count` are never written again; readers look at no others. */
struct dcf_live_run {
	struct dcf_live_waste waste;
	struct dcf_live_chain dropped;
	struct dcf_live_run *after; /* the writer's next, already in the set */
	_Atomic uint32_t count;
	struct dcf_index_tree tree; /* of a full run: itself as a tree of one node */
	struct dcf_index_boxes node;
	uint32_t only[DCF_NODE];
	struct dcf_index_leaf leaf[LIVE_LEAVES];
};

struct dcf_live_tree {
	struct dcf_live_waste waste;
	struct dcf_live_chain dropped;
	struct dcf_index ix;
	struct dcf_box4 hull[DCF_INDEX_CLASSES];
	uint32_t items;
	uint64_t serial; /* order of making */
	bool busy;       /* the tender's: in a merge that is under way */
};

/* All that is to be searched: never changed, only replaced. */
struct dcf_live_set {
	struct dcf_live_waste waste;
	size_t bytes;
	uint32_t run_count, tree_count;
	struct dcf_live_run **run; /* behind this struct: oldest first, full ones before others */
	struct dcf_live_tree **tree;
};

struct dcf_live_reach {
	double lateral_m;
	int64_t vertical_e4;
};

struct dcf_live_frame {
	struct dcf_live_waste waste;
	uint64_t from;               /* the first version it holds in */
	struct dcf_live_frame *prev; /* what held before; not read by those that see `from` */
	uint32_t parties;
	struct dcf_offsets offsets;
	struct dcf_minima *minima; /* the different ones */
	size_t minima_count, minima_cap;
	uint16_t *which;              /* by pair of parties */
	struct dcf_live_reach *reach; /* by party; behind the last the largest */
};

/* Bodies made once for an operation: tracks cut into stretches, and shapes of many arcs. */
struct dcf_live_kept {
	struct dcf_body body;
	void *block;
	size_t bytes;
	uint32_t feature;
};
struct dcf_live_made {
	struct dcf_live_kept *kept; /* by feature, ascending */
	size_t kept_count, kept_cap;
	struct dcf_track *stretch;
	size_t stretch_count, stretch_cap;
};

struct dcf_live_piece {
	struct dcf_box4 box;
	uint32_t piece, slot;
};

/* Boxes of operations being put in.  Zero-initialise and set `from`. */
struct dcf_live_boxes {
	const struct dcf_alloc *from;
	struct dcf_arena arena;
	struct dcf_live_piece *at;
	size_t count, cap;
	uint32_t places; /* bit p: something stands in place p */
};

struct dcf_live_pin {
	_Atomic uint64_t epoch; /* 0: free */
	char apart[64 - sizeof(uint64_t)];
};

struct dcf_live {
	const struct dcf_alloc *from;
	enum dcf_simd simd;
	dcf_live_release *release;
	void *ctx;
	struct dcf_axes axes; /* of standing boxes: without any reach */

	_Atomic uint64_t published, epoch;
	_Atomic(struct dcf_live_frame *) frame;
	_Atomic(struct dcf_live_set *) set;
	_Atomic uint32_t places;
	struct dcf_live_pin *pin; /* the first is the writer's */

	struct dcf_live_slot **chunk; /* filled from the front, never taken away */
	_Atomic uint32_t free_slots;  /* given back by the tender */

	/* the writer's */
	uint32_t slot_count, own_slots;
	struct dcf_live_run *open;
	struct dcf_live_boxes boxes;
	struct dcf_live_op *inserted, *removed, *removed_last;
	uint64_t removed_count;
	int64_t ops;

	/* on the way out */
	_Atomic(struct dcf_live_op *) gone;
	_Atomic(struct dcf_live_waste *) waste;

	/* the tender's */
	_Atomic bool tending;
	struct dcf_live_waste *pending;
	struct dcf_live_op *dying, *dead;
	uint64_t pending_epoch, dying_epoch, dead_epoch, serial;

	/* figures */
	_Atomic uint64_t op_count, bytes, items, dead_items, full_runs, tree_count, merges, merged, waiting;
};

/* ---- live_set.c ---- */

static inline struct dcf_live_slot *dcf_live_slot_at(const struct dcf_live *live, uint32_t slot)
{
	return &live->chunk[slot / LIVE_CHUNK][slot % LIVE_CHUNK];
}

/* Memory counted in stats. */
void *dcf_live_get(struct dcf_live *live, size_t n);
void dcf_live_put(struct dcf_live *live, void *p, size_t n);

/* A free slot, or LIVE_NO_SLOT when memory is short (or all are in use).  The writer's. */
uint32_t dcf_live_take_slot(struct dcf_live *live);
void dcf_live_return_slot(struct dcf_live *live, uint32_t slot);
/* Slots that nothing refers to any more.  The tender's. */
void dcf_live_free_chain(struct dcf_live *live, const struct dcf_live_chain *chain);
static inline void dcf_live_chain_add(struct dcf_live *live, struct dcf_live_chain *chain, uint32_t slot)
{
	dcf_live_slot_at(live, slot)->next = LIVE_NO_SLOT;
	if (chain->count++)
		dcf_live_slot_at(live, chain->last)->next = slot;
	else
		chain->first = slot;
	chain->last = slot;
}

/* What becomes of the set: runs and trees that leave it and that come in. */
struct dcf_live_change {
	struct dcf_live_run *const *run_out;
	struct dcf_live_tree *const *tree_out;
	size_t run_out_count, tree_out_count;
	struct dcf_live_run *run_in; /* and those after it */
	struct dcf_live_tree *const *tree_in;
	size_t tree_in_count;
};

/* Replace the set; whoever calls is the tender or pinned.  DCF_E_NOMEM: nothing changed. */
DCF_CHECKED enum dcf_status dcf_live_set_change(struct dcf_live *live, const struct dcf_live_change *change);
/* To be freed when nobody can hold it. */
void dcf_live_discard(struct dcf_live *live, struct dcf_live_waste *waste);
/* Nobody holds it. */
void dcf_live_destroy(struct dcf_live *live, struct dcf_live_waste *waste);

/* Make sure that the open run and those after it have room for n boxes.  The writer's. */
DCF_CHECKED enum dcf_status dcf_live_run_room(struct dcf_live *live, size_t n);
/* Append, with room made before. */
void dcf_live_run_append(struct dcf_live *live, const struct dcf_live_piece *pieces, size_t n, uint32_t party);

DCF_CHECKED enum dcf_status dcf_live_tree_new(struct dcf_live *live, const struct dcf_index_item *items, size_t n,
					      const struct dcf_parallel *parallel, struct dcf_live_tree **tree);

/* ---- live_boxes.c ---- */

struct dcf_axes dcf_live_axes(void);
/* Append the boxes of `op`, and make what is worth keeping (mark.made; NULL when there is none). */
DCF_CHECKED enum dcf_status dcf_live_boxes_add(struct dcf_live_boxes *b, const struct dcf_axes *axes, struct dcf_live_op *op);
void dcf_live_boxes_free(struct dcf_live_boxes *b);
void dcf_live_made_free(const struct dcf_alloc *a, struct dcf_live_op *op);
/* The box with the levels [low_e4, high_e4] of the reference that has `place`, and a window that is not empty. */
void dcf_live_box_finish(struct dcf_box4 *box, int place, int64_t low_e4, int64_t high_e4);
/* The reference of a place. */
uint8_t dcf_live_place_ref(int place);
/* Times of a window in the units of the axis, rounded outward. */
void dcf_live_box_window(const struct dcf_axes *axes, int64_t start_us, int64_t end_us, struct dcf_box4 *box);

/* ---- live_frame.c ---- */

DCF_CHECKED enum dcf_status dcf_live_frame_new(struct dcf_live *live, const struct dcf_plan *plan,
					       const struct dcf_check_options *question, struct dcf_live_frame **out);
void dcf_live_frame_free(struct dcf_live *live, struct dcf_live_frame *frame);
static inline const struct dcf_minima *dcf_live_minima(const struct dcf_live_frame *f, uint32_t a, uint32_t b)
{
	return &f->minima[f->which[(size_t)a * f->parties + b]];
}

/* ---- live_view.c ---- */

void dcf_live_pin_writer(struct dcf_live *live);
void dcf_live_unpin_writer(struct dcf_live *live);
/* The oldest epoch that a view was opened in; UINT64_MAX when there is none. */
uint64_t dcf_live_oldest(const struct dcf_live *live);

/* ---- live_tend.c, live_merge.c ---- */

/* Do the merge that is due and has at most `most` boxes; false when none is or memory is short.  The tender's. */
bool dcf_live_merge_due(struct dcf_live *live, size_t most);
/* Sources stay as they are where memory is short: false. */
bool dcf_live_merge(struct dcf_live *live, struct dcf_live_run *const *runs, size_t run_count,
		    struct dcf_live_tree *const *trees, size_t tree_count, size_t items);
/* Free what can be freed; true when something is left that waits. */
bool dcf_live_reclaim(struct dcf_live *live);
/* Between the slices of a merge of `items` boxes: smaller ones that have come due. */
void dcf_live_between(struct dcf_live *live, size_t items);
/* Everything on the way out, whoever might hold it: at the end. */
void dcf_live_reclaim_all(struct dcf_live *live);

/* ---- live_find.c ---- */

/* A feature of the probe, or a stretch of one. */
struct dcf_live_part {
	struct dcf_body body; /* made when first needed */
	uint32_t feature;
	bool built;
};

/* A slot that one part could meet; then the operation it belongs to. */
struct dcf_live_find {
	const struct dcf_live_op *op;
	uint32_t key; /* first slot of the operation: its own, so they are sorted by it */
	uint32_t slot, piece, part;
};

/* Fills scratch->find with what is visible and could come within the minima: by operation, then part and piece.  Of the probe's
 * features from *next on until there is much, and of no operation that was met; *next: behind them. */
DCF_CHECKED enum dcf_status dcf_live_search_some(const struct dcf_live *live, const struct dcf_live_view *view,
						 const struct dcf_live_probe *probe, const struct dcf_live_margin *margin,
						 struct dcf_live_scratch *scratch, uint32_t *next);
/* It is not found again until the question is over, which dcf_live_meet_none ends. */
DCF_CHECKED enum dcf_status dcf_live_be_met(struct dcf_live_scratch *scratch, const struct dcf_live_op *op);
void dcf_live_meet_none(struct dcf_live_met *m);

static inline size_t dcf_live_met_place(const struct dcf_live_met *m, const struct dcf_live_op *op)
{
	size_t i = (size_t)((uint64_t)(uintptr_t)op * 0x9e3779b97f4a7c15u >> 32) & (m->room - 1);

	while (m->op[i] && m->op[i] != op)
		i = (i + 1) & (m->room - 1);
	return i;
}

static inline bool dcf_live_is_met(const struct dcf_live_met *m, const struct dcf_live_op *op)
{
	return m->count && m->op[dcf_live_met_place(m, op)];
}

static inline uint32_t dcf_live_feature_of(const struct dcf_live_op *op, uint32_t piece)
{
	const struct dcf_live_made *made = op->mark.made;

	return piece & LIVE_STRETCH ? (uint32_t)(made->stretch[piece & ~LIVE_STRETCH].feature - op->features) : piece;
}

#endif
