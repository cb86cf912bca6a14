/* SPDX-License-Identifier: Apache-2.0 */
/* test_message_page.c - a message on one page, as text and HTML, and the coded forms that stand on it.
 *
 *     test_message_page EXPECTED        the text page of the sample, which EXPECTED has (--print writes it) */
#include "base/utf8.h"
#include "crypto/init.h"
#include "domain/message_page.h"
#include "domain/notice_object.h"
#include "format/notation.h"
#include "line_kit.h"
#include "tap.h"

static struct dcf_alloc heap;
static const char *expected_path;

static struct dcf_place places[] = {
	{ .icao = DCF_NAME("OSDZ"), .name = DCF_NAME("Deir ez-Zor"), .at = { 352854000, 401760000 } },
	{ .icao = DCF_NAME("OSLK"), .name = DCF_NAME("Hmeimim"), .at = { 354011000, 359487000 } },
	{ .name = DCF_NAME("Khasham"), .at = { 353361000, 403094000 } },
};
static const struct dcf_plan landmarks = { .places = places, .place_count = 3 };

/* The misread position of 17 September 2016: an area that was said to lie some kilometres from the airfield. */
#define SAMPLE                                                                                                                 \
	"{\"acm\":\"ROZ\",\"object\":{\"volumes\":[{\"edges\":\"geodesic\",\"end\":1474128000000000,\"lower\":{\"e4\":0,"      \
	"\"ref\":\"SFC\"},"                                                                                                    \
	"\"points\":[[352568000,401410000]],\"radius_mm\":1500000,\"shape\":\"circle\",\"start\":1474117200000000,"            \
	"\"upper\":{\"e4\":76200000,\"ref\":\"STD\"}},{\"edges\":\"geodesic\",\"end\":1474128000000000,\"lower\":{\"e4\":"     \
	"45720000,\"ref\":\"MSL\"},"                                                                                           \
	"\"rings\":[[[352000000,400000000],[352000000,401000000],[353000000,401000000]]],\"shape\":\"polygon\",\"start\":"     \
	"1474117200000000,"                                                                                                    \
	"\"upper\":{\"ref\":\"UNL\"}}]},\"operation\":\"OIR-17\",\"text\":{\"en\":\"Strike near \\\"the "                      \
	"airfield\\\"\",\"ru\":\"Удар\"},\"x\":1}"

static struct dcf_message sample_message(void)
{
	return (struct dcf_message){ .from = DCF_SPAN("USA"),
				     .to = DCF_SPAN("RUS"),
				     .role = DCF_SPAN("battle director"),
				     .n = 12,
				     .prev = { { 1 } },
				     .at_us = 1474116900000000,
				     .object = DCF_SPAN("OIR-17"),
				     .version = 1,
				     .verb = DCF_VERB_NOTIFY,
				     .precedence = DCF_IMMEDIATE,
				     .exercise = true,
				     .releasable_to = DCF_SPAN("IRQ,SYR"),
				     .body = DCF_SPAN(SAMPLE) };
}

static struct dcf_message_page sample_page(const struct dcf_message *m)
{
	return (struct dcf_message_page){ .message = m,
					  .hash = { { 0xab, 0xcd } },
					  .places = &landmarks,
					  .zone = { { DCF_SPAN("USA"), 180 }, { DCF_SPAN("RUS"), 210 } },
					  .zone_count = 2,
					  .language = DCF_RUSSIAN,
					  .received_us = 1474116901500000,
					  .metric = true };
}

static bool contains(const struct dcf_buf *b, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= b->len; i++)
		if (memcmp(b->p + i, what, n) == 0)
			return true;
	return false;
}

/* --- the sample ------------------------------------------------------------------------------------------- */

static void the_sample_reads_so(void)
{
	struct dcf_message m = sample_message();
	struct dcf_message_page page = sample_page(&m);
	struct dcf_buf out = { .from = &heap };
	static char expected[16384];
	FILE *f = fopen(expected_path, "rb");
	size_t n = f ? fread(expected, 1, sizeof expected, f) : 0;

	CHECK(f != NULL);
	if (f)
		fclose(f);
	CHECK(dcf_message_page_text(&page, &heap, &out) == DCF_OK);
	CHECK(out.len == n && memcmp(out.p, expected, n) == 0);
	dcf_buf_free(&out);
}

/* What is on the page can be typed again: the same place, to the last digit. */
static void positions_can_be_typed(void)
{
	struct dcf_message m = sample_message();
	struct dcf_message_page page = sample_page(&m);
	struct dcf_buf out = { .from = &heap };
	const char *at;
	struct dcf_position p;

	CHECK(dcf_message_page_text(&page, &heap, &out) == DCF_OK);
	dcf_buf_char(&out, '\0');
	at = strstr(out.p, "to type");
	CHECK(at != NULL);
	if (at) {
		struct dcf_span typed = { at + 9, strcspn(at + 9, "\n") };

		CHECK(dcf_position_parse(typed, NULL, &p, NULL) == DCF_OK && p.notation == DCF_NOTATION_TYPED);
		CHECK(p.at.lat_e7 == 352568000 && p.at.lon_e7 == 401410000);
		/* each digit wrong is noticed */
		for (size_t i = 0; i < typed.len; i++) {
			char copy[64];

			memcpy(copy, typed.p, typed.len);
			if (copy[i] < '0' || copy[i] > '9')
				continue;
			copy[i] = (char)('0' + (copy[i] - '0' + 1) % 10);
			CHECK(dcf_position_parse((struct dcf_span){ copy, typed.len }, NULL, &p, NULL) != DCF_OK);
		}
	}
	dcf_buf_free(&out);
}

/* --- bounds ----------------------------------------------------------------------------------------------- */

/* At most 60 lines of 72 columns; nothing steers the screen but the marks around Arabic. */
static void check_text(const struct dcf_buf *b, const char *what)
{
	size_t lines = 0, columns = 0, widest = 0, open = 0;

	for (size_t i = 0, n; i < b->len; i += n) {
		n = dcf_utf8_length(b->p + i, b->len - i);
		CHECK(n > 0);
		if (n == 0)
			return;
		if (b->p[i] == '\n') {
			lines++;
			widest = columns > widest ? columns : widest;
			columns = 0;
			CHECK(open == 0);
		} else if (n == 3 && memcmp(b->p + i, "\xe2\x81\xa7", 3) == 0) {
			open++;
		} else if (n == 3 && memcmp(b->p + i, "\xe2\x81\xa9", 3) == 0) {
			open--;
		} else {
			CHECK(!dcf_utf8_steers(b->p + i, n));
			columns++;
		}
	}
	CHECK_MSG(lines <= DCF_PAGE_LINES && widest <= DCF_PAGE_COLUMNS && b->p[b->len - 1] == '\n',
		  "%s: %zu lines, %zu columns", what, lines, widest);
	CHECK(contains(b, "Receipt is not agreement."));
}

/* Tags are closed in order, nothing is fetched, nothing runs. */
static void check_html(const struct dcf_buf *b)
{
	char stack[32][16];
	size_t depth = 0;

	for (size_t i = 0; i < b->len; i++) {
		size_t n = 0;
		bool closes;

		if (b->p[i] != '<' || b->p[i + 1] == '!')
			continue;
		closes = b->p[++i] == '/';
		i += closes;
		while (b->p[i + n] >= 'a' && b->p[i + n] <= 'z' && n < 15)
			n++;
		CHECK(n > 0 && depth < 31);
		if (n == 0 || depth >= 31)
			return;
		if (n == 4 && memcmp(b->p + i, "meta", 4) == 0)
			continue;
		if (n == 2 && memcmp(b->p + i, "hr", 2) == 0)
			continue;
		if (!closes) {
			memcpy(stack[depth], b->p + i, n);
			stack[depth++][n] = '\0';
		} else {
			CHECK(depth > 0 && strlen(stack[depth - 1]) == n && memcmp(stack[depth - 1], b->p + i, n) == 0);
			depth -= depth > 0;
		}
	}
	CHECK(depth == 0);
	CHECK(!contains(b, "<script") && !contains(b, "http:") && !contains(b, "https:") && !contains(b, "url(") &&
	      !contains(b, "src="));
	CHECK(contains(b, "Receipt is not agreement.") && contains(b, "size:A4"));
	for (size_t i = 0, n; i < b->len; i += n) {
		n = dcf_utf8_length(b->p + i, b->len - i);
		CHECK(n > 0 && (b->p[i] == '\n' || !dcf_utf8_steers(b->p + i, n)));
		n = n ? n : 1;
	}
}

static void check_both(const struct dcf_message_page *page, const char *what)
{
	struct dcf_buf text = { .from = &heap }, html = { .from = &heap };

	CHECK_MSG(dcf_message_page_text(page, &heap, &text) == DCF_OK, "%s", what);
	CHECK(dcf_message_page_html(page, &heap, &html) == DCF_OK);
	if (text.len && html.len) {
		check_text(&text, what);
		check_html(&html);
		CHECK(page->message->exercise == contains(&text, "EXERCISE EXERCISE EXERCISE"));
		CHECK(page->message->exercise == contains(&html, "EXERCISE EXERCISE EXERCISE"));
		CHECK(contains(&text, "(unreviewed)") == (page->language != DCF_ENGLISH));
		CHECK(contains(&html, "(unreviewed)") == (page->language != DCF_ENGLISH));
		CHECK(contains(&html, "dir=\"rtl\"") == (page->language == DCF_ARABIC));
	}
	dcf_buf_free(&text);
	dcf_buf_free(&html);
}

static void every_message_has_a_page(void)
{
	static const char *const bodies[] = {
		"{}",
		SAMPLE,
		"{\"reason\":\"position\",\"text\":\"a <b> & \\u202e c\\nd\"}",
		"{\"words\":\"012 345 678 901\"}",
		"{\"about\":\"notice\",\"missing\":[\"geometry\",\"band\",\"window\",\"else\"],\"ref\":\"X\"}",
		"{\"answer\":\"NOT_OURS\",\"object\":{}}",
		"{\"items\":[{\"kind\":\"agreed\",\"text\":\"t\"},{\"kind\":\"differed\",\"text\":\"u\"},1,{}],\"text\":\"v\"}",
		"{\"object\":null}",
		"{\"articles\":[\"2.1\",\"3\"],\"from\":1474116900000000}",
		"{\"level\":\"none\",\"pad\":\"....\",\"result\":null}",
		"{\"type\":\"wrong_side\",\"reason\":[1],\"at\":\"x\",\"to\":{\"a\":1}}",
		"{\"object\":{\"volumes\":[{\"x\":1}]}}",
	};

	for (unsigned v = 0; v < DCF_VERB_COUNT; v++)
		for (unsigned language = 0; language < DCF_LANGUAGE_COUNT; language++)
			for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
				struct dcf_message m = sample_message();
				struct dcf_message_page page;
				struct dcf_buf out = { .from = &heap };
				char code[64];

				m.verb = (uint8_t)v;
				m.exercise = i % 2;
				m.body = dcf_span_of(bodies[i]);
				page = sample_page(&m);
				page.language = (enum dcf_language)language;
				page.words = DCF_SPAN("111 222 333 444");
				check_both(&page, bodies[i]);
				/* what it does, in a sentence */
				snprintf(code, sizeof code, "%s %s",
					 dcf_machine_name((enum dcf_machine_kind)dcf_verb_row((enum dcf_verb)v)->machine),
					 dcf_verb_row((enum dcf_verb)v)->name);
				CHECK(dcf_message_page_text(&page, &heap, &out) == DCF_OK);
				CHECK_MSG(
					contains(&out, code) && !contains(&out, "\"notification") &&
						dcf_coded_form(DCF_CODED_VERB, dcf_span_of(code), (enum dcf_language)language),
					"%s", code);
				dcf_buf_free(&out);
			}
}

/* The longest that everything may be. */
static void the_longest_fits(void)
{
	static char party[65], other[65], role[65], many[1100];
	struct dcf_message m = sample_message();
	struct dcf_message_page page;
	struct dcf_buf body = { .from = &heap }, out = { .from = &heap };

	memset(party, 'W', 64);
	memset(other, 'M', 64);
	memset(role, 'm', 64);
	for (size_t i = 0; i < 16; i++) {
		memcpy(many + 65 * i, party, 64);
		many[65 * i + 64] = i < 15 ? ',' : '\0';
	}
	m.from = dcf_span_of(party);
	m.to = dcf_span_of(other);
	m.role = dcf_span_of(role);
	m.object = dcf_span_of(party);
	m.releasable_to = dcf_span_of(many);
	m.n = ((uint64_t)1 << 53) - 1;
	dcf_buf_z(&body, "{\"agenda\":[");
	for (size_t i = 0; i < 100; i++)
		dcf_buf_z(&body, i ? ",\"agenda-item\"" : "\"agenda-item\"");
	dcf_buf_z(&body, "],\"object\":{\"volumes\":[");
	for (size_t i = 0; i < 200; i++)
		dcf_buf_z(
			&body,
			i ? ",{\"edges\":\"geodesic\",\"end\":1474128000000000,\"lower\":{\"e4\":0,\"ref\":\"SFC\"},\"points\":"
			    "[[352568000,401410000]],"
			    "\"radius_mm\":1500001,\"shape\":\"circle\",\"start\":1474117200000001,\"upper\":{\"ref\":\"UNL\"}}"
			  : "{\"edges\":\"geodesic\",\"end\":1474128000000000,\"lower\":{\"e4\":0,\"ref\":\"SFC\"},\"points\":["
			    "[352568000,401410000]],"
			    "\"radius_mm\":1500001,\"shape\":\"circle\",\"start\":1474117200000001,\"upper\":{\"ref\":\"UNL\"}"
			    "}");
	dcf_buf_z(&body, "]},\"text\":\"");
	for (size_t i = 0; i < 5000; i++)
		dcf_buf_z(&body, i % 9 ? "\xd0\xa5" : " ");
	dcf_buf_z(&body, "\"}");
	m.body = dcf_buf_as_span(&body);
	page = sample_page(&m);
	for (unsigned language = 0; language < DCF_LANGUAGE_COUNT; language++) {
		page.language = (enum dcf_language)language;
		check_both(&page, "longest");
	}
	page.language = DCF_ENGLISH;
	CHECK(dcf_message_page_text(&page, &heap, &out) == DCF_OK);
	CHECK(contains(&out, "Volumes that are not on this page: 19") && contains(&out, " ..."));
	dcf_buf_free(&out);
	dcf_buf_free(&body);
}

/* Zones of the parties themselves, where none are asked for; what is no zone is none. */
static void parties_say_their_zones(void)
{
	static const struct {
		const char *from, *to, *want;
	} cases[] = {
		{ "{\"zone\":\"+03:00\"}", "{\"x\":1,\"zone\":\"-04:30\"}", "  local    USA 171555C, RUS 170825-0430\n" },
		{ "{\"zone\":\"Z\"}", "{\"zone\":\"-12:00\"}", "  local    USA 171255Z, RUS 170055Y\n" },
		{ "{\"zone\":\"+12:00\"}", "{\"zone\":\"-01:00\"}", "  local    USA 180055M, RUS 171155N\n" },
		{ "{\"zone\":\"+10:00\"}", "{\"zone\":\"+3\"}", "  local    USA 172255K\n" },
		{ "", "{\"zone\":\"+13:00\"}", "  local    RUS 180155+1300\n" },
		{ "{\"zone\":3}", "{\"zone\":\"+03:61\"}", NULL },
		{ "{\"zone\":\"+15:00\"}", "{\"zon\":\"+03:00\"}", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_party parties[2] = { { .id = DCF_SPAN("USA"), .others = dcf_span_of(cases[i].from) },
						{ .id = DCF_SPAN("RUS"), .others = dcf_span_of(cases[i].to) } };
		const struct dcf_plan plan = { .parties = parties, .party_count = 2 };
		struct dcf_message m = sample_message();
		struct dcf_message_page page = sample_page(&m);
		struct dcf_buf out = { .from = &heap };

		page.zone_count = 0;
		page.places = &plan;
		CHECK(dcf_message_page_text(&page, &heap, &out) == DCF_OK);
		CHECK_MSG(cases[i].want ? contains(&out, cases[i].want) : !contains(&out, "local"), "case %zu: %.*s", i,
			  (int)out.len, out.p);
		dcf_buf_free(&out);
	}
}

static void what_is_no_body_is_refused(void)
{
	struct dcf_message m = sample_message();
	struct dcf_message_page page = sample_page(&m);
	struct dcf_buf out = { .from = &heap };

	m.body = DCF_SPAN("[]");
	CHECK(dcf_message_page_text(&page, &heap, &out) == DCF_E_SYNTAX && out.len == 0);
	m.body = DCF_SPAN("{");
	CHECK(dcf_message_page_html(&page, &heap, &out) == DCF_E_SYNTAX && out.len == 0);
	dcf_buf_free(&out);
}

static void memory_may_run_out(void)
{
	struct dcf_message m = sample_message();
	struct dcf_message_page page = sample_page(&m);
	bool done = false;

	for (size_t n = 0; !done && n < 400; n++) {
		struct kit_memory memory = { .left = n };
		struct dcf_alloc a = kit_alloc(&memory);
		struct dcf_buf out = { .from = &a };
		enum dcf_status s = n % 2 ? dcf_message_page_text(&page, &a, &out) : dcf_message_page_html(&page, &a, &out);

		CHECK_MSG(s == (memory.failed ? DCF_E_NOMEM : DCF_OK), "%zu: %d", n, (int)s);
		done = s == DCF_OK;
		dcf_buf_free(&out);
		CHECK(memory.held == 0);
	}
	CHECK(done);
}

/* --- coded forms ------------------------------------------------------------------------------------------ */

static bool has(enum dcf_coded_group group, const char *code)
{
	bool all = true;

	for (unsigned l = 0; l < DCF_LANGUAGE_COUNT; l++)
		all = all && dcf_coded_form(group, dcf_span_of(code), (enum dcf_language)l);
	return all;
}

static void every_code_has_its_phrase(void)
{
	static const struct {
		enum dcf_coded_group group;
		const char *code[16];
	} must[] = {
		{ DCF_CODED_CHALLENGE, { "conflict", "position", "late", "not_understood", "outside", "no_comment" } },
		{ DCF_CODED_CEASE, { "civilians", "third_party", "own_forces", "wrong_place", "other" } },
		{ DCF_CODED_ABOUT, { "area", "notice", "track", "incident", "other" } },
		{ DCF_CODED_MISSING, { "geometry", "band", "window" } },
		{ DCF_CODED_ANSWER, { "OURS", "NOT_OURS", "NOT_KNOWN", "NO_COMMENT", "SEE_ATTACHED" } },
		{ DCF_CODED_READOUT, { "agreed", "noted", "differed", "to_follow" } },
		{ DCF_CODED_REPORT,
		  { "separation", "dwell", "wrong_side", "no_notice", "late_notice", "unsafe_manoeuvre", "radio_silence",
		    "laser", "jamming", "weapon_release_near", "position_error", "line_failure", "no_acknowledgement" } },
		{ DCF_CODED_STATE, { "UP", "DEGRADED", "DOWN", "OPEN", "SUSPENDED", "CLOSED" } },
		{ DCF_CODED_TIMELINESS, { "ON TIME", "LATE", "NONE" } },
	};

	for (size_t i = 0; i < sizeof must / sizeof *must; i++)
		for (size_t k = 0; k < 16 && must[i].code[k]; k++)
			CHECK_MSG(has(must[i].group, must[i].code[k]), "%s", must[i].code[k]);
	for (unsigned k = 0; k < DCF_MACHINE_COUNT; k++)
		for (uint8_t s = 0; s < dcf_machine_of((enum dcf_machine_kind)k)->state_count; s++)
			CHECK_MSG(has(DCF_CODED_STATE, dcf_machine_state_name((enum dcf_machine_kind)k, s)), "%s",
				  dcf_machine_state_name((enum dcf_machine_kind)k, s));
	for (unsigned p = 0; p < DCF_PRECEDENCE_COUNT; p++)
		CHECK(has(DCF_CODED_PRECEDENCE, dcf_precedence_name((enum dcf_precedence)p)));
	CHECK(!dcf_coded_form(DCF_CODED_STATE, DCF_SPAN("APPROVED"), DCF_ENGLISH) &&
	      !dcf_coded_form(DCF_CODED_STATE, DCF_SPAN("SENT"), DCF_LANGUAGE_COUNT));
}

static bool in_script(const char *text, unsigned low, unsigned high)
{
	size_t len = strlen(text);
	bool any = false;

	for (size_t i = 0, n; i < len; i += n) {
		unsigned c;

		n = dcf_utf8_length(text + i, len - i);
		if (n == 0)
			return false;
		c = n == 2 ? ((unsigned)text[i] & 0x1f) << 6 | ((unsigned)text[i + 1] & 0x3f) : (unsigned char)text[i];
		if (n > 2 || (c >= 0x80 && (c < low || c > high)) || (c < 0x80 && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
			return false;
		any = any || c >= 0x80;
	}
	return any;
}

/* One phrase a code; in its own script; no word of permission. */
static void phrases_are_in_form(void)
{
	static const char *const words[] = { "pprov", "uthori", "granted", "cleared", "consent" };
	struct dcf_coded_row row, other;
	size_t n = 0;

	for (; dcf_coded_at(n, &row); n++) {
		CHECK(row.phrase[DCF_ENGLISH][0] && strlen(row.phrase[DCF_ENGLISH]) <= 72);
		CHECK_MSG(in_script(row.phrase[DCF_RUSSIAN], 0x400, 0x45f), "%s", row.code);
		CHECK_MSG(in_script(row.phrase[DCF_ARABIC], 0x600, 0x6ff), "%s", row.code);
		for (size_t w = 0; w < sizeof words / sizeof *words; w++)
			CHECK_MSG(!strstr(row.phrase[DCF_ENGLISH], words[w]), "%s", row.phrase[DCF_ENGLISH]);
		for (size_t k = 0; k < n; k++)
			CHECK(dcf_coded_at(k, &other) && (other.group != row.group || strcmp(other.code, row.code) != 0));
	}
	CHECK(n > 120 && !dcf_coded_at(n + 1, &row));
}

static void check_put(struct dcf_span code, enum dcf_language language, const char *want)
{
	struct dcf_buf out = { .from = &heap };

	dcf_coded_put(&out, DCF_CODED_ANSWER, code, language, true);
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(want)), "%.*s", (int)out.len, out.p);
	dcf_buf_free(&out);
}

static void phrases_are_marked(void)
{
	check_put(DCF_SPAN("OURS"), DCF_ENGLISH, "It is ours.");
	check_put(DCF_SPAN("OURS"), DCF_RUSSIAN, "Это наше. (unreviewed)");
	check_put(DCF_SPAN("OURS"), DCF_ARABIC,
		  "\xe2\x81\xa7"
		  "إنه لنا."
		  "\xe2\x81\xa9 (unreviewed)");
	check_put(DCF_SPAN("a\"b\xe2\x80\xae\xff"), DCF_ENGLISH, "\"a?b??\"");
	check_put(DCF_SPAN("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyy"), DCF_RUSSIAN,
		  "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
	CHECK(dcf_language_of(DCF_SPAN("ru")) == DCF_RUSSIAN && dcf_language_of(DCF_SPAN("de")) == DCF_LANGUAGE_COUNT);
	CHECK(strcmp(dcf_language_code(DCF_ARABIC), "ar") == 0 && !dcf_coded_unreviewed(DCF_ENGLISH) &&
	      dcf_coded_unreviewed(DCF_ARABIC));
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	if (argc != 2 || dcf_crypto_init() != DCF_OK)
		return 2;
	expected_path = argv[1];
	if (strcmp(argv[1], "--print") == 0 || strcmp(argv[1], "--html") == 0) {
		struct dcf_message m = sample_message();
		struct dcf_message_page page = sample_page(&m);
		struct dcf_buf out = { .from = &heap };

		if ((argv[1][2] == 'p' ? dcf_message_page_text(&page, &heap, &out)
				       : dcf_message_page_html(&page, &heap, &out)) == DCF_OK)
			fwrite(out.p, 1, out.len, stdout);
		dcf_buf_free(&out);
		return 0;
	}
	return TAP_RUN(TAP(the_sample_reads_so), TAP(positions_can_be_typed), TAP(every_message_has_a_page),
		       TAP(the_longest_fits), TAP(parties_say_their_zones), TAP(what_is_no_body_is_refused),
		       TAP(memory_may_run_out), TAP(every_code_has_its_phrase), TAP(phrases_are_in_form),
		       TAP(phrases_are_marked));
}
