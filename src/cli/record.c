/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - `deconflict record`: the table of its actions, and how a record is opened. */
#include "cli/record.h"
#include "crypto/init.h"
#include "crypto/text.h"
#include "store/folder.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- opening -----------------------------------------------------------------------------------------------------------------
 */

int dcf_record_failed(const char *path, enum dcf_status status, const char *text)
{
	/* Messages of a store name the file already. */
	if (strncmp(text, path, strlen(path)) == 0)
		dcf_complain("record: %s", text);
	else
		dcf_complain("record: %s: %s", path, text);
	switch (status) {
	case DCF_E_CORRUPT:
		return DCF_EXIT_FOUND;
	case DCF_E_NOT_FOUND:
	case DCF_E_RANGE:
	case DCF_E_SYNTAX:
	case DCF_E_REFUSED:
	case DCF_E_CONFLICT:
	case DCF_E_USAGE:
		return DCF_EXIT_BAD;
	default:
		return DCF_EXIT_FAILED;
	}
}

static bool has(const char *folder, const char *name, char *path, size_t cap)
{
	return (size_t)snprintf(path, cap, "%s/%s", folder, name) < cap && access(path, F_OK) == 0;
}

static enum dcf_status open_store(const char *path, struct dcf_store **out, struct dcf_store_error *err)
{
	static struct dcf_alloc heap;
	struct stat st;
	char file[4096];

	heap = dcf_alloc_heap();
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return dcf_sqlite_open(path, DCF_SQLITE_READ, &heap, out, err);
	if (has(path, "record.sqlite3", file, sizeof file))
		return dcf_sqlite_open(file, DCF_SQLITE_READ, &heap, out, err);
	if (has(path, "checkpoint", file, sizeof file) || stat(path, &st) != 0)
		return dcf_folder_open(path, &heap, out, err);
	return dcf_store_fail(err, DCF_E_NOT_FOUND, "%.150s: holds no record: neither record.sqlite3 nor checkpoint", path);
}

int dcf_record_open(const char *path, bool log, struct dcf_record *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_keyring *ring;
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	out->path = path;
	s = open_store(path, &out->store, &err);
	if (s == DCF_OK && log)
		s = dcf_log_open(out->store, &heap, NULL, &out->log, &err);
	if (s == DCF_OK && log && (dcf_log_head(out->log, &out->size, &out->root, NULL) != DCF_OK))
		s = dcf_store_fail(&err, DCF_E_NOMEM, "out of memory");
	if (s != DCF_OK)
		return dcf_record_failed(path, s, err.text);
	if (!log)
		return DCF_EXIT_OK;
	ring = dcf_alloc_new(&heap, sizeof *ring);
	if (!ring)
		return dcf_record_failed(path, DCF_E_NOMEM, "out of memory");
	dcf_log_keys(out->log, ring);
	memcpy(out->origin, ring->key[0].key.name, sizeof out->origin);
	dcf_alloc_free(&heap, ring, sizeof *ring);
	return DCF_EXIT_OK;
}

void dcf_record_close(struct dcf_record *r)
{
	dcf_log_close(r->log);
	dcf_store_close(r->store);
	memset(r, 0, sizeof *r);
}

/* --- output ------------------------------------------------------------------------------------------------------------------
 */

void dcf_record_json_begin(struct dcf_json *j, struct dcf_buf *out, const char *action)
{
	*j = (struct dcf_json){ .out = out, .indent = 2 };
	dcf_json_begin(j, '{');
	dcf_json_key(j, "deconflict");
	dcf_json_i64(j, 1);
	dcf_json_key(j, "version");
	dcf_json_z(j, DCF_VERSION);
	dcf_json_key(j, "record");
	dcf_json_z(j, action);
}

void dcf_record_json_hash(struct dcf_json *j, const char *name, const struct dcf_hash *hash)
{
	char text[64];
	size_t n = dcf_text_write(DCF_TEXT_BASE64, text, hash->b, sizeof hash->b);

	if (name)
		dcf_json_key(j, name);
	dcf_json_string(j, (struct dcf_span){ text, n });
}

int dcf_record_flush(struct dcf_buf *out)
{
	enum dcf_status s = dcf_output_standard(out);

	out->len = 0;
	return s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
}

/* --- the table ---------------------------------------------------------------------------------------------------------------
 */

static const char *take_format(const char *value, void *to)
{
	*(bool *)to = strcmp(value, "json") == 0;
	return strcmp(value, "json") == 0 || strcmp(value, "text") == 0 ? NULL : "text or json";
}

#define AT(member) offsetof(struct dcf_record_args, member)
#define FORMAT                                                                                                                 \
	{                                                                                                                      \
		"--format", 0, "FORMAT", "text (the default) or json", take_format, AT(json)                                   \
	}

static const struct dcf_cli_option verify_options[] = {
	{ "--vkey", 0, "FILE", "the record's keys, got from elsewhere (default: record.vkey in the folder, where there is one)",
	  dcf_take_text, AT(vkey) },
	FORMAT,
	{ 0 },
};
static const struct dcf_cli_option show_options[] = {
	{ "--from", 0, "N", "begin with entry N (default 0)", dcf_take_count, AT(from) },
	{ "--count", 0, "N", "show at most N entries (default: all)", dcf_take_count, AT(count) },
	FORMAT,
	{ 0 },
};
static const struct dcf_cli_option prove_options[] = {
	{ "--entry", 0, "N", "prove that entry N is in the record", dcf_take_count, AT(entry) },
	{ "--size", 0, "M", "in the record as it was when it had M entries (default: now)", dcf_take_count, AT(size) },
	{ "--consistency", 0, "M", "prove that the record of N entries (default: now) begins with that of M", dcf_take_count,
	  AT(consistency) },
	FORMAT,
	{ 0 },
};
static const struct dcf_cli_option diff_options[] = {
	{ "--count", 0, "N", "list at most N entries that only one of them has (default 20)", dcf_take_count, AT(count) },
	FORMAT,
	{ 0 },
};
static const struct dcf_cli_option plain_options[] = {
	FORMAT,
	{ 0 },
};

static const struct action {
	struct dcf_command command; /* without `run` */
	int least, most;            /* operands */
	int (*run)(const struct dcf_record_args *args);
} actions[] = {
	{ { "record verify", NULL, "DIR [--vkey FILE]", "read everything and check it", verify_options },
	  1,
	  1,
	  dcf_record_verify },
	{ { "record show", NULL, "DIR [--from N] [--count N]", "print entries", show_options }, 1, 1, dcf_record_show },
	{ { "record prove", NULL, "DIR (--entry N [--size M] | --consistency M [N])",
	    "print a proof that stands on its own: that an entry is in the record, or that an earlier state is how it began",
	    prove_options },
	  1,
	  2,
	  dcf_record_prove },
	{ { "record diff", NULL, "DIR DIR", "say where two records part", diff_options }, 2, 2, dcf_record_diff },
	{ { "record export", NULL, "DIR OUT", "write the record, or what is new in it, to a folder of tiles", plain_options },
	  2,
	  2,
	  dcf_record_export },
	{ { "record backup", NULL, "DIR FILE", "copy the record to one file, whether it is used or not", plain_options },
	  2,
	  2,
	  dcf_record_backup },
	{ { "record restore", NULL, "FILE DIR", "check such a copy and make it the record of a data folder", plain_options },
	  2,
	  2,
	  dcf_record_restore },
};

enum { ACTIONS = sizeof actions / sizeof *actions };

static const struct action *find(const char *name)
{
	for (size_t i = 0; i < ACTIONS; i++) {
		if (strcmp(strchr(actions[i].command.name, ' ') + 1, name) == 0)
			return &actions[i];
	}
	return NULL;
}

static int show_help(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	int status;

	dcf_buf_z(
		&out,
		"Usage: deconflict record ACTION ...\n\n"
		"Looks at a record: a node's data folder (while the node runs, or a copy of it), a backup's file, or a folder\n"
		"written by 'record export'.\n\nActions:\n");
	for (size_t i = 0; i < ACTIONS; i++) {
		const struct dcf_command *c = &actions[i].command;

		dcf_buf_z(&out, "  ");
		dcf_buf_z(&out, strchr(c->name, ' ') + 1);
		dcf_buf_char(&out, ' ');
		dcf_buf_z(&out, c->synopsis);
		dcf_buf_z(&out, "\n      ");
		dcf_buf_z(&out, c->summary);
		dcf_buf_char(&out, '\n');
	}
	dcf_buf_z(&out, "\n'deconflict record ACTION --help' lists its options.\n"
			"Exit status: 0 done, 1 the record does not verify or two records part, 2 bad usage or input, 3 cannot "
			"do its work.\n");
	status = dcf_record_flush(&out);
	dcf_buf_free(&out);
	return status;
}

int dcf_cmd_record(int argc, char **argv)
{
	struct dcf_record_args args = { .from = DCF_RECORD_ALL,
					.count = DCF_RECORD_ALL,
					.entry = DCF_RECORD_ALL,
					.size = DCF_RECORD_ALL,
					.consistency = DCF_RECORD_ALL };
	const struct action *action = argc > 1 ? find(argv[1]) : NULL;
	int status;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return show_help();
	if (!action) {
		dcf_complain("record: %s%s%s: verify, show, prove, diff, export, backup or restore was expected",
			     argc > 1 ? "found '" : "no action", argc > 1 ? argv[1] : "", argc > 1 ? "'" : "");
		return DCF_EXIT_BAD;
	}
	if (!dcf_options_read(&action->command, argc - 1, argv + 1, &args, &args.operands, &status))
		return status;
	args.operand = argv + 2;
	if (args.operands < action->least || args.operands > action->most) {
		dcf_complain("%s: %s", action->command.name,
			     args.operands < action->least ? "a path is missing" : "an argument too many");
		dcf_complain("usage: deconflict %s %s", action->command.name, action->command.synopsis);
		return DCF_EXIT_BAD;
	}
	if (dcf_crypto_init() != DCF_OK)
		return dcf_record_failed(args.operand[0], DCF_E_IO, "the system gives no random numbers");
	return action->run(&args);
}
