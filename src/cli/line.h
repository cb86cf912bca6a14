/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - what the actions of `deconflict line` share.
 *
 *     line.c        the table of actions, their options and help
 *     line_act.c    whatever is said to the other side: shown, asked, sent
 *     line_say.c    the bodies of messages, from options
 *     line_show.c   status, checks, lists
 *     line_object.c one object
 *     line_file.c   peers, signed messages, files */
#ifndef DCF_CLI_LINE_H
#define DCF_CLI_LINE_H

#include "base/json_writer.h"
#include "cli/cli.h"
#include "cli/node_client.h"

/* Options of all actions; each names in its table those it takes. */
struct dcf_line_args {
	struct dcf_node_where where;
	bool json, yes, override;
	bool explain; /* `line explain ...`: say why it would go or not, and send nothing */
	const char *to, *role, *precedence, *id, *text, *note, *reason, *ref, *area, *from, *at, *heard, *also, *url, *url2;
	double radius_m;
	int64_t length_us;
	uint64_t first; /* --from N of export */
	bool open_only, overdue_only;
	const char *out;
	const char *as, *lang;
	char **operand;
	int operands;
};

/* One action.  `machine` NULL: that of the object. */
struct dcf_line_action {
	struct dcf_command command; /* without `run` */
	int least, most;            /* operands */
	int (*run)(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args);
	const char *machine, *verb;
	bool asks; /* before it sends: not for what counts seconds */
};

/* Append the members of a message's body that the options say, to an open object; an enum dcf_exit, after a message where an
 * option is not what it should be.  `party` is our own. */
int dcf_line_put_body(const struct dcf_line_action *action, const struct dcf_line_args *args, struct dcf_json *j);
/* Append members beside the body: operation, features, label. */
int dcf_line_put_rest(const struct dcf_line_action *action, const struct dcf_line_args *args, struct dcf_span party,
		      struct dcf_span peer, struct dcf_json *j);

/* Ask on the terminal: does whoever sits there say yes?  And a line of text; false at its end. */
bool dcf_line_yes(const char *question);
bool dcf_line_prompt(const char *question, char *out, size_t cap);
bool dcf_line_is_terminal(void);

/* Put the reply as it came, or what `text` holds, on standard output. */
int dcf_line_output(const struct dcf_line_args *args, const struct dcf_node_reply *reply, struct dcf_buf *text);
/* "2016-09-17T12:55:00Z" as it came, without fractions; "-" for none. */
void dcf_line_put_when(struct dcf_buf *out, struct dcf_jval object, const char *name);
/* Fetch an object: /v1/line/objects/ID?peer=... */
int dcf_line_fetch(struct dcf_node_client *c, const struct dcf_line_args *args, const char *id, const char *options,
		   struct dcf_node_reply *r);
/* "  what            value" */
void dcf_line_put_row(struct dcf_buf *out, const char *what, struct dcf_span value);
void dcf_line_put_number(struct dcf_buf *out, struct dcf_jval object, const char *name);
/* An array of texts with `between` between them. */
void dcf_line_put_texts(struct dcf_buf *out, struct dcf_jval array, const char *between);

#define DCF_LINE_RUN(name) int name(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
DCF_LINE_RUN(dcf_line_act);
DCF_LINE_RUN(dcf_line_read_back);
DCF_LINE_RUN(dcf_line_status);
DCF_LINE_RUN(dcf_line_check);
DCF_LINE_RUN(dcf_line_fingerprint);
DCF_LINE_RUN(dcf_line_messages);
DCF_LINE_RUN(dcf_line_show);
DCF_LINE_RUN(dcf_line_missed);
DCF_LINE_RUN(dcf_line_pin);
DCF_LINE_RUN(dcf_line_unpin);
DCF_LINE_RUN(dcf_line_print);
DCF_LINE_RUN(dcf_line_export);
DCF_LINE_RUN(dcf_line_import);

#endif
