/* SPDX-License-Identifier: Apache-2.0 */
/* api_line.h - /v1/line, the people's side of the line: what its handlers share.
 *
 *     api_line.c          how the line is; objects, a page at a time
 *     api_line_put.c      peers and objects as JSON
 *     api_line_object.c   one object: its messages, what differs, what of ours is inside and the ways out
 *     api_line_look.c     messages and objects out of the record
 *     api_line_peer.c     peers are pinned and unpinned
 *     api_line_send.c     a message is asked for: read, explained, sent
 *     api_line_body.c     its body in canonical form
 *     api_line_label.c    may it go?  labels, caveats, free text
 *     api_line_files.c    messages as they were signed; files for an air gap
 *     api_line_events.c   server-sent events
 *
 * WHO SEES THE LINE  The party that the node speaks for, and a cell.  An administrator sees peers and their fingerprints, no
 * object. For everybody else there is no line here. */
#ifndef DCF_NODE_API_LINE_H
#define DCF_NODE_API_LINE_H

#include "domain/line.h"
#include "domain/line_terms.h"
#include "node/api_declare.h"
#include "node/line_link.h"

/* The party that this node speaks for; "" when it has no line. */
struct dcf_span dcf_api_line_party(const struct dcf_api *api);
/* May the caller see what is said on the line? */
bool dcf_api_line_may_see(const struct dcf_api *api, const struct dcf_caller *caller);
/* The line, or NULL after a 404: for `administrator`s too where that is set. */
struct dcf_line *dcf_api_line(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			      bool administrator);
/* The index of the peer, or DCF_NONE after a 404. */
uint32_t dcf_api_line_peer(struct dcf_line *line, struct dcf_http_reply *reply, struct dcf_span party);
/* ?name=yes|no: 1, 0, or -1 where it is not there; false after a 400. */
bool dcf_api_line_yes(struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, int *out);

/* What the agreement in force says about the line; the defaults where it cannot be read. */
void dcf_api_line_terms(struct dcf_api *api, struct dcf_line_terms *out);

/* --- api_line_put.c ----------------------------------------------------------------------------------- */

/* Member `key` with a time, or null for DCF_TIME_NONE. */
void dcf_line_put_time(struct dcf_json *j, const char *key, int64_t time_us);
/* Member `key`: {"digits": "12345 ...", "hex": "..."}. */
void dcf_line_put_fingerprint(struct dcf_json *j, const char *key, const struct dcf_public_key *of);
void dcf_line_put_hash(struct dcf_json *j, const char *key, const struct dcf_hash *hash);
/* Member `key`: an array of what stands between `between`s; empty pieces are left out.  Of ids, between commas. */
void dcf_line_put_split(struct dcf_json *j, const char *key, struct dcf_span list, char between);
void dcf_line_put_ids(struct dcf_json *j, const char *key, struct dcf_span ids);
/* The roles that ring for an object, as an array. */
void dcf_line_put_ringing(struct dcf_json *j, const char *key, const struct dcf_line_terms *terms,
			  const struct dcf_line_object *o);
/* "exercise": true in an open object, where the node is of one. */
void dcf_line_put_exercise(struct dcf_json *j, const struct dcf_api *api);
/* The members of an object in the open JSON object. */
void dcf_line_put_object(struct dcf_json *j, const struct dcf_api *api, struct dcf_line *line,
			 const struct dcf_line_terms *terms, const struct dcf_line_object *o);
/* Does anybody still have to do something about it? */
bool dcf_line_is_open(const struct dcf_line_object *o);

/* --- api_line_look.c ---------------------------------------------------------------------------------- */

/* One entry about an object, read again; spans live in the arena it was read with. */
struct dcf_line_entry {
	uint64_t position;
	struct dcf_entry_head head;
	bool has_message;           /* LINE_OUT, LINE_IN */
	struct dcf_span note, text; /* text: what is signed */
	struct dcf_message message;
};
/* Read the entry at `position`.  DCF_E_NOT_FOUND: its content was erased; DCF_E_IO, DCF_E_CORRUPT, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_line_entry_read(struct dcf_store *store, uint64_t position, struct dcf_jdoc *doc,
						struct dcf_arena *arena, struct dcf_line_entry *out);
/* Parse canonical text with `doc`, for walking through it. */
DCF_CHECKED enum dcf_status dcf_line_parse(struct dcf_span json, struct dcf_arena *arena, struct dcf_jdoc *doc,
					   struct dcf_jval *out);
/* What a notice is about, line by line and in the words of operators: place (with its check digit), levels, window. */
DCF_CHECKED enum dcf_status dcf_line_object_lines(struct dcf_span object, const struct dcf_frame *frame,
						  const struct dcf_alloc *a, struct dcf_buf *out);

/* --- api_line_body.c ---------------------------------------------------------------------------------- */

/* Put `value` in canonical form, at most `depth` levels deep.  DCF_E_REFUSED with *why (static): a number that is no integer
 * below 2^53, a name outside ASCII, too deep, too many members. */
DCF_CHECKED enum dcf_status dcf_line_canonical(struct dcf_jval value, unsigned depth, struct dcf_arena *arena,
					       struct dcf_buf *out, const char **why);

/* A body that is put together: members by name, each canonical already. */
enum { DCF_LINE_MEMBERS_MAX = 32 };
struct dcf_line_body {
	struct {
		struct dcf_span name, value;
	} member[DCF_LINE_MEMBERS_MAX];
	size_t count;
};
/* Set a member, in place of one of that name.  False when there are too many. */
bool dcf_line_body_set(struct dcf_line_body *body, struct dcf_span name, struct dcf_span value);
struct dcf_span dcf_line_body_get(const struct dcf_line_body *body, const char *name);
/* {"a":...,"b":...}, members sorted. */
void dcf_line_body_put(const struct dcf_line_body *body, struct dcf_buf *out);

/* --- api_line_label.c --------------------------------------------------------------------------------- */

/* Why something may or may not go: a row of the explanation. */
struct dcf_line_reason {
	const char *rule; /* "label" ... */
	bool holds, info; /* `info`: it stops nothing */
	unsigned status;  /* of the problem where it does not hold */
	struct dcf_span text;
};
enum { DCF_LINE_REASONS_MAX = 48 };
struct dcf_line_reasons {
	struct dcf_arena *arena;
	struct dcf_line_reason row[DCF_LINE_REASONS_MAX];
	size_t count;
	bool all; /* hold: begin with true */
};
/* Add a row; `text` is put together of `n` parts.  More than there is room for: the last one says so. */
void dcf_line_reason(struct dcf_line_reasons *r, const char *rule, bool holds, unsigned status, const struct dcf_span *text,
		     size_t n);
#define DCF_REASON(r, rule, holds, status, ...)                                                                                \
	dcf_line_reason(r, rule, holds, status, (const struct dcf_span[]){ __VA_ARGS__ },                                      \
			sizeof(const struct dcf_span[]){ __VA_ARGS__ } / sizeof(struct dcf_span))
/* A row that stops nothing. */
void dcf_line_remark(struct dcf_line_reasons *r, const char *rule, bool holds, const struct dcf_span *text, size_t n);
#define DCF_REMARK(r, rule, holds, ...)                                                                                        \
	dcf_line_remark(r, rule, holds, (const struct dcf_span[]){ __VA_ARGS__ },                                              \
			sizeof(const struct dcf_span[]){ __VA_ARGS__ } / sizeof(struct dcf_span))

/* May `op` of ours be told to `peer`, and passed on to `forward` ("" or ids between commas)?  `features` is the text that
 * declared it, one feature a line: labels may have caveats and an end. */
DCF_CHECKED enum dcf_status dcf_line_label_judge(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span features,
						 struct dcf_span peer, struct dcf_span forward, int64_t now_us,
						 struct dcf_line_reasons *r);
/* The same of a label that came with a request, for what is no operation: {"releasable_to": [...], "caveats": [...], "expires":
 * ...}. */
void dcf_line_label_of(struct dcf_jval label, struct dcf_span peer, struct dcf_span forward, int64_t now_us,
		       struct dcf_line_reasons *r);
/* Look through the texts of a body from party `ours` to party `peer`: for names of operations that the peer may not know of,
 * and for what free text should not have.  `taken`: whoever writes has read the warnings about the latter and means it. */
void dcf_line_texts_judge(const struct dcf_view *view, struct dcf_span ours, struct dcf_span peer, struct dcf_jval body,
			  bool taken, struct dcf_line_reasons *r);

/* --- api_line_events.c -------------------------------------------------------------------------------- */

/* Members of an event about an entry of the line in the open object, and its name; false when the caller may not know of it. */
bool dcf_api_line_event(struct dcf_api *api, const struct dcf_caller *caller, const struct dcf_entry_head *head,
			struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_json *j, struct dcf_span *name);

DCF_API_HANDLER(dcf_api_line_get);
DCF_API_HANDLER(dcf_api_line_objects);
DCF_API_HANDLER(dcf_api_line_object);
DCF_API_HANDLER(dcf_api_line_peer_put);
DCF_API_HANDLER(dcf_api_line_peer_delete);
DCF_API_HANDLER(dcf_api_line_message_post);
DCF_API_HANDLER(dcf_api_line_message_get);
DCF_API_HANDLER(dcf_api_line_export);
DCF_API_HANDLER(dcf_api_line_import);

#endif
