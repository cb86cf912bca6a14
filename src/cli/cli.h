/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h - what the subcommands share: the exit statuses, the table of commands, options, messages.
 *
 * Results go to standard output, all else to standard error.  No function here exits the program. */
#ifndef DCF_CLI_CLI_H
#define DCF_CLI_CLI_H

#include "base/buf.h"

#include <stddef.h>

enum dcf_exit {
	DCF_EXIT_OK = 0,     /* done, nothing found */
	DCF_EXIT_FOUND = 1,  /* conflicts or breaches */
	DCF_EXIT_BAD = 2,    /* bad usage or bad input, also when the rest was checked */
	DCF_EXIT_FAILED = 3, /* output or memory failed */
};

/* One option of a command.  `take` reads the value into `to` and returns NULL, or what was expected. */
struct dcf_cli_option {
	const char *name;  /* "--lateral" */
	char letter;       /* 'o' for -o; 0 for none */
	const char *value; /* as the help shows it, "5NM"; NULL for a flag: then take's value is NULL too */
	const char *help;
	const char *(*take)(const char *value, void *to);
	size_t offset; /* of the member in the command's own struct that `take` fills */
};

struct dcf_command {
	const char *name;
	int (*run)(int argc, char **argv);    /* argv[0] is the command's name; returns an enum dcf_exit */
	const char *synopsis;                 /* what follows the name in the usage line */
	const char *summary;                  /* one line for the list of commands */
	const struct dcf_cli_option *options; /* ends with a row without a name; NULL when the command has its own help */
};

/* The command called `name`, or NULL. */
const struct dcf_command *dcf_command_find(const char *name);

/* Read the arguments of `command` by its table into `to`.  Operands (with "-" and everything behind "--")
 * are moved to the front of argv + 1 and counted in `*operands`.  Returns false when the command is over:
 * after --help, or a message on standard error; `*status` is then the exit status. */
bool dcf_options_read(const struct dcf_command *command, int argc, char **argv, void *to, int *operands, int *status);

/* The help of one command, made from its table. */
void dcf_options_help(const struct dcf_command *command, struct dcf_buf *out);

/* One line on standard error: "deconflict: ..." in the style of printf, at most 2,000 bytes.  Control
 * characters (which could come from a file's name or content) are shown as '?'. */
void dcf_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Append `s` as a terminal may show it: control characters and those that turn the direction of writing
 * become '?', so no file can write on the reader's screen. */
void dcf_put_shown(struct dcf_buf *out, struct dcf_span s);

/* Takers for option tables; each says in its name what `to` points to. */
const char *dcf_take_flag(const char *value, void *to);     /* bool */
const char *dcf_take_text(const char *value, void *to);     /* const char *; not empty */
const char *dcf_take_lateral(const char *value, void *to);  /* double, metres */
const char *dcf_take_vertical(const char *value, void *to); /* int64_t, 0.1 mm, rounded up */
const char *dcf_take_duration(const char *value, void *to); /* int64_t, microseconds, rounded down */
const char *dcf_take_threads(const char *value, void *to);  /* unsigned, 1..1024 */
const char *dcf_take_engine(const char *value, void *to);   /* enum dcf_engine */
const char *dcf_take_count(const char *value, void *to);    /* uint64_t, 0..1e15 */
const char *dcf_take_share(const char *value, void *to);    /* double, above 0 to 1: "60%" */

/* "FL180..FL410", "1000ft..5000ft": 0.1 mm, lowest not above highest. */
struct dcf_cli_levels {
	bool given;
	int64_t lowest_e4, highest_e4;
};
const char *dcf_take_levels(const char *value, void *to);

/* "delay=1,altitude=0.1,extra=0.01": any of them, in any order. */
struct dcf_cli_weights {
	bool has_delay, has_altitude, has_extra;
	double delay_s, altitude_ft, extra_m;
};
const char *dcf_take_weights(const char *value, void *to);

/* Results to standard output.  DCF_E_IO, with a message, when that fails (a full disk, a closed pipe). */
DCF_CHECKED enum dcf_status dcf_output_standard(const struct dcf_buf *text);
/* Results to a file: written beside it, then renamed, so that readers see the old or the new one whole.
 * What is not a regular file (a device, a pipe) is written to directly.  DCF_E_IO with a message. */
DCF_CHECKED enum dcf_status dcf_output_file(const char *path, const struct dcf_buf *text);

/* The commands of the table in main.c. */
int dcf_cmd_check(int argc, char **argv);
int dcf_cmd_options(int argc, char **argv);
int dcf_cmd_convert(int argc, char **argv);
int dcf_cmd_position(int argc, char **argv);
int dcf_cmd_serve(int argc, char **argv);
int dcf_cmd_record(int argc, char **argv);
int dcf_cmd_token(int argc, char **argv);
int dcf_cmd_keys(int argc, char **argv);
int dcf_cmd_line(int argc, char **argv);
int dcf_cmd_rehearse(int argc, char **argv);
int dcf_cmd_bench(int argc, char **argv);
int dcf_cmd_version(int argc, char **argv);
int dcf_cmd_help(int argc, char **argv);
extern const struct dcf_cli_option dcf_cmd_check_options[];
extern const struct dcf_cli_option dcf_cmd_options_options[];
extern const struct dcf_cli_option dcf_cmd_convert_options[];
extern const struct dcf_cli_option dcf_cmd_position_options[];
extern const struct dcf_cli_option dcf_cmd_rehearse_options[];
extern const struct dcf_cli_option dcf_cmd_token_options[];
extern const struct dcf_cli_option dcf_cmd_keys_options[];

#endif
