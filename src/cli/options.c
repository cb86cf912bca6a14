/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <string.h>

enum { HELP_COLUMN = 28, HELP_WIDTH = 98 };

/* Where an argument stands and what it turned out to be. */
struct given {
	const struct dcf_cli_option *option;
	const char *value; /* NULL when it is the next argument */
};

static const struct dcf_cli_option *find_long(const struct dcf_cli_option *options, const char *arg, const char **value)
{
	size_t n = strcspn(arg, "=");

	*value = arg[n] == '=' ? arg + n + 1 : NULL;
	for (; options->name; options++) {
		if (strlen(options->name) == n && memcmp(options->name, arg, n) == 0)
			return options;
	}
	return NULL;
}

static const struct dcf_cli_option *find_letter(const struct dcf_cli_option *options, const char *arg, const char **value)
{
	*value = arg[2] ? arg + 2 : NULL;
	for (; options->name; options++) {
		if (options->letter == arg[1])
			return options;
	}
	return NULL;
}

static bool find(const struct dcf_command *command, const char *arg, struct given *g)
{
	g->option = arg[1] == '-' ? find_long(command->options, arg, &g->value) : find_letter(command->options, arg, &g->value);
	if (!g->option)
		dcf_complain("%s: no option '%s'; 'deconflict help %s' lists them", command->name, arg, command->name);
	return g->option != NULL;
}

/* The option at argv[*i]; moves on to its value when that is an argument of its own. */
static bool take(const struct dcf_command *command, int argc, char **argv, int *i, void *to, uint64_t *seen)
{
	struct given g;
	const char *expected;
	uint64_t bit;

	if (!find(command, argv[*i], &g))
		return false;
	bit = (uint64_t)1 << (g.option - command->options);
	if (*seen & bit) {
		dcf_complain("%s: %s is given twice", command->name, g.option->name);
		return false;
	}
	*seen |= bit;
	if (!g.option->value && g.value) {
		dcf_complain("%s: %s takes no value", command->name, g.option->name);
		return false;
	}
	if (g.option->value && !g.value) {
		if (*i + 1 >= argc) {
			dcf_complain("%s: %s needs a value (%s %s)", command->name, g.option->name, g.option->name,
				     g.option->value);
			return false;
		}
		g.value = argv[++*i];
	}
	expected = g.option->take(g.value, (char *)to + g.option->offset);
	if (expected)
		dcf_complain("%s: %s: found '%s', expected %s", command->name, g.option->name, g.value, expected);
	return expected == NULL;
}

static int show_help(const struct dcf_command *command)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	enum dcf_status s;

	dcf_options_help(command, &out);
	s = dcf_output_standard(&out);
	dcf_buf_free(&out);
	return s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
}

bool dcf_options_read(const struct dcf_command *command, int argc, char **argv, void *to, int *operands, int *status)
{
	uint64_t seen = 0;
	bool only_operands = false;

	*operands = 0;
	*status = DCF_EXIT_BAD;
	for (int i = 1; i < argc; i++) {
		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[1 + (*operands)++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			only_operands = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			*status = show_help(command);
			return false;
		} else if (!take(command, argc, argv, &i, to, &seen)) {
			return false;
		}
	}
	return true;
}

/* `text` in lines that begin at `column`, broken between words. */
static void put_wrapped(struct dcf_buf *out, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > column && at + 1 + n > HELP_WIDTH) {
			dcf_buf_char(out, '\n');
			dcf_buf_fill(out, ' ', column);
			at = column;
		} else if (at > column) {
			dcf_buf_char(out, ' ');
			at++;
		}
		dcf_buf_put(out, text, n);
		at += n;
		text += n;
		text += strspn(text, " ");
	}
	dcf_buf_char(out, '\n');
}

static void put_option(struct dcf_buf *out, const struct dcf_cli_option *o)
{
	size_t before = out->len;

	dcf_buf_z(out, "  ");
	if (o->letter) {
		dcf_buf_char(out, '-');
		dcf_buf_char(out, o->letter);
		dcf_buf_z(out, ", ");
	}
	dcf_buf_z(out, o->name);
	if (o->value) {
		dcf_buf_char(out, ' ');
		dcf_buf_z(out, o->value);
	}
	if (out->len - before + 2 > HELP_COLUMN) {
		dcf_buf_char(out, '\n');
		before = out->len;
	}
	dcf_buf_fill(out, ' ', HELP_COLUMN - (out->len - before));
	put_wrapped(out, o->help, HELP_COLUMN);
}

void dcf_options_help(const struct dcf_command *command, struct dcf_buf *out)
{
	dcf_buf_z(out, "Usage: deconflict ");
	dcf_buf_z(out, command->name);
	if (*command->synopsis)
		dcf_buf_char(out, ' ');
	dcf_buf_z(out, command->synopsis);
	dcf_buf_z(out, "\n\n");
	dcf_buf_z(out, command->summary);
	dcf_buf_char(out, '\n');
	if (!command->options)
		return;
	dcf_buf_z(out, "\nOptions:\n");
	for (const struct dcf_cli_option *o = command->options; o->name; o++)
		put_option(out, o);
}
