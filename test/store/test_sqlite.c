/* SPDX-License-Identifier: Apache-2.0 */
/* test_sqlite.c [ROUNDS] - what is SQLite's alone: the lock, the file's format, damage, media that cannot be written, kill -9
 * (25 ROUNDS of it). */
#include "engines.h"
#include "store/sqlite.h"
#include "store/sqlite_int.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct dcf_alloc heap;
static struct signers by;
static char *folder, path[600];
static struct dcf_store_error err;
static struct dcf_log_report report;
static int rounds = 25; /* of kill -9 */

static void begin(void)
{
	heap = dcf_alloc_heap();
	signers_make(&by);
	memset(&err, 0, sizeof err);
	folder = folder_begin();
	snprintf(path, sizeof path, "%s/record.sqlite3", folder);
}

static void end(void)
{
	folder_end(folder);
}

static struct dcf_store *open_as(enum dcf_sqlite_mode mode)
{
	struct dcf_store *s = NULL;
	enum dcf_status status = dcf_sqlite_open(path, mode, &heap, &s, &err);

	CHECK_MSG(status == DCF_OK, "%s", err.text);
	return s;
}

static enum dcf_status open_fails(enum dcf_sqlite_mode mode)
{
	struct dcf_store *s = (struct dcf_store *)&heap;
	enum dcf_status status;

	memset(&err, 0, sizeof err);
	status = dcf_sqlite_open(path, mode, &heap, &s, &err);
	CHECK(status != DCF_OK && !s && err.code == status && strstr(err.text, path));
	if (status == DCF_OK)
		dcf_store_close(s);
	return status;
}

/* A record of `n` entries in the file. */
static void make_record(size_t n)
{
	struct dcf_store *s = open_as(DCF_SQLITE_CREATE);
	struct dcf_log *log;

	CHECK(dcf_log_create(s, &heap, &by.who[0], &err) == DCF_OK);
	CHECK(dcf_log_open(s, &heap, NULL, &log, &err) == DCF_OK);
	CHECK(test_log_append(log, n, 60, &by.who[0], &err) == DCF_OK);
	dcf_log_close(log);
	dcf_store_close(s);
}

static enum dcf_status verify(struct dcf_store *s)
{
	return dcf_log_verify(s, &heap, NULL, NULL, NULL, &report, &err);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK_MSG(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK, "%s", why);
	sqlite3_free(why);
	sqlite3_close(db);
}

/* --- opening -----------------------------------------------------------------------------------------------------------------
 */

static void only_create_creates(void)
{
	struct dcf_store *s;
	struct stat st;

	begin();
	CHECK(open_fails(DCF_SQLITE_READ) == DCF_E_NOT_FOUND && open_fails(DCF_SQLITE_WRITE) == DCF_E_NOT_FOUND);
	CHECK(access(path, F_OK) != 0);
	umask(0);
	s = open_as(DCF_SQLITE_CREATE);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	umask(022);
	dcf_store_close(s);
	dcf_store_close(open_as(DCF_SQLITE_WRITE));
	dcf_store_close(open_as(DCF_SQLITE_READ));
	snprintf(path, sizeof path, "%s/none/record.sqlite3", folder);
	CHECK(open_fails(DCF_SQLITE_CREATE) == DCF_E_IO);
	end();
}

static void odd_names_are_opened(void)
{
	static const char *const names[] = { "a b",       "100%25?x=1#y", "file:x",       "\xc3\xbc\xe2\x82\xac",
					     "q'uote\"d", "-dash",        "a&immutable=0" };

	begin();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct dcf_store *s;

		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		make_record(3);
		CHECK_MSG(access(path, F_OK) == 0, "%s", path);
		s = open_as(DCF_SQLITE_READ);
		CHECK_MSG(verify(s) == DCF_OK, "%s", path);
		dcf_store_close(s);
	}
	end();
}

static void files_of_others_are_refused(void)
{
	FILE *f;

	begin();
	f = fopen(path, "w");
	fclose(f);
	CHECK(open_fails(DCF_SQLITE_READ) == DCF_E_CORRUPT && open_fails(DCF_SQLITE_WRITE) == DCF_E_CORRUPT);
	dcf_store_close(open_as(DCF_SQLITE_CREATE));
	f = fopen(path, "w");
	fputs("This is a text and not a record at all, and it is longer than a header of a database is.\n", f);
	for (int i = 0; i < 2000; i++)
		fputc('x', f);
	fclose(f);
	CHECK(open_fails(DCF_SQLITE_READ) == DCF_E_CORRUPT && open_fails(DCF_SQLITE_WRITE) == DCF_E_CORRUPT);
	CHECK(open_fails(DCF_SQLITE_CREATE) == DCF_E_CORRUPT);
	unlink(path);
	run_sql("CREATE TABLE bookmarks(url TEXT)");
	CHECK(open_fails(DCF_SQLITE_READ) == DCF_E_CORRUPT && open_fails(DCF_SQLITE_CREATE) == DCF_E_CORRUPT);
	unlink(path);
	run_sql("PRAGMA user_version = 1");
	CHECK(open_fails(DCF_SQLITE_CREATE) == DCF_E_CORRUPT);
	unlink(path);
	CHECK(mkdir(path, 0700) == 0);
	CHECK(open_fails(DCF_SQLITE_CREATE) == DCF_E_IO && open_fails(DCF_SQLITE_READ) != DCF_OK);
	end();
}

static void a_newer_format_is_refused(void)
{
	char sql[80];
	struct stat before, after;

	begin();
	make_record(3);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", DCF_SQLITE_SCHEMA + 1);
	run_sql(sql);
	CHECK(stat(path, &before) == 0);
	CHECK(open_fails(DCF_SQLITE_READ) == DCF_E_REFUSED && strstr(err.text, "newer"));
	CHECK(open_fails(DCF_SQLITE_WRITE) == DCF_E_REFUSED && open_fails(DCF_SQLITE_CREATE) == DCF_E_REFUSED);
	CHECK(stat(path, &after) == 0 && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_size == after.st_size);
	end();
}

static int version_of(struct dcf_conn *c)
{
	int version = -1;

	return dcf_schema_look(c, &version, &err) == DCF_OK ? version : -1;
}

static void upgrades_are_walked_whole_or_not_at_all(void)
{
	static const struct dcf_upgrade good[] = { { "CREATE TABLE a(x)" },
						   { "CREATE TABLE b(x); INSERT INTO a VALUES(1), (2)" },
						   { "INSERT INTO b SELECT x + 10 FROM a; DROP TABLE a" } };
	static const struct dcf_upgrade bad[] = { { "CREATE TABLE a(x)" },
						  { "CREATE TABLE b(x)" },
						  { "INSERT INTO b VALUES(1)" },
						  { "CREATE TABLE c(x); SELECT nothing FROM nowhere" } };
	struct dcf_conn c = { .path = path };

	begin();
	CHECK(sqlite3_open(path, &c.db) == SQLITE_OK && version_of(&c) == 0);
	CHECK(dcf_schema_walk(&c, good, 1, &err) == DCF_OK && version_of(&c) == 1);
	CHECK(dcf_schema_walk(&c, good, 1, &err) == DCF_OK && version_of(&c) == 1);
	CHECK(dcf_schema_walk(&c, bad, 4, &err) != DCF_OK && version_of(&c) == 1);
	/* Nothing of the steps before the bad one is left: they can be walked. */
	CHECK_MSG(dcf_schema_walk(&c, good, 3, &err) == DCF_OK && version_of(&c) == 3, "%s", err.text);
	CHECK(sqlite3_exec(c.db, "SELECT 1 / (SELECT count(*) = 2 AND sum(x) = 23 FROM b)", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_exec(c.db, "SELECT * FROM a", NULL, NULL, NULL) != SQLITE_OK);
	CHECK(dcf_schema_walk(&c, good, 2, &err) == DCF_E_REFUSED && version_of(&c) == 3);
	dcf_conn_close(&c);
	end();
}

static void a_second_writer_is_kept_out(void)
{
	struct dcf_store *s, *reader;
	pid_t child;
	int status;

	begin();
	make_record(5);
	s = open_as(DCF_SQLITE_WRITE);
	CHECK(open_fails(DCF_SQLITE_WRITE) == DCF_E_BUSY);
	child = fork();
	if (child == 0) {
		struct dcf_store *other = NULL;
		enum dcf_status busy = dcf_sqlite_open(path, DCF_SQLITE_CREATE, &heap, &other, &err);
		char holder[40];

		snprintf(holder, sizeof holder, "process %ld", (long)getppid());
		_exit(busy == DCF_E_BUSY && strstr(err.text, holder) ? 0 : 1);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	/* Readers come and go, and see what is written meanwhile. */
	reader = open_as(DCF_SQLITE_READ);
	CHECK(test_append(reader, 5, 1, 1, &err) == DCF_E_REFUSED);
	CHECK(test_append(s, 5, 1, 60, &err) == DCF_OK);
	CHECK(test_all_there(reader, 0, 6, 60, NULL));
	dcf_store_close(reader);
	dcf_store_close(s);
	s = open_as(DCF_SQLITE_WRITE);
	dcf_store_close(s);
	end();
}

/* As somebody who may write nothing there. */
static int read_as_nobody(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		struct dcf_store *s = NULL;
		enum dcf_status got;

		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(99);
		got = dcf_sqlite_open(path, DCF_SQLITE_READ, &heap, &s, &err);
		if (got == DCF_OK)
			got = verify(s);
		if (got == DCF_OK && report.size != 300)
			got = DCF_E_AMBIGUOUS;
		if (got != DCF_OK)
			printf("# %s\n", err.text);
		fflush(stdout);
		_exit((int)got);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_medium_nobody_can_write_is_read(void)
{
	struct dcf_store *s;

	begin();
	make_record(300);
	unlink("x");
	CHECK(chmod(path, 0444) == 0 && chmod(folder, 0555) == 0);
	CHECK(read_as_nobody() == DCF_OK);
	/* With a log left beside it that is not possible, and said. */
	CHECK(chmod(folder, 0700) == 0 && chmod(path, 0600) == 0);
	s = open_as(DCF_SQLITE_WRITE);
	CHECK(test_append(s, 300, 1, 60, &err) == DCF_OK);
	{
		char copy[700], command[6000];

		snprintf(copy, sizeof copy, "%s/copy", folder);
		snprintf(command, sizeof command, "mkdir '%s' && cp '%s' '%s-wal' '%s' && chmod -R a-w,a+rX '%s' '%s'", copy,
			 path, path, copy, copy, folder);
		CHECK(system(command) == 0);
		dcf_store_close(s);
		snprintf(path, sizeof path, "%s/copy/record.sqlite3", folder);
		CHECK(read_as_nobody() == DCF_E_IO);
		CHECK(chmod(folder, 0700) == 0 && chmod(copy, 0777) == 0);
		/* Somebody who may write there sees the entry that is in the log alone (whose made-up head does not verify). */
		s = open_as(DCF_SQLITE_READ);
		CHECK(test_all_there(s, 0, 301, 60, NULL));
		dcf_store_close(s);
	}
	end();
}

/* --- a full disk -------------------------------------------------------------------------------------------------------------
 */

/* A limit on the size of files is the full disk that every system has. */
static void a_full_disk_is_called_so(void)
{
	struct rlimit before, small;
	struct dcf_store *s;
	struct dcf_log *log;
	uint64_t at = 0;
	enum dcf_status status = DCF_OK;

	begin();
	make_record(10);
	s = open_as(DCF_SQLITE_WRITE);
	CHECK(dcf_log_open(s, &heap, NULL, &log, &err) == DCF_OK);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 3 << 20;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 200 && status == DCF_OK; i++)
		status = test_log_append(log, 10, 5000, &by.who[0], &err);
	CHECK_MSG(status == DCF_E_FULL && strstr(err.text, path), "%d %s", (int)status, err.text);
	CHECK(test_log_append(log, 1, 60, &by.who[0], &err) == DCF_E_REFUSED);
	/* Reading goes on. */
	CHECK(dcf_log_head(log, &at, NULL, NULL) == DCF_OK && at > 10);
	CHECK_MSG(verify(s) == DCF_OK && report.size == at, "%s", report.what);
	setrlimit(RLIMIT_FSIZE, &before);
	/* And writing too, once there is room. */
	CHECK(dcf_log_reload(log, &err) == DCF_OK && test_log_append(log, 10, 5000, &by.who[0], &err) == DCF_OK);
	dcf_log_close(log);
	dcf_store_close(s);
	s = open_as(DCF_SQLITE_READ);
	CHECK(verify(s) == DCF_OK && report.size == at + 10);
	dcf_store_close(s);
	signal(SIGXFSZ, SIG_DFL);
	end();
}

/* --- damage ------------------------------------------------------------------------------------------------------------------
 */

static char *slurp(size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p = malloc(8 << 20);

	*n = fread(p, 1, 8 << 20, f);
	fclose(f);
	return p;
}

static void spill(const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	CHECK(fwrite(p, 1, n, f) == n);
	fclose(f);
}

static enum dcf_status compare(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	(void)ctx;
	return position == 4 || position == 5   ? (e->erased ? DCF_OK : DCF_E_CORRUPT)
	       : test_entry_is(e, position, 60) ? DCF_OK
						: DCF_E_CORRUPT;
}

static enum dcf_status take_piece(void *ctx, uint32_t index, struct dcf_span bytes)
{
	(void)ctx;
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.p[i] != (char)(index + 1))
			return DCF_E_AMBIGUOUS;
	}
	return DCF_OK;
}

/* What a damaged file may do: be refused, be found not to verify, or give exactly what was written. */
static bool is_harmless_or_found(bool write)
{
	struct dcf_store *s = NULL;
	enum dcf_status status = dcf_sqlite_open(path, write ? DCF_SQLITE_WRITE : DCF_SQLITE_READ, &heap, &s, &err);
	enum dcf_status snapshot;

	if (status != DCF_OK)
		return status == DCF_E_CORRUPT || status == DCF_E_REFUSED || status == DCF_E_IO;
	status = verify(s);
	if (status == DCF_OK && report.size == 600)
		status = dcf_store_read(s, 0, 600, DCF_READ_ALL, compare, NULL, &err) == DCF_OK ? DCF_OK : DCF_E_AMBIGUOUS;
	else if (status == DCF_OK)
		status = DCF_E_AMBIGUOUS;
	/* Wrong bytes are never handed out as a snapshot. */
	snapshot = dcf_store_snapshot_read(s, 600, take_piece, NULL, NULL);
	if (snapshot == DCF_E_AMBIGUOUS)
		status = DCF_E_AMBIGUOUS;
	if (write)
		(void)test_append(s, 600, 3, 10, NULL);
	dcf_store_close(s);
	return status != DCF_E_AMBIGUOUS;
}

static void make_file_to_damage(void)
{
	static const uint64_t erased[] = { 4, 5 };
	struct dcf_store *s;

	make_record(600);
	s = open_as(DCF_SQLITE_WRITE);
	for (uint32_t i = 0; i < 3; i++) {
		char bytes[5000];
		const struct dcf_snapshot_piece p = { 600, i, i == 2, { bytes, sizeof bytes } };

		memset(bytes, (int)i + 1, sizeof bytes);
		CHECK(dcf_store_snapshot_put(s, &p, &err) == DCF_OK);
	}
	CHECK(dcf_store_erase(s, erased, 2, &err) == DCF_OK);
	dcf_store_close(s);
}

enum { FLIPS = 1500 };

static void damage_is_found_or_harmless(void)
{
	uint64_t state = 20150920;
	size_t n;
	char *good, *bad;

	begin();
	make_file_to_damage();
	good = slurp(&n);
	CHECK(n > 100000 && is_harmless_or_found(false));
	bad = malloc(n);
	for (int i = 0; i < FLIPS; i++) {
		/* One bit, a byte, a run of zeros, a page that belongs elsewhere, the file cut off; early bytes more often. */
		size_t at = test_random(&state) % (i % 4 == 0 ? 200 : n), k = n;

		memcpy(bad, good, n);
		if (i % 5 == 0)
			memset(bad + at, 0, n - at < 300 ? n - at : 300);
		else if (i % 5 == 1)
			bad[at] = (char)test_random(&state);
		else if (i % 50 == 2)
			memcpy(bad + at / 4096 * 4096, good + test_random(&state) % (n / 4096) * 4096, 4096);
		else if (i % 50 == 3)
			k = at;
		else
			bad[at] ^= (char)(1 << test_random(&state) % 8);
		spill(bad, k);
		CHECK_MSG(is_harmless_or_found(i % 3 == 0), "damage %d at %zu of %zu: %s", i, at, n, err.text);
	}
	free(good);
	free(bad);
	end();
}

/* Rows that SQLite takes for good and that no program of ours writes. */
static void rows_that_cannot_be_are_damage(void)
{
	static const char *const rows[] = {
		"UPDATE entry SET commitment = x'0011' WHERE position = 30",
		"UPDATE entry SET salt = x'0011' WHERE position = 30",
		"UPDATE entry SET salt = NULL WHERE position = 30",
		"UPDATE entry SET content = NULL WHERE position = 30",
		"UPDATE entry SET content = zeroblob(16777217) WHERE position = 30",
		"UPDATE entry SET position = -5 WHERE position = 30",
		"UPDATE tile SET hashes = x'00' WHERE id = 0",
		"UPDATE head SET size = -1",
		"UPDATE head SET size = 9223372036854775807",
		"UPDATE head SET note = zeroblob(70000)",
		"UPDATE meta SET value = zeroblob(300000) WHERE key = 'keys'",
		"UPDATE meta SET value = x'' WHERE key = 'keys'",
		"DROP TABLE entry",
		"DROP TABLE tile",
		"ALTER TABLE meta RENAME COLUMN value TO worth",
	};

	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_store *s;

		snprintf(path, sizeof path, "%s/%zu", folder, i);
		make_record(300);
		run_sql(rows[i]);
		s = open_as(DCF_SQLITE_READ);
		CHECK_MSG(verify(s) == DCF_E_CORRUPT && report.what[0], "%s: %s", rows[i], err.text);
		if (strstr(rows[i], "= 30"))
			CHECK_MSG(report.first_bad == 30, "%s: %llu", rows[i], (unsigned long long)report.first_bad);
		dcf_store_close(s);
	}
	end();
}

static void snapshots_that_cannot_be_are_damage(void)
{
	static const char *const rows[] = {
		"UPDATE snapshot SET pieces = 5",
		"UPDATE snapshot SET pieces = -1",
		"UPDATE snapshot SET pieces = 9223372036854775807",
		"UPDATE snapshot SET id = 9223372036854775807",
		"UPDATE piece SET hash = x'00'",
		"UPDATE piece SET bytes = x''",
		"UPDATE piece SET bytes = zeroblob(10)",
		"DELETE FROM piece",
	};

	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct dcf_snapshot_piece p = { 3, 0, true, DCF_SPAN("a state") };
		struct dcf_store *s;

		snprintf(path, sizeof path, "%s/%zu", folder, i);
		make_record(3);
		s = open_as(DCF_SQLITE_WRITE);
		CHECK(dcf_store_snapshot_put(s, &p, &err) == DCF_OK);
		CHECK(dcf_store_snapshot_read(s, 3, take_piece, NULL, &err) == DCF_E_AMBIGUOUS);
		dcf_store_close(s);
		run_sql(rows[i]);
		s = open_as(DCF_SQLITE_READ);
		/* Of five pieces the first is handed out before the second is missed. */
		CHECK_MSG(dcf_store_snapshot_read(s, 3, take_piece, NULL, &err) == DCF_E_CORRUPT || i == 0, "%s: %s", rows[i],
			  err.text);
		dcf_store_close(s);
	}
	end();
}

/* What the log alone holds can be cut short, as by a crash, but it cannot be changed. */
static void damage_of_the_log_is_a_shorter_record(void)
{
	uint64_t state = 3;
	char wal[700], command[2000];
	struct dcf_store *s;
	struct dcf_log *log;
	struct stat st;
	uint64_t least = UINT64_MAX, most = 0;

	begin();
	make_record(10);
	s = open_as(DCF_SQLITE_WRITE);
	CHECK(dcf_log_open(s, &heap, NULL, &log, &err) == DCF_OK);
	for (int i = 0; i < 20; i++)
		CHECK(test_log_append(log, 10, 60, &by.who[0], &err) == DCF_OK);
	snprintf(command, sizeof command, "cp '%s' '%s/kept' && cp '%s-wal' '%s/kept-wal'", path, folder, path, folder);
	CHECK(system(command) == 0);
	dcf_log_close(log);
	dcf_store_close(s);
	snprintf(wal, sizeof wal, "%s/copy-wal", folder);
	snprintf(command, sizeof command, "cd '%s' && rm -f copy copy-shm && cp kept copy && cp kept-wal copy-wal", folder);
	snprintf(path, sizeof path, "%s/copy", folder);
	for (int i = 0; i < 120; i++) {
		char byte;
		int fd;

		CHECK(system(command) == 0 && stat(wal, &st) == 0 && st.st_size > 10000);
		fd = open(wal, O_RDWR);
		off_t at = (off_t)(test_random(&state) % (uint64_t)st.st_size);
		CHECK(pread(fd, &byte, 1, at) == 1);
		byte ^= 4;
		CHECK(pwrite(fd, &byte, 1, at) == 1);
		close(fd);
		s = open_as(DCF_SQLITE_READ);
		CHECK_MSG(verify(s) == DCF_OK && report.size % 10 == 0, "byte %ld: %s", (long)at, report.what);
		least = report.size < least ? report.size : least;
		most = report.size > most ? report.size : most;
		dcf_store_close(s);
	}
	CHECK_MSG(least < 50 && most > 150, "%llu..%llu", (unsigned long long)least, (unsigned long long)most);
	end();
}

enum { WORDS = 300, WORD = 24 };

/* A word that nobody else writes, somewhere in content of any size. */
static size_t content_with_word(uint64_t i, uint64_t *state, char *room)
{
	static const size_t sizes[] = { 30, 60, 300, 1500, 5000, 20000 };
	size_t size = sizes[test_random(state) % 6], at = test_random(state) % (size - WORD);

	for (size_t k = 0; k < size; k++)
		room[k] = (char)('a' + test_random(state) % 26);
	memset(room + at, '#', WORD);
	snprintf(room + at, WORD, "#word%08llu#", (unsigned long long)i);
	return size;
}

static bool word_is_in(uint64_t i, const char *p, size_t n)
{
	char word[WORD];
	int k = snprintf(word, sizeof word, "#word%08llu#", (unsigned long long)i);

	return memmem(p, n, word, (size_t)k) != NULL;
}

static void append_words(struct dcf_log *log, uint64_t *state)
{
	static char room[20][20000];
	struct dcf_entry e[20] = { 0 };

	for (uint64_t at = 0; at < WORDS;) {
		size_t n = 1 + test_random(state) % 20;

		for (size_t i = 0; i < n; i++)
			e[i].content = (struct dcf_span){ room[i], content_with_word(at + i, state, room[i]) };
		CHECK(dcf_log_append(log, e, n, &by.who[0], NULL, &err) == DCF_OK);
		at += n;
	}
}

static void what_was_erased_is_not_in_the_files(void)
{
	uint64_t state = 11, gone[WORDS];
	struct dcf_store *s;
	struct dcf_log *log;
	size_t n, count = 0;
	char *all, *wal;

	begin();
	make_record(0);
	s = open_as(DCF_SQLITE_WRITE);
	CHECK(dcf_log_open(s, &heap, NULL, &log, &err) == DCF_OK);
	append_words(log, &state);
	for (uint64_t i = 0; i < WORDS; i++) {
		if (test_random(&state) % 3 == 0)
			gone[count++] = i;
	}
	CHECK(count > 50 && dcf_store_erase(s, gone, count, &err) == DCF_OK);
	all = slurp(&n);
	for (uint64_t i = 0, k = 0; i < WORDS; i++) {
		bool erased = k < count && gone[k] == i;

		CHECK_MSG(word_is_in(i, all, n) == !erased, "word %llu", (unsigned long long)i);
		k += erased;
	}
	free(all);
	strcat(path, "-wal");
	wal = slurp(&n);
	CHECK(n == 0);
	free(wal);
	dcf_log_close(log);
	dcf_store_close(s);
	end();
}

/* A state of ten pieces in which one word stands at many places. */
static void put_state(struct dcf_store *s, uint64_t position, uint64_t word)
{
	static char bytes[50000];

	for (uint32_t i = 0; i < 10; i++) {
		const struct dcf_snapshot_piece p = { position, i, i == 9, { bytes, sizeof bytes } };

		for (size_t k = 0; k + WORD < sizeof bytes; k += WORD)
			snprintf(bytes + k, WORD, "#word%08llu#", (unsigned long long)word);
		CHECK_MSG(dcf_store_snapshot_put(s, &p, &err) == DCF_OK, "%s", err.text);
	}
}

static void dropped_snapshots_are_not_in_the_file(void)
{
	struct dcf_store *s;
	struct stat st;
	off_t size = 0;
	size_t n;
	char *all;

	begin();
	make_record(20);
	s = open_as(DCF_SQLITE_WRITE);
	for (uint64_t i = 0; i < 9; i++) {
		put_state(s, i + 1, i);
		if (i == 5) {
			dcf_store_close(s);
			CHECK(stat(path, &st) == 0);
			size = st.st_size;
			s = open_as(DCF_SQLITE_WRITE);
		}
	}
	dcf_store_close(s);
	all = slurp(&n);
	/* The one that the last one pushed out is on its way. */
	for (uint64_t i = 0; i < 6; i++)
		CHECK_MSG(!word_is_in(i, all, n), "state %llu", (unsigned long long)i);
	CHECK(word_is_in(7, all, n) && word_is_in(8, all, n));
	/* Its room is used again. */
	CHECK_MSG((off_t)n < size + 1000000, "%ld and %zu", (long)size, n);
	free(all);
	end();
}

/* --- kill -9 -----------------------------------------------------------------------------------------------------------------
 */

/* Append for ever; after each batch write how many are there to `fd`. */
static void append_until_killed(int fd, uint64_t seed)
{
	struct dcf_store *s = NULL;
	struct dcf_log *log = NULL;
	uint64_t at;

	if (dcf_sqlite_open(path, DCF_SQLITE_CREATE, &heap, &s, &err) != DCF_OK)
		_exit(3);
	if (dcf_log_create(s, &heap, &by.who[0], &err) != DCF_OK && err.code != DCF_E_CONFLICT)
		_exit(4);
	if (dcf_log_open(s, &heap, NULL, &log, &err) != DCF_OK)
		_exit(5);
	for (uint32_t i = 0;; i++) {
		if (test_log_append(log, 1 + test_random(&seed) % 60, 300, &by.who[0], &err) != DCF_OK ||
		    dcf_log_head(log, &at, NULL, NULL) != DCF_OK)
			_exit(6);
		if (write(fd, &at, sizeof at) != sizeof at)
			_exit(7);
		if (i % 10 == 9) {
			char bytes[70000] = { 1 };
			const struct dcf_snapshot_piece p = { at, 0, true, { bytes, sizeof bytes } };

			if (dcf_store_snapshot_put(s, &p, &err) != DCF_OK)
				_exit(8);
		}
	}
}

static uint64_t kill_one(uint64_t *state)
{
	uint64_t acknowledged = 0, at;
	int pipes[2], status;
	pid_t child;

	CHECK(pipe(pipes) == 0);
	child = fork();
	if (child == 0) {
		close(pipes[0]);
		append_until_killed(pipes[1], test_random(state));
	}
	close(pipes[1]);
	usleep((useconds_t)(3000 + test_random(state) % 120000));
	kill(child, SIGKILL);
	while (read(pipes[0], &at, sizeof at) == sizeof at)
		acknowledged = at;
	close(pipes[0]);
	CHECK_MSG(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %d",
		  status);
	(void)test_random(state);
	return acknowledged;
}

static void a_killed_writer_loses_nothing(void)
{
	uint64_t state = (uint64_t)time(NULL), least = 0;
	int worked = 0;

	begin();
	printf("# seed %llu\n", (unsigned long long)state);
	for (int i = 0; i < rounds; i++) {
		uint64_t acknowledged = kill_one(&state);
		struct dcf_store *s = NULL;
		/* Sometimes it was killed before there was anything. */
		enum dcf_status status = dcf_sqlite_open(path, DCF_SQLITE_READ, &heap, &s, &err);

		if (status == DCF_OK)
			status = verify(s);
		if (status == DCF_OK) {
			CHECK_MSG(report.size >= acknowledged && report.size >= least, "round %d: %llu of %llu", i,
				  (unsigned long long)report.size, (unsigned long long)acknowledged);
			CHECK(test_all_there(s, 0, report.size, 300, NULL) && dcf_sqlite_check(s, &err) == DCF_OK);
			least = report.size;
			worked++;
		} else {
			CHECK_MSG(least == 0 && acknowledged == 0, "round %d: %s %s", i, err.text, report.what);
		}
		dcf_store_close(s);
	}
	CHECK_MSG(worked >= rounds - 5 && least > 100, "%d rounds, %llu entries", worked, (unsigned long long)least);
	end();
}

int main(int argc, char **argv)
{
	rounds = argc > 1 ? atoi(argv[1]) : rounds;
	return TAP_RUN(TAP(only_create_creates), TAP(odd_names_are_opened), TAP(files_of_others_are_refused),
		       TAP(a_newer_format_is_refused), TAP(upgrades_are_walked_whole_or_not_at_all),
		       TAP(a_second_writer_is_kept_out), TAP(a_medium_nobody_can_write_is_read), TAP(a_full_disk_is_called_so),
		       TAP(damage_is_found_or_harmless), TAP(rows_that_cannot_be_are_damage),
		       TAP(snapshots_that_cannot_be_are_damage), TAP(damage_of_the_log_is_a_shorter_record),
		       TAP(what_was_erased_is_not_in_the_files), TAP(dropped_snapshots_are_not_in_the_file),
		       TAP(a_killed_writer_loses_nothing));
}
