/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_put.c - what stands on the line, as JSON. */
#include "node/api_line.h"
#include "crypto/text.h"
#include "format/geojson_parts.h"
#include "node/line_key.h"

void dcf_line_put_time(struct dcf_json *j, const char *key, int64_t time_us)
{
	dcf_json_key(j, key);
	if (time_us == DCF_TIME_NONE)
		dcf_json_null(j);
	else
		dcf_json_time(j, time_us);
}

void dcf_line_put_hash(struct dcf_json *j, const char *key, const struct dcf_hash *hash)
{
	char hex[2 * sizeof hash->b];

	dcf_json_key(j, key);
	dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, hash->b, sizeof hash->b) });
}

void dcf_line_put_fingerprint(struct dcf_json *j, const char *key, const struct dcf_public_key *of)
{
	char digits[DCF_LINE_DIGITS], hex[2 * sizeof of->b];

	dcf_line_key_digits(of, digits);
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	dcf_json_key(j, "digits");
	dcf_json_z(j, digits);
	dcf_json_key(j, "hex");
	dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, of->b, sizeof of->b) });
	dcf_json_end(j, '}');
}

void dcf_line_put_split(struct dcf_json *j, const char *key, struct dcf_span list, char between)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '[');
	while (list.len) {
		const char *end = memchr(list.p, between, list.len);
		size_t n = end ? (size_t)(end - list.p) : list.len;

		if (n)
			dcf_json_string(j, (struct dcf_span){ list.p, n });
		n += end != NULL;
		list = (struct dcf_span){ list.p + n, list.len - n };
	}
	dcf_json_end(j, ']');
}

void dcf_line_put_ids(struct dcf_json *j, const char *key, struct dcf_span ids)
{
	dcf_line_put_split(j, key, ids, ',');
}

bool dcf_line_is_open(const struct dcf_line_object *o)
{
	return !dcf_machine_final((enum dcf_machine_kind)o->machine, o->state);
}

void dcf_line_put_ringing(struct dcf_json *j, const char *key, const struct dcf_line_terms *terms,
			  const struct dcf_line_object *o)
{
	size_t first = 0, count = 0;

	if (dcf_line_is_open(o) && (o->overdue || o->deadline_us != DCF_TIME_NONE))
		dcf_line_ringing(terms, o->overdue ? o->escalation : 0, &first, &count);
	dcf_json_key(j, key);
	dcf_json_begin(j, '[');
	for (size_t i = first; i < first + count && i < terms->role_count; i++)
		dcf_json_z(j, terms->role[i]);
	dcf_json_end(j, ']');
}

static void put_text(struct dcf_json *j, const char *key, const char *z)
{
	dcf_json_key(j, key);
	if (*z)
		dcf_json_z(j, z);
	else
		dcf_json_null(j);
}

static void put_flag(struct dcf_json *j, const char *key, bool value)
{
	dcf_json_key(j, key);
	dcf_json_bool(j, value);
}

static void put_seconds(struct dcf_json *j, const char *key, int64_t us)
{
	dcf_json_key(j, key);
	if (us == DCF_TIME_NONE)
		dcf_json_null(j);
	else
		dcf_json_fixed(j, us, 6);
}

static void put_notification(struct dcf_json *j, const struct dcf_line_object *o)
{
	bool judged = o->timeliness != DCF_NOT_JUDGED;

	put_text(j, "timeliness", dcf_timeliness_name((enum dcf_timeliness)o->timeliness));
	put_seconds(j, "notice_s", judged ? o->notice_us : DCF_TIME_NONE);
	put_seconds(j, "notice_needed_s", judged ? o->need_us : DCF_TIME_NONE);
	put_text(j, "words", o->words);
	put_text(j, "their_words", o->their_words);
	put_flag(j, "moved", o->moved);
	put_flag(j, "dissemination_overdue", o->dissemination_overdue);
}

static void put_call(struct dcf_json *j, const struct dcf_line_object *o)
{
	dcf_line_put_time(j, "on_hold_since", o->hold_since_us);
	put_seconds(j, "on_hold_s", o->hold_us);
	put_flag(j, "readout_a", (o->readouts & 1) != 0);
	put_flag(j, "readout_b", (o->readouts & 2) != 0);
}

static void put_its_own(struct dcf_json *j, const struct dcf_line_object *o)
{
	switch ((enum dcf_machine_kind)o->machine) {
	case DCF_MACHINE_NOTIFICATION:
		put_notification(j, o);
		break;
	case DCF_MACHINE_CLARIFICATION:
		put_text(j, "answer", o->answer ? dcf_answer_name((enum dcf_answer)o->answer) : "");
		break;
	case DCF_MACHINE_CALL:
		put_call(j, o);
		break;
	case DCF_MACHINE_INCIDENT:
		put_text(j, "class_a", o->class_a);
		put_text(j, "class_b", o->class_b);
		break;
	default:
		break;
	}
}

void dcf_line_put_exercise(struct dcf_json *j, const struct dcf_api *api)
{
	if (!api->config->server.exercise)
		return;
	dcf_json_key(j, "exercise");
	dcf_json_bool(j, true);
}

void dcf_line_put_object(struct dcf_json *j, const struct dcf_api *api, struct dcf_line *line,
			 const struct dcf_line_terms *terms, const struct dcf_line_object *o)
{
	struct dcf_line_peer p;

	dcf_line_put_exercise(j, api);
	dcf_json_key(j, "id");
	dcf_json_z(j, o->id);
	dcf_json_key(j, "version");
	dcf_json_i64(j, o->version);
	dcf_json_key(j, "peer");
	dcf_json_z(j, dcf_line_peer_at(line, o->peer, &p) ? p.party : "");
	dcf_json_key(j, "machine");
	dcf_json_z(j, dcf_machine_name((enum dcf_machine_kind)o->machine));
	dcf_json_key(j, "state");
	dcf_json_z(j, dcf_machine_state_name((enum dcf_machine_kind)o->machine, o->state));
	dcf_json_key(j, "precedence");
	dcf_json_z(j, dcf_precedence_name((enum dcf_precedence)o->precedence));
	put_flag(j, "ours", o->ours);
	put_flag(j, "open", dcf_line_is_open(o));
	put_flag(j, "overdue", o->overdue);
	dcf_json_key(j, "escalation");
	dcf_json_i64(j, o->escalation);
	dcf_line_put_ringing(j, "ringing", terms, o);
	put_flag(j, "suspended", o->suspended);
	put_flag(j, "stale", o->stale);
	put_flag(j, "came_late", o->came_late);
	dcf_line_put_time(j, "begun", o->begun_us);
	dcf_line_put_time(j, "sent", o->sent_us);
	dcf_line_put_time(j, "last", o->last_us);
	dcf_line_put_time(j, "deadline", dcf_line_is_open(o) ? o->deadline_us : DCF_TIME_NONE);
	dcf_line_put_time(j, "start", o->start_us);
	dcf_line_put_time(j, "end", o->end_us);
	put_text(j, "ref", o->ref);
	put_its_own(j, o);
	dcf_json_key(j, "position");
	dcf_json_i64(j, (int64_t)o->last);
}
