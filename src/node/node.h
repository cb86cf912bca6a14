/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - a node, from start to end: keys, record, state, server.
 *
 *   START   listens at once (/healthy answers within a second) and loads the state behind it; /ready is 200 then
 *   HUP     reads token keys and certificates again
 *   END     refuses new work, answers what is in hand, writes a snapshot, closes the record */
#ifndef DCF_NODE_NODE_H
#define DCF_NODE_NODE_H

#include "node/clock.h"
#include "node/config.h"
#include "node/error.h"

struct dcf_node;
struct dcf_api;
struct dcf_line_agent;

/* Start with a configuration that was loaded (borrowed until dcf_node_stop).  Makes the data folder and its keys when they are
 * not there.  On failure nothing is left running.  The first start of a folder puts what the operator needs to know on `hello`
 * (may be NULL): how to use the administrator's token. */
DCF_CHECKED enum dcf_status dcf_node_start(const struct dcf_config *config, const char *version, struct dcf_buf *hello,
					   struct dcf_node **out, struct dcf_node_error *err);
/* What a rehearsal does otherwise: two nodes in one process, whose wall clock is turned by hand. */
struct dcf_node_setting {
	struct dcf_clock clock;
	bool stepped; /* what the node does by itself for its line waits for dcf_line_agent_poke, not for time */
	int log_fd;   /* borrowed */
	void (*wire)(void *ctx, bool sent, struct dcf_span frame); /* see line_link.h; may be NULL */
	void *wire_ctx;
};
DCF_CHECKED enum dcf_status dcf_node_start_as(const struct dcf_config *config, const char *version, struct dcf_buf *hello,
					      const struct dcf_node_setting *setting, struct dcf_node **out,
					      struct dcf_node_error *err);
/* Its inside, once it is loaded: for a rehearsal, which acts for people of both sides.  The agent is NULL without a line. */
struct dcf_api *dcf_node_api(struct dcf_node *node);
struct dcf_line_agent *dcf_node_line_agent(struct dcf_node *node);
/* Wait until the state is loaded: DCF_OK, or why it could not be.  Returns DCF_E_BUSY after `wait_ms`. */
DCF_CHECKED enum dcf_status dcf_node_wait(struct dcf_node *node, unsigned wait_ms, struct dcf_node_error *err);
/* Keys, certificates again. */
DCF_CHECKED enum dcf_status dcf_node_reload(struct dcf_node *node, struct dcf_node_error *err);
/* The port it listens on. */
uint16_t dcf_node_port(const struct dcf_node *node);
/* End; requests in hand have config.server.drain_us. */
void dcf_node_stop(struct dcf_node *node);

#endif
