/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"

/* ---- on the way out ---- */

/* Operations first .. last, linked by next_gone, are on their way out. */
static void let_go(struct dcf_live *live, struct dcf_live_op *first, struct dcf_live_op *last, uint64_t count)
{
	if (!first)
		return;
	atomic_fetch_add_explicit(&live->waiting, count, memory_order_relaxed);
	last->mark.next_gone = atomic_load(&live->gone);
	while (!atomic_compare_exchange_weak(&live->gone, &last->mark.next_gone, first))
		;
}

/* Every operation that stands, each at its first slot. */
static void let_all_go(struct dcf_live *live)
{
	struct dcf_live_op *first = NULL, *last = NULL;
	uint64_t count = 0;

	for (uint32_t i = 0; i < live->slot_count; i++) {
		struct dcf_live_op *op = atomic_load(&dcf_live_slot_at(live, i)->op);

		if (!op || op->mark.first_item != i)
			continue;
		op->mark.next_gone = first;
		first = op;
		last = last ? last : op;
		count++;
	}
	let_go(live, first, last, count);
}

/* ---- made and freed ---- */

static void init(struct dcf_live *live, const struct dcf_alloc *a, const struct dcf_check_options *question,
		 dcf_live_release *release, void *ctx)
{
	memset(live, 0, sizeof *live);
	live->from = a;
	live->simd = question->simd;
	live->release = release;
	live->ctx = ctx;
	live->axes = dcf_live_axes();
	live->own_slots = LIVE_NO_SLOT;
	live->boxes.from = a;
	live->boxes.arena.from = a;
	atomic_init(&live->published, 1);
	atomic_init(&live->epoch, 1);
	atomic_init(&live->frame, NULL);
	atomic_init(&live->set, NULL);
	atomic_init(&live->gone, NULL);
	atomic_init(&live->waste, NULL);
	atomic_init(&live->free_slots, LIVE_NO_SLOT);
}

enum { PINS = DCF_LIVE_VIEWS + 1 };

enum dcf_status dcf_live_new(const struct dcf_alloc *a, const struct dcf_plan *frame, const struct dcf_check_options *question,
			     dcf_live_release *release, void *ctx, struct dcf_live **out)
{
	struct dcf_live_change nothing = { 0 };
	struct dcf_index probe;
	struct dcf_live *live;
	struct dcf_live_frame *f = NULL;
	enum dcf_status s;

	*out = NULL;
	/* which variant stands for the best one is the index's to say */
	s = dcf_index_build(a, NULL, 0, question->simd, NULL, &probe);
	if (s != DCF_OK)
		return s;
	live = dcf_alloc_new(a, sizeof *live);
	if (!live)
		return DCF_E_NOMEM;
	init(live, a, question, release, ctx);
	live->simd = probe.simd;
	live->pin = dcf_live_get(live, PINS * sizeof *live->pin);
	live->chunk = dcf_live_get(live, LIVE_CHUNKS * sizeof *live->chunk);
	s = live->pin && live->chunk ? dcf_live_frame_new(live, frame, question, &f) : DCF_E_NOMEM;
	for (size_t i = 0; live->pin && i < PINS; i++)
		atomic_init(&live->pin[i].epoch, 0);
	if (s == DCF_OK) {
		atomic_store(&live->frame, f);
		s = dcf_live_set_change(live, &nothing);
	}
	if (s == DCF_OK)
		*out = live;
	else
		dcf_live_free(live);
	return s;
}

void dcf_live_free(struct dcf_live *live)
{
	struct dcf_live_set *set;

	if (!live)
		return;
	dcf_live_reclaim_all(live);
	let_all_go(live);
	dcf_live_reclaim_all(live);
	set = atomic_load(&live->set);
	for (uint32_t i = 0; set && i < set->run_count; i++)
		dcf_live_destroy(live, &set->run[i]->waste);
	for (uint32_t i = 0; set && i < set->tree_count; i++)
		dcf_live_destroy(live, &set->tree[i]->waste);
	if (set)
		dcf_live_destroy(live, &set->waste);
	for (struct dcf_live_frame *f = atomic_load(&live->frame), *prev; f; f = prev) {
		prev = f->from > atomic_load(&live->published) ? f->prev : NULL;
		dcf_live_frame_free(live, f);
	}
	for (uint32_t i = 0; i < live->slot_count; i += LIVE_CHUNK)
		dcf_live_put(live, live->chunk[i / LIVE_CHUNK], LIVE_CHUNK * sizeof **live->chunk);
	dcf_live_put(live, live->chunk, LIVE_CHUNKS * sizeof *live->chunk);
	dcf_live_put(live, live->pin, PINS * sizeof *live->pin);
	dcf_live_boxes_free(&live->boxes);
	dcf_alloc_free(live->from, live, sizeof *live);
}

/* ---- the writer ---- */

enum dcf_status dcf_live_validate(const struct dcf_alloc *a, const struct dcf_feature *features, uint32_t count,
				  uint32_t *which, const char **why)
{
	struct dcf_arena arena = { .from = a };
	enum dcf_status s = DCF_OK;

	*which = 0;
	*why = "";
	if (count > DCF_LIVE_FEATURES)
		return DCF_E_LIMIT;
	for (uint32_t i = 0; i < count && s == DCF_OK; i++) {
		struct dcf_body body;

		*why = "";
		s = dcf_body_build(&features[i], &arena, &body, why);
		if (s == DCF_E_LIMIT || (s == DCF_E_REFUSED && !**why)) {
			*why = "a shape with too many pieces";
			s = DCF_E_REFUSED;
		}
		*which = i;
		dcf_arena_rewind(&arena);
	}
	dcf_arena_free(&arena);
	return s;
}

static uint64_t next_version(const struct dcf_live *live)
{
	return atomic_load_explicit(&live->published, memory_order_relaxed) + 1;
}

/* Slots for all pieces, and one for an operation that has none; none when memory is short. */
static bool take_slots(struct dcf_live *live, struct dcf_live_op *op)
{
	struct dcf_live_boxes *b = &live->boxes;
	size_t taken = 0;

	if (b->count == 0)
		return (op->mark.first_item = dcf_live_take_slot(live)) != LIVE_NO_SLOT;
	while (taken < b->count && (b->at[taken].slot = dcf_live_take_slot(live)) != LIVE_NO_SLOT)
		taken++;
	op->mark.first_item = b->at[0].slot;
	if (taken == b->count)
		return true;
	while (taken > 0)
		dcf_live_return_slot(live, b->at[--taken].slot);
	return false;
}

static void return_slots(struct dcf_live *live, struct dcf_live_op *op)
{
	struct dcf_live_boxes *b = &live->boxes;

	for (size_t i = 0; i < b->count; i++)
		dcf_live_return_slot(live, b->at[i].slot);
	if (b->count == 0)
		dcf_live_return_slot(live, op->mark.first_item);
}

static void fill_slots(struct dcf_live *live, struct dcf_live_op *op)
{
	struct dcf_live_boxes *b = &live->boxes;

	if (b->count == 0) {
		struct dcf_live_slot *s = dcf_live_slot_at(live, op->mark.first_item);

		s->next = LIVE_NO_SLOT;
		atomic_store_explicit(&s->op, op, memory_order_release);
	}
	for (size_t i = 0; i < b->count; i++) {
		struct dcf_live_slot *s = dcf_live_slot_at(live, b->at[i].slot);

		s->piece = b->at[i].piece;
		s->next = i + 1 < b->count ? b->at[i + 1].slot : LIVE_NO_SLOT;
		atomic_store_explicit(&s->op, op, memory_order_release);
	}
}

/* With very many runs that nobody merges, questions would become slow. */
static void tend_if_nobody_does(struct dcf_live *live)
{
	bool no = false;

	if (atomic_load_explicit(&live->full_runs, memory_order_relaxed) <= LIVE_RUNS_MANY ||
	    !atomic_compare_exchange_strong(&live->tending, &no, true))
		return;
	dcf_live_merge_due(live, LIVE_RUNS_AT_ONCE * LIVE_RUN);
	dcf_live_merge_due(live, LIVE_RUNS_AT_ONCE * LIVE_RUN);
	atomic_store(&live->tending, false);
}

enum dcf_status dcf_live_insert(struct dcf_live *live, struct dcf_live_op *op)
{
	struct dcf_live_boxes *b = &live->boxes;
	enum dcf_status s;

	if (op->party >= atomic_load_explicit(&live->frame, memory_order_relaxed)->parties)
		return DCF_E_RANGE;
	tend_if_nobody_does(live);
	b->count = 0;
	b->places = 0;
	s = dcf_live_boxes_add(b, &live->axes, op);
	if (s != DCF_OK)
		return s;
	if (!take_slots(live, op)) {
		s = DCF_E_NOMEM;
	} else if ((s = dcf_live_run_room(live, b->count)) != DCF_OK) {
		return_slots(live, op);
	}
	if (s != DCF_OK) {
		dcf_live_made_free(live->from, op);
		return s;
	}
	atomic_store_explicit(&op->mark.born, next_version(live), memory_order_relaxed);
	atomic_store_explicit(&op->mark.died, LIVE_STAYS, memory_order_relaxed);
	op->mark.boxes = (uint32_t)b->count;
	fill_slots(live, op);
	atomic_fetch_or(&live->places, b->places);
	dcf_live_run_append(live, b->at, b->count, op->party);
	op->mark.next = live->inserted;
	live->inserted = op;
	live->ops++;
	atomic_fetch_add_explicit(&live->items, b->count, memory_order_relaxed);
	return DCF_OK;
}

void dcf_live_remove(struct dcf_live *live, struct dcf_live_op *op)
{
	if (atomic_load_explicit(&op->mark.died, memory_order_relaxed) != LIVE_STAYS)
		return;
	atomic_store_explicit(&op->mark.died, next_version(live), memory_order_relaxed);
	op->mark.next_gone = live->removed;
	if (!live->removed)
		live->removed_last = op;
	live->removed = op;
	live->removed_count++;
	live->ops--;
}

enum dcf_status dcf_live_frame(struct dcf_live *live, const struct dcf_plan *plan, const struct dcf_check_options *question)
{
	struct dcf_live_frame *now = atomic_load(&live->frame), *f;
	enum dcf_status s;

	if (plan->party_count < now->parties)
		return DCF_E_RANGE;
	s = dcf_live_frame_new(live, plan, question, &f);
	if (s != DCF_OK)
		return s;
	f->from = next_version(live);
	f->prev = now->from == f->from ? now->prev : now;
	atomic_store(&live->frame, f);
	if (now->from == f->from)
		dcf_live_discard(live, &now->waste);
	return DCF_OK;
}

/* What is published or taken back is no longer the writer's concern. */
static void forget_changes(struct dcf_live *live)
{
	live->inserted = live->removed = live->removed_last = NULL;
	live->removed_count = 0;
}

uint64_t dcf_live_publish(struct dcf_live *live)
{
	struct dcf_live_frame *f = atomic_load_explicit(&live->frame, memory_order_relaxed);
	uint64_t v = next_version(live);

	atomic_store(&live->published, v);
	if (f->from == v && f->prev)
		dcf_live_discard(live, &f->prev->waste);
	let_go(live, live->removed, live->removed_last, live->removed_count);
	forget_changes(live);
	atomic_store_explicit(&live->op_count, (uint64_t)live->ops, memory_order_relaxed);
	return v;
}

void dcf_live_undo(struct dcf_live *live)
{
	struct dcf_live_frame *f = atomic_load_explicit(&live->frame, memory_order_relaxed);
	struct dcf_live_op *op, *first = NULL, *last = NULL;
	uint64_t gone = 0;

	for (op = live->removed; op; op = op->mark.next_gone, live->ops++)
		atomic_store_explicit(&op->mark.died, LIVE_STAYS, memory_order_relaxed);
	for (op = live->inserted; op; op = op->mark.next, live->ops--, gone++) {
		atomic_store_explicit(&op->mark.died, 0, memory_order_relaxed);
		op->mark.next_gone = first;
		first = op;
		last = last ? last : op;
	}
	let_go(live, first, last, gone);
	forget_changes(live);
	if (f->from == next_version(live)) {
		atomic_store(&live->frame, f->prev);
		dcf_live_discard(live, &f->waste);
	}
}

void dcf_live_stats(const struct dcf_live *live, struct dcf_live_stats *stats)
{
	/* Sets come and go: only counters can be read by anyone. */
	*stats = (struct dcf_live_stats){
		.version = atomic_load_explicit(&live->published, memory_order_relaxed),
		.ops = atomic_load_explicit(&live->op_count, memory_order_relaxed),
		.items = atomic_load_explicit(&live->items, memory_order_relaxed),
		.runs = atomic_load_explicit(&live->full_runs, memory_order_relaxed),
		.trees = atomic_load_explicit(&live->tree_count, memory_order_relaxed),
		.bytes = atomic_load_explicit(&live->bytes, memory_order_relaxed),
		.merges = atomic_load_explicit(&live->merges, memory_order_relaxed),
		.merged = atomic_load_explicit(&live->merged, memory_order_relaxed),
		.waiting = atomic_load_explicit(&live->waiting, memory_order_relaxed),
	};
}
