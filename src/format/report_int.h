/* SPDX-License-Identifier: Apache-2.0 */
/* report_int.h - what the parts of the HTML report share.  Internal to report_*.c. */
#ifndef DCF_FORMAT_REPORT_INT_H
#define DCF_FORMAT_REPORT_INT_H

#include "core/altitude.h"
#include "format/options_answer.h"
#include "format/outline.h"
#include "format/report_html.h"
#include "format/result_json.h"

/* Budgets in bytes: a part stops taking more when it has written this much. */
enum {
	DCF_REPORT_CONFLICTS = 250000,
	DCF_REPORT_MAP_SHAPES = 260000,
	DCF_REPORT_BASEMAP = 110000,
	DCF_REPORT_CHART = 110000,
	DCF_REPORT_LIST = 45000,
	DCF_REPORT_WAYS = 120000,
	DCF_REPORT_AFTER = 90000,
	DCF_REPORT_PATTERNS = 6 /* parties are told apart by this many dashes and colours, then they repeat */
};

/* How an operation stands: lower comes first in every part. */
enum dcf_report_standing { DCF_IN_CONFLICT, DCF_IN_BREACH, DCF_IN_OTHER_PAIR, DCF_IN_NOTHING };

struct dcf_report_operation {
	int64_t start_us, end_us; /* hull of its features; start > end for none */
	size_t first_feature;     /* in feature_order */
	uint8_t standing;
	const struct dcf_moved *after; /* how it is drawn after the changes; NULL: as declared */
};

/* A pair's number is its place in the lists of the JSON answer, one after the other, from 1; so numbers
 * stay true when a page leaves some out. */
struct dcf_report_pair {
	const struct dcf_conflict *conflict;
	size_t number;
};

struct dcf_report {
	const struct dcf_plan *plan;
	const struct dcf_result *result; /* may be NULL */
	const struct dcf_report_options *options;
	struct dcf_buf *out;
	struct dcf_counts counts;
	struct dcf_offsets offsets;
	struct dcf_report_operation *operations; /* one each of the plan's */
	uint32_t *order;               /* operations as they are shown: by standing, party, start, id; without features last */
	size_t operation_count;        /* those with features: others take no part, or are not to be known of */
	uint32_t *feature_order;       /* features by operation */
	struct dcf_report_pair *shown; /* the pairs that have a row; in the order of the lists */
	size_t shown_count;            /* grows while the tables are written; those of the first list come first */
	size_t shown_conflicts;        /* how many of them are of the first list */
};

/* "pK", K the pattern of a party. */
void dcf_report_party_class(struct dcf_report *r, uint32_t party);
/* "20 Sep 2015 07:24:43Z"; without the date when it is that of `same_day_us` (DCF_TIME_NONE: always). */
void dcf_report_time(struct dcf_buf *out, int64_t time_us, int64_t same_day_us);
/* The same for the end of something, rounded up. */
void dcf_report_end(struct dcf_buf *out, int64_t time_us, int64_t same_day_us);
/* "20 Sep 2015", "07:24" or "07:24:43.7" */
void dcf_report_date(struct dcf_buf *out, int64_t time_us);
void dcf_report_clock(struct dcf_buf *out, int64_t time_us, bool seconds);
/* "5 min 46 s", "3 h" */
void dcf_report_duration(struct dcf_buf *out, int64_t us);
/* "36.2500 N 40.6000 E" */
void dcf_report_position(struct dcf_buf *out, struct dcf_latlon p);
/* Whole and thousands separated by thin spaces: "12 345". */
void dcf_report_count(struct dcf_buf *out, size_t n);
/* The altitudes of a feature within [start, end], as declared, escaped. */
void dcf_report_altitudes(struct dcf_report *r, const struct dcf_feature *f, int64_t start_us, int64_t end_us);
/* Mean sea level band of a feature within [start, end], outward; DCF_ALT_MIN and DCF_ALT_MAX for the
 * ground and unlimited. */
void dcf_report_band(const struct dcf_report *r, const struct dcf_feature *f, int64_t start_us, int64_t end_us, int64_t *low_e4,
		     int64_t *high_e4);

DCF_CHECKED enum dcf_status dcf_report_map(struct dcf_report *r);
void dcf_report_timeline(struct dcf_report *r);
void dcf_report_profile(struct dcf_report *r);
/* Breaches, other pairs, refusals, warnings, what was assumed. */
void dcf_report_lists(struct dcf_report *r);
void dcf_report_conflicts(struct dcf_report *r);
/* Ways out (report_ways.c): which changes are drawn, set in `operations`, before anything is written; their list. */
void dcf_report_choose_after(struct dcf_report *r);
void dcf_report_ways(struct dcf_report *r);
/* Hull of the windows of an operation after its change. */
void dcf_report_after_window(const struct dcf_moved *m, int64_t *start_us, int64_t *end_us);

extern const char *const dcf_report_style[]; /* ends with NULL */
extern const char dcf_report_script[];

#endif
