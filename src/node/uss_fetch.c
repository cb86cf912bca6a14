/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_fetch.h"

#include <stdarg.h>
#include <stdio.h>

#define SCOPE "utm.strategic_coordination"

const char *dcf_uss_origin_name(enum dcf_uss_origin origin)
{
	static const char *const names[] = { "own", "notified", "fetched", "nowhere" };

	return names[origin];
}

static void nothing(struct dcf_uss_details *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void nothing(struct dcf_uss_details *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(out->why, sizeof out->why, format, args);
	va_end(args);
	out->origin = DCF_USS_NOWHERE;
	out->text.len = 0;
}

static void note(struct dcf_uss *u, const struct dcf_entity *e, const struct dcf_uss_call *call, int64_t began_us)
{
	struct dcf_uss_exchange x = { .peer = e->manager->name,
				      .intent = e->id,
				      .has_intent = true,
				      .client = true,
				      .method = "GET",
				      .url = e->url,
				      .path = call->path,
				      .request_us = began_us,
				      .response_us = dcf_clock_wall_us(&u->clock),
				      .response = dcf_buf_as_span(&call->reply),
				      .status = call->status,
				      .problem = call->status ? "" : call->error };

	dcf_uss_diary_put(u->diary, &x);
	dcf_counter_one(call->status == 200 ? u->fetched : u->fetch_failed);
}

/* One call.  DCF_OK, whatever came. */
static enum dcf_status ask(struct dcf_uss *u, const struct dcf_entity *e, const struct dcf_uss_place *place,
			   struct dcf_buf *token, struct dcf_uss_call *call)
{
	char path[64 + DCF_UUID_TEXT] = "/uss/v1/operational_intents/";
	struct dcf_node_error err = { .code = DCF_OK };
	int64_t began_us = dcf_clock_wall_us(&u->clock);
	enum dcf_status s;

	dcf_uuid_write(&e->id, path + strlen(path));
	token->len = 0;
	s = dcf_uss_token(u->tokens, place->host, SCOPE, token, &err);
	*call = (struct dcf_uss_call){ .place = place,
				       .path = path,
				       .bearer = dcf_buf_as_span(token),
				       .reply_max = DCF_USS_DETAILS_MAX,
				       .reply = call->reply };
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK)
		(void)snprintf(call->error, sizeof call->error, "no token: %.180s", err.text);
	else
		s = dcf_uss_call_run(call, &u->wire);
	note(u, e, call, began_us);
	return s == DCF_E_NOMEM ? s : DCF_OK;
}

static enum dcf_status fetch(struct dcf_uss *u, const struct dcf_entity *e, const struct dcf_uss_place *place,
			     struct dcf_uss_details *out)
{
	struct dcf_buf token = { .from = &u->from };
	struct dcf_uss_call call = { .reply = out->text };
	enum dcf_status s = ask(u, e, place, &token, &call);

	if (s == DCF_OK && call.status == 401) {
		dcf_uss_token_forget(u->tokens, dcf_buf_as_span(&token));
		s = ask(u, e, place, &token, &call);
	}
	out->text = call.reply;
	out->at_us = dcf_clock_wall_us(&u->clock);
	out->origin = DCF_USS_FETCHED;
	if (s == DCF_OK && !call.status)
		nothing(out, "%.190s", *call.error ? call.error : "no answer");
	else if (s == DCF_OK && call.status != 200)
		nothing(out, "its manager answers with status %u", call.status);
	dcf_buf_free(&token);
	return s;
}

enum dcf_status dcf_uss_fetch(struct dcf_uss *u, const struct dcf_entity *e, struct dcf_uss_details *out)
{
	struct dcf_uss_place place;
	const char *fault;

	if (dcf_uss_peers_find(u->peers, DCF_ENTITY_INTENT, &e->id, e->manager->name, e->version, &out->text, &out->at_us)) {
		out->origin = DCF_USS_NOTIFIED;
		return DCF_OK;
	}
	if (!u->tokens) {
		nothing(out, "this node calls nobody (uss.destination)");
		return DCF_OK;
	}
	fault = dcf_uss_guard_judge(u->guard, e->url, &place);
	if (fault) {
		nothing(out, "its manager's URL is not called: %s", fault);
		return DCF_OK;
	}
	return fetch(u, e, &place, out);
}
