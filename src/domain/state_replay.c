/* SPDX-License-Identifier: Apache-2.0 */
/* state_replay.c - entries into the state, many at a time.
 *
 * What a declaration costs is mostly what every text costs to read, however short.  So entries are put by until there are a few
 * hundred, the operations among them are read as one text, and then all are applied in order, as if each had been read by
 * itself.  Entries end a group that change what texts mean (parties, airspace), or that amend an operation of the group: in one
 * text two versions would be one operation. */
#include "domain/state_int.h"
#include "domain/declare.h"

enum { GROUP = 512, CELLS = 2 * GROUP, GROUP_BYTES = 1 << 20, PUBLISH = 256 };

struct dcf_replay_group {
	struct dcf_entry_head head[GROUP]; /* kind DCF_ENTRY_KIND_COUNT: the content is gone */
	uint64_t position[GROUP];
	struct dcf_op *op[GROUP]; /* of an operation: read ahead; NULL: to be read by itself */
	size_t count;
	uint16_t cell[CELLS]; /* operations by name: 1 + place in `head` */
};

static enum dcf_status wrong(struct dcf_replay *r, const char *text)
{
	if (r->why)
		dcf_buf_z(r->why, text);
	return DCF_E_CORRUPT;
}

/* --- reading ahead --------------------------------------------------------------------------------- */

static size_t lines_of(struct dcf_span body)
{
	size_t n = 0;

	for (const char *p = body.p, *end = body.p + body.len; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

static size_t declared(const struct dcf_replay *r)
{
	const struct dcf_replay_group *g = r->group;
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		n += g->head[i].kind == DCF_ENTRY_OPERATION;
	return n;
}

/* The operations that were read belong to their entries one to one; a body whose lines went elsewhere is read by itself, and
 * refused there. */
static bool seated(struct dcf_replay *r, struct dcf_op *const *op)
{
	struct dcf_replay_group *g = r->group;
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		if (g->head[i].kind == DCF_ENTRY_OPERATION && op[n++]->live.feature_count != lines_of(g->head[i].body))
			return false;
	n = 0;
	for (size_t i = 0; i < g->count; i++)
		g->op[i] = g->head[i].kind == DCF_ENTRY_OPERATION ? op[n++] : NULL;
	return true;
}

/* What cannot be read in a group is left for apply, which says what is wrong with it. */
static enum dcf_status read_ahead(struct dcf_replay *r)
{
	struct dcf_replay_group *g = r->group;
	struct dcf_plan plan;
	struct dcf_op **op;
	size_t n = declared(r);
	enum dcf_status s;

	memset(g->op, 0, sizeof g->op);
	if (n < 2)
		return DCF_OK;
	r->text.len = 0;
	for (size_t i = 0; i < g->count; i++)
		if (g->head[i].kind == DCF_ENTRY_OPERATION)
			dcf_buf_span(&r->text, g->head[i].body);
	op = dcf_arena_get(&r->arena, n * sizeof(struct dcf_op *));
	if (!op || r->text.failed)
		return DCF_E_NOMEM;
	s = dcf_declare_read_again(r->st->frame_next, DCF_SPAN("entry"), dcf_buf_as_span(&r->text), r->st->from, &plan);
	if (s == DCF_OK && plan.operation_count != n)
		s = DCF_E_REFUSED;
	s = s == DCF_OK ? dcf_ops_make(&plan, r->st->from, op) : s;
	dcf_plan_free(&plan);
	if (s == DCF_OK && !seated(r, op)) {
		for (size_t i = 0; i < n; i++)
			dcf_op_drop(op[i]);
	}
	return s == DCF_E_NOMEM ? s : DCF_OK;
}

/* --- applying -------------------------------------------------------------------------------------- */

static enum dcf_status apply(struct dcf_replay *r, size_t i)
{
	const struct dcf_entry_head *head = &r->group->head[i];
	struct dcf_op *op = r->group->op[i];
	enum dcf_status s;

	r->group->op[i] = NULL;
	if (head->kind == DCF_ENTRY_KIND_COUNT) {
		dcf_state_skip(r->st);
		return DCF_OK;
	}
	/* An operation that is purged may be declared anew at once: its old place must be free by then. */
	if (head->kind == DCF_ENTRY_PURGE) {
		dcf_state_publish(r->st);
		r->purged(r->ctx, head->body);
	}
	s = dcf_state_apply(r->st, head, op, r->why);
	if (s == DCF_OK && (head->kind == DCF_ENTRY_PURGE || r->group->position[i] % PUBLISH == 0)) {
		dcf_state_publish(r->st);
		if (dcf_state_wants_tending(r->st))
			(void)dcf_state_tend(r->st);
	}
	return s;
}

static void clear(struct dcf_replay *r)
{
	for (size_t i = 0; i < r->group->count; i++)
		if (r->group->op[i])
			dcf_op_drop(r->group->op[i]);
	r->group->count = 0;
	memset(r->group->cell, 0, sizeof r->group->cell);
	dcf_arena_rewind(&r->arena);
	r->bytes = 0;
}

enum dcf_status dcf_replay_flush(struct dcf_replay *r)
{
	enum dcf_status s;

	if (!r->group)
		return DCF_OK;
	s = read_ahead(r);
	for (size_t i = 0; s == DCF_OK && i < r->group->count; i++)
		s = apply(r, i);
	clear(r);
	return s;
}

/* --- gathering ------------------------------------------------------------------------------------- */

/* Note the operation's name; false when the group has it already. */
static bool note_name(struct dcf_replay_group *g, const struct dcf_entry_head *head)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t k;

	for (size_t i = 0; i < head->party.len; i++)
		h = (h ^ (unsigned char)head->party.p[i]) * 0x100000001b3u;
	for (size_t i = 0; i < head->operation.len; i++)
		h = (h ^ (unsigned char)head->operation.p[i]) * 0x100000001b3u;
	for (k = (h ^ h >> 32) % CELLS; g->cell[k]; k = (k + 1) % CELLS) {
		const struct dcf_entry_head *other = &g->head[g->cell[k] - 1];

		if (dcf_span_eq(other->operation, head->operation) && dcf_span_eq(other->party, head->party))
			return false;
	}
	g->cell[k] = (uint16_t)(g->count + 1);
	return true;
}

static void put_by(struct dcf_replay *r, uint64_t position, const struct dcf_entry_head *head)
{
	struct dcf_replay_group *g = r->group;

	g->position[g->count] = position;
	g->op[g->count] = NULL;
	g->head[g->count++] = *head;
}

static enum dcf_status take(struct dcf_replay *r, uint64_t position, struct dcf_span content)
{
	struct dcf_entry_head head;
	struct dcf_span copy;
	const char *why;
	bool frame;
	enum dcf_status s;

	copy = dcf_arena_copy(&r->arena, content);
	if (!copy.p)
		return DCF_E_NOMEM;
	s = dcf_entry_read(copy, &r->st->doc, &r->arena, &head, &why);
	if (s != DCF_OK)
		return s == DCF_E_SYNTAX ? wrong(r, why) : s;
	frame = head.kind == DCF_ENTRY_PARTY || head.kind == DCF_ENTRY_AIRSPACE;
	if (frame || (head.kind == DCF_ENTRY_OPERATION && !note_name(r->group, &head))) {
		/* The copy goes with the group that ends here. */
		s = dcf_replay_flush(r);
		copy = s == DCF_OK ? dcf_arena_copy(&r->arena, content) : copy;
		if (s == DCF_OK && !copy.p)
			s = DCF_E_NOMEM;
		s = s == DCF_OK ? dcf_entry_read(copy, &r->st->doc, &r->arena, &head, &why) : s;
		if (s == DCF_OK && !frame)
			(void)note_name(r->group, &head);
	}
	if (s == DCF_OK)
		put_by(r, position, &head);
	return s == DCF_OK && frame ? dcf_replay_flush(r) : s;
}

enum dcf_status dcf_replay_entry(void *replay, uint64_t position, const struct dcf_entry *entry)
{
	static const struct dcf_entry_head gone = { .kind = DCF_ENTRY_KIND_COUNT };
	struct dcf_replay *r = replay;
	enum dcf_status s = DCF_OK;

	if (!r->group) {
		r->group = dcf_alloc_new(r->st->from, sizeof *r->group);
		if (!r->group)
			return DCF_E_NOMEM;
		memset(r->group, 0, sizeof *r->group);
	}
	if (entry->erased)
		put_by(r, position, &gone);
	else
		s = take(r, position, entry->content);
	r->bytes += entry->content.len;
	return s == DCF_OK && (r->group->count == GROUP || r->bytes >= GROUP_BYTES) ? dcf_replay_flush(r) : s;
}

void dcf_replay_free(struct dcf_replay *r)
{
	if (r->group)
		clear(r);
	dcf_alloc_free(r->st->from, r->group, sizeof *r->group);
	dcf_buf_free(&r->text);
	dcf_arena_free(&r->arena);
}
