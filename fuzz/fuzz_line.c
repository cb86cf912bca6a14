/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_line.c - what a peer of the line sends: canonical JSON, messages, signed ones, objects of notices, read-backs,
 * check-words.
 *
 * The first byte says which; the rest is what is read.  Beside not crashing: what is taken has one form only, so writing it
 * again gives the same bytes; what is refused leaves nothing behind and says where, within the bytes; what differs is told. */
#include "domain/canonical.h"
#include "domain/message.h"
#include "domain/notice_object.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct dcf_alloc heap;

/* A copy with the room that the parser wants behind it. */
struct parsed {
	struct dcf_jdoc doc;
	char *copy;
};

static bool parse(struct parsed *p, struct dcf_span text)
{
	const char *why;

	p->doc = (struct dcf_jdoc){ .parser = NULL };
	p->copy = calloc(1, text.len + 64);
	must(p->copy != NULL);
	if (text.len)
		memcpy(p->copy, text.p, text.len);
	return dcf_jparse(&p->doc, p->copy, text.len, &why) == DCF_OK;
}

static void end(struct parsed *p)
{
	dcf_jfree(&p->doc);
	free(p->copy);
}

/* --- canonical JSON --------------------------------------------------------------------------------------- */

static void read_canonical(struct dcf_span bytes)
{
	const char *expected;
	size_t stops = dcf_canonical_stops(bytes, 16, &expected);
	struct dcf_jscratch scratch = { .from = &heap };
	struct dcf_span twice;
	struct parsed p;

	must(stops <= bytes.len && (expected || stops == bytes.len) && dcf_canonical_ok(bytes, 16) == !expected);
	if (expected)
		return;
	/* What is canonical is JSON, without a member twice. */
	must(parse(&p, bytes) && dcf_jduplicate(&p.doc, &scratch, &twice) == DCF_OK);
	dcf_jscratch_free(&scratch);
	end(&p);
}

/* --- messages --------------------------------------------------------------------------------------------- */

static void check_message(enum dcf_status s, const struct dcf_message *m, struct dcf_span text,
			  const struct dcf_message_error *error, struct dcf_span bytes)
{
	struct dcf_buf again = { .from = &heap };

	if (s != DCF_OK) {
		must(error->expected && error->at <= bytes.len && !m->from.p && m->n == 0);
		return;
	}
	must(m->n >= 1 && m->verb < DCF_VERB_COUNT && m->precedence < DCF_PRECEDENCE_COUNT && dcf_canonical_ok(m->body, 16));
	dcf_message_write(m, &again);
	must(!again.failed && dcf_span_eq(dcf_buf_as_span(&again), text));
	dcf_buf_free(&again);
}

static void read_message(struct dcf_span bytes)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_message_error error = { 0, NULL };
	struct dcf_message m;
	enum dcf_status s = dcf_message_read(bytes, &doc, &arena, &m, &error);

	check_message(s, &m, bytes, &error, bytes);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* BLUE of the vectors of doc/protocol-line.md (seed 00 01 02 ...). */
static void open_message(struct dcf_span bytes)
{
	static struct dcf_vkey blue;
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_message_error error = { 0, NULL };
	struct dcf_message m;
	struct dcf_span text;
	enum dcf_status s;

	must(dcf_vkey_read(DCF_SPAN("BLUE+ed1eaaaf+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"), &blue, NULL) == DCF_OK);
	s = dcf_message_open(bytes, &blue, &doc, &arena, &text, &m, &error);
	must((s == DCF_OK) == (text.p != NULL));
	check_message(s, &m, text, &error, bytes);
	must(s != DCF_OK || dcf_span_eq(m.from, DCF_SPAN("BLUE")));
	dcf_arena_rewind(&arena);
	if (dcf_message_reopen(bytes, &doc, &arena, &text, &m) == DCF_OK)
		check_message(DCF_OK, &m, text, &error, bytes);
	else
		must(s != DCF_OK && !text.p);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* --- objects ---------------------------------------------------------------------------------------------- */

static void read_object(struct dcf_span bytes)
{
	const struct dcf_feature *list[DCF_NOTICE_VOLUMES_MAX];
	struct dcf_buf why = { .from = &heap }, again = { .from = &heap };
	struct dcf_plan plan;
	struct parsed p;
	enum dcf_status s;

	if (!dcf_canonical_ok(bytes, 16))
		return;
	must(parse(&p, bytes));
	dcf_plan_init(&plan, &heap);
	s = dcf_notice_object_read(dcf_jroot(&p.doc), &plan, DCF_SPAN("A"), DCF_SPAN("op"), &why);
	must(s == DCF_OK || s == DCF_E_REFUSED);
	if (s == DCF_OK) {
		must(why.len == 0 && plan.feature_count >= 1 && plan.feature_count <= DCF_NOTICE_VOLUMES_MAX);
		for (size_t i = 0; i < plan.feature_count; i++)
			list[i] = &plan.features[i];
		must(dcf_notice_object_put(list, plan.feature_count, &again, NULL) == DCF_OK);
		must(dcf_span_eq(dcf_buf_as_span(&again), bytes));
	} else {
		must(why.len > 0 && why.p[why.len - 1] == '\n' && plan.feature_count == 0 && plan.operation_count == 0);
	}
	dcf_plan_free(&plan);
	dcf_buf_free(&why);
	dcf_buf_free(&again);
	end(&p);
}

/* Two objects, one a line: what was sent and what was read back. */
static void compare_objects(struct dcf_span bytes)
{
	const char *line = bytes.len ? memchr(bytes.p, '\n', bytes.len) : NULL;
	struct dcf_span sent = bytes, heard = { NULL, 0 };
	struct dcf_buf out = { .from = &heap };
	struct parsed a, b;
	double moved, radius;

	if (!line)
		return;
	sent.len = (size_t)(line - bytes.p);
	heard = (struct dcf_span){ line + 1, bytes.len - sent.len - 1 };
	if (!dcf_canonical_ok(sent, 16) || !dcf_canonical_ok(heard, 16))
		return;
	must(parse(&a, sent) && parse(&b, heard));
	must(dcf_notice_object_differ(dcf_jroot(&a.doc), dcf_jroot(&b.doc), &out) == DCF_OK);
	/* Of the same bytes nothing is said; a difference is never silent, but for a member that is null. */
	must(!dcf_span_eq(sent, heard) || out.len == 0);
	for (size_t i = 0; i < out.len; i++)
		must((out.p[i] >= 0x20 && out.p[i] < 0x7f) || out.p[i] == '\n');
	if (dcf_notice_object_moved(dcf_jroot(&a.doc), dcf_jroot(&b.doc), &moved, &radius) == DCF_OK)
		must(moved >= 0 && moved < 2.1e7 && radius >= 0);
	dcf_buf_free(&out);
	end(&a);
	end(&b);
}

static void compare_words(struct dcf_span bytes)
{
	char words[DCF_CHECK_WORDS_MAX];
	size_t digits = 0;

	dcf_check_words_of(bytes, words);
	must(strlen(words) == 15 && dcf_check_words_equal(words, dcf_span_of(words)));
	for (size_t i = 0; i < bytes.len; i++)
		digits += bytes.p[i] >= '0' && bytes.p[i] <= '9';
	must(!dcf_check_words_equal("061 822 542 799", bytes) || digits == 12);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct dcf_span) = { read_canonical, read_message,    open_message,
							    read_object,    compare_objects, compare_words };

	if (size < 1)
		return 0;
	heap = dcf_alloc_heap();
	readers[data[0] % (sizeof readers / sizeof *readers)]((struct dcf_span){ (const char *)data + 1, size - 1 });
	return 0;
}
