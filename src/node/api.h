/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - the native API /v1: what its handlers share.
 *
 *     api_gate.c        who is calling, may they, are we ready
 *     api_operations.c  declare, amend, withdraw, events of operations; lists
 *     api_refused.c     what is wrong with such a request, and where
 *     api_answer.c      conflicts of operations as one caller may see them
 *     api_options.c     ways out of them
 *     api_step.c        by how much to move, where no more is disclosed
 *     api_check.c       what if, and how often it was asked
 *     api_frame.c       parties and airspace
 *     api_record.c      head, tiles, entries, proofs
 *     api_telemetry.c   where aircraft are
 *     api_line*.c       the line to other nodes: see api_line.h
 *     api_exchange*.c   the exchange's interfaces: see api_exchange.h
 *     api_events.c      server-sent events
 *     api_system.c      health, metrics, what this node is
 *     api_routes.c      the table
 *
 * LABELS ARE ENFORCED HERE, where data leaves: whatever a handler shows of an operation goes through dcf_caller_may_know. */
#ifndef DCF_NODE_API_H
#define DCF_NODE_API_H

#include "base/json_writer.h"
#include "node/auth.h"
#include "node/http.h"
#include "node/http_problem.h"
#include "node/sequencer.h"

struct dcf_aux;
struct dcf_change_request;
struct dcf_endpoints;
struct dcf_events;
struct dcf_exchange_change;
struct dcf_line_link;
struct dcf_pool;
struct dcf_quota;
struct dcf_whereabouts;
struct dcf_uss;

enum { DCF_LONG_SHELVES = 256 };
/* What becomes of positions of aircraft. */
enum { DCF_TELEMETRY_TAKEN, DCF_TELEMETRY_OLDER, DCF_TELEMETRY_REFUSED, DCF_TELEMETRY_TOLD, DCF_TELEMETRY_COUNT };

struct dcf_api {
	struct dcf_alloc heap;
	const struct dcf_config *config;
	struct dcf_clock clock;
	struct dcf_logger *logger;
	struct dcf_metrics *metrics;
	struct dcf_auth *auth;
	struct dcf_state *state;
	struct dcf_store *store;
	struct dcf_log *log; /* these three once `ready` */
	struct dcf_sequencer *sequencer;
	const struct dcf_signer *line_signer; /* the line key, named by our party; NULL: this node has no line */
	struct dcf_line_link *line_link;      /* NULL: no link runs; messages go by file alone */
	struct dcf_events *events;
	struct dcf_pool *pool;
	atomic_uint long_of[DCF_LONG_SHELVES]; /* long answers of the exchange on their way, by a hash of the client's name */
	struct dcf_quota *quota;               /* of questions, by the number of the party; DCF_PARTIES_MAX: of none */
	struct dcf_whereabouts *whereabouts;   /* where aircraft were last */
	_Atomic bool ready, ending;
	_Atomic bool hurry; /* the time for requests in hand is over */
	const char *version;
	struct dcf_counter *requests[6]; /* by the first digit of the status; [0]: no reply */
	_Atomic(struct dcf_http *) http; /* once it listens */
	struct dcf_histogram *took_us;
	struct dcf_counter *questions, *questions_refused;
	struct dcf_counter *telemetry[DCF_TELEMETRY_COUNT];
	struct dcf_uss *uss;             /* this node as a provider: see uss.h */
	struct dcf_aux *aux;             /* the pool and its name: see api_aux.h */
	struct dcf_endpoints *endpoints; /* the exchange's requests, counted; may be NULL */
	struct dcf_http_pair always[4];
	size_t always_count;
};

/* Who calls.  In the request's arena, rq->user. */
struct dcf_caller {
	const struct dcf_claims *claims; /* a reference, given back when the request is over */
	bool reads, declares, cell, admin, line;
	unsigned scopes;                      /* of the exchange: enum dcf_exchange_scope; its callers have nothing else */
	struct dcf_change_request *change;    /* between the stages of a request that changes something */
	struct dcf_exchange_change *exchange; /* the same of the exchange */
	void *more;                           /* a handler's own, between its stages */
	void (*drop)(void *more);             /* NULL, or what to do with it when the request is over, however it ended */
};

static inline const struct dcf_caller *dcf_caller_of(const struct dcf_http_request *rq)
{
	return rq->user;
}

/* The caller's party in the view's frame; DCF_NONE for a caller of no party (a cell, an administrator), or of one that is not
 * here. */
uint32_t dcf_caller_party(const struct dcf_caller *caller, const struct dcf_view *view);
/* The member of that party that the caller acts for; "" for none, and for one that is none of the party's members now. */
struct dcf_span dcf_caller_member(const struct dcf_caller *caller, const struct dcf_view *view);
/* May the caller know of the operation?  Its own party's, those released to its party or to its member; a cell knows all. */
bool dcf_caller_may_know(const struct dcf_caller *caller, const struct dcf_view *view, const struct dcf_op *op);
/* May the caller declare for this party? */
bool dcf_caller_may_declare(const struct dcf_caller *caller, struct dcf_span party);

/* Enter the state for this request; false after a 503. */
bool dcf_api_enter(struct dcf_api *api, struct dcf_http_reply *reply, struct dcf_view *view);

/* A writer on the reply's body, one line. */
struct dcf_json dcf_api_json(struct dcf_http_reply *reply);

/* {"party", "operation", "version", "state", "position", "etag", "href", "start", "end", "releasable_to"} as members of an
 * open object, and "exercise" where the node is of one. */
void dcf_api_put_operation(struct dcf_json *j, const struct dcf_view *view, const struct dcf_op *op);
/* "exercise": true in an open object, where the node is of an exercise: everything that it tells is marked. */
void dcf_api_put_exercise(struct dcf_json *j, const struct dcf_view *view);
/* Is `exercise` of a JSON object that a client sent what this node is, or not there?  False after a problem.  What is no JSON
 * object passes: whoever reads it refuses it. */
bool dcf_api_exercise_agrees(struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_view *view);

/* Position of the last entry about it: the number in its ETag. */
uint64_t dcf_op_tag(const struct dcf_op *op);

/* A walk over operations in the order of their first declaration, for a page of a list:
 *     for (page = dcf_page_at(view, after); (op = dcf_page_next(&page)); page.at++)
 * A page ends with the operation that finds no room in it, or after so many positions, whatever stands there: where the next
 * one begins tells nothing of operations that are not shown.  Behind the loop, `more`: the next page begins at `at`. */
struct dcf_page {
	const struct dcf_view *view;
	uint64_t at, end;
	bool more;
};
struct dcf_page dcf_page_at(const struct dcf_view *view, uint64_t after);
const struct dcf_op *dcf_page_next(struct dcf_page *page);

/* The problem for a plan that was refused: a fault for each reason, with the pointer into the body. */
enum dcf_http_next dcf_api_refused(struct dcf_http_reply *reply, const struct dcf_plan *plan);

/* --- answers ---------------------------------------------------------------------------------------- */

/* What was asked about: operations that stand in the view, or that might (what-if). */
struct dcf_question {
	const struct dcf_caller *caller;
	const struct dcf_view *view;
	const struct dcf_op *const *ops; /* of `count` parties' own */
	size_t count;
	const struct dcf_op *const *replaced; /* of each, the version that it would take the place of, or NULL; NULL for none */
	const struct dcf_plan *remarks;       /* warnings of reading, or NULL */
	struct dcf_store *store; /* that has the texts of `ops`; NULL: operation i of `remarks` is what ops[i] was made of */
};

/* The object of `check --format json` about those operations alone: conflicts with what the caller may know of, inside its
 * party too; breaches of the agreement.  `*conflicts` counts those with other parties that are listed.  DCF_E_NOMEM,
 * DCF_E_LIMIT. */
DCF_CHECKED enum dcf_status dcf_answer_check(const struct dcf_question *q, const char *version, const struct dcf_alloc *a,
					     struct dcf_buf *out, size_t *conflicts);
/* By how much operation `which` must be moved, in whole steps of the agreement (DCF_DISCLOSE_STEP), until it meets no other
 * party in one direction at least; 0: not found within 200 km.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_answer_step(const struct dcf_question *q, size_t which, const struct dcf_alloc *a,
					    double *metres);
/* The same of one operation (`replaced` NULL: takes the place of none), against what is party `of`'s alone; DCF_NONE: of every
 * other. */
DCF_CHECKED enum dcf_status dcf_step_out_of(const struct dcf_view *view, const struct dcf_op *op, const struct dcf_op *replaced,
					    uint32_t of, const struct dcf_alloc *a, double *metres);
/* The object of `options --format json`: ways out for one operation, each verified against everything that stands and
 * that the caller may know of; for a cell, and where the agreement discloses that there is something, against everything. (What
 * is kept clear of shows where something is, to whoever asks often enough.)  `stop` ends the search.  DCF_E_NOT_FOUND, and
 * nothing put: it is in no conflict with another party. */
DCF_CHECKED enum dcf_status dcf_answer_options(const struct dcf_question *q, size_t which, const char *version,
					       bool (*stop)(void *ctx), void *stop_ctx, const struct dcf_alloc *a,
					       struct dcf_buf *out);

/* --- work that takes long ---------------------------------------------------------------------------- */

/* A few threads that do jobs in order; at most `most` wait. */
DCF_CHECKED enum dcf_status dcf_pool_start(const struct dcf_alloc *a, unsigned threads, size_t most, struct dcf_pool **out);
/* False when too many wait. */
bool dcf_pool_put(struct dcf_pool *pool, void (*run)(void *ctx), void *ctx);
void dcf_pool_stop(struct dcf_pool *pool);

/* --- events ------------------------------------------------------------------------------------------ */

DCF_CHECKED enum dcf_status dcf_events_new(struct dcf_api *api, struct dcf_events **out);
/* Entries up to `to` are there: wake the streams. */
void dcf_events_published(struct dcf_events *events, uint64_t to);
void dcf_events_free(struct dcf_events *events);

/* --- the table --------------------------------------------------------------------------------------- */

extern const struct dcf_http_route dcf_api_routes[];
extern const size_t dcf_api_route_count;
enum dcf_http_next dcf_api_gate(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply);
void dcf_api_done(void *ctx, const struct dcf_http_done *done);

/* Handlers; ctx is the struct dcf_api. */
#define DCF_API_HANDLER(name) enum dcf_http_next name(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
DCF_API_HANDLER(dcf_api_healthy);
DCF_API_HANDLER(dcf_api_ready);
DCF_API_HANDLER(dcf_api_metrics);
DCF_API_HANDLER(dcf_api_openapi);
DCF_API_HANDLER(dcf_api_node);
DCF_API_HANDLER(dcf_api_operations_post);
DCF_API_HANDLER(dcf_api_operations_get);
DCF_API_HANDLER(dcf_api_operation_get);
DCF_API_HANDLER(dcf_api_operation_put);
DCF_API_HANDLER(dcf_api_operation_delete);
DCF_API_HANDLER(dcf_api_operation_event);
DCF_API_HANDLER(dcf_api_operation_conflicts);
DCF_API_HANDLER(dcf_api_operation_options);
DCF_API_HANDLER(dcf_api_conflicts);
DCF_API_HANDLER(dcf_api_check);
DCF_API_HANDLER(dcf_api_questions);
DCF_API_HANDLER(dcf_api_parties_get);
DCF_API_HANDLER(dcf_api_party_get);
DCF_API_HANDLER(dcf_api_party_put);
DCF_API_HANDLER(dcf_api_airspace_get);
DCF_API_HANDLER(dcf_api_airspace_put);
DCF_API_HANDLER(dcf_api_events);
DCF_API_HANDLER(dcf_api_record_head);
DCF_API_HANDLER(dcf_api_record_tile);
DCF_API_HANDLER(dcf_api_record_entry);
DCF_API_HANDLER(dcf_api_record_proof);

#endif
