/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - one input into a plan, whole or not at all. */
#include "format/read.h"
#include "format/read_int.h"

/* --- taking back ---------------------------------------------------------------------------------- */

static bool remember(struct dcf_reader *r, const struct dcf_undo *undo)
{
	void *array = r->undo;

	if (!dcf_reader_ok(r, dcf_grow(r->plan->arena.from, &array, &r->undo_cap, r->undo_count + 1, sizeof *r->undo)))
		return false;
	r->undo = array;
	r->undo[r->undo_count++] = *undo;
	return true;
}

/* What was made since the mark goes away whole; only what was there before needs to be remembered. */
bool dcf_undo_party(struct dcf_reader *r, uint32_t index)
{
	return index >= r->before.plan.party_count ||
	       remember(r, &(struct dcf_undo){ .index = index, .is_party = true, .party = r->plan->parties[index] });
}

bool dcf_undo_operation(struct dcf_reader *r, uint32_t index)
{
	return index >= r->before.plan.operation_count ||
	       remember(r, &(struct dcf_undo){ .index = index, .operation = r->plan->operations[index] });
}

/* Names were put into the open-addressed tables in the order of their indices, so the tables without the last ones are what
 * they were before those came: no other name moved for them. */
static void forget_slots(uint32_t *slots, size_t count, size_t used, size_t keep)
{
	for (size_t i = 0; used > keep && i < count; i++)
		if (slots[i] > keep)
			slots[i] = 0;
}

/* Rules and names as they were; the arrays keep their room. */
static void restore_agreement(struct dcf_agreement *a, const struct dcf_agreement *before)
{
	struct dcf_agreement now = *a;

	*a = *before;
	a->separation = now.separation;
	a->separation_cap = now.separation_cap;
	a->notice = now.notice;
	a->notice_cap = now.notice_cap;
	a->lines = now.lines;
	a->line_cap = now.line_cap;
	a->areas = now.areas;
	a->area_cap = now.area_cap;
}

/* How many features it has is counted back with them: it was remembered after some of them had come. */
static void restore_operation(struct dcf_operation *o, const struct dcf_operation *before)
{
	uint32_t features = o->feature_count;

	*o = *before;
	o->feature_count = features;
}

/* The plan as it was; arrays keep their room, and the arena what was put there. */
static void take_back(struct dcf_reader *r, const struct dcf_mark *mark)
{
	struct dcf_plan *p = r->plan;
	const struct dcf_plan *b = &mark->plan;

	while (r->undo_count > mark->undo_count) {
		const struct dcf_undo *u = &r->undo[--r->undo_count];

		if (u->is_party)
			p->parties[u->index] = u->party;
		else
			restore_operation(&p->operations[u->index], &u->operation);
	}
	for (size_t i = b->feature_count; i < p->feature_count; i++) {
		p->trajectory_count -= p->features[i].shape == DCF_TRAJECTORY;
		if (p->features[i].operation < b->operation_count)
			p->operations[p->features[i].operation].feature_count--;
	}
	forget_slots(p->party_slots, p->party_slot_count, p->party_count, b->party_count);
	forget_slots(p->operation_slots, p->operation_slot_count, p->operation_count, b->operation_count);
	p->party_count = b->party_count;
	p->operation_count = b->operation_count;
	p->feature_count = b->feature_count;
	p->place_count = b->place_count;
	p->remark_count = b->remark_count;
	p->title = b->title;
	p->others = b->others;
	p->atmosphere_others = b->atmosphere_others;
	p->atmosphere = b->atmosphere;
	p->atmosphere_seen = b->atmosphere_seen;
	restore_agreement(&p->agreement, &b->agreement);
	r->collection_seen = mark->collection_seen;
	r->version_seen = mark->version_seen;
}

/* What is remembered of things that this input made itself is needed no more: they would go away whole. */
static void drop_undo(struct dcf_reader *r)
{
	size_t kept = r->before.undo_count;

	for (size_t i = kept; i < r->undo_count; i++) {
		const struct dcf_plan *start = &r->start.plan;

		if (r->undo[i].index < (r->undo[i].is_party ? start->party_count : start->operation_count))
			r->undo[kept++] = r->undo[i];
	}
	r->undo_count = kept;
}

void dcf_reader_mark(struct dcf_reader *r)
{
	drop_undo(r);
	r->before = (struct dcf_mark){ *r->plan, r->undo_count, r->collection_seen, r->version_seen };
}

void dcf_reader_back(struct dcf_reader *r)
{
	take_back(r, &r->before);
}

/* --- the kinds ------------------------------------------------------------------------------------ */

enum { RECORD_SEPARATOR = 0x1e };

/* What some editors and spreadsheets write: its mark, or a zero beside the first character. */
static bool is_utf16(struct dcf_feed *f)
{
	unsigned first, second;

	while (f->end - f->at < 2)
		if (!dcf_feed_more(f))
			return false;
	first = (unsigned char)f->buf[f->at];
	second = (unsigned char)f->buf[f->at + 1];
	return (first == 0xff && second == 0xfe) || (first == 0xfe && second == 0xff) ||
	       (first == 0 && second >= ' ' && second < 0x7f) || (second == 0 && first >= ' ' && first < 0x7f);
}

static void read_kind(struct dcf_reader *r)
{
	bool wide = is_utf16(r->feed);
	int c = dcf_feed_peek(r->feed);

	if (wide)
		dcf_refuse_input(r, DCF_E_SYNTAX, "found text in UTF-16 or UTF-32, expected UTF-8");
	else if (c == DCF_FEED_FAILED)
		dcf_refuse_feed(r);
	else if (c == DCF_FEED_END)
		dcf_refuse_input(r, DCF_E_SYNTAX, "found nothing, expected an operations file, F3548 JSON or state vectors");
	else if (c == '{' || c == '[' || c == RECORD_SEPARATOR)
		dcf_read_texts(r);
	else
		dcf_read_states(r);
}

static void free_reader(struct dcf_reader *r)
{
	const struct dcf_alloc *a = r->plan->arena.from;

	dcf_jfree(&r->json);
	dcf_jscratch_free(&r->scratch);
	dcf_buf_free(&r->text);
	dcf_buf_free(&r->path);
	dcf_buf_free(&r->rest);
	dcf_buf_free(&r->prefix_text);
	dcf_buf_free(&r->fatal_where);
	dcf_buf_free(&r->fatal_text);
	dcf_alloc_free(a, r->members, r->member_cap * sizeof *r->members);
	dcf_alloc_free(a, r->undo, r->undo_cap * sizeof *r->undo);
}

enum dcf_status dcf_read_plan(struct dcf_plan *plan, const struct dcf_read_options *options, const struct dcf_source *source)
{
	const struct dcf_alloc *a = plan->arena.from;
	struct dcf_feed feed;
	struct dcf_reader r = {
		.plan = plan,
		.options = options,
		.feed = &feed,
		.start = { .plan = *plan },
		.before = { .plan = *plan },
		.prefix = DCF_SPAN(""),
		.where = DCF_SPAN(""),
		.text = { .from = a },
		.path = { .from = a },
		.rest = { .from = a },
		.prefix_text = { .from = a },
		.scratch = { .from = a },
		.fatal_where = { .from = a },
		.fatal_text = { .from = a },
	};

	dcf_feed_open(&feed, a, source);
	read_kind(&r);
	if (r.status != DCF_OK)
		take_back(&r, &r.start);
	if (r.status != DCF_OK && r.status != DCF_E_NOMEM) {
		struct dcf_remark m = { .refused = true,
					.where = dcf_buf_as_span(&r.fatal_where),
					.text = dcf_buf_as_span(&r.fatal_text) };

		if (dcf_plan_remark(plan, &m) != DCF_OK)
			r.status = DCF_E_NOMEM;
	}
	free_reader(&r);
	dcf_feed_free(&feed);
	return r.status;
}
