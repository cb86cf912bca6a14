/* SPDX-License-Identifier: Apache-2.0 */
/* api_exchange.h - what the handlers of the exchange's interfaces share: /dss/v1 (F3548-21), /v1/dss and /rid/v2/dss (F3411),
 * /uss/v1, /aux/v1 and /versions.  Their clients know another server's manners: see http_manners in http.h and EXCHANGE in doc.
 *
 *     api_exchange.c         requests that change something, between their stages; bodies, ids, errors
 *     api_exchange_gate.c    who is calling, and may they: scopes as data of a route
 *     api_exchange_list.c    long answers: a body, or a stream that gives up what it holds as it goes; searches
 *     api_exchange_told.c    answers to changes: what was written, and who is to be told of it
 *     api_exchange_routes.c  all routes, those of the native API too
 *
 * Each interface has a table of its own (DCF_EXCHANGE_ROUTE); api_exchange_routes.c joins them.  These routes are described by
 * the standards' own documents and are not in data/openapi.json.
 *
 * THE CALLER is a manager by the name of its token's `sub`: dcf_exchange_caller(rq). */
#ifndef DCF_NODE_API_EXCHANGE_H
#define DCF_NODE_API_EXCHANGE_H

#include "domain/exchange.h"
#include "node/api.h"
#include "node/exchange_scope.h"

/* --- routes ----------------------------------------------------------------------------------------------- */

/* A route's `more`: who may.  Each of `any` is a set of scopes; a token needs all of one of them.  None: nobody is asked for a
 * token. */
enum { DCF_EXCHANGE_ALTERNATIVES = 5 };
struct dcf_exchange_access {
	unsigned any[DCF_EXCHANGE_ALTERNATIVES]; /* 0: the end */
};
enum { DCF_EXCHANGE_BODY_MAX = 4 << 20 };
/* One line of a table of struct dcf_http_route:  DCF_EXCHANGE_ROUTE(GET, "/dss/v1/reports", handler, DCF_SCOPE_SC, DCF_SCOPE_SC
 * | DCF_SCOPE_CP), of a public one:  DCF_EXCHANGE_ROUTE(GET, "/aux/v1/version", handler, 0), An empty parameter of a path fits:
 * handlers meet "". */
/* clang-format off */
#define DCF_EXCHANGE_ROUTE(method, pattern, handler, ...)                                                   \
	{                                                                                                   \
		DCF_HTTP_##method, pattern, NULL, handler, DCF_EXCHANGE_BODY_MAX,                           \
			&(const struct dcf_exchange_access)                                                 \
		{                                                                                           \
			{                                                                                   \
				__VA_ARGS__                                                                 \
			}                                                                                   \
		}                                                                                           \
	}
/* clang-format on */
static inline bool dcf_exchange_is_route(const struct dcf_http_route *route)
{
	return route && route->more;
}

/* Every route of a node, the native ones first; made once, never freed. */
const struct dcf_http_route *dcf_exchange_all_routes(size_t *count);
/* Is it a path of the exchange's interfaces (a query may stand behind it), be it one that nobody serves? */
bool dcf_exchange_is_path(struct dcf_span target);
/* How refusals of the server itself look on these paths, and which paths they are. */
extern const struct dcf_http_manners dcf_exchange_manners;

/* The gate of these routes: token, scopes, readiness, in this order. */
enum dcf_http_next dcf_exchange_gate(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply);

/* --- who calls -------------------------------------------------------------------------------------------- */

static inline struct dcf_span dcf_exchange_caller(const struct dcf_http_request *rq)
{
	return dcf_caller_of(rq)->claims->sub;
}
/* Has the token all scopes of `bits`? */
static inline bool dcf_exchange_has(const struct dcf_http_request *rq, unsigned bits)
{
	return (dcf_caller_of(rq)->scopes & bits) == bits;
}
/* The name by which this node's own party is in the exchange; "" when it is not. */
struct dcf_span dcf_exchange_own_name(const struct dcf_config *config);
/* Is the caller the manager of it? */
bool dcf_exchange_is_callers(const struct dcf_http_request *rq, const struct dcf_entity *e);

/* --- errors ----------------------------------------------------------------------------------------------- */

#define DCF_EXCHANGE_JSON "application/json; charset=utf-8"

/* {"message": "TEXT (E:ID)"}, of a 500 {"error_message": ...}: ID is the request's, as the log has it.  Returns DCF_HTTP_DONE.
 */
enum dcf_http_next dcf_exchange_error(struct dcf_http_reply *reply, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The text alone, to be put under "message". */
void dcf_exchange_put_message(struct dcf_json *j, const struct dcf_http_reply *reply, struct dcf_span text);
/* 503 with Retry-After. */
enum dcf_http_next dcf_exchange_busy(struct dcf_http_reply *reply, const char *text);

/* A reply of that status whose body the writer fills. */
struct dcf_json dcf_exchange_json(struct dcf_http_reply *reply, unsigned status);

/* --- what a request says ---------------------------------------------------------------------------------- */

/* The path's {name} as an id (version 4, any of the forms); false after a 400. */
bool dcf_exchange_read_id(struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, struct dcf_uuid *id);
/* The request's body; memory is the request's arena's.  `update`: the path names a version.  False after a 400, 413, 503. */
bool dcf_exchange_read_ask(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			   enum dcf_utm_form form, bool update, struct dcf_utm_ask *ask);

/* --- requests that change something ----------------------------------------------------------------------- */

/* In the request's arena; found by dcf_exchange_change_of(rq) between its stages; what it holds is given up when the request is
 * over. */
struct dcf_exchange_change {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_ticket ticket;
	struct dcf_command command;
	struct dcf_op *op;               /* none */
	struct dcf_exchange_command ask; /* verb, kind, id, tag, form, v1 ... and the answer */
	struct dcf_utm_ask said;
	char id[DCF_UUID_TEXT];
	void *more; /* the handler's own */
};

/* Made: the manager is the caller, new tags and ids are random; verb, kind, id, tag, `said` and form are for the handler to
 * fill (ask.ask is `said`). NULL after a refusal. */
struct dcf_exchange_change *dcf_exchange_change_new(struct dcf_api *api, struct dcf_http_request *rq,
						    struct dcf_http_reply *reply);
static inline struct dcf_exchange_change *dcf_exchange_change_of(const struct dcf_http_request *rq)
{
	return dcf_caller_of(rq)->exchange;
}
/* Into the queue: `return dcf_exchange_submit(...)`.  `second` runs when it was decided and, where it was taken, is durable. */
enum dcf_http_next dcf_exchange_submit(struct dcf_exchange_change *c, struct dcf_http_reply *reply, dcf_http_handler second);
/* In the second stage: true when it was taken or c->ask.answer.objection says why not; false after a 503. */
bool dcf_exchange_decided(struct dcf_exchange_change *c, struct dcf_http_reply *reply);
/* The usual: a status and a text for each objection (NULL: a 500); "{id}" in it is the entity's.  False after it refused, where
 * it was not taken. */
struct dcf_exchange_refusal {
	unsigned status;
	const char *text;
};
bool dcf_exchange_taken(struct dcf_exchange_change *c, struct dcf_http_reply *reply,
			const struct dcf_exchange_refusal refusal[static DCF_EXCHANGE_OBJECTION_COUNT]);
/* When the request is over. */
void dcf_exchange_change_free(struct dcf_exchange_change *c);

/* A random OVN or version, of the request's arena: 32 characters.  Absent when memory is short. */
struct dcf_span dcf_exchange_new_tag(struct dcf_http_request *rq);
struct dcf_uuid dcf_exchange_new_id(void);

/* --- answers to changes that were made -------------------------------------------------------------------- */

/* How an interface lists those who are to be told: "subscribers": [{URL, "subscriptions": [{"subscription_id",
 * "notification_index"}]}], grouped by URL. */
struct dcf_exchange_subscriber_names {
	const char *list, *url; /* "subscribers", "uss_base_url" */
	const char *id;         /* NULL, or a second name of "subscription_id" */
};
/* {members that `put` puts, "subscribers"}.  `put` is called while the reply is sent, on the connection's thread. */
enum dcf_http_next dcf_exchange_reply_told(struct dcf_exchange_change *c, struct dcf_http_reply *reply, unsigned status,
					   const struct dcf_exchange_subscriber_names *names,
					   void (*put)(struct dcf_json *j, struct dcf_exchange_change *c));

/* --- long answers ----------------------------------------------------------------------------------------- */

/* A JSON text put little by little: as a body, or from some 100 elements on as a stream whose pieces are made as the client
 * takes them. */
struct dcf_exchange_steps {
	bool (*step)(void *ctx,
		     struct dcf_json *
			     j); /* puts the next element, the first time what stands before it too; false: that was the last */
	void (*over)(void *ctx); /* NULL, or called once, however it ends */
	void *ctx;               /* of the request's arena */
	bool done;               /* it tells of what was done: never refused because many long answers are on their way */
};
enum dcf_http_next dcf_exchange_reply_steps(struct dcf_api *api, struct dcf_http_reply *reply, unsigned status,
					    const struct dcf_exchange_steps *steps, size_t elements);

/* --- lists ------------------------------------------------------------------------------------------------ */

/* One entity as an element of a list; `ctx` is of the request's arena. */
typedef void (*dcf_exchange_put_entity)(struct dcf_json *j, const struct dcf_entity *e, void *ctx);
/* What stands somewhere, as a list. */
struct dcf_exchange_search {
	enum dcf_entity_kind kind;
	struct dcf_utm_extents extents; /* of the request's arena */
	struct dcf_span owner;          /* absent: whoever's */
	int64_t not_over_us;            /* what ended before is left out; DCF_UTM_SINCE_EVER: nothing is */
	struct dcf_span head; /* absent, or of a change that was made: members that stand before the list, a comma behind each;
				 of the request's arena */
	const char *member;
	dcf_exchange_put_entity put;
	void *ctx;
};
/* Search and reply: at once where it is little, else on the pool, so that nobody else waits for it.  `search` is copied. */
enum dcf_http_next dcf_exchange_reply_search(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					     const struct dcf_exchange_search *search);
/* {"MEMBER": [...]} of a list, status 200: as a body, or from some 100 on as a stream.  Takes over the list's holds and memory.
 */
enum dcf_http_next dcf_exchange_reply_list(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
					   const char *member, struct dcf_entity_list *list, dcf_exchange_put_entity put,
					   void *ctx);
/* The holds and the memory. */
void dcf_entity_list_free(struct dcf_entity_list *list);

#endif
