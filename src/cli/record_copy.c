/* SPDX-License-Identifier: Apache-2.0 */
/* record_copy.c - `deconflict record verify`, `export`, `backup` and `restore`: the whole record, checked or copied. */
#include "cli/record.h"
#include "crypto/text.h"
#include "store/folder.h"
#include "store/kept_head.h"
#include "store/sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- verify ------------------------------------------------------------------------------------------------------------------
 */

/* The keys in a file: a ring, or one verifier key.  An enum dcf_exit. */
static int read_keys(const char *path, struct dcf_keyring *out)
{
	char text[DCF_KEYRING_TEXT_MAX + 1];
	struct dcf_note_error where = { 0 };
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f) {
		dcf_complain("record verify: %s: %s", path, strerror(errno));
		return DCF_EXIT_BAD;
	}
	n = fread(text, 1, sizeof text, f);
	if (ferror(f)) {
		dcf_complain("record verify: %s: %s", path, strerror(errno));
		fclose(f);
		return DCF_EXIT_BAD;
	}
	fclose(f);
	if (dcf_keyring_read((struct dcf_span){ text, n }, out, &where) == DCF_OK)
		return DCF_EXIT_OK;
	dcf_complain("record verify: %s: byte %zu: expected %s", path, where.at,
		     where.expected ? where.expected : "verifier keys");
	return DCF_EXIT_BAD;
}

/* `*ring` is NULL where there are none to go by but the record's own. */
static int choose_keys(const struct dcf_record_args *args, struct dcf_keyring *room, const struct dcf_keyring **ring)
{
	char beside[4096];

	*ring = room;
	if (args->vkey)
		return read_keys(args->vkey, room);
	if ((size_t)snprintf(beside, sizeof beside, "%s/record.vkey", args->operand[0]) < sizeof beside &&
	    access(beside, F_OK) == 0)
		return read_keys(beside, room);
	*ring = NULL;
	return DCF_EXIT_OK;
}

static void put_json(struct dcf_buf *out, const char *action, const struct dcf_log_report *report, bool good)
{
	struct dcf_json j;

	dcf_record_json_begin(&j, out, action);
	dcf_json_key(&j, "verified");
	dcf_json_bool(&j, good);
	dcf_json_key(&j, "origin");
	dcf_json_z(&j, report->origin);
	dcf_json_key(&j, "size");
	dcf_json_i64(&j, (int64_t)report->size);
	dcf_record_json_hash(&j, "root", &report->root);
	dcf_json_key(&j, "keys");
	dcf_json_i64(&j, (int64_t)report->keys);
	dcf_json_key(&j, "entries");
	dcf_json_i64(&j, (int64_t)report->entries);
	dcf_json_key(&j, "erased");
	dcf_json_i64(&j, (int64_t)report->erased);
	dcf_json_key(&j, "bytes");
	dcf_json_i64(&j, (int64_t)report->bytes);
	if (!good) {
		dcf_json_key(&j, "first_bad");
		dcf_json_i64(&j, (int64_t)report->first_bad);
		dcf_json_key(&j, "why");
		dcf_json_z(&j, report->what);
	}
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

static void put_text(struct dcf_buf *out, const struct dcf_log_report *report, bool good)
{
	char line[160];

	if (good) {
		dcf_buf_z(out, "verified: ");
		dcf_put_shown(out, dcf_span_of(report->origin));
		snprintf(line, sizeof line, ", %" PRIu64 " %s (%" PRIu64 " erased), root ", report->size,
			 report->size == 1 ? "entry" : "entries", report->erased);
		dcf_buf_z(out, line);
		dcf_text_put(out, DCF_TEXT_BASE64, report->root.b, DCF_HASH_BYTES);
	} else {
		snprintf(line, sizeof line, "NOT verified: first bad position %" PRIu64 ": ", report->first_bad);
		dcf_buf_z(out, line);
		dcf_put_shown(out, dcf_span_of(report->what));
	}
	dcf_buf_char(out, '\n');
}

/* An answer where there is one: it verifies, or it does not. */
static int answer(bool json, const char *action, struct dcf_log_report *report, enum dcf_status s)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	int status;

	if (json)
		put_json(&out, action, report, s == DCF_OK);
	else
		put_text(&out, report, s == DCF_OK);
	status = dcf_record_flush(&out);
	dcf_buf_free(&out);
	return status != DCF_EXIT_OK ? status : s == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FOUND;
}

/* The head that was kept beside a data folder's record, of which the record must have everything.  Read before the record is,
 * which may grow meanwhile.  Left empty where none was kept. */
static int read_kept(const char *folder, struct dcf_buf *note)
{
	struct dcf_store_error err = { .code = DCF_OK };
	char path[4096];
	enum dcf_status s;

	if ((size_t)snprintf(path, sizeof path, "%s/record.head", folder) >= sizeof path)
		return DCF_EXIT_OK;
	s = dcf_kept_head_read(path, note, &err);
	/* A path that is a file has nothing beside it. */
	if (s == DCF_OK || s == DCF_E_NOT_FOUND || access(path, F_OK) != 0)
		return DCF_EXIT_OK;
	return dcf_record_failed(path, s, err.text);
}

/* It agrees with itself; is it all that was acknowledged? */
static enum dcf_status compare_kept(const struct dcf_record *r, struct dcf_span note, struct dcf_log_report *report,
				    struct dcf_store_error *err)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_log *log = NULL;
	enum dcf_status s = note.len ? dcf_log_open(r->store, &heap, NULL, &log, err) : DCF_OK;

	if (s == DCF_OK && log)
		s = dcf_kept_head_check(log, note, &report->first_bad, err);
	if (s == DCF_E_CORRUPT)
		snprintf(report->what, sizeof report->what, "record.head: %.200s", err->text);
	dcf_log_close(log);
	return s;
}

int dcf_record_verify(const struct dcf_record_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_keyring *room = dcf_alloc_new(&heap, sizeof *room);
	const struct dcf_keyring *ring = NULL;
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_buf kept = { .from = &heap };
	struct dcf_log_report report;
	struct dcf_record r = { 0 };
	enum dcf_status s;
	int status = room ? choose_keys(args, room, &ring) : dcf_record_failed(args->operand[0], DCF_E_NOMEM, "out of memory");

	if (status == DCF_EXIT_OK)
		status = read_kept(args->operand[0], &kept);
	if (status == DCF_EXIT_OK)
		status = dcf_record_open(args->operand[0], false, &r);
	if (status == DCF_EXIT_OK) {
		s = dcf_log_verify(r.store, &heap, ring, NULL, NULL, &report, &err);
		s = s == DCF_OK ? compare_kept(&r, dcf_buf_as_span(&kept), &report, &err) : s;
		status = s == DCF_OK || report.what[0] ? answer(args->json, "verify", &report, s)
						       : dcf_record_failed(args->operand[0], s, err.text);
	}
	dcf_record_close(&r);
	dcf_buf_free(&kept);
	dcf_alloc_free(&heap, room, sizeof *room);
	return status;
}

/* --- export and backup -------------------------------------------------------------------------------------------------------
 */

struct count {
	const char *name;
	uint64_t value;
};

/* {"...", counts...} or the line for people. */
static int report_done(bool json, const char *action, const char *line, const struct count *counts, size_t n)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_json j;
	int status;

	if (json) {
		dcf_record_json_begin(&j, &out, action);
		for (size_t i = 0; i < n; i++) {
			dcf_json_key(&j, counts[i].name);
			dcf_json_i64(&j, (int64_t)counts[i].value);
		}
		dcf_json_end(&j, '}');
	} else {
		dcf_buf_z(&out, line);
	}
	dcf_buf_char(&out, '\n');
	status = dcf_record_flush(&out);
	dcf_buf_free(&out);
	return status;
}

int dcf_record_export(const struct dcf_record_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_export_report report;
	struct dcf_record r;
	char line[160];
	enum dcf_status s;
	int status = dcf_record_open(args->operand[0], true, &r);

	if (status == DCF_EXIT_OK) {
		s = dcf_folder_export(r.store, r.log, &heap, args->operand[1], &report, &err);
		if (s != DCF_OK)
			status = dcf_record_failed(args->operand[s == DCF_E_CORRUPT ? 0 : 1], s, err.text);
	}
	if (status == DCF_EXIT_OK) {
		const struct count counts[] = { { "before", report.before },
						{ "size", report.size },
						{ "files", report.files },
						{ "contents", report.contents },
						{ "erased", report.erased } };

		snprintf(line, sizeof line,
			 "exported: %" PRIu64 " entries, %" PRIu64 " of them new, %" PRIu64 " contents taken away", report.size,
			 report.size - report.before, report.erased);
		status = report_done(args->json, "export", line, counts, sizeof counts / sizeof *counts);
	}
	dcf_record_close(&r);
	return status;
}

int dcf_record_backup(const struct dcf_record_args *args)
{
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_record r, copy = { 0 };
	char line[80];
	enum dcf_status s;
	int status = dcf_record_open(args->operand[0], true, &r);

	if (status == DCF_EXIT_OK) {
		s = dcf_store_backup(r.store, args->operand[1], &err);
		if (s != DCF_OK)
			status = dcf_record_failed(args->operand[s == DCF_E_CORRUPT ? 0 : 1], s, err.text);
	}
	/* A copy nobody can open is none: its head and its tree are looked at. */
	if (status == DCF_EXIT_OK)
		status = dcf_record_open(args->operand[1], true, &copy);
	if (status == DCF_EXIT_OK) {
		const struct count counts[] = { { "size", copy.size } };

		snprintf(line, sizeof line, "backed up: %" PRIu64 " entries", copy.size);
		status = report_done(args->json, "backup", line, counts, 1);
	}
	dcf_record_close(&copy);
	dcf_record_close(&r);
	return status;
}

/* --- restore -----------------------------------------------------------------------------------------------------------------
 */

static int cannot(const char *path)
{
	dcf_complain("record restore: %s: %s", path, strerror(errno));
	return DCF_EXIT_FAILED;
}

/* record.vkey: what others are given to check the record with. */
static int write_keys(const struct dcf_record *from, const char *dir)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap };
	struct dcf_keyring *ring = dcf_alloc_new(&heap, sizeof *ring);
	char path[4096], vkey[DCF_VKEY_MAX];
	int status = DCF_EXIT_FAILED;

	if (!ring) {
		status = dcf_record_failed(dir, DCF_E_NOMEM, "out of memory");
		goto done;
	}
	dcf_log_keys(from->log, ring);
	dcf_vkey_write(&ring->key[ring->count - 1].key, vkey);
	dcf_buf_z(&text, vkey);
	dcf_buf_char(&text, '\n');
	if ((size_t)snprintf(path, sizeof path, "%s/record.vkey", dir) < sizeof path && access(path, F_OK) == 0)
		status = DCF_EXIT_OK;
	else
		status = dcf_output_file(path, &text) == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
done:
	dcf_alloc_free(&heap, ring, sizeof *ring);
	dcf_buf_free(&text);
	return status;
}

/* Whoever restores says with that what counts: the head kept of a record that was there before goes.  What that one had more is
 * said. */
static int forget_kept(const struct dcf_record *from, const char *dir)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf note = { .from = &heap };
	struct dcf_store_error err = { .code = DCF_OK };
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s/record.head", dir) >= sizeof path)
		return DCF_EXIT_OK;
	if (dcf_kept_head_read(path, &note, NULL) == DCF_OK &&
	    dcf_kept_head_check(from->log, dcf_buf_as_span(&note), NULL, &err) != DCF_OK)
		dcf_complain("record restore: %s: %s", path, err.text);
	dcf_buf_free(&note);
	return unlink(path) == 0 || errno == ENOENT ? DCF_EXIT_OK : cannot(path);
}

/* Copy, then open for writing once: that brings an older format up to date. */
static int restore_to(const struct dcf_record *from, const char *dir)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_store *made = NULL;
	char path[4096];
	enum dcf_status s;
	int status;

	if ((size_t)snprintf(path, sizeof path, "%s/record.sqlite3", dir) >= sizeof path) {
		errno = ENAMETOOLONG;
		return cannot(dir);
	}
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return cannot(dir);
	s = dcf_store_backup(from->store, path, &err);
	if (s == DCF_OK)
		s = dcf_sqlite_open(path, DCF_SQLITE_WRITE, &heap, &made, &err);
	dcf_store_close(made);
	if (s != DCF_OK)
		return dcf_record_failed(path, s, err.text);
	status = forget_kept(from, dir);
	return status == DCF_EXIT_OK ? write_keys(from, dir) : status;
}

int dcf_record_restore(const struct dcf_record_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_log_report report;
	struct dcf_record r;
	char line[80];
	enum dcf_status s;
	int status = dcf_record_open(args->operand[0], true, &r);

	if (status != DCF_EXIT_OK)
		goto done;
	s = dcf_log_verify(r.store, &heap, NULL, NULL, NULL, &report, &err);
	if (s != DCF_OK) {
		status = report.what[0] ? answer(args->json, "restore", &report, s)
					: dcf_record_failed(args->operand[0], s, err.text);
		goto done;
	}
	status = restore_to(&r, args->operand[1]);
	if (status == DCF_EXIT_OK) {
		const struct count counts[] = { { "size", r.size } };

		snprintf(line, sizeof line, "restored: %" PRIu64 " entries", r.size);
		status = report_done(args->json, "restore", line, counts, 1);
	}
done:
	dcf_record_close(&r);
	return status;
}
