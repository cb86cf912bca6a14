/* SPDX-License-Identifier: Apache-2.0 */
/* position.c - `deconflict position`: what a position, an altitude or a time says, in every notation, or why it says nothing.
 */
#include "cli/position.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "format/fold_name.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct arguments {
	bool json;
	const char *places, *altitude, *time, *qnh;
	enum dcf_datum datum;
	struct dcf_height_context elevation;
};

static const char *take_format(const char *value, void *to)
{
	*(bool *)to = strcmp(value, "json") == 0;
	return strcmp(value, "text") == 0 || *(bool *)to ? NULL : "text or json";
}

static const char *take_datum(const char *value, void *to)
{
	enum dcf_datum d = dcf_datum_find(dcf_span_of(value));

	if (d == DCF_DATUM_COUNT)
		return "WGS84, SK-42, PZ-90 or PZ-90.02: positions on any other datum cannot be converted here";
	*(enum dcf_datum *)to = d;
	return NULL;
}

/* "157ft": above mean sea level, which an elevation always is. */
static const char *take_elevation(const char *value, void *to)
{
	struct dcf_height_context *c = to;
	struct dcf_height h;
	char text[64];
	int n = snprintf(text, sizeof text, "%s MSL", value);

	if (n < 0 || (size_t)n >= sizeof text || dcf_altitude_parse(dcf_span_of(text), NULL, &h, NULL) != DCF_OK || h.is_block)
		return "a field's elevation above mean sea level with its unit, such as 157ft";
	*c = (struct dcf_height_context){ true, h.lower.e4 };
	return NULL;
}

#define AT(member) offsetof(struct arguments, member)
/* clang-format off */
const struct dcf_cli_option dcf_cmd_position_options[] = {
	{ "--altitude", 0, "TEXT", "read an altitude: 15000FT MSL, 4500M MSL, FL270, A150, S0960, M0450, SFC, BLOCK FL180-FL200", dcf_take_text,
	  AT(altitude) },
	{ "--time", 0, "TEXT", "read a time: 171255ZSEP16, 1609171255 (a NOTAM's), 2016-09-17T12:55:00Z", dcf_take_text, AT(time) },
	{ "--qnh", 0, "PRESSURE", "what flight levels are compared with: 1008hPa, 29.77inHg or 756mmHg", dcf_take_text, AT(qnh) },
	{ "--elevation", 0, "157ft", "the field's elevation, which heights on QFE need", take_elevation, AT(elevation) },
	{ "--places", 0, "FILE", "an operations file whose places can be named, and are named beside the position", dcf_take_text,
	  AT(places) },
	{ "--datum", 0, "NAME", "what latitude and longitude refer to where the text does not say: WGS84 (default), SK-42, PZ-90, PZ-90.02",
	  take_datum, AT(datum) },
	{ "--format", 0, "FORMAT", "text (default) or json", take_format, AT(json) },
	{ 0 },
};
/* clang-format on */

/* ---- places ---- */

static bool same_name(struct dcf_span a, struct dcf_span b)
{
	return a.len == b.len && a.len && strncasecmp(a.p, b.p, a.len) == 0;
}

/* The one place whose name is spelled otherwise; it is said which. */
static int find_alike(const struct dcf_plan *plan, struct dcf_span name, struct dcf_latlon *at)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_fold_hit hits[8];
	struct dcf_buf text = { .from = &heap };
	size_t n = dcf_fold_find(plan, name, hits, 8);

	if (n == 0 || hits[0].how == DCF_FOLD_NEAR)
		return 0;
	*at = plan->places[hits[0].place].at;
	for (size_t i = 1; i < n; i++)
		if (i >= 8 || plan->places[hits[i].place].at.lat_e7 != at->lat_e7 ||
		    plan->places[hits[i].place].at.lon_e7 != at->lon_e7)
			return 2;
	dcf_fold_show(&plan->places[hits[0].place], &text);
	if (!text.failed)
		dcf_complain("position: '%.*s' is taken for %.*s", (int)name.len, name.p, (int)text.len, text.p);
	dcf_buf_free(&text);
	return 1;
}

static int find_place(void *ctx, struct dcf_span name, bool indicator, struct dcf_latlon *at)
{
	const struct dcf_plan *plan = ctx;
	int found = 0;

	for (size_t i = 0; plan && i < plan->place_count; i++) {
		const struct dcf_place *p = &plan->places[i];

		if (!same_name(p->icao, name) && (indicator || !same_name(p->name, name)))
			continue;
		if (found && (at->lat_e7 != p->at.lat_e7 || at->lon_e7 != p->at.lon_e7))
			return 2;
		*at = p->at;
		found = 1;
	}
	return found || indicator || !plan ? found : find_alike(plan, name, at);
}

/* ---- reading ---- */

static bool complain(const char *what, const char *text, struct dcf_notation_fault f)
{
	size_t n = strlen(text);

	if (f.at < n)
		dcf_complain("position: %s '%s': at '%s': %s", what, text, text + f.at, f.text);
	else
		dcf_complain("position: %s '%s': at its end: %s", what, text, f.text);
	return false;
}

static bool read_position(const char *text, const struct arguments *args, struct dcf_said *s)
{
	const struct dcf_position_context context = { args->datum, find_place, (void *)(uintptr_t)s->places };
	struct dcf_notation_fault f;

	s->has_position = dcf_position_parse(dcf_span_of(text), &context, &s->position, &f) == DCF_OK;
	return s->has_position || complain("position", text, f);
}

static bool read_others(const struct arguments *args, struct dcf_said *s)
{
	struct dcf_notation_fault f;
	bool good = true;

	if (args->altitude) {
		s->has_height = dcf_altitude_parse(dcf_span_of(args->altitude), &args->elevation, &s->height, &f) == DCF_OK;
		good &= s->has_height || complain("altitude", args->altitude, f);
	}
	if (args->qnh) {
		s->has_qnh = dcf_pressure_parse(dcf_span_of(args->qnh), &s->qnh, &f) == DCF_OK;
		good &= s->has_qnh || complain("QNH", args->qnh, f);
	}
	if (args->time) {
		s->has_when = dcf_when_parse(dcf_span_of(args->time), &s->when, &f) == DCF_OK;
		good &= s->has_when || complain("time", args->time, f);
	}
	return good;
}

/* ---- showing ---- */

static void show(const struct dcf_said *s, bool json, int indent, struct dcf_buf *out)
{
	struct dcf_buf warnings = { .from = out->from };

	if (json)
		dcf_said_json(s, indent, out);
	else
		dcf_said_text(s, out);
	dcf_said_warnings(s, &warnings);
	for (size_t i = 0, from = 0; !json && i < warnings.len; i++) {
		if (warnings.p[i] != '\n')
			continue;
		dcf_complain("position: warning: %.*s", (int)(i - from), warnings.p + from);
		from = i + 1;
	}
	out->failed |= warnings.failed;
	dcf_buf_free(&warnings);
}

/* Standard input, a position a line; JSON is a line each.  A line that is refused is named by its number, the others are read.
 */
static bool show_lines(const struct arguments *args, const struct dcf_said *common, struct dcf_buf *out)
{
	bool good = true;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	for (unsigned long number = 1; (n = getline(&line, &cap, stdin)) >= 0; number++) {
		struct dcf_said s = *common;

		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (n == 0)
			continue;
		if (strlen(line) != (size_t)n || !read_position(line, args, &s)) {
			dcf_complain("position: line %lu is refused", number);
			good = false;
			continue;
		}
		show(&s, args->json, 0, out);
		if (!args->json)
			dcf_buf_char(out, '\n');
	}
	free(line);
	if (ferror(stdin))
		dcf_complain("standard input: %s", strerror(errno));
	return good && !ferror(stdin);
}

static int run(const struct arguments *args, const char *text, const struct dcf_plan *places, const struct dcf_alloc *heap)
{
	struct dcf_buf out = { .from = heap };
	struct dcf_said s = { .places = args->places ? places : NULL };
	bool good = read_others(args, &s);
	enum dcf_status written;

	if (text && strcmp(text, "-") == 0) {
		good &= show_lines(args, &s, &out);
	} else {
		good &= !text || read_position(text, args, &s);
		if (good)
			show(&s, args->json, 2, &out);
	}
	written = dcf_output_standard(&out);
	dcf_buf_free(&out);
	return written != DCF_OK ? DCF_EXIT_FAILED : good ? DCF_EXIT_OK : DCF_EXIT_BAD;
}

/* ---- arguments ---- */

/* Does `arg` take the argument behind it as its value? */
static bool takes_next(const char *arg)
{
	for (const struct dcf_cli_option *o = dcf_cmd_position_options; o->name; o++) {
		if (strcmp(o->name, arg) == 0)
			return o->value != NULL;
	}
	return false;
}

/* "-35.4 149.1" is a position, not an option: a blank before it hides the sign from the reading of options.  The texts with
 * their blanks go to `copies`, which must outlive argv. */
static void hide_signs(int argc, char **argv, struct dcf_buf *copies)
{
	for (int round = 0; round < 2; round++) {
		size_t at = 0;

		for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
			if (argv[i][0] != '-' || !isdigit((unsigned char)argv[i][1]) || takes_next(argv[i - 1]))
				continue;
			/* First all copies, which may move while they grow; then where they came to stand. */
			if (round == 0) {
				dcf_buf_char(copies, ' ');
				dcf_buf_put(copies, argv[i], strlen(argv[i]) + 1);
			} else if (!copies->failed) {
				argv[i] = copies->p + at;
				at += strlen(argv[i]) + 1;
			}
		}
	}
}

static void join(char **words, int count, struct dcf_buf *text)
{
	for (int i = 0; i < count; i++) {
		if (i)
			dcf_buf_char(text, ' ');
		dcf_buf_z(text, words[i]);
	}
	dcf_buf_char(text, '\0');
}

static int run_with_places(const struct arguments *args, const char *text)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan places;
	char *file = (char *)(uintptr_t)args->places;
	enum dcf_status s = DCF_OK;
	int status;

	dcf_plan_init(&places, &heap);
	if (file)
		s = dcf_input_read(&places, &file, 1, NULL, false);
	if (s == DCF_OK && file && places.place_count == 0) {
		dcf_complain("position: --places %s: no place can be read from it", file);
		s = DCF_E_USAGE;
	}
	status = s == DCF_OK ? run(args, text, &places, &heap) : s == DCF_E_NOMEM ? DCF_EXIT_FAILED : DCF_EXIT_BAD;
	dcf_plan_free(&places);
	return status;
}

int dcf_cmd_position(int argc, char **argv)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf copies = { .from = &heap }, text = { .from = &heap };
	struct arguments args = { 0 };
	int operands, status;

	hide_signs(argc, argv, &copies);
	if (!dcf_options_read(dcf_command_find("position"), argc, argv, &args, &operands, &status))
		goto done;
	status = DCF_EXIT_BAD;
	join(argv + 1, operands, &text);
	if (copies.failed || text.failed) {
		dcf_complain("out of memory");
		status = DCF_EXIT_FAILED;
	} else if (!operands && !args.altitude && !args.time && !args.qnh) {
		dcf_complain(
			"position: expected a position, --altitude, --time or --qnh; 'deconflict help position' says more");
	} else {
		status = run_with_places(&args, operands ? text.p + strspn(text.p, " ") : NULL);
	}
done:
	dcf_buf_free(&text);
	dcf_buf_free(&copies);
	return status;
}
