/* SPDX-License-Identifier: Apache-2.0 */
/* What free text must not have, found; and what it may have, not found. */
#include "domain/free_text.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { CAP = 16 };

/* The kinds and words that are found, as "kind:words kind:words". */
static const char *found(const char *text)
{
	static char out[2000];
	struct dcf_free_text_hit hit[CAP];
	size_t n = dcf_free_text_scan(dcf_span_of(text), hit, CAP), at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, sizeof out - at, "%s%s:%.*s", i ? " | " : "", dcf_forbidden_name(hit[i].kind),
				       (int)hit[i].len, text + hit[i].at);
	return out;
}

static const struct {
	const char *text, *found;
} rows[] = {
	{ "Strike on TARGET 7", "target:TARGET" },
	{ "two bombs and a Missile", "weapon:bombs | weapon:Missile" },
	{ "squawk 4521, mode 3 off, Mode S on", "code:squawk | code:mode 3 | code:Mode S" },
	{ "tail number 88-0123; Tail 4521", "tail-number:tail number | tail-number:Tail 4521" },
	{ "RF 93611", "tail-number:RF 93611" },
	{ "our source says", "source:our source" },
	{ "Цель у реки", "target:Цель" },
	{ "РАКЕТЫ, борт 24", "weapon:РАКЕТЫ | tail-number:борт 24" },
	{ "هدف", "target:هدف" },
	{ "now 35.2854N 40.1760E ok", "position:35.2854N 40.1760E" },
	{ "at 37SFV0694005327", "position:37SFV0694005327" },
	{ "352404N0355655E.", "position:352404N0355655E" },
	{ "+35.4011+035.9487/", "position:35.4011+035.9487" },
	{ "35 24 04.0N 035 56 55.3E", "position:35 24 04.0N 035 56 55.3E" },
	{ "runway closed", "base:runway closed" },
	/* Not: */
	{ "", "" },
	{ "check-words 123 456 789 012", "" },
	{ "moved by 10 minutes to 18:30Z", "" },
	{ "171255ZSEP16 until 171400ZSEP16", "" },
	{ "BLOCK FL180-FL200, 15000FT MSL", "" },
	{ "see US-B1-01, article 2.1 of the agreement", "" },
	{ "mode of work; a mission; aim high", "" },
	{ "цепь, бортпроводник", "" },
	{ "targe", "" },
	{ "read you five by five, 12 30 2018", "" },
};

static void finds_and_passes_over(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK_MSG(strcmp(found(rows[i].text), rows[i].found) == 0, "'%s': found '%s', expected '%s'", rows[i].text,
			  found(rows[i].text), rows[i].found);
}

/* Any bytes, cut anywhere: nothing is read beyond the end (sanitizers watch), and hits lie within. */
static void takes_any_bytes(void)
{
	static const char seed[] = "TARGET \xd0\xa6\xd0\xb5\xd0\xbb\xd1\x8c 35.2854N 040.1760E mode 3 \xff\xd0 \xe0\x80";
	bool within = true;

	for (size_t from = 0; from < sizeof seed; from++)
		for (size_t to = from; to < sizeof seed; to++) {
			size_t len = to - from;
			char *copy = malloc(len ? len : 1);
			struct dcf_free_text_hit hit[CAP];
			size_t n;

			if (!copy)
				abort();
			memcpy(copy, seed + from, len);
			n = dcf_free_text_scan((struct dcf_span){ copy, len }, hit, CAP);
			for (size_t i = 0; i < n; i++)
				within &= hit[i].at + hit[i].len <= len && hit[i].len > 0 && hit[i].kind < DCF_FORBIDDEN_COUNT;
			free(copy);
		}
	CHECK(within);
}

static void keeps_to_its_limits(void)
{
	static char many[4 * DCF_FREE_TEXT_MAX];
	struct dcf_free_text_hit hit[CAP];

	for (size_t i = 0; i + 7 <= sizeof many; i += 7)
		memcpy(many + i, "target ", 7);
	CHECK(dcf_free_text_scan((struct dcf_span){ many, sizeof many }, hit, CAP) == CAP);
	CHECK(dcf_free_text_scan((struct dcf_span){ many, 70 }, hit, CAP) == 10);
	CHECK(dcf_free_text_scan((struct dcf_span){ NULL, 0 }, hit, CAP) == 0);
	for (unsigned k = 0; k < DCF_FORBIDDEN_COUNT; k++)
		CHECK(*dcf_forbidden_name((enum dcf_forbidden)k) && *dcf_forbidden_say((enum dcf_forbidden)k));
	CHECK(!*dcf_forbidden_name(DCF_FORBIDDEN_COUNT) && !*dcf_forbidden_say(DCF_FORBIDDEN_COUNT));
}

int main(void)
{
	return TAP_RUN(TAP(finds_and_passes_over), TAP(takes_any_bytes), TAP(keeps_to_its_limits));
}
