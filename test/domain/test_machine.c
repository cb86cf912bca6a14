/* SPDX-License-Identifier: Apache-2.0 */
/* test_machine.c - the machines of the line: total, nothing after an end, nothing approved, and what long random lives of them
 * may never do.  (line_machines.py compares every transition with the definition.)
 *
 *     test_machine [SEED]        the walks of that seed */
#include "domain/message.h"
#include "tap.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t seed = 20150918;

static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static struct dcf_span name_of(const char *z)
{
	return dcf_span_of(z);
}

/* --- tables ----------------------------------------------------------------------------------------------- */

/* Every state with every number that an event could be, and numbers that are no states: an answer, the same that the table has.
 */
static void is_total(void)
{
	for (unsigned kind = 0; kind <= DCF_MACHINE_NAMES + 1; kind++)
		for (unsigned state = 0; state < 256; state++)
			for (unsigned event = 0; event < 256; event++) {
				const struct dcf_machine *m = dcf_machine_of(
					kind < DCF_MACHINE_COUNT ? (enum dcf_machine_kind)kind : DCF_MACHINE_CALL);
				uint8_t who = 77, to = dcf_machine_next((enum dcf_machine_kind)kind, (uint8_t)state,
									(uint8_t)event, &who);
				unsigned rows = 0;

				for (size_t i = 0; i < m->transition_count; i++)
					rows += m->transition[i].from == state && m->transition[i].event == event;
				if (kind >= DCF_MACHINE_COUNT)
					rows = 0;
				CHECK(rows <= 1);
				CHECK_MSG((to == DCF_NO_STATE) == (rows == 0), "%u %u %u", kind, state, event);
				CHECK(to == DCF_NO_STATE ? who == 77
							 : to < m->state_count && who >= DCF_WHO_A && who <= DCF_WHO_CLOCK);
				CHECK(to ==
				      dcf_machine_next((enum dcf_machine_kind)kind, (uint8_t)state, (uint8_t)event, NULL));
			}
}

static void ends_are_ends(void)
{
	for (unsigned kind = 0; kind < DCF_MACHINE_COUNT; kind++) {
		const struct dcf_machine *m = dcf_machine_of((enum dcf_machine_kind)kind);

		CHECK(!dcf_machine_final((enum dcf_machine_kind)kind, m->start));
		CHECK(m->finals != 0 && m->finals >> m->state_count == 0);
		for (uint8_t state = 0; state < m->state_count; state++) {
			unsigned exits = 0;

			for (uint8_t event = 0; event < m->event_count; event++) {
				uint8_t to = dcf_machine_next((enum dcf_machine_kind)kind, state, event, NULL);

				exits += to != DCF_NO_STATE && to != state;
			}
			CHECK_MSG((exits == 0) == dcf_machine_final((enum dcf_machine_kind)kind, state), "%s %s", m->name,
				  m->state[state]);
		}
		CHECK(!dcf_machine_final((enum dcf_machine_kind)kind, m->state_count));
		CHECK(!dcf_machine_final((enum dcf_machine_kind)kind, DCF_NO_STATE));
	}
	CHECK(!dcf_machine_final(DCF_MACHINE_LINE, 0));
}

/* From the start every state can come about, and from every state an end. */
static void all_is_reached(void)
{
	for (unsigned kind = 0; kind < DCF_MACHINE_COUNT; kind++) {
		const struct dcf_machine *m = dcf_machine_of((enum dcf_machine_kind)kind);
		uint32_t from_start = (uint32_t)1 << m->start, to_end = m->finals, all = ((uint32_t)1 << m->state_count) - 1;

		for (unsigned round = 0; round < m->state_count; round++)
			for (size_t i = 0; i < m->transition_count; i++) {
				const struct dcf_transition *t = &m->transition[i];

				if (from_start >> t->from & 1)
					from_start |= (uint32_t)1 << t->to;
				if (to_end >> t->to & 1)
					to_end |= (uint32_t)1 << t->from;
			}
		CHECK_MSG(from_start == all, "%s %x", m->name, (unsigned)from_start);
		CHECK_MSG(to_end == all, "%s %x", m->name, (unsigned)to_end);
	}
}

static bool says(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text; text++) {
		size_t i = 0;

		while (i < n && (text[i] | 0x20) == word[i])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

/* It is notice, never permission: no word of state, event or verb may say otherwise. */
static void nothing_is_approved(void)
{
	static const char *const words[] = { "approv", "permi", "authori", "grant", "clear", "consent" };

	for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
		for (unsigned kind = 0; kind < DCF_MACHINE_COUNT; kind++) {
			const struct dcf_machine *m = dcf_machine_of((enum dcf_machine_kind)kind);

			for (unsigned i = 0; i < m->state_count; i++)
				CHECK_MSG(!says(m->state[i], words[w]), "%s", m->state[i]);
			for (unsigned i = 0; i < m->event_count; i++)
				CHECK_MSG(!says(m->event[i], words[w]), "%s", m->event[i]);
		}
		for (unsigned v = 0; v < DCF_VERB_COUNT; v++)
			CHECK(!says(dcf_verb_row((enum dcf_verb)v)->name, words[w]));
	}
	CHECK(says("UNAPPROVED", "approv"));
}

static void names_go_both_ways(void)
{
	for (unsigned kind = 0; kind < DCF_MACHINE_NAMES; kind++)
		CHECK(dcf_machine_named(name_of(dcf_machine_name((enum dcf_machine_kind)kind))) == kind);
	CHECK(dcf_machine_named(DCF_SPAN("operation")) == DCF_MACHINE_NAMES &&
	      dcf_machine_named(DCF_SPAN("")) == DCF_MACHINE_NAMES);
	CHECK(dcf_machine_name(DCF_MACHINE_NAMES)[0] == '\0');
	for (unsigned kind = 0; kind < DCF_MACHINE_COUNT; kind++) {
		const struct dcf_machine *m = dcf_machine_of((enum dcf_machine_kind)kind);
		enum dcf_machine_kind k = (enum dcf_machine_kind)kind;

		for (uint8_t i = 0; i < m->state_count; i++)
			CHECK(dcf_machine_state_named(k, name_of(dcf_machine_state_name(k, i))) == i);
		for (uint8_t i = 0; i < m->event_count; i++)
			CHECK(dcf_machine_event_named(k, name_of(dcf_machine_event_name(k, i))) == i);
		CHECK(dcf_machine_state_named(k, DCF_SPAN("APPROVED")) == DCF_NO_STATE);
		CHECK(dcf_machine_event_named(k, DCF_SPAN("approve")) == DCF_NO_STATE);
		CHECK(dcf_machine_state_name(k, m->state_count)[0] == '\0' &&
		      dcf_machine_event_name(k, DCF_NO_STATE)[0] == '\0');
	}
	CHECK(dcf_machine_state_named(DCF_MACHINE_LINE, DCF_SPAN("OPEN")) == DCF_NO_STATE);
	CHECK(dcf_machine_state_name(DCF_MACHINE_LINE, 0)[0] == '\0');
}

/* --- verbs ------------------------------------------------------------------------------------------------ */

/* A verb's event is one of its machine, that the verb's sender may do, and never the clock's. */
static void verbs_fit_their_machines(void)
{
	unsigned begins[DCF_MACHINE_NAMES] = { 0 };

	for (unsigned v = 0; v < DCF_VERB_COUNT; v++) {
		const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)v);
		enum dcf_machine_kind kind = (enum dcf_machine_kind)row->machine;
		unsigned rows = 0;

		CHECK(row->name && row->name[0] && kind < DCF_MACHINE_NAMES && row->who >= DCF_WHO_A &&
		      row->who <= DCF_WHO_BOTH);
		CHECK(dcf_verb_named(kind, name_of(row->name)) == v);
		begins[kind] += row->begins;
		if (kind == DCF_MACHINE_LINE) {
			CHECK(row->event == DCF_NO_STATE && !row->begins && row->when_suspended);
			continue;
		}
		for (size_t i = 0; row->event != DCF_NO_STATE && i < dcf_machine_of(kind)->transition_count; i++) {
			const struct dcf_transition *t = &dcf_machine_of(kind)->transition[i];

			if (t->event != row->event)
				continue;
			rows++;
			CHECK_MSG(t->who == row->who, "%s %s", dcf_machine_name(kind), row->name);
		}
		CHECK_MSG((rows > 0) == (row->event != DCF_NO_STATE), "%s", row->name);
		CHECK(!row->begins || (row->who == DCF_WHO_A && (row->event == DCF_NO_STATE || row->event == DCF_NOTE_SEND)));
	}
	for (unsigned kind = 0; kind < DCF_MACHINE_COUNT; kind++)
		CHECK(begins[kind] == 1);
	CHECK(begins[DCF_MACHINE_LINE] == 0);
	CHECK(dcf_verb_named(DCF_MACHINE_CEASE, DCF_SPAN("notify")) == DCF_VERB_COUNT);
}

/* While suspended: cease, incidents and the line itself as always; what is said of notices and questions not, but their
 * receipts. */
static void suspension_leaves_what_it_must(void)
{
	for (unsigned v = 0; v < DCF_VERB_COUNT; v++) {
		const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)v);
		bool always = row->machine == DCF_MACHINE_CEASE || row->machine == DCF_MACHINE_INCIDENT ||
			      row->machine == DCF_MACHINE_LINE;

		CHECK(row->when_suspended == (always || v == DCF_VERB_RECEIPT || v == DCF_VERB_ASK_RECEIPT));
	}
	CHECK(dcf_verb_row(DCF_VERB_ACKNOWLEDGE)->needs_role && dcf_verb_row(DCF_VERB_CEASE)->needs_role);
	CHECK(!dcf_verb_row(DCF_VERB_RECEIPT)->needs_role && !dcf_verb_row(DCF_VERB_DISCLOSE)->needs_role);
}

/* --- lives ------------------------------------------------------------------------------------------------ */

/* What must hold of a notification after `event` brought it from `was` to `is`. */
static void check_notification(uint8_t was, uint8_t event, uint8_t is, bool *read_back)
{
	if (event == DCF_NOTE_READBACK_EQUAL)
		*read_back = true;
	if (event == DCF_NOTE_READBACK_DIFFERS || event == DCF_NOTE_CHALLENGE)
		*read_back = false;
	CHECK(is != DCF_NOTE_ACKNOWLEDGED || *read_back);
	CHECK(is != DCF_NOTE_ACKNOWLEDGED || was == DCF_NOTE_READ_BACK_OK || was == DCF_NOTE_ACKNOWLEDGED);
	CHECK(is != DCF_NOTE_DISSEMINATED || was == DCF_NOTE_ACKNOWLEDGED);
	CHECK(is != DCF_NOTE_CLOSED || was == DCF_NOTE_ACKNOWLEDGED || was == DCF_NOTE_DISSEMINATED);
	CHECK(is != DCF_NOTE_EXPIRED || (was != DCF_NOTE_ACKNOWLEDGED && was != DCF_NOTE_DISSEMINATED));
}

static void lives_hold_their_promises(void)
{
	uint64_t random = seed, moves = 0, ended = 0;

	printf("# seed %" PRIu64 "\n", seed);
	for (unsigned life = 0; life < 20000; life++) {
		enum dcf_machine_kind kind = (enum dcf_machine_kind)(draw(&random) % DCF_MACHINE_COUNT);
		const struct dcf_machine *m = dcf_machine_of(kind);
		uint8_t state = m->start;
		bool read_back = false;

		for (unsigned step = 0; step < 200 && !dcf_machine_final(kind, state); step++) {
			uint8_t event = (uint8_t)(draw(&random) % m->event_count), who = 0;
			uint8_t to = dcf_machine_next(kind, state, event, &who);

			if (to == DCF_NO_STATE)
				continue;
			/* The clock alone acknowledges nothing, answers nothing, stops nothing. */
			CHECK(who != DCF_WHO_CLOCK || to == state || to == DCF_NOTE_CLOSED || to == DCF_NOTE_EXPIRED ||
			      kind == DCF_MACHINE_CLARIFICATION);
			if (kind == DCF_MACHINE_NOTIFICATION)
				check_notification(state, event, to, &read_back);
			state = to;
			moves++;
		}
		ended += dcf_machine_final(kind, state);
	}
	CHECK_MSG(moves > 50000 && ended > 10000, "%" PRIu64 " moves, %" PRIu64 " ends", moves, ended);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return TAP_RUN(TAP(is_total), TAP(ends_are_ends), TAP(all_is_reached), TAP(nothing_is_approved),
		       TAP(names_go_both_ways), TAP(verbs_fit_their_machines), TAP(suspension_leaves_what_it_must),
		       TAP(lives_hold_their_promises));
}
