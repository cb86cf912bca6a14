/* SPDX-License-Identifier: Apache-2.0 */
/* options_answer.h - what `options` answers, in one shape for text, JSON and the report: a list of options, and what has
 * none.  A whole plan (`--all`) is a list with one option for each operation that moves. */
#ifndef DCF_FORMAT_OPTIONS_ANSWER_H
#define DCF_FORMAT_OPTIONS_ANSWER_H

#include "base/buf.h"
#include "options/options.h"
#include "options/whole.h"

/* Everything is borrowed. */
struct dcf_options_answer {
	const struct dcf_plan *plan;
	const struct dcf_result *check; /* of the same plan */
	const struct dcf_option *options;
	size_t option_count;
	const struct dcf_conflict_options *conflicts; /* which options are for which conflict, by `order`, unless whole */
	size_t conflict_count;
	const uint32_t *order;
	const struct dcf_unresolved *unresolved;
	size_t unresolved_count;
	bool stopped;                         /* time was up */
	const struct dcf_whole_result *whole; /* NULL unless it is a whole plan */
	uint64_t seed;                        /* of a whole plan */
};

struct dcf_options_answer dcf_answer_of_options(const struct dcf_plan *plan, const struct dcf_result *check,
						const struct dcf_options_result *found);

/* Are the margins of its options known?  Always, but for a whole plan that has none (see struct dcf_whole_result). */
static inline bool dcf_answer_has_margins(const struct dcf_options_answer *answer)
{
	return !answer->whole || answer->whole->margin;
}

/* Makes the options in `arena`: what each moved operation resolves is every conflict of it that `whole` does not name
 * as left.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_answer_of_whole(const struct dcf_plan *plan, const struct dcf_result *check,
						const struct dcf_whole_result *whole, uint64_t seed, struct dcf_arena *arena,
						struct dcf_options_answer *out);

/* The sentences that stand in every output of options: what an option is and is not, what was refused and assumed. */
void dcf_put_options_notice(const struct dcf_options_answer *answer, struct dcf_buf *out);

/* The first of them: what an option is and is not. */
void dcf_put_options_promise(const struct dcf_options_answer *answer, struct dcf_buf *out);

/* One option as a planner reads it aloud, as plain text: "US-B1-01 at FL240 instead of FL290". */
void dcf_put_option_words(struct dcf_buf *out, const struct dcf_plan *plan, const struct dcf_option *option);
/* The name of an operation: its id, or PARTY/ID where another party uses that id too. */
void dcf_put_operation_name(struct dcf_buf *out, const struct dcf_plan *plan, uint32_t operation);
/* The party whose id comes next after that of `last`, by bytes as unsigned numbers; DCF_NONE: the first of all, and what comes
 * after the last.  Every call looks at all parties. */
uint32_t dcf_next_party(const struct dcf_plan *plan, uint32_t last);
/* The kind of one change of an option. */
uint8_t dcf_change_kind(const struct dcf_change *c);

#endif
