/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - how fast do messages get from one node's record into the other's, and what do many links cost?
 *
 *   two sides    in this process, over loopback TLS, each with a record on disk of its own: so many notices a second for some
 * seconds; one way is from asking that a notice be sent until it is durable in the other record many links   a node of our own
 * (`deconflict serve`) with so many peers, both ways open to each; they are in this process */
#ifndef DCF_BENCH_LINE_H
#define DCF_BENCH_LINE_H

#include "base/buf.h"
#include "base/json_writer.h"
#include "base/status.h"
#include <stdint.h>

struct dcf_line_report {
	unsigned rate, seconds;
	uint64_t sent, received;         /* notices asked for; those that came, all of them in order */
	double took_s;                   /* from the first until the last one had come */
	double sync_p50_us, sync_p99_us; /* of 4 KiB on the same disk */
	double own_p50_us, own_p99_us;   /* until it is durable in the sender's own record */
	double way_p50_us, way_p99_us, way_most_us;
	double cpu_us;  /* of both sides together, for one notice */
	unsigned links; /* 0: not measured */
	uint64_t alone_bytes,
		linked_bytes; /* memory of the node without a peer, and with all of them up and notices exchanged */
};

DCF_CHECKED enum dcf_status dcf_line_two(struct dcf_line_report *r);
DCF_CHECKED enum dcf_status dcf_line_many(struct dcf_line_report *r);

void dcf_line_json(const struct dcf_line_report *r, struct dcf_json *j);
void dcf_line_text(const struct dcf_line_report *r, struct dcf_buf *out);

#endif
