/* SPDX-License-Identifier: Apache-2.0 */
/* api_dss_other.c - availability of providers; reports of errors.
 *
 * Of a report the log keeps its id, who sent it, its digest, and which request it is about; the body itself may hold tokens and
 * is not kept: whoever sends one has it, and can prove by the digest that it is the same. */
#include "crypto/hash.h"
#include "node/api_dss.h"
#include "node/strict_json.h"

enum { REPORT_DEPTH = 64 };

/* --- availability ------------------------------------------------------------------------------------------------ */

static enum dcf_http_next put_status(struct dcf_http_reply *reply, struct dcf_span uss, enum dcf_utm_availability availability,
				     uint64_t tag)
{
	struct dcf_json j = dcf_exchange_json(reply, 200);
	char version[DCF_RID_VERSION_TEXT];
	size_t n = tag ? dcf_rid_version_write((int64_t)tag, version) : 0;

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "version");
	dcf_json_string(&j, (struct dcf_span){ version, n });
	dcf_json_key(&j, "status");
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "uss");
	dcf_json_string(&j, uss);
	dcf_json_key(&j, "availability");
	dcf_json_z(&j, dcf_utm_availability_name(availability));
	dcf_json_end(&j, '}');
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

/* Whose it is; false after a 400. */
static bool read_uss(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span *uss)
{
	*uss = dcf_http_param(rq, "uss_id");
	if (uss->len && uss->len <= DCF_JWT_NAME_MAX)
		return true;
	(void)dcf_exchange_error(reply, 400, "Invalid USS ID in the path; expected 1 to %d bytes", DCF_JWT_NAME_MAX);
	return false;
}

DCF_API_HANDLER(dcf_dss_availability_get)
{
	struct dcf_api *api = ctx;
	const struct dcf_manager *m;
	struct dcf_span uss;
	enum dcf_utm_availability availability = DCF_UTM_UNKNOWN;
	uint64_t tag = 0, before;

	if (!read_uss(rq, reply, &uss))
		return DCF_HTTP_DONE;
	m = dcf_exchange_manager(dcf_state_exchange(api->state), uss);
	/* The two are published one after the other: take a pair that belongs together. */
	do {
		before = m ? atomic_load(&m->availability_tag) : 0;
		availability = m ? (enum dcf_utm_availability)atomic_load(&m->availability) : DCF_UTM_UNKNOWN;
		tag = m ? atomic_load(&m->availability_tag) : 0;
	} while (tag != before);
	return put_status(reply, uss, availability, tag);
}

static const struct dcf_exchange_refusal availability_refusals[DCF_EXCHANGE_OBJECTION_COUNT] = {
	[DCF_EXCHANGE_CHANGED] = { 409, "old_version is not the current version of this USS's availability" },
	[DCF_EXCHANGE_NOT_THERE] = { 409, "old_version is not the current version of this USS's availability" },
	[DCF_EXCHANGE_THERE] = { 409, "old_version is not the current version of this USS's availability" },
};

static DCF_API_HANDLER(availability_written)
{
	struct dcf_exchange_change *c = dcf_exchange_change_of(rq);

	(void)ctx;
	if (!dcf_exchange_taken(c, reply, availability_refusals))
		return DCF_HTTP_DONE;
	return put_status(reply, c->ask.about, (enum dcf_utm_availability)c->said.availability, c->ask.answer.availability_tag);
}

DCF_API_HANDLER(dcf_dss_availability_put)
{
	struct dcf_exchange_change *c;
	struct dcf_span uss;

	if (!read_uss(rq, reply, &uss))
		return DCF_HTTP_DONE;
	c = dcf_exchange_change_new(ctx, rq, reply);
	if (!c || !dcf_exchange_read_ask(ctx, rq, reply, DCF_UTM_AVAILABILITY_PUT, false, &c->said))
		return DCF_HTTP_DONE;
	c->ask.verb = DCF_EXCHANGE_AVAILABILITY;
	c->ask.form = DCF_UTM_AVAILABILITY_PUT;
	c->ask.about = uss;
	return dcf_exchange_submit(c, reply, availability_written);
}

/* --- reports ---------------------------------------------------------------------------------------------- */

/* The end of the value that begins at `p`, in a text that is known to be JSON. */
static const char *value_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; *p != '"'; p++)
				p += *p == '\\';
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']' || *p == ',') {
			if (depth == 0)
				return p;
			depth -= *p != ',';
		}
	}
	return end;
}

/* The object again, with report_id in the place of any that it has. */
static void put_report(struct dcf_buf *out, struct dcf_span body, const struct dcf_uuid *id)
{
	static const char name[] = "\"report_id\"";
	const char *p = memchr(body.p, '{', body.len), *end = body.p + body.len;
	char text[DCF_UUID_TEXT];

	dcf_uuid_write(id, text);
	dcf_buf_z(out, "{\"report_id\":\"");
	dcf_buf_put(out, text, sizeof text);
	dcf_buf_char(out, '"');
	while (p && p < end && *p != '}') {
		const char *from = p + 1, *to = value_end(from, end);

		while (from < to && strchr(" \t\r\n", *from))
			from++;
		if (to > from && !((size_t)(to - from) >= sizeof name - 1 && memcmp(from, name, sizeof name - 1) == 0)) {
			dcf_buf_char(out, ',');
			dcf_buf_put(out, from, (size_t)(to - from));
		}
		p = to;
	}
	dcf_buf_char(out, '}');
}

/* The first member of the exchange that is not of its type, or NULL.  What is missing is not held against the report. */
static const char *wrong_member(struct dcf_jval exchange)
{
	static const char *const texts[] = { "url", "method", "recorder_role", "request_body", "response_body", "problem" };
	static const char *const times[] = { "request_time", "response_time" };
	struct dcf_jval v = dcf_jget(exchange, "headers");
	double code;

	if (!dcf_jnone(v) && dcf_jkind(v) != DCF_J_ARRAY)
		return "headers";
	v = dcf_jget(exchange, "response_code");
	if (!dcf_jnone(v) && !dcf_jdouble(v, &code))
		return "response_code";
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		v = dcf_jget(exchange, texts[i]);
		if (!dcf_jnone(v) && dcf_jkind(v) != DCF_J_STRING)
			return texts[i];
	}
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		v = dcf_jget(exchange, times[i]);
		if (!dcf_jnone(v) && dcf_jkind(v) != DCF_J_OBJECT)
			return times[i];
	}
	return NULL;
}

static struct dcf_span text_of(struct dcf_jval object, const char *name)
{
	struct dcf_jval v = dcf_jget(object, name);

	return dcf_jkind(v) == DCF_J_STRING ? dcf_jstring(v) : DCF_SPAN("");
}

static void log_report(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_jval exchange, const struct dcf_uuid *id)
{
	struct dcf_hash hash = dcf_sha256(rq->body);
	char text[DCF_UUID_TEXT], hex[2 * sizeof hash.b + 1];
	double code = 0;

	dcf_uuid_write(id, text);
	for (size_t i = 0; i < sizeof hash.b; i++) {
		hex[2 * i] = "0123456789abcdef"[hash.b[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[hash.b[i] & 15];
	}
	(void)dcf_jdouble(dcf_jget(exchange, "response_code"), &code);
	dcf_logger_event(api->logger, DCF_LOG_WARN, rq->id, "a provider reports an error",
			 DCF_LOG_SPAN("report", ((struct dcf_span){ text, sizeof text })),
			 DCF_LOG_SPAN("by", dcf_exchange_caller(rq)),
			 DCF_LOG_SPAN("sha256", ((struct dcf_span){ hex, 2 * sizeof hash.b })),
			 DCF_LOG_SPAN("method", text_of(exchange, "method")), DCF_LOG_SPAN("url", text_of(exchange, "url")),
			 DCF_LOG_I("status", code >= 0 && code < 1000 ? (int64_t)code : 0),
			 DCF_LOG_SPAN("problem", text_of(exchange, "problem")));
}

DCF_API_HANDLER(dcf_dss_report)
{
	struct dcf_api *api = ctx;
	struct dcf_strict_json json = { .from = &api->heap };
	struct dcf_uuid id = dcf_exchange_new_id();
	enum dcf_status s = dcf_strict_json(&json, rq->body, DCF_EXCHANGE_BODY_MAX, REPORT_DEPTH);
	struct dcf_jval exchange = s == DCF_OK ? dcf_jget(dcf_jroot(&json.doc), "exchange") : (struct dcf_jval){ NULL, 0 };
	const char *wrong;

	if (s == DCF_E_NOMEM) {
		(void)dcf_exchange_busy(reply, "Out of memory");
	} else if (s != DCF_OK) {
		(void)dcf_exchange_error(reply, 400, "The report is not taken: %s", json.fault);
	} else if (dcf_jkind(exchange) != DCF_J_OBJECT) {
		(void)dcf_exchange_error(reply, 400, "The report is not taken: expected an object as its member exchange");
	} else if ((wrong = wrong_member(exchange)) != NULL) {
		(void)dcf_exchange_error(reply, 400, "The report is not taken: exchange.%s is of another type than it is to be",
					 wrong);
	} else {
		(void)dcf_exchange_json(reply, 201);
		put_report(&reply->body, rq->body, &id);
		log_report(api, rq, exchange, &id);
	}
	dcf_strict_json_free(&json);
	return DCF_HTTP_DONE;
}
