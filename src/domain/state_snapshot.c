/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"
#include "base/json_writer.h"
#include "crypto/text.h"

/* The text of a snapshot: one line each, numbers in decimal.
 *
 *     {"at":…,"exercise":…,"kind":"snapshot","origin":…,"position":…,"v":1,"vkey":…}
 *     O serial position version STATE event-position last-at history…      an operation, by serial
 *     P position                         a party, in the order of their indices
 *     A position                         the airspace, when one was given
 *     R key digest first count at        a request with a key, the oldest first
 *     L...                               the line (line_text.c)
 *     X...                               the exchange (exchange_text.c)
 * Contents are not in it: what stands here names entries, which the record binds. */

static void put_number(struct dcf_buf *out, uint64_t n)
{
	dcf_buf_char(out, ' ');
	dcf_buf_i64(out, (int64_t)n);
}

static void put_hash(struct dcf_buf *out, const struct dcf_hash *h)
{
	dcf_buf_char(out, ' ');
	dcf_text_put(out, DCF_TEXT_HEX, h->b, sizeof h->b);
}

/* As of the beginning, whatever came since: entries from there on are met again. */
static void put_head(const struct dcf_state *st, const struct dcf_snapshot_walk *w, struct dcf_buf *out)
{
	const struct dcf_facts *f = atomic_load(&st->facts);
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "at");
	dcf_json_i64(&j, w->at_us);
	dcf_json_key(&j, "exercise");
	dcf_json_bool(&j, f && f->exercise);
	dcf_json_key(&j, "kind");
	dcf_json_z(&j, "snapshot");
	dcf_json_key(&j, "origin");
	dcf_json_string(&j, f ? f->origin : DCF_SPAN(""));
	dcf_json_key(&j, "position");
	dcf_json_i64(&j, (int64_t)w->position);
	dcf_json_key(&j, "v");
	dcf_json_i64(&j, 1);
	dcf_json_key(&j, "vkey");
	dcf_json_string(&j, f ? f->vkey : DCF_SPAN(""));
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

static void put_slot(const struct dcf_slot *slot, struct dcf_buf *out)
{
	const struct dcf_op *op = atomic_load(&slot->current);

	if (!op)
		return;
	dcf_buf_char(out, 'O');
	put_number(out, slot->serial);
	put_number(out, op->position);
	put_number(out, op->version);
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, dcf_op_state_name((enum dcf_op_state)atomic_load(&op->state)));
	put_number(out, atomic_load(&op->event_position));
	put_number(out, (uint64_t)op->last_at_us);
	for (uint32_t i = 0; i < slot->history_count; i++)
		put_number(out, slot->history[i]);
	dcf_buf_char(out, '\n');
}

static void put_requests(const struct dcf_requests *r, struct dcf_buf *out)
{
	for (uint64_t n = r->numbered - r->count; n < r->numbered; n++) {
		const struct dcf_request *q = &r->at[n & (r->cap - 1)];

		dcf_buf_char(out, 'R');
		put_hash(out, &q->key);
		put_hash(out, &q->digest);
		put_number(out, q->first);
		put_number(out, q->count);
		put_number(out, (uint64_t)q->at_us);
		dcf_buf_char(out, '\n');
	}
}

static void put_frame(const struct dcf_state *st, struct dcf_buf *out)
{
	const struct dcf_frame *frame = atomic_load(&st->frame);

	for (size_t i = 0; i < frame->plan.party_count; i++) {
		dcf_buf_char(out, 'P');
		put_number(out, frame->party[i].position);
		dcf_buf_char(out, '\n');
	}
	if (frame->airspace.text.len) {
		dcf_buf_char(out, 'A');
		put_number(out, frame->airspace.position);
		dcf_buf_char(out, '\n');
	}
}

void dcf_state_walk_begin(const struct dcf_state *st, struct dcf_snapshot_walk *w)
{
	*w = (struct dcf_snapshot_walk){ .position = atomic_load(&st->position),
					 .at_us = atomic_load(&st->at_us),
					 .end = atomic_load(&st->table.serial_end),
					 .exchange_end = 2 * atomic_load(&st->position) };
}

bool dcf_state_walk_step(const struct dcf_state *st, struct dcf_snapshot_walk *w, size_t most, struct dcf_buf *out)
{
	struct dcf_slot *slot = NULL;

	if (!w->head_put)
		put_head(st, w, out);
	w->head_put = true;
	/* What is first declared behind the beginning is met again when the entries are. */
	for (; most > 0 && (slot = dcf_table_next(&st->table, &w->serial)) && slot->serial < w->end; w->serial++, most--)
		put_slot(slot, out);
	if (slot && slot->serial < w->end)
		return true;
	if (dcf_exchange_text_step(st->exchange, atomic_load(&st->position), &w->exchange_serial, w->exchange_end, &most, out))
		return true;
	/* At last the frame and the requests, so that they know all that the operations above could name. */
	put_frame(st, out);
	put_requests(&st->requests, out);
	dcf_line_text_put(st->line, atomic_load(&st->position), out);
	dcf_exchange_text_end(st->exchange, out);
	return false;
}

void dcf_state_snapshot(const struct dcf_state *st, struct dcf_buf *out)
{
	struct dcf_snapshot_walk walk;

	dcf_state_walk_begin(st, &walk);
	(void)dcf_state_walk_step(st, &walk, SIZE_MAX, out);
}

enum dcf_status dcf_state_hash(const struct dcf_state *st, struct dcf_hash *out)
{
	struct dcf_buf text = { .from = st->from };
	enum dcf_status s;

	dcf_state_snapshot(st, &text);
	s = text.failed ? DCF_E_NOMEM : DCF_OK;
	if (s == DCF_OK)
		*out = dcf_sha256(dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return s;
}
