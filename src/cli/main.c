/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the table of commands: it dispatches, and it writes the help. */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct dcf_command commands[] = {
	{ "check", dcf_cmd_check, "FILE... [OPTIONS]", "find every conflict between declared operations",
	  dcf_cmd_check_options },
	{ "options", dcf_cmd_options, "FILE... [OPTIONS]", "find verified ways out of every conflict, or a plan without any",
	  dcf_cmd_options_options },
	{ "convert", dcf_cmd_convert, "FILE... --to FORMAT [OPTIONS]", "write operations in another format",
	  dcf_cmd_convert_options },
	{ "position", dcf_cmd_position, "TEXT... [OPTIONS]",
	  "say a position, an altitude or a time in every notation, or why not", dcf_cmd_position_options },
	{ "serve", dcf_cmd_serve, "--data DIR [--listen ADDR:PORT] [OPTIONS]",
	  "keep a record of what is declared, and answer over HTTP", NULL },
	{ "record", dcf_cmd_record, "ACTION DIR [OPTIONS]", "verify, show, prove, compare, export and back up a record", NULL },
	{ "line", dcf_cmd_line, "ACTION ... [OPTIONS]", "talk to the other side: notices, read-back, cease, calls", NULL },
	{ "rehearse", dcf_cmd_rehearse, "SCRIPT... [OPTIONS]",
	  "play a script on two nodes with a link between them, by a fast clock", dcf_cmd_rehearse_options },
	{ "token", dcf_cmd_token, "--data DIR --scope LIST [OPTIONS]", "mint a token for a node", dcf_cmd_token_options },
	{ "keys", dcf_cmd_keys, "show|rotate DIR [token|record|line] [OPTIONS]", "look at a node's keys, and replace them",
	  dcf_cmd_keys_options },
#ifdef DCF_HAVE_BENCH
	{ "bench", dcf_cmd_bench, "[NAME] [OPTIONS]", "measure speed and memory on made-up workloads", NULL },
#endif
	{ "version", dcf_cmd_version, "", "say which version this is", NULL },
	{ "help", dcf_cmd_help, "[COMMAND]", "say how a command is used", NULL },
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

const struct dcf_command *dcf_command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int finish(struct dcf_buf *out)
{
	enum dcf_status s = dcf_output_standard(out);

	dcf_buf_free(out);
	return s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
}

int dcf_cmd_version(int argc, char **argv)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };

	(void)argv;
	if (argc > 1) {
		dcf_complain("version takes no arguments");
		return DCF_EXIT_BAD;
	}
	dcf_buf_z(&out, "deconflict " DCF_VERSION "\n");
	return finish(&out);
}

static void put_overview(struct dcf_buf *out)
{
	dcf_buf_z(out, "Usage: deconflict COMMAND [ARGUMENTS]\n\n"
		       "Finds where operations declared by different parties meet.  It gives notice, never permission:\n"
		       "no conflict found is not clearance.\n\nCommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		dcf_buf_z(out, "  ");
		dcf_buf_z(out, commands[i].name);
		dcf_buf_fill(out, ' ', 10 - strlen(commands[i].name));
		dcf_buf_z(out, commands[i].summary);
		dcf_buf_char(out, '\n');
	}
	dcf_buf_z(out, "\n'deconflict help COMMAND' says more.\n"
		       "Exit status: 0 nothing found, 1 conflicts or breaches, 2 bad usage or input, 3 cannot do its work.\n");
}

int dcf_cmd_help(int argc, char **argv)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	const struct dcf_command *command = argc > 1 ? dcf_command_find(argv[1]) : NULL;
	char *ask[] = { argc > 1 ? argv[1] : NULL, (char[]){ "--help" }, NULL };

	if (argc > 1 && !command) {
		dcf_complain("no command '%s'; 'deconflict help' lists them", argv[1]);
		return DCF_EXIT_BAD;
	}
	if (command && !command->options && command->run != dcf_cmd_version && command->run != dcf_cmd_help)
		return command->run(2, ask);
	if (command)
		dcf_options_help(command, &out);
	else
		put_overview(&out);
	return finish(&out);
}

/* The ways people ask for help and version in other programs. */
static const char *alias_of(const char *name)
{
	static const char *const alias[][2] = { { "--help", "help" }, { "-h", "help" }, { "--version", "version" } };

	for (size_t i = 0; i < sizeof alias / sizeof *alias; i++) {
		if (strcmp(name, alias[i][0]) == 0)
			return alias[i][1];
	}
	return name;
}

int main(int argc, char **argv)
{
	const struct dcf_command *command;

	/* A reader that went away is a failed write, to be reported as such. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file that has come to its limit (ulimit -f): the node lives on, like with a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		dcf_complain("no command given; 'deconflict help' lists them");
		return DCF_EXIT_BAD;
	}
	command = dcf_command_find(alias_of(argv[1]));
	if (!command) {
		dcf_complain("no command '%s'; 'deconflict help' lists them", argv[1]);
		return DCF_EXIT_BAD;
	}
	return command->run(argc - 1, argv + 1);
}
