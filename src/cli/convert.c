/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c - `deconflict convert`: the same operations in another format. */
#include "cli/cli.h"
#include "cli/input.h"
#include "format/report_html.h"
#include "format/write_f3548.h"
#include "format/write_geojson.h"
#include "format/write_kml.h"

#include <string.h>

typedef enum dcf_status write_fn(const struct dcf_plan *plan, struct dcf_buf *out);

static enum dcf_status write_html(const struct dcf_plan *plan, struct dcf_buf *out)
{
	const struct dcf_report_options options = { .version = DCF_VERSION };

	return dcf_report_html(plan, NULL, &options, out);
}

static const struct target {
	const char *name;
	write_fn *write;
} targets[] = {
	{ "geojson", dcf_write_geojson },
	{ "f3548", dcf_write_f3548 },
	{ "kml", dcf_write_kml },
	{ "html", write_html },
};

struct arguments {
	const struct target *target;
	const char *party, *output;
};

static const char *take_target(const char *value, void *to)
{
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		if (strcmp(value, targets[i].name) == 0) {
			*(const struct target **)to = &targets[i];
			return NULL;
		}
	}
	return "geojson, f3548, kml or html";
}

#define AT(member) offsetof(struct arguments, member)
const struct dcf_cli_option dcf_cmd_convert_options[] = {
	{ "--to", 0, "FORMAT", "geojson (an operations file), f3548 (operational intents, constraints), kml or html",
	  take_target, AT(target) },
	{ "--party", 0, "SPEC", "whose a file without parties is: NAME (F3548), callsign:N or column:NAME (state vectors)",
	  dcf_take_text, AT(party) },
	{ "--output", 'o', "FILE", "write to this file, not to standard output", dcf_take_text, AT(output) },
	{ 0 },
};

static enum dcf_status write_plan(const struct dcf_plan *plan, const struct arguments *args)
{
	struct dcf_buf out = { .from = plan->arena.from };
	enum dcf_status s = args->target->write(plan, &out);

	if (s == DCF_E_REFUSED)
		dcf_complain("convert: an edge joins two nearly antipodal points and cannot be outlined");
	if (s == DCF_OK)
		s = args->output ? dcf_output_file(args->output, &out) : dcf_output_standard(&out);
	dcf_buf_free(&out);
	return s;
}

static int run(const struct arguments *args, char **files, int count)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan plan;
	bool refused = false;
	enum dcf_status s;

	dcf_plan_init(&plan, &heap);
	s = dcf_input_read(&plan, files, count, args->party, true);
	if (s == DCF_OK)
		refused = dcf_plan_any_refused(&plan);
	/* A mistyped name must not replace yesterday's good file by an empty one. */
	if (s == DCF_OK && refused && plan.feature_count == 0)
		dcf_complain("convert: nothing is left to write");
	else if (s == DCF_OK)
		s = write_plan(&plan, args);
	if (s == DCF_E_NOMEM)
		dcf_complain("convert: %s", dcf_status_text(s));
	dcf_plan_free(&plan);
	if (s == DCF_E_USAGE || s == DCF_E_REFUSED)
		return DCF_EXIT_BAD;
	return s != DCF_OK ? DCF_EXIT_FAILED : refused ? DCF_EXIT_BAD : DCF_EXIT_OK;
}

int dcf_cmd_convert(int argc, char **argv)
{
	struct arguments args = { 0 };
	int count, status;

	if (!dcf_options_read(dcf_command_find("convert"), argc, argv, &args, &count, &status))
		return status;
	if (count == 0) {
		dcf_complain("convert: no file given; '-' is standard input");
		return DCF_EXIT_BAD;
	}
	if (!args.target) {
		dcf_complain("convert: --to is missing: geojson, f3548, kml or html");
		return DCF_EXIT_BAD;
	}
	return run(&args, argv + 1, count);
}
