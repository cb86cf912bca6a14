/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - every operation by (party, id), and in the order in which they were first declared.
 *
 * One writer; any number of readers, who never wait: they find what is published while an epoch (base/epoch.h) keeps it in
 * place.  FIND O(1); NEXT O(gaps); ADD amortised O(1), a growth copies pointers only. */
#ifndef DCF_DOMAIN_TABLE_H
#define DCF_DOMAIN_TABLE_H

#include "base/epoch.h"
#include "base/span.h"

struct dcf_op;

/* An operation through all its versions. */
struct dcf_slot {
	uint32_t party;
	struct dcf_span id;               /* behind the struct, in the same block */
	uint64_t serial;                  /* position of its first declaration in the record */
	_Atomic(struct dcf_op *) current; /* as published; NULL: not there for readers */
	/* the writer's: */
	struct dcf_op *next; /* what publishing makes current, when `touched` */
	bool touched;
	uint64_t *history; /* positions of its own entries, in order: what is erased with it */
	uint32_t history_count, history_cap;
	size_t bytes;
};

struct dcf_cells;

enum { DCF_TABLE_CHUNK = 4096, DCF_TABLE_CHUNKS = 262144 };

struct dcf_chunk {
	uint32_t used; /* the writer's: slots in it that are not gone */
	_Atomic(struct dcf_slot *) at[DCF_TABLE_CHUNK];
};

/* Zero-initialise, then dcf_table_init. */
struct dcf_table {
	const struct dcf_alloc *from;
	struct dcf_epoch *epoch;
	_Atomic(struct dcf_cells *) cells;
	size_t used, count; /* cells that are not empty; slots */
	_Atomic(struct dcf_chunk *) *chunk;
	_Atomic uint64_t serial_end; /* above every serial in use */
};

DCF_CHECKED enum dcf_status dcf_table_init(struct dcf_table *t, const struct dcf_alloc *a, struct dcf_epoch *epoch);
/* Free table and slots; no reader may be in.  What slots point to is the caller's. */
void dcf_table_free(struct dcf_table *t);

/* Any thread, inside an epoch (or the writer): the slot of (party, id), or NULL. */
struct dcf_slot *dcf_table_find(const struct dcf_table *t, uint32_t party, struct dcf_span id);
/* The slot with the least serial at or above `*serial`, which becomes its serial; NULL when there is none. */
struct dcf_slot *dcf_table_next(const struct dcf_table *t, uint64_t *serial);

/* The slot with exactly that serial, or NULL. */
struct dcf_slot *dcf_table_at(const struct dcf_table *t, uint64_t serial);

/* Writer: a new slot, which is not there yet; `id` is copied.  `serial` must be free.  Room for two retirements is needed in
 * the epoch.  DCF_E_NOMEM, DCF_E_LIMIT: nothing changed. */
DCF_CHECKED enum dcf_status dcf_table_add(struct dcf_table *t, uint32_t party, struct dcf_span id, uint64_t serial,
					  struct dcf_slot **out);
/* Writer: take a slot out; it is freed when no reader can hold it.  Room for two retirements is needed. */
void dcf_table_remove(struct dcf_table *t, struct dcf_slot *slot);

/* Writer: note an entry of its history.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_slot_note(const struct dcf_alloc *a, struct dcf_slot *slot, uint64_t position);

#endif
