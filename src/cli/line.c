/* SPDX-License-Identifier: Apache-2.0 */
/* line.c - `deconflict line`: the table of its actions. */
#include "cli/line.h"
#include "format/notation.h"

#include <string.h>

/* --- options ------------------------------------------------------------------------------------------ */

static const char *take_format(const char *value, void *to)
{
	*(bool *)to = strcmp(value, "json") == 0;
	return strcmp(value, "json") == 0 || strcmp(value, "text") == 0 ? NULL : "text or json";
}

static const char *take_precedence(const char *value, void *to)
{
	static const char *const names[] = { "FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(value, names[i]) == 0) {
			*(const char **)to = names[i];
			return NULL;
		}
	return "FLASH, IMMEDIATE, PRIORITY or ROUTINE";
}

static const char *take_when(const char *value, void *to)
{
	struct dcf_when when;

	*(const char **)to = value;
	return dcf_when_parse(dcf_span_of(value), &when, NULL) == DCF_OK
		       ? NULL
		       : "a time with its zone: 171255ZSEP16 or 2016-09-17T12:55:00Z";
}

static const char *take_place(const char *value, void *to)
{
	struct dcf_position at;

	*(const char **)to = value;
	return dcf_position_parse(dcf_span_of(value), NULL, &at, NULL) == DCF_OK
		       ? NULL
		       : "a position that can be read in one way only ('deconflict position TEXT' says why this one cannot)";
}

static const char *take_as(const char *value, void *to)
{
	*(const char **)to = value;
	return strcmp(value, "note") == 0 || strcmp(value, "page") == 0 || strcmp(value, "html") == 0 ? NULL
												      : "note, page or html";
}

#define AT(member) offsetof(struct dcf_line_args, member)
#define WHERE                                                                                                                    \
	{ "--node",                                                                                                              \
	  0,                                                                                                                     \
	  "URL",                                                                                                                 \
	  "the node's address (default: what DECONFLICT_NODE says, or the data folder, or http://127.0.0.1:8080)",               \
	  dcf_take_text,                                                                                                         \
	  AT(where.node) },                                                                                                      \
		{ "--token",      0, "FILE", "a file with the token to use (default: DECONFLICT_TOKEN names it)", dcf_take_text, \
		  AT(where.token) },                                                                                             \
		{ "--data",      0, "DIR", "the data folder of a node on this machine: no token is needed then", dcf_take_text,  \
		  AT(where.data) },                                                                                              \
		{ "--ca", 0, "FILE", "certificates to trust for https, instead of the system's", dcf_take_text, AT(where.ca) },  \
	{                                                                                                                        \
		"--format", 0, "FORMAT", "text (the default) or json, the node's own answer", take_format, AT(json)              \
	}
#define PEER                                                                                                                   \
	{                                                                                                                      \
		"--to", 0, "PARTY", "the other side", dcf_take_text, AT(to)                                                    \
	}
#define ACTS                                                                                                                   \
	WHERE, { "--role", 0, "NAME", "the duty role that acts (default: the token's)", dcf_take_text, AT(role) },             \
		{ "--yes", 'y', NULL, "send without asking", dcf_take_flag, AT(yes) },                                         \
		{ "--explain", 0, NULL, "say why it would go or not, and send nothing", dcf_take_flag, AT(explain) },          \
	{                                                                                                                      \
		"--override", 0, NULL, "send free text that was warned of; the record shows it", dcf_take_flag, AT(override)   \
	}
#define PRECEDENCE                                                                                                             \
	{                                                                                                                      \
		"--precedence", 'p', "NAME", "FLASH, IMMEDIATE, PRIORITY or ROUTINE", take_precedence, AT(precedence)          \
	}
#define TEXT                                                                                                                   \
	{                                                                                                                      \
		"--text", 't', "TEXT", "what else is to be said, in your own language", dcf_take_text, AT(text)                \
	}
#define REF                                                                                                                    \
	{                                                                                                                      \
		"--ref", 0, "ID", "the object that it is about", dcf_take_text, AT(ref)                                        \
	}
#define ID                                                                                                                     \
	{                                                                                                                      \
		"--id", 0, "ID", "a name for it (default: the operation's, or one is made)", dcf_take_text, AT(id)             \
	}
#define AREA                                                                                                                   \
	{ "--area",   0,       "POSITION", "the middle of the area, in any notation that 'deconflict position' reads",         \
	  take_place, AT(area) },                                                                                              \
		{ "--radius", 0, "5km", "how far the area reaches (default 5km)", dcf_take_lateral, AT(radius_m) },            \
		{ "--from", 0, "TIME", "from when (default: now)", take_when, AT(from) },                                      \
	{                                                                                                                      \
		"--for", 0, "1h", "for how long (default 1h)", dcf_take_duration, AT(length_us)                                \
	}

static const struct dcf_cli_option plain_options[] = { WHERE, PEER, { 0 } };
static const struct dcf_cli_option act_options[] = { ACTS, PEER, PRECEDENCE, { 0 } };
static const struct dcf_cli_option text_options[] = { ACTS, PEER, PRECEDENCE, TEXT, { 0 } };
static const struct dcf_cli_option notify_options[] = {
	ACTS,
	PEER,
	PRECEDENCE,
	TEXT,
	ID,
	{ "--releasable-to", 0, "LIST", "parties that the recipient may pass it on to, with commas between (default: nobody)",
	  dcf_take_text, AT(also) },
	{ 0 },
};
static const struct dcf_cli_option readback_options[] = {
	ACTS,
	PEER,
	PRECEDENCE,
	{ "--heard", 0, "FILE", "an operations file with what was heard, in place of check-words", dcf_take_text, AT(heard) },
	{ 0 },
};
static const struct dcf_cli_option challenge_options[] = {
	ACTS,
	PEER,
	PRECEDENCE,
	TEXT,
	{ "--reason", 'r', "CODE", "conflict, position, late, not_understood, outside or no_comment", dcf_take_text,
	  AT(reason) },
	{ 0 },
};
static const struct dcf_cli_option cease_options[] = {
	ACTS,
	PEER,
	TEXT,
	ID,
	AREA,
	{ "--reason", 'r', "CODE", "civilians, third_party, own_forces, wrong_place or other (the default)", dcf_take_text,
	  AT(reason) },
	{ 0 },
};
static const struct dcf_cli_option decline_options[] = {
	ACTS, PEER, TEXT, { "--reason", 'r', "TEXT", "why", dcf_take_text, AT(reason) }, { 0 },
};
static const struct dcf_cli_option ask_options[] = { ACTS, PEER, PRECEDENCE, TEXT, REF, ID, AREA, { 0 } };
static const struct dcf_cli_option report_options[] = { ACTS, PEER, PRECEDENCE, TEXT, REF, ID, { 0 } };
static const struct dcf_cli_option call_options[] = {
	ACTS,
	PEER,
	PRECEDENCE,
	TEXT,
	ID,
	{ "--at", 0, "TIME", "when (default: now)", take_when, AT(at) },
	{ "--agenda", 0, "LIST", "objects to be talked about, with commas between", dcf_take_text, AT(also) },
	{ 0 },
};
static const struct dcf_cli_option suspend_options[] = {
	ACTS,
	TEXT,
	{ "--from", 0, "TIME", "from when (default: now)", take_when, AT(from) },
	{ "--articles", 0, "LIST", "articles of the agreement, with commas between (default: all)", dcf_take_text, AT(also) },
	{ 0 },
};
static const struct dcf_cli_option messages_options[] = {
	WHERE,
	PEER,
	{ "--open", 0, NULL, "only what somebody still has to do something about", dcf_take_flag, AT(open_only) },
	{ "--overdue", 0, NULL, "only what is overdue", dcf_take_flag, AT(overdue_only) },
	{ 0 },
};
static const struct dcf_cli_option pin_options[] = {
	WHERE,
	{ "--url", 0, "URL", "where its node listens for us, https://HOST:PORT; without it, only it calls us", dcf_take_text,
	  AT(url) },
	{ "--url2", 0, "URL", "a second way, for when the first fails", dcf_take_text, AT(url2) },
	{ "--yes", 'y', NULL, "pin without asking", dcf_take_flag, AT(yes) },
	{ 0 },
};
static const struct dcf_cli_option unpin_options[] = {
	WHERE,
	{ "--yes", 'y', NULL, "unpin without asking", dcf_take_flag, AT(yes) },
	{ 0 },
};
static const struct dcf_cli_option print_options[] = {
	WHERE,
	PEER,
	{ "--as", 0, "FORM", "note (as it was signed, the default), page (one page of text) or html", take_as, AT(as) },
	{ "--lang", 0, "CODE", "a language beside English: ru or ar (their phrases are unreviewed)", dcf_take_text, AT(lang) },
	{ "--output", 'o', "FILE", "write it there", dcf_take_text, AT(out) },
	{ 0 },
};
static const struct dcf_cli_option export_options[] = {
	WHERE,
	{ "--first", 0, "N", "begin with our message N (default: with the first that the other side may lack)", dcf_take_count,
	  AT(first) },
	{ "--output", 'o', "FILE", "write it there (default: standard output)", dcf_take_text, AT(out) },
	{ 0 },
};
static const struct dcf_cli_option file_options[] = { WHERE, { 0 } };

/* --- actions ------------------------------------------------------------------------------------------ */

static const struct dcf_line_action actions[] = {
	/* looking */
	{ { "line status", NULL, "[PARTY]", "how the line to each peer is, what is open and who rings", file_options },
	  0,
	  1,
	  dcf_line_status,
	  NULL,
	  NULL,
	  false },
	{ { "line check", NULL, "[PARTY]", "is all well?  The daily look: path, clocks, agreement, what is overdue",
	    file_options },
	  0,
	  1,
	  dcf_line_check,
	  NULL,
	  NULL,
	  false },
	{ { "line fingerprint", NULL, "", "this side's key, to be given to the other by another way", file_options },
	  0,
	  0,
	  dcf_line_fingerprint,
	  NULL,
	  NULL,
	  false },
	{ { "line messages", NULL, "[OPTIONS]", "what is talked about, newest first", messages_options },
	  0,
	  0,
	  dcf_line_messages,
	  NULL,
	  NULL,
	  false },
	{ { "line show", NULL, "ID", "one object: state, messages, what differs, what of ours is inside", plain_options },
	  1,
	  1,
	  dcf_line_show,
	  NULL,
	  NULL,
	  false },
	{ { "line missed", NULL, "[PARTY]", "what went one way while the line was suspended", file_options },
	  0,
	  1,
	  dcf_line_missed,
	  NULL,
	  NULL,
	  false },
	/* notices */
	{ { "line notify", NULL, "OPERATION --to PARTY", "tell the other side of a declared operation", notify_options },
	  1,
	  1,
	  dcf_line_act,
	  "notification",
	  "notify",
	  true },
	{ { "line readback", NULL, "ID [WORDS]", "read a notice back by its check-words", readback_options },
	  1,
	  5,
	  dcf_line_read_back,
	  "notification",
	  "read_back",
	  false },
	{ { "line ack", NULL, "ID", "acknowledge: received and understood, nothing more", act_options },
	  1,
	  1,
	  dcf_line_act,
	  "notification",
	  "acknowledge",
	  true },
	{ { "line challenge", NULL, "ID --reason CODE", "object to a notice, or to how it was understood", challenge_options },
	  1,
	  1,
	  dcf_line_act,
	  "notification",
	  "challenge",
	  true },
	{ { "line clarify", NULL, "ID [--text TEXT]", "answer a challenge to a notice of ours", text_options },
	  1,
	  1,
	  dcf_line_act,
	  "notification",
	  "clarify",
	  true },
	{ { "line disseminate", NULL, "ID TO...", "say that it reached our own controllers", act_options },
	  2,
	  16,
	  dcf_line_act,
	  "notification",
	  "disseminate",
	  true },
	{ { "line withdraw", NULL, "ID", "take a notice or a question of ours back", act_options },
	  1,
	  1,
	  dcf_line_act,
	  NULL,
	  "withdraw",
	  true },
	{ { "line resend", NULL, "ID", "send a notice again that was REFUSED or UNDELIVERED", act_options },
	  1,
	  1,
	  dcf_line_act,
	  "notification",
	  "resend",
	  true },
	/* cease */
	{ { "line cease", NULL, "ID | --area POSITION --to PARTY",
	    "ask the other side to cease, at once: FLASH, nothing is asked", cease_options },
	  0,
	  1,
	  dcf_line_act,
	  "cease",
	  "cease",
	  false },
	{ { "line execute", NULL, "ID", "we are ceasing", act_options }, 1, 1, dcf_line_act, "cease", "execute", false },
	{ { "line decline", NULL, "ID --reason TEXT", "we do not cease, and why", decline_options },
	  1,
	  1,
	  dcf_line_act,
	  "cease",
	  "decline",
	  true },
	{ { "line stopped", NULL, "ID", "it has stopped", act_options }, 1, 1, dcf_line_act, "cease", "stopped", false },
	/* questions */
	{ { "line ask", NULL, "ABOUT --to PARTY", "ask for clarification: area, notice, track, incident or other",
	    ask_options },
	  1,
	  1,
	  dcf_line_act,
	  "clarification",
	  "ask",
	  true },
	{ { "line answer", NULL, "ID [ANSWER]",
	    "answer a question (OURS, NOT_OURS, NOT_KNOWN, NO_COMMENT, SEE_ATTACHED), or a call that rings", text_options },
	  1,
	  2,
	  dcf_line_act,
	  NULL,
	  "answer",
	  true },
	{ { "line accept", NULL, "ID", "an answer is enough", act_options },
	  1,
	  1,
	  dcf_line_act,
	  "clarification",
	  "accept",
	  true },
	{ { "line reask", NULL, "ID [--text TEXT]", "an answer is not enough", text_options },
	  1,
	  1,
	  dcf_line_act,
	  "clarification",
	  "re_ask",
	  true },
	/* calls */
	{ { "line call", NULL, "--to PARTY", "agree on a call", call_options }, 0, 0, dcf_line_act, "call", "call", true },
	{ { "line ring", NULL, "ID", "the call rings", act_options }, 1, 1, dcf_line_act, "call", "ring", false },
	{ { "line hold", NULL, "ID", "the call is on hold", act_options }, 1, 1, dcf_line_act, "call", "hold", false },
	{ { "line resume", NULL, "ID", "the call goes on", act_options }, 1, 1, dcf_line_act, "call", "resume", false },
	{ { "line giveup", NULL, "ID", "nobody answers", act_options }, 1, 1, dcf_line_act, "call", "give_up", false },
	{ { "line end", NULL, "ID", "the call is over", act_options }, 1, 1, dcf_line_act, "call", "end", false },
	{ { "line readout", NULL, "ID KIND:TEXT...",
	    "our account of a call: agreed:, noted:, differed: or to_follow:", text_options },
	  2,
	  40,
	  dcf_line_act,
	  "call",
	  "readout",
	  true },
	/* incidents */
	{ { "line incident", NULL, "TYPE --to PARTY",
	    "report an incident: separation, dwell, late_notice, no_acknowledgement ...", report_options },
	  1,
	  1,
	  dcf_line_act,
	  "incident",
	  "report",
	  true },
	{ { "line evidence", NULL, "ID --text TEXT", "add evidence", text_options },
	  1,
	  1,
	  dcf_line_act,
	  "incident",
	  "evidence",
	  true },
	{ { "line classify", NULL, "ID CLASS", "say what it was, in our view", text_options },
	  2,
	  2,
	  dcf_line_act,
	  "incident",
	  "classify",
	  true },
	{ { "line review", NULL, "ID", "it was reviewed together", text_options },
	  1,
	  1,
	  dcf_line_act,
	  "incident",
	  "review",
	  true },
	{ { "line close", NULL, "ID", "close a reviewed incident", text_options },
	  1,
	  1,
	  dcf_line_act,
	  "incident",
	  "close",
	  true },
	/* the line itself */
	{ { "line suspend", NULL, "PARTY [OPTIONS]", "suspend the line; FLASH, cease, line checks and incidents go on",
	    suspend_options },
	  1,
	  1,
	  dcf_line_act,
	  "line",
	  "suspend",
	  true },
	{ { "line resume-line", NULL, "PARTY", "resume it, after a look at what each side missed", suspend_options },
	  1,
	  1,
	  dcf_line_act,
	  "line",
	  "resume",
	  true },
	{ { "line close-line", NULL, "PARTY", "close it for good", suspend_options },
	  1,
	  1,
	  dcf_line_act,
	  "line",
	  "close",
	  true },
	/* peers and files */
	{ { "line pin", NULL, "PARTY FINGERPRINT [--url URL]", "trust the other side's key, compared by another way",
	    pin_options },
	  2,
	  40,
	  dcf_line_pin,
	  NULL,
	  NULL,
	  false },
	{ { "line unpin", NULL, "PARTY", "trust it no longer: nothing is taken or sent any more", unpin_options },
	  1,
	  1,
	  dcf_line_unpin,
	  NULL,
	  NULL,
	  false },
	{ { "line print", NULL, "PARTY in|out N", "a message as it was signed, or on one page", print_options },
	  3,
	  3,
	  dcf_line_print,
	  NULL,
	  NULL,
	  false },
	{ { "line export", NULL, "PARTY [-o FILE]", "our messages as a file, for where there is no network", export_options },
	  1,
	  1,
	  dcf_line_export,
	  NULL,
	  NULL,
	  false },
	{ { "line import", NULL, "PARTY FILE", "take such a file from the other side, in any order, any number of times",
	    file_options },
	  2,
	  2,
	  dcf_line_import,
	  NULL,
	  NULL,
	  false },
};

enum { ACTIONS = sizeof actions / sizeof *actions };

static const char *name_of(const struct dcf_line_action *a)
{
	return strchr(a->command.name, ' ') + 1;
}

static const struct dcf_line_action *find(const char *name)
{
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(name_of(&actions[i]), name) == 0)
			return &actions[i];
	return NULL;
}

static int show_help(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	enum dcf_status s;

	dcf_buf_z(
		&out,
		"Usage: deconflict line ACTION ... [OPTIONS]\n"
		"       deconflict line explain ACTION ...   why it would go or not; nothing is sent (or --explain behind it)\n\n"
		"Talks to the other side of the line by way of a running node.  Nothing said here is permission: an\n"
		"acknowledgement means received and understood.\n\nActions:\n");
	for (size_t i = 0; i < ACTIONS; i++) {
		const struct dcf_command *c = &actions[i].command;

		dcf_buf_z(&out, "  ");
		dcf_buf_z(&out, name_of(&actions[i]));
		dcf_buf_char(&out, ' ');
		dcf_buf_z(&out, c->synopsis);
		dcf_buf_z(&out, "\n      ");
		dcf_buf_z(&out, c->summary);
		dcf_buf_char(&out, '\n');
	}
	dcf_buf_z(&out,
		  "\n'deconflict line ACTION --help' lists its options.\n"
		  "Exit status: 0 done, 1 done but look at it (words differ, something is overdue or refused), 2 bad usage or\n"
		  "refused by the node, 3 the node cannot be reached or cannot do its work.\n");
	s = dcf_output_standard(&out);
	dcf_buf_free(&out);
	return s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
}

static int run(const struct dcf_line_action *action, struct dcf_line_args *args)
{
	struct dcf_node_client *c = NULL;
	int status;

	args->where.role = args->role;
	status = dcf_node_client_open(&args->where, action->command.name, &c);
	if (status == DCF_EXIT_OK)
		status = action->run(action, c, args);
	dcf_node_client_close(c);
	return status;
}

int dcf_cmd_line(int argc, char **argv)
{
	struct dcf_line_args args = { .radius_m = 5000, .length_us = INT64_C(3600) * 1000000 };
	const struct dcf_line_action *action;
	int status;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return show_help();
	args.explain = argc > 1 && strcmp(argv[1], "explain") == 0;
	argc -= args.explain;
	argv += args.explain;
	action = argc > 1 ? find(argv[1]) : NULL;
	if (!action || (args.explain && !action->verb)) {
		dcf_complain("line: %s%s%s; 'deconflict help line' lists the actions",
			     argc > 1 ? "no action '" : "no action given", argc > 1 ? argv[1] : "",
			     argc > 1 ? args.explain && action ? "' that sends anything" : "'" : "");
		return DCF_EXIT_BAD;
	}
	if (!dcf_options_read(&action->command, argc - 1, argv + 1, &args, &args.operands, &status))
		return status;
	args.operand = argv + 2;
	if (args.operands < action->least || args.operands > action->most) {
		dcf_complain("%s: %s", action->command.name,
			     args.operands < action->least ? "an argument is missing" : "an argument too many");
		dcf_complain("usage: deconflict %s %s", action->command.name, action->command.synopsis);
		return DCF_EXIT_BAD;
	}
	return run(action, &args);
}
