/* SPDX-License-Identifier: Apache-2.0 */
/* whole_int.h - what the files of the whole plan share.
 *
 *   whole_look.c    who may come near whom, and which levels there are
 *   whole_ties.c    which shifts two operations may not have against each other
 *   whole_place.c   where could one operation go, all others staying where they are?
 *   whole_first.c   a first plan without conflicts
 *   whole_search.c  a better one: take a few operations out, put them back otherwise
 *   whole_bound.c   what no plan can undercut
 *   whole_verify.c  CHECK's word on the outcome, and what it refuses
 *   whole_report.c  the outcome as it is handed over, and why some conflicts stay
 *   whole_margin.c  what room those that moved have
 *
 * A MOVE is a level out of a short list and a shift in whole seconds.  A TIE of operations i and k, each at a level,
 * is a range of d = shift of i - shift of k at which the two are in conflict.  Ties do not depend on where anything
 * is, so they are worked out once, when they are first asked for, and kept.
 *
 * Everything is decided in integers (seconds and grains of cost), so the plan is the same on every machine. */
#ifndef DCF_OPTIONS_WHOLE_INT_H
#define DCF_OPTIONS_WHOLE_INT_H

#include "options/shift.h"
#include "options/whole.h"

/* Grains of cost: the greater of the weights of a second and of a foot is a million grains. */
#define DCF_GRAIN 1000000
/* What a conflict that stays costs, and what moving a protected operation costs beside the move: more than any move,
 * and small enough for sums over two million conflicts. */
#define DCF_STAYS_COST     (INT64_C(1) << 41)
#define DCF_PROTECTED_COST (INT64_C(1) << 38)
enum { DCF_STAGES = 30, DCF_LEVELS_MAX = 64 };

/* Forbidden: low <= shift of the row's operation - shift of `other` <= high, `other` at its own level. */
struct dcf_tie {
	uint32_t other;
	int32_t low, high;
};

/* Ties of one operation at one level with everything at its own level; the first `slots` slots are worked out. */
struct dcf_ties {
	struct dcf_tie *at;
	uint32_t count, cap, slots;
};

enum dcf_rung_state { DCF_RUNG_NEW, DCF_RUNG_READY, DCF_RUNG_REFUSED };

/* One usable level of an operation: [0] is its own. */
struct dcf_rung {
	int64_t lift_e4, cost;   /* grains */
	uint8_t state;           /* enum dcf_rung_state */
	uint8_t ref;             /* of low and high; DCF_REF_COUNT: not one reference that is the same everywhere */
	int64_t low_e4, high_e4; /* all its levels */
	struct dcf_features features;
	struct dcf_ties ties;
};

/* Pieces first..last of the own feature `own`, and an item of the index that may come near. */
struct dcf_meet {
	uint32_t item, first, last, own;
};

/* One neighbour: its meets in this operation's list; with count 0 in the neighbour's own. */
struct dcf_slot {
	uint32_t other, first, count;
	/* ties of the own level with the neighbour at `seen_rung` stand in the memo from seen_first, and are found without a
	 * search through memory; seen_stage 0: nothing is kept */
	uint32_t seen_first;
	uint16_t seen_count;
	uint8_t seen_rung, seen_stage;
};

/* What is known about an operation that may move.  Built for a stage: the higher, the further was looked. */
struct dcf_node {
	struct dcf_features declared;
	struct dcf_rung *rung; /* by cost */
	uint32_t rung_count;
	struct dcf_meet *meet;
	struct dcf_slot *slot; /* own_slots of them by `other`, then those that others found */
	uint32_t own_slots, slot_count, slot_cap;
	int32_t horizon_s; /* shifts up to this were looked at */
	int64_t beyond;    /* a place that was not looked at costs at least this; INT64_MAX: there is none */
};

/* Where an operation is now. */
struct dcf_spot {
	int32_t shift_s;
	uint8_t rung;
	bool absent; /* taken out for the moment */
};

/* All levels of an operation that is off its own, as in dcf_rung: beside each other, since they are asked for all the
 * time. */
struct dcf_band {
	int64_t low_e4, high_e4;
	uint8_t ref;
};

struct dcf_ban {
	uint32_t operation;
	uint8_t rung;
	int32_t low, high;
};

struct dcf_part {
	struct dcf_node *node;
	uint32_t *extra; /* neighbours that looked further than this one and found it */
	size_t extra_count, extra_cap;
	int32_t least_s, most_s; /* shifts that its party can bear */
	int64_t lowest_e4, highest_e4;
	uint32_t first_clash, clash_count;
	uint8_t stage; /* 0: no node yet */
	bool fixed, is_protected, banned, hidden;
};

/* Ties of pairs of which one is away from its own level, and the other is not at its own either, or looks from it. */
struct dcf_memo_key {
	uint32_t low_op, high_op;
	uint8_t low_rung, high_rung;
};
struct dcf_memo_entry {
	struct dcf_memo_key key;
	uint8_t stage; /* 0: free */
	uint32_t first, count;
};
struct dcf_memo {
	struct dcf_memo_entry *at;
	size_t count, cap;   /* cap: a power of two */
	struct dcf_tie *tie; /* .other unused */
	size_t tie_count, tie_cap;
};

struct dcf_range_s {
	int32_t low, high;
};

/* What one thread works with.  Zero-initialise and set the four `from`s. */
struct dcf_hand {
	const struct dcf_alloc *from;
	struct dcf_arena keep, scrap; /* what stays, what is forgotten at once */
	struct dcf_pair_scratch pair;
	struct dcf_nears nears;
	struct dcf_set set;
	struct dcf_range_s *cut; /* ties of the pair at hand */
	size_t cut_count, cut_cap;
	struct dcf_range_s *span; /* what is forbidden to the operation at hand */
	size_t span_count, span_cap;
	void *list;
	size_t list_cap;
	enum dcf_status status;
	uint64_t ties_made; /* pairs of operations and levels worked out */
};

struct dcf_whole {
	const struct dcf_alloc *from;
	const struct dcf_plan *plan;
	const struct dcf_check_options *question;
	const struct dcf_result *check;
	const struct dcf_whole_ask *ask;
	struct dcf_standing standing;
	size_t count; /* operations */
	struct dcf_part *part;
	struct dcf_spot *spot;
	struct dcf_band *band;
	uint32_t *clash; /* of operation i: clash[first_clash ..): those it must be cleared of */
	size_t clash_total;
	int64_t second_cost, foot_cost; /* grains */
	int32_t cap_s;                  /* greatest shift that anyone can bear */
	struct dcf_hand hand;           /* of whatever is not in shares */
	struct dcf_hand *hands;         /* one a share */
	unsigned hand_count;
	struct dcf_memo memo;
	size_t off_level; /* operations that are not at their own level */
	struct dcf_ban *ban;
	size_t ban_count, ban_cap;
	bool stopped;
};

/* Is this conflict one that shall end: of two parties, neither advisory nor brief, and known to the reader? */
bool dcf_whole_counts(const struct dcf_whole *w, const struct dcf_conflict *c);
bool dcf_whole_stop(struct dcf_whole *w);

/* ---- whole.c ---- */
/* From the first six members (.from to .count) all others: everything where it was declared, nothing looked at.  Close
 * it also after a failure. */
DCF_CHECKED enum dcf_status dcf_whole_open(struct dcf_whole *w);
void dcf_whole_close(struct dcf_whole *w);

/* ---- whole_look.c ---- */
void dcf_hand_init(struct dcf_hand *hand, const struct dcf_alloc *a);
void dcf_hand_free(struct dcf_hand *hand);
/* Look around operation `i` as far as `stage` says.  Touches nothing but part[i].node and .stage. */
DCF_CHECKED enum dcf_status dcf_whole_look(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, unsigned stage);
/* Tell those near `i` that looked less far of it. */
DCF_CHECKED enum dcf_status dcf_whole_tell(struct dcf_whole *w, uint32_t i);
/* Look and tell, unless that has been done for this stage. */
DCF_CHECKED enum dcf_status dcf_whole_ready(struct dcf_whole *w, uint32_t i, unsigned stage);
/* The stage at which looking around `i` begins. */
unsigned dcf_whole_first_stage(const struct dcf_whole *w, uint32_t i);
/* Shifts of one against the other that a stage looks at: this many microseconds either way. */
double dcf_whole_far_us(const struct dcf_whole *w, unsigned stage);
/* All levels of some features, for dcf_rung. */
void dcf_whole_levels(struct dcf_rung *rung);
/* Are two operations at these levels too far above each other to meet? */
static inline bool dcf_whole_level_apart(const struct dcf_whole *w, uint32_t i, const struct dcf_rung *x, uint32_t k,
					 struct dcf_band y)
{
	int64_t v;

	if (x->ref != y.ref || x->ref == DCF_REF_COUNT)
		return false;
	v = dcf_standing_minima(&w->standing, w->plan->operations[i].party, w->plan->operations[k].party)->vertical_e4;
	return x->low_e4 - y.high_e4 > v || y.low_e4 - x->high_e4 > v;
}
static inline struct dcf_band dcf_rung_band(const struct dcf_rung *r)
{
	return (struct dcf_band){ r->low_e4, r->high_e4, r->ref };
}
/* The slot of `other` in what `i` knows, or NULL. */
const struct dcf_slot *dcf_whole_slot(const struct dcf_node *n, uint32_t other);

/* ---- whole_ties.c ---- */
/* `other` has looked further: work the ties of `i` with it out anew. */
DCF_CHECKED enum dcf_status dcf_whole_tie_again(struct dcf_whole *w, uint32_t i, uint32_t other);
/* Ties of `i` at rung `m` with all that is at its own level.  NULL where that level cannot be had, or memory is short
 * (then hand->status says so). */
const struct dcf_ties *dcf_whole_ties(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t m);
/* Ties of `i` at rung mi with `slot` of it at rung mk > 0: *count ranges of the shift of the lower-numbered operation
 * less that of the higher.  Valid until the next call. */
DCF_CHECKED enum dcf_status dcf_whole_tie_of(struct dcf_whole *w, uint32_t i, uint32_t mi, const struct dcf_slot *slot,
					     uint32_t mk, const struct dcf_tie **at, uint32_t *count);

/* ---- whole_place.c ---- */
struct dcf_choice {
	uint32_t stays; /* conflicts that stay with it: only where it was declared */
	int64_t cost;   /* grains */
	int32_t shift_s;
	uint32_t rung;
};
/* The best place of `i`, or with skip 1 another that was met on the way to it (if any was), while all others stay.  False
 * when there is none within what was looked at.  Changes only hand and what is kept about `i` (and w->memo while
 * something is off its level). */
bool dcf_whole_best(struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, unsigned skip, struct dcf_choice *out);
/* Operations in the way of `i` at that place: up to `cap`, each once.  Returns how many there are, cap + 1 for more. */
uint32_t dcf_whole_blockers(struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung, uint32_t *out, uint32_t cap);
/* Grains of `i` at that place; dcf_whole_cost counts in that protected ones are asked last. */
int64_t dcf_whole_move_cost(const struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung);
int64_t dcf_whole_cost(const struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung);
/* Forbid a place for good. */
DCF_CHECKED enum dcf_status dcf_whole_forbid(struct dcf_whole *w, struct dcf_ban ban);

static inline bool dcf_spot_home(const struct dcf_spot *s)
{
	return s->shift_s == 0 && s->rung == 0 && !s->absent;
}

static inline void dcf_whole_put(struct dcf_whole *w, uint32_t i, struct dcf_spot spot)
{
	if (spot.rung) {
		const struct dcf_rung *r = &w->part[i].node->rung[spot.rung];

		w->band[i] = dcf_rung_band(r);
	}
	w->off_level += (spot.rung != 0) - (size_t)(w->spot[i].rung != 0);
	w->spot[i] = spot;
}

/* Conflicts of `i` that stay, as everything is now. */
uint32_t dcf_whole_staying(const struct dcf_whole *w, uint32_t i);

/* ---- whole_first.c, whole_search.c ---- */
DCF_CHECKED enum dcf_status dcf_whole_first(struct dcf_whole *w);
/* Improve what stands in w->spot by `steps` steps, beginning at a temperature of `heat` grains.  With `push` above 0
 * each grain that a party carries beyond max_share of the sum counts as so many more. */
DCF_CHECKED enum dcf_status dcf_whole_improve(struct dcf_whole *w, uint64_t seed, uint64_t steps, int64_t heat, int64_t push,
					      uint64_t *done);
/* The sum of everything, conflicts that stay included. */
int64_t dcf_whole_total(const struct dcf_whole *w);

/* ---- whole_bound.c ---- */
DCF_CHECKED enum dcf_status dcf_whole_bound(struct dcf_whole *w, int64_t *bound);

/* ---- whole_verify.c ---- */
/* Write the moves and CHECK the plan as it stands now: its answer goes into `left` (zeroed; whoever calls frees it).
 * With `mend` what was found is forbidden and moved elsewhere, and *again says so. */
DCF_CHECKED enum dcf_status dcf_whole_verify(struct dcf_whole *w, bool mend, struct dcf_whole_result *out,
					     struct dcf_result *left, bool *again);

/* ---- whole_report.c ---- */
/* Replaces out->moved and ->cost. */
DCF_CHECKED enum dcf_status dcf_whole_write_moves(struct dcf_whole *w, struct dcf_whole_result *out);
/* Burdens, sums, and the conflicts that stay, of what CHECK found. */
DCF_CHECKED enum dcf_status dcf_whole_write_rest(struct dcf_whole *w, const struct dcf_result *left,
						 struct dcf_whole_result *out);
/* For conflicts that `out` still lists: any other kind of option that one of the two has, if it has not moved yet.  What was
 * cleared is taken off the list, the move added to `out`. */
DCF_CHECKED enum dcf_status dcf_whole_resort(struct dcf_whole *w, struct dcf_whole_result *out);

/* ---- whole_margin.c ---- */
/* out->margin of out->moved, on the threads of the question; NULL where struct dcf_whole_result says so. */
DCF_CHECKED enum dcf_status dcf_whole_margins(const struct dcf_whole *w, struct dcf_whole_result *out);

/* SplitMix64 (Steele, Lea, Flood, 2014). */
static inline uint64_t dcf_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}
static inline uint64_t dcf_draw(uint64_t *state)
{
	return dcf_mix(*state += 0x9e3779b97f4a7c15u);
}
/* In [0, n), n < 2^32. */
static inline uint32_t dcf_draw_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((dcf_draw(state) >> 32) * n >> 32);
}

#endif
