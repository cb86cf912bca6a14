/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - how fast is a node?  Declarations, queries, memory, start: asked over HTTP by the load client, which may share the
 * machine with the server.  One sync of the same disk is measured in the same run, since it bounds what is durable. */
#ifndef DCF_BENCH_NODE_H
#define DCF_BENCH_NODE_H

#include "base/json_writer.h"
#include "base/status.h"
#include "bench/load.h"
#include <stdint.h>

/* One kind of request under load. */
struct dcf_node_load {
	struct dcf_load_result client;
	double server_cpu_us; /* of CPU of the server for each; 0 where it is not ours */
};

/* One of the equal parts of a record that grows. */
enum { DCF_NODE_STRETCHES = 10 };
struct dcf_node_stretch {
	uint64_t entries, operations; /* in the record and in the state, ended ones included, at its end */
	struct dcf_load_result declare, get;
	double server_cpu_us;
	uint64_t resident_bytes, file_bytes;
};

struct dcf_node_report {
	bool own_server; /* started here, so that its memory and CPU are known */
	double sync_p50_us, sync_p99_us;
	unsigned connections;
	uint64_t standing; /* operations declared before the loads */
	double fill_s;
	struct dcf_node_load declare_empty, declare, get, conflicts; /* with none standing; with all of them */
	double entries_per_append;                                   /* during `declare` */
	uint64_t resident_bytes, file_bytes;
	double healthy_s, ready_s; /* after a start with everything standing */
	struct dcf_node_stretch stretch[DCF_NODE_STRETCHES];
	size_t stretch_count; /* 0: the record was not grown */
};

struct dcf_bench_options;
struct dcf_bench_report;
struct dcf_server;

/* options->n operations stand.  With options->url the server there is asked, by the token in options->token (a file).  With
 * options->entries the record is grown to so many entries instead, while about options->n operations are in the state. */
DCF_CHECKED enum dcf_status dcf_bench_node(const struct dcf_bench_options *options, struct dcf_bench_report *report);

/* Grow the record in DCF_NODE_STRETCHES parts. */
DCF_CHECKED enum dcf_status dcf_bench_node_long(const struct dcf_server *server, const struct dcf_bench_options *o,
						struct dcf_node_report *r);

/* Members of an open object; lines of text. */
void dcf_node_stretch_text(const struct dcf_node_stretch *s, struct dcf_buf *out);
void dcf_node_json(const struct dcf_node_report *r, struct dcf_json *j);
void dcf_node_text(const struct dcf_node_report *r, struct dcf_buf *out);

#endif
