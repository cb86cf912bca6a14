/* SPDX-License-Identifier: Apache-2.0 */
/* rehearse.c - `deconflict rehearse`: two nodes and a link in one command, through a script, by a clock that runs as fast as
 * they can. */
#include "cli/cli.h"
#include "node/read_file.h"
#include "node/rehearsal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SCRIPT_MOST = 4 << 20, FOLDER_MOST = 900 };

struct args {
	bool json;
	const char *keep, *wire, *output;
};

static const char *take_format(const char *value, void *to)
{
	if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
		return "text or json";
	*(bool *)to = strcmp(value, "json") == 0;
	return NULL;
}

#define AT(member) offsetof(struct args, member)
const struct dcf_cli_option dcf_cmd_rehearse_options[] = {
	{ "--format", 0, "FORMAT", "text (default) or json", take_format, AT(json) },
	{ "--keep", 0, "DIR", "make this folder and leave both nodes' data and logs in it", dcf_take_text, AT(keep) },
	{ "--wire", 0, "FILE", "write every frame that went over the link to this file, as it was", dcf_take_text, AT(wire) },
	{ "--output", 'o', "FILE", "write to this file, not to standard output", dcf_take_text, AT(output) },
	{ 0 },
};

/* Frames of both nodes, in the order in which they were seen. */
struct wire {
	pthread_mutex_t lock;
	struct dcf_buf bytes;
};

static void see(void *ctx, bool from_a, struct dcf_span frame)
{
	struct wire *w = ctx;

	(void)from_a;
	pthread_mutex_lock(&w->lock);
	dcf_buf_span(&w->bytes, frame);
	pthread_mutex_unlock(&w->lock);
}

/* Line by line as a terminal may show it: a script's texts are its author's. */
static void put_text(struct dcf_buf *out, struct dcf_span text)
{
	while (text.len) {
		const char *end = memchr(text.p, '\n', text.len);
		size_t n = end ? (size_t)(end - text.p) : text.len;

		dcf_put_shown(out, (struct dcf_span){ text.p, n });
		dcf_buf_char(out, '\n');
		n += end != NULL;
		text = (struct dcf_span){ text.p + n, text.len - n };
	}
}

static int status_of(enum dcf_status s)
{
	switch (s) {
	case DCF_OK:
		return DCF_EXIT_OK;
	case DCF_E_SYNTAX:
	case DCF_E_RANGE:
	case DCF_E_REFUSED:
		return DCF_EXIT_BAD;
	default:
		return DCF_EXIT_FAILED;
	}
}

static int rehearse(const char *path, const struct args *a, struct wire *wire, struct dcf_buf *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf script = { .from = &heap }, log = { .from = &heap };
	const char *slash = strrchr(path, '/');
	char folder[FOLDER_MOST];
	struct dcf_rehearsal_options o = { .from = &heap,
					   .name = path,
					   .folder = folder,
					   .keep = a->keep,
					   .version = DCF_VERSION,
					   .json = a->json,
					   .wire = a->wire ? see : NULL,
					   .ctx = wire };
	struct dcf_node_error err = { .code = DCF_OK };
	size_t failed = 0;
	enum dcf_status s;
	int status;

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + (slash == path) : 1, slash ? path : ".");
	s = dcf_node_read_file(path, SCRIPT_MOST, &script, &err);
	if (s != DCF_OK) {
		dcf_complain("%s", err.text);
		dcf_buf_free(&script);
		return DCF_EXIT_BAD;
	}
	o.script = dcf_buf_as_span(&script);
	s = dcf_rehearse(&o, &log, &failed, &err);
	if (s != DCF_OK)
		dcf_complain("%s", err.text);
	status = s == DCF_OK && failed ? DCF_EXIT_FOUND : status_of(s);
	if (a->json)
		dcf_buf_span(out, s == DCF_OK ? dcf_buf_as_span(&log) : (struct dcf_span){ NULL, 0 });
	else
		put_text(out, dcf_buf_as_span(&log));
	dcf_buf_free(&script);
	dcf_buf_free(&log);
	return status;
}

static int finish(const struct args *a, struct wire *wire, struct dcf_buf *out, int status)
{
	enum dcf_status s = a->output ? dcf_output_file(a->output, out) : dcf_output_standard(out);

	if (s == DCF_OK && a->wire)
		s = dcf_output_file(a->wire, &wire->bytes);
	return s == DCF_OK ? status : DCF_EXIT_FAILED;
}

int dcf_cmd_rehearse(int argc, char **argv)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct args a = { .json = false };
	struct dcf_buf out = { .from = &heap };
	struct wire wire = { .bytes = { .from = &heap } };
	int operands, status, worst = DCF_EXIT_OK;

	if (!dcf_options_read(dcf_command_find("rehearse"), argc, argv, &a, &operands, &status))
		return status;
	if (operands == 0 || (operands > 1 && (a.keep || a.json))) {
		dcf_complain("rehearse: found %s, expected %s", operands ? "several scripts" : "no script",
			     operands ? "one with --keep or --format json" : "SCRIPT... (see examples/line-*.json)");
		return DCF_EXIT_BAD;
	}
	pthread_mutex_init(&wire.lock, NULL);
	for (int i = 1; i <= operands; i++) {
		if (i > 1)
			dcf_buf_char(&out, '\n');
		status = rehearse(argv[i], &a, &wire, &out);
		worst = status > worst ? status : worst;
	}
	worst = finish(&a, &wire, &out, worst);
	pthread_mutex_destroy(&wire.lock);
	dcf_buf_free(&wire.bytes);
	dcf_buf_free(&out);
	return worst;
}
