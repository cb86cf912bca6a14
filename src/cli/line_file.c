/* SPDX-License-Identifier: Apache-2.0 */
/* line_file.c - peers are pinned; messages as they were signed; files for where there is no network. */
#include "cli/line.h"
#include "node/line_key.h"
#include "node/read_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MOST = 8 * 1024 * 1024 }; /* as the node takes and gives */

static const struct dcf_span NO_BODY = { NULL, 0 };

/* --- pinning ------------------------------------------------------------------------------------------- */

/* The fingerprint in groups over several operands. */
static bool join(const struct dcf_line_args *args, struct dcf_buf *out)
{
	for (int i = 1; i < args->operands; i++) {
		if (i > 1)
			dcf_buf_char(out, ' ');
		dcf_buf_z(out, args->operand[i]);
	}
	return !out->failed;
}

static bool may_pin(const struct dcf_line_args *args, const struct dcf_public_key *key)
{
	char digits[DCF_LINE_DIGITS], question[512];

	if (args->yes)
		return true;
	dcf_line_key_digits(key, digits);
	(void)snprintf(question, sizeof question,
		       "From now on whoever has this key speaks for %.80s:\n  %s\nDid you compare it with them by another way "
		       "than the network? [y/N] ",
		       args->operand[0], digits);
	if (!dcf_line_is_terminal()) {
		dcf_complain("line pin: nobody is there to be asked: say --yes once the fingerprint was compared");
		return false;
	}
	return dcf_line_yes(question);
}

static int put_peer(struct dcf_node_client *c, const struct dcf_line_args *args, struct dcf_span fingerprint)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf body = { .from = &heap }, path = { .from = &heap }, text = { .from = &heap };
	struct dcf_json j = { .out = &body };
	struct dcf_node_reply r = { 0 };
	int status;

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "fingerprint");
	dcf_json_string(&j, fingerprint);
	if (args->url) {
		dcf_json_key(&j, "url");
		dcf_json_z(&j, args->url);
	}
	if (args->url2) {
		dcf_json_key(&j, "url2");
		dcf_json_z(&j, args->url2);
	}
	dcf_json_end(&j, '}');
	dcf_buf_z(&path, "/v1/line/peers/");
	dcf_put_escaped(&path, dcf_span_of(args->operand[0]));
	dcf_buf_char(&path, '\0');
	status =
		body.failed || path.failed ? DCF_EXIT_FAILED : dcf_node_ask(c, "PUT", path.p, dcf_buf_as_span(&body), NULL, &r);
	if (status == DCF_EXIT_OK) {
		dcf_put_shown(&text, dcf_span_of(args->operand[0]));
		dcf_buf_z(&text, " is pinned.  It pins ours too ('deconflict line fingerprint'); then 'deconflict line check' "
				 "says whether all is well.\n");
		status = dcf_line_output(args, &r, &text);
	}
	dcf_node_reply_free(&r);
	dcf_buf_free(&body);
	dcf_buf_free(&path);
	dcf_buf_free(&text);
	return status;
}

int dcf_line_pin(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf typed = { .from = &heap };
	struct dcf_public_key key;
	const char *why = "out of memory";
	int status = DCF_EXIT_BAD;

	if (!join(args, &typed) || dcf_line_key_read(dcf_buf_as_span(&typed), &key, &why) != DCF_OK)
		dcf_complain("%s: the fingerprint: %s", action->command.name, why);
	else if (may_pin(args, &key))
		status = put_peer(c, args, dcf_buf_as_span(&typed));
	else
		dcf_complain("%s: nothing was pinned", action->command.name);
	dcf_buf_free(&typed);
	return status;
}

int dcf_line_unpin(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf path = { .from = &heap }, text = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	int status = DCF_EXIT_BAD;

	dcf_buf_z(&path, "/v1/line/peers/");
	dcf_put_escaped(&path, dcf_span_of(args->operand[0]));
	dcf_buf_char(&path, '\0');
	if (!args->yes && !dcf_line_is_terminal())
		dcf_complain("%s: nobody is there to be asked: say --yes", action->command.name);
	else if (args->yes || dcf_line_yes("Nothing will be taken from this peer or sent to it any more.  Unpin it? [y/N] "))
		status = path.failed ? DCF_EXIT_FAILED : dcf_node_ask(c, "DELETE", path.p, NO_BODY, NULL, &r);
	if (status == DCF_EXIT_OK) {
		dcf_buf_z(&text, "Unpinned.\n");
		status = dcf_line_output(args, &r, &text);
	}
	dcf_node_reply_free(&r);
	dcf_buf_free(&path);
	dcf_buf_free(&text);
	return status;
}

/* --- messages and files --------------------------------------------------------------------------------- */

static int write_out(const struct dcf_line_args *args, const struct dcf_buf *text)
{
	enum dcf_status s = args->out ? dcf_output_file(args->out, text) : dcf_output_standard(text);

	return s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
}

int dcf_line_print(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf path = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	int status = DCF_EXIT_FAILED;

	(void)action;
	dcf_buf_z(&path, "/v1/line/messages/");
	for (int i = 0; i < 3; i++) {
		if (i)
			dcf_buf_char(&path, '/');
		dcf_put_escaped(&path, dcf_span_of(args->operand[i]));
	}
	dcf_buf_z(&path, "?as=");
	dcf_buf_z(&path, args->as ? args->as : "note");
	if (args->lang) {
		dcf_buf_z(&path, "&lang=");
		dcf_put_escaped(&path, dcf_span_of(args->lang));
	}
	dcf_buf_char(&path, '\0');
	if (!path.failed)
		status = dcf_node_ask(c, "GET", path.p, NO_BODY, NULL, &r);
	if (status == DCF_EXIT_OK)
		status = write_out(args, &r.body);
	dcf_node_reply_free(&r);
	dcf_buf_free(&path);
	return status;
}

/* Where the other side's record ends, by what it said last. */
static int first_lacking(struct dcf_node_client *c, const char *party, uint64_t *first)
{
	struct dcf_node_reply r = { 0 };
	int status = dcf_node_ask(c, "GET", "/v1/line", NO_BODY, NULL, &r);
	struct dcf_jwalk it = dcf_jwalk(status == DCF_EXIT_OK ? dcf_jget(r.root, "peers") : r.root);
	struct dcf_jval peer;

	*first = 1;
	while (status == DCF_EXIT_OK && dcf_jnext(&it, &peer))
		if (dcf_span_eq(dcf_reply_text(peer, "party"), dcf_span_of(party)))
			*first = (uint64_t)dcf_reply_number(dcf_jget(peer, "sent"), "in_their_record", 0) + 1;
	dcf_node_reply_free(&r);
	return status;
}

static void put_export_path(struct dcf_buf *path, const char *party, uint64_t from)
{
	path->len = 0;
	dcf_buf_z(path, "/v1/line/peers/");
	dcf_put_escaped(path, dcf_span_of(party));
	dcf_buf_z(path, "/export?from=");
	dcf_buf_i64(path, (int64_t)from);
	dcf_buf_char(path, '\0');
}

int dcf_line_export(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf path = { .from = &heap }, all = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	uint64_t from = args->first, next = 0;
	int status = from ? DCF_EXIT_OK : first_lacking(c, args->operand[0], &from);

	(void)action;
	while (status == DCF_EXIT_OK) {
		put_export_path(&path, args->operand[0], from);
		status = path.failed ? DCF_EXIT_FAILED : dcf_node_ask(c, "GET", path.p, NO_BODY, NULL, &r);
		if (status != DCF_EXIT_OK)
			break;
		dcf_buf_span(&all, dcf_buf_as_span(&r.body));
		next = strtoull(r.next, NULL, 10);
		/* The node says how far it came: one beyond the last when that was all. */
		if (next <= from || r.body.len < FILE_MOST / 2)
			break;
		from = next;
	}
	if (status == DCF_EXIT_OK)
		status = write_out(args, &all);
	dcf_node_reply_free(&r);
	dcf_buf_free(&path);
	dcf_buf_free(&all);
	return status;
}

static int say_imported(const struct dcf_line_args *args, const struct dcf_node_reply *r, struct dcf_buf *text)
{
	struct dcf_jval refused = dcf_jget(r->root, "refused");
	int status;

	dcf_buf_i64(text, dcf_reply_number(r->root, "messages", 0));
	dcf_buf_z(text, " messages: ");
	dcf_buf_i64(text, dcf_reply_number(r->root, "taken", 0));
	dcf_buf_z(text, " taken, ");
	dcf_buf_i64(text, dcf_reply_number(r->root, "repeated", 0));
	dcf_buf_z(text, " were here already\n");
	if (dcf_jkind(refused) == DCF_J_OBJECT) {
		dcf_buf_z(text, "REFUSED from the ");
		dcf_buf_i64(text, dcf_reply_number(refused, "which", 0) + 1);
		dcf_buf_z(text, ". on: ");
		dcf_put_shown(text, dcf_reply_text(refused, "why"));
		dcf_buf_char(text, '\n');
	}
	status = dcf_line_output(args, r, text);
	return status == DCF_EXIT_OK && dcf_jkind(refused) == DCF_J_OBJECT ? DCF_EXIT_FOUND : status;
}

int dcf_line_import(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf file = { .from = &heap }, path = { .from = &heap }, text = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	struct dcf_node_error err = { 0 };
	bool standard = strcmp(args->operand[1], "-") == 0;
	enum dcf_status s = standard ? dcf_node_read_fd(STDIN_FILENO, "standard input", FILE_MOST, &file, &err)
				     : dcf_node_read_file(args->operand[1], FILE_MOST, &file, &err);
	int status = s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_BAD;

	if (s != DCF_OK)
		dcf_complain("%s: %s", action->command.name, err.text);
	dcf_buf_z(&path, "/v1/line/peers/");
	dcf_put_escaped(&path, dcf_span_of(args->operand[0]));
	dcf_buf_z(&path, "/import");
	dcf_buf_char(&path, '\0');
	if (status == DCF_EXIT_OK)
		status = path.failed ? DCF_EXIT_FAILED
				     : dcf_node_ask(c, "POST", path.p, dcf_buf_as_span(&file), "text/plain", &r);
	if (status == DCF_EXIT_OK)
		status = say_imported(args, &r, &text);
	dcf_node_reply_free(&r);
	dcf_buf_free(&file);
	dcf_buf_free(&path);
	dcf_buf_free(&text);
	return status;
}
