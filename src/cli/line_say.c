/* SPDX-License-Identifier: Apache-2.0 */
/* line_say.c - what options and operands say, as the request that the node gets. */
#include "cli/line.h"
#include "format/feed.h"
#include "format/notation.h"
#include "node/read_file.h"

#include <string.h>
#include <time.h>

enum { HEARD_MOST = 1 << 19 };

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t when_of(const char *text)
{
	struct dcf_when when;

	return text && dcf_when_parse(dcf_span_of(text), &when, NULL) == DCF_OK ? when.us : now_us();
}

static void put_text(struct dcf_json *j, const char *key, const char *text)
{
	if (!text)
		return;
	dcf_json_key(j, key);
	dcf_json_z(j, text);
}

/* "A,B" as an array. */
static void put_list(struct dcf_json *j, const char *key, const char *list)
{
	if (!list)
		return;
	dcf_json_key(j, key);
	dcf_json_begin(j, '[');
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n)
			dcf_json_string(j, (struct dcf_span){ list, n });
		list += n + (list[n] == ',');
	}
	dcf_json_end(j, ']');
}

static void put_when(struct dcf_json *j, const char *key, const char *text)
{
	dcf_json_key(j, key);
	dcf_json_i64(j, when_of(text));
}

/* --- bodies ------------------------------------------------------------------------------------------- */

static int missing(const struct dcf_line_action *a, const char *what)
{
	dcf_complain("%s: %s", a->command.name, what);
	return DCF_EXIT_BAD;
}

static int put_challenge(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	put_text(j, "reason", args->reason);
	return args->reason ? DCF_EXIT_OK
			    : missing(a, "no reason: expected --reason conflict, position, late, not_understood, outside or "
					 "no_comment");
}

static int put_decline(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	put_text(j, "reason", args->reason);
	return args->reason ? DCF_EXIT_OK : missing(a, "no reason: expected --reason TEXT");
}

static int put_cease(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	put_text(j, "reason", args->reason ? args->reason : "other");
	if (args->operands)
		put_text(j, "ref", args->operand[0]);
	if ((args->operands != 0) == (args->area != NULL))
		return missing(a, "expected what is to cease: the id of an object, or --area POSITION --to PARTY");
	return DCF_EXIT_OK;
}

static int put_recipients(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)a;
	dcf_json_key(j, "to");
	dcf_json_begin(j, '[');
	for (int i = 1; i < args->operands; i++)
		dcf_json_z(j, args->operand[i]);
	dcf_json_end(j, ']');
	return DCF_EXIT_OK;
}

static int put_ask(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)a;
	put_text(j, "about", args->operand[0]);
	put_text(j, "ref", args->ref);
	return DCF_EXIT_OK;
}

/* Of a question; a call that rings is answered without a word. */
static int put_answer(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)a;
	if (args->operands > 1)
		put_text(j, "answer", args->operand[1]);
	return DCF_EXIT_OK;
}

static int put_call(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)a;
	put_when(j, "at", args->at);
	put_list(j, "agenda", args->also ? args->also : "");
	return DCF_EXIT_OK;
}

static int put_readout(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	static const char *const kinds[] = { "agreed", "noted", "differed", "to_follow" };

	dcf_json_key(j, "items");
	dcf_json_begin(j, '[');
	for (int i = 1; i < args->operands; i++) {
		const char *item = args->operand[i];
		size_t n = strcspn(item, ":"), k = 0;

		while (k < 4 && !(strlen(kinds[k]) == n && memcmp(kinds[k], item, n) == 0))
			k++;
		if (k == 4 || !item[n] || !item[n + 1])
			return missing(a, "expected items such as 'agreed:three miles north of the river', or noted:, "
					  "differed:, to_follow:");
		dcf_json_begin(j, '{');
		put_text(j, "kind", kinds[k]);
		put_text(j, "text", item + n + 1 + (item[n + 1] == ' '));
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
	return DCF_EXIT_OK;
}

static int put_report(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)a;
	put_text(j, "type", args->operand[0]);
	put_text(j, "ref", args->ref);
	return DCF_EXIT_OK;
}

static int put_evidence(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)j;
	return args->text ? DCF_EXIT_OK : missing(a, "no evidence: expected --text TEXT");
}

static int put_class(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	(void)a;
	put_text(j, "class", args->operand[1]);
	return DCF_EXIT_OK;
}

static int put_from(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	if (strcmp(a->verb, "suspend") == 0)
		put_list(j, "articles", args->also ? args->also : "");
	put_when(j, "from", args->from);
	return DCF_EXIT_OK;
}

int dcf_line_put_body(const struct dcf_line_action *action, const struct dcf_line_args *args, struct dcf_json *j)
{
	static const struct {
		const char *action;
		int (*put)(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j);
	} bodies[] = {
		{ "line challenge", put_challenge },
		{ "line decline", put_decline },
		{ "line cease", put_cease },
		{ "line disseminate", put_recipients },
		{ "line ask", put_ask },
		{ "line answer", put_answer },
		{ "line call", put_call },
		{ "line readout", put_readout },
		{ "line incident", put_report },
		{ "line evidence", put_evidence },
		{ "line classify", put_class },
		{ "line suspend", put_from },
		{ "line resume-line", put_from },
		{ "line close-line", put_from },
	};
	bool notice = strcmp(action->verb, "notify") == 0;
	int status = DCF_EXIT_OK;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies && status == DCF_EXIT_OK; i++)
		if (strcmp(action->command.name, bodies[i].action) == 0)
			status = bodies[i].put(action, args, j);
	put_text(j, notice ? "note" : "text", args->text);
	return status;
}

/* --- areas, and what was heard ------------------------------------------------------------------------ */

static void put_measure(struct dcf_json *j, const char *key, struct dcf_span value, const char *unit, const char *ref)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, value);
	put_text(j, "unit", unit);
	put_text(j, "ref", ref);
	dcf_json_end(j, '}');
}

static void put_time(struct dcf_json *j, const char *key, int64_t us)
{
	struct dcf_when when = { .us = us, .precision_us = 1 };
	struct dcf_buf text = { .from = j->out->from };

	(void)dcf_when_put(&text, &when, DCF_WHEN_RFC3339);
	dcf_json_key(j, key);
	dcf_json_string(j, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

static void put_circle(struct dcf_json *j, const struct dcf_line_args *args, struct dcf_span party)
{
	struct dcf_buf radius = { .from = j->out->from };
	int64_t from = when_of(args->from);

	dcf_buf_fixed(&radius, (int64_t)(args->radius_m * 1000 + 0.5), 3);
	dcf_json_key(j, "properties");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "party");
	dcf_json_string(j, party);
	put_text(j, "shape", "circle");
	put_measure(j, "radius", dcf_buf_as_span(&radius), "m", NULL);
	put_measure(j, "lower", DCF_SPAN("0"), "ft", "SFC");
	put_measure(j, "upper", DCF_SPAN("\"UNL\""), "ft", "MSL");
	put_time(j, "start", from);
	put_time(j, "end", from + args->length_us);
	dcf_json_end(j, '}');
	dcf_buf_free(&radius);
}

/* A circle from the ground up, as an operations file of one feature. */
static void put_area(struct dcf_json *j, const struct dcf_line_args *args, struct dcf_span party)
{
	struct dcf_position p = { .at = { 0, 0 } };

	/* It was read once when the option was taken. */
	if (dcf_position_parse(dcf_span_of(args->area), NULL, &p, NULL) != DCF_OK)
		return;
	dcf_json_key(j, "features");
	dcf_json_begin(j, '{');
	put_text(j, "type", "FeatureCollection");
	dcf_json_key(j, "deconflict");
	dcf_json_i64(j, 1);
	dcf_json_key(j, "features");
	dcf_json_begin(j, '[');
	dcf_json_begin(j, '{');
	put_text(j, "type", "Feature");
	put_text(j, "id", "area");
	dcf_json_key(j, "geometry");
	dcf_json_begin(j, '{');
	put_text(j, "type", "Point");
	dcf_json_key(j, "coordinates");
	dcf_json_begin(j, '[');
	dcf_json_fixed(j, p.at.lon_e7, 7);
	dcf_json_fixed(j, p.at.lat_e7, 7);
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
	put_circle(j, args, party);
	dcf_json_end(j, '}');
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
}

static int put_heard(const struct dcf_line_action *a, const struct dcf_line_args *args, struct dcf_json *j)
{
	struct dcf_buf text = { .from = j->out->from };
	struct dcf_node_error err;
	struct dcf_jdoc doc = { 0 };
	const char *why = "";
	size_t len;
	int status = DCF_EXIT_BAD;

	if (dcf_node_read_file(args->heard, HEARD_MOST, &text, &err) != DCF_OK) {
		dcf_complain("%s: %s", a->command.name, err.text);
		dcf_buf_free(&text);
		return DCF_EXIT_BAD;
	}
	len = text.len;
	dcf_buf_fill(&text, ' ', DCF_FEED_SLACK);
	if (!text.failed && dcf_jparse(&doc, text.p, len, &why) == DCF_OK) {
		dcf_json_key(j, "features");
		dcf_json_raw(j, (struct dcf_span){ text.p, len });
		status = DCF_EXIT_OK;
	} else {
		dcf_complain("%s: %s: no JSON: %s", a->command.name, args->heard, why ? why : "");
	}
	dcf_jfree(&doc);
	dcf_buf_free(&text);
	return status;
}

int dcf_line_put_rest(const struct dcf_line_action *action, const struct dcf_line_args *args, struct dcf_span party,
		      struct dcf_span peer, struct dcf_json *j)
{
	bool notice = strcmp(action->verb, "notify") == 0;

	put_text(j, "precedence", args->precedence);
	put_text(j, "role", args->role);
	if (notice) {
		put_text(j, "operation", args->operand[0]);
		put_list(j, "releasable_to", args->also);
	}
	if (args->override) {
		dcf_json_key(j, "override");
		dcf_json_bool(j, true);
	}
	if (args->area) {
		/* What is typed for the other side is released to it by that. */
		dcf_json_key(j, "label");
		dcf_json_begin(j, '{');
		dcf_json_key(j, "releasable_to");
		dcf_json_begin(j, '[');
		dcf_json_string(j, peer);
		dcf_json_end(j, ']');
		dcf_json_end(j, '}');
		put_area(j, args, party);
	}
	return args->heard ? put_heard(action, args, j) : DCF_EXIT_OK;
}
