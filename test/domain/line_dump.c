/* SPDX-License-Identifier: Apache-2.0 */
/* line_dump.c - what the programs of another language compare with.
 *
 *     line_dump machines      every machine: its start, its ends, every state with every event; verbs
 *                             (line_machines.py)
 *     line_dump vectors       the test vectors of doc/protocol-line.md as the sources compute them (line_vectors.py) */
#include "crypto/text.h"
#include "domain/message.h"
#include "domain/notice_object.h"

#include <stdio.h>
#include <stdlib.h>

static struct dcf_alloc heap;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* --- machines --------------------------------------------------------------------------------------------- */

static void dump_verbs(void)
{
	static const char *const who_name[] = { "-", "A", "B", "A/B" };

	for (unsigned v = 0; v < DCF_VERB_COUNT; v++) {
		const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)v);

		printf("verb %s %s %s %s %s\n", dcf_machine_name((enum dcf_machine_kind)row->machine), row->name,
		       who_name[row->who], row->needs_role ? "yes" : "-", row->when_suspended ? "yes" : "-");
	}
}

static void dump_machine(enum dcf_machine_kind kind)
{
	static const char *const who_name[] = { "-", "A", "B", "BOTH", "CLOCK" };
	const struct dcf_machine *m = dcf_machine_of(kind);

	printf("machine %s %s\n", m->name, m->state[m->start]);
	for (uint8_t state = 0; state < m->state_count; state++)
		if (dcf_machine_final(kind, state))
			printf("final %s\n", m->state[state]);
	for (uint8_t state = 0; state < m->state_count; state++)
		for (uint8_t event = 0; event < m->event_count; event++) {
			uint8_t who = 0, to = dcf_machine_next(kind, state, event, &who);

			printf("%s %s %s %s\n", m->state[state], m->event[event],
			       to == DCF_NO_STATE ? "-" : dcf_machine_state_name(kind, to), who_name[who]);
		}
}

/* --- vectors ---------------------------------------------------------------------------------------------- */

static void one_line(const char *name, struct dcf_span text)
{
	printf("%s = ", name);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '\n')
			fputs("\\n", stdout);
		else
			putchar(text.p[i]);
	puts("");
}

static void hash(const char *name, struct dcf_hash h)
{
	char hex[2 * DCF_HASH_BYTES + 1];

	hex[dcf_text_write(DCF_TEXT_HEX, hex, h.b, sizeof h.b)] = '\0';
	printf("%s = %s\n", name, hex);
}

static void make_signer(const char *party, uint8_t first, struct dcf_signing_key *key, struct dcf_signer *signer)
{
	uint8_t seed[DCF_SEED_BYTES];
	char vkey[DCF_VKEY_MAX];

	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)(first + i);
	dcf_signing_key_from_seed(key, seed);
	must(dcf_signer_make(signer, dcf_span_of(party), key) == DCF_OK, "signer");
	(void)dcf_vkey_write(&signer->who, vkey);
	printf("%s vkey = %s\n", party, vkey);
}

/* The circle of the s1 scenario's shape, and one of every other. */
static void make_object(struct dcf_buf *out)
{
	static struct dcf_latlon circle[] = { { 354011000, 359487000 } };
	static struct dcf_latlon line[] = { { 352854000, 401760000 }, { 353361000, 403094000 }, { -100000000, 1800000000 } };
	static struct dcf_latlon ring[] = { { 350000000, 360000000 }, { 350000000, 370000000 }, { 360000000, 370000000 },
					    { 352000000, 364000000 }, { 352000000, 365000000 }, { 353000000, 365000000 } };
	static struct dcf_ring rings[] = { { 0, 3, true }, { 3, 3, false } };
	static struct dcf_waypoint way[] = { { 1442734800000000, { 27432000, DCF_REF_STD, DCF_UNIT_FL, false } },
					     { 1442738400123456, { 45720000, DCF_REF_MSL, DCF_UNIT_FT, false } } };
	const struct dcf_altitude low = { 0, DCF_REF_SFC, DCF_UNIT_FT, false },
				  fl180 = { 54864000, DCF_REF_STD, DCF_UNIT_FL, false };
	const struct dcf_altitude unl = { .ref = DCF_REF_MSL, .unlimited = true };
	struct dcf_feature f[] = {
		{ .shape = DCF_CIRCLE, .point_count = 1, .points = circle, .radius_m = 27780, .lower = low, .upper = fl180 },
		{ .shape = DCF_CORRIDOR,
		  .point_count = 2,
		  .points = line,
		  .radius_m = 1852.0001,
		  .lower = fl180,
		  .upper = unl,
		  .edges = DCF_EDGES_LONLAT },
		{ .shape = DCF_ORBIT, .point_count = 2, .points = line, .radius_m = 0.0005, .lower = low, .upper = fl180 },
		{ .shape = DCF_POLYGON,
		  .point_count = 6,
		  .points = ring,
		  .ring_count = 2,
		  .rings = rings,
		  .lower = low,
		  .upper = unl },
		{ .shape = DCF_TRAJECTORY,
		  .point_count = 2,
		  .points = line,
		  .waypoints = way,
		  .radius_m = 1000,
		  .containment_e4 = 1524000 },
	};
	const struct dcf_feature *list[5];

	for (size_t i = 0; i < 5; i++) {
		f[i].start_us = 1442734800000000;
		f[i].end_us = 1442745600000000;
		list[i] = &f[i];
	}
	must(dcf_notice_object_put(list, 5, out, NULL) == DCF_OK, "object");
}

static void put_message(const char *name, struct dcf_message *m, const struct dcf_signer *signer, struct dcf_hash *prev)
{
	struct dcf_buf text = { .from = &heap }, note = { .from = &heap };
	char label[64];

	m->prev = *prev;
	dcf_message_write(m, &text);
	must(!text.failed && dcf_message_sign(m, signer, &note) == DCF_OK, name);
	snprintf(label, sizeof label, "%s note", name);
	one_line(label, dcf_buf_as_span(&note));
	*prev = dcf_message_hash(dcf_buf_as_span(&text));
	snprintf(label, sizeof label, "%s hash", name);
	hash(label, *prev);
	dcf_buf_free(&text);
	dcf_buf_free(&note);
}

static void dump_messages(const struct dcf_buf *object, const char *words, const struct dcf_signer *blue,
			  const struct dcf_signer *red)
{
	struct dcf_hash blues = { { 0 } }, reds = { { 0 } };
	struct dcf_message m = { .from = DCF_SPAN("BLUE"),
				 .to = DCF_SPAN("RED"),
				 .at_us = 1442733000000000,
				 .n = 1,
				 .object = DCF_SPAN("OIR-CAP-07"),
				 .version = 1,
				 .verb = DCF_VERB_NOTIFY,
				 .precedence = DCF_IMMEDIATE };
	struct dcf_buf body = { .from = &heap };

	m.agreement = dcf_sha256(DCF_SPAN("deconflict-agreement-v1\n{}\n"));
	m.releasable_to = DCF_SPAN("SYR,IRQ");
	dcf_buf_z(&body, "{\"acm\":\"CAP\",\"object\":");
	dcf_buf_span(&body, dcf_buf_as_span(object));
	dcf_buf_z(&body, ",\"operation\":\"OIR-CAP-07\",\"text\":{\"en\":\"Patrol "
			 "\\\"A\\\"\",\"ru\":\"\xd0\x9f\xd0\xb0\xd1\x82\xd1\x80\xd1"
			 "\x83\xd0\xbb\xd1\x8c\"}}");
	m.body = dcf_buf_as_span(&body);
	put_message("notify", &m, blue, &blues);
	m = (struct dcf_message){ .from = DCF_SPAN("BLUE"),
				  .to = DCF_SPAN("RED"),
				  .at_us = 1442733001000000,
				  .n = 2,
				  .exercise = true,
				  .verb = DCF_VERB_CHECK,
				  .precedence = DCF_ROUTINE,
				  .body = DCF_SPAN("{\"head\":\"x\",\"number\":1}") };
	put_message("check", &m, blue, &blues);
	m = (struct dcf_message){ .from = DCF_SPAN("RED"),
				  .to = DCF_SPAN("BLUE"),
				  .at_us = 1442733002000000,
				  .n = 1,
				  .version = 1,
				  .object = DCF_SPAN("OIR-CAP-07"),
				  .verb = DCF_VERB_READ_BACK,
				  .precedence = DCF_IMMEDIATE,
				  .role = DCF_SPAN("duty officer") };
	body.len = 0;
	dcf_buf_z(&body, "{\"words\":\"");
	dcf_buf_z(&body, words);
	dcf_buf_z(&body, "\"}");
	m.body = dcf_buf_as_span(&body);
	put_message("read back", &m, red, &reds);
	m.verb = DCF_VERB_ACKNOWLEDGE;
	m.n = 2;
	m.at_us++;
	m.body = (struct dcf_span){ NULL, 0 };
	put_message("acknowledge", &m, red, &reds);
	dcf_buf_free(&body);
}

static void dump_vectors(void)
{
	struct dcf_signing_key keys[2];
	struct dcf_signer blue, red;
	struct dcf_buf object = { .from = &heap };
	char words[DCF_CHECK_WORDS_MAX];

	make_signer("BLUE", 0, &keys[0], &blue);
	make_signer("RED", 128, &keys[1], &red);
	make_object(&object);
	one_line("object", dcf_buf_as_span(&object));
	dcf_check_words_of(dcf_buf_as_span(&object), words);
	printf("check-words = %s\n", words);
	dump_messages(&object, words, &blue, &red);
	dcf_buf_free(&object);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	if (argc == 2 && strcmp(argv[1], "machines") == 0) {
		for (unsigned kind = 0; kind < DCF_MACHINE_COUNT; kind++)
			dump_machine((enum dcf_machine_kind)kind);
		dump_verbs();
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "vectors") != 0)
		return 2;
	dump_vectors();
	return 0;
}
