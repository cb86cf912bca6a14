/* SPDX-License-Identifier: Apache-2.0 */
/* rehearsal.h - two real nodes in one process, with a real link between them and a clock that is turned by hand.
 *
 * A script (JSON, see examples/line-*.json) says what people of both sides do and when, and what must then hold.  The clock is
 * set to the next event of the script or to the next time at which either node has something to do, and stands until both are
 * quiet: every message is in both records, no duty is left.  So hours pass in a second and every run prints the same. */
#ifndef DCF_NODE_REHEARSAL_H
#define DCF_NODE_REHEARSAL_H

#include "base/buf.h"
#include "node/error.h"

struct dcf_rehearsal_options {
	const struct dcf_alloc *from;
	const char *name; /* of the script: in errors */
	struct dcf_span script;
	const char *folder; /* where files that the script names are */
	const char *keep;   /* folder for both data folders, kept; NULL: a temporary one, removed at the end */
	const char *version;
	bool json;
	unsigned patience_ms; /* how long both may take to become quiet; 0: 60 s */
	/* Each frame that crossed the wire, for tests that look at every byte; may be NULL.  From the nodes' threads. */
	void (*wire)(void *ctx, bool from_a, struct dcf_span bytes);
	void *ctx;
};

/* Rehearse; the log goes to `out`.  *failed: how many expectations did not hold (0: all did).  DCF_E_SYNTAX: the script is not
 * one. */
DCF_CHECKED enum dcf_status dcf_rehearse(const struct dcf_rehearsal_options *options, struct dcf_buf *out, size_t *failed,
					 struct dcf_node_error *err);

#endif
