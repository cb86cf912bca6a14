/* SPDX-License-Identifier: Apache-2.0 */
/* line_show.c - how the line is, and what is talked about on it. */
#include "cli/line.h"
#include "crypto/text.h"
#include "node/line_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_WARNS_US = 2000000 }; /* R30 */

static const struct dcf_span NO_BODY = { NULL, 0 };

int dcf_line_output(const struct dcf_line_args *args, const struct dcf_node_reply *reply, struct dcf_buf *text)
{
	enum dcf_status s = dcf_output_standard(args->json ? &reply->body : text);

	text->len = 0;
	return s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
}

void dcf_line_put_texts(struct dcf_buf *out, struct dcf_jval array, const char *between)
{
	struct dcf_jwalk it = dcf_jwalk(array);
	struct dcf_jval v;
	bool first = true;

	while (dcf_jnext(&it, &v)) {
		if (dcf_jkind(v) != DCF_J_STRING)
			continue;
		if (!first)
			dcf_buf_z(out, between);
		first = false;
		dcf_put_shown(out, dcf_jstring(v));
	}
}

void dcf_line_put_when(struct dcf_buf *out, struct dcf_jval object, const char *name)
{
	struct dcf_span when = dcf_reply_text(object, name);
	const char *point = when.len ? memchr(when.p, '.', when.len) : NULL;

	if (!when.len)
		dcf_buf_char(out, '-');
	dcf_put_shown(out, (struct dcf_span){ when.p, point ? (size_t)(point - when.p) : when.len });
	if (point)
		dcf_buf_char(out, 'Z');
}

int dcf_line_fetch(struct dcf_node_client *c, const struct dcf_line_args *args, const char *id, const char *options,
		   struct dcf_node_reply *r)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf path = { .from = &heap };
	int status = DCF_EXIT_FAILED;

	dcf_buf_z(&path, "/v1/line/objects/");
	dcf_put_escaped(&path, dcf_span_of(id));
	dcf_buf_z(&path, "?options=");
	dcf_buf_z(&path, options);
	if (args->to) {
		dcf_buf_z(&path, "&peer=");
		dcf_put_escaped(&path, dcf_span_of(args->to));
	}
	dcf_buf_char(&path, '\0');
	if (!path.failed)
		status = dcf_node_ask(c, "GET", path.p, NO_BODY, NULL, r);
	dcf_buf_free(&path);
	return status;
}

/* --- columns ------------------------------------------------------------------------------------------ */

void dcf_line_put_row(struct dcf_buf *out, const char *what, struct dcf_span value)
{
	dcf_buf_z(out, "  ");
	dcf_buf_z(out, what);
	dcf_buf_fill(out, ' ', strlen(what) < 16 ? 16 - strlen(what) : 1);
	dcf_put_shown(out, value);
	dcf_buf_char(out, '\n');
}

void dcf_line_put_number(struct dcf_buf *out, struct dcf_jval object, const char *name)
{
	dcf_buf_i64(out, dcf_reply_number(object, name, 0));
}

/* --- status ------------------------------------------------------------------------------------------- */

/* Is a peer wanted: the one that is named, or any? */
static bool wanted(const struct dcf_line_args *args, struct dcf_jval peer)
{
	return !args->operands || dcf_span_eq(dcf_reply_text(peer, "party"), dcf_span_of(args->operand[0]));
}

static void put_seconds(struct dcf_buf *out, int64_t us)
{
	dcf_buf_fixed(out, us / 1000, 3);
	dcf_buf_z(out, " s");
}

/* How far another clock is off; before it was ever heard nobody knows. */
static void put_clock(struct dcf_buf *out, struct dcf_jval peer)
{
	int64_t us = dcf_reply_number(peer, "clock_offset_us", 0);

	if (dcf_jnone(dcf_jget(peer, "heard"))) {
		dcf_buf_z(out, "not known\n");
		return;
	}
	put_seconds(out, llabs(us));
	dcf_buf_z(out, us < 0 ? " behind ours" : " ahead of ours");
	dcf_buf_z(out, llabs(us) > CLOCK_WARNS_US ? ": MORE THAN 2 s\n" : "\n");
}

static void put_political(struct dcf_buf *out, struct dcf_jval peer)
{
	struct dcf_jval p = dcf_jget(peer, "political");

	dcf_put_shown(out, dcf_reply_text(p, "line"));
	if (!dcf_span_eq(dcf_reply_text(p, "line"), DCF_SPAN("OPEN"))) {
		dcf_buf_z(out, " (we: ");
		dcf_put_shown(out, dcf_reply_text(p, "ours"));
		dcf_buf_z(out, ", they: ");
		dcf_put_shown(out, dcf_reply_text(p, "theirs"));
		dcf_buf_char(out, ')');
	}
}

static void put_streams(struct dcf_buf *out, struct dcf_jval peer)
{
	struct dcf_jval sent = dcf_jget(peer, "sent"), received = dcf_jget(peer, "received");

	dcf_buf_z(out, "  messages        sent ");
	dcf_line_put_number(out, sent, "messages");
	dcf_buf_z(out, ", in their record ");
	dcf_line_put_number(out, sent, "in_their_record");
	dcf_buf_z(out, "; received ");
	dcf_line_put_number(out, received, "messages");
	if (dcf_reply_number(received, "waiting", 0)) {
		dcf_buf_z(out, ", waiting for earlier ones ");
		dcf_line_put_number(out, received, "waiting");
	}
	dcf_buf_char(out, '\n');
}

static void put_peer(struct dcf_buf *out, struct dcf_jval peer)
{
	struct dcf_span path = dcf_reply_text(peer, "path"), trouble = dcf_reply_text(peer, "trouble");

	dcf_put_shown(out, dcf_reply_text(peer, "party"));
	dcf_buf_z(out, "  ");
	dcf_put_shown(out, dcf_reply_text(peer, "technical"));
	dcf_buf_z(out, " x ");
	put_political(out, peer);
	if (!dcf_reply_true(peer, "pinned"))
		dcf_buf_z(out, "  unpinned: nothing is taken or sent");
	dcf_buf_char(out, '\n');
	dcf_line_put_row(out, "fingerprint", dcf_reply_text(dcf_jget(peer, "fingerprint"), "digits"));
	dcf_line_put_row(out, "url", dcf_reply_text(peer, "url"));
	if (path.len)
		dcf_line_put_row(out, "path", path);
	dcf_buf_z(out, "  heard           ");
	dcf_line_put_when(out, peer, "heard");
	dcf_buf_z(out, "\n  its clock       ");
	put_clock(out, peer);
	dcf_line_put_row(out, "agreement", dcf_reply_text(peer, "agreement"));
	put_streams(out, peer);
	dcf_buf_z(out, "  open            ");
	dcf_line_put_number(out, peer, "open");
	dcf_buf_z(out, ", overdue ");
	dcf_line_put_number(out, peer, "overdue");
	if (dcf_jcount(dcf_jget(peer, "ringing"))) {
		dcf_buf_z(out, "; rings at ");
		dcf_line_put_texts(out, dcf_jget(peer, "ringing"), ", ");
	}
	dcf_buf_char(out, '\n');
	if (dcf_reply_number(peer, "refused", 0)) {
		dcf_buf_z(out, "  refused         ");
		dcf_line_put_number(out, peer, "refused");
		dcf_buf_char(out, '\n');
	}
	if (trouble.len)
		dcf_line_put_row(out, "trouble", trouble);
}

static int no_such_peer(const struct dcf_line_args *args)
{
	dcf_complain("line: no peer '%s': an administrator pins its key with 'deconflict line pin'", args->operand[0]);
	return DCF_EXIT_BAD;
}

int dcf_line_status(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	int status = dcf_node_ask(c, "GET", "/v1/line", NO_BODY, NULL, &r);
	size_t shown = 0;

	(void)action;
	if (status == DCF_EXIT_OK) {
		struct dcf_jwalk it = dcf_jwalk(dcf_jget(r.root, "peers"));
		struct dcf_jval peer;

		dcf_buf_z(&out, dcf_reply_true(r.root, "exercise") ? "EXERCISE.  This side: " : "This side: ");
		dcf_put_shown(&out, dcf_reply_text(r.root, "party"));
		dcf_buf_char(&out, '\n');
		while (dcf_jnext(&it, &peer))
			if (wanted(args, peer)) {
				put_peer(&out, peer);
				shown++;
			}
		if (!shown && !args->operands)
			dcf_buf_z(&out, "No peer is pinned: exchange fingerprints ('deconflict line fingerprint'), then "
					"'deconflict line pin'.\n");
		status = shown || !args->operands || args->json ? dcf_line_output(args, &r, &out) : no_such_peer(args);
	}
	dcf_node_reply_free(&r);
	dcf_buf_free(&out);
	return status;
}

/* --- the daily look ------------------------------------------------------------------------------------ */

static void complain_of(struct dcf_buf *out, struct dcf_jval peer, size_t *bad, const char *text)
{
	dcf_put_shown(out, dcf_reply_text(peer, "party"));
	dcf_buf_z(out, ": ");
	dcf_buf_z(out, text);
	dcf_buf_char(out, '\n');
	++*bad;
}

static void look_at(struct dcf_buf *out, struct dcf_jval peer, size_t *bad)
{
	struct dcf_jval political = dcf_jget(peer, "political");
	size_t before = *bad;

	if (!dcf_reply_true(peer, "pinned"))
		return;
	if (!dcf_span_eq(dcf_reply_text(peer, "technical"), DCF_SPAN("UP")))
		complain_of(out, peer, bad,
			    "the path is not UP: use voice, paper or files until it is ('deconflict line status' says why)");
	if (!dcf_span_eq(dcf_reply_text(political, "line"), DCF_SPAN("OPEN")))
		complain_of(out, peer, bad, "the line is suspended or closed: FLASH, cease, line checks and incidents go on");
	if (dcf_span_eq(dcf_reply_text(peer, "agreement"), DCF_SPAN("differs")))
		complain_of(out, peer, bad,
			    "the two sides have different agreements in force: nothing goes until both load the same file");
	if (dcf_reply_true(peer, "exercise_differs"))
		complain_of(out, peer, bad, "one side is an exercise, the other is not");
	if (dcf_reply_true(peer, "history_differs"))
		complain_of(out, peer, bad,
			    "it claims other messages of ours than we sent: a restored record, or worse; compare records");
	if (llabs(dcf_reply_number(peer, "clock_offset_us", 0)) > CLOCK_WARNS_US)
		complain_of(out, peer, bad, "the clocks are more than 2 s apart: set the wrong one");
	if (dcf_reply_number(peer, "overdue", 0))
		complain_of(out, peer, bad, "something is overdue: 'deconflict line messages --overdue' lists it");
	if (*bad == before) {
		dcf_put_shown(out, dcf_reply_text(peer, "party"));
		dcf_buf_z(out, ": well\n");
	}
	/* That stays true for ever, so it is told and no more. */
	if (dcf_reply_number(peer, "refused", 0)) {
		dcf_buf_z(out, "  since the record began it sent what had to be refused, times: ");
		dcf_line_put_number(out, peer, "refused");
		dcf_buf_char(out, '\n');
	}
}

int dcf_line_check(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	int status = dcf_node_ask(c, "GET", "/v1/line", NO_BODY, NULL, &r);
	size_t bad = 0, peers = 0;

	(void)action;
	if (status == DCF_EXIT_OK) {
		struct dcf_jwalk it = dcf_jwalk(dcf_jget(r.root, "peers"));
		struct dcf_jval peer;

		while (dcf_jnext(&it, &peer))
			if (wanted(args, peer)) {
				peers++;
				look_at(&out, peer, &bad);
			}
		if (!peers && args->operands)
			status = no_such_peer(args);
		else if (!peers)
			dcf_buf_z(&out, "No peer is pinned.\n");
		status = status == DCF_EXIT_OK ? dcf_line_output(args, &r, &out) : status;
	}
	dcf_node_reply_free(&r);
	dcf_buf_free(&out);
	return status == DCF_EXIT_OK && bad ? DCF_EXIT_FOUND : status;
}

/* --- fingerprint --------------------------------------------------------------------------------------- */

static enum dcf_status put_qr(struct dcf_buf *out, struct dcf_span hex, struct dcf_span party)
{
	struct dcf_buf text = { .from = out->from };
	struct dcf_public_key key;
	enum dcf_status s = dcf_text_read_exactly(DCF_TEXT_HEX, hex, &key, sizeof key);

	if (s == DCF_OK) {
		dcf_line_key_put_qr_text(&key, party, DCF_SPAN(""), &text);
		s = text.failed ? DCF_E_NOMEM : dcf_line_qr_put(dcf_buf_as_span(&text), out);
	}
	dcf_buf_free(&text);
	return s;
}

int dcf_line_fingerprint(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	int status = dcf_node_ask(c, "GET", "/v1/line", NO_BODY, NULL, &r);

	(void)action;
	if (status == DCF_EXIT_OK) {
		struct dcf_jval f = dcf_jget(r.root, "fingerprint");

		dcf_put_shown(&out, dcf_reply_text(r.root, "party"));
		dcf_buf_char(&out, '\n');
		dcf_line_put_row(&out, "digits", dcf_reply_text(f, "digits"));
		dcf_line_put_row(&out, "hex", dcf_reply_text(f, "hex"));
		if (put_qr(&out, dcf_reply_text(f, "hex"), dcf_reply_text(r.root, "party")) != DCF_OK)
			dcf_complain("line fingerprint: no picture could be made of it");
		dcf_buf_z(&out,
			  "Give it to the other side by another way than the network: on paper, in person, by telephone.\n");
		status = dcf_line_output(args, &r, &out);
	}
	dcf_node_reply_free(&r);
	dcf_buf_free(&out);
	return status;
}

/* --- objects ------------------------------------------------------------------------------------------- */

static void put_padded(struct dcf_buf *out, struct dcf_span s, size_t width)
{
	dcf_put_shown(out, s);
	dcf_buf_fill(out, ' ', s.len < width ? width - s.len : 1);
}

static void put_object_line(struct dcf_buf *out, struct dcf_jval o)
{
	put_padded(out, dcf_reply_text(o, "id"), 22);
	put_padded(out, dcf_reply_text(o, "peer"), 6);
	put_padded(out, dcf_reply_text(o, "machine"), 14);
	put_padded(out, dcf_reply_text(o, "state"), 14);
	put_padded(out, dcf_reply_text(o, "precedence"), 10);
	dcf_buf_z(out, dcf_reply_true(o, "ours") ? "ours    " : "theirs  ");
	dcf_line_put_when(out, o, "last");
	if (dcf_reply_true(o, "overdue")) {
		dcf_buf_z(out, "  OVERDUE");
		if (dcf_jcount(dcf_jget(o, "ringing"))) {
			dcf_buf_z(out, ", rings at ");
			dcf_line_put_texts(out, dcf_jget(o, "ringing"), ", ");
		}
	}
	if (dcf_reply_text(o, "timeliness").len && !dcf_span_eq(dcf_reply_text(o, "timeliness"), DCF_SPAN("ON TIME"))) {
		dcf_buf_z(out, "  notice ");
		dcf_put_shown(out, dcf_reply_text(o, "timeliness"));
	}
	if (dcf_reply_true(o, "moved"))
		dcf_buf_z(out, "  MOVED");
	dcf_buf_char(out, '\n');
}

/* A page of the list; *next is where the next one begins, 0 at the end. */
static int list_page(struct dcf_node_client *c, const char *query, const char *peer, uint64_t before, struct dcf_node_reply *r)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf path = { .from = &heap };
	int status = DCF_EXIT_FAILED;

	dcf_buf_z(&path, "/v1/line/objects?limit=200");
	dcf_buf_z(&path, query);
	if (peer) {
		dcf_buf_z(&path, "&peer=");
		dcf_put_escaped(&path, dcf_span_of(peer));
	}
	if (before) {
		dcf_buf_z(&path, "&before=");
		dcf_buf_i64(&path, (int64_t)before);
	}
	dcf_buf_char(&path, '\0');
	if (!path.failed)
		status = dcf_node_ask(c, "GET", path.p, NO_BODY, NULL, r);
	dcf_buf_free(&path);
	return status;
}

/* Was it begun before that second ("" for any time)?  Times are RFC 3339 in Z, so their bytes have their order. */
static bool is_before(struct dcf_jval object, struct dcf_span since)
{
	enum { SECOND = 19 };
	struct dcf_span begun = dcf_reply_text(object, "begun");

	return since.len >= SECOND && begun.len >= SECOND && memcmp(begun.p, since.p, SECOND) < 0;
}

/* All pages as lines; with --format json each page on its line. */
static int list(struct dcf_node_client *c, struct dcf_line_args *args, const char *query, const char *peer,
		struct dcf_span since, const char *nothing)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	uint64_t next = 0;
	size_t shown = 0;
	int status;

	do {
		status = list_page(c, query, peer, next, &r);
		if (status == DCF_EXIT_OK) {
			struct dcf_jwalk it = dcf_jwalk(dcf_jget(r.root, "objects"));
			struct dcf_jval o;

			while (dcf_jnext(&it, &o)) {
				if (is_before(o, since))
					continue;
				put_object_line(&out, o);
				shown++;
			}
			next = (uint64_t)dcf_reply_number(r.root, "next", 0);
			if (!next && !shown)
				dcf_buf_z(&out, nothing);
			status = dcf_line_output(args, &r, &out);
		}
	} while (status == DCF_EXIT_OK && next);
	dcf_node_reply_free(&r);
	dcf_buf_free(&out);
	return status;
}

int dcf_line_messages(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	const char *query = args->overdue_only ? "&overdue=yes" : args->open_only ? "&open=yes" : "";

	(void)action;
	return list(c, args, query, args->to, (struct dcf_span){ NULL, 0 }, "Nothing.\n");
}

/* Since when the line is suspended, by whoever was first; "" where it is not. */
static struct dcf_span suspended_since(struct dcf_jval line, const char *party)
{
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(line, "peers"));
	struct dcf_span first = { "", 0 };
	struct dcf_jval peer;

	while (dcf_jnext(&it, &peer)) {
		struct dcf_jval p = dcf_jget(peer, "political");
		struct dcf_span ours = dcf_reply_text(p, "ours_since"), theirs = dcf_reply_text(p, "theirs_since");

		if (!dcf_span_eq(dcf_reply_text(peer, "party"), dcf_span_of(party)))
			continue;
		first = !ours.len || (theirs.len && dcf_span_cmp(theirs, ours) < 0) ? theirs : ours;
	}
	return first;
}

int dcf_line_missed(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	const char *party = args->operands ? args->operand[0] : NULL;
	struct dcf_node_reply line = { 0 };
	int status = party ? dcf_node_ask(c, "GET", "/v1/line", NO_BODY, NULL, &line) : DCF_EXIT_OK;

	(void)action;
	if (status == DCF_EXIT_OK)
		status = list(c, args, "&suspended=yes", party,
			      party ? suspended_since(line.root, party) : (struct dcf_span){ NULL, 0 },
			      "Nothing went one way while the line was suspended.\n");
	dcf_node_reply_free(&line);
	return status;
}
