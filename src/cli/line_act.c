/* SPDX-License-Identifier: Apache-2.0 */
/* line_act.c - something is said to the other side: shown first with its check-words and what speaks against it, asked for,
 * sent. */
#include "cli/line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One message on its way. */
struct act {
	const struct dcf_line_action *action;
	struct dcf_node_client *c;
	struct dcf_line_args *args;
	struct dcf_alloc heap;
	struct dcf_node_reply line, object, answer; /* the line, the object that it is about, the node's answer */
	struct dcf_span party, peer, machine, id;
	struct dcf_buf request, text;
	char words[64]; /* of a read-back */
};

/* --- the terminal ------------------------------------------------------------------------------------- */

bool dcf_line_is_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool dcf_line_prompt(const char *question, char *out, size_t cap)
{
	size_t n;

	if (fputs(question, stderr) == EOF || fflush(stderr) != 0 || !fgets(out, (int)cap, stdin))
		return false;
	n = strcspn(out, "\r\n");
	out[n] = '\0';
	return true;
}

bool dcf_line_yes(const char *question)
{
	char answer[16];

	return dcf_line_prompt(question, answer, sizeof answer) && (strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0);
}

/* --- whom and what it is about ------------------------------------------------------------------------- */

static bool begins(const struct act *a)
{
	static const char *const verbs[] = { "notify", "ask", "cease", "call", "report" };

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(a->action->verb, verbs[i]) == 0)
			return true;
	return false;
}

/* The one peer that is pinned; "" where there are none or several. */
static struct dcf_span sole_peer(struct dcf_jval line)
{
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(line, "peers"));
	struct dcf_span found = { "", 0 };
	struct dcf_jval peer;

	while (dcf_jnext(&it, &peer)) {
		if (!dcf_reply_true(peer, "pinned"))
			continue;
		if (found.len)
			return (struct dcf_span){ "", 0 };
		found = dcf_reply_text(peer, "party");
	}
	return found;
}

/* Fetch what the message is about: it says the peer and the machine. */
static int look_at(struct act *a, const char *id)
{
	int status = dcf_line_fetch(a->c, a->args, id, "none", &a->object);

	if (status != DCF_EXIT_OK)
		return status;
	a->peer = dcf_reply_text(a->object.root, "peer");
	if (!a->machine.len)
		a->machine = dcf_reply_text(a->object.root, "machine");
	if (strcmp(a->action->verb, "answer") == 0 && a->args->operands == 1 &&
	    dcf_span_eq(a->machine, DCF_SPAN("clarification"))) {
		dcf_complain("%s: no answer: expected OURS, NOT_OURS, NOT_KNOWN, NO_COMMENT or SEE_ATTACHED behind the id",
			     a->action->command.name);
		return DCF_EXIT_BAD;
	}
	return DCF_EXIT_OK;
}

static int prepare(struct act *a)
{
	bool of_line = a->action->machine && strcmp(a->action->machine, "line") == 0;
	int status = dcf_node_ask(a->c, "GET", "/v1/line", (struct dcf_span){ NULL, 0 }, NULL, &a->line);

	if (status != DCF_EXIT_OK)
		return status;
	a->party = dcf_reply_text(a->line.root, "party");
	a->machine = dcf_span_of(a->action->machine);
	a->peer = dcf_span_of(a->args->to);
	if (of_line)
		a->peer = dcf_span_of(a->args->operand[0]);
	else if (!begins(a))
		a->id = dcf_span_of(a->args->operand[0]);
	else
		a->id = dcf_span_of(a->args->id);
	if (!of_line && (!begins(a) || (strcmp(a->action->verb, "cease") == 0 && a->args->operands)))
		return look_at(a, a->args->operand[0]);
	if (!a->peer.len)
		a->peer = sole_peer(a->line.root);
	if (a->peer.len)
		return DCF_EXIT_OK;
	dcf_complain("%s: to whom?  Expected --to PARTY ('deconflict line status' lists the peers)", a->action->command.name);
	return DCF_EXIT_BAD;
}

/* --- the request -------------------------------------------------------------------------------------- */

static int put_request(struct act *a, bool explain)
{
	struct dcf_json j = { .out = &a->request };
	int status;

	a->request.len = 0;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "peer");
	dcf_json_string(&j, a->peer);
	dcf_json_key(&j, "machine");
	dcf_json_string(&j, a->machine);
	dcf_json_key(&j, "verb");
	dcf_json_z(&j, a->action->verb);
	if (a->id.len) {
		dcf_json_key(&j, "object");
		dcf_json_string(&j, a->id);
	}
	if (explain) {
		dcf_json_key(&j, "explain");
		dcf_json_bool(&j, true);
	}
	dcf_json_key(&j, "body");
	dcf_json_begin(&j, '{');
	if (*a->words) {
		dcf_json_key(&j, "words");
		dcf_json_z(&j, a->words);
	}
	status = dcf_line_put_body(a->action, a->args, &j);
	dcf_json_end(&j, '}');
	if (status == DCF_EXIT_OK)
		status = dcf_line_put_rest(a->action, a->args, a->party, a->peer, &j);
	dcf_json_end(&j, '}');
	if (status == DCF_EXIT_OK && a->request.failed) {
		dcf_complain("out of memory");
		status = DCF_EXIT_FAILED;
	}
	return status;
}

static int post(struct act *a, bool explain)
{
	int status = put_request(a, explain);

	if (status != DCF_EXIT_OK)
		return status;
	return dcf_node_ask(a->c, "POST", "/v1/line/messages", dcf_buf_as_span(&a->request), NULL, &a->answer);
}

/* --- what is shown ------------------------------------------------------------------------------------ */

static void put_indented(struct dcf_buf *out, struct dcf_jval lines)
{
	struct dcf_jwalk it = dcf_jwalk(lines);
	struct dcf_jval line;

	while (dcf_jnext(&it, &line))
		if (dcf_jkind(line) == DCF_J_STRING) {
			dcf_buf_z(out, "  ");
			dcf_put_shown(out, dcf_jstring(line));
			dcf_buf_char(out, '\n');
		}
}

/* "To RU, PRIORITY, by Duty officer: notify CO-CAP-01, releasable to IL" */
static void put_headline(struct dcf_buf *out, struct dcf_jval message)
{
	struct dcf_span role = dcf_reply_text(message, "role"), object = dcf_reply_text(message, "object");
	struct dcf_jval forward = dcf_jget(message, "releasable_to");

	dcf_buf_z(out, "To ");
	dcf_put_shown(out, dcf_reply_text(message, "to"));
	dcf_buf_z(out, ", ");
	dcf_put_shown(out, dcf_reply_text(message, "precedence"));
	if (role.len) {
		dcf_buf_z(out, ", by ");
		dcf_put_shown(out, role);
	}
	dcf_buf_z(out, ": ");
	dcf_put_shown(out, dcf_reply_text(message, "machine"));
	dcf_buf_char(out, ' ');
	dcf_put_shown(out, dcf_reply_text(message, "verb"));
	if (object.len) {
		dcf_buf_char(out, ' ');
		dcf_put_shown(out, object);
	}
	if (dcf_jcount(forward)) {
		dcf_buf_z(out, "; may be passed on to ");
		dcf_line_put_texts(out, forward, ", ");
	}
	dcf_buf_char(out, '\n');
}

static void put_words(struct dcf_buf *out, struct dcf_jval object)
{
	struct dcf_span words = dcf_reply_text(object, "words");

	if (!words.len)
		return;
	dcf_buf_z(out, "  check-words ");
	dcf_put_shown(out, words);
	dcf_buf_char(out, '\n');
}

/* "+" for what speaks for it, "!" for what stops it, "-" for what is only to be known. */
static void put_reasons(struct dcf_buf *out, struct dcf_jval reasons, bool all)
{
	struct dcf_jwalk it = dcf_jwalk(reasons);
	struct dcf_jval r;

	while (dcf_jnext(&it, &r)) {
		bool holds = dcf_reply_true(r, "holds");

		if (holds && !all)
			continue;
		dcf_buf_z(out, dcf_reply_true(r, "stops") ? "  ! " : holds ? "  + " : "  - ");
		dcf_put_shown(out, dcf_reply_text(r, "rule"));
		dcf_buf_z(out, ": ");
		dcf_put_shown(out, dcf_reply_text(r, "text"));
		dcf_buf_char(out, '\n');
	}
}

static void put_preview(struct act *a)
{
	struct dcf_jval message = dcf_jget(a->answer.root, "message");

	put_headline(&a->text, message);
	put_indented(&a->text, dcf_jget(a->answer.root, "lines"));
	put_words(&a->text, message);
	put_reasons(&a->text, dcf_jget(a->answer.root, "reasons"), a->args->explain);
}

/* What comes next, by what the object has become. */
static const char *next_step(struct dcf_jval object)
{
	static const struct {
		const char *machine, *state;
		int ours; /* 1, 0; -1: either */
		const char *text;
	} steps[] = {
		{ "notification", "SENT", 1, "the other side's node confirms that it came; then its duty role reads it back" },
		{ "notification", "REFUSED", -1,
		  "the line is suspended: it counts as notice given; 'line resend ID' after it is resumed" },
		{ "notification", "READ_BACK_OK", 0, "'deconflict line ack ID' says that it was received and understood" },
		{ "notification", "READ_BACK_OK", 1, "the other side acknowledges" },
		{ "notification", "CHALLENGED", 0, "the other side clarifies, then it is read back again" },
		{ "notification", "CHALLENGED", 1,
		  "'deconflict line show ID' says what differs; then 'line clarify ID', or amend the operation and notify "
		  "again" },
		{ "notification", "ACKNOWLEDGED", 0,
		  "pass it to your controllers, then 'deconflict line disseminate ID TO...'" },
		{ "cease", "ISSUED", 1, "FLASH: it rings at the other side; use the telephone as well" },
		{ "clarification", "ANSWERED", 1, "'deconflict line accept ID', or 'reask ID'" },
	};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (dcf_span_eq(dcf_reply_text(object, "machine"), dcf_span_of(steps[i].machine)) &&
		    dcf_span_eq(dcf_reply_text(object, "state"), dcf_span_of(steps[i].state)) &&
		    (steps[i].ours < 0 || dcf_reply_true(object, "ours") == (steps[i].ours == 1)))
			return steps[i].text;
	return NULL;
}

static void put_sent(struct act *a)
{
	struct dcf_jval object = dcf_jget(a->answer.root, "object");
	const char *next;

	dcf_buf_z(&a->text, dcf_reply_true(a->answer.root, "repeated") ? "Sent before. " : "Sent. ");
	put_headline(&a->text, dcf_jget(a->answer.root, "message"));
	if (dcf_jkind(object) != DCF_J_OBJECT)
		return;
	put_words(&a->text, object);
	dcf_buf_z(&a->text, "  ");
	dcf_put_shown(&a->text, dcf_reply_text(object, "id"));
	dcf_buf_z(&a->text, " is ");
	dcf_put_shown(&a->text, dcf_reply_text(object, "state"));
	if (dcf_reply_text(object, "deadline").len) {
		dcf_buf_z(&a->text, "; due by ");
		dcf_line_put_when(&a->text, object, "deadline");
	}
	dcf_buf_char(&a->text, '\n');
	put_reasons(&a->text, dcf_jget(a->answer.root, "reasons"), false);
	next = next_step(object);
	if (next) {
		dcf_buf_z(&a->text, "  next: ");
		dcf_buf_z(&a->text, next);
		dcf_buf_char(&a->text, '\n');
	}
}

/* --- the way of a message ------------------------------------------------------------------------------ */

static void finish(struct act *a)
{
	dcf_node_reply_free(&a->line);
	dcf_node_reply_free(&a->object);
	dcf_node_reply_free(&a->answer);
	dcf_buf_free(&a->request);
	dcf_buf_free(&a->text);
}

/* Show it; is it to be sent?  An exit status other than 0 when not. */
static int ask_first(struct act *a, bool *go)
{
	int status = post(a, true);
	bool would;

	*go = false;
	if (status != DCF_EXIT_OK)
		return status;
	would = dcf_reply_true(a->answer.root, "would_send");
	if (a->args->explain) {
		put_preview(a);
		dcf_buf_z(&a->text, would ? "It would be sent.\n" : "It would not be sent.\n");
		status = dcf_line_output(a->args, &a->answer, &a->text);
		return status != DCF_EXIT_OK ? status : would ? DCF_EXIT_OK : DCF_EXIT_FOUND;
	}
	*go = true;
	if (!would || a->args->yes || !a->action->asks)
		return DCF_EXIT_OK; /* what stops it is said by the node */
	*go = false;
	if (!dcf_line_is_terminal()) {
		dcf_complain("%s: nobody is there to be asked: say --yes to send it", a->action->command.name);
		return DCF_EXIT_BAD;
	}
	put_preview(a);
	dcf_buf_z(&a->text, "Send it? [y/N] ");
	dcf_buf_char(&a->text, '\0');
	*go = !a->text.failed && dcf_line_yes(a->text.p);
	a->text.len = 0;
	if (!*go)
		dcf_complain("%s: nothing was sent", a->action->command.name);
	return *go ? DCF_EXIT_OK : DCF_EXIT_BAD;
}

static int send_it(struct act *a)
{
	int status = post(a, false);

	if (status != DCF_EXIT_OK)
		return status;
	put_sent(a);
	status = dcf_line_output(a->args, &a->answer, &a->text);
	if (status == DCF_EXIT_OK && strcmp(a->action->verb, "read_back") == 0 &&
	    dcf_span_eq(dcf_reply_text(dcf_jget(a->answer.root, "object"), "state"), DCF_SPAN("CHALLENGED")))
		return DCF_EXIT_FOUND;
	return status;
}

static int act(struct act *a)
{
	bool go = true;
	int status = DCF_EXIT_OK;

	if (a->args->explain || (a->action->asks && !a->args->yes))
		status = ask_first(a, &go);
	return status == DCF_EXIT_OK && go ? send_it(a) : status;
}

static struct act begin(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	return (struct act){ .action = action, .c = c, .args = args, .heap = dcf_alloc_heap() };
}

/* Resuming is not done blindly: first what went one way meanwhile. */
static int show_missed(struct act *a)
{
	if (strcmp(a->action->command.name, "line resume-line") != 0 || a->args->json || a->args->explain)
		return DCF_EXIT_OK;
	return dcf_line_missed(a->action, a->c, a->args);
}

int dcf_line_act(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct act a = begin(action, c, args);
	int status;

	a.request.from = a.text.from = &a.heap;
	status = prepare(&a);
	status = status == DCF_EXIT_OK ? show_missed(&a) : status;
	status = status == DCF_EXIT_OK ? act(&a) : status;
	finish(&a);
	return status;
}

/* --- read-back ---------------------------------------------------------------------------------------- */

static bool take_words(struct act *a)
{
	size_t n = 0;

	for (int i = 1; i < a->args->operands; i++) {
		size_t len = strlen(a->args->operand[i]);

		if (n + len + 2 > sizeof a->words) {
			dcf_complain("line readback: found more than check-words, expected twelve digits: 123 456 789 012");
			return false;
		}
		if (n)
			a->words[n++] = ' ';
		memcpy(a->words + n, a->args->operand[i], len + 1);
		n += len;
	}
	return true;
}

/* The notice without its check-words, so that they come from what the other side says or from the paper, and not from here. */
static bool prompt_words(struct act *a)
{
	if (!dcf_line_is_terminal()) {
		dcf_complain("line readback: no check-words: expected twelve digits behind the id, or --heard FILE");
		return false;
	}
	dcf_put_shown(&a->text, dcf_reply_text(a->object.root, "id"));
	dcf_buf_z(&a->text, " of ");
	dcf_put_shown(&a->text, a->peer);
	dcf_buf_char(&a->text, '\n');
	put_indented(&a->text, dcf_jget(a->object.root, "lines"));
	dcf_buf_z(&a->text, "Check-words, as the other side reads them to you or as they stand on its paper: ");
	dcf_buf_char(&a->text, '\0');
	if (a->text.failed || !dcf_line_prompt(a->text.p, a->words, sizeof a->words))
		*a->words = '\0';
	a->text.len = 0;
	if (!*a->words)
		dcf_complain("line readback: no check-words, nothing was sent");
	return *a->words != '\0';
}

int dcf_line_read_back(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct act a = begin(action, c, args);
	int status;

	a.request.from = a.text.from = &a.heap;
	status = prepare(&a);
	if (status == DCF_EXIT_OK && !args->heard && !(args->operands > 1 ? take_words(&a) : prompt_words(&a)))
		status = DCF_EXIT_BAD;
	status = status == DCF_EXIT_OK ? act(&a) : status;
	finish(&a);
	return status;
}
