/* SPDX-License-Identifier: Apache-2.0 */
/* result_json.h - the answer of a check: its counts, its notice, and the JSON object of `check --format json`.
 *
 * Everything here only reads its arguments, calls nothing but the buffer's allocator and may run on any
 * number of threads.  The same plan and result give the same bytes on every machine. */
#ifndef DCF_FORMAT_RESULT_JSON_H
#define DCF_FORMAT_RESULT_JSON_H

#include "base/json_writer.h"
#include "core/check.h"
#include "format/since.h"

/* The lists that the pairs of a result fall into.  A pair inside one party is internal whatever its class. */
enum dcf_list { DCF_LIST_CONFLICTS, DCF_LIST_BRIEF, DCF_LIST_ADVISORIES, DCF_LIST_INTERNAL, DCF_LIST_COUNT };

enum dcf_list dcf_list_of(const struct dcf_conflict *c);
/* "conflicts", "brief", "advisories", "internal": the member's name in JSON. */
const char *dcf_list_name(enum dcf_list list);
/* "overlap", "separation", "brief", "advisory". */
const char *dcf_class_name(uint8_t cls);
/* "notice_min", "crossing_notice_min", "no_entry", "ask_first", "contact". */
const char *dcf_breach_name(uint8_t rule);
/* False for ask_first and contact: the agreement asks something of the operation, but nothing is broken
 * yet, so they do not make the exit status 1. */
bool dcf_breach_counts(uint8_t rule);

/* One refusal: those of the remarks `first` .. `end` of a sorted result that have `refused` set. */
struct dcf_refusal {
	size_t first, end;
};
/* The next refusal at or after remark `*at`, which is moved behind it; false when there is none.
 * Start with `*at` 0. */
bool dcf_refusal_next(const struct dcf_result *result, size_t *at, struct dcf_refusal *refusal);

struct dcf_counts {
	size_t operations, features; /* that took part: what was refused is not counted */
	size_t lists[DCF_LIST_COUNT];
	size_t breaches;          /* that make the status 1 */
	size_t asked;             /* ask_first and contact: in the list of breaches, but none */
	size_t refused, warnings; /* refusals (a feature, a row or a file each, listed or only counted), and warnings */
};
struct dcf_counts dcf_result_count(const struct dcf_plan *plan, const struct dcf_result *result);

/* The sentences that stand in every output: no conflict found is not clearance, what was refused, what
 * was assumed and whether it was given.  No line breaks. */
void dcf_put_notice(const struct dcf_plan *plan, const struct dcf_counts *counts, struct dcf_buf *out);

/* What was taken for QNH, geoid and terrain: "QNH 1013.25 hPa (given)". */
void dcf_put_assumed_qnh(const struct dcf_atmosphere *a, struct dcf_buf *out);
void dcf_put_assumed_geoid(const struct dcf_atmosphere *a, struct dcf_buf *out);
void dcf_put_assumed_terrain(const struct dcf_atmosphere *a, struct dcf_buf *out);

/* Put the whole object and a final newline.  `since` may be NULL: then there is no such member.
 * Memory that runs out shows as out->failed. */
void dcf_result_json(const struct dcf_plan *plan, const struct dcf_result *result, const struct dcf_since *since,
		     const char *version, struct dcf_buf *out);

#endif
