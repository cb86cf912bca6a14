/* SPDX-License-Identifier: Apache-2.0 */
/* What a node does by itself for its line: two sides without a network, a clock turned by hand, and a look at every byte that
 * went from one to the other. */
#include "line_pair.h"
#include "node/line_file.h"

#define AGREEMENT(disclosure)                                                                                                  \
	"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"atmosphere\":{\"qnh_hpa\":1013.25,\"terrain_ft\":[0,700]},"        \
	"\"agreement\":{\"id\":\"test\",\"separation\":[{\"lateral\":{\"value\":5,\"unit\":\"NM\"},"                           \
	"\"vertical\":{\"value\":1000,\"unit\":\"ft\"}}],\"notice_min\":60,"                                                   \
	"\"escalation\":[\"duty officer\",\"battle director\",\"deputy director\"],\"line_check_every_h\":1," disclosure       \
	"},\"features\":[]}"
#define NONE   AGREEMENT("\"note\":\"n\"")
#define EXISTS AGREEMENT("\"disclosure\":\"exists\"")
#define STEP   AGREEMENT("\"disclosure\":{\"step\":{\"value\":2,\"unit\":\"NM\"}}")

#define CIRCLE(party, id, lat, lon, radius, from, to)                                                                              \
	"{\"type\":\"Feature\",\"id\":\"" id "\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[" lon "," lat "]},"             \
	"\"properties\":{\"party\":\"" party "\",\"shape\":\"circle\",\"radius\":{\"value\":" radius ",\"unit\":\"m\"},"           \
	"\"lower\":{\"value\":10000,\"unit\":\"ft\",\"ref\":\"MSL\"},\"upper\":{\"value\":20000,\"unit\":\"ft\",\"ref\":\"MSL\"}," \
	"\"start\":\"2016-09-17T" from "Z\",\"end\":\"2016-09-17T" to "Z\",\"kind\":\"CANARYKIND\"}}\n"

/* A notice of BLUE, and two hidden things at RED's node: one in its way, one of a party that BLUE has never heard of. */
#define NOTICE CIRCLE("BLUE", "N17", "35.2568", "40.1410", "1500", "12:30:00", "14:30:00")
#define AWAY   CIRCLE("BLUE", "N18", "31.2568", "40.1410", "1500", "12:30:00", "14:30:00")
#define HIDDEN CIRCLE("RED", "ZEBRA-HIDDEN", "35.2468135", "40.1527394", "13579.246", "12:34:56.789123", "13:43:21.987654")
#define UMBRA  CIRCLE("UMBRA", "UMBRA-OWN", "35.2468135", "40.1527394", "13579.246", "12:34:56.789123", "13:43:21.987654")

static bool has(const struct dcf_buf *bytes, const char *what)
{
	return bytes->len && memmem(bytes->p, bytes->len, what, strlen(what)) != NULL;
}

static unsigned said(const struct side *s, uint8_t verb)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->notes; i++)
		n += s->note[i].verb == verb;
	return n;
}

/* The text of the k-th note of that verb, from 0. */
static struct dcf_span text_of(const struct side *s, uint8_t verb, unsigned k)
{
	for (size_t i = 0; i < s->notes; i++)
		if (s->note[i].verb == verb && k-- == 0)
			return (struct dcf_span){ s->wire.p + s->note[i].from, s->note[i].to - s->note[i].from };
	return (struct dcf_span){ NULL, 0 };
}

static bool text_has(struct dcf_span text, const char *what)
{
	return text.len && memmem(text.p, text.len, what, strlen(what)) != NULL;
}

static void notify(struct pair *p, const char *feature, const char *id, enum dcf_precedence precedence)
{
	char *body = notice_body(&p->a, feature, "ROZ");
	enum dcf_line_objection o = side_say(&p->a, DCF_VERB_NOTIFY, precedence, id, body, NULL);

	CHECK_MSG(o == DCF_LINE_FINE, "objection %d", (int)o);
	free(body);
}

static enum dcf_op_state state_of(struct side *s, const char *party, const char *id, uint32_t *version)
{
	struct dcf_view view;
	const struct dcf_op *op;
	enum dcf_op_state state = DCF_OP_STATE_COUNT;
	uint32_t index;

	CHECK(dcf_state_enter(s->state, &view) == DCF_OK);
	index = dcf_plan_find_party(&view.frame->plan, dcf_span_of(party));
	op = index == DCF_NONE ? NULL : dcf_view_find(&view, index, dcf_span_of(id));
	if (op) {
		state = (enum dcf_op_state)atomic_load(&op->state);
		if (version)
			*version = op->version;
		CHECK(dcf_op_may_know(op, dcf_plan_find_party(&view.frame->plan, dcf_span_of(s->party))));
	}
	dcf_state_leave(&view);
	return state;
}

/* --- at once, and on the tick -------------------------------------------------------------------------- */

static void takes_a_notice(void)
{
	struct pair p;
	struct dcf_line_object o;
	int64_t at;

	pair_begin(&p, NONE);
	turn(&p, 300000);
	at = now(&p);
	notify(&p, NOTICE, "N17", DCF_PRIORITY);
	settle(&p);
	/* Within the same instant: delivered, and known to CHECK; the reply not yet. */
	o = object_of(&p.a, "N17");
	CHECK(o.state == DCF_NOTE_RECEIVED && o.timeliness == DCF_ON_TIME);
	o = object_of(&p.b, "N17");
	CHECK(o.state == DCF_NOTE_RECEIVED && o.duty == DCF_DUTY_DISCLOSE && o.notice_us == object_of(&p.a, "N17").notice_us);
	CHECK(state_of(&p.b, "BLUE", "N17", NULL) == DCF_OP_DECLARED);
	CHECK(said(&p.b, DCF_VERB_RECEIPT) == 1 && said(&p.b, DCF_VERB_DISCLOSE) == 0);
	CHECK(dcf_line_agent_next_us(atomic_load(&p.b.agent)) == BEGIN + 2 * SECOND);
	turn(&p, 3 * SECOND);
	CHECK(said(&p.b, DCF_VERB_DISCLOSE) == 1 && object_of(&p.b, "N17").duty == 0);
	CHECK(p.b.note[p.b.notes - 1].at_us == BEGIN + 2 * SECOND && at == BEGIN + 300000);
	CHECK(object_of(&p.a, "N17").state == DCF_NOTE_RECEIVED);
	/* Nothing is said twice. */
	turn(&p, 10 * SECOND);
	CHECK(p.b.notes == 2 && p.a.notes == 1);
	pair_end(&p);
}

static void hit(struct side *s, unsigned want)
{
	struct dcf_view view;
	struct dcf_line_meeting met = { 0 };
	struct dcf_buf names = { .from = &s->heap };
	const struct dcf_op *op;

	CHECK(dcf_state_enter(s->state, &view) == DCF_OK);
	op = dcf_view_find(&view, dcf_plan_find_party(&view.frame->plan, dcf_span_of(s->other)), DCF_SPAN("N17"));
	CHECK(op && dcf_line_meet(&view, op, dcf_span_of(s->party), &s->heap, &met) == DCF_OK);
	CHECK_MSG(met.conflicts == want, "%u", met.conflicts);
	CHECK(op && dcf_line_meet_names(&view, op, dcf_span_of(s->party), &s->heap, &names) == DCF_OK);
	CHECK(want ? dcf_span_eq(dcf_buf_as_span(&names), DCF_SPAN("ZEBRA-HIDDEN")) : names.len == 0);
	dcf_buf_free(&names);
	dcf_state_leave(&view);
}

/* A notice stands among the peer's operations: what is declared later meets it; versions replace, withdrawal ends it. */
static void knows_the_peers_operation(void)
{
	struct pair p;
	uint32_t version = 0;

	pair_begin(&p, NONE);
	notify(&p, NOTICE, "N17", DCF_ROUTINE);
	settle(&p);
	hit(&p.b, 0);
	side_declare(&p.b, HIDDEN);
	hit(&p.b, 1);
	/* Somebody at RED's writes down an operation of that name before the node gets to it: the notice's takes its place. */
	side_sleep(&p.b);
	notify(&p, AWAY, "N17", DCF_ROUTINE);
	settle(&p);
	side_declare(&p.b, NOTICE);
	hit(&p.b, 1);
	side_wake(&p.b);
	turn(&p, 5 * SECOND);
	CHECK(object_of(&p.b, "N17").version == 2 && object_of(&p.b, "N17").moved);
	CHECK(state_of(&p.b, "BLUE", "N17", &version) == DCF_OP_DECLARED && version == 3);
	hit(&p.b, 0);
	CHECK(side_say(&p.a, DCF_VERB_WITHDRAW, DCF_ROUTINE, "N17", NULL, NULL) == DCF_LINE_FINE);
	settle(&p);
	CHECK(object_of(&p.b, "N17").state == DCF_NOTE_WITHDRAWN && object_of(&p.b, "N17").duty == 0);
	CHECK(state_of(&p.b, "BLUE", "N17", NULL) == DCF_OP_CANCELLED);
	pair_end(&p);
}

static void asks_what_is_missing(void)
{
	/* clang-format off */
	static const struct {
		const char *id, *body, *missing;
	} row[] = {
		{ "X1", "{\"object\":{\"volumes\":[]},\"text\":{\"en\":\"north of Syria\"}}", "[\"geometry\",\"band\",\"window\"]" },
		{ "X2", "{\"object\":{\"volumes\":[{\"start\":1474115400000000}]}}", "[\"geometry\",\"band\",\"window\"]" },
		{ "X3", "{\"object\":{\"volumes\":[{\"end\":1474122600000000,\"lower\":{\"e4\":0,\"ref\":\"SFC\"},\"start\":1474115400000000,"
			"\"upper\":{\"ref\":\"UNL\"}}]}}", "\"missing\":[\"geometry\"]" },
		{ "X4", "{\"object\":{\"volumes\":[{\"edges\":\"geodesic\",\"points\":[[352568000,401410000]],\"radius_mm\":1500000,"
			"\"shape\":\"circle\"}]}}", "\"missing\":[\"band\",\"window\"]" },
		/* All is there, and it cannot be. */
		{ "X5", "{\"object\":{\"volumes\":[{\"edges\":\"geodesic\",\"end\":1474115400000000,\"lower\":{\"e4\":0,\"ref\":\"SFC\"},"
			"\"points\":[[352568000,401410000]],\"radius_mm\":1500000,\"shape\":\"circle\",\"start\":1474122600000000,"
			"\"upper\":{\"ref\":\"UNL\"}}]}}", "\"text\":\"volume 1, window: start not before end\"" },
	};
	/* clang-format on */
	struct pair p;

	pair_begin(&p, EXISTS);
	for (unsigned i = 0; i < sizeof row / sizeof *row; i++) {
		char ask[16];
		struct dcf_line_object o;

		snprintf(ask, sizeof ask, "%s.ask1", row[i].id);
		CHECK(side_say(&p.a, DCF_VERB_NOTIFY, DCF_IMMEDIATE, row[i].id, row[i].body, NULL) == DCF_LINE_FINE);
		settle(&p);
		CHECK(object_of(&p.b, row[i].id).state == DCF_NOTE_RECEIVED && object_of(&p.b, row[i].id).duty == 0);
		/* The question is at the sender's, in the same second, and its clock runs there. */
		o = object_of(&p.a, ask);
		CHECK_MSG(o.state == DCF_ASK_OPEN && !o.ours && strcmp(o.ref, row[i].id) == 0 && o.begun_us == now(&p), "%s",
			  ask);
		CHECK(o.deadline_us == now(&p) + 5 * MINUTE && o.precedence == DCF_IMMEDIATE);
		CHECK_MSG(text_has(text_of(&p.b, DCF_VERB_ASK, i), row[i].missing), "%.*s",
			  (int)text_of(&p.b, DCF_VERB_ASK, i).len, text_of(&p.b, DCF_VERB_ASK, i).p);
		CHECK(state_of(&p.b, "BLUE", row[i].id, NULL) == DCF_OP_STATE_COUNT);
	}
	/* Whoever takes the name of the question beforehand is asked under another. */
	CHECK(side_say(&p.a, DCF_VERB_ASK, DCF_ROUTINE, "Y1.ask1", "{\"about\":\"other\"}", NULL) == DCF_LINE_FINE);
	CHECK(side_say(&p.a, DCF_VERB_NOTIFY, DCF_ROUTINE, "Y1", row[0].body, NULL) == DCF_LINE_FINE);
	settle(&p);
	CHECK(said(&p.b, DCF_VERB_ASK) == 6 && text_has(text_of(&p.b, DCF_VERB_ASK, 5), "\"ref\":\"Y1\""));
	CHECK(object_of(&p.b, "Y1").duty == 0);
	turn(&p, 5 * SECOND);
	CHECK(said(&p.b, DCF_VERB_DISCLOSE) == 0);
	pair_end(&p);
}

/* By the clock of the machine, with nobody to poke it. */
static void goes_by_the_real_clock(void)
{
	struct pair p;
	struct dcf_line_object o;
	uint64_t position;

	pair_begin_by(&p, NULL, NONE);
	notify(&p,
	       "{\"type\":\"Feature\",\"id\":\"N17\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[40.1,35.2]},"
	       "\"properties\":{\"party\":\"BLUE\",\"shape\":\"circle\",\"radius\":{\"value\":1500,\"unit\":\"m\"},"
	       "\"lower\":{\"value\":0,\"unit\":\"ft\",\"ref\":\"SFC\"},\"upper\":{\"value\":9000,\"unit\":\"ft\",\"ref\":\"MSL\"},"
	       "\"start\":\"2099-09-17T12:30:00Z\",\"end\":\"2099-09-17T14:30:00Z\"}}\n",
	       "N17", DCF_ROUTINE);
	for (int ms = 0; ms < PATIENCE_MS && said(&p.b, DCF_VERB_DISCLOSE) == 0; ms++) {
		(void)pump(&p, &p.a, &p.b);
		(void)pump(&p, &p.b, &p.a);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	o = object_of(&p.b, "N17");
	CHECK(said(&p.b, DCF_VERB_RECEIPT) == 1 && said(&p.b, DCF_VERB_DISCLOSE) == 1 && o.duty == 0);
	/* Not before its tick, however fast the machine; how late a machine is says nothing. */
	CHECK(o.last_us >= (o.begun_us + SECOND - 1) / SECOND * SECOND + SECOND);
	CHECK(dcf_line_message_at(p.b.line, 0, false, 2, &position) && !dcf_line_message_at(p.b.line, 0, false, 3, &position));
	pair_end(&p);
}

/* --- nothing undisclosed leaves ------------------------------------------------------------------------ */

struct world {
	struct dcf_buf wire;
	struct {
		int64_t at_us;
		size_t from, to;
		uint8_t verb;
	} note[64];
	size_t notes;
};

/* One morning at RED's: the same notices, with or without something of its own in their way.  Everything that it said to BLUE.
 */
enum { OWN = 1, STRANGERS = 2 };

static void live_through(struct world *w, const char *airspace, unsigned hidden, uint32_t per_h)
{
	struct pair p;
	struct dcf_node_error err;
	uint64_t next = 0;

	pair_begin(&p, airspace);
	side_sleep(&p.b);
	p.b.disclose_per_h = per_h;
	side_wake(&p.b);
	side_put(&p.b, DCF_ENTRY_PARTY, "UMBRA", "{\"id\":\"UMBRA\",\"name\":\"UMBRA\"}");
	if (hidden & OWN)
		side_declare(&p.b, HIDDEN);
	if (hidden & STRANGERS)
		side_declare(&p.b, UMBRA);
	turn(&p, 123456);
	notify(&p, NOTICE, "N17", DCF_PRIORITY);
	turn(&p, 7 * SECOND + 1);
	/* One thing after the other: what is said at once on two accounts has no order of its own. */
	notify(&p, AWAY, "N18", DCF_FLASH);
	settle(&p);
	notify(&p, NOTICE, "N19", DCF_ROUTINE);
	turn(&p, 500000);
	CHECK(side_say(&p.a, DCF_VERB_NOTIFY, DCF_ROUTINE, "N20", "{\"object\":{\"volumes\":[]}}", NULL) == DCF_LINE_FINE);
	settle(&p);
	CHECK(side_say(&p.a, DCF_VERB_CEASE, DCF_FLASH, "C1", "{\"reason\":\"third_party\",\"ref\":\"N17\"}", "duty officer") ==
	      DCF_LINE_FINE);
	turn(&p, 20 * MINUTE);
	*w = (struct world){ .wire = p.b.wire, .notes = p.b.notes };
	CHECK(p.b.notes < 64);
	for (size_t i = 0; i < p.b.notes && i < 64; i++) {
		w->note[i].at_us = p.b.note[i].at_us;
		w->note[i].from = p.b.note[i].from;
		w->note[i].to = p.b.note[i].to;
		w->note[i].verb = p.b.note[i].verb;
	}
	p.b.wire = (struct dcf_buf){ 0 };
	/* Past the hour: line checks with the record's head. */
	p.b.wire.from = &p.b.heap;
	turn(&p, 2 * HOUR);
	CHECK(said(&p.b, DCF_VERB_CHECK) == 2);
	dcf_buf_span(&w->wire, dcf_buf_as_span(&p.b.wire));
	/* The same as a file for an air gap. */
	CHECK(dcf_line_file_write(p.b.state, p.b.store, &p.b.heap, 0, 1, &w->wire, &next, &err) == DCF_OK &&
	      next == p.b.notes + 1);
	pair_end(&p);
}

static const char *const canary[] = { "ZEBRA",         "HIDDEN",   "UMBRA",    "CANARY",    "2468135",
				      "401527394",     "1527394",  "13579246", "13579.246", "1474115696789",
				      "1474119801987", "12:34:56", "13:43:21" };

static void no_canary(const struct world *w)
{
	struct dcf_buf lower = { .from = w->wire.from };

	for (size_t i = 0; i < sizeof canary / sizeof *canary; i++)
		CHECK_MSG(!has(&w->wire, canary[i]), "%s", canary[i]);
	dcf_buf_free(&lower);
}

static struct dcf_span note_of(const struct world *w, size_t i)
{
	return (struct dcf_span){ w->wire.p + w->note[i].from, w->note[i].to - w->note[i].from };
}

/* Times and sizes tell nothing; at level none no byte does. */
static void same_worlds(const struct world *with, const struct world *without, bool to_the_byte)
{
	CHECK_MSG(with->notes == without->notes, "%zu and %zu", with->notes, without->notes);
	for (size_t i = 0; i < with->notes && i < without->notes; i++) {
		struct dcf_span a = note_of(with, i), b = note_of(without, i);

		CHECK(with->note[i].at_us == without->note[i].at_us && with->note[i].verb == without->note[i].verb);
		CHECK_MSG(a.len == b.len, "%.*s\n%.*s", (int)a.len, a.p, (int)b.len, b.p);
		if (to_the_byte)
			CHECK_MSG(dcf_span_eq(a, b), "%.*s\n%.*s", (int)a.len, a.p, (int)b.len, b.p);
	}
}

static unsigned count_in(const struct world *w, const char *what)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->notes; i++)
		n += text_has(note_of(w, i), what);
	return n;
}

static void tells_nothing(void)
{
	struct world with, without;

	live_through(&with, NONE, OWN | STRANGERS, 100);
	live_through(&without, NONE, 0, 100);
	no_canary(&with);
	same_worlds(&with, &without, true);
	/* Receipts of four, replies for three, a question, a receipt of the cease. */
	CHECK(with.notes == 9 && count_in(&with, "\"level\":\"none\"") == 3);
	/* The canaries would be found: they are in the notices' own terms. */
	CHECK(has(&with.wire, "N17.") == false && has(&with.wire, "\"N17\""));
	dcf_buf_free(&with.wire);
	dcf_buf_free(&without.wire);
}

static void tells_what_is_agreed(void)
{
	struct world with, without;

	live_through(&with, EXISTS, OWN | STRANGERS, 100);
	live_through(&without, EXISTS, 0, 100);
	no_canary(&with);
	same_worlds(&with, &without, false);
	CHECK(count_in(&with, "\"result\":true") == 2 && count_in(&with, "\"result\":false") == 1);
	CHECK(count_in(&without, "\"result\":false") == 3);
	dcf_buf_free(&with.wire);
	dcf_buf_free(&without.wire);

	/* What is another party's is not ours to tell of, not even that it is. */
	live_through(&with, EXISTS, STRANGERS, 100);
	live_through(&without, EXISTS, 0, 100);
	same_worlds(&with, &without, true);
	dcf_buf_free(&with.wire);
	dcf_buf_free(&without.wire);

	/* From within two circles that overlap to 5 NM apart it is 23.2 km to one side at least: seven steps of 2 NM. */
	live_through(&with, STEP, OWN | STRANGERS, 100);
	live_through(&without, STEP, 0, 100);
	no_canary(&with);
	same_worlds(&with, &without, false);
	CHECK(count_in(&with, "\"result\":25928000") == 2 && count_in(&with, "\"result\":0") == 1);
	CHECK(count_in(&without, "\"result\":0") == 3);
	dcf_buf_free(&with.wire);
	dcf_buf_free(&without.wire);

	/* Under quota: the second and third answer of the hour have no content, and nothing else about them is different. */
	live_through(&with, EXISTS, OWN, 1);
	live_through(&without, EXISTS, 0, 1);
	same_worlds(&with, &without, false);
	CHECK(count_in(&with, "\"result\":true") == 1 && count_in(&with, "\"level\":\"none\"") == 2);
	CHECK(count_in(&without, "\"result\":false") == 1 && count_in(&without, "\"level\":\"none\"") == 2);
	dcf_buf_free(&with.wire);
	dcf_buf_free(&without.wire);
}

static void replies_have_one_size(void)
{
	static const struct dcf_line_meeting met[] = {
		{ 0, 0 }, { 1, 0 }, { 1, 1000 }, { 7, 9260000 }, { 4000000000u, 200000000 }
	};
	struct dcf_alloc heap = dcf_alloc_heap();

	for (unsigned level = DCF_DISCLOSE_NOTHING; level <= DCF_DISCLOSE_STEP; level++)
		for (size_t m = 0; m < sizeof met / sizeof *met; m++) {
			struct dcf_buf out = { .from = &heap };

			dcf_line_disclosure_put((enum dcf_disclosure)level, &met[m], &out);
			CHECK_MSG(out.len == DCF_DISCLOSURE_BYTES, "%.*s", (int)out.len, out.p);
			CHECK(dcf_canonical_ok(dcf_buf_as_span(&out), 2));
			if (level == DCF_DISCLOSE_STEP)
				CHECK((met[m].conflicts == 0) == has(&out, "\"result\":0}"));
			dcf_buf_free(&out);
		}
}

/* --- suspended ------------------------------------------------------------------------------------------ */

static void is_suspended(void)
{
	struct pair p;

	pair_begin(&p, EXISTS);
	CHECK(side_say(&p.b, DCF_VERB_SUSPEND, DCF_IMMEDIATE, "", "{\"articles\":[],\"from\":1474110000000000}", "commander") ==
	      DCF_LINE_FINE);
	settle(&p);
	notify(&p, NOTICE, "N17", DCF_PRIORITY);
	notify(&p, AWAY, "N18", DCF_FLASH);
	turn(&p, 5 * SECOND);
	CHECK(object_of(&p.a, "N17").state == DCF_NOTE_REFUSED && object_of(&p.b, "N17").state == DCF_NOTE_REFUSED);
	CHECK(object_of(&p.a, "N18").state == DCF_NOTE_RECEIVED && object_of(&p.b, "N18").state == DCF_NOTE_RECEIVED);
	/* The notice counts, and what was said is known to CHECK all the same. */
	CHECK(object_of(&p.a, "N17").timeliness == DCF_ON_TIME && state_of(&p.b, "BLUE", "N17", NULL) == DCF_OP_DECLARED);
	/* The replies have their size, and nothing in them. */
	CHECK(said(&p.b, DCF_VERB_DISCLOSE) == 2 && !has(&p.b.wire, "\"level\":\"exists\""));
	CHECK(side_say(&p.b, DCF_VERB_RESUME_LINE, DCF_IMMEDIATE, "", "{\"from\":1474110000000000}", "commander") ==
	      DCF_LINE_FINE);
	settle(&p);
	CHECK(side_say(&p.a, DCF_VERB_RESEND, DCF_PRIORITY, "N17", NULL, NULL) == DCF_LINE_FINE);
	settle(&p);
	CHECK(object_of(&p.a, "N17").state == DCF_NOTE_RECEIVED && object_of(&p.b, "N17").state == DCF_NOTE_RECEIVED);
	pair_end(&p);
}

/* --- by the clock --------------------------------------------------------------------------------------- */

static void reports_what_nobody_acknowledged(void)
{
	struct pair p;
	struct dcf_line_object o;

	pair_begin(&p, NONE);
	notify(&p, NOTICE, "N17", DCF_ROUTINE);
	turn_to(&p, BEGIN + 3 * HOUR + 30 * MINUTE); /* 14:30, the window's end */
	o = object_of(&p.a, "N17");
	CHECK(o.state == DCF_NOTE_EXPIRED && o.duty == 0);
	o = object_of(&p.b, "N17.expired1");
	CHECK(o.state == DCF_INCIDENT_REPORTED && !o.ours && strcmp(o.ref, "N17") == 0 &&
	      o.begun_us == BEGIN + 3 * HOUR + 30 * MINUTE);
	CHECK(object_of(&p.b, "N17").state == DCF_NOTE_EXPIRED && said(&p.b, DCF_VERB_REPORT) == 0 &&
	      said(&p.a, DCF_VERB_REPORT) == 1);
	CHECK(state_of(&p.b, "BLUE", "N17", NULL) == DCF_OP_ENDED);
	pair_end(&p);
}

static void checks_the_line(void)
{
	struct pair p;

	pair_begin(&p, NONE);
	turn(&p, 30 * MINUTE);
	CHECK(said(&p.a, DCF_VERB_CHECK) == 0);
	turn(&p, 30 * MINUTE);
	CHECK(said(&p.a, DCF_VERB_CHECK) == 1 && said(&p.b, DCF_VERB_ECHO) == 1 && said(&p.b, DCF_VERB_CHECK) == 1 &&
	      said(&p.a, DCF_VERB_ECHO) == 1);
	CHECK(text_has(text_of(&p.a, DCF_VERB_CHECK, 0), "\"head\":\"example.org/1\\n") &&
	      text_has(text_of(&p.b, DCF_VERB_ECHO, 0), "\"head\":\"example.org/2\\n"));
	CHECK(p.a.note[0].at_us == BEGIN + HOUR);
	/* Nothing comes through for five hours: one check waits, not five. */
	p.cut = true;
	turn(&p, 5 * HOUR);
	CHECK(peer_of(&p.a).out.count == 3);
	p.cut = false;
	turn(&p, 1);
	CHECK(said(&p.a, DCF_VERB_CHECK) == 2 && said(&p.b, DCF_VERB_ECHO) == 2);
	turn(&p, HOUR);
	CHECK(said(&p.a, DCF_VERB_CHECK) == 3 && said(&p.b, DCF_VERB_ECHO) == 3);
	pair_end(&p);
}

static void reports_refusals_once_an_hour(void)
{
	struct pair p;

	pair_begin(&p, NONE);
	settle(&p);
	for (int i = 0; i < 5; i++) {
		side_put(&p.b, DCF_ENTRY_LINE_REFUSED, "BLUE", "");
		turn(&p, MINUTE);
	}
	CHECK(said(&p.b, DCF_VERB_REPORT) == 1 && text_has(text_of(&p.b, DCF_VERB_REPORT, 0), "messages not taken: 1"));
	turn(&p, HOUR);
	CHECK(said(&p.b, DCF_VERB_REPORT) == 2 && text_has(text_of(&p.b, DCF_VERB_REPORT, 1), "messages not taken: 4"));
	turn(&p, 5 * HOUR);
	CHECK(said(&p.b, DCF_VERB_REPORT) == 2);
	pair_end(&p);
}

/* Unpinned with a reply owed: nothing waits for it, and nothing is said until the peer is pinned again. */
static void says_nothing_to_the_unpinned(void)
{
	struct pair p;

	pair_begin(&p, NONE);
	notify(&p, NOTICE, "N17", DCF_ROUTINE);
	settle(&p);
	side_put(&p.b, DCF_ENTRY_PEER, "BLUE", "{\"removed\":true}");
	CHECK(dcf_line_agent_next_us(atomic_load(&p.b.agent)) == BEGIN + HOUR);
	turn(&p, 5 * SECOND);
	CHECK(said(&p.b, DCF_VERB_DISCLOSE) == 0);
	side_pin(&p.b, &p.a);
	turn(&p, 5 * SECOND);
	CHECK(said(&p.b, DCF_VERB_DISCLOSE) == 1);
	pair_end(&p);
}

/* --- an end at any moment --------------------------------------------------------------------------------- */

static void forgets_nothing(void)
{
	struct pair p;

	pair_begin(&p, EXISTS);
	side_declare(&p.b, HIDDEN);
	side_sleep(&p.b);
	notify(&p, NOTICE, "N17", DCF_PRIORITY);
	CHECK(side_say(&p.a, DCF_VERB_NOTIFY, DCF_ROUTINE, "X1", "{\"object\":{\"volumes\":[]}}", NULL) == DCF_LINE_FINE);
	turn(&p, 30 * SECOND);
	CHECK(p.b.notes == 0);
	side_wake(&p.b);
	settle(&p);
	CHECK(said(&p.b, DCF_VERB_RECEIPT) == 2 && said(&p.b, DCF_VERB_ASK) == 1);
	side_sleep(&p.b);
	side_wake(&p.b);
	turn(&p, 10 * SECOND);
	CHECK(said(&p.b, DCF_VERB_RECEIPT) == 2 && said(&p.b, DCF_VERB_ASK) == 1 && said(&p.b, DCF_VERB_DISCLOSE) == 1);
	side_sleep(&p.b);
	side_wake(&p.b);
	turn(&p, 10 * SECOND);
	CHECK(p.b.notes == 4);
	pair_end(&p);
}

/* Many at once: each gets its receipt and its reply, once, and all replies leave on one tick. */
static void keeps_up_with_many(void)
{
	enum { MANY = 300 };
	struct pair p;
	char id[16];

	pair_begin(&p, NONE);
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof id, "M%d", i);
		notify(&p, i % 2 ? NOTICE : AWAY, id, DCF_ROUTINE);
	}
	turn(&p, 3 * SECOND);
	CHECK(said(&p.b, DCF_VERB_RECEIPT) == MANY && said(&p.b, DCF_VERB_DISCLOSE) == MANY && p.b.notes == 2 * MANY);
	for (size_t i = 0; i < p.b.notes; i++)
		CHECK(p.b.note[i].at_us == (p.b.note[i].verb == DCF_VERB_RECEIPT ? BEGIN : BEGIN + SECOND));
	pair_end(&p);
}

int main(void)
{
	if (dcf_crypto_init() != DCF_OK)
		return 1;
	return TAP_RUN(TAP(takes_a_notice), TAP(knows_the_peers_operation), TAP(asks_what_is_missing),
		       TAP(goes_by_the_real_clock), TAP(tells_nothing), TAP(tells_what_is_agreed), TAP(replies_have_one_size),
		       TAP(is_suspended), TAP(reports_what_nobody_acknowledged), TAP(checks_the_line),
		       TAP(reports_refusals_once_an_hour), TAP(says_nothing_to_the_unpinned), TAP(forgets_nothing),
		       TAP(keeps_up_with_many));
}
