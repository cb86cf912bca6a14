/* SPDX-License-Identifier: Apache-2.0 */
/* The line as lines of a snapshot, and back:
 *
 *     L position                  entries before it are known
 *     LP {...}                    a neighbour, in the order of their indices
 *     LM peer direction p p p     positions of its messages, in order (0: ours)
 *     LH {...}                    a message that waits for one before it
 *     LO {...}                    an object, by serial
 */
#include "domain/line_int.h"
#include "base/decimal.h"
#include "base/json_writer.h"
#include "crypto/text.h"

#include <stddef.h>

enum field_kind { FIELD_U8, FIELD_BOOL, FIELD_U32, FIELD_U64, FIELD_I64, FIELD_TEXT, FIELD_HEX };

struct field {
	const char *name;
	enum field_kind as;
	size_t offset, size; /* size: of TEXT and HEX, in bytes */
};

/* clang-format off */
#define F(kind, type, member) { #member, kind, offsetof(struct type, member), sizeof(((struct type *)NULL)->member) }

static const struct field peer_fields[] = {
	F(FIELD_TEXT, dcf_line_peer, party),	    F(FIELD_HEX, dcf_line_peer, key),
	F(FIELD_TEXT, dcf_line_peer, url),	    F(FIELD_BOOL, dcf_line_peer, removed),
	F(FIELD_HEX, dcf_line_peer, out.last),	    F(FIELD_HEX, dcf_line_peer, in.last),
	F(FIELD_U64, dcf_line_peer, acked),	    F(FIELD_U8, dcf_line_peer, technical),
	F(FIELD_I64, dcf_line_peer, technical_since_us), F(FIELD_I64, dcf_line_peer, offset_us),
	F(FIELD_U8, dcf_line_peer, ours),	    F(FIELD_U8, dcf_line_peer, theirs),
	F(FIELD_I64, dcf_line_peer, ours_since_us), F(FIELD_I64, dcf_line_peer, theirs_since_us),
	F(FIELD_U64, dcf_line_peer, refused),	    F(FIELD_U64, dcf_line_peer, first),
	F(FIELD_U64, dcf_line_peer, last),
};

static const struct field object_fields[] = {
	F(FIELD_TEXT, dcf_line_object, id),	     F(FIELD_U32, dcf_line_object, version),
	F(FIELD_U32, dcf_line_object, peer),	     F(FIELD_U8, dcf_line_object, machine),
	F(FIELD_U8, dcf_line_object, state),	     F(FIELD_U8, dcf_line_object, precedence),
	F(FIELD_BOOL, dcf_line_object, ours),	     F(FIELD_BOOL, dcf_line_object, overdue),
	F(FIELD_BOOL, dcf_line_object, dissemination_overdue), F(FIELD_U8, dcf_line_object, escalation),
	F(FIELD_BOOL, dcf_line_object, suspended),   F(FIELD_BOOL, dcf_line_object, stale),
	F(FIELD_BOOL, dcf_line_object, came_late),   F(FIELD_U8, dcf_line_object, timeliness),
	F(FIELD_I64, dcf_line_object, notice_us),    F(FIELD_I64, dcf_line_object, need_us),
	F(FIELD_I64, dcf_line_object, sent_us),	     F(FIELD_I64, dcf_line_object, begun_us),
	F(FIELD_I64, dcf_line_object, deadline_us),  F(FIELD_I64, dcf_line_object, step_us),
	F(FIELD_I64, dcf_line_object, start_us),     F(FIELD_I64, dcf_line_object, end_us),
	F(FIELD_TEXT, dcf_line_object, words),	     F(FIELD_TEXT, dcf_line_object, their_words),
	F(FIELD_BOOL, dcf_line_object, moved),	     F(FIELD_I64, dcf_line_object, hold_since_us),
	F(FIELD_I64, dcf_line_object, hold_us),	     F(FIELD_U8, dcf_line_object, readouts),
	F(FIELD_U8, dcf_line_object, classified),    F(FIELD_TEXT, dcf_line_object, class_a),
	F(FIELD_TEXT, dcf_line_object, class_b),     F(FIELD_U8, dcf_line_object, answer),
	F(FIELD_TEXT, dcf_line_object, ref),	     F(FIELD_U8, dcf_line_object, duty),
	F(FIELD_U64, dcf_line_object, first),	     F(FIELD_U64, dcf_line_object, last),
	F(FIELD_I64, dcf_line_object, last_us),
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { POSITIONS_A_LINE = 1000 };

/* --- to text ---------------------------------------------------------------------------------------------- */

static void put_field(struct dcf_json *j, const void *of, const struct field *f)
{
	const char *at = (const char *)of + f->offset;
	char hex[2 * DCF_HASH_BYTES];

	dcf_json_key(j, f->name);
	switch (f->as) {
	case FIELD_U8:
		dcf_json_i64(j, *(const uint8_t *)at);
		break;
	case FIELD_BOOL:
		dcf_json_bool(j, *(const bool *)at);
		break;
	case FIELD_U32:
		dcf_json_i64(j, *(const uint32_t *)at);
		break;
	case FIELD_U64:
		dcf_json_i64(j, (int64_t)(*(const uint64_t *)at));
		break;
	case FIELD_I64:
		dcf_json_i64(j, *(const int64_t *)at);
		break;
	case FIELD_TEXT:
		dcf_json_z(j, at);
		break;
	case FIELD_HEX:
		dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, at, f->size) });
		break;
	}
}

static void put_fields(struct dcf_json *j, const void *of, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_field(j, of, &fields[i]);
}

static void put_positions(struct dcf_buf *out, uint32_t peer, unsigned direction, const uint64_t *at, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		if (i % POSITIONS_A_LINE == 0) {
			dcf_buf_z(out, i ? "\nLM " : "LM ");
			dcf_buf_i64(out, peer);
			dcf_buf_char(out, ' ');
			dcf_buf_i64(out, direction);
		}
		dcf_buf_char(out, ' ');
		dcf_buf_i64(out, (int64_t)at[i]);
	}
	if (count)
		dcf_buf_char(out, '\n');
}

static void put_peer(struct dcf_buf *out, uint32_t i, const struct line_peer *p)
{
	struct dcf_json j = { .out = out };

	dcf_buf_z(out, "LP ");
	dcf_json_begin(&j, '{');
	put_fields(&j, &p->seen, peer_fields, COUNT(peer_fields));
	dcf_json_key(&j, "echo");
	dcf_json_i64(&j, (int64_t)p->echo_seen);
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
	put_positions(out, i, 0, p->at[0], p->seen.out.count);
	put_positions(out, i, 1, p->at[1], p->seen.in.count);
	for (size_t k = 0; k < p->held_count; k++) {
		struct dcf_json h = { .out = out };

		if (p->held[k].is_new)
			continue;
		dcf_buf_z(out, "LH ");
		dcf_json_begin(&h, '{');
		dcf_json_key(&h, "n");
		dcf_json_i64(&h, (int64_t)p->held[k].n);
		dcf_json_key(&h, "note");
		dcf_json_string(&h, (struct dcf_span){ p->held[k].note, p->held[k].len });
		dcf_json_key(&h, "peer");
		dcf_json_i64(&h, i);
		dcf_json_key(&h, "position");
		dcf_json_i64(&h, (int64_t)p->held[k].position);
		dcf_json_end(&h, '}');
		dcf_buf_char(out, '\n');
	}
}

static void put_slot(struct dcf_buf *out, const struct line_slot *s)
{
	struct dcf_json j = { .out = out };

	dcf_buf_z(out, "LO ");
	dcf_json_begin(&j, '{');
	put_fields(&j, &s->seen, object_fields, COUNT(object_fields));
	dcf_json_key(&j, "history");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < s->history_seen; i++)
		dcf_json_i64(&j, (int64_t)s->history[i]);
	dcf_json_end(&j, ']');
	if (s->object) {
		dcf_json_key(&j, "object");
		dcf_json_string(&j, (struct dcf_span){ s->object, s->object_len });
	}
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

void dcf_line_text_put(struct dcf_line *line, uint64_t position, struct dcf_buf *out)
{
	/* The writer's thread, with nothing unpublished: `now` and `seen` are the same, and nobody else changes anything. */
	if (line->peer_seen == 0)
		return;
	dcf_buf_z(out, "L ");
	dcf_buf_i64(out, (int64_t)position);
	dcf_buf_char(out, '\n');
	for (uint32_t i = 0; i < line->peer_seen; i++)
		put_peer(out, i, line->peer[i]);
	for (size_t i = 0; i < line->slot_seen; i++)
		put_slot(out, line->slot[i]);
}

/* --- and back --------------------------------------------------------------------------------------------- */

static bool get_number(struct dcf_jval v, int64_t *n)
{
	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(n, &v.doc->tape[v.at + 1], sizeof *n);
	return true;
}

static bool get_field(struct dcf_jval v, void *of, const struct field *f)
{
	char *at = (char *)of + f->offset;
	struct dcf_span text = dcf_jkind(v) == DCF_J_STRING ? dcf_jstring(v) : (struct dcf_span){ NULL, 0 };
	int64_t n = 0;

	if (f->as == FIELD_BOOL) {
		*(bool *)at = dcf_jkind(v) == DCF_J_TRUE;
		return dcf_jkind(v) == DCF_J_TRUE || dcf_jkind(v) == DCF_J_FALSE;
	}
	if (f->as == FIELD_HEX)
		return text.p && dcf_text_read_exactly(DCF_TEXT_HEX, text, at, f->size) == DCF_OK;
	if (f->as == FIELD_TEXT) {
		if (!text.p || text.len >= f->size)
			return false;
		memset(at, 0, f->size);
		memcpy(at, text.p, text.len);
		return true;
	}
	if (!get_number(v, &n))
		return false;
	switch (f->as) {
	case FIELD_U8:
		*(uint8_t *)at = (uint8_t)n;
		return n >= 0 && n <= UINT8_MAX;
	case FIELD_U32:
		*(uint32_t *)at = (uint32_t)n;
		return n >= 0 && n <= UINT32_MAX;
	case FIELD_U64:
		*(uint64_t *)at = (uint64_t)n;
		return n >= 0;
	default:
		*(int64_t *)at = n;
		return true;
	}
}

static bool get_fields(struct dcf_jval object, void *of, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!get_field(dcf_jget(object, fields[i].name), of, &fields[i]))
			return false;
	return true;
}

static enum dcf_status read_peer(struct dcf_line *line, struct dcf_jval v)
{
	struct dcf_line_peer values = { .removed = false };
	struct line_peer *p;
	int64_t echo;
	enum dcf_status s;

	if (!get_fields(v, &values, peer_fields, COUNT(peer_fields)) || !get_number(dcf_jget(v, "echo"), &echo) ||
	    values.technical > DCF_LINE_UP || values.ours > DCF_LINE_CLOSED || values.theirs > DCF_LINE_CLOSED)
		return DCF_E_CORRUPT;
	s = dcf_line_add_peer(line, dcf_span_of(values.party), &p);
	if (s != DCF_OK)
		return s;
	p->now = values;
	p->echo_now = (uint64_t)echo;
	return DCF_OK;
}

static enum dcf_status read_held(struct dcf_line *line, struct dcf_jval v)
{
	struct dcf_jval note = dcf_jget(v, "note");
	struct line_held h = { .is_new = false };
	struct line_peer *p;
	int64_t n, peer, position;
	void *array;

	if (!get_number(dcf_jget(v, "n"), &n) || !get_number(dcf_jget(v, "peer"), &peer) ||
	    !get_number(dcf_jget(v, "position"), &position) || dcf_jkind(note) != DCF_J_STRING || peer < 0 ||
	    peer >= line->peer_count)
		return DCF_E_CORRUPT;
	p = line->peer[peer];
	array = p->held;
	if (dcf_grow(line->from, &array, &p->held_cap, p->held_count + 1, sizeof *p->held) != DCF_OK)
		return DCF_E_NOMEM;
	p->held = array;
	h.n = (uint64_t)n;
	h.position = (uint64_t)position;
	h.len = dcf_jstring(note).len;
	h.note = dcf_alloc_new(line->from, h.len);
	if (!h.note)
		return DCF_E_NOMEM;
	memcpy(h.note, dcf_jstring(note).p, h.len);
	p->held[p->held_count++] = h;
	p->now.held++;
	return DCF_OK;
}

static enum dcf_status read_history(struct dcf_line *line, struct line_slot *slot, struct dcf_jval list)
{
	struct dcf_jwalk it = dcf_jwalk(list);
	struct dcf_jval v;
	int64_t n;
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && dcf_jnext(&it, &v))
		s = get_number(v, &n) ? dcf_line_note(line, slot, (uint64_t)n) : DCF_E_CORRUPT;
	return s;
}

static enum dcf_status read_object(struct dcf_line *line, struct dcf_jval v)
{
	struct dcf_line_object values = { .serial = line->slot_count };
	struct dcf_jval object = dcf_jget(v, "object");
	struct line_slot *slot;
	enum dcf_status s;

	if (!get_fields(v, &values, object_fields, COUNT(object_fields)) || values.peer >= line->peer_count ||
	    values.machine >= DCF_MACHINE_COUNT ||
	    values.state >= dcf_machine_of((enum dcf_machine_kind)values.machine)->state_count ||
	    values.precedence >= DCF_PRECEDENCE_COUNT)
		return DCF_E_CORRUPT;
	s = dcf_line_add(line, values.peer, dcf_span_of(values.id), &slot);
	if (s != DCF_OK)
		return s;
	slot->now = values;
	s = read_history(line, slot, dcf_jget(v, "history"));
	if (s == DCF_OK && dcf_jkind(object) == DCF_J_STRING) {
		slot->object_len = dcf_jstring(object).len;
		slot->object = dcf_alloc_new(line->from, slot->object_len);
		s = slot->object ? DCF_OK : DCF_E_NOMEM;
		if (s == DCF_OK)
			memcpy(slot->object, dcf_jstring(object).p, slot->object_len);
	}
	return s == DCF_OK ? dcf_line_due_put(line, slot, dcf_line_due_of(&slot->now)) : s;
}

static bool next_number(struct dcf_span *text, uint64_t *n)
{
	size_t i = 0;

	while (text->len && text->p[0] == ' ')
		*text = (struct dcf_span){ text->p + 1, text->len - 1 };
	while (i < text->len && text->p[i] != ' ')
		i++;
	if (!dcf_decimal_read((struct dcf_span){ text->p, i }, n))
		return false;
	*text = (struct dcf_span){ text->p + i, text->len - i };
	return true;
}

static enum dcf_status read_positions(struct dcf_line *line, struct dcf_span text)
{
	uint64_t peer, direction, position;
	struct line_peer *p;
	enum dcf_status s = DCF_OK;

	if (!next_number(&text, &peer) || !next_number(&text, &direction) || peer >= line->peer_count || direction > 1)
		return DCF_E_CORRUPT;
	p = line->peer[peer];
	while (s == DCF_OK && text.len) {
		struct dcf_hash last = direction ? p->now.in.last : p->now.out.last;

		if (!next_number(&text, &position))
			return DCF_E_CORRUPT;
		s = dcf_line_stream_push(line, p, direction == 1, &last, position);
	}
	return s;
}

enum dcf_status dcf_line_text_read(struct dcf_line *line, struct dcf_span text)
{
	char kind = text.len > 1 ? text.p[1] : 0;
	struct dcf_buf json = { .from = line->from };
	const char *why;
	enum dcf_status s;

	if (text.len < 3 || text.p[0] != 'L')
		return DCF_E_CORRUPT;
	if (kind == ' ')
		return dcf_decimal_read((struct dcf_span){ text.p + 2, text.len - 2 }, &line->known) ? DCF_OK : DCF_E_CORRUPT;
	text = (struct dcf_span){ text.p + 3, text.len - 3 };
	if (kind == 'M')
		return read_positions(line, text);
	dcf_buf_span(&json, text);
	dcf_buf_fill(&json, ' ', 64);
	s = json.failed ? DCF_E_NOMEM : dcf_jparse(&line->doc, json.p, text.len, &why);
	if (s == DCF_OK)
		s = kind == 'P'   ? read_peer(line, dcf_jroot(&line->doc))
		    : kind == 'H' ? read_held(line, dcf_jroot(&line->doc))
		    : kind == 'O' ? read_object(line, dcf_jroot(&line->doc))
				  : DCF_E_CORRUPT;
	else if (s != DCF_E_NOMEM)
		s = DCF_E_CORRUPT;
	dcf_buf_free(&json);
	return s;
}
