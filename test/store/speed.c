/* SPDX-License-Identifier: Apache-2.0 */
/* speed.c [DIR [SECONDS]] - how fast a record in SQLite grows, for batches of several sizes, and what one sync costs here.
 *
 * Each batch is one durable append: salts and commitments, tiles, a signed head, one transaction, one sync. */
#include "engines.h"
#include "store/sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONTENT = 1000, MOST = 20000 };

static struct dcf_alloc heap;
static struct signers by;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of `n` times, in ms: median, 99th of a hundred, longest. */
static void put_times(double *t, size_t n)
{
	qsort(t, n, sizeof *t, ascending);
	printf("p50 %7.2f ms  p99 %7.2f ms  max %7.2f ms", t[n / 2] * 1e3, t[n * 99 / 100] * 1e3, t[n - 1] * 1e3);
}

/* What the disk does when it is asked for nothing else: 4 KiB behind each other, each synced. */
static void time_of_a_sync(const char *dir, double seconds)
{
	static double t[MOST];
	static char block[4096] = { 1 };
	char path[600];
	size_t n = 0;
	double end = now() + seconds;
	int fd;

	snprintf(path, sizeof path, "%s/sync", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return;
	for (; now() < end && n < MOST; n++) {
		double begin = now();

		if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0)
			break;
		t[n] = now() - begin;
	}
	close(fd);
	unlink(path);
	printf("one sync of 4 KiB:                                   ");
	put_times(t, n ? n : 1);
	printf("\n");
}

static bool time_of_batches(const char *dir, size_t batch, double seconds)
{
	static double t[MOST];
	struct dcf_store_error err = { .code = DCF_OK };
	struct dcf_store *s = NULL;
	struct dcf_log *log = NULL;
	struct stat st;
	char path[600];
	size_t n = 0;
	double begin, end;
	bool good;

	snprintf(path, sizeof path, "%s/speed-%zu.sqlite3", dir, batch);
	good = dcf_sqlite_open(path, DCF_SQLITE_CREATE, &heap, &s, &err) == DCF_OK &&
	       dcf_log_create(s, &heap, &by.who[0], &err) == DCF_OK && dcf_log_open(s, &heap, NULL, &log, &err) == DCF_OK;
	begin = now();
	end = begin + seconds;
	for (; good && now() < end && n < MOST; n++) {
		double before = now();

		good = test_log_append(log, batch, CONTENT, &by.who[0], &err) == DCF_OK;
		t[n] = now() - before;
	}
	end = now();
	if (good) {
		printf("batches of %5zu: %8.0f entries/s  %6.1f syncs/s  ", batch, (double)(n * batch) / (end - begin),
		       (double)n / (end - begin));
		put_times(t, n);
		dcf_log_close(log);
		log = NULL;
		dcf_store_close(s);
		s = NULL;
		if (stat(path, &st) == 0)
			printf("  %.0f bytes an entry beside its content", (double)st.st_size / (double)(n * batch) - CONTENT);
		printf("\n");
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	dcf_log_close(log);
	dcf_store_close(s);
	return good;
}

int main(int argc, char **argv)
{
	static const size_t batches[] = { 1, 10, 50, 200, 1000 };
	char *own = argc > 1 ? NULL : folder_begin();
	const char *dir = own ? own : argv[1];
	double seconds = argc > 2 ? atof(argv[2]) : 3;
	bool good = true;

	heap = dcf_alloc_heap();
	signers_make(&by);
	time_of_a_sync(dir, seconds / 2);
	for (size_t i = 0; good && i < sizeof batches / sizeof *batches; i++)
		good = time_of_batches(dir, batches[i], seconds);
	folder_end(own);
	return good ? 0 : 1;
}
