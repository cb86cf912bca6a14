/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c - messages of the line: what is written is read, nothing else is; no byte of a signed one may change.
 * Prints its seed.
 *
 *     test_message [SEED] */
#include "crypto/init.h"
#include "domain/canonical.h"
#include "domain/message.h"
#include "line_kit.h"
#include "tap.h"

#include <inttypes.h>

static uint64_t seed = 20151020;
static struct dcf_alloc heap;
static struct dcf_signing_key keys[2];
static struct dcf_signer blue, red;

static uint64_t draw(uint64_t n)
{
	return kit_draw(&seed) % n;
}

static struct dcf_message sample(enum dcf_verb verb)
{
	const struct dcf_verb_row *row = dcf_verb_row(verb);
	struct dcf_message m = {
		.from = DCF_SPAN("BLUE"), .to = DCF_SPAN("RED"), .at_us = 1442733000000000, .n = 1, .verb = (uint8_t)verb
	};

	if (row->machine != DCF_MACHINE_LINE) {
		m.object = DCF_SPAN("OIR-CAP-07");
		m.version = 1;
	}
	if (row->needs_role)
		m.role = DCF_SPAN("duty officer");
	m.body = DCF_SPAN("{}");
	return m;
}

/* --- canonical -------------------------------------------------------------------------------------------- */

static void canonical_is_one_form(void)
{
	static const char *const good[] = {
		"{}",
		"[]",
		"0",
		"-1",
		"9007199254740991",
		"-9007199254740991",
		"true",
		"false",
		"null",
		"\"\"",
		"{\"a\":1,\"b\":[1,2,{}]}",
		"{\"\":0,\"a\":0,\"aa\":0}",
		"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\\u000b/\x7f\"",
		"\"\xd0\xa5\xd0\xbc\xd0\xb5\xd0\xb9\"",
		/* U+1F600 is D83D DE00 in UTF-16: before U+E000 and U+FFFD, although its code point is above */
		"{\"\xf0\x9f\x98\x80\":0,\"\xee\x80\x80\":0,\"\xef\xbf\xbd\":0}",
		"{\"\\n\":0,\"\\u000b\":0,\"\\\"\":0,\"a\":0}",
	};
	static const struct {
		const char *text;
		size_t at;
	} bad[] = {
		{ "", 0 },
		{ " {}", 0 },
		{ "{} ", 2 },
		{ "{ }", 1 },
		{ "{}{}", 2 },
		{ "{\"a\" :1}", 4 },
		{ "{\"a\": 1}", 5 },
		{ "{\"a\":1,}", 7 },
		{ "{\"a\":1", 6 },
		{ "[1,]", 3 },
		{ "[1 ,2]", 2 },
		{ "[", 1 },
		{ "01", 0 },
		{ "-0", 1 },
		{ "-", 1 },
		{ "1.0", 1 },
		{ "1e3", 1 },
		{ "+1", 0 },
		{ "9007199254740992", 15 },
		{ "-9007199254740992", 16 },
		{ "tru", 0 },
		{ "nul", 0 },
		{ "NaN", 0 },
		{ "\"", 1 },
		{ "\"\\/\"", 2 },
		{ "\"\\u000a\"", 2 },
		{ "\"\\u0041\"", 2 },
		{ "\"\\u001F\"", 2 },
		{ "\"\\u00", 2 },
		{ "\"\\", 2 },
		{ "\"\n\"", 1 },
		{ "\"\xc0\xaf\"", 1 },
		{ "\"\xed\xa0\x80\"", 1 },
		{ "{\"b\":1,\"a\":2}", 7 },
		{ "{\"a\":1,\"a\":2}", 7 },
		{ "{\"\\n\":1,\"\\n\":2}", 8 },
		{ "{\"\xef\xbf\xbd\":0,\"\xf0\x9f\x98\x80\":0}", 9 },
		{ "{1:2}", 1 },
		{ "{a:1}", 1 },
		{ "'a'", 0 },
		{ "//", 0 },
	};
	const char *expected;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t stops = dcf_canonical_stops(dcf_span_of(good[i]), 8, &expected);

		CHECK_MSG(!expected && stops == strlen(good[i]), "%s: %zu", good[i], stops);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		size_t stops = dcf_canonical_stops(dcf_span_of(bad[i].text), 8, &expected);

		CHECK_MSG(expected && stops == bad[i].at, "%s: %zu %s", bad[i].text, stops, expected ? expected : "taken");
		CHECK(!dcf_canonical_ok(dcf_span_of(bad[i].text), 8));
	}
}

static void depth_is_bounded(void)
{
	char text[200];

	for (unsigned deep = 0; deep <= 60; deep++) {
		memset(text, '[', deep);
		text[deep] = '1';
		memset(text + deep + 1, ']', deep);
		for (unsigned limit = 0; limit <= 40; limit++)
			CHECK(dcf_canonical_ok((struct dcf_span){ text, 2 * deep + 1 }, limit) ==
			      (deep <= limit && deep <= DCF_CANONICAL_DEPTH_MAX));
	}
}

/* --- round trips ------------------------------------------------------------------------------------------ */

static struct dcf_hash random_hash(void)
{
	struct dcf_hash h;

	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = (uint8_t)draw(256);
	return h;
}

static void random_body(struct dcf_buf *b, unsigned depth)
{
	static const char *const words[] = { "true",       "null", "[]", "\"\xd0\xa5\xd0\xbc\\n\"", "[1,[2],{\"x\":-3}]",
					     "\"\\u0001\"" };
	char name = 'a';

	dcf_buf_char(b, '{');
	for (size_t n = draw(4); n-- > 0; name++) {
		if (name != 'a')
			dcf_buf_char(b, ',');
		dcf_buf_char(b, '"');
		dcf_buf_char(b, name);
		dcf_buf_z(b, "\":");
		if (depth > 0 && draw(2))
			random_body(b, depth - 1);
		else if (draw(2))
			dcf_buf_i64(b, (int64_t)draw((uint64_t)1 << 53) - (draw(2) ? ((int64_t)1 << 52) : 0));
		else
			dcf_buf_z(b, words[draw(sizeof words / sizeof *words)]);
	}
	dcf_buf_char(b, '}');
}

static bool same(const struct dcf_message *a, const struct dcf_message *b)
{
	return a->verb == b->verb && a->precedence == b->precedence && a->exercise == b->exercise &&
	       dcf_span_eq(a->from, b->from) && dcf_span_eq(a->to, b->to) && a->n == b->n && dcf_hash_eq(&a->prev, &b->prev) &&
	       a->at_us == b->at_us && dcf_span_eq(a->object, b->object) && a->version == b->version &&
	       dcf_span_eq(a->role, b->role) && dcf_hash_eq(&a->agreement, &b->agreement) &&
	       dcf_span_eq(a->releasable_to, b->releasable_to) && dcf_span_eq(a->body, b->body);
}

static void what_is_written_is_read(void)
{
	static const char *const roles[] = { "", "duty officer",
					     "\xd0\x94\xd0\xb5\xd0\xb6\xd1\x83\xd1\x80\xd0\xbd\xd1\x8b\xd0\xb9", "a\"b\\c" };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };

	printf("# seed %" PRIu64 "\n", seed);
	for (unsigned round = 0; round < 4000; round++) {
		struct dcf_message m = sample((enum dcf_verb)draw(DCF_VERB_COUNT)), back;
		struct dcf_buf body = { .from = &heap }, text = { .from = &heap }, again = { .from = &heap };
		struct dcf_message_error error = { 0, "" };

		random_body(&body, 4);
		m.body = dcf_buf_as_span(&body);
		m.precedence = (uint8_t)(m.verb == DCF_VERB_CEASE ? DCF_FLASH : draw(DCF_PRECEDENCE_COUNT));
		m.exercise = draw(2);
		m.n = 1 + draw(3) * draw(((uint64_t)1 << 53) / 2 - 2);
		if (m.n > 1)
			m.prev = random_hash();
		m.at_us = (int64_t)draw((uint64_t)1 << 53);
		m.version = m.version ? 1 + (uint32_t)draw(UINT32_MAX) : 0;
		if (draw(2))
			m.agreement = random_hash();
		if (!m.role.len || draw(2))
			m.role = dcf_verb_row((enum dcf_verb)m.verb)->needs_role ? m.role : dcf_span_of(roles[draw(4)]);
		if (draw(2))
			m.releasable_to = DCF_SPAN("SYR,IRQ");
		dcf_message_write(&m, &text);
		dcf_arena_rewind(&arena);
		CHECK_MSG(dcf_message_read(dcf_buf_as_span(&text), &doc, &arena, &back, &error) == DCF_OK, "%s: %.*s",
			  error.expected, (int)text.len, text.p);
		CHECK(same(&m, &back));
		dcf_message_write(&back, &again);
		CHECK(dcf_span_eq(dcf_buf_as_span(&text), dcf_buf_as_span(&again)));
		dcf_buf_free(&body);
		dcf_buf_free(&text);
		dcf_buf_free(&again);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* --- a byte that changed ---------------------------------------------------------------------------------- */

static void no_byte_may_change(void)
{
	struct dcf_message m = sample(DCF_VERB_ACKNOWLEDGE), back;
	struct dcf_buf note = { .from = &heap }, again = { .from = &heap };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_span text;
	size_t taken_as_text = 0;

	m.exercise = true;
	m.releasable_to = DCF_SPAN("SYR");
	m.body = DCF_SPAN("{\"a\":[1,true,\"\xd0\xa5\"]}");
	CHECK(dcf_message_sign(&m, &blue, &note) == DCF_OK);
	CHECK(dcf_message_open(dcf_buf_as_span(&note), &blue.who, &doc, &arena, &text, &back, NULL) == DCF_OK &&
	      same(&m, &back));
	CHECK(text.p == note.p && text.len < note.len);
	for (size_t i = 0; i < note.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct dcf_span changed = { note.p, text.len };

			note.p[i] = (char)(note.p[i] ^ 1 << bit);
			dcf_arena_rewind(&arena);
			CHECK_MSG(dcf_message_open(dcf_buf_as_span(&note), &blue.who, &doc, &arena, &text, &back, NULL) !=
					  DCF_OK,
				  "byte %zu, bit %u", i, bit);
			CHECK(!text.p && !back.from.p);
			/* The text alone may still be a message, another one: then it has one form too. */
			if (i < changed.len && dcf_message_read(changed, &doc, &arena, &back, NULL) == DCF_OK) {
				again.len = 0;
				dcf_message_write(&back, &again);
				CHECK(dcf_span_eq(changed, dcf_buf_as_span(&again)) && !same(&m, &back));
				taken_as_text++;
			}
			note.p[i] = (char)(note.p[i] ^ 1 << bit);
			text.len = changed.len;
		}
	CHECK(taken_as_text > 100);
	for (size_t n = 0; n < note.len; n++)
		CHECK(dcf_message_open((struct dcf_span){ note.p, n }, &blue.who, &doc, &arena, &text, &back, NULL) != DCF_OK);
	dcf_buf_free(&note);
	dcf_buf_free(&again);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

static void only_the_sender_signs(void)
{
	struct dcf_message m = sample(DCF_VERB_NOTIFY), back;
	struct dcf_buf note = { .from = &heap }, text = { .from = &heap };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_signer both[2] = { blue, red }, as_blue;
	struct dcf_message_error error;
	struct dcf_span t;

	CHECK(dcf_message_sign(&m, &red, &note) == DCF_E_RANGE && note.len == 0);
	/* by another key, under the sender's name and under its own */
	CHECK(dcf_signer_make(&as_blue, DCF_SPAN("BLUE"), &keys[1]) == DCF_OK);
	CHECK(dcf_message_sign(&m, &as_blue, &note) == DCF_OK);
	CHECK(dcf_message_open(dcf_buf_as_span(&note), &blue.who, &doc, &arena, &t, &back, &error) == DCF_E_REFUSED);
	note.len = 0;
	dcf_message_write(&m, &text);
	CHECK(dcf_note_sign(&note, dcf_buf_as_span(&text), &red, 1) == DCF_OK);
	CHECK(dcf_message_open(dcf_buf_as_span(&note), &blue.who, &doc, &arena, &t, &back, &error) == DCF_E_REFUSED);
	CHECK(dcf_message_open(dcf_buf_as_span(&note), &red.who, &doc, &arena, &t, &back, &error) == DCF_E_REFUSED && !t.p);
	CHECK(dcf_message_reopen(dcf_buf_as_span(&note), &doc, &arena, &t, &back) == DCF_OK && same(&m, &back));
	/* two signatures make a second form of the same message */
	note.len = 0;
	CHECK(dcf_note_sign(&note, dcf_buf_as_span(&text), both, 2) == DCF_OK);
	CHECK(dcf_message_open(dcf_buf_as_span(&note), &blue.who, &doc, &arena, &t, &back, &error) == DCF_E_SYNTAX);
	CHECK(dcf_message_reopen(dcf_buf_as_span(&note), &doc, &arena, &t, &back) == DCF_E_SYNTAX);
	dcf_buf_free(&note);
	dcf_buf_free(&text);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* --- what is refused -------------------------------------------------------------------------------------- */

#define LINE1 "deconflict-message-v1\n"
#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD  LINE1 "{\"agreement\":\"" ZERO "\",\"at\":5,\"body\":{},"
#define REST                                                                                                                   \
	"\"from\":\"BLUE\",\"machine\":\"notification\",\"n\":1,\"object\":\"X\",\"precedence\":\"ROUTINE\",\"prev\":\"" ZERO  \
	"\","
#define TAIL "\"to\":\"RED\",\"verb\":\"notify\",\"version\":1}\n"

static void other_texts_are_refused(void)
{
	static const char *const bad[] = {
		"",
		"deconflict-message-v1",
		LINE1,
		LINE1 "\n",
		LINE1 "{}\n",
		LINE1 "[]\n",
		LINE1 "1\n",
		"deconflict-message-v2\n{}\n",
		HEAD REST "\"to\":\"RED\",\"verb\":\"notify\",\"version\":1}", /* no newline */
		HEAD REST TAIL "\n",
		HEAD REST TAIL "{}\n",
		" " HEAD REST TAIL,
		HEAD "\"exercise\":false," REST TAIL,
		HEAD "\"exercise\":1," REST TAIL,
		HEAD "\"extra\":1," REST TAIL,
		HEAD REST "\"role\":\"\"," TAIL,
		HEAD REST "\"releasable_to\":\"\"," TAIL,
		HEAD REST "\"role\":1," TAIL,
		HEAD REST "\"to\":\"RED\",\"verb\":\"notify\",\"version\":1,\"zz\":0}\n",
		HEAD REST "\"to\":\"RED\",\"verb\":\"notify\"}\n",
		HEAD REST "\"to\":\"RED\",\"verb\":\"notify\",\"version\":0}\n",
		HEAD REST "\"to\":\"RED\",\"verb\":\"notify\",\"version\":4294967296}\n",
		HEAD REST "\"to\":\"RED\",\"verb\":\"approve\",\"version\":1}\n",
		HEAD REST "\"to\":\"RED\",\"verb\":\"cease\",\"version\":1}\n",
		HEAD REST "\"verb\":\"notify\",\"version\":1}\n",
		HEAD REST "\"to\":\"BLUE\",\"verb\":\"notify\",\"version\":1}\n",
		HEAD REST "\"to\":\"R D\",\"verb\":\"notify\",\"version\":1}\n",
		HEAD REST "\"to\":\"\",\"verb\":\"notify\",\"version\":1}\n",
		LINE1 "{\"agreement\":\"0\",\"at\":5,\"body\":{}," REST TAIL,
		LINE1 "{\"agreement\":\"" ZERO "\",\"at\":-1,\"body\":{}," REST TAIL,
		LINE1 "{\"agreement\":\"" ZERO "\",\"at\":5,\"body\":[]," REST TAIL,
		LINE1 "{\"agreement\":\"" ZERO "\",\"at\":5," REST TAIL,
		LINE1 "{\"agreement\":\"" ZERO "\",\"at\":\"5\",\"body\":{}," REST TAIL,
	};
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_message m;
	struct dcf_message_error error;

	CHECK(dcf_message_read(DCF_SPAN(HEAD REST TAIL), &doc, &arena, &m, &error) == DCF_OK);
	CHECK(dcf_message_read(DCF_SPAN(HEAD "\"exercise\":true," REST TAIL), &doc, &arena, &m, &error) == DCF_OK &&
	      m.exercise);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		error = (struct dcf_message_error){ 999999, NULL };
		CHECK_MSG(dcf_message_read(dcf_span_of(bad[i]), &doc, &arena, &m, &error) == DCF_E_SYNTAX, "%s", bad[i]);
		CHECK_MSG(error.expected && error.at <= strlen(bad[i]), "%s: %zu", bad[i], error.at);
		CHECK(!m.from.p && m.n == 0);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* What a change of one value makes of a message: refused as text and not signed. */
static void values_are_in_their_ranges(void)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	static char long_text[2000];

	memset(long_text, 'x', sizeof long_text - 1);
	for (unsigned change = 0; change < 24; change++) {
		struct dcf_message m = sample(change == 17   ? DCF_VERB_SUSPEND
					      : change == 18 ? DCF_VERB_CEASE
							     : DCF_VERB_ACKNOWLEDGE),
				   back;
		struct dcf_buf text = { .from = &heap }, note = { .from = &heap };

		switch (change) {
		case 0:
			break; /* the one that is fine */
		case 1:
			m.n = 0;
			break;
		case 2:
			m.n = 2;
			break; /* without what was before */
		case 3:
			m.prev.b[31] = 1;
			break; /* the first follows nothing */
		case 4:
			m.at_us = -1;
			break;
		case 5:
			m.to = m.from;
			break;
		case 6:
			m.to = (struct dcf_span){ long_text, 65 };
			break;
		case 7:
			m.to = DCF_SPAN("A+B");
			break;
		case 8:
			m.object = (struct dcf_span){ long_text, 65 };
			break;
		case 9:
			m.object = DCF_SPAN("a/b");
			break;
		case 10:
			m.object.len = 0;
			break;
		case 11:
			m.version = 0;
			break;
		case 12:
			m.role.len = 0;
			break;
		case 13:
			m.role = (struct dcf_span){ long_text, 65 };
			break;
		case 14:
			m.role = DCF_SPAN("a\xe2\x80\xae"
					  "b");
			break; /* turns the writing round */
		case 15:
			m.releasable_to = DCF_SPAN("SYR,,IRQ");
			break;
		case 16:
			m.releasable_to = (struct dcf_span){ long_text, 1041 };
			break;
		case 17:
			m.object = DCF_SPAN("X");
			m.version = 1;
			break; /* the line itself has no object */
		case 18:
			m.precedence = DCF_ROUTINE;
			break; /* a cease that can wait */
		case 19:
			m.releasable_to = DCF_SPAN("SYR,");
			break;
		case 20:
			m.from = DCF_SPAN("BL UE");
			break;
		case 21:
			m.at_us = (int64_t)1 << 53;
			break;
		case 22:
			m.body = DCF_SPAN("{\"b\":1,\"a\":2}");
			break;
		case 23:
			m.body = DCF_SPAN("[]");
			break;
		}
		dcf_message_write(&m, &text);
		CHECK_MSG((dcf_message_sign(&m, &blue, &note) == DCF_OK) == (change == 0), "change %u", change);
		CHECK((note.len == 0) == (change != 0));
		CHECK_MSG((dcf_message_read(dcf_buf_as_span(&text), &doc, &arena, &back, NULL) == DCF_OK) == (change == 0),
			  "change %u", change);
		dcf_buf_free(&text);
		dcf_buf_free(&note);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* Bodies of every size around the limits, and of every depth. */
static void sizes_are_bounded(void)
{
	static char body[DCF_MESSAGE_BODY_MAX + 100];
	static const size_t sizes[] = { DCF_MESSAGE_BODY_MAX - 1, DCF_MESSAGE_BODY_MAX, DCF_MESSAGE_BODY_MAX + 1 };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_message m = sample(DCF_VERB_NOTIFY), back;
	struct dcf_message_error error;

	for (size_t i = 0; i < 3; i++) {
		struct dcf_buf text = { .from = &heap }, note = { .from = &heap };
		bool fits = sizes[i] <= DCF_MESSAGE_BODY_MAX;

		memset(body, 'x', sizeof body);
		memcpy(body, "{\"a\":\"", 6);
		memcpy(body + sizes[i] - 2, "\"}", 2);
		m.body = (struct dcf_span){ body, sizes[i] };
		dcf_message_write(&m, &text);
		CHECK(dcf_message_read(dcf_buf_as_span(&text), &doc, &arena, &back, &error) == (fits ? DCF_OK : DCF_E_LIMIT));
		CHECK(dcf_message_sign(&m, &blue, &note) == (fits ? DCF_OK : DCF_E_RANGE));
		dcf_buf_free(&text);
		dcf_buf_free(&note);
	}
	{
		struct dcf_buf text = { .from = &heap };

		dcf_buf_z(&text, LINE1);
		dcf_buf_fill(&text, 'x', DCF_MESSAGE_MAX);
		CHECK(dcf_message_read(dcf_buf_as_span(&text), &doc, &arena, &back, &error) == DCF_E_LIMIT);
		dcf_buf_free(&text);
	}
	for (size_t deep = 1; deep <= DCF_MESSAGE_DEPTH_MAX + 1; deep++) {
		struct dcf_buf text = { .from = &heap };

		memcpy(body, "{\"a\":", 5);
		memset(body + 5, '[', deep - 1);
		memcpy(body + 4 + deep, "1", 1);
		memset(body + 5 + deep, ']', deep - 1);
		body[4 + 2 * deep] = '}';
		m.body = (struct dcf_span){ body, 5 + 2 * deep };
		dcf_message_write(&m, &text);
		CHECK_MSG((dcf_message_read(dcf_buf_as_span(&text), &doc, &arena, &back, &error) == DCF_OK) ==
				  (deep <= DCF_MESSAGE_DEPTH_MAX),
			  "%zu: %s", deep, error.expected);
		dcf_buf_free(&text);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* --- memory ----------------------------------------------------------------------------------------------- */

static void memory_may_run_out(void)
{
	struct dcf_message m = sample(DCF_VERB_ACKNOWLEDGE), back;
	struct dcf_buf note = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_span text;
	bool done = false;

	m.releasable_to = DCF_SPAN("SYR");
	CHECK(dcf_message_sign(&m, &blue, &note) == DCF_OK);
	for (size_t n = 0; !done && n < 50; n++) {
		struct kit_memory memory = { .left = n };
		struct dcf_alloc a = kit_alloc(&memory);
		struct dcf_arena arena = { .from = &a };
		struct dcf_buf out = { .from = &a };
		enum dcf_status s = dcf_message_open(dcf_buf_as_span(&note), &blue.who, &doc, &arena, &text, &back, NULL);

		CHECK(s == (memory.failed ? DCF_E_NOMEM : DCF_OK) && (s == DCF_OK) == (back.from.p != NULL));
		memory.failed = false;
		s = dcf_message_sign(&m, &blue, &out);
		CHECK(s == (memory.failed ? DCF_E_NOMEM : DCF_OK));
		done = s == DCF_OK && n > 5;
		dcf_buf_free(&out);
		dcf_arena_free(&arena);
		CHECK(memory.held == 0);
	}
	CHECK(done);
	dcf_buf_free(&note);
	dcf_jfree(&doc);
}

static void precedences(void)
{
	static const int64_t seconds[] = { 60, 300, 1800, 14400 };
	static const char *const names[] = { "FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE" };

	for (unsigned i = 0; i < DCF_PRECEDENCE_COUNT; i++) {
		CHECK(dcf_precedence_deadline_us((enum dcf_precedence)i) == seconds[i] * 1000000);
		CHECK(strcmp(dcf_precedence_name((enum dcf_precedence)i), names[i]) == 0);
		CHECK(dcf_precedence_named(dcf_span_of(names[i])) == i);
	}
	CHECK(dcf_precedence_named(DCF_SPAN("flash")) == DCF_PRECEDENCE_COUNT && !dcf_precedence_name(DCF_PRECEDENCE_COUNT)[0]);
}

int main(int argc, char **argv)
{
	uint8_t bytes[DCF_SEED_BYTES];

	heap = dcf_alloc_heap();
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	for (size_t i = 0; i < 2; i++) {
		memset(bytes, (int)(i + 1), sizeof bytes);
		dcf_signing_key_from_seed(&keys[i], bytes);
	}
	if (dcf_crypto_init() != DCF_OK || dcf_signer_make(&blue, DCF_SPAN("BLUE"), &keys[0]) != DCF_OK ||
	    dcf_signer_make(&red, DCF_SPAN("RED"), &keys[1]) != DCF_OK)
		return 1;
	return TAP_RUN(TAP(canonical_is_one_form), TAP(depth_is_bounded), TAP(what_is_written_is_read), TAP(no_byte_may_change),
		       TAP(only_the_sender_signs), TAP(other_texts_are_refused), TAP(values_are_in_their_ranges),
		       TAP(sizes_are_bounded), TAP(memory_may_run_out), TAP(precedences));
}
