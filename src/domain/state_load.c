/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"
#include "base/decimal.h"
#include "core/sort.h"
#include "crypto/text.h"
#include "domain/declare.h"

/* Operations are read many at a time, as one text: that is several times faster than one by one. */
enum { LOAD_TEXT_BYTES = 1 << 20, LOAD_OPERATIONS = 4096, READ_GAP = 64 };

/* One operation of a snapshot. */
struct row {
	uint64_t serial, position, event_position;
	const uint64_t *history;
	int64_t at_us, last_at_us; /* of the entry at `position`; of its last one */
	bool erased;               /* its content is gone, so it must be purged by a later entry */
	uint32_t history_count, version;
	uint8_t state;
	struct dcf_op *op;
};

struct load {
	struct dcf_state *st;
	const struct dcf_entry_source *source;
	struct dcf_buf *why;
	struct dcf_arena arena;
	struct row *row;
	size_t row_count, row_cap;
	uint64_t *numbers; /* histories */
	size_t number_count, number_cap;
	struct dcf_frame_text *party;
	size_t party_count, party_cap;
	struct dcf_frame_text airspace;
	/* the chunk being read */
	struct dcf_buf text;
	size_t first, filled; /* rows (by position) that it has */
	size_t *by_position;  /* rows in that order */
	uint64_t position;
	int64_t at_us;
	size_t owed; /* rows that are erased and not yet purged */
};

static enum dcf_status wrong(struct load *l, const char *text)
{
	if (l->why)
		dcf_buf_z(l->why, text);
	return DCF_E_CORRUPT;
}

/* --- lines of the snapshot ------------------------------------------------------------------------- */

static struct dcf_span next_line(struct dcf_span *text)
{
	const char *end = memchr(text->p, '\n', text->len);
	struct dcf_span line = { text->p, end ? (size_t)(end - text->p) : text->len };
	size_t taken = end ? line.len + 1 : line.len;

	*text = (struct dcf_span){ text->p + taken, text->len - taken };
	return line;
}

static struct dcf_span next_word(struct dcf_span *line)
{
	struct dcf_span word;
	size_t n = 0;

	while (line->len && line->p[0] == ' ')
		*line = (struct dcf_span){ line->p + 1, line->len - 1 };
	while (n < line->len && line->p[n] != ' ')
		n++;
	word = (struct dcf_span){ line->p, n };
	*line = (struct dcf_span){ line->p + n, line->len - n };
	return word;
}

static bool next_number(struct dcf_span *line, uint64_t *out)
{
	return dcf_decimal_read(next_word(line), out);
}

static enum dcf_status keep_numbers(struct load *l, struct dcf_span line, uint32_t *count)
{
	void *array = l->numbers;
	uint64_t n;

	*count = 0;
	while (line.len) {
		if (!next_number(&line, &n))
			return wrong(l, "a snapshot with an operation whose history cannot be read");
		if (dcf_grow(l->st->from, &array, &l->number_cap, l->number_count + 1, sizeof *l->numbers) != DCF_OK)
			return DCF_E_NOMEM;
		l->numbers = array;
		l->numbers[l->number_count++] = n;
		(*count)++;
	}
	return DCF_OK;
}

static enum dcf_status read_operation(struct load *l, struct dcf_span line)
{
	struct row r = { 0 };
	uint64_t version, last_at;
	void *array = l->row;
	enum dcf_status s;

	if (!next_number(&line, &r.serial) || !next_number(&line, &r.position) || !next_number(&line, &version) ||
	    version == 0 || version > UINT32_MAX)
		return wrong(l, "a snapshot with an operation that cannot be read");
	r.version = (uint32_t)version;
	r.state = (uint8_t)dcf_op_state_of(next_word(&line));
	if (r.state == DCF_OP_STATE_COUNT || !next_number(&line, &r.event_position) || !next_number(&line, &last_at))
		return wrong(l, "a snapshot with an operation whose state cannot be read");
	if (l->row_count && l->row[l->row_count - 1].serial >= r.serial)
		return wrong(l, "a snapshot whose operations are not in order");
	r.last_at_us = (int64_t)last_at;
	s = keep_numbers(l, line, &r.history_count);
	if (s == DCF_OK)
		s = dcf_grow(l->st->from, &array, &l->row_cap, l->row_count + 1, sizeof *l->row);
	l->row = array;
	if (s == DCF_OK)
		l->row[l->row_count++] = r;
	return s;
}

static enum dcf_status read_request(struct load *l, struct dcf_span line)
{
	struct dcf_request r;
	uint64_t count, at;

	if (dcf_text_read_exactly(DCF_TEXT_HEX, next_word(&line), r.key.b, sizeof r.key.b) != DCF_OK ||
	    dcf_text_read_exactly(DCF_TEXT_HEX, next_word(&line), r.digest.b, sizeof r.digest.b) != DCF_OK ||
	    !next_number(&line, &r.first) || !next_number(&line, &count) || !next_number(&line, &at) || count > UINT32_MAX)
		return wrong(l, "a snapshot with a request that cannot be read");
	r.count = (uint32_t)count;
	r.at_us = (int64_t)at;
	return dcf_requests_put(&l->st->requests, l->st->from, &r);
}

/* --- contents -------------------------------------------------------------------------------------- */

struct want_text {
	struct load *l;
	struct dcf_span text;
	uint8_t kind;
};

static enum dcf_status take_text(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct want_text *w = ctx;
	struct dcf_entry_head head;
	const char *why;
	enum dcf_status s;

	(void)position;
	if (entry->erased)
		return wrong(w->l, "a snapshot that needs an entry whose content was deleted");
	s = dcf_entry_read(entry->content, &w->l->st->doc, &w->l->arena, &head, &why);
	if (s != DCF_OK || head.kind != w->kind)
		return s == DCF_E_NOMEM ? s : wrong(w->l, "a snapshot that names an entry of another kind");
	w->text = dcf_arena_copy(&w->l->arena, head.body);
	return w->text.p ? DCF_OK : DCF_E_NOMEM;
}

/* The body of the entry at the line's position. */
static enum dcf_status fetch(struct load *l, struct dcf_span line, uint8_t kind, struct dcf_frame_text *out)
{
	struct want_text w = { .l = l, .kind = kind };
	enum dcf_status s;

	if (!next_number(&line, &out->position))
		return wrong(l, "a snapshot with a position that cannot be read");
	s = l->source->read(l->source->ctx, out->position, 1, take_text, &w);
	if (s == DCF_OK && !w.text.p)
		s = wrong(l, "a snapshot that names an entry that is not there");
	out->text = w.text;
	return s;
}

static enum dcf_status read_party(struct load *l, struct dcf_span line)
{
	void *array = l->party;
	enum dcf_status s = dcf_grow(l->st->from, &array, &l->party_cap, l->party_count + 1, sizeof *l->party);

	l->party = array;
	return s == DCF_OK ? fetch(l, line, DCF_ENTRY_PARTY, &l->party[l->party_count++]) : s;
}

static enum dcf_status read_line(struct load *l, struct dcf_span line)
{
	struct dcf_span whole = line, word = next_word(&line);
	enum dcf_status s;

	if (dcf_span_eq(word, DCF_SPAN("O")))
		return read_operation(l, line);
	if (dcf_span_eq(word, DCF_SPAN("R")))
		return read_request(l, line);
	if (dcf_span_eq(word, DCF_SPAN("P")))
		return read_party(l, line);
	if (dcf_span_eq(word, DCF_SPAN("A")))
		return fetch(l, line, DCF_ENTRY_AIRSPACE, &l->airspace);
	if (word.len && word.p[0] == 'L') {
		s = dcf_line_text_read(l->st->line, whole);
		return s == DCF_E_CORRUPT ? wrong(l, "a snapshot with a line that cannot be read") : s;
	}
	if (word.len && word.p[0] == 'X') {
		s = dcf_exchange_text_read(l->st->exchange, whole);
		return s == DCF_E_CORRUPT ? wrong(l, "a snapshot with a line of the exchange that cannot be read") : s;
	}
	return wrong(l, "a snapshot with a line of no known kind");
}

/* The chunk's text into operations, one a row. */
static enum dcf_status make_chunk(struct load *l)
{
	struct dcf_plan plan;
	struct dcf_op **ops = dcf_arena_get(&l->arena, l->filled * sizeof *ops);
	enum dcf_status s;

	if (!ops || l->text.failed)
		return DCF_E_NOMEM;
	s = dcf_declare_read_again(l->st->frame_next, DCF_SPAN("entry"), dcf_buf_as_span(&l->text), l->st->from, &plan);
	if (s == DCF_E_REFUSED || (s == DCF_OK && plan.operation_count != l->filled))
		s = wrong(l, "an operation whose features cannot be read");
	s = s == DCF_OK ? dcf_ops_make(&plan, l->st->from, ops) : s;
	dcf_plan_free(&plan);
	for (size_t i = 0; i < l->filled && s == DCF_OK; i++)
		l->row[l->by_position[l->first + i]].op = ops[i];
	l->first += l->filled;
	l->filled = 0;
	l->text.len = 0;
	return s;
}

static enum dcf_status take_operation(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct load *l = ctx;
	struct row *r;
	struct dcf_entry_head head;
	const char *why;
	enum dcf_status s;

	/* What lies between two that are wanted is passed over. */
	if (l->first + l->filled == l->row_count)
		return DCF_OK;
	r = &l->row[l->by_position[l->first + l->filled]];
	if (r->position != position)
		return DCF_OK;
	if (entry->erased) {
		/* Purged and erased since the snapshot: a later entry must say so. */
		r->erased = true;
		l->owed++;
		s = l->filled ? make_chunk(l) : DCF_OK;
		l->first++;
		return s;
	}
	dcf_arena_rewind(&l->st->scratch);
	s = dcf_entry_read(entry->content, &l->st->doc, &l->st->scratch, &head, &why);
	if (s != DCF_OK || head.kind != DCF_ENTRY_OPERATION)
		return s == DCF_E_NOMEM ? s : wrong(l, "a snapshot that names an entry of another kind");
	r->at_us = head.at_us;
	dcf_buf_span(&l->text, head.body);
	l->filled++;
	return l->text.len >= LOAD_TEXT_BYTES || l->filled == LOAD_OPERATIONS ? make_chunk(l) : DCF_OK;
}

static int by_position(const void *ctx, const void *a, const void *b)
{
	const struct row *row = ctx;
	uint64_t p = row[*(const size_t *)a].position, q = row[*(const size_t *)b].position;

	return p < q ? -1 : p > q;
}

/* Read what the rows name, in runs of entries that lie close together. */
static enum dcf_status fetch_operations(struct load *l)
{
	enum dcf_status s = DCF_OK;

	l->by_position = dcf_alloc_new(l->st->from, l->row_count * sizeof *l->by_position);
	if (!l->by_position)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < l->row_count; i++)
		l->by_position[i] = i;
	s = dcf_sort(l->st->from, l->by_position, l->row_count, sizeof *l->by_position, by_position, l->row);
	for (size_t i = 0; i < l->row_count && s == DCF_OK;) {
		uint64_t from = l->row[l->by_position[i]].position, last = from;

		for (i++; i < l->row_count && l->row[l->by_position[i]].position - last <= READ_GAP; i++)
			last = l->row[l->by_position[i]].position;
		s = l->source->read(l->source->ctx, from, last - from + 1, take_operation, l);
	}
	if (s == DCF_OK && l->filled)
		s = make_chunk(l);
	if (s == DCF_OK && l->first != l->row_count)
		s = wrong(l, "a snapshot that names entries that are not there");
	return s;
}

/* A row into the table; its operation's hold passes to the slot. */
static enum dcf_status seat(struct load *l, struct row *r)
{
	struct dcf_state *st = l->st;
	struct dcf_slot *slot;
	enum dcf_status s = dcf_epoch_reserve(&st->epoch, 4);

	s = s == DCF_OK ? dcf_table_add(&st->table, r->op->live.party, r->op->id, r->serial, &slot) : s;
	for (uint32_t i = 0; i < r->history_count && s == DCF_OK; i++)
		s = dcf_slot_note(st->from, slot, r->history[i]);
	if (s != DCF_OK)
		return s;
	r->op->slot = slot;
	r->op->position = r->position;
	r->op->version = r->version;
	r->op->life = r->version;
	r->op->pending_event = r->event_position;
	atomic_store(&r->op->event_position, r->event_position);
	r->op->last_at_us = r->last_at_us;
	r->op->pending_state = r->state;
	atomic_store(&r->op->state, r->state);
	for (uint32_t i = 0; i < r->op->live.feature_count; i++)
		((struct dcf_feature *)r->op->live.features)[i].received_us = r->at_us;
	atomic_store(&slot->current, r->op);
	s = dcf_state_due_put(st, r->op, r->op->end_us);
	r->op = NULL;
	return s;
}

static enum dcf_status seat_all(struct load *l)
{
	struct dcf_live_op **live = dcf_alloc_new(l->st->from, l->row_count * sizeof *live);
	const uint64_t *history = l->numbers;
	size_t n = 0;
	enum dcf_status s = live ? DCF_OK : DCF_E_NOMEM;

	for (size_t i = 0; i < l->row_count && s == DCF_OK; i++) {
		struct dcf_op *op = l->row[i].op;

		l->row[i].history = history;
		history += l->row[i].history_count;
		if (l->row[i].erased)
			continue;
		s = seat(l, &l->row[i]);
		if (s == DCF_OK && !dcf_op_final((enum dcf_op_state)op->pending_state))
			live[n++] = &op->live;
	}
	s = s == DCF_OK ? dcf_live_load(l->st->live, live, n, NULL) : s;
	for (size_t i = 0; i < n && s == DCF_OK; i++) {
		struct dcf_op *op = live[i]->owner;

		op->in_index = true;
		atomic_fetch_add(&op->holders, 1);
	}
	dcf_alloc_free(l->st->from, live, l->row_count * sizeof *live);
	return s == DCF_E_REFUSED ? wrong(l, "an operation whose shape is refused") : s;
}

/* --- the whole ------------------------------------------------------------------------------------- */

static enum dcf_status read_head(struct load *l, struct dcf_span line)
{
	struct dcf_state *st = l->st;
	struct dcf_facts *f = dcf_alloc_new(st->from, sizeof *f);
	char *padded = dcf_arena_get(&l->arena, line.len + 64);
	struct dcf_jval root, at, position;
	double number[2];
	const char *why;

	if (!f || !padded)
		return DCF_E_NOMEM;
	*f = (struct dcf_facts){ .arena = { .from = st->from } };
	st->facts_next = f;
	atomic_store(&st->facts, f);
	memcpy(padded, line.p, line.len);
	memset(padded + line.len, ' ', 64);
	if (dcf_jparse(&st->doc, padded, line.len, &why) != DCF_OK)
		return wrong(l, "a snapshot whose first line is no JSON");
	root = dcf_jroot(&st->doc);
	at = dcf_jget(root, "at");
	position = dcf_jget(root, "position");
	if (!dcf_jis(dcf_jget(root, "kind"), "snapshot") || !dcf_jdouble(dcf_jget(root, "v"), &number[0]) || number[0] != 1 ||
	    dcf_jkind(at) != DCF_J_I64 || dcf_jkind(position) != DCF_J_I64 ||
	    dcf_jkind(dcf_jget(root, "origin")) != DCF_J_STRING || dcf_jkind(dcf_jget(root, "vkey")) != DCF_J_STRING)
		return wrong(l, "a snapshot of another version");
	memcpy(&l->at_us, &st->doc.tape[at.at + 1], sizeof l->at_us);
	memcpy(&l->position, &st->doc.tape[position.at + 1], sizeof l->position);
	f->exercise = dcf_jkind(dcf_jget(root, "exercise")) == DCF_J_TRUE;
	f->origin = dcf_arena_copy(&f->arena, dcf_jstring(dcf_jget(root, "origin")));
	f->vkey = dcf_arena_copy(&f->arena, dcf_jstring(dcf_jget(root, "vkey")));
	return f->origin.p && f->vkey.p ? DCF_OK : DCF_E_NOMEM;
}

static enum dcf_status load_snapshot(struct load *l, struct dcf_span text)
{
	struct dcf_state *st = l->st;
	struct dcf_frame *frame = NULL, *old = st->frame_next;
	enum dcf_status s = read_head(l, next_line(&text));

	while (s == DCF_OK && text.len)
		s = read_line(l, next_line(&text));
	s = s == DCF_OK ? dcf_frame_make(l->party, l->party_count, l->airspace, st->from, &frame, l->why) : s;
	if (s == DCF_E_REFUSED)
		s = DCF_E_CORRUPT;
	if (s != DCF_OK)
		return s;
	st->frame_next = frame;
	atomic_store(&st->frame, frame);
	dcf_frame_free(old);
	s = dcf_live_frame(st->live, &frame->plan, &st->question);
	s = s == DCF_OK ? fetch_operations(l) : s;
	s = s == DCF_OK ? seat_all(l) : s;
	s = s == DCF_OK ? dcf_exchange_text_fetch(st->exchange, l->source, l->why) : s;
	st->position_next = l->position;
	st->at_next_us = l->at_us;
	if (s == DCF_OK)
		dcf_state_publish(st);
	return s;
}

/* --- entries behind it ----------------------------------------------------------------------------- */

/* A purge names operations of the snapshot whose contents were gone already. */
static void settle(void *ctx, struct dcf_span body)
{
	struct load *l = ctx;
	uint64_t serial;
	bool bad = false;

	while (l->owed && dcf_positions_next(&body, &serial, &bad)) {
		size_t low = 0, high = l->row_count;

		while (low < high) {
			size_t mid = low + (high - low) / 2;

			if (l->row[mid].serial < serial)
				low = mid + 1;
			else
				high = mid;
		}
		if (low < l->row_count && l->row[low].serial == serial && l->row[low].erased) {
			l->row[low].erased = false;
			l->owed--;
		}
	}
}

static void free_rows(struct load *l)
{
	for (size_t i = 0; i < l->row_count; i++)
		if (l->row[i].op)
			dcf_op_drop(l->row[i].op);
	dcf_alloc_free(l->st->from, l->row, l->row_cap * sizeof *l->row);
	dcf_alloc_free(l->st->from, l->numbers, l->number_cap * sizeof *l->numbers);
	dcf_alloc_free(l->st->from, l->by_position, l->row_count * sizeof *l->by_position);
	dcf_alloc_free(l->st->from, l->party, l->party_cap * sizeof *l->party);
	dcf_buf_free(&l->text);
	dcf_arena_free(&l->arena);
}

enum dcf_status dcf_state_load(struct dcf_state *st, struct dcf_span snapshot, const struct dcf_entry_source *source,
			       uint64_t end, struct dcf_buf *why)
{
	struct load l = { .st = st, .source = source, .why = why, .arena = { .from = st->from }, .text = { .from = st->from } };
	struct dcf_replay replay = {
		.st = st, .why = why, .purged = settle, .ctx = &l, .arena = { .from = st->from }, .text = { .from = st->from }
	};
	enum dcf_status s = DCF_OK;

	l.airspace.text = DCF_SPAN("");
	if (snapshot.len)
		s = load_snapshot(&l, snapshot);
	if (s == DCF_OK && st->position_next < end)
		s = source->read(source->ctx, st->position_next, end - st->position_next, dcf_replay_entry, &replay);
	s = s == DCF_OK ? dcf_replay_flush(&replay) : s;
	if (s == DCF_OK && st->position_next != end)
		s = wrong(&l, "a record that ends before its head");
	if (s == DCF_OK && l.owed)
		s = wrong(&l, "an operation that stands, but whose content was deleted");
	if (s == DCF_OK)
		dcf_state_publish(st);
	dcf_replay_free(&replay);
	free_rows(&l);
	return s;
}
