/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides saw.  Threads decide in which order things of one instant come into the records; here they stand by object,
 * and within an object as its messages follow from each other, so every rehearsal of a script reads the same. */
#include "node/rehearsal_int.h"
#include "core/time.h"
#include "format/json_members.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLUMN = 14, SHORT = 90 };

/* --- lines ---------------------------------------------------------------------------------------------- */

static void put_time_line(struct dcf_stage *st)
{
	int64_t now_us = atomic_load(&st->wall_us);

	if (now_us == st->shown_us)
		return;
	st->shown_us = now_us;
	dcf_buf_char(st->out, '\n');
	dcf_time_put(st->out, now_us, now_us % 1000000 ? DCF_TIME_US : DCF_TIME_S);
	dcf_buf_char(st->out, '\n');
}

/* "  LEFT          " up to the column. */
void dcf_stage_begin_line(struct dcf_stage *st, const char *left)
{
	size_t n = strlen(left);

	put_time_line(st);
	dcf_buf_z(st->out, "  ");
	dcf_buf_z(st->out, left);
	dcf_buf_fill(st->out, ' ', n < COLUMN ? COLUMN - n : 1);
}

void dcf_stage_json_time(struct dcf_stage *st)
{
	struct dcf_buf text = { .from = st->o->from };

	dcf_time_put(&text, atomic_load(&st->wall_us), DCF_TIME_US);
	dcf_json_key(&st->j, "time");
	dcf_json_string(&st->j, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

void dcf_stage_line(struct dcf_stage *st, const char *kind, const char *side, struct dcf_span text, const bool *holds)
{
	if (holds)
		*(*holds ? &st->held : &st->failed) += 1;
	if (st->o->json) {
		dcf_json_begin(&st->j, '{');
		dcf_stage_json_time(st);
		if (side) {
			dcf_json_key(&st->j, "side");
			dcf_json_z(&st->j, side);
		}
		dcf_json_key(&st->j, kind);
		dcf_json_string(&st->j, text);
		if (holds) {
			dcf_json_key(&st->j, "holds");
			dcf_json_bool(&st->j, *holds);
		}
		dcf_json_end(&st->j, '}');
		return;
	}
	dcf_stage_begin_line(st, holds && !*holds ? "NOT AS EXPECTED" : side ? side : "");
	if (holds && !*holds && side) {
		dcf_buf_z(st->out, side);
		dcf_buf_z(st->out, ": ");
	}
	dcf_buf_span(st->out, text);
	dcf_buf_char(st->out, '\n');
}

void dcf_stage_plain_line(struct dcf_stage *st, const char *kind, const char *side, struct dcf_span text, const bool *holds)
{
	if (*holds && !st->o->json)
		st->held++;
	else
		dcf_stage_line(st, kind, side, text, holds);
}

/* --- one message ------------------------------------------------------------------------------------------ */

/* A message that was not told of yet. */
struct news {
	struct dcf_actor *from;
	uint64_t n, order; /* in its stream; its place in A's record, for those about an object */
	struct dcf_message message;
};

static bool is_plain(struct dcf_span name)
{
	static const char *const longer[] = {
		"acm", "head", "number", "object", "operation", "pad", "received", "text", "words"
	};

	for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
		if (dcf_span_eq(name, dcf_span_of(longer[i])))
			return false;
	return true;
}

/* A value as people read it: texts without quotes, lists with blanks. */
static void put_value(struct dcf_buf *out, struct dcf_span value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		if (c == ',')
			dcf_buf_z(out, ", ");
		else if (!strchr("\"[]", c))
			dcf_buf_char(out, c);
	}
}

/* Microseconds since 1970. */
static void put_instant(struct dcf_buf *out, struct dcf_span value)
{
	int64_t us = 0;

	for (size_t i = 0; i < value.len && value.p[i] >= '0' && value.p[i] <= '9' && us < INT64_MAX / 100; i++)
		us = us * 10 + (value.p[i] - '0');
	dcf_time_put(out, us, us % 1000000 ? DCF_TIME_US : DCF_TIME_S);
}

/* {"en": "..."}, or a text. */
static void put_words(struct dcf_buf *out, struct dcf_span text)
{
	struct dcf_json_members m = dcf_json_members_of(text);
	struct dcf_span name, value;

	if (text.len && text.p[0] == '"')
		value = text;
	else if (!dcf_json_members_next(&m, &name, &value))
		return;
	dcf_buf_z(out, ", ");
	for (size_t i = 0; i < value.len; i++) {
		bool line_end = value.p[i] == '\\' && i + 1 < value.len && value.p[i + 1] == 'n';

		if (line_end)
			dcf_buf_z(out, "; ");
		else
			dcf_buf_char(out, value.p[i]);
		i += line_end;
	}
}

static void put_body(struct dcf_buf *out, struct dcf_span body)
{
	struct dcf_json_members m = dcf_json_members_of(body);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value)) {
		if (dcf_span_eq(name, DCF_SPAN("text")))
			put_words(out, value);
		else if (dcf_span_eq(name, DCF_SPAN("words"))) {
			dcf_buf_z(out, ", check-words ");
			put_value(out, value);
		} else if (is_plain(name) && value.len <= SHORT && !dcf_span_eq(value, DCF_SPAN("[]"))) {
			dcf_buf_z(out, ", ");
			dcf_buf_span(out, name);
			dcf_buf_char(out, ' ');
			if (dcf_span_eq(name, DCF_SPAN("from")) || dcf_span_eq(name, DCF_SPAN("at")))
				put_instant(out, value);
			else
				put_value(out, value);
		}
	}
}

/* The members that are the same in every rehearsal: a record's head has keys and salts of its own. */
static void json_body(struct dcf_json *j, struct dcf_span body)
{
	struct dcf_json_members m = dcf_json_members_of(body);
	struct dcf_span name, value;

	dcf_json_key(j, "body");
	dcf_json_begin(j, '{');
	while (dcf_json_members_next(&m, &name, &value))
		if (!dcf_span_eq(name, DCF_SPAN("head")) && !dcf_span_eq(name, DCF_SPAN("number"))) {
			dcf_json_key_span(j, name);
			dcf_json_raw(j, value);
		}
	dcf_json_end(j, '}');
}

static void json_message(struct dcf_stage *st, const struct news *w, const char *machine, const char *verb)
{
	struct dcf_json *j = &st->j;

	dcf_json_begin(j, '{');
	dcf_stage_json_time(st);
	dcf_json_key(j, "from");
	dcf_json_z(j, w->from->party);
	dcf_json_key(j, "to");
	dcf_json_z(j, dcf_stage_other(w->from)->party);
	dcf_json_key(j, "machine");
	dcf_json_z(j, machine);
	dcf_json_key(j, "verb");
	dcf_json_z(j, verb);
	dcf_json_key(j, "object");
	dcf_json_string(j, w->message.object);
	dcf_json_key(j, "version");
	dcf_json_i64(j, w->message.version);
	dcf_json_key(j, "precedence");
	dcf_json_z(j, dcf_precedence_name((enum dcf_precedence)w->message.precedence));
	dcf_json_key(j, "role");
	dcf_json_string(j, w->message.role);
	json_body(j, w->message.body);
	dcf_json_end(j, '}');
}

/* Check-words of what a notice is about, as both sides compute them. */
static void put_check_words(struct dcf_stage *st, struct dcf_span body)
{
	struct dcf_json_members m = dcf_json_members_of(body);
	struct dcf_span name, value;
	char words[DCF_CHECK_WORDS_MAX];

	while (dcf_json_members_next(&m, &name, &value))
		if (dcf_span_eq(name, DCF_SPAN("object")) && value.len > sizeof "{\"volumes\":[]}") {
			dcf_check_words_of(value, words);
			dcf_buf_z(st->out, ", check-words ");
			dcf_buf_z(st->out, words);
		}
}

static void put_message(struct dcf_stage *st, const struct news *w, const char *verb)
{
	const struct dcf_message *m = &w->message;
	char left[140];

	snprintf(left, sizeof left, "%s > %s", w->from->party, dcf_stage_other(w->from)->party);
	dcf_stage_begin_line(st, left);
	dcf_buf_z(st->out, verb);
	if (m->object.len) {
		dcf_buf_char(st->out, ' ');
		dcf_buf_span(st->out, m->object);
	}
	if (m->version > 1) {
		dcf_buf_z(st->out, " v");
		dcf_buf_i64(st->out, m->version);
	}
	if (dcf_verb_row((enum dcf_verb)m->verb)->begins) {
		dcf_buf_z(st->out, ", ");
		dcf_buf_z(st->out, dcf_precedence_name((enum dcf_precedence)m->precedence));
	}
	put_body(st->out, m->body);
	put_check_words(st, m->body);
	if (m->role.len) {
		dcf_buf_z(st->out, ", by the ");
		dcf_buf_span(st->out, m->role);
	}
	dcf_buf_char(st->out, '\n');
}

/* Field by field, when what was read back is not what was sent. */
static enum dcf_status put_difference(struct dcf_stage *st, const struct news *w, struct dcf_arena *arena)
{
	struct dcf_buf lines = { .from = st->o->from };
	struct dcf_jdoc a = { 0 }, b = { 0 };
	struct dcf_line_object o;
	struct dcf_span sent, heard, rest;
	struct dcf_jval one, other;
	char id[DCF_OBJECT_ID_MAX + 1];
	enum dcf_status s;

	snprintf(id, sizeof id, "%.*s", (int)w->message.object.len, w->message.object.p);
	if (!dcf_actor_object(w->from, id, w->message.version, &o) || !o.their_words[0])
		return DCF_OK;
	s = dcf_actor_said_object(w->from, &o, DCF_VERB_NOTIFY, arena, &sent);
	s = s == DCF_OK ? dcf_actor_said_object(w->from, &o, DCF_VERB_READ_BACK, arena, &heard) : s;
	if (s == DCF_OK && sent.p && heard.p) {
		s = dcf_line_parse(sent, arena, &a, &one);
		s = s == DCF_OK ? dcf_line_parse(heard, arena, &b, &other) : s;
		s = s == DCF_OK ? dcf_notice_object_differ(one, other, &lines) : s;
	}
	for (rest = dcf_buf_as_span(&lines); s == DCF_OK && rest.len;) {
		const char *end = memchr(rest.p, '\n', rest.len);
		size_t n = end ? (size_t)(end - rest.p) : rest.len;

		dcf_stage_line(st, "difference", NULL, (struct dcf_span){ rest.p, n }, NULL);
		n += end != NULL;
		rest = (struct dcf_span){ rest.p + n, rest.len - n };
	}
	dcf_jfree(&a);
	dcf_jfree(&b);
	dcf_buf_free(&lines);
	return s;
}

/* --- all messages ------------------------------------------------------------------------------------------ */

static int by_object(const void *p, const void *q)
{
	const struct news *a = p, *b = q;
	int c = dcf_span_cmp(a->message.object, b->message.object);

	if (c == 0 && a->message.version != b->message.version)
		c = a->message.version < b->message.version ? -1 : 1;
	/* About the line itself: checks before echoes, A's before B's, each in the order of its stream. */
	if (c == 0 && a->message.object.len == 0 && a->message.verb != b->message.verb)
		c = a->message.verb < b->message.verb ? -1 : 1;
	if (c == 0 && a->message.object.len == 0 && a->from != b->from)
		c = a->from->is_a ? -1 : 1;
	if (c == 0 && a->message.object.len == 0)
		return a->n < b->n ? -1 : 1;
	return c ? c : a->order < b->order ? -1 : 1;
}

static enum dcf_status gather(struct dcf_stage *st, struct dcf_actor *from, struct dcf_arena *arena, struct news *out,
			      size_t *count, uint64_t up_to)
{
	/* One record has both streams in one order; while the line is cut each has only its own. */
	struct dcf_actor *a = st->cut ? from : &st->actor[0];
	struct dcf_jdoc doc = { 0 };
	enum dcf_status s = DCF_OK;

	for (; s == DCF_OK && from->said < up_to; from->said++) {
		struct news *w = &out[(*count)++];
		struct dcf_line_entry e;

		*w = (struct news){ .from = from, .n = from->said + 1 };
		if (!dcf_line_message_at(a->line, dcf_actor_peer(a, NULL), a != from, w->n, &w->order))
			return DCF_E_NOT_FOUND;
		s = dcf_line_entry_read(a->api->store, w->order, &doc, arena, &e);
		w->message = e.message;
	}
	dcf_jfree(&doc);
	return s;
}

static enum dcf_status tell_messages(struct dcf_stage *st)
{
	struct dcf_arena arena = { .from = st->o->from };
	struct dcf_line_peer p[2] = { { .removed = false } };
	struct news *news;
	size_t n = 0, most = 0;
	enum dcf_status s = DCF_OK;

	for (int i = 0; i < 2; i++) {
		(void)dcf_actor_peer(&st->actor[i], &p[i]);
		most += p[i].out.count - st->actor[i].said;
	}
	if (most == 0)
		return DCF_OK;
	news = dcf_arena_get(&arena, most * sizeof *news);
	for (int i = 0; news && i < 2 && s == DCF_OK; i++)
		s = gather(st, &st->actor[i], &arena, news, &n, p[i].out.count);
	if (!news)
		s = DCF_E_NOMEM;
	else
		qsort(news, n, sizeof *news, by_object);
	for (size_t i = 0; i < n && s == DCF_OK; i++) {
		const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)news[i].message.verb);

		if (st->o->json)
			json_message(st, &news[i], dcf_machine_name((enum dcf_machine_kind)row->machine), row->name);
		else
			put_message(st, &news[i], row->name);
		if (news[i].message.verb == DCF_VERB_READ_BACK)
			s = put_difference(st, &news[i], &arena);
	}
	dcf_arena_free(&arena);
	return s;
}

/* --- all of it ---------------------------------------------------------------------------------------------- */

enum dcf_status dcf_stage_tell(struct dcf_stage *st)
{
	enum dcf_status s = tell_messages(st);

	s = s == DCF_OK ? dcf_stage_tell_states(st) : s;
	return s == DCF_OK && st->out->failed ? DCF_E_NOMEM : s;
}

/* --- begin and end ------------------------------------------------------------------------------------------- */

static void put_title(struct dcf_stage *st)
{
	const char *title = dcf_stage_text(st, dcf_jget(st->root, "title"));

	dcf_buf_z(st->out, title ? title : st->o->name);
	dcf_buf_z(st->out, "\nTwo nodes, ");
	dcf_buf_z(st->out, st->actor[0].party);
	dcf_buf_z(st->out, " and ");
	dcf_buf_z(st->out, st->actor[1].party);
	dcf_buf_z(st->out, ", a link between them, and a clock that is turned by hand.\n");
}

void dcf_stage_open_log(struct dcf_stage *st)
{
	const char *title = dcf_stage_text(st, dcf_jget(st->root, "title"));

	st->shown_us = INT64_MIN;
	if (!st->o->json) {
		put_title(st);
		return;
	}
	st->j = (struct dcf_json){ .out = st->out, .indent = 1 };
	dcf_json_begin(&st->j, '{');
	dcf_json_key(&st->j, "deconflict");
	dcf_json_i64(&st->j, 1);
	dcf_json_key(&st->j, "title");
	dcf_json_z(&st->j, title ? title : st->o->name);
	dcf_json_key(&st->j, "sides");
	dcf_json_begin_inline(&st->j, '[');
	dcf_json_z(&st->j, st->actor[0].party);
	dcf_json_z(&st->j, st->actor[1].party);
	dcf_json_end(&st->j, ']');
	dcf_json_key(&st->j, "log");
	dcf_json_begin(&st->j, '[');
}

static void put_end(struct dcf_stage *st, bool same, bool verified, const uint64_t messages[2])
{
	dcf_buf_char(st->out, '\n');
	for (int i = 0; i < 2; i++) {
		dcf_buf_z(st->out, st->actor[i].party);
		dcf_buf_z(st->out, " said ");
		dcf_buf_i64(st->out, (int64_t)messages[i]);
		dcf_buf_z(st->out, i ? " messages: " : " and ");
	}
	dcf_buf_z(st->out, same ? "the same signed bytes are in both records.\n" : "the records are NOT THE SAME.\n");
	dcf_buf_z(st->out, verified ? "Both records verify.\n" : "A record DOES NOT VERIFY.\n");
	dcf_buf_i64(st->out, (int64_t)st->held);
	dcf_buf_z(st->out, " expectations hold");
	if (st->failed) {
		dcf_buf_z(st->out, ", ");
		dcf_buf_i64(st->out, (int64_t)st->failed);
		dcf_buf_z(st->out, " DO NOT");
	}
	dcf_buf_z(st->out, ".\n");
}

void dcf_stage_close_log(struct dcf_stage *st, bool same, bool verified, const uint64_t messages[2])
{
	struct dcf_json *j = &st->j;

	if (!st->o->json) {
		put_end(st, same, verified, messages);
		return;
	}
	dcf_json_end(j, ']');
	dcf_json_key(j, "records");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "messages");
	dcf_json_begin(j, '[');
	dcf_json_i64(j, (int64_t)messages[0]);
	dcf_json_i64(j, (int64_t)messages[1]);
	dcf_json_end(j, ']');
	dcf_json_key(j, "same");
	dcf_json_bool(j, same);
	dcf_json_key(j, "verify");
	dcf_json_bool(j, verified);
	dcf_json_end(j, '}');
	dcf_json_key(j, "expectations");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "held");
	dcf_json_i64(j, (int64_t)st->held);
	dcf_json_key(j, "failed");
	dcf_json_i64(j, (int64_t)st->failed);
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
	dcf_buf_char(st->out, '\n');
}
