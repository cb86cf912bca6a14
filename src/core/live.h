/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - operations that stand, come and go while many ask about them.
 *
 *      writer (one thread)             tender (one thread)            readers (any number)
 *   insert remove publish undo    merges, gives memory back       enter ... near meet box ... leave
 *              |                            |                              |
 *              v                            v                              v
 *        open run --full--> runs --merged--> trees of growing size --> base trees
 *        (256 boxes)        (sealed)         (packed, see index.h)     (up to 2^20 boxes each)
 * A box stands in one of these; a question goes through all of them and then asks every operation found whether
 * it is visible in the reader's version.  What was removed stays in its tree until a merge leaves it out.
 *
 * VERSIONS.  What the writer inserts and removes is seen by readers at once and whole when it publishes, and not
 * before.  A reader sees, from enter to leave, the one version that was published when it entered.  Undo takes back
 * everything since the last publish.
 *
 * WHO MAY CALL WHAT
 *   writer   insert, remove, publish, undo, frame, load, enter_writer: one thread at a time.
 *   tender   tend: one thread at a time (a second call at the same time returns at once).  It may be the writer's
 *            or another one, in the background; the core itself starts none.
 *   readers  enter, leave, near, meet, box: any thread, each view and each scratch used by one at a time.
 *   anyone   validate, stats, wants_tending.
 * No call waits for another: readers take no lock and neither does the writer.  Memory comes from the allocator alone, which
 * must be callable from the writer's and the tender's thread at once (the heap is).
 *
 * COST (measured with a million volumes in bench C; p parties, v volumes of an operation, n standing volumes)
 *   insert   O(v), a quarter of a microsecond a volume (of a trajectory what its track takes); remove, publish O(1); undo
 *            O(what it takes back)
 *   near, meet, box  O(log n + what is found) for each volume asked about, some two microseconds; enter, leave O(1)
 *   tend     spread over the boxes inserted: each is sorted again some ten times on its way to a base tree
 *   frame    O(p^2); standing boxes depend neither on minima nor on the atmosphere, so nothing is rebuilt
 *   load     O(n log n), packed at once
 *   memory   some 60 bytes a standing volume beside the caller's; a merge needs some 100 a volume that it merges
 *
 *   at most  2^28 boxes, those of operations that are gone and not yet merged away too (DCF_E_NOMEM)
 *
 * THE BOXES are int32 and cover the years 1970 to 2110 in steps of 1.05 s; what lies outside counts as at the end (so it may
 * be found too much, never too little).  Levels are kept in the reference that each was declared in. */
#ifndef DCF_CORE_LIVE_H
#define DCF_CORE_LIVE_H

#include "core/check.h"
#include "core/pair.h"
#include <stdatomic.h>

struct dcf_live;

/* Most parties of a frame, views at once, and features of one operation: beyond them DCF_E_LIMIT. */
enum { DCF_LIVE_PARTIES = 1024, DCF_LIVE_VIEWS = 1024, DCF_LIVE_FEATURES = 65536 };

/* One operation.  Made by the caller, in its memory, and unchanged from insert until release is called for it (readers look
 * at it meanwhile): the struct, the features and all that they point to. */
struct dcf_live_op {
	uint32_t party;                     /* index in the frame's parties */
	uint32_t feature_count;             /* may be 0: then nothing ever meets it */
	const struct dcf_feature *features; /* their .party and .operation are not read */
	void *owner;                        /* the caller's; never looked at */
	/* The index's own.  Zero all of it before insert and keep out. */
	struct dcf_live_mark {
		_Atomic uint64_t born, died; /* visible in versions born <= v < died */
		struct dcf_live_op *next, *next_gone;
		void *made; /* bodies worth keeping */
		uint32_t first_item, boxes;
	} mark;
};

/* Called once for every operation that was inserted, when nobody can see it any more: removed (and published) or
 * undone, and every view that might have held it has left.  Called within dcf_live_tend and dcf_live_free, on their thread.
 * It may free the operation; it may not call the index. */
typedef void dcf_live_release(void *ctx, struct dcf_live_op *op);

/* An empty index whose first version is 1.  `frame`: parties, atmosphere and agreement are copied as far as needed (its
 * operations and features are not read); `question`: its minima hold beside the agreement's, its .simd chooses the variant.
 * `a` is borrowed.  DCF_E_NOMEM, DCF_E_LIMIT (parties), DCF_E_RANGE (simd) leave *live NULL. */
DCF_CHECKED enum dcf_status dcf_live_new(const struct dcf_alloc *a, const struct dcf_plan *frame,
					 const struct dcf_check_options *question, dcf_live_release *release, void *ctx,
					 struct dcf_live **live);
/* No view may be open and nobody else may be in a call.  Releases every operation that is still there.  NULL is fine. */
void dcf_live_free(struct dcf_live *live);

/* ---- the writer ---- */

/* Is every feature sound?  DCF_E_REFUSED with *which and *why (a sentence, static) of the first that is not; DCF_E_LIMIT.
 * Takes microseconds a feature.  Insert refuses nothing that passed. */
DCF_CHECKED enum dcf_status dcf_live_validate(const struct dcf_alloc *a, const struct dcf_feature *features, uint32_t count,
					      uint32_t *which, const char **why);

/* Put `op` in, to be seen from the next version on.  Only trajectories are made ready here, so volumes must have been
 * validated.  On failure (DCF_E_NOMEM, DCF_E_REFUSED, DCF_E_LIMIT, DCF_E_RANGE: no such party) it is not in, will not be
 * released, and remains the caller's. */
DCF_CHECKED enum dcf_status dcf_live_insert(struct dcf_live *live, struct dcf_live_op *op);

/* As inserting all of `ops`, or none when it fails.  For starting with very many; `parallel` (may be NULL) shares the work. */
DCF_CHECKED enum dcf_status dcf_live_load(struct dcf_live *live, struct dcf_live_op *const *ops, size_t n,
					  const struct dcf_parallel *parallel);

/* Take `op` out (inserted before, published or not, and not removed since), to be gone from the next version on.  Cannot
 * fail. */
void dcf_live_remove(struct dcf_live *live, struct dcf_live_op *op);

/* Other parties, atmosphere, agreement or minima, from the next version on: `frame` and `question` as for dcf_live_new.  The
 * index of a party that stood in an earlier frame must not change while operations of it are in.  Of several calls before a
 * publish the last holds.  On failure nothing has changed. */
DCF_CHECKED enum dcf_status dcf_live_frame(struct dcf_live *live, const struct dcf_plan *frame,
					   const struct dcf_check_options *question);

/* Make all since the last publish visible to views that enter from now on.  Cannot fail.  Returns the new version. */
uint64_t dcf_live_publish(struct dcf_live *live);

/* Take back all since the last publish: what was removed stands again, what was inserted is gone (and will be released), the
 * frame is the published one.  Cannot fail. */
void dcf_live_undo(struct dcf_live *live);

/* ---- the tender ---- */

enum dcf_live_more {
	DCF_LIVE_IDLE,    /* nothing to do until the writer does something */
	DCF_LIVE_WAITING, /* something waits for views to leave: call again in some milliseconds */
};

/* Merge what is due and give back what nobody sees.  Returns when nothing more can be done; each merge goes by slices, between
 * which smaller ones that have come due are done.  Where memory is short a merge is left for the next call. */
enum dcf_live_more dcf_live_tend(struct dcf_live *live);

/* Is there enough to do that the tender should be woken?  Cheap: ask after every publish.  Nobody need listen: with
 * very many runs unmerged insert tends by itself. */
bool dcf_live_wants_tending(const struct dcf_live *live);

/* ---- readers ---- */

/* An open view: on the caller's stack, at one thread at a time.  It holds back the memory of whatever it might
 * still see, so keep it for a question, not for a session. */
struct dcf_live_view {
	uint64_t version;
	const struct dcf_live_frame *frame; /* inside the index */
	const struct dcf_live_set *set;
	unsigned slot;
};

/* See the version published last.  DCF_E_LIMIT when DCF_LIVE_VIEWS are open; never waits. */
DCF_CHECKED enum dcf_status dcf_live_enter(struct dcf_live *live, struct dcf_live_view *view);
/* The writer's own: sees what it has not published too, up to now.  Leave before the next call that changes anything. */
DCF_CHECKED enum dcf_status dcf_live_enter_writer(struct dcf_live *live, struct dcf_live_view *view);
void dcf_live_leave(struct dcf_live *live, struct dcf_live_view *view);

/* Operations that were handed out (open addressing, at most half full), and hits that are not sure yet: live_meet.c. */
struct dcf_live_met {
	const struct dcf_live_op **op;
	size_t count, room;
	struct dcf_live_hit *unsure;
	size_t unsure_count, unsure_cap;
};

/* Memory for questions: zero-initialise, set `from`, use again and again; one thread at a time. */
struct dcf_live_scratch {
	const struct dcf_alloc *from;
	struct dcf_pair_scratch pair;
	struct dcf_arena probe, made;
	struct dcf_live_part *part;
	size_t part_count, part_cap;
	struct dcf_live_find *find;
	size_t find_count, find_cap;
	size_t find_most; /* at which meet and near look at what they found before they go on; 0: 2^18 */
	struct dcf_live_met met;
};
void dcf_live_scratch_free(struct dcf_live_scratch *scratch);

/* What is asked about: features that need not be in the index (validated; .party and .operation are not read). */
struct dcf_live_probe {
	uint32_t party; /* of the view's frame */
	uint32_t feature_count;
	const struct dcf_feature *features;
	const struct dcf_live_op *except[2]; /* operations left out (itself, the one it replaces); NULL: none */
	bool own_party;                      /* also operations of its own party (of all where party is DCF_NONE) */
};

/* Beyond the minima, how far the probe may stray; all >= 0. */
struct dcf_live_margin {
	double aside_m;
	int64_t lower_e4, higher_e4;
	int64_t earlier_us, later_us;
};

struct dcf_live_hit {
	const struct dcf_live_op *op;    /* valid until the view is left */
	uint32_t probe_feature, feature; /* a pair that made it a hit; of several not necessarily the earliest */
	bool advisory;                   /* of meet: every conflicting pair has an advisory feature */
	bool internal;                   /* of the probe's own party */
};

/* Takes one hit.  Another status than DCF_OK ends the question and is returned from it. */
typedef enum dcf_status dcf_live_take(void *ctx, const struct dcf_live_hit *hit);

/* Every operation that could come within the minima of the probe (and `margin`; NULL: none): may name too many, never too
 * few.  Each once, in no particular order.  Of no party (DCF_NONE) the largest minima of all hold.  DCF_E_NOMEM, DCF_E_REFUSED
 * (a trajectory that cannot be), DCF_E_RANGE (no such party). */
DCF_CHECKED enum dcf_status dcf_live_near(const struct dcf_live *live, const struct dcf_live_view *view,
					  const struct dcf_live_probe *probe, const struct dcf_live_margin *margin,
					  struct dcf_live_scratch *scratch, dcf_live_take *take, void *ctx);

/* Exactly those operations in conflict with the probe by the minima of the view's frame, as dcf_detect would find them.  Each
 * once, in no particular order.  Errors as dcf_live_near; a probe of no party is DCF_E_RANGE. */
DCF_CHECKED enum dcf_status dcf_live_meet(const struct dcf_live *live, const struct dcf_live_view *view,
					  const struct dcf_live_probe *probe, struct dcf_live_scratch *scratch,
					  dcf_live_take *take, void *ctx);

/* Bounds; closed over the ground and in levels, half open in time. */
struct dcf_live_bounds {
	int32_t lat_low_e7, lat_high_e7, lon_low_e7, lon_high_e7; /* lon_low > lon_high: across the antimeridian */
	int64_t start_us, end_us;                                 /* INT64_MIN, INT64_MAX: always */
	bool all_levels;                                          /* `lower` and `upper` are not read */
	struct dcf_altitude lower, upper;
};

/* Every visible operation of which a volume, or a stretch of a trajectory, has a box that meets the bounds: may name some that
 * only come near.  Each once, in no particular order; of the hit only .op and .feature stand. */
DCF_CHECKED enum dcf_status dcf_live_box(const struct dcf_live *live, const struct dcf_live_view *view,
					 const struct dcf_live_bounds *bounds, struct dcf_live_scratch *scratch,
					 dcf_live_take *take, void *ctx);

/* Figures, each right at some moment of late. */
struct dcf_live_stats {
	uint64_t version;
	uint64_t ops;   /* in the published version */
	uint64_t items; /* boxes in runs and trees, those of removed operations too */
	uint64_t runs, trees;
	uint64_t bytes;          /* of runs, trees and tables */
	uint64_t merges, merged; /* done so far, and boxes in them */
	uint64_t waiting;        /* operations removed and not yet released */
};
void dcf_live_stats(const struct dcf_live *live, struct dcf_live_stats *stats);

#endif
