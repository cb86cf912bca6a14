/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - the exchange's entities (F3548-21: operational intents, constraints, subscriptions, availability; F3411:
 * identification service areas, subscriptions) as they follow from the record.  Part of struct dcf_state; see state.h for how
 * commands become entries.
 *
 *     exchange.c          life, publish and undo
 *     exchange_entity.c   one version of one entity, in one block
 *     exchange_table.c    entities by id, and in the order in which they were made; managers
 *     exchange_find.c     what readers see, and questions about places
 *     exchange_decide.c   what may be written: owners, OVNs, keys, coverage, limits
 *     exchange_apply.c    what follows from an entry
 *     exchange_links.c    intents and the subscriptions that they depend on
 *     exchange_notify.c   who is told: subscriptions that match
 *     exchange_body.c     what entries say
 *     exchange_due.c      what the clock asks for: entities whose time is over
 *     exchange_mirror.c   operations of ours that are released to the exchange
 *     exchange_mine.c     which entity an operation of ours is
 *     exchange_past.c     OVNs that may not come back
 *     exchange_text.c     to text and back, for snapshots
 *
 * RELEVANCE is judged with the bounds of a whole entity (least and greatest height and time over its volumes) and the union of
 * its footprints, inclusive: what only touches is relevant, and so is what is in doubt.  Subscriptions and constraints match
 * whatever the height.
 *
 * SUBSCRIPTIONS OF INTENTS.  Whoever has a subscription for an intent is told of what is relevant to that intent.  So an
 * implicit subscription has no outline of its own (extents.count 0): it matches where one of its intents does.  Its window and
 * levels are the hull of theirs.
 *
 * WHO WAS TOLD stands in the entry beside what was asked, by serial: a replay need not find it out again, and everybody can
 * read it there.
 *
 * Writer and readers as in state.h: one writer; any number of readers, who see only what is durable. */
#ifndef DCF_DOMAIN_EXCHANGE_H
#define DCF_DOMAIN_EXCHANGE_H

#include "core/live.h"
#include "domain/entry_head.h"
#include "format/utm.h"

struct dcf_exchange;
struct dcf_state;

enum dcf_entity_kind {
	DCF_ENTITY_INTENT,
	DCF_ENTITY_CONSTRAINT,
	DCF_ENTITY_SUBSCRIPTION,
	DCF_ENTITY_ISA,
	DCF_ENTITY_RID_SUBSCRIPTION,
	DCF_ENTITY_KIND_COUNT
};

/* Who writes entities: the `sub` of its tokens.  As long as the state. */
struct dcf_manager {
	struct dcf_span name;
	_Atomic uint8_t availability;      /* enum dcf_utm_availability, as published */
	_Atomic uint64_t availability_tag; /* position of the entry that set it, + 1; 0: never set */
};

enum { DCF_TAG_MAX = 128 };

/* Which operation of ours an intent or constraint is, and when the entry was written that says so. */
struct dcf_entity_ours {
	struct dcf_span party, operation;
	int64_t at_us;
};

/* One version of one entity.  Made whole, then unchanged but for the members marked.  There are millions: what only some have
 * is behind a pointer into the same block. */
struct dcf_entity {
	struct dcf_live_op *live; /* its footprints, each with the bounds of the whole (of those that match whatever the height:
				   * all levels); NULL: it has none */
	struct dcf_uuid id;
	struct dcf_uuid subscription; /* INTENT: zero when it has none */
	uint8_t kind;                 /* enum dcf_entity_kind */
	uint8_t state;                /* INTENT: enum dcf_utm_state */
	bool implicit;                /* SUBSCRIPTION made for intents: has no outline of its own, see above */
	bool for_intents, for_constraints;
	bool v1;       /* F3411: written through F3411-19 */
	bool native;   /* INTENT, CONSTRAINT: an operation of ours */
	bool url_kept; /* `url` is the manager's, who has it once for many */
	const struct dcf_manager *manager;
	struct dcf_span url; /* uss_base_url, flights_url, callback */
	struct dcf_span tag; /* OVN of intents and constraints, version of the others: opaque, at most DCF_TAG_MAX */
	union {
		int64_t tag_ns;                     /* F3411: the number that its base 32 version is */
		const struct dcf_entity_ours *ours; /* where it is `native` */
	};
	struct dcf_utm_extents extents; /* as they were asked for; in the same block */
	uint64_t position;              /* of the entry that wrote this version */
	uint64_t serial; /* twice the position of the entry that made the entity, + 1 of a subscription that was made for an
			  * intent: names the entity in entries */
	const struct dcf_alloc *from;
	uint32_t version; /* from 1 */
	uint32_t bytes;
	/* changing: */
	_Atomic uint32_t holders;
	_Atomic uint64_t index; /* notification_index of subscriptions, as published */
	uint64_t index_next;    /* the writer's */
};
/* Any thread that has it by a hold, or within a view. */
void dcf_entity_hold(const struct dcf_entity *e);
void dcf_entity_drop(const struct dcf_entity *e);

/* --- commands: dcf_command.exchange ----------------------------------------------------------------------- */

enum dcf_exchange_verb { DCF_EXCHANGE_PUT, DCF_EXCHANGE_DELETE, DCF_EXCHANGE_AVAILABILITY, DCF_EXCHANGE_VERB_COUNT };

/* Why it is not taken, in the order in which they are asked (EXCHANGE_API.md 1.3, 1.4). */
enum dcf_exchange_objection {
	DCF_EXCHANGE_FINE,
	DCF_EXCHANGE_NOT_THERE,              /* no such entity */
	DCF_EXCHANGE_NOT_YOURS,              /* another manager's */
	DCF_EXCHANGE_THERE,                  /* to be made, but it stands */
	DCF_EXCHANGE_CHANGED,                /* another OVN or version stands */
	DCF_EXCHANGE_SUBSCRIPTION_NOT_THERE, /* subscription_id of an intent names none */
	DCF_EXCHANGE_SUBSCRIPTION_NOT_YOURS,
	DCF_EXCHANGE_NOT_COVERED, /* that subscription does not cover the intent; or a changed one its intents */
	DCF_EXCHANGE_KEY,         /* OVNs are missing: see missing */
	DCF_EXCHANGE_HAS_INTENTS, /* a subscription that intents depend on is not deleted */
	DCF_EXCHANGE_TOO_MANY,    /* F3411: 10 subscriptions of one owner in an area */
	DCF_EXCHANGE_TIME,        /* F3411 and F3548 subscriptions: window too long, or in the past, given what stands */
	DCF_EXCHANGE_SHAPE,       /* an outline that cannot be made ready for the index */
	DCF_EXCHANGE_SUFFIX,      /* the OVN asked for is, or was of late, that of another version */
	DCF_EXCHANGE_OBJECTION_COUNT
};

/* One subscriber to be told, as the reply lists it. */
struct dcf_notice_to {
	const struct dcf_entity *subscription; /* held */
	uint64_t index;                        /* its notification_index after this change */
};

/* One request, in a dcf_command whose head has the kind EXCHANGE and `by`; the rest of the head is filled in.  Everything stays
 * the caller's until the ticket is done. What the ask leaves open of a window is filled in: a subscription's start with the one
 * that stands, or now; its end with the one that stands, or a day after its start; an ISA's start likewise. */
struct dcf_exchange_command {
	uint8_t verb, kind;            /* enum dcf_exchange_verb, dcf_entity_kind */
	struct dcf_uuid id;            /* of the entity */
	struct dcf_span manager;       /* who asks; of AVAILABILITY see `about` */
	struct dcf_span about;         /* AVAILABILITY: of whom */
	struct dcf_span tag;           /* the OVN or version that the path names; absent (p NULL): the entity is to be made */
	int64_t tag_ns;                /* F3411 likewise */
	const struct dcf_utm_ask *ask; /* PUT, AVAILABILITY */
	uint8_t form;                  /* enum dcf_utm_form of `ask` */
	bool v1;
	struct dcf_span new_tag; /* the OVN or version that it gets: random, of the caller (F3411: not read, made of the entry's
				    time) */
	struct dcf_uuid new_subscription; /* a random id, in case one is made */
	bool time_indexed; /* F3548: notification indices are milliseconds since midnight UTC, and are not kept */
	/* the answer, where the ticket's is TAKEN or its objection is DCF_OBJECT_EXCHANGE; `from` set by the caller, free with
	 * dcf_exchange_answer_free */
	struct dcf_exchange_answer {
		const struct dcf_alloc *from;
		enum dcf_exchange_objection objection;
		const struct dcf_entity *entity;       /* held: as written; DELETE: as it was */
		const struct dcf_entity *subscription; /* held: that of an intent */
		struct dcf_notice_to *notice;          /* in no particular order */
		size_t notice_count, notice_cap;
		const struct dcf_entity **missing; /* held: intents and constraints whose OVN the key lacks */
		size_t missing_count, missing_cap;
		struct dcf_uuid *dependent; /* SUBSCRIPTION: intents that depend on it */
		size_t dependent_count, dependent_cap;
		uint64_t availability_tag; /* AVAILABILITY: the new version; as text it is in base 32 (dcf_rid_version_write),
					      "" for 0 */
	} answer;
};
void dcf_exchange_answer_free(struct dcf_exchange_answer *answer);

/* --- readers: any thread ---------------------------------------------------------------------------------- */

struct dcf_exchange *dcf_state_exchange(struct dcf_state *state);

/* The entity as published, held for the caller; NULL when there is none. */
const struct dcf_entity *dcf_exchange_find(struct dcf_exchange *x, enum dcf_entity_kind kind, const struct dcf_uuid *id);
/* The manager of that name, or NULL where nobody of that name ever wrote. */
const struct dcf_manager *dcf_exchange_manager(struct dcf_exchange *x, struct dcf_span name);

/* What stands and is relevant to `extents` (compared as the kind asks), each held for the caller and put to *list (from `a`;
 * grown, sorted by id). Of subscriptions only those of `owner` (absent: all).  DCF_E_NOMEM, DCF_E_LIMIT (too many views). */
struct dcf_entity_list {
	const struct dcf_alloc *from;
	const struct dcf_entity **at;
	size_t count, cap;
	size_t most; /* 0, or DCF_E_RANGE when more would stand there: then nothing does */
};
DCF_CHECKED enum dcf_status dcf_exchange_search(struct dcf_exchange *x, enum dcf_entity_kind kind,
						const struct dcf_utm_extents *extents, struct dcf_span owner,
						struct dcf_entity_list *list);
/* Are the two relevant to each other, and which of their volumes really meet (all pairs, each with its own bounds), when and by
 * how much?  For replies that explain.  `take` gets each pair that meets. */
struct dcf_entity_meeting {
	uint32_t volume[2];
	int64_t start_us, end_us;   /* both are there; DCF_UTM_... where unbounded */
	int64_t lower_e4, upper_e4; /* the levels that both have */
	double overlap_m; /* how far one must move sideways at least until they are clear is not more than this; 0: they touch
			   */
};
DCF_CHECKED enum dcf_status dcf_entities_meet(const struct dcf_utm_extents *a, const struct dcf_utm_extents *b,
					      const struct dcf_alloc *from,
					      enum dcf_status (*take)(void *ctx, const struct dcf_entity_meeting *m),
					      void *ctx);

/* Intents that depend on the subscription, as published: ids put to `list` (held entities).  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_exchange_dependents(struct dcf_exchange *x, const struct dcf_uuid *subscription,
						    struct dcf_entity_list *list);

/* The entities of a kind that stand, in the order in which they were made: at most `most`, from *serial (0: the beginning) on,
 * each held and put to `list`.  *serial becomes where to go on, or 0 where there are no more.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_exchange_walk(struct dcf_exchange *x, enum dcf_entity_kind kind, uint64_t *serial, size_t most,
					      struct dcf_entity_list *list);

/* Figures, each right at some moment of late. */
struct dcf_exchange_stats {
	uint64_t entities[DCF_ENTITY_KIND_COUNT];
	uint64_t managers, volumes, bytes;
	uint64_t expired, keys_lacking; /* since the start */
};
void dcf_exchange_stats(struct dcf_exchange *x, struct dcf_exchange_stats *out);

/* --- the writer: the clock, and operations of ours -------------------------------------------------------- */

/* How long entities are kept behind their end. */
struct dcf_exchange_keeping {
	int64_t scd_us, rid_us;
};
/* What is over at `now_us`, at most `cap`, as the body of a DCF_ENTRY_EXCHANGE_OVER. */
DCF_CHECKED enum dcf_status dcf_exchange_due(struct dcf_exchange *x, int64_t now_us, const struct dcf_exchange_keeping *keep,
					     size_t cap, struct dcf_buf *body, bool *due);

/* Operations of ours are in the exchange as intents, or constraints, of this manager: the name and the base URL under which
 * this node's own party serves details. Copied; set before the first command; "" party: none. */
struct dcf_exchange_own {
	struct dcf_span party, manager, url;
	bool time_indexed; /* as of a dcf_exchange_command */
};
DCF_CHECKED enum dcf_status dcf_state_exchange_own(struct dcf_state *state, const struct dcf_exchange_own *own);
/* The name that a label's `releasable_to` releases an operation to the exchange by. */
#define DCF_EXCHANGE_NAME "exchange"
/* After operations were applied: is there one of ours whose intent is to follow?  Then a command of the kind
 * DCF_ENTRY_EXCHANGE_OWN, with a dcf_exchange_command of which only `answer` is read (and the answer put there), is to be
 * decided and applied in the same batch; `random` gives ids and OVNs; `ended` says whether the intent goes.  The sequencer asks
 * until there is none. */
struct dcf_random;
DCF_CHECKED enum dcf_status dcf_state_exchange_own_due(struct dcf_state *state, const struct dcf_random *random, bool *due,
						       bool *ended);
/* Any thread: the intent or constraint that an operation of ours is, as published, held for the caller; NULL when there is
 * none. */
const struct dcf_entity *dcf_exchange_find_own(struct dcf_exchange *x, struct dcf_span party, struct dcf_span operation);

#endif
