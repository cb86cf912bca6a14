/* SPDX-License-Identifier: Apache-2.0 */
/* options_cmd.c - `deconflict options`: read, check, find ways out, show. */
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/options_text.h"
#include "cli/page.h"
#include "cli/parallel.h"
#include "core/check.h"
#include "format/changed.h"
#include "format/options_json.h"
#include "format/report_html.h"
#include "format/result_json.h"
#include "format/shown.h"
#include "options/options.h"
#include "options/whole.h"

#include <string.h>
#include <time.h>

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GEOJSON };

#define NOT_GIVEN UINT64_MAX

/* Options for each conflict in text, when nobody says how many: what can be read aloud. */
enum { TEXT_SHOWS = 12 };

struct arguments {
	const char *move, *for_party, *party, *report;
	double lateral_m, max_detour_m, margin_m, max_share;
	int64_t vertical_e4, max_dwell_us, max_delay_us, max_advance_us, level_step_e4, time_limit_us;
	struct dcf_cli_levels levels;
	struct dcf_cli_weights weights;
	uint64_t max_options, seed, effort;
	enum dcf_engine engine;
	enum format format;
	unsigned threads;
	bool all, accept_brief;
};

static const char *take_format(const char *value, void *to)
{
	static const char *const names[] = { [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_GEOJSON] = "geojson" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(value, names[i]) == 0) {
			*(enum format *)to = (enum format)i;
			return NULL;
		}
	}
	return "'text', 'json' or 'geojson'";
}

#define AT(member) offsetof(struct arguments, member)
/* clang-format off */
const struct dcf_cli_option dcf_cmd_options_options[] = {
	{ "--move", 0, "OPERATION", "only what this operation can do: ID or PARTY/ID", dcf_take_text, AT(move) },
	{ "--all", 0, NULL, "one plan without conflicts for everyone, changing as little as possible", dcf_take_flag, AT(all) },
	{ "--for", 0, "PARTY", "for this reader: nothing that would tell it of operations not disclosed to it", dcf_take_text,
	  AT(for_party) },
	{ "--lateral", 0, "5NM", "least lateral separation, as check has it (NM, km, m, ft)", dcf_take_lateral, AT(lateral_m) },
	{ "--vertical", 0, "1000ft", "least vertical separation (ft, m)", dcf_take_vertical, AT(vertical_e4) },
	{ "--max-dwell", 0, "180s", "pairs inside the minima no longer than this are brief, as check has it", dcf_take_duration,
	  AT(max_dwell_us) },
	{ "--accept-brief", 0, NULL, "an option may leave pairs that are brief", dcf_take_flag, AT(accept_brief) },
	{ "--party", 0, "SPEC", "whose a file without parties is, as check has it", dcf_take_text, AT(party) },
	{ "--weights", 0, "delay=1,altitude=0.1,extra=0.01",
	  "what a second of shift, a foot of level and a metre of extra path cost; those not named stay as the agreement has them",
	  dcf_take_weights, AT(weights) },
	{ "--max-delay", 0, "2h", "nobody later than this; 24h when not given", dcf_take_duration, AT(max_delay_us) },
	{ "--max-advance", 0, "2h", "nobody earlier than this; 24h when not given", dcf_take_duration, AT(max_advance_us) },
	{ "--levels", 0, "FL180..FL410", "levels that may be used, in the reference of each operation's own (or 1000ft..5000ft)",
	  dcf_take_levels, AT(levels) },
	{ "--level-step", 0, "1000ft", "usable levels are multiples of this; the usual ones when not given", dcf_take_vertical,
	  AT(level_step_e4) },
	{ "--max-detour", 0, "50km", "nobody further aside, and no more extra path; 200km when not given", dcf_take_lateral,
	  AT(max_detour_m) },
	{ "--margin", 0, "1NM", "room that a way around leaves beyond the minima", dcf_take_lateral, AT(margin_m) },
	{ "--max-options", 0, "N", "options for each conflict, 1 to 100; 24, in text 12, when not given", dcf_take_count, AT(max_options) },
	{ "--seed", 0, "N", "with --all: another seed may find another plan; 1 when not given", dcf_take_count, AT(seed) },
	{ "--effort", 0, "N", "with --all: steps of improvement; the same effort and seed give the same plan", dcf_take_count,
	  AT(effort) },
	{ "--max-share", 0, "60%", "with --all: no party carries more than this share of the cost, where that can be",
	  dcf_take_share, AT(max_share) },
	{ "--time-limit", 0, "10s", "after this time of search, answer with the best so far", dcf_take_duration, AT(time_limit_us) },
	{ "--engine", 0, "index|brute", "how conflicts are found, as check has it", dcf_take_engine, AT(engine) },
	{ "--threads", 0, "N", "threads to use; all processors when not given", dcf_take_threads, AT(threads) },
	{ "--format", 0, "text|json|geojson",
	  "text for people (the default), json for programs, or the plan after the changes: with --move after the best option, else after --all",
	  take_format, AT(format) },
	{ "--report", 0, "FILE.html", "also write a page with map, timeline and profile, before and after", dcf_take_text, AT(report) },
	{ 0 },
};
/* clang-format on */

/* --- time ----------------------------------------------------------------------------------------- */

/* The only clock of the program: what is found does not depend on it, only when the search ends. */
static int64_t now_us(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool is_late(void *ctx)
{
	return now_us() >= *(const int64_t *)ctx;
}

/* --- asking --------------------------------------------------------------------------------------- */

struct work {
	const struct arguments *args;
	struct dcf_plan plan, shown; /* as read; as the reader may see it (only where there is one) */
	struct dcf_check_options question;
	struct dcf_result check;
	struct dcf_whole_ask ask;
	uint32_t move;
	int64_t deadline_us;
	bool is_whole;
	struct dcf_options_result found;
	struct dcf_whole_result whole;
	struct dcf_arena arena; /* of the answer */
	struct dcf_options_answer answer;
};

static void work_init(struct work *w, const struct arguments *args, const struct dcf_alloc *a)
{
	*w = (struct work){
		.args = args,
		.question = {
			.lateral_m = args->lateral_m,
			.vertical_e4 = args->vertical_e4,
			.max_dwell_us = args->max_dwell_us,
			.for_party = DCF_NONE,
			.only_operation = DCF_NONE,
			.engine = args->engine,
			.parallel = { dcf_parallel, NULL, args->threads },
		},
		.move = DCF_NONE,
		.is_whole = args->all || (args->format == FORMAT_GEOJSON && !args->move),
		.arena = { .from = a },
	};
	w->question.parallel.ctx = &w->question.parallel.threads;
	dcf_plan_init(&w->plan, a);
}

static bool has_reader(const struct work *w)
{
	return w->ask.ask.reader != DCF_NONE;
}

static void work_free(struct work *w)
{
	if (w->shown.features)
		dcf_shown_free(&w->shown, w->plan.arena.from);
	dcf_arena_free(&w->arena);
	dcf_options_free(&w->found);
	dcf_whole_free(&w->whole);
	dcf_result_free(&w->check);
	dcf_plan_free(&w->plan);
}

static double either(bool given, double a, double b)
{
	return given ? a : b;
}

/* What the command line says, over what holds where it says nothing. */
static void set_ask(struct work *w)
{
	const struct arguments *args = w->args;
	struct dcf_ask ask = dcf_ask_usual(&w->plan);
	const struct dcf_cli_weights *v = &args->weights;

	if (args->max_delay_us >= 0)
		ask.limits.max_delay_us = args->max_delay_us;
	if (args->max_advance_us >= 0)
		ask.limits.max_advance_us = args->max_advance_us;
	if (args->levels.given) {
		ask.limits.lowest_e4 = args->levels.lowest_e4;
		ask.limits.highest_e4 = args->levels.highest_e4;
	}
	if (args->max_detour_m >= 0)
		ask.limits.max_detour_m = args->max_detour_m;
	ask.costs.delay_s = either(v->has_delay, v->delay_s, ask.costs.delay_s);
	ask.costs.altitude_ft = either(v->has_altitude, v->altitude_ft, ask.costs.altitude_ft);
	ask.costs.extra_m = either(v->has_extra, v->extra_m, ask.costs.extra_m);
	ask.margin_m = args->margin_m;
	ask.level_step_e4 = args->level_step_e4;
	ask.accept_brief = args->accept_brief;
	ask.reader = w->ask.ask.reader;
	if (args->max_options != NOT_GIVEN)
		ask.max_options = (uint32_t)args->max_options;
	if (args->time_limit_us >= 0) {
		ask.stop = is_late;
		ask.stop_ctx = &w->deadline_us;
	}
	w->ask = (struct dcf_whole_ask){
		.ask = ask,
		.seed = args->seed == NOT_GIVEN ? 1 : args->seed,
		.effort = args->effort == NOT_GIVEN ? 0 : args->effort,
		.max_share = args->max_share,
	};
}

/* Names on the command line to indices.  An operation that the reader may not know of is none to it. */
static enum dcf_status resolve(struct work *w)
{
	const struct arguments *args = w->args;
	uint32_t reader = DCF_NONE;
	enum dcf_status s = DCF_OK;

	if (args->for_party)
		s = dcf_name_party(&w->plan, "options: --for", args->for_party, &reader);
	if (args->move && s == DCF_OK)
		s = dcf_name_operation(&w->plan, "options: --move", args->move, &w->move);
	if (s == DCF_OK && reader != DCF_NONE && w->move != DCF_NONE && !dcf_plan_may_know(&w->plan, reader, w->move)) {
		dcf_complain("options: --move: '%s' is not disclosed to %s", args->move, args->for_party);
		s = DCF_E_USAGE;
	}
	w->ask.ask.reader = reader;
	return s;
}

static enum dcf_status find(struct work *w)
{
	const struct dcf_alloc *a = w->plan.arena.from;
	enum dcf_status s;

	w->deadline_us = now_us() + (w->args->time_limit_us >= 0 ? w->args->time_limit_us : 0);
	if (w->is_whole) {
		s = dcf_whole_find(&w->plan, &w->question, &w->check, &w->ask, a, &w->whole);
		if (s == DCF_OK)
			s = dcf_answer_of_whole(&w->plan, &w->check, &w->whole, w->ask.seed, &w->arena, &w->answer);
		return s;
	}
	s = dcf_options_find(&w->plan, &w->question, &w->check, &w->ask.ask, w->move, a, &w->found);
	if (s == DCF_OK && has_reader(w))
		s = dcf_shown_plan(&w->plan, w->ask.ask.reader, a, &w->shown);
	if (s == DCF_OK)
		w->answer = dcf_answer_of_options(has_reader(w) ? &w->shown : &w->plan, &w->check, &w->found);
	return s;
}

/* --- showing -------------------------------------------------------------------------------------- */

/* The plan after the changes: everything of a whole plan, or the best option. */
static enum dcf_status put_changed(struct work *w, struct dcf_buf *out)
{
	const struct dcf_moved *moved = w->whole.moved;
	size_t count = w->whole.moved_count;

	if (!w->is_whole) {
		moved = w->found.option_count ? w->found.options[0].moved : NULL;
		count = w->found.option_count ? w->found.options[0].moved_count : 0;
	}
	return dcf_write_changed(&w->plan, moved, count, w->ask.ask.reader, w->plan.arena.from, out);
}

static enum dcf_status show(struct work *w)
{
	struct dcf_buf out = { .from = w->plan.arena.from };
	bool counted = w->args->max_options != NOT_GIVEN;
	struct dcf_options_text how = { .colour = dcf_page_wants_colour(),
					.move = w->move,
					.reader = w->ask.ask.reader,
					.shown = counted ? (uint32_t)w->args->max_options : TEXT_SHOWS };
	enum dcf_status s = DCF_OK;

	if (w->args->format == FORMAT_GEOJSON)
		s = put_changed(w, &out);
	else if (w->args->format == FORMAT_JSON)
		dcf_options_json(&w->answer, DCF_VERSION, &out);
	else
		dcf_text_options(&w->answer, &how, &out);
	if (s == DCF_OK)
		s = dcf_output_standard(&out);
	if (s == DCF_OK && w->args->format == FORMAT_GEOJSON && w->answer.stopped)
		dcf_complain("options: time was up: this plan is the best that was found so far");
	dcf_buf_free(&out);
	return s;
}

/* The page of a reader is made from what the reader may know, and checked as such. */
static enum dcf_status write_report(struct work *w)
{
	const struct dcf_alloc *a = w->plan.arena.from;
	const struct dcf_report_options options = { .version = DCF_VERSION, .ways_out = &w->answer };
	struct dcf_buf out = { .from = a };
	struct dcf_result check = { 0 };
	enum dcf_status s = DCF_OK;

	if (has_reader(w))
		s = dcf_check(&w->shown, &w->question, a, &check);
	if (s == DCF_OK)
		s = dcf_report_html(w->answer.plan, has_reader(w) ? &check : &w->check, &options, &out);
	if (s == DCF_OK)
		s = dcf_output_file(w->args->report, &out);
	dcf_result_free(&check);
	dcf_buf_free(&out);
	return s;
}

/* --- the command ---------------------------------------------------------------------------------- */

static int exit_of(const struct work *w)
{
	if (dcf_result_count(&w->plan, &w->check).refused)
		return DCF_EXIT_BAD;
	return w->answer.unresolved_count ? DCF_EXIT_FOUND : DCF_EXIT_OK;
}

static int exit_of_failure(enum dcf_status s)
{
	if (s == DCF_E_USAGE)
		return DCF_EXIT_BAD;
	if (s == DCF_E_LIMIT)
		dcf_complain("options: more than %d pairs are in conflict: take fewer operations at once", DCF_CONFLICTS_MAX);
	else if (s != DCF_E_IO)
		dcf_complain("options: %s", dcf_status_text(s));
	return DCF_EXIT_FAILED;
}

static int run(const struct arguments *args, char **files, int count)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct work w;
	enum dcf_status s;
	int status;

	work_init(&w, args, &heap);
	s = dcf_input_read(&w.plan, files, count, args->party, true);
	if (s == DCF_OK)
		s = resolve(&w);
	if (s == DCF_OK) {
		set_ask(&w);
		s = dcf_check(&w.plan, &w.question, &heap, &w.check);
	}
	if (s == DCF_OK)
		s = find(&w);
	if (s == DCF_OK)
		s = show(&w);
	if (s == DCF_OK && args->report)
		s = write_report(&w);
	status = s == DCF_OK ? exit_of(&w) : exit_of_failure(s);
	work_free(&w);
	return status;
}

/* Options that say nothing together are mistakes. */
static const char *contradiction(const struct arguments *args)
{
	bool whole = args->all || (args->format == FORMAT_GEOJSON && !args->move);

	if (args->all && args->move)
		return "--all moves whom it must: it goes without --move";
	if (whole && args->for_party)
		return args->all
			       ? "--all is made from all operations, so it cannot be made for one reader: it goes without --for"
			       : "--format geojson without --move is the plan of --all, which cannot be made for one reader";
	if (!whole && args->seed != NOT_GIVEN)
		return "--seed goes with --all";
	if (!whole && args->effort != NOT_GIVEN)
		return "--effort goes with --all";
	if (!whole && args->max_share < 1)
		return "--max-share goes with --all";
	if (args->max_options != NOT_GIVEN && !(args->max_options >= 1 && args->max_options <= 100))
		return "--max-options: expected 1 to 100";
	return NULL;
}

int dcf_cmd_options(int argc, char **argv)
{
	struct arguments args = {
		.max_dwell_us = DCF_NO_LIMIT,
		.max_delay_us = -1,
		.max_advance_us = -1,
		.max_detour_m = -1,
		.time_limit_us = -1,
		.max_share = 1,
		.max_options = NOT_GIVEN,
		.seed = NOT_GIVEN,
		.effort = NOT_GIVEN,
		.threads = dcf_parallel_processors(),
	};
	const char *wrong;
	int count, status;

	if (!dcf_options_read(dcf_command_find("options"), argc, argv, &args, &count, &status))
		return status;
	wrong = count ? contradiction(&args) : "no file given; '-' is standard input";
	if (wrong) {
		dcf_complain("options: %s", wrong);
		return DCF_EXIT_BAD;
	}
	if (dcf_name_is_input("options: --report", args.report, argv + 1, count, NULL))
		return DCF_EXIT_BAD;
	return run(&args, argv + 1, count);
}
