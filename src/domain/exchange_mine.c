/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_mine.c - which entity an operation of ours is.
 *
 * Ids of our own entities are drawn at random: were they made of names, whoever knows these could take them first.  So there is
 * nothing to work an id out from, and what stands is found by the operation.  A slot comes in with the first entity of ours in
 * it and goes with the slot: while a batch is not published, or undone, several may be about one operation.  What stands in
 * each says which one it is. */
#include "domain/exchange_int.h"

static uint64_t hash_of(const struct dcf_exchange *x, struct dcf_span party, struct dcf_span operation)
{
	const struct dcf_span part[] = { party, DCF_SPAN("/"), operation };
	uint64_t h = x->salt;

	for (size_t k = 0; k < sizeof part / sizeof *part; k++)
		for (size_t i = 0; i < part[k].len; i++)
			h = (h ^ (unsigned char)part[k].p[i]) * 0x100000001b3u;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static uint32_t *head_of(const struct exchange_mine *m, uint64_t hash)
{
	return &m->head[hash & (m->heads - 1)];
}

static void chain(struct exchange_mine *m, uint32_t k)
{
	uint32_t *head = head_of(m, m->row[k].hash);

	m->row[k].next = *head;
	*head = k + 1;
}

static enum dcf_status grow_heads(struct dcf_exchange *x, struct exchange_mine *m)
{
	uint32_t count = m->heads ? 2 * m->heads : 16;
	uint32_t *head = count <= UINT32_MAX / 4 ? dcf_alloc_new(x->from, count * sizeof *head) : NULL;

	if (!head)
		return DCF_E_NOMEM;
	memset(head, 0, count * sizeof *head);
	dcf_alloc_free(x->from, m->head, m->heads * sizeof *m->head);
	m->head = head;
	m->heads = count;
	for (uint32_t k = 0; k < m->count; k++)
		chain(m, k);
	return DCF_OK;
}

static enum dcf_status put(struct dcf_exchange *x, struct exchange_slot *slot, uint64_t hash)
{
	struct exchange_mine *m = &x->mine;
	void *array = m->row;
	enum dcf_status s = m->count < m->heads ? DCF_OK : grow_heads(x, m);

	s = s == DCF_OK ? dcf_grow(x->from, &array, &m->cap, m->count + 1, sizeof *m->row) : s;
	m->row = array;
	if (s != DCF_OK)
		return s;
	m->row[m->count] = (struct exchange_mine_row){ slot, hash, 0 };
	chain(m, m->count);
	slot->mine = ++m->count;
	return DCF_OK;
}

/* What points at a row: its head, or the one before it. */
static uint32_t *link_to(struct exchange_mine *m, uint32_t k)
{
	uint32_t *at = head_of(m, m->row[k].hash);

	while (*at != k + 1)
		at = &m->row[*at - 1].next;
	return at;
}

void dcf_exchange_mine_drop(struct dcf_exchange *x, struct exchange_slot *slot)
{
	struct exchange_mine *m = &x->mine;
	uint32_t k = slot->mine - 1, last;

	if (!slot->mine)
		return;
	*link_to(m, k) = m->row[k].next;
	slot->mine = 0;
	last = --m->count;
	if (k == last)
		return;
	*link_to(m, last) = k + 1;
	m->row[k] = m->row[last];
	m->row[k].slot->mine = k + 1;
}

enum dcf_status dcf_exchange_mine_put(struct dcf_exchange *x, struct exchange_slot *slot, const struct dcf_entity_ours *ours)
{
	uint64_t hash = hash_of(x, ours->party, ours->operation);
	enum dcf_status s = DCF_OK;

	if (slot->mine && x->mine.row[slot->mine - 1].hash == hash)
		return DCF_OK;
	pthread_mutex_lock(&x->lock);
	dcf_exchange_mine_drop(x, slot);
	s = put(x, slot, hash);
	pthread_mutex_unlock(&x->lock);
	return s;
}

static bool is_of(const struct dcf_entity *e, struct dcf_span party, struct dcf_span operation)
{
	return e && e->native && dcf_span_eq(e->ours->party, party) && dcf_span_eq(e->ours->operation, operation);
}

const struct dcf_entity *dcf_exchange_mine(const struct dcf_exchange *x, bool writer, struct dcf_span party,
					   struct dcf_span operation)
{
	const struct exchange_mine *m = &x->mine;
	uint64_t hash = hash_of(x, party, operation);

	for (uint32_t k = m->heads ? *head_of(m, hash) : 0; k; k = m->row[k - 1].next) {
		const struct exchange_slot *slot = m->row[k - 1].slot;
		const struct dcf_entity *e = writer ? slot->now : slot->seen;

		if (m->row[k - 1].hash == hash && is_of(e, party, operation))
			return e;
	}
	return NULL;
}

void dcf_exchange_mine_free(struct dcf_exchange *x)
{
	dcf_alloc_free(x->from, x->mine.head, x->mine.heads * sizeof *x->mine.head);
	dcf_alloc_free(x->from, x->mine.row, x->mine.cap * sizeof *x->mine.row);
}
