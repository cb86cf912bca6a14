/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/line_int.h"

static const char *const technical_name[] = { "DOWN", "DEGRADED", "UP" };
static const char *const political_name[] = { "OPEN", "SUSPENDED", "CLOSED" };
static const char *const answer_name[DCF_ANSWER_COUNT] = { "", "OURS", "NOT_OURS", "NOT_KNOWN", "NO_COMMENT", "SEE_ATTACHED" };
static const char *const timeliness_name[] = { "", "ON TIME", "LATE", "NONE" };

const char *dcf_line_technical_name(enum dcf_line_technical t)
{
	return (unsigned)t <= DCF_LINE_UP ? technical_name[t] : "";
}

const char *dcf_line_political_name(enum dcf_line_political p)
{
	return (unsigned)p <= DCF_LINE_CLOSED ? political_name[p] : "";
}

const char *dcf_answer_name(enum dcf_answer a)
{
	return (unsigned)a < DCF_ANSWER_COUNT ? answer_name[a] : "";
}

const char *dcf_timeliness_name(enum dcf_timeliness t)
{
	return (unsigned)t <= DCF_NO_NOTICE ? timeliness_name[t] : "";
}

/* --- life ------------------------------------------------------------------------------------------------- */

enum dcf_status dcf_line_new(const struct dcf_alloc *a, struct dcf_line **out)
{
	struct dcf_line *line = dcf_alloc_new(a, sizeof *line);

	*out = NULL;
	if (!line)
		return DCF_E_NOMEM;
	memset(line, 0, sizeof *line);
	line->from = line->scratch.from = a;
	line->next_due_seen_us = INT64_MAX;
	if (pthread_mutex_init(&line->lock, NULL) != 0) {
		dcf_alloc_free(a, line, sizeof *line);
		return DCF_E_NOMEM;
	}
	*out = line;
	return DCF_OK;
}

static void free_held(const struct dcf_line *line, struct line_held *h)
{
	dcf_alloc_free(line->from, h->note, h->len);
}

static void free_peer(struct dcf_line *line, struct line_peer *p)
{
	for (size_t i = 0; i < p->held_count; i++)
		free_held(line, &p->held[i]);
	dcf_alloc_free(line->from, p->held, p->held_cap * sizeof *p->held);
	for (unsigned d = 0; d < 2; d++)
		dcf_alloc_free(line->from, p->at[d], p->at_cap[d] * sizeof *p->at[d]);
	dcf_alloc_free(line->from, p, sizeof *p);
}

static void free_slot(struct dcf_line *line, struct line_slot *s)
{
	dcf_alloc_free(line->from, s->history, s->history_cap * sizeof *s->history);
	dcf_alloc_free(line->from, s->object, s->object_len);
	dcf_alloc_free(line->from, s, sizeof *s);
}

void dcf_line_free(struct dcf_line *line)
{
	const struct dcf_alloc *a;

	if (!line)
		return;
	a = line->from;
	for (uint32_t i = 0; i < line->peer_count; i++)
		free_peer(line, line->peer[i]);
	for (size_t i = 0; i < line->slot_count; i++)
		free_slot(line, line->slot[i]);
	dcf_alloc_free(a, line->slot, line->slot_cap * sizeof *line->slot);
	dcf_alloc_free(a, line->cell, line->cell_count * sizeof *line->cell);
	dcf_due_free(&line->due, a);
	dcf_alloc_free(a, line->duty, line->duty_cap * sizeof *line->duty);
	dcf_alloc_free(a, line->dirty, line->dirty_cap * sizeof *line->dirty);
	dcf_jfree(&line->doc);
	dcf_jfree(&line->body);
	dcf_arena_free(&line->scratch);
	(void)pthread_mutex_destroy(&line->lock);
	dcf_alloc_free(a, line, sizeof *line);
}

/* --- finding ---------------------------------------------------------------------------------------------- */

struct line_peer *dcf_line_peer_now(const struct dcf_line *line, struct dcf_span party)
{
	for (uint32_t i = 0; i < line->peer_count; i++)
		if (dcf_span_eq(dcf_span_of(line->peer[i]->now.party), party))
			return line->peer[i];
	return NULL;
}

struct line_held *dcf_line_held_of(const struct line_peer *p, uint64_t n)
{
	for (size_t i = 0; i < p->held_count; i++)
		if (p->held[i].n == n && !p->held[i].gone)
			return &p->held[i];
	return NULL;
}

static size_t hash_of(uint32_t peer, struct dcf_span id)
{
	uint64_t h = 0xcbf29ce484222325u ^ peer;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (uint8_t)id.p[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29);
}

/* The cell of that id: the one that has it, or the empty one where it belongs.  There must be cells. */
static uint64_t *cell_of(const struct dcf_line *line, uint32_t peer, struct dcf_span id)
{
	size_t i = hash_of(peer, id);

	for (;; i++) {
		uint64_t *cell = &line->cell[i & (line->cell_count - 1)];
		const struct line_slot *s = *cell ? line->slot[*cell - 1] : NULL;

		if (!s || (s->now.peer == peer && dcf_span_eq(dcf_span_of(s->now.id), id)))
			return cell;
	}
}

struct line_slot *dcf_line_slot_now(const struct dcf_line *line, uint32_t peer, struct dcf_span id, uint32_t version)
{
	uint64_t at = line->cell_count ? *cell_of(line, peer, id) : 0;

	while (at && version && line->slot[at - 1]->now.version != version)
		at = line->slot[at - 1]->older;
	return at ? line->slot[at - 1] : NULL;
}

/* --- changes ---------------------------------------------------------------------------------------------- */

void dcf_line_touch_peer(struct line_peer *p)
{
	p->dirty = true;
}

enum dcf_status dcf_line_touch(struct dcf_line *line, struct line_slot *slot)
{
	void *array = line->dirty;
	enum dcf_status s;

	if (slot->dirty)
		return DCF_OK;
	s = dcf_grow(line->from, &array, &line->dirty_cap, line->dirty_count + 1, sizeof *line->dirty);
	line->dirty = array;
	if (s != DCF_OK)
		return s;
	line->dirty[line->dirty_count++] = slot;
	slot->dirty = true;
	return DCF_OK;
}

/* The newest of each id comes last. */
static void fill_cells(struct dcf_line *line)
{
	memset(line->cell, 0, line->cell_count * sizeof *line->cell);
	for (size_t i = 0; i < line->slot_count; i++)
		*cell_of(line, line->slot[i]->now.peer, dcf_span_of(line->slot[i]->now.id)) = i + 1;
}

/* Room for one more object in the cells: at most half are taken.  Cells hold what the writer sees. */
static enum dcf_status more_cells(struct dcf_line *line)
{
	size_t n = line->cell_count ? 2 * line->cell_count : 64;
	uint64_t *cell, *old = line->cell;
	size_t old_count = line->cell_count;

	if (2 * (line->slot_count + 1) <= line->cell_count)
		return DCF_OK;
	cell = dcf_alloc_new(line->from, n * sizeof *cell);
	if (!cell)
		return DCF_E_NOMEM;
	(void)pthread_mutex_lock(&line->lock);
	line->cell = cell;
	line->cell_count = n;
	fill_cells(line);
	(void)pthread_mutex_unlock(&line->lock);
	dcf_alloc_free(line->from, old, old_count * sizeof *old);
	return DCF_OK;
}

static enum dcf_status more_slots(struct dcf_line *line)
{
	void *array = line->slot, *duty = line->duty;
	enum dcf_status s;

	(void)pthread_mutex_lock(&line->lock);
	s = dcf_grow(line->from, &array, &line->slot_cap, line->slot_count + 1, sizeof *line->slot);
	line->slot = array;
	/* So that publishing never needs memory. */
	s = s == DCF_OK ? dcf_grow(line->from, &duty, &line->duty_cap, line->slot_count + 1, sizeof *line->duty) : s;
	line->duty = duty;
	(void)pthread_mutex_unlock(&line->lock);
	return s;
}

enum dcf_status dcf_line_add(struct dcf_line *line, uint32_t peer, struct dcf_span id, struct line_slot **out)
{
	struct line_slot *slot;
	uint64_t *cell;
	enum dcf_status s = more_slots(line);

	s = s == DCF_OK ? more_cells(line) : s;
	slot = s == DCF_OK ? dcf_alloc_new(line->from, sizeof *slot) : NULL;
	if (!slot)
		return DCF_E_NOMEM;
	memset(slot, 0, sizeof *slot);
	slot->is_new = true;
	slot->now.serial = line->slot_count;
	slot->now.peer = peer;
	memcpy(slot->now.id, id.p, id.len);
	s = dcf_line_touch(line, slot);
	if (s != DCF_OK) {
		dcf_alloc_free(line->from, slot, sizeof *slot);
		return s;
	}
	(void)pthread_mutex_lock(&line->lock);
	cell = cell_of(line, peer, id);
	slot->older = *cell;
	line->slot[line->slot_count++] = slot;
	*cell = line->slot_count;
	(void)pthread_mutex_unlock(&line->lock);
	*out = slot;
	return DCF_OK;
}

enum dcf_status dcf_line_add_peer(struct dcf_line *line, struct dcf_span party, struct line_peer **out)
{
	struct line_peer *p;

	if (line->peer_count == DCF_PEERS_MAX || party.len >= sizeof p->now.party)
		return DCF_E_LIMIT;
	p = dcf_alloc_new(line->from, sizeof *p);
	if (!p)
		return DCF_E_NOMEM;
	memset(p, 0, sizeof *p);
	memcpy(p->now.party, party.p, party.len);
	p->is_new = true;
	p->index = line->peer_count;
	line->peer[line->peer_count++] = *out = p;
	return DCF_OK;
}

enum dcf_status dcf_line_note(struct dcf_line *line, struct line_slot *slot, uint64_t position)
{
	void *array = slot->history;
	enum dcf_status s = DCF_OK;

	if (slot->history_now == slot->history_cap) {
		(void)pthread_mutex_lock(&line->lock);
		s = dcf_grow(line->from, &array, &slot->history_cap, slot->history_now + 1, sizeof *slot->history);
		slot->history = array;
		(void)pthread_mutex_unlock(&line->lock);
	}
	if (s == DCF_OK)
		slot->history[slot->history_now++] = position;
	return s;
}

enum dcf_status dcf_line_stream_push(struct dcf_line *line, struct line_peer *p, bool incoming, const struct dcf_hash *hash,
				     uint64_t position)
{
	struct dcf_line_stream *stream = incoming ? &p->now.in : &p->now.out;
	void *array = p->at[incoming];
	enum dcf_status s = DCF_OK;

	if (stream->count == p->at_cap[incoming]) {
		(void)pthread_mutex_lock(&line->lock);
		s = dcf_grow(line->from, &array, &p->at_cap[incoming], stream->count + 1, sizeof *p->at[0]);
		p->at[incoming] = array;
		(void)pthread_mutex_unlock(&line->lock);
	}
	if (s != DCF_OK)
		return s;
	p->at[incoming][stream->count++] = position;
	stream->last = *hash;
	dcf_line_touch_peer(p);
	return DCF_OK;
}

/* --- publish and undo ------------------------------------------------------------------------------------- */

/* Where `serial` stands among those with a duty, or belongs. */
static size_t duty_place(const struct dcf_line *line, uint64_t serial)
{
	size_t low = 0, high = line->duty_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (line->duty[mid] < serial)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void publish_duty(struct dcf_line *line, const struct line_slot *slot)
{
	uint64_t serial = slot->now.serial;
	size_t i = duty_place(line, serial);
	bool there = i < line->duty_count && line->duty[i] == serial;

	if (there == (slot->now.duty != 0))
		return;
	if (there) {
		line->duty_count--;
		memmove(line->duty + i, line->duty + i + 1, (line->duty_count - i) * sizeof *line->duty);
	} else {
		memmove(line->duty + i + 1, line->duty + i, (line->duty_count - i) * sizeof *line->duty);
		line->duty[i] = serial;
		line->duty_count++;
	}
}

static void publish_held(struct dcf_line *line, struct line_peer *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->held_count; i++) {
		if (p->held[i].gone) {
			free_held(line, &p->held[i]);
			continue;
		}
		p->held[n] = p->held[i];
		p->held[n++].is_new = false;
	}
	p->held_count = n;
}

void dcf_line_publish(struct dcf_line *line)
{
	(void)pthread_mutex_lock(&line->lock);
	for (size_t i = 0; i < line->dirty_count; i++) {
		struct line_slot *s = line->dirty[i];

		publish_duty(line, s);
		s->seen = s->now;
		s->history_seen = s->history_now;
		s->dirty = s->is_new = false;
		/* Only a version that still stands is compared with the next. */
		if (s->object && dcf_machine_final((enum dcf_machine_kind)s->now.machine, s->now.state)) {
			dcf_alloc_free(line->from, s->object, s->object_len);
			s->object = NULL;
		}
	}
	for (uint32_t i = 0; i < line->peer_count; i++) {
		struct line_peer *p = line->peer[i];

		if (!p->dirty && !p->is_new)
			continue;
		publish_held(line, p);
		p->seen = p->now;
		p->echo_seen = p->echo_now;
		p->dirty = p->is_new = false;
	}
	line->dirty_count = 0;
	line->peer_seen = line->peer_count;
	line->slot_seen = line->slot_count;
	line->next_due_seen_us = line->due.count ? line->due.at[0].us : INT64_MAX;
	(void)pthread_mutex_unlock(&line->lock);
}

static void undo_slot(struct dcf_line *line, struct line_slot *s)
{
	enum dcf_status room;

	dcf_line_due_drop(line, s);
	if (!s->is_new) {
		s->now = s->seen;
		s->history_now = s->history_seen;
		s->dirty = false;
		/* It had its place before, so there is room. */
		room = dcf_line_due_put(line, s, dcf_line_due_of(&s->now));
		(void)room;
	}
}

static void undo_held(struct dcf_line *line, struct line_peer *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->held_count; i++) {
		if (p->held[i].is_new) {
			free_held(line, &p->held[i]);
			continue;
		}
		p->held[n] = p->held[i];
		p->held[n++].gone = false;
	}
	p->held_count = n;
}

void dcf_line_undo(struct dcf_line *line)
{
	(void)pthread_mutex_lock(&line->lock);
	for (size_t i = line->dirty_count; i-- > 0;)
		undo_slot(line, line->dirty[i]);
	line->dirty_count = 0;
	if (line->slot_count > line->slot_seen) {
		while (line->slot_count > line->slot_seen)
			free_slot(line, line->slot[--line->slot_count]);
		fill_cells(line);
	}
	while (line->peer_count > line->peer_seen)
		free_peer(line, line->peer[--line->peer_count]);
	for (uint32_t i = 0; i < line->peer_count; i++) {
		struct line_peer *p = line->peer[i];

		undo_held(line, p);
		p->now = p->seen;
		p->echo_now = p->echo_seen;
		p->dirty = false;
	}
	(void)pthread_mutex_unlock(&line->lock);
}

/* --- readers ---------------------------------------------------------------------------------------------- */

struct dcf_span dcf_line_party(const struct dcf_line *line)
{
	return dcf_span_of(line->party);
}

uint32_t dcf_line_peer_count(struct dcf_line *line)
{
	uint32_t n;

	(void)pthread_mutex_lock(&line->lock);
	n = line->peer_seen;
	(void)pthread_mutex_unlock(&line->lock);
	return n;
}

bool dcf_line_peer_at(struct dcf_line *line, uint32_t peer, struct dcf_line_peer *out)
{
	bool there;

	(void)pthread_mutex_lock(&line->lock);
	there = peer < line->peer_seen;
	if (there)
		*out = line->peer[peer]->seen;
	(void)pthread_mutex_unlock(&line->lock);
	return there;
}

uint32_t dcf_line_peer_of(struct dcf_line *line, struct dcf_span party)
{
	uint32_t found = DCF_NONE;

	(void)pthread_mutex_lock(&line->lock);
	for (uint32_t i = 0; i < line->peer_seen && found == DCF_NONE; i++)
		if (dcf_span_eq(dcf_span_of(line->peer[i]->seen.party), party))
			found = i;
	(void)pthread_mutex_unlock(&line->lock);
	return found;
}

uint64_t dcf_line_object_count(struct dcf_line *line)
{
	uint64_t n;

	(void)pthread_mutex_lock(&line->lock);
	n = line->slot_seen;
	(void)pthread_mutex_unlock(&line->lock);
	return n;
}

bool dcf_line_object_at(struct dcf_line *line, uint64_t serial, struct dcf_line_object *out)
{
	bool there;

	(void)pthread_mutex_lock(&line->lock);
	there = serial < line->slot_seen;
	if (there)
		*out = line->slot[serial]->seen;
	(void)pthread_mutex_unlock(&line->lock);
	return there;
}

/* The newest published object of that id with one peer. */
static const struct line_slot *seen_slot(const struct dcf_line *line, uint32_t peer, struct dcf_span id, uint32_t version)
{
	uint64_t at = line->cell_count ? *cell_of(line, peer, id) : 0;

	while (at && (line->slot[at - 1]->is_new || (version && line->slot[at - 1]->seen.version != version)))
		at = line->slot[at - 1]->older;
	return at ? line->slot[at - 1] : NULL;
}

bool dcf_line_find(struct dcf_line *line, uint32_t peer, struct dcf_span id, uint32_t version, struct dcf_line_object *out)
{
	const struct line_slot *best = NULL;

	(void)pthread_mutex_lock(&line->lock);
	for (uint32_t i = peer == DCF_NONE ? 0 : peer; i < line->peer_seen && (peer == DCF_NONE || i == peer); i++) {
		const struct line_slot *s = seen_slot(line, i, id, version);

		if (s && (!best || s->seen.serial > best->seen.serial))
			best = s;
	}
	if (best)
		*out = best->seen;
	(void)pthread_mutex_unlock(&line->lock);
	return best != NULL;
}

bool dcf_line_message_at(struct dcf_line *line, uint32_t peer, bool incoming, uint64_t n, uint64_t *position)
{
	bool there = false;

	(void)pthread_mutex_lock(&line->lock);
	if (peer < line->peer_seen) {
		const struct line_peer *p = line->peer[peer];

		there = n > 0 && n <= (incoming ? p->seen.in.count : p->seen.out.count);
		if (there)
			*position = p->at[incoming][n - 1];
	}
	(void)pthread_mutex_unlock(&line->lock);
	return there;
}

size_t dcf_line_history(struct dcf_line *line, uint64_t serial, size_t k, uint64_t *positions, size_t cap)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&line->lock);
	if (serial < line->slot_seen)
		for (const struct line_slot *s = line->slot[serial]; k + n < s->history_seen && n < cap; n++)
			positions[n] = s->history[k + n];
	(void)pthread_mutex_unlock(&line->lock);
	return n;
}

bool dcf_line_duty_next(struct dcf_line *line, uint8_t mask, uint64_t *serial, struct dcf_line_object *out)
{
	bool found = false;

	(void)pthread_mutex_lock(&line->lock);
	for (size_t i = duty_place(line, *serial); i < line->duty_count && !found; i++) {
		const struct dcf_line_object *o = &line->slot[line->duty[i]]->seen;

		found = (o->duty & mask) != 0;
		if (found) {
			*out = *o;
			*serial = o->serial;
		}
	}
	(void)pthread_mutex_unlock(&line->lock);
	return found;
}

uint64_t dcf_line_echo_due(struct dcf_line *line, uint32_t peer)
{
	uint64_t n = 0;

	(void)pthread_mutex_lock(&line->lock);
	if (peer < line->peer_seen)
		n = line->peer[peer]->echo_seen;
	(void)pthread_mutex_unlock(&line->lock);
	return n;
}

int64_t dcf_line_next_due_us(struct dcf_line *line)
{
	int64_t t;

	(void)pthread_mutex_lock(&line->lock);
	t = line->next_due_seen_us;
	(void)pthread_mutex_unlock(&line->lock);
	return t;
}
