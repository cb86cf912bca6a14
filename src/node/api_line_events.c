/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_events.c - what happens on the line, for the stream of events: to those who may look at the line, and to nobody
 * else. */
#include "node/api_line.h"

static void put_key_text(struct dcf_json *j, const char *key, const char *value)
{
	dcf_json_key(j, key);
	dcf_json_z(j, value);
}

/* {"id", "version", "state", "overdue", "escalation", "ringing"} of an object as it is now. */
static void put_object(struct dcf_json *j, const struct dcf_line_terms *terms, const struct dcf_line_object *o)
{
	dcf_json_begin(j, '{');
	put_key_text(j, "id", o->id);
	dcf_json_key(j, "version");
	dcf_json_i64(j, o->version);
	put_key_text(j, "machine", dcf_machine_name((enum dcf_machine_kind)o->machine));
	put_key_text(j, "state", dcf_machine_state_name((enum dcf_machine_kind)o->machine, o->state));
	put_key_text(j, "precedence", dcf_precedence_name((enum dcf_precedence)o->precedence));
	dcf_json_key(j, "ours");
	dcf_json_bool(j, o->ours);
	dcf_json_key(j, "overdue");
	dcf_json_bool(j, o->overdue);
	dcf_json_key(j, "escalation");
	dcf_json_i64(j, o->escalation);
	dcf_line_put_ringing(j, "ringing", terms, o);
	dcf_json_end(j, '}');
}

static void put_message(struct dcf_api *api, const struct dcf_entry_head *head, struct dcf_jdoc *doc, struct dcf_arena *arena,
			struct dcf_json *j)
{
	struct dcf_line *line = dcf_state_line(api->state);
	struct dcf_line_terms *terms = dcf_arena_get(arena, sizeof *terms);
	struct dcf_line_object o;
	struct dcf_message m;
	struct dcf_span text;
	uint32_t peer = dcf_line_peer_of(line, head->party);

	if (!terms || dcf_message_reopen(head->body, doc, arena, &text, &m) != DCF_OK)
		return;
	put_key_text(j, "way", head->kind == DCF_ENTRY_LINE_IN ? "in" : "out");
	dcf_json_key(j, "n");
	dcf_json_i64(j, (int64_t)m.n);
	put_key_text(j, "machine", dcf_machine_name((enum dcf_machine_kind)dcf_verb_row((enum dcf_verb)m.verb)->machine));
	put_key_text(j, "verb", dcf_verb_row((enum dcf_verb)m.verb)->name);
	put_key_text(j, "precedence", dcf_precedence_name((enum dcf_precedence)m.precedence));
	if (peer == DCF_NONE || !m.object.len || !dcf_line_find(line, peer, m.object, m.version, &o))
		return;
	dcf_api_line_terms(api, terms);
	dcf_json_key(j, "objects");
	dcf_json_begin(j, '[');
	put_object(j, terms, &o);
	dcf_json_end(j, ']');
}

/* The clock's: every object whose deadline passed, or whose window is over. */
static void put_clock(struct dcf_api *api, const struct dcf_entry_head *head, struct dcf_arena *arena, struct dcf_json *j)
{
	struct dcf_line *line = dcf_state_line(api->state);
	struct dcf_line_terms *terms = dcf_arena_get(arena, sizeof *terms);
	struct dcf_span body = head->body;
	struct dcf_line_object o;
	uint64_t serial;
	bool bad = false;

	dcf_json_key(j, "objects");
	dcf_json_begin(j, '[');
	if (terms)
		dcf_api_line_terms(api, terms);
	while (terms && dcf_positions_next(&body, &serial, &bad))
		if (dcf_line_object_at(line, serial, &o))
			put_object(j, terms, &o);
	dcf_json_end(j, ']');
}

static void put_status(struct dcf_api *api, const struct dcf_entry_head *head, struct dcf_json *j)
{
	struct dcf_line *line = dcf_state_line(api->state);
	uint32_t peer = dcf_line_peer_of(line, head->party);
	struct dcf_line_peer p;

	if (peer != DCF_NONE && dcf_line_peer_at(line, peer, &p))
		put_key_text(j, "technical", dcf_line_technical_name((enum dcf_line_technical)p.technical));
}

bool dcf_api_line_event(struct dcf_api *api, const struct dcf_caller *caller, const struct dcf_entry_head *head,
			struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_json *j, struct dcf_span *name)
{
	static const char *const names[DCF_ENTRY_KIND_COUNT] = {
		[DCF_ENTRY_PEER] = "line_peer",          [DCF_ENTRY_LINE_OUT] = "line_message",
		[DCF_ENTRY_LINE_IN] = "line_message",    [DCF_ENTRY_LINE_CLOCK] = "line_clock",
		[DCF_ENTRY_LINE_STATUS] = "line_status", [DCF_ENTRY_LINE_REFUSED] = "line_refused",
	};

	if (head->kind >= DCF_ENTRY_KIND_COUNT || !names[head->kind] || !dcf_api_line_may_see(api, caller))
		return false;
	*name = dcf_span_of(names[head->kind]);
	if (head->party.len) {
		dcf_json_key(j, "peer");
		dcf_json_string(j, head->party);
	}
	if (head->kind == DCF_ENTRY_LINE_OUT || head->kind == DCF_ENTRY_LINE_IN)
		put_message(api, head, doc, arena, j);
	else if (head->kind == DCF_ENTRY_LINE_CLOCK)
		put_clock(api, head, arena, j);
	else if (head->kind == DCF_ENTRY_LINE_STATUS)
		put_status(api, head, j);
	else if (head->reason.len) {
		dcf_json_key(j, "reason");
		dcf_json_string(j, head->reason);
	}
	return true;
}
