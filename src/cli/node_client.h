/* SPDX-License-Identifier: Apache-2.0 */
/* node_client.h - commands that ask a running node over its native API. */
#ifndef DCF_CLI_NODE_CLIENT_H
#define DCF_CLI_NODE_CLIENT_H

#include "base/buf.h"
#include "format/json.h"

/* How the node is reached: as options say; what is NULL is found out.
 *     node    the node's address: DECONFLICT_NODE, then the file `url` in the data folder, then http://127.0.0.1:8080
 *     token   a file with a token: DECONFLICT_TOKEN names one too
 *     data    the node's data folder: a token of five minutes is minted with its key where no token is given
 *     ca      a file of certificates to trust for https instead of the system's */
struct dcf_node_where {
	const char *node, *token, *data, *ca;
	const char *role; /* of a minted token; may be NULL */
};

struct dcf_node_client;

/* An enum dcf_exit; a message beginning with `who` when that is not DCF_EXIT_OK.  Tokens that are minted have the scopes of the
 * line, of reading and of an administrator.  Close it in any case. */
int dcf_node_client_open(const struct dcf_node_where *where, const char *who, struct dcf_node_client **out);
void dcf_node_client_close(struct dcf_node_client *c);

/* A reply.  Zero-initialise; dcf_node_reply_free. */
struct dcf_node_reply {
	unsigned status;
	struct dcf_buf body;
	char next[24];        /* header Deconflict-Next; "" without */
	struct dcf_jdoc doc;  /* the body, where it is JSON: */
	struct dcf_jval root; /* no value otherwise */
};
void dcf_node_reply_free(struct dcf_node_reply *r);

/* Ask; `body` may be absent; `type` is its media type (NULL: application/json).  DCF_EXIT_OK for a reply of 2xx.  Otherwise a
 * message with what the node says and what can be done: DCF_EXIT_BAD for what the node refuses, DCF_EXIT_FAILED where it cannot
 * be reached or cannot do its work.  The reply is there in any case that one came. */
int dcf_node_ask(struct dcf_node_client *c, const char *method, const char *path, struct dcf_span body, const char *type,
		 struct dcf_node_reply *reply);

/* A segment of a path or a value of a query, percent-encoded. */
void dcf_put_escaped(struct dcf_buf *out, struct dcf_span s);

/* A member's text, "" where there is none; its number, `other` where there is none. */
struct dcf_span dcf_reply_text(struct dcf_jval object, const char *name);
int64_t dcf_reply_number(struct dcf_jval object, const char *name, int64_t other);
bool dcf_reply_true(struct dcf_jval object, const char *name);

#endif
