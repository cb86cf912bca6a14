/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_send.h - a message that somebody asks for, between reading the request and sending it. */
#ifndef DCF_NODE_API_LINE_SEND_H
#define DCF_NODE_API_LINE_SEND_H

#include "node/api_line.h"
#include "node/strict_json.h"

/* All of it lives in the request's arena. */
struct dcf_line_sending {
	struct dcf_line_command command; /* first: a ticket's command leads back here */
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_line *line;
	struct dcf_view view; /* while it is judged */
	int64_t now_us;
	/* as asked */
	struct dcf_strict_json json;
	struct dcf_jval root, label;
	struct dcf_span features; /* the member's text; absent without */
	struct dcf_span operation;
	bool explain, override;
	/* as it would be */
	uint32_t peer_index; /* DCF_NONE: no such peer */
	struct dcf_line_peer peer;
	const struct dcf_verb_row *row;
	struct dcf_message message;
	struct dcf_line_body body;
	bool has_object; /* the object is there already: */
	struct dcf_line_object object;
	char made_id[DCF_OBJECT_ID_MAX + 1];
	char words[DCF_CHECK_WORDS_MAX]; /* of the object in the body; "" without */
	struct dcf_line_terms terms;
	struct dcf_line_reasons why;
};

/* Read the request into what it asks for; false after a problem.  dcf_strict_json_free in any case. */
bool dcf_line_sending_read(struct dcf_line_sending *m, struct dcf_http_reply *reply);
/* Everything that speaks for or against it, into m->why; m->view is entered.  False after a problem (memory, the record). */
bool dcf_line_sending_judge(struct dcf_line_sending *m, struct dcf_http_reply *reply);

#endif
