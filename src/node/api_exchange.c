/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_exchange.h"
#include "crypto/random.h"
#include "crypto/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MOST = 600, TAG_BYTES = 24 };

/* --- errors -------------------------------------------------------------------------------------------- */

void dcf_exchange_put_message(struct dcf_json *j, const struct dcf_http_reply *reply, struct dcf_span text)
{
	struct dcf_buf whole = { .from = j->out->from };

	dcf_buf_span(&whole, text);
	dcf_buf_z(&whole, text.len ? " (E:" : "(E:");
	dcf_buf_span(&whole, reply->request->id);
	dcf_buf_char(&whole, ')');
	/* What is not there at all (501) is described as the 4xx are. */
	dcf_json_key(j, reply->status >= 500 && reply->status != 501 ? "error_message" : "message");
	dcf_json_string(j, dcf_buf_as_span(&whole));
	j->out->failed |= whole.failed;
	dcf_buf_free(&whole);
}

enum dcf_http_next dcf_exchange_error(struct dcf_http_reply *reply, unsigned status, const char *format, ...)
{
	struct dcf_json j = dcf_exchange_json(reply, status);
	char text[TEXT_MOST];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	dcf_json_begin(&j, '{');
	dcf_exchange_put_message(&j, reply,
				 (struct dcf_span){ text, n < 0                     ? 0
							  : (size_t)n < sizeof text ? (size_t)n
										    : sizeof text - 1 });
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

enum dcf_http_next dcf_exchange_busy(struct dcf_http_reply *reply, const char *text)
{
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	return dcf_exchange_error(reply, 503, "%s", text);
}

struct dcf_json dcf_exchange_json(struct dcf_http_reply *reply, unsigned status)
{
	reply->status = status;
	reply->type = DCF_EXCHANGE_JSON;
	reply->still_body.p = NULL;
	reply->body.len = 0;
	return (struct dcf_json){ .out = &reply->body };
}

/* --- what a request says -------------------------------------------------------------------------------- */

bool dcf_exchange_is_callers(const struct dcf_http_request *rq, const struct dcf_entity *e)
{
	return dcf_span_eq(e->manager->name, dcf_exchange_caller(rq));
}

bool dcf_exchange_read_id(struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, struct dcf_uuid *id)
{
	struct dcf_span text = dcf_http_param(rq, name);

	if (dcf_uuid_read(text, 4, id))
		return true;
	(void)dcf_exchange_error(reply, 400, "Invalid ID format: `%.*s`; expected a UUID of version 4 in the place of {%s}",
				 text.len < 100 ? (int)text.len : 100, text.len ? text.p : "", name);
	return false;
}

/* A parser has some memory that it is a waste to make anew for each request: each thread keeps one. */
static pthread_key_t parser_key;
static bool parser_key_made;

static void parser_end(void *p)
{
	dcf_jfree(p);
	free(p);
}

static void parser_key_make(void)
{
	parser_key_made = pthread_key_create(&parser_key, parser_end) == 0;
}

static struct dcf_jdoc *parser_of_thread(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct dcf_jdoc *doc;

	(void)pthread_once(&once, parser_key_make);
	doc = parser_key_made ? pthread_getspecific(parser_key) : NULL;
	if (doc || !parser_key_made)
		return doc;
	doc = calloc(1, sizeof *doc);
	if (doc && pthread_setspecific(parser_key, doc) != 0) {
		free(doc);
		doc = NULL;
	}
	return doc;
}

bool dcf_exchange_read_ask(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			   enum dcf_utm_form form, bool update, struct dcf_utm_ask *ask)
{
	const struct dcf_utm_rules rules = { .now_us = dcf_clock_wall_us(&api->clock),
					     .allow_http = api->config->uss.allow_http_uss,
					     .update = update };
	/* What a long body made of it would stay for good. */
	enum { KEPT = 64 << 10 };
	struct dcf_jdoc once = { 0 }, *kept = rq->body.len <= KEPT ? parser_of_thread() : NULL;
	struct dcf_utm_fault fault = { 400, "" };
	enum dcf_status s = dcf_utm_ask_read(rq->body, form, &rules, kept ? kept : &once, rq->arena, ask, &fault);

	dcf_jfree(&once);
	if (s == DCF_OK)
		return true;
	if (s == DCF_E_REFUSED)
		(void)dcf_exchange_error(reply, fault.status, "%s", fault.text);
	else
		(void)dcf_exchange_busy(reply, "Out of memory");
	return false;
}

struct dcf_span dcf_exchange_new_tag(struct dcf_http_request *rq)
{
	const struct dcf_random random = dcf_random_system();
	uint8_t bytes[TAG_BYTES];
	char *text = dcf_arena_get(rq->arena, TAG_BYTES / 3 * 4 + 1);

	if (!text)
		return (struct dcf_span){ NULL, 0 };
	dcf_random_fill(&random, bytes, sizeof bytes);
	return (struct dcf_span){ text, dcf_text_write(DCF_TEXT_BASE64_URL, text, bytes, sizeof bytes) };
}

struct dcf_uuid dcf_exchange_new_id(void)
{
	const struct dcf_random random = dcf_random_system();
	uint8_t bytes[16];

	dcf_random_fill(&random, bytes, sizeof bytes);
	return dcf_uuid_of_random(bytes);
}

/* --- requests that change something ----------------------------------------------------------------------- */

struct dcf_span dcf_exchange_own_name(const struct dcf_config *c)
{
	return dcf_span_of(*c->uss.party && *c->uss.manager ? c->uss.manager : c->uss.party);
}

struct dcf_exchange_change *dcf_exchange_change_new(struct dcf_api *api, struct dcf_http_request *rq,
						    struct dcf_http_reply *reply)
{
	struct dcf_exchange_change *c = dcf_arena_get(rq->arena, sizeof *c);
	struct dcf_span manager = dcf_exchange_caller(rq), own = dcf_exchange_own_name(api->config);

	if (own.len && dcf_span_eq(manager, own)) {
		/* Its intents follow from its operations, and from nothing else. */
		(void)dcf_exchange_error(reply, 403,
					 "%.*s is this node's own name in the exchange: nobody else writes under it",
					 (int)manager.len, manager.p);
		return NULL;
	}
	if (!c)
		goto none;
	*c = (struct dcf_exchange_change){ .api = api, .rq = rq };
	c->ask.manager = manager;
	c->ask.ask = &c->said;
	c->ask.new_tag = dcf_exchange_new_tag(rq);
	c->ask.new_subscription = dcf_exchange_new_id();
	c->ask.time_indexed = api->config->uss.time_based_notification_index;
	c->ask.answer.from = &api->heap;
	if (!c->ask.new_tag.p)
		goto none;
	return c;
none:
	(void)dcf_exchange_busy(reply, "Out of memory");
	return NULL;
}

static void ticket_done(struct dcf_ticket *t)
{
	dcf_http_finish(t->ctx);
}

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	struct dcf_exchange_change *c = arg;

	(void)rq;
	dcf_sequencer_put(c->api->sequencer, &c->ticket);
}

enum dcf_http_next dcf_exchange_submit(struct dcf_exchange_change *c, struct dcf_http_reply *reply, dcf_http_handler second)
{
	(void)reply;
	c->command = (struct dcf_command){ .exchange = &c->ask, .if_position = DCF_ANY_POSITION };
	c->command.head.kind = DCF_ENTRY_EXCHANGE;
	c->command.head.by = c->ask.manager;
	c->command.head.party = c->ask.manager;
	if (c->ask.verb != DCF_EXCHANGE_AVAILABILITY) {
		dcf_uuid_write(&c->ask.id, c->id);
		c->command.head.operation = (struct dcf_span){ c->id, sizeof c->id };
	}
	c->op = NULL;
	c->ticket = (struct dcf_ticket){ .command = &c->command,
					 .op = &c->op,
					 .count = 1,
					 .done = ticket_done,
					 .ctx = c->rq,
					 .why = { .from = &c->api->heap } };
	((struct dcf_caller *)c->rq->user)->exchange = c;
	return dcf_http_later(c->rq, second, hand_over, c);
}

bool dcf_exchange_decided(struct dcf_exchange_change *c, struct dcf_http_reply *reply)
{
	const struct dcf_ticket *t = &c->ticket;

	if (t->answer == DCF_TICKET_TAKEN || (t->answer == DCF_TICKET_OBJECTED && t->objection == DCF_OBJECT_EXCHANGE))
		return true;
	if (t->answer == DCF_TICKET_UNAVAILABLE)
		(void)dcf_exchange_busy(reply, "The record cannot be written at the moment: ask again");
	else
		(void)dcf_exchange_error(reply, 500, "The record does not take this change");
	return false;
}

/* The text with the entity's id in the place of "{id}". */
static void refuse_with(const struct dcf_exchange_change *c, struct dcf_http_reply *reply, const struct dcf_exchange_refusal *r)
{
	const char *at = strstr(r->text, "{id}");

	if (at)
		(void)dcf_exchange_error(reply, r->status, "%.*s%.*s%s", (int)(at - r->text), r->text, DCF_UUID_TEXT, c->id,
					 at + 4);
	else
		(void)dcf_exchange_error(reply, r->status, "%s", r->text);
}

bool dcf_exchange_taken(struct dcf_exchange_change *c, struct dcf_http_reply *reply,
			const struct dcf_exchange_refusal refusal[static DCF_EXCHANGE_OBJECTION_COUNT])
{
	enum dcf_exchange_objection o = c->ask.answer.objection;

	if (!dcf_exchange_decided(c, reply))
		return false;
	if (c->ticket.answer == DCF_TICKET_TAKEN)
		return true;
	if ((unsigned)o < DCF_EXCHANGE_OBJECTION_COUNT && refusal[o].text)
		refuse_with(c, reply, &refusal[o]);
	else
		(void)dcf_exchange_error(reply, 500, "The change is refused for a reason that does not fit it");
	return false;
}

void dcf_exchange_change_free(struct dcf_exchange_change *c)
{
	dcf_exchange_answer_free(&c->ask.answer);
	dcf_buf_free(&c->ticket.why);
}
