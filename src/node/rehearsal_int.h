/* SPDX-License-Identifier: Apache-2.0 */
/* rehearsal_int.h - the inside of a rehearsal.
 *
 *     rehearsal.c         the whole of it: both nodes begin, the script goes by, the records are compared
 *     rehearsal_clock.c   the clock's hands: where to next, and until both are quiet
 *     rehearsal_side.c    one node: its start, its parties and airspace, commands that are waited for
 *     rehearsal_script.c  the script and the file of operations that it names, as text and as values
 *     rehearsal_act.c     what a step of the script has people do
 *     rehearsal_expect.c  what a step says must hold
 *     rehearsal_log.c     what both sides saw, in words or as JSON, in an order that does not depend on threads
 *     rehearsal_states.c  how things stand on either side, when that changed
 *     rehearsal_proof.c   are both records the same, byte for byte, and do they verify? */
#ifndef DCF_NODE_REHEARSAL_INT_H
#define DCF_NODE_REHEARSAL_INT_H

#include "domain/line_terms.h"
#include "node/api_line.h"
#include "node/line_agent.h"
#include "node/line_disclose.h"
#include "node/line_notice.h"
#include "node/node.h"
#include "node/rehearsal.h"

#include <stdatomic.h>

struct dcf_stage;

struct dcf_actor {
	struct dcf_stage *stage;
	bool is_a;
	const char *party;
	struct dcf_config config;
	struct dcf_node *node;
	struct dcf_api *api;
	struct dcf_line *line;
	struct dcf_line_agent *agent;
	char folder[400];
	int log_fd;
	uint64_t said; /* messages of its own that were told of */
};

/* What was last told of an object. */
struct dcf_told {
	char id[DCF_OBJECT_ID_MAX + 1];
	uint32_t version;
	struct dcf_hash status; /* of what was put */
};

struct dcf_stage {
	const struct dcf_rehearsal_options *o;
	struct dcf_node_error *err;
	_Atomic int64_t wall_us;
	struct dcf_clock clock;
	struct dcf_actor actor[2];
	char folder[360]; /* both data folders are in it */
	bool keep;
	struct dcf_arena arena; /* as long as the rehearsal */
	/* the script */
	struct dcf_jdoc doc;
	struct dcf_jval root;
	int64_t begin_us;
	/* the operations file that it names */
	struct dcf_buf plan, airspace; /* as it is; without parties and features */
	/* the log */
	struct dcf_json j;
	struct dcf_buf *out;
	struct dcf_told *told;
	size_t told_count, told_cap;
	int64_t shown_us; /* the time that stands in front of the last line */
	size_t held, failed;
	struct dcf_line_terms terms;
	bool cut; /* the line between them is, at the moment */
};

/* --- rehearsal_script.c --- */
DCF_CHECKED enum dcf_status dcf_stage_read(struct dcf_stage *st);
/* DCF_E_SYNTAX with "NAME: step 3: ..."; `step` from 1, 0 for the script itself. */
enum dcf_status dcf_stage_wrong(struct dcf_stage *st, size_t step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Only members that are known: a word mistyped would leave something unsaid. */
DCF_CHECKED enum dcf_status dcf_stage_only_known(struct dcf_stage *st, size_t step, struct dcf_jval v, const char *const *known,
						 size_t count);
/* A text of the script, NUL-terminated in the stage's arena; NULL when there is none. */
const char *dcf_stage_text(struct dcf_stage *st, struct dcf_jval v);
bool dcf_stage_time(struct dcf_jval v, int64_t *time_us);
/* The operations file, part by part, as text; false at the end. */
bool dcf_stage_party(const struct dcf_stage *st, size_t i, struct dcf_span *id, struct dcf_span *object);
bool dcf_stage_feature(const struct dcf_stage *st, size_t i, struct dcf_span *party, struct dcf_span *operation,
		       struct dcf_span *feature);
/* All features of that operation, one a line; false when there is none. */
bool dcf_stage_operation(const struct dcf_stage *st, struct dcf_span party, struct dcf_span operation, struct dcf_buf *out);

/* --- rehearsal_side.c --- */
DCF_CHECKED enum dcf_status dcf_actor_begin(struct dcf_stage *st, struct dcf_actor *a);
/* Parties and airspace. */
DCF_CHECKED enum dcf_status dcf_actor_found(struct dcf_stage *st, struct dcf_actor *a);
/* The other's key, with or without where it is reached: nobody calls before both know each other. */
DCF_CHECKED enum dcf_status dcf_actor_pin(struct dcf_actor *a, const struct dcf_actor *other, bool url);
void dcf_actor_end(struct dcf_actor *a);
/* Put one command and wait for its answer; `why` (may be NULL) gets the objection's words. */
enum dcf_ticket_answer dcf_actor_ask(struct dcf_actor *a, struct dcf_command *command, struct dcf_op *op, struct dcf_buf *why);
struct dcf_actor *dcf_stage_actor(struct dcf_stage *st, struct dcf_jval by);
static inline struct dcf_actor *dcf_stage_other(struct dcf_actor *a)
{
	return &a->stage->actor[a->is_a];
}
/* Our index of the other. */
uint32_t dcf_actor_peer(struct dcf_actor *a, struct dcf_line_peer *out);
/* The newest version of an object (or that version); false when there is none. */
bool dcf_actor_object(struct dcf_actor *a, const char *id, uint32_t version, struct dcf_line_object *out);

/* --- rehearsal_clock.c --- */
struct dcf_clock dcf_stage_clock(struct dcf_stage *st);
/* Until both are quiet; DCF_E_BUSY when they do not become so. */
DCF_CHECKED enum dcf_status dcf_stage_settle(struct dcf_stage *st);
/* The clock goes on to `at_us`, standing still wherever one of them has something to do. */
DCF_CHECKED enum dcf_status dcf_stage_turn_to(struct dcf_stage *st, int64_t at_us);

/* --- rehearsal_act.c, rehearsal_expect.c --- */
DCF_CHECKED enum dcf_status dcf_stage_act(struct dcf_stage *st, size_t step, struct dcf_jval v);
DCF_CHECKED enum dcf_status dcf_stage_expect(struct dcf_stage *st, size_t step, struct dcf_jval v);
/* The canonical object of an operation of the file; DCF_E_SYNTAX when there is none such, or it is no notice.  `acm` (may be
 * NULL) is its kind, in the stage's arena. */
DCF_CHECKED enum dcf_status dcf_stage_object_of(struct dcf_stage *st, size_t step, struct dcf_actor *a, struct dcf_span party,
						struct dcf_span operation, struct dcf_buf *out, struct dcf_span *acm);
/* The object that a notify or read-back message about it has, newest first; absent without. */
DCF_CHECKED enum dcf_status dcf_actor_said_object(struct dcf_actor *a, const struct dcf_line_object *o, enum dcf_verb verb,
						  struct dcf_arena *arena, struct dcf_span *object);

/* --- rehearsal_log.c --- */
void dcf_stage_open_log(struct dcf_stage *st);
/* Everything new on either side, in order. */
DCF_CHECKED enum dcf_status dcf_stage_tell(struct dcf_stage *st);
/* A line of ours: what a step says, what was refused, what holds. */
void dcf_stage_line(struct dcf_stage *st, const char *kind, const char *side, struct dcf_span text, const bool *holds);
/* The same of what is plain to see anyway: in words only where it does not hold. */
void dcf_stage_plain_line(struct dcf_stage *st, const char *kind, const char *side, struct dcf_span text, const bool *holds);
void dcf_stage_close_log(struct dcf_stage *st, bool same, bool verified, const uint64_t messages[2]);
/* "  LEFT          " up to the column, below the time where that is another than the last line's; in words. */
void dcf_stage_begin_line(struct dcf_stage *st, const char *left);
/* Member `time` of an open object. */
void dcf_stage_json_time(struct dcf_stage *st);

/* --- rehearsal_states.c --- */
DCF_CHECKED enum dcf_status dcf_stage_tell_states(struct dcf_stage *st);

/* --- rehearsal_proof.c --- */
DCF_CHECKED enum dcf_status dcf_stage_compare(struct dcf_stage *st, bool *same, bool *verified, uint64_t messages[2]);

#endif
