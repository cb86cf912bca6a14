/* SPDX-License-Identifier: Apache-2.0 */
/* api_system.c - is this node alive, is it ready, what is it? */
#include "node/api.h"
#include "node/openapi.h"

static const char notice[] =
	"This node carries notice, never permission: no conflict found is not clearance, an acknowledgement means "
	"received and understood, and silence means nothing.";

/* Alive: the process answers. */
DCF_API_HANDLER(dcf_api_healthy)
{
	(void)ctx;
	(void)rq;
	reply->status = 200;
	reply->type = "text/plain; charset=utf-8";
	dcf_buf_z(&reply->body, "ok");
	return DCF_HTTP_DONE;
}

/* Without paths: anybody may ask.  The log says more. */
static const char *trouble(enum dcf_status s)
{
	switch (s) {
	case DCF_OK:
		return NULL;
	case DCF_E_FULL:
		return "the record cannot be written: no room on its disk";
	case DCF_E_IO:
		return "the record cannot be written: its disk fails";
	case DCF_E_CORRUPT:
		return "the record cannot be written: it is damaged";
	case DCF_E_NOMEM:
		return "the record cannot be written: out of memory";
	default:
		return "the record cannot be written: the log says why";
	}
}

/* It is ready all the same: what is asked is answered. */
static void say_of_clock(struct dcf_api *api, struct dcf_buf *out)
{
	int64_t ahead_us = dcf_sequencer_clock_ahead_us(api->sequencer);

	if (ahead_us == 0)
		return;
	dcf_buf_z(out, "the clock jumped ahead by ");
	dcf_buf_i64(out, ahead_us / 1000000);
	dcf_buf_z(out, " s and is not believed yet: nothing is ended or purged by it\n");
}

/* Ready: the state is loaded, and the record is written. */
DCF_API_HANDLER(dcf_api_ready)
{
	struct dcf_api *api = ctx;
	const char *why = NULL;

	(void)rq;
	if (atomic_load(&api->ending))
		why = "this node is ending";
	else if (!atomic_load(&api->ready))
		why = "this node is still loading its state";
	else
		why = trouble(dcf_sequencer_trouble(api->sequencer));
	if (why) {
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
		return dcf_http_problem(reply, 503, "not-ready", dcf_span_of(why));
	}
	reply->status = 200;
	reply->type = "text/plain; charset=utf-8";
	dcf_buf_z(&reply->body, "ready\n");
	say_of_clock(api, &reply->body);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_metrics)
{
	struct dcf_api *api = ctx;

	(void)rq;
	reply->status = 200;
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	dcf_metrics_write(api->metrics, &reply->body);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_openapi)
{
	(void)ctx;
	(void)rq;
	reply->status = 200;
	reply->still_body = (struct dcf_span){ dcf_openapi_json, dcf_openapi_json_size };
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_node)
{
	struct dcf_api *api = ctx;
	struct dcf_json j = dcf_api_json(reply);
	const struct dcf_caller *caller = dcf_caller_of(rq);
	struct dcf_state_facts facts;
	struct dcf_view view;

	if (!dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	facts = dcf_view_facts(&view);
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "deconflict");
	dcf_json_i64(&j, 1);
	dcf_json_key(&j, "version");
	dcf_json_z(&j, api->version);
	dcf_json_key(&j, "origin");
	dcf_json_string(&j, facts.origin);
	dcf_json_key(&j, "vkey");
	dcf_json_string(&j, facts.vkey);
	dcf_json_key(&j, "exercise");
	dcf_json_bool(&j, facts.exercise);
	dcf_json_key(&j, "position");
	dcf_json_i64(&j, (int64_t)facts.position);
	dcf_json_key(&j, "party");
	if (dcf_caller_party(caller, &view) == DCF_NONE)
		dcf_json_null(&j);
	else
		dcf_json_string(&j, caller->claims->party);
	dcf_json_key(&j, "notice");
	dcf_json_z(&j, notice);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}
