/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - `deconflict check`: read, decide, show. */
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/page.h"
#include "cli/parallel.h"
#include "cli/text.h"
#include "core/check.h"
#include "format/report_html.h"
#include "format/result_json.h"

#include <string.h>

struct arguments {
	const char *for_party, *only, *party, *since, *report;
	double lateral_m;
	int64_t vertical_e4, max_dwell_us;
	enum dcf_engine engine;
	unsigned threads;
	bool json;
};

static const char *take_format(const char *value, void *to)
{
	*(bool *)to = strcmp(value, "json") == 0;
	return *(bool *)to || strcmp(value, "text") == 0 ? NULL : "'text' or 'json'";
}

#define AT(member) offsetof(struct arguments, member)
const struct dcf_cli_option dcf_cmd_check_options[] = {
	{ "--for", 0, "PARTY", "also show the pairs inside this party, which nobody else should see", dcf_take_text,
	  AT(for_party) },
	{ "--lateral", 0, "5NM",
	  "least lateral separation between different parties (NM, km, m, ft); where an agreement says "
	  "more, that holds",
	  dcf_take_lateral, AT(lateral_m) },
	{ "--vertical", 0, "1000ft", "least vertical separation (ft, m)", dcf_take_vertical, AT(vertical_e4) },
	{ "--max-dwell", 0, "180s",
	  "list pairs apart that are inside the minima no longer than this, without overlapping (s, min, h)", dcf_take_duration,
	  AT(max_dwell_us) },
	{ "--party", 0, "SPEC", "whose a file without parties is: NAME (F3548), callsign:N or column:NAME (state vectors)",
	  dcf_take_text, AT(party) },
	{ "--only", 0, "OPERATION", "only pairs with this operation: ID or PARTY/ID", dcf_take_text, AT(only) },
	{ "--since", 0, "OLD", "also say what is new, gone and changed since this earlier file", dcf_take_text, AT(since) },
	{ "--engine", 0, "index|brute", "how pairs are found; brute tries every pair and is slow: the answers are the same",
	  dcf_take_engine, AT(engine) },
	{ "--threads", 0, "N", "threads to use; all processors when not given", dcf_take_threads, AT(threads) },
	{ "--format", 0, "text|json", "text for people (the default) or json for programs", take_format, AT(json) },
	{ "--report", 0, "FILE.html", "also write a page with map, timeline and profile to this file", dcf_take_text,
	  AT(report) },
	{ 0 },
};

/* A plan, the options that name things of it, and its answer. */
struct work {
	struct dcf_plan plan;
	struct dcf_check_options options;
	struct dcf_result result;
};

static void work_free(struct work *w)
{
	dcf_result_free(&w->result);
	dcf_plan_free(&w->plan);
}

/* Names on the command line to indices. */
static enum dcf_status resolve(struct work *w, const struct arguments *args)
{
	enum dcf_status s = DCF_OK;

	if (args->for_party)
		s = dcf_name_party(&w->plan, "check: --for", args->for_party, &w->options.for_party);
	if (args->only && s == DCF_OK)
		s = dcf_name_operation(&w->plan, "check: --only", args->only, &w->options.only_operation);
	return s;
}

/* The same party and operation in the earlier plan, where either may be missing.  Returns false when
 * only pairs with one operation are asked for and the earlier plan does not have it. */
static bool resolve_old(struct work *old, const struct work *w)
{
	const struct dcf_plan *plan = &w->plan;
	const struct dcf_operation *op;
	uint32_t party;

	if (w->options.for_party != DCF_NONE)
		old->options.for_party = dcf_plan_find_party(&old->plan, plan->parties[w->options.for_party].id);
	if (w->options.only_operation == DCF_NONE)
		return true;
	op = &plan->operations[w->options.only_operation];
	party = dcf_plan_find_party(&old->plan, plan->parties[op->party].id);
	if (party != DCF_NONE)
		old->options.only_operation = dcf_plan_find_operation(&old->plan, party, op->id);
	return old->options.only_operation != DCF_NONE;
}

static void work_init(struct work *w, const struct arguments *args, const struct dcf_alloc *a)
{
	*w = (struct work){
		.options = {
			.lateral_m = args->lateral_m,
			.vertical_e4 = args->vertical_e4,
			.max_dwell_us = args->max_dwell_us,
			.for_party = DCF_NONE,
			.only_operation = DCF_NONE,
			.engine = args->engine,
			.parallel = { dcf_parallel, NULL, args->threads },
		},
	};
	w->options.parallel.ctx = &w->options.parallel.threads;
	dcf_plan_init(&w->plan, a);
}

static enum dcf_status decide(struct work *w)
{
	return dcf_check(&w->plan, &w->options, w->plan.arena.from, &w->result);
}

/* Read and check the earlier file, and compare.  `since` borrows from `old`. */
static enum dcf_status compare(const struct work *w, struct work *old, const struct arguments *args, struct dcf_since *since)
{
	char *file[] = { (char *)args->since };
	enum dcf_status s = dcf_input_read(&old->plan, file, 1, args->party, false);
	bool known;

	if (s != DCF_OK)
		return s;
	known = resolve_old(old, w);
	s = decide(old);
	if (s != DCF_OK)
		return s;
	if (!known)
		old->result.conflict_count = 0;
	*since = (struct dcf_since){ .name = dcf_span_of(args->since), .old_plan = &old->plan, .old_result = &old->result };
	return dcf_since_compare(&w->plan, &w->result, w->plan.arena.from, since);
}

static enum dcf_status show(const struct work *w, const struct arguments *args, const struct dcf_since *since)
{
	struct dcf_buf out = { .from = w->plan.arena.from };
	struct dcf_text_options text = { .colour = dcf_page_wants_colour(),
					 .since = since,
					 .only_operation = w->options.only_operation };
	enum dcf_status s;

	if (args->json)
		dcf_result_json(&w->plan, &w->result, since, DCF_VERSION, &out);
	else
		dcf_text_check(&w->plan, &w->result, &text, &out);
	s = dcf_output_standard(&out);
	dcf_buf_free(&out);
	return s;
}

static enum dcf_status write_report(const struct work *w, const char *path)
{
	const struct dcf_report_options options = { .version = DCF_VERSION };
	struct dcf_buf out = { .from = w->plan.arena.from };
	enum dcf_status s = dcf_report_html(&w->plan, &w->result, &options, &out);

	if (s == DCF_OK)
		s = dcf_output_file(path, &out);
	dcf_buf_free(&out);
	return s;
}

static int exit_of(const struct work *w, const struct dcf_since *since)
{
	struct dcf_counts n = dcf_result_count(&w->plan, &w->result);

	/* What the earlier file refused would show up as new: that answer is not whole either. */
	if (n.refused || (since && dcf_result_count(since->old_plan, since->old_result).refused))
		return DCF_EXIT_BAD;
	return n.lists[DCF_LIST_CONFLICTS] || n.breaches ? DCF_EXIT_FOUND : DCF_EXIT_OK;
}

static int exit_of_failure(enum dcf_status s)
{
	/* Messages about these were given where they arose. */
	if (s == DCF_E_USAGE || s == DCF_E_AMBIGUOUS)
		return DCF_EXIT_BAD;
	if (s == DCF_E_LIMIT)
		dcf_complain("check: more than %d pairs are in conflict: check fewer operations at once, or one with --only",
			     DCF_CONFLICTS_MAX);
	else if (s != DCF_E_IO)
		dcf_complain("check: %s", dcf_status_text(s));
	return DCF_EXIT_FAILED;
}

static int run(const struct arguments *args, char **files, int count)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct work w, old;
	struct dcf_since since = { 0 };
	enum dcf_status s;
	int status;

	work_init(&w, args, &heap);
	work_init(&old, args, &heap);
	s = dcf_input_read(&w.plan, files, count, args->party, false);
	if (s == DCF_OK)
		s = resolve(&w, args);
	if (s == DCF_OK)
		s = decide(&w);
	if (s == DCF_OK && args->since)
		s = compare(&w, &old, args, &since);
	if (s == DCF_OK)
		s = show(&w, args, args->since ? &since : NULL);
	if (s == DCF_OK && args->report)
		s = write_report(&w, args->report);
	status = s == DCF_OK ? exit_of(&w, args->since ? &since : NULL) : exit_of_failure(s);
	dcf_since_free(&since);
	work_free(&old);
	work_free(&w);
	return status;
}

static bool standard_input_twice(const struct arguments *args, char **files, int count)
{
	bool twice = false;

	for (int i = 0; i < count && args->since && strcmp(args->since, "-") == 0; i++)
		twice |= strcmp(files[i], "-") == 0;
	if (twice)
		dcf_complain("check: '-' is named for --since too, but standard input can be read only once");
	return twice;
}

int dcf_cmd_check(int argc, char **argv)
{
	struct arguments args = { .max_dwell_us = DCF_NO_LIMIT, .threads = dcf_parallel_processors() };
	int count, status;

	if (!dcf_options_read(dcf_command_find("check"), argc, argv, &args, &count, &status))
		return status;
	if (count == 0) {
		dcf_complain("check: no file given; '-' is standard input");
		return DCF_EXIT_BAD;
	}
	if (standard_input_twice(&args, argv + 1, count) ||
	    dcf_name_is_input("check: --report", args.report, argv + 1, count, args.since))
		return DCF_EXIT_BAD;
	return run(&args, argv + 1, count);
}
