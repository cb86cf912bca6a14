/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_backup.c - copies of a store while it is used, and the check of its whole file. */
#include "store/sqlite_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum dcf_status failed(const char *path, struct dcf_store_error *err)
{
	return dcf_store_fail(err, errno == ENOSPC || errno == EDQUOT ? DCF_E_FULL : DCF_E_IO,
			      "%.150s: cannot be written: %.60s", path, strerror(errno));
}

/* All pages in one step are all of one moment: the step holds one read transaction, which the writer does not wait for. */
static enum dcf_status copy_pages(struct dcf_conn *from, struct dcf_conn *to, struct dcf_store_error *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
	int rc = b ? sqlite3_backup_step(b, -1) : sqlite3_errcode(to->db);
	int end = b ? sqlite3_backup_finish(b) : SQLITE_OK;

	if (rc == SQLITE_DONE && end == SQLITE_OK)
		return DCF_OK;
	if (rc == SQLITE_DONE)
		rc = end;
	/* The failure is the reader's, or the copy's. */
	return dcf_conn_fail((sqlite3_errcode(from->db) & 0xff) == (rc & 0xff) ? from : to, rc, "cannot be copied", err);
}

/* A copy with the log turned off is one file that can also be read where nothing can be written. */
static enum dcf_status turn_log_off(struct dcf_conn *c, struct dcf_store_error *err)
{
	int rc = sqlite3_exec(c->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);

	return rc == SQLITE_OK ? DCF_OK : dcf_conn_fail(c, rc, "cannot be written", err);
}

struct copy {
	const char *path;
};

static enum dcf_status copy_to(struct dcf_conn *from, void *what, struct dcf_store_error *err)
{
	const struct copy *copy = what;
	struct dcf_conn to = { .path = copy->path };
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
	int rc = sqlite3_open_v2(copy->path, &to.db, flags, NULL);
	enum dcf_status status = rc == SQLITE_OK ? DCF_OK : dcf_conn_fail(&to, rc, "cannot be opened", err);

	if (status == DCF_OK)
		status = copy_pages(from, &to, err);
	if (status == DCF_OK)
		status = turn_log_off(&to, err);
	dcf_conn_close(&to);
	return status;
}

static enum dcf_status sync_file(const char *path, struct dcf_store_error *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	enum dcf_status status = fd >= 0 && fsync(fd) == 0 ? DCF_OK : failed(path, err);

	if (fd >= 0)
		close(fd);
	return status;
}

/* link() and not rename(): a file that is there is never replaced. */
static enum dcf_status publish(const char *made, const char *path, struct dcf_store_error *err)
{
	if (link(made, path) == 0)
		return dcf_sync_folder(path, err);
	if (errno == EEXIST)
		return dcf_store_fail(err, DCF_E_CONFLICT, "%.150s: is there already", path);
	/* File systems without hard links: FAT on a stick. */
	if ((errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) && access(path, F_OK) != 0 && rename(made, path) == 0)
		return dcf_sync_folder(path, err);
	return failed(path, err);
}

/* The log of a file that is gone would be taken for the new one's. */
static bool log_lies_there(const char *path)
{
	static const char *const tails[] = { "-wal", "-journal" };
	char name[4096 + 16];
	bool found = false;

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		found = found ||
			((size_t)snprintf(name, sizeof name, "%s%s", path, tails[i]) < sizeof name && access(name, F_OK) == 0);
	return found;
}

enum dcf_status dcf_sqlite_backup(struct dcf_store *s, const char *path, struct dcf_store_error *err)
{
	char made[4096 + 16];
	struct copy copy = { made };
	enum dcf_status status;
	int fd;

	if (access(path, F_OK) == 0)
		return dcf_store_fail(err, DCF_E_CONFLICT, "%.150s: is there already", path);
	if (log_lies_there(path))
		return dcf_store_fail(err, DCF_E_CONFLICT, "%.150s: the log of another file lies beside it (-wal or -journal)",
				      path);
	if ((size_t)snprintf(made, sizeof made, "%s.XXXXXX", path) >= sizeof made)
		return dcf_store_fail(err, DCF_E_LIMIT, "%.150s...: the path is too long", path);
	/* Of the owner alone, as the record is. */
	fd = mkstemp(made);
	if (fd < 0)
		return failed(path, err);
	close(fd);
	status = dcf_look_with(dcf_sqlite_of(s), copy_to, &copy, err);
	if (status == DCF_OK)
		status = sync_file(made, err);
	if (status == DCF_OK)
		status = publish(made, path, err);
	unlink(made);
	return status;
}

static enum dcf_status check_held(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = NULL;
	enum dcf_status status = DCF_OK;
	int rc = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(1)", -1, &stmt, NULL);

	(void)what;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		status = dcf_conn_fail(c, rc, "cannot be read", err);
	else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
		status = dcf_conn_damage(c, err, "%.100s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return status;
}

enum dcf_status dcf_sqlite_check(struct dcf_store *s, struct dcf_store_error *err)
{
	return dcf_look_with(dcf_sqlite_of(s), check_held, NULL, err);
}
