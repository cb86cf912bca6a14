/* SPDX-License-Identifier: Apache-2.0 */
/* test_disk.c [EVERY] - the SQLite engine on a disk that fails at every operation in its turn (or at every second, third, ...).
 *
 * A server's life in small: begin a record, append batches, put snapshots, erase, stop and start, and go on after each failure
 * as log.h says.  Whatever failed, what was acknowledged is there afterwards and the record verifies. */
#include "disk.h"
#include "engines.h"
#include "store/sqlite.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

static struct dcf_alloc heap;
static struct signers by;
static char *folder, path[600];
static struct dcf_store_error err;
static struct dcf_log_report report;
static long every = 1;

enum { BATCHES = 8, SIZE = 700, ERASED_UP_TO = 8 };

struct life {
	uint64_t acknowledged; /* entries */
	uint64_t most;         /* entries that may be there */
	uint64_t snapshot;     /* position of the last that was acknowledged */
	bool begun, erased;
	int failures, full;
	struct dcf_store *store;
	struct dcf_log *log;
};

static void stop(struct life *l)
{
	dcf_log_close(l->log);
	dcf_store_close(l->store);
	l->log = NULL;
	l->store = NULL;
}

static void note_failure(struct life *l, enum dcf_status s)
{
	CHECK_MSG(err.code == s && err.text[0], "%d: %s", (int)s, err.text);
	CHECK_MSG(s == DCF_E_IO || s == DCF_E_FULL || s == DCF_E_REFUSED || s == DCF_E_NOT_FOUND, "%d: %s", (int)s, err.text);
	l->failures++;
	l->full += s == DCF_E_FULL;
}

/* Open what is not; false when that failed. */
static bool start(struct life *l)
{
	enum dcf_status s = l->store ? DCF_OK : dcf_sqlite_open_vfs(path, DCF_SQLITE_CREATE, "disk", &heap, &l->store, &err);

	if (s == DCF_OK && !l->begun) {
		s = dcf_log_create(l->store, &heap, &by.who[0], &err);
		/* It may have been begun by a create that said it failed. */
		l->begun = s == DCF_OK || s == DCF_E_CONFLICT;
		s = l->begun ? DCF_OK : s;
	}
	if (s == DCF_OK && !l->log)
		s = dcf_log_open(l->store, &heap, NULL, &l->log, &err);
	if (s != DCF_OK) {
		note_failure(l, s);
		stop(l);
	}
	return s == DCF_OK;
}

static void append(struct life *l, size_t n)
{
	uint64_t at;
	enum dcf_status s;

	if (dcf_log_head(l->log, &at, NULL, NULL) != DCF_OK)
		abort();
	CHECK_MSG(at >= l->acknowledged, "%llu of %llu", (unsigned long long)at, (unsigned long long)l->acknowledged);
	l->most = at + n > l->most ? at + n : l->most;
	s = test_log_append(l->log, n, SIZE, &by.who[0], &err);
	if (s == DCF_OK) {
		l->acknowledged = at + n;
		return;
	}
	note_failure(l, s);
	if (dcf_log_reload(l->log, &err) != DCF_OK)
		stop(l);
}

static void snapshot(struct life *l)
{
	static char bytes[9000];
	uint64_t at;

	if (dcf_log_head(l->log, &at, NULL, NULL) != DCF_OK)
		abort();
	memset(bytes, (int)at, sizeof bytes);
	for (uint32_t i = 0; i < 3; i++) {
		const struct dcf_snapshot_piece p = { at, i, i == 2, { bytes, sizeof bytes } };
		enum dcf_status s = dcf_store_snapshot_put(l->store, &p, &err);

		if (s != DCF_OK) {
			note_failure(l, s);
			return;
		}
	}
	l->snapshot = at;
}

static void erase(struct life *l)
{
	static const uint64_t positions[] = { 0, 3, 7 };
	enum dcf_status s;

	if (l->acknowledged < ERASED_UP_TO)
		return;
	s = dcf_store_erase(l->store, positions, 3, &err);
	if (s == DCF_OK)
		l->erased = true;
	else
		note_failure(l, s);
}

static void live(struct life *l)
{
	for (int i = 0; i < BATCHES; i++) {
		if (!start(l))
			continue;
		append(l, 1 + (size_t)i * 3);
		if (l->log && i % 3 == 1)
			snapshot(l);
		if (l->log && i == 5)
			erase(l);
		if (i == 4)
			stop(l);
	}
	stop(l);
}

static enum dcf_status look(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	const struct life *l = ctx;
	bool may_be_erased = position == 0 || position == 3 || position == 7;

	if (l->erased && may_be_erased)
		CHECK(e->erased);
	else
		CHECK_MSG((e->erased && may_be_erased) || test_entry_is(e, position, SIZE), "entry %llu",
			  (unsigned long long)position);
	return DCF_OK;
}

static enum dcf_status look_at_piece(void *ctx, uint32_t index, struct dcf_span bytes)
{
	(void)index;
	CHECK(bytes.len == 9000 && bytes.p[0] == *(char *)ctx && bytes.p[8999] == *(char *)ctx);
	return DCF_OK;
}

static void look_at_snapshots(struct life *l)
{
	struct dcf_snapshot_info list[DCF_STORE_SNAPSHOTS];
	size_t n = 0;
	bool found = l->snapshot == 0;

	CHECK(dcf_store_snapshot_list(l->store, list, &n, &err) == DCF_OK);
	for (size_t i = 0; i < n; i++) {
		char seed = (char)list[i].position;

		found |= list[i].position >= l->snapshot;
		CHECK(dcf_store_snapshot_read(l->store, list[i].position, look_at_piece, &seed, &err) == DCF_OK);
	}
	CHECK_MSG(found, "the snapshot of %llu", (unsigned long long)l->snapshot);
}

/* Everything as it must be, on a disk that is well again. */
static void look_at_what_is_left(struct life *l)
{
	uint64_t size;

	if (!start(l)) {
		CHECK_MSG(false, "cannot be opened: %s", err.text);
		return;
	}
	CHECK_MSG(dcf_log_verify(l->store, &heap, NULL, NULL, NULL, &report, &err) == DCF_OK, "%s %s", err.text, report.what);
	CHECK_MSG(report.size >= l->acknowledged && report.size <= l->most, "%llu of %llu..%llu",
		  (unsigned long long)report.size, (unsigned long long)l->acknowledged, (unsigned long long)l->most);
	CHECK(dcf_store_read(l->store, 0, UINT64_MAX, DCF_READ_ALL, look, l, &err) == DCF_OK);
	CHECK_MSG(dcf_sqlite_check(l->store, &err) == DCF_OK, "%s", err.text);
	look_at_snapshots(l);
	append(l, 5);
	CHECK(l->acknowledged == report.size + 5 && dcf_log_head(l->log, &size, NULL, NULL) == DCF_OK &&
	      size == l->acknowledged);
	stop(l);
}

static long one_life(long n, enum disk_fault fault, uint64_t seed, int *full)
{
	struct life l = { 0 };
	int before = tap_failed_checks;
	bool came;

	disk_begin();
	disk_fail_at(n, fault, seed);
	live(&l);
	came = disk_failed();
	if (fault == DISK_POWER || fault == DISK_TEAR)
		disk_reboot();
	disk_mend();
	look_at_what_is_left(&l);
	*full += l.full;
	if (tap_failed_checks > before && before < 20)
		printf("# operation %ld, fault %d, seed %llu\n", n, (int)fault, (unsigned long long)seed);
	disk_end();
	return came;
}

static void begin(void)
{
	heap = dcf_alloc_heap();
	signers_make(&by);
	folder = folder_begin();
	snprintf(path, sizeof path, "%s/record.sqlite3", folder);
}

static void every_operation(enum disk_fault fault, int tries)
{
	long n = 0;
	int full = 0;

	begin();
	for (bool came = true; came; n += every) {
		for (int t = 0; t < tries; t++)
			came = one_life(n, fault, (uint64_t)(n * 1000 + t), &full);
	}
	CHECK_MSG(n > 100, "%ld operations", n);
	/* A full disk is called so, and nothing else is. */
	CHECK_MSG((fault == DISK_FULL) == (full > 0), "%d times full", full);
	printf("# some %ld operations\n", n - every);
	folder_end(folder);
}

static void every_operation_fails_once(void)
{
	every_operation(DISK_EIO, 1);
}

static void the_disk_is_full_at_every_operation(void)
{
	every_operation(DISK_FULL, 1);
}

static void every_write_is_short_once(void)
{
	every_operation(DISK_SHORT, 1);
}

static void the_power_goes_at_every_operation(void)
{
	every_operation(DISK_POWER, 1);
}

static void writes_are_torn_at_every_operation(void)
{
	every_operation(DISK_TEAR, 2);
}

int main(int argc, char **argv)
{
	every = argc > 1 ? atol(argv[1]) : 1;
	every = every < 1 ? 1 : every;
	return TAP_RUN(TAP(every_operation_fails_once), TAP(the_disk_is_full_at_every_operation),
		       TAP(every_write_is_short_once), TAP(the_power_goes_at_every_operation),
		       TAP(writes_are_torn_at_every_operation));
}
