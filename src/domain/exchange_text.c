/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange as lines of a snapshot, and back:
 *
 *     X position                              what follows of entities knows entries before this position
 *     XE serial position version index        an entity, by serial: the entry that wrote it, and its notification_index
 *     XM availability tag name                a manager whose availability was set
 *     XP hash first at                        an OVN that a client's suffix made, the oldest first
 *
 * Contents are not in it: what stands here names entries, which the record binds. */
#include "domain/exchange_int.h"
#include "base/decimal.h"
#include "core/sort.h"

enum { READ_GAP = 64 };

struct exchange_row {
	uint64_t serial, position, index, known;
	struct dcf_entity *entity;
};

/* --- to text ---------------------------------------------------------------------------------------------- */

static void put_number(struct dcf_buf *out, uint64_t n)
{
	dcf_buf_char(out, ' ');
	dcf_buf_i64(out, (int64_t)n);
}

static void put_entity(const struct dcf_entity *e, struct dcf_buf *out)
{
	dcf_buf_z(out, "XE");
	put_number(out, e->serial);
	put_number(out, e->position);
	put_number(out, e->version);
	put_number(out, e->index_next);
	dcf_buf_char(out, '\n');
}

/* The writer's thread, with nothing unpublished: `now` and `seen` are the same. */
bool dcf_exchange_text_step(struct dcf_exchange *x, uint64_t position, uint64_t *serial, uint64_t end, size_t *most,
			    struct dcf_buf *out)
{
	size_t k = dcf_exchange_order_from(x, *serial);
	bool begun = false;

	for (; k < x->order_count && x->order[k].serial < end; k++) {
		const struct exchange_slot *slot = x->order[k].slot;

		if (*most == 0) {
			*serial = x->order[k].serial;
			return true;
		}
		if (!slot || !slot->now || slot->now->serial != x->order[k].serial)
			continue;
		if (!begun) {
			dcf_buf_char(out, 'X');
			put_number(out, position);
			dcf_buf_char(out, '\n');
			begun = true;
		}
		put_entity(slot->now, out);
		(*most)--;
	}
	*serial = end;
	return false;
}

static int by_name(const void *ctx, const void *i, const void *j)
{
	struct dcf_span a = (*(const struct exchange_manager *const *)i)->pub.name,
			b = (*(const struct exchange_manager *const *)j)->pub.name;
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	(void)ctx;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

void dcf_exchange_text_end(const struct dcf_exchange *x, struct dcf_buf *out)
{
	struct exchange_manager **list = dcf_alloc_new(x->from, x->manager_count * sizeof(void *));
	size_t n = 0;

	if (!list) {
		out->failed = true;
		return;
	}
	for (size_t k = 0; k < x->manager_cells; k++)
		if (x->manager[k] && x->manager[k]->tag_next)
			list[n++] = x->manager[k];
	if (dcf_sort(x->from, list, n, sizeof(void *), by_name, NULL) != DCF_OK)
		out->failed = true;
	for (size_t i = 0; i < n; i++) {
		dcf_buf_z(out, "XM");
		put_number(out, list[i]->availability_next);
		put_number(out, list[i]->tag_next);
		dcf_buf_char(out, ' ');
		dcf_buf_span(out, list[i]->pub.name);
		dcf_buf_char(out, '\n');
	}
	dcf_alloc_free(x->from, list, x->manager_count * sizeof(void *));
	dcf_exchange_past_text(x, out);
}

/* --- and back --------------------------------------------------------------------------------------------- */

static bool next_number(struct dcf_span *text, uint64_t *n)
{
	size_t i = 0;

	if (text->len && text->p[0] == ' ')
		*text = (struct dcf_span){ text->p + 1, text->len - 1 };
	while (i < text->len && text->p[i] != ' ')
		i++;
	if (!dcf_decimal_read((struct dcf_span){ text->p, i }, n))
		return false;
	*text = (struct dcf_span){ text->p + i, text->len - i };
	return true;
}

static enum dcf_status read_row(struct dcf_exchange *x, struct dcf_span text)
{
	struct exchange_row row = { .known = x->row_known };
	uint64_t version;
	void *array = x->row;
	enum dcf_status s;

	if (!next_number(&text, &row.serial) || !next_number(&text, &row.position) || !next_number(&text, &version) ||
	    !next_number(&text, &row.index) || text.len || (x->row_count && x->row[x->row_count - 1].serial >= row.serial))
		return DCF_E_CORRUPT;
	s = dcf_grow(x->from, &array, &x->row_cap, x->row_count + 1, sizeof *x->row);
	x->row = array;
	if (s == DCF_OK)
		x->row[x->row_count++] = row;
	return s;
}

static enum dcf_status read_manager(struct dcf_exchange *x, struct dcf_span text)
{
	struct exchange_manager *m;
	uint64_t availability, tag;
	enum dcf_status s;

	if (!next_number(&text, &availability) || !next_number(&text, &tag) || availability >= DCF_UTM_AVAILABILITY_COUNT ||
	    text.len == 0)
		return DCF_E_CORRUPT;
	s = dcf_exchange_manager_for(x, (struct dcf_span){ text.p + 1, text.len - 1 }, &m);
	if (s != DCF_OK)
		return s;
	m->availability_next = (uint8_t)availability;
	m->tag_next = tag;
	atomic_store(&m->pub.availability, m->availability_next);
	atomic_store(&m->pub.availability_tag, tag);
	return DCF_OK;
}

/* " hash first at" */
static enum dcf_status read_past(struct dcf_exchange *x, struct dcf_span text)
{
	struct dcf_span hash = { text.p + 1, 2 * DCF_HASH_BYTES };
	uint64_t first, at;

	if (text.len < 1 + hash.len)
		return DCF_E_CORRUPT;
	text = (struct dcf_span){ hash.p + hash.len, text.len - 1 - hash.len };
	if (!next_number(&text, &first) || !next_number(&text, &at) || text.len || at > INT64_MAX)
		return DCF_E_CORRUPT;
	return dcf_exchange_past_read(x, hash, first, (int64_t)at);
}

enum dcf_status dcf_exchange_text_read(struct dcf_exchange *x, struct dcf_span line)
{
	struct dcf_span rest = { line.p + 2, line.len - 2 };

	if (line.len < 3)
		return DCF_E_CORRUPT;
	if (line.p[1] == 'E')
		return read_row(x, rest);
	if (line.p[1] == 'P')
		return read_past(x, rest);
	if (line.p[1] == 'M')
		return read_manager(x, rest);
	return line.p[1] == ' ' && next_number(&rest, &x->row_known) && rest.len == 0 ? DCF_OK : DCF_E_CORRUPT;
}

void dcf_exchange_rows_free(struct dcf_exchange *x)
{
	for (size_t i = 0; i < x->row_count; i++)
		dcf_entity_drop(x->row[i].entity);
	dcf_alloc_free(x->from, x->row, x->row_cap * sizeof *x->row);
	x->row = NULL;
	x->row_count = x->row_cap = 0;
}

/* --- contents --------------------------------------------------------------------------------------------- */

struct fetching {
	struct dcf_exchange *x;
	struct dcf_buf *why;
	struct dcf_jdoc doc;
	struct dcf_arena arena;
	size_t *by_position;
	size_t next;
};

static enum dcf_status wrong(struct dcf_buf *why, const char *text)
{
	if (why)
		dcf_buf_z(why, text);
	return DCF_E_CORRUPT;
}

/* The entity of the row from the entry that wrote it. */
static enum dcf_status make_row(struct fetching *f, struct exchange_row *row, const struct exchange_at *at)
{
	struct dcf_exchange *x = f->x;
	const struct exchange_act *act = &x->act;
	bool made = act->verb == DCF_EXCHANGE_PUT && act->kind == DCF_ENTITY_INTENT && row->serial % 2;
	enum dcf_status s;

	if (act->verb != DCF_EXCHANGE_PUT)
		return wrong(f->why, "a snapshot that names an entry of another kind");
	s = made ? dcf_exchange_made_of(x, at, act, &row->entity) : dcf_exchange_entity_of(x, at, act, &row->entity);
	if (s != DCF_OK)
		return s;
	row->entity->serial = row->serial;
	row->entity->index_next = row->index;
	atomic_store(&row->entity->index, row->index);
	return DCF_OK;
}

static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct fetching *f = ctx;
	struct dcf_exchange *x = f->x;
	struct exchange_at at = { .position = position };
	struct dcf_entry_head head;
	const char *text;
	enum dcf_status s;

	/* What lies between two that are wanted is passed over. */
	if (f->next == x->row_count || x->row[f->by_position[f->next]].position != position)
		return DCF_OK;
	if (entry->erased)
		return wrong(f->why, "a snapshot that needs an entry whose content was deleted");
	dcf_arena_rewind(&f->arena);
	s = dcf_entry_read(entry->content, &f->doc, &f->arena, &head, &text);
	if (s != DCF_OK || (head.kind != DCF_ENTRY_EXCHANGE && head.kind != DCF_ENTRY_EXCHANGE_OWN))
		return s == DCF_E_NOMEM ? s : wrong(f->why, "a snapshot that names an entry of another kind");
	at.at_us = head.at_us;
	s = dcf_exchange_body_read(x, &at, &head, f->why);
	while (s == DCF_OK && f->next < x->row_count && x->row[f->by_position[f->next]].position == position)
		s = make_row(f, &x->row[f->by_position[f->next++]], &at);
	dcf_exchange_forget_act(x);
	return s;
}

static int by_position(const void *ctx, const void *i, const void *j)
{
	const struct exchange_row *row = ctx;
	uint64_t p = row[*(const size_t *)i].position, q = row[*(const size_t *)j].position;

	return p < q ? -1 : p > q;
}

static enum dcf_status fetch_all(struct fetching *f, const struct dcf_entry_source *source)
{
	struct dcf_exchange *x = f->x;
	enum dcf_status s;

	for (size_t i = 0; i < x->row_count; i++)
		f->by_position[i] = i;
	s = dcf_sort(x->from, f->by_position, x->row_count, sizeof *f->by_position, by_position, x->row);
	for (size_t i = 0; i < x->row_count && s == DCF_OK;) {
		uint64_t from = x->row[f->by_position[i]].position, last = from;

		for (i++; i < x->row_count && x->row[f->by_position[i]].position - last <= READ_GAP; i++)
			last = x->row[f->by_position[i]].position;
		s = source->read(source->ctx, from, last - from + 1, take_entry, f);
	}
	return s == DCF_OK && f->next != x->row_count ? wrong(f->why, "a snapshot that names entries that are not there") : s;
}

/* A row into the table; the index is loaded as a whole afterwards. */
static enum dcf_status seat(struct dcf_exchange *x, struct exchange_row *row, struct exchange_slot **out)
{
	struct dcf_entity *e = row->entity;
	struct exchange_slot *slot;
	enum dcf_status s = dcf_exchange_slot_for(x, e->kind, &e->id, &slot);

	if (s != DCF_OK)
		return s;
	if (slot->now)
		return DCF_E_CORRUPT;
	s = dcf_exchange_order_put(x, e->serial, slot);
	s = s == DCF_OK ? dcf_exchange_touch(x, slot) : s;
	s = s == DCF_OK && e->native ? dcf_exchange_mine_put(x, slot, e->ours) : s;
	if (s != DCF_OK)
		return s;
	slot->now = e;
	slot->known = row->known;
	row->entity = NULL;
	dcf_exchange_queue_put(x, slot);
	*out = slot;
	return DCF_OK;
}

static enum dcf_status load_index(struct dcf_exchange *x, struct exchange_slot **slot, size_t n, uint8_t kind,
				  struct dcf_live_op **live)
{
	size_t count = 0;
	enum dcf_status s;

	for (size_t i = 0; i < n; i++)
		if (slot[i]->kind == kind && slot[i]->now->live)
			live[count++] = slot[i]->now->live;
	if (count == 0)
		return DCF_OK;
	s = dcf_live_load(x->live[kind], live, count, NULL);
	x->moved[kind] = true;
	for (size_t i = 0; i < count && s == DCF_OK; i++)
		dcf_entity_hold(live[i]->owner);
	return s;
}

static enum dcf_status seat_all(struct dcf_exchange *x)
{
	size_t n = x->row_count;
	struct exchange_slot **slot = dcf_alloc_new(x->from, n * sizeof(void *));
	struct dcf_live_op **live = dcf_alloc_new(x->from, n * sizeof(void *));
	enum dcf_status s = slot && live ? DCF_OK : DCF_E_NOMEM;

	for (size_t i = 0; i < n && s == DCF_OK; i++)
		s = seat(x, &x->row[i], &slot[i]);
	for (size_t i = 0; i < n && s == DCF_OK; i++)
		if (slot[i]->kind == DCF_ENTITY_INTENT)
			s = dcf_exchange_relink(x, slot[i]);
	for (uint8_t k = 0; k < DCF_ENTITY_KIND_COUNT && s == DCF_OK; k++)
		s = load_index(x, slot, n, k, live);
	/* Windows of implicit subscriptions follow from their intents. */
	for (size_t i = 0; i < n && s == DCF_OK; i++)
		if (slot[i]->kind == DCF_ENTITY_SUBSCRIPTION && slot[i]->now->implicit)
			s = dcf_exchange_fit(x, NULL, slot[i]);
	dcf_alloc_free(x->from, slot, n * sizeof(void *));
	dcf_alloc_free(x->from, live, n * sizeof(void *));
	return s;
}

enum dcf_status dcf_exchange_text_fetch(struct dcf_exchange *x, const struct dcf_entry_source *source, struct dcf_buf *why)
{
	struct fetching f = { .x = x, .why = why, .arena = { .from = x->from } };
	enum dcf_status s;

	if (x->row_count == 0)
		return DCF_OK;
	f.by_position = dcf_alloc_new(x->from, x->row_count * sizeof *f.by_position);
	s = f.by_position ? fetch_all(&f, source) : DCF_E_NOMEM;
	s = s == DCF_OK ? seat_all(x) : s;
	dcf_alloc_free(x->from, f.by_position, x->row_count * sizeof *f.by_position);
	dcf_jfree(&f.doc);
	dcf_arena_free(&f.arena);
	dcf_exchange_rows_free(x);
	return s == DCF_E_CORRUPT && why && why->len == 0 ? wrong(why, "a snapshot with an entity twice") : s;
}
