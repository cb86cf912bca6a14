/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_int.h - the inside of the exchange's state, for the files that make it up (see exchange.h).
 *
 * Everything stands twice: `now` is the writer's, `seen` the readers'.  The writer changes `now` without a lock, since no
 * reader looks there; publishing copies under the lock.  What readers walk (the table by id, lists of dependents) changes only
 * under the lock.
 *
 * KNOWN.  A snapshot is written in steps, so what stands in it of one entity may know entries that another does not.  A slot
 * says up to where it knows them; entries say everything that follows from them, so each can be applied to the slots that do
 * not know it yet. */
#ifndef DCF_DOMAIN_EXCHANGE_INT_H
#define DCF_DOMAIN_EXCHANGE_INT_H

#include "base/due.h"
#include "domain/exchange.h"
#include "domain/state.h"
#include "format/json.h"

#include <pthread.h>
#include <stddef.h>

struct dcf_json;

#define EXCHANGE_FAR_US  ((int64_t)1 << 60) /* times beyond are for ever: sums do not overflow */
#define EXCHANGE_DAY_US  (INT64_C(24) * 3600 * 1000000)
#define EXCHANGE_SKEW_US (INT64_C(5) * 60 * 1000000)
enum { EXCHANGE_URLS = 8, EXCHANGE_SHARD_BITS = 8 };

/* An entity through all its versions. */
struct exchange_slot {
	struct dcf_uuid id;
	struct dcf_entity *now, *seen; /* a hold each; NULL: not there */
	uint64_t known;                /* entries before this position are known */
	struct dcf_due due;
	uint32_t mark; /* of the last gathering that it was in */
	uint8_t kind;
	bool dirty;
	uint32_t dependent_count, dependent_cap;
	uint32_t mine; /* 1 + its row in exchange_mine.c; 0: none */
	/* SUBSCRIPTION, of others not there: intents that depend on it, now or as published; the invariant is in
	 * exchange_links.c */
	struct exchange_slot **dependent; /* `one` while there is at most one */
	struct exchange_slot *one;
};

/* Only subscriptions have what is behind it. */
static inline size_t dcf_exchange_slot_bytes(uint8_t kind)
{
	return kind == DCF_ENTITY_SUBSCRIPTION ? sizeof(struct exchange_slot) : offsetof(struct exchange_slot, dependent);
}

struct exchange_order {
	uint64_t serial;
	struct exchange_slot *slot; /* NULL: gone */
};

struct exchange_manager {
	struct dcf_manager pub;
	uint8_t availability_next; /* the writer's */
	uint64_t tag_next;
	bool dirty;
	size_t bytes;
	struct dcf_span url[EXCHANGE_URLS]; /* that its entities have; those beyond have copies of their own */
};

/* Slots by their end, then serial. */
struct exchange_queue {
	struct dcf_due_queue due;
	size_t owed; /* slots that may want a place */
};

/* Questions about places: scratch of one thread. */
struct exchange_query {
	const struct dcf_alloc *from;
	struct dcf_live_scratch scratch;
	struct dcf_feature *feature;
	size_t feature_cap;
};

/* What an entry does. */
struct exchange_act {
	uint8_t verb, kind, form;
	bool v1, timed, native;
	bool was_made; /* a subscription that was made for an intent once: its serial is odd */
	struct dcf_uuid id;
	struct exchange_manager *manager;
	struct dcf_span about, tag, party, operation;
	int64_t tag_ns;
	uint32_t version;
	uint64_t first;
	const struct dcf_utm_ask *ask;
	struct dcf_uuid made;      /* the implicit subscription that is made; zero: none */
	uint64_t gone;             /* 1 + serial of the implicit subscription that goes; 0: none */
	struct dcf_entity *entity; /* PUT: one hold */
};

struct exchange_at {
	uint64_t position;
	int64_t at_us;
};

/* Some of the table by id: open addressing.  Each grows by itself, so that nobody waits while a million are seated anew. */
struct exchange_shard {
	struct exchange_slot **cell;
	uint32_t count, used;
};

/* Entities of ours by operation: chains from heads, by 1 + row. */
struct exchange_mine {
	struct exchange_mine_row {
		struct exchange_slot *slot;
		uint64_t hash;
		uint32_t next;
	} * row;
	uint32_t *head; /* a power of two of them */
	uint32_t count, heads;
	size_t cap;
};

struct exchange_row; /* exchange_text.c */
struct dcf_requests; /* state_int.h */

struct dcf_exchange {
	const struct dcf_alloc *from;
	pthread_mutex_t lock;
	struct dcf_live *live[DCF_ENTITY_KIND_COUNT];
	bool moved[DCF_ENTITY_KIND_COUNT];                     /* something unpublished is in the index */
	atomic_bool stirred[DCF_ENTITY_KIND_COUNT];            /* there may be something to tend */
	struct exchange_shard shard[1 << EXCHANGE_SHARD_BITS]; /* (kind, id) -> slot */
	uint64_t salt;
	pthread_mutex_t order_lock;   /* of `order`, for readers that walk it; taken behind `lock` */
	struct exchange_order *order; /* by serial */
	size_t order_count, order_cap, order_holes;
	struct exchange_manager **manager; /* open addressing, a power of two */
	size_t manager_cells, manager_count;
	struct exchange_slot **dirty;
	size_t dirty_count, dirty_cap;
	struct exchange_manager **changed;
	size_t changed_count, changed_cap;
	struct exchange_queue queue[2]; /* F3548, F3411 */
	uint32_t marks;
	/* scratch of the writer */
	struct exchange_query query;
	const struct dcf_entity **hit;
	size_t hit_count, hit_cap;
	uint64_t *told; /* serials */
	size_t told_count, told_cap;
	struct dcf_buf body;
	struct dcf_jdoc doc;
	struct dcf_arena arena;
	/* what was decided last, and is to be applied next */
	struct exchange_act act;
	struct dcf_exchange_command *command;
	bool decided;
	struct exchange_at decided_at;
	struct dcf_span decided_body;
	/* operations of ours */
	struct dcf_span own_party, own_manager, own_url; /* one block each */
	bool own_time_indexed;
	bool own_look;   /* all are to be looked at, from these serials on: operations; intents of ours */
	bool own_looked; /* some were since the last publish */
	uint64_t own_operation, own_intent;
	uint64_t *own; /* serials of operations that changed */
	size_t own_count, own_cap;
	struct exchange_own {
		struct dcf_exchange_command c;
		struct dcf_utm_ask ask;
		struct dcf_span party, operation;
	} own_next; /* what is due; memory is own_arena's */
	struct dcf_arena own_arena;
	struct exchange_mine mine; /* changes under the lock */
	/* OVNs made by clients' suffixes, by their hash: see exchange_past.c */
	struct dcf_requests *past;
	uint64_t past_mark;
	int64_t past_us, past_next_us; /* time of the newest, as published and the writer's */
	/* a snapshot being read */
	struct exchange_row *row;
	size_t row_count, row_cap;
	uint64_t row_known;
	/* figures */
	_Atomic uint64_t entities[DCF_ENTITY_KIND_COUNT], volumes, bytes, expired, keys_lacking, managers;
};

/* --- exchange.c --- */
DCF_CHECKED enum dcf_status dcf_exchange_new(const struct dcf_alloc *a, struct dcf_exchange **out);
void dcf_exchange_free(struct dcf_exchange *x);
void dcf_exchange_publish(struct dcf_exchange *x);
void dcf_exchange_undo(struct dcf_exchange *x);
bool dcf_exchange_tend(struct dcf_exchange *x);
bool dcf_exchange_wants_tending(const struct dcf_exchange *x);
/* Room in the list of what changed; first of all that changes a slot. */
DCF_CHECKED enum dcf_status dcf_exchange_touch(struct dcf_exchange *x, struct exchange_slot *slot);
/* `e` (whose hold passes; NULL: none) is what stands now: in the index, the queue and the order.  Links of intents are moved
 * too. */
DCF_CHECKED enum dcf_status dcf_exchange_place(struct dcf_exchange *x, struct exchange_slot *slot, struct dcf_entity *e);
void dcf_exchange_forget_act(struct dcf_exchange *x);

/* --- exchange_entity.c --- */
/* A copy of `like` in one block with one hold: texts, volumes and features are copied, changing members begin anew. */
DCF_CHECKED enum dcf_status dcf_entity_make(const struct dcf_alloc *a, const struct dcf_entity *like, struct dcf_entity **out);
/* Bounds as the index has them. */
struct exchange_bounds {
	int64_t start_us, end_us; /* half open */
	struct dcf_altitude lower, upper;
};
struct exchange_bounds dcf_exchange_bounds(const struct dcf_utm_extents *extents, bool all_levels);
void dcf_exchange_feature(const struct dcf_feature *footprint, const struct exchange_bounds *b, struct dcf_feature *to);

/* --- exchange_table.c --- */
struct exchange_slot *dcf_exchange_slot(const struct dcf_exchange *x, uint8_t kind, const struct dcf_uuid *id);
DCF_CHECKED enum dcf_status dcf_exchange_slot_for(struct dcf_exchange *x, uint8_t kind, const struct dcf_uuid *id,
						  struct exchange_slot **out);
/* Take it out and free it: with the lock held. */
void dcf_exchange_slot_drop(struct dcf_exchange *x, struct exchange_slot *slot);
DCF_CHECKED enum dcf_status dcf_exchange_order_put(struct dcf_exchange *x, uint64_t serial, struct exchange_slot *slot);
void dcf_exchange_order_drop(struct dcf_exchange *x, uint64_t serial);
/* The slot of that serial or NULL; the place of the first at or above it. */
struct exchange_slot *dcf_exchange_by_serial(const struct dcf_exchange *x, uint64_t serial);
size_t dcf_exchange_order_from(const struct dcf_exchange *x, uint64_t serial);
struct exchange_manager *dcf_exchange_manager_now(const struct dcf_exchange *x, struct dcf_span name);
/* The same text as the manager keeps it, or as it is with *kept false. */
struct dcf_span dcf_exchange_url(struct dcf_exchange *x, struct exchange_manager *m, struct dcf_span url, bool *kept);
DCF_CHECKED enum dcf_status dcf_exchange_manager_for(struct dcf_exchange *x, struct dcf_span name,
						     struct exchange_manager **out);
void dcf_exchange_table_free(struct dcf_exchange *x);

/* --- exchange_due.c --- */
static inline struct exchange_queue *dcf_exchange_queue_of(struct dcf_exchange *x, uint8_t kind)
{
	return &x->queue[kind == DCF_ENTITY_ISA || kind == DCF_ENTITY_RID_SUBSCRIPTION];
}
/* By what stands now.  Cannot fail: room is made with the slot. */
void dcf_exchange_queue_put(struct dcf_exchange *x, struct exchange_slot *slot);
void dcf_exchange_queue_drop(struct dcf_exchange *x, struct exchange_slot *slot);
DCF_CHECKED enum dcf_status dcf_exchange_queue_room(struct dcf_exchange *x, uint8_t kind);

/* --- exchange_find.c --- */
typedef enum dcf_status exchange_take(void *ctx, const struct dcf_entity *e);
/* All of a kind that stand within the bounds: as the writer sees it, or as published. */
DCF_CHECKED enum dcf_status dcf_exchange_ask(struct dcf_exchange *x, struct exchange_query *q, bool writer, uint8_t kind,
					     const struct dcf_utm_extents *extents, const struct exchange_bounds *b,
					     exchange_take *take, void *ctx);
void dcf_exchange_query_free(struct exchange_query *q);
/* Do the heights of the two meet, ends included? */
static inline bool dcf_exchange_heights_meet(const struct dcf_utm_extents *a, const struct dcf_utm_extents *b)
{
	return a->lower_e4 <= b->upper_e4 && b->lower_e4 <= a->upper_e4;
}

/* --- exchange_links.c --- */
void dcf_exchange_links_free(struct dcf_exchange *x, struct exchange_slot *subscription);
/* The intent's subscription changes from that of `now` to that of `next`: before `now` is changed. */
DCF_CHECKED enum dcf_status dcf_exchange_link(struct dcf_exchange *x, struct exchange_slot *intent,
					      const struct dcf_entity *next);
/* Link it to the subscription that it names, if that is there and it is not linked yet. */
DCF_CHECKED enum dcf_status dcf_exchange_relink(struct dcf_exchange *x, struct exchange_slot *intent);
void dcf_exchange_link_publish(struct dcf_exchange *x, struct exchange_slot *intent);
void dcf_exchange_link_undo(struct dcf_exchange *x, struct exchange_slot *intent);
/* Does any intent but `other` (may be NULL) depend on it now? */
bool dcf_exchange_is_needed(const struct exchange_slot *subscription, const struct exchange_slot *other);
/* The window and levels of an implicit subscription are the hull of those of its intents. */
DCF_CHECKED enum dcf_status dcf_exchange_fit(struct dcf_exchange *x, const struct exchange_at *at,
					     struct exchange_slot *subscription);

/* --- exchange_notify.c --- */
void dcf_exchange_told_begin(struct dcf_exchange *x);
/* Note one that is told, once. */
DCF_CHECKED enum dcf_status dcf_exchange_tell(struct dcf_exchange *x, struct exchange_slot *subscription);
/* Note who is told of a change of `kind` there: by what stands now.  Of intents `hits` says whether x->hit has those that are
 * relevant already. */
DCF_CHECKED enum dcf_status dcf_exchange_tell_of(struct dcf_exchange *x, const struct exchange_at *at, uint8_t kind,
						 const struct dcf_utm_extents *extents, bool hits);
/* Fill x->hit with the intents (whatever the height) that are relevant. */
DCF_CHECKED enum dcf_status dcf_exchange_hits(struct dcf_exchange *x, const struct dcf_utm_extents *extents);

/* --- exchange_past.c --- */
DCF_CHECKED enum dcf_status dcf_exchange_past_new(struct dcf_exchange *x);
void dcf_exchange_past_free(struct dcf_exchange *x);
/* Was this OVN given away of late?  Never for random ones. */
bool dcf_exchange_past_has(const struct dcf_exchange *x, struct dcf_span tag);
DCF_CHECKED enum dcf_status dcf_exchange_past_note(struct dcf_exchange *x, const struct exchange_at *at, struct dcf_span tag);
void dcf_exchange_past_publish(struct dcf_exchange *x);
void dcf_exchange_past_undo(struct dcf_exchange *x);
void dcf_exchange_past_text(const struct dcf_exchange *x, struct dcf_buf *out);
DCF_CHECKED enum dcf_status dcf_exchange_past_read(struct dcf_exchange *x, struct dcf_span hash, uint64_t first, int64_t at_us);

/* --- exchange_body.c --- */
void dcf_exchange_body_put(const struct dcf_exchange *x, const struct exchange_act *act, const uint64_t *met, size_t met_count,
			   struct dcf_buf *out);
/* Into x->act and x->told; `at` and `head` of the entry. */
DCF_CHECKED enum dcf_status dcf_exchange_body_read(struct dcf_exchange *x, const struct exchange_at *at,
						   const struct dcf_entry_head *head, struct dcf_buf *why);
/* The entity that an act puts, from its ask; and the implicit subscription that it makes. */
DCF_CHECKED enum dcf_status dcf_exchange_entity_of(struct dcf_exchange *x, const struct exchange_at *at,
						   const struct exchange_act *act, struct dcf_entity **out);
DCF_CHECKED enum dcf_status dcf_exchange_made_of(struct dcf_exchange *x, const struct exchange_at *at,
						 const struct exchange_act *act, struct dcf_entity **out);

/* --- exchange_decide.c, exchange_apply.c --- */
DCF_CHECKED enum dcf_status dcf_exchange_decide(struct dcf_exchange *x, const struct exchange_at *at,
						struct dcf_exchange_command *c, struct dcf_entry_head *head);
/* What x->own_next has, as the command `c` (whose answer is used) and the entry `head`.  DCF_E_REFUSED: an outline that the
 * index does not take. */
DCF_CHECKED enum dcf_status dcf_exchange_decide_own(struct dcf_exchange *x, const struct exchange_at *at,
						    struct dcf_exchange_command *c, struct dcf_entry_head *head);
DCF_CHECKED enum dcf_status dcf_exchange_apply(struct dcf_exchange *x, const struct exchange_at *at,
					       const struct dcf_entry_head *head, struct dcf_buf *why);

/* --- exchange_mirror.c --- */
struct dcf_op;
struct dcf_slot;
/* An operation changed: if it is of ours, its intent may have to follow. */
void dcf_exchange_own_look(struct dcf_exchange *x);
void dcf_exchange_own_note(struct dcf_exchange *x, const struct dcf_state *st, const struct dcf_slot *slot);

/* --- exchange_mine.c --- */
/* An entity of ours is to stand there.  Takes the lock. */
DCF_CHECKED enum dcf_status dcf_exchange_mine_put(struct dcf_exchange *x, struct exchange_slot *slot,
						  const struct dcf_entity_ours *ours);
/* The slot goes: with the lock held. */
void dcf_exchange_mine_drop(struct dcf_exchange *x, struct exchange_slot *slot);
/* The entity that the operation is, or NULL: as the writer has it, or (with the lock held) as published. */
const struct dcf_entity *dcf_exchange_mine(const struct dcf_exchange *x, bool writer, struct dcf_span party,
					   struct dcf_span operation);
void dcf_exchange_mine_free(struct dcf_exchange *x);

/* --- exchange_text.c --- */
/* Lines of a snapshot for entities from *serial on, below `end`; at most *most.  True while there are more. */
bool dcf_exchange_text_step(struct dcf_exchange *x, uint64_t position, uint64_t *serial, uint64_t end, size_t *most,
			    struct dcf_buf *out);
void dcf_exchange_text_end(const struct dcf_exchange *x, struct dcf_buf *out);
/* One line (it begins with 'X'); then, when all are read, the entries that they name. */
DCF_CHECKED enum dcf_status dcf_exchange_text_read(struct dcf_exchange *x, struct dcf_span line);
DCF_CHECKED enum dcf_status dcf_exchange_text_fetch(struct dcf_exchange *x, const struct dcf_entry_source *source,
						    struct dcf_buf *why);
void dcf_exchange_rows_free(struct dcf_exchange *x);

#endif
