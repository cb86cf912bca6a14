/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - bytes into a plan: every kind of input that a command takes.
 *
 * The kind is found from the bytes, never from the name: gzip is unpacked, then it is an operations
 * file (GeoJSON), a GeoJSON text sequence (RFC 8142, or one feature a line), F3548-21 JSON, or state
 * vectors (CSV with a header).  FORMAT.md section 1 is what is read.
 *
 * Limits, so that no input takes unbounded memory: nesting DCF_READ_DEPTH; one feature, one other member of a
 * collection or one F3548 document of an array DCF_READ_RECORD_MAX bytes; one CSV row 1 MiB; the members of one
 * collection beside its features together the same; DCF_READ_ROWS_MAX state vectors; DCF_READ_REFUSED_MAX
 * refused features, DCF_READ_TALLY_MAX refused rows and broken records, after which the input is refused as a whole.  The
 * number of features is bounded by memory alone.  They hold for the unpacked bytes.
 *
 * A broken row of state vectors, and a broken record of a sequence, are refused by themselves, and the next one is read: a
 * record of RFC 8142 ends before the next record separator, one of a feature a line with its line.  Of refusals of one kind
 * DCF_READ_LISTED_MAX are remarks of their own; one more remark then tells how many others there are.
 *
 * No global state: different plans may be read on different threads at once. */
#ifndef DCF_FORMAT_READ_H
#define DCF_FORMAT_READ_H

#include "core/plan.h"

enum { DCF_READ_DEPTH = 64, DCF_READ_REFUSED_MAX = 100000, DCF_READ_TALLY_MAX = 10000000, DCF_READ_LISTED_MAX = 100 };
#define DCF_READ_RECORD_MAX ((size_t)64 << 20)
#define DCF_READ_ROWS_MAX   ((size_t)1 << 30)

/* Where bytes come from: a file, standard input, a request's body, a test. */
struct dcf_source {
	/* Up to `n` bytes into `to`: how many, 0 at the end; on an I/O error -errno, or -1 when no cause is known. */
	int64_t (*read)(void *ctx, void *to, size_t n);
	void *ctx;
};

struct dcf_read_options {
	struct dcf_span name;  /* the file's name as it is shown in `where` of features and remarks */
	struct dcf_span party; /* --party: "", "callsign:3" or "column:NAME" for state vectors, a NAME for F3548 */
};

/* Read one input to its end and add what it declares to `plan` (initialised; may hold other files' already).
 *
 * DCF_OK: read to the end.  Features that are refused are remarks in the plan (`refused`, one a reason,
 *   same `where`), what is doubtful is a remark too; the other features are in.
 * DCF_E_SYNTAX, DCF_E_IO, DCF_E_LIMIT: cannot be read to its end or is none of the formats: the plan gets one
 *   remark (`refused`; `where` = name with line, byte or JSON pointer; `text` = what was found and what was
 *   expected) and nothing else of this input: parties, operations and features are as they were before.
 * DCF_E_NOMEM: memory ran out; the plan is as it was before, without a remark.
 *
 * `options` and `source` are borrowed for the call.  Memory comes from the plan's allocator, but for what
 * simdjson and zlib take for themselves. */
DCF_CHECKED enum dcf_status dcf_read_plan(struct dcf_plan *plan, const struct dcf_read_options *options,
					  const struct dcf_source *source);

/* What can only be judged when every file is in: call once, after the last dcf_read_plan.  Adds warnings
 * for features whose position looks as if latitude and longitude were swapped, flight levels below the
 * published transition level, bands of two references whose lower limit is above the upper one whatever the
 * atmosphere, and agreements' names that are no party of the plan. */
DCF_CHECKED enum dcf_status dcf_read_finish(struct dcf_plan *plan);

#endif
