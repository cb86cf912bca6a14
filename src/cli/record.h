/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - what the actions of `deconflict record` share. */
#ifndef DCF_CLI_RECORD_H
#define DCF_CLI_RECORD_H

#include "base/json_writer.h"
#include "cli/cli.h"
#include "store/log.h"

/* Options of all actions; each names in its table those it takes. */
struct dcf_record_args {
	bool json;
	const char *vkey;     /* a file */
	uint64_t from, count; /* DCF_RECORD_ALL: not given */
	uint64_t entry, size; /* DCF_RECORD_ALL: not given */
	uint64_t consistency; /* the old size; DCF_RECORD_ALL: not given */
	char **operand;
	int operands;
};
#define DCF_RECORD_ALL UINT64_MAX

/* A record that was opened for reading: a data folder, an exported folder, a backup's file. */
struct dcf_record {
	const char *path;
	struct dcf_store *store;
	struct dcf_log *log; /* NULL when only the store was asked for */
	char origin[DCF_KEY_NAME_MAX + 1];
	uint64_t size;
	struct dcf_hash root;
};

/* Open the store at `path`, and with `log` the record in it.  An enum dcf_exit; a message when that is not DCF_EXIT_OK.  Close
 * it in any case. */
int dcf_record_open(const char *path, bool log, struct dcf_record *out);
void dcf_record_close(struct dcf_record *r);
/* The exit status of a failure, after a message with `text`: damage is found (1), what is not there or is refused is bad input
 * (2), everything else a failure (3). */
int dcf_record_failed(const char *path, enum dcf_status status, const char *text);

/* {"deconflict":1,"version":"...","record":ACTION: what every answer begins with. */
void dcf_record_json_begin(struct dcf_json *j, struct dcf_buf *out, const char *action);
/* "name": base64 of the hash. */
void dcf_record_json_hash(struct dcf_json *j, const char *name, const struct dcf_hash *hash);
/* Put what is in `out` on standard output and empty it.  An enum dcf_exit. */
int dcf_record_flush(struct dcf_buf *out);

/* One entry as a JSON object, and as lines for people.  `content`: its content too, not only its first line. */
void dcf_record_json_entry(struct dcf_json *j, uint64_t position, const struct dcf_entry *e, bool content);
void dcf_record_put_entry(struct dcf_buf *out, uint64_t position, const struct dcf_entry *e, bool content);

/* The actions.  Each returns an enum dcf_exit. */
int dcf_record_verify(const struct dcf_record_args *args);
int dcf_record_show(const struct dcf_record_args *args);
int dcf_record_prove(const struct dcf_record_args *args);
int dcf_record_diff(const struct dcf_record_args *args);
int dcf_record_export(const struct dcf_record_args *args);
int dcf_record_backup(const struct dcf_record_args *args);
int dcf_record_restore(const struct dcf_record_args *args);

#endif
