/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_process.c - what the process uses, as Linux tells it. */
#include "node/metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t resident_bytes(void *ctx)
{
	char text[128];
	long long all, resident = 0;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	(void)ctx;
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "%lld %lld", &all, &resident) == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}

static int64_t open_fds(void *ctx)
{
	DIR *d = opendir("/proc/self/fd");
	int64_t n = -3; /* ".", ".." and the one that reads */

	(void)ctx;
	if (!d)
		return 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int64_t max_fds(void *ctx)
{
	struct rlimit limit;

	(void)ctx;
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT64_MAX ? (int64_t)limit.rlim_cur : 0;
}

static int64_t cpu_us(void *ctx)
{
	struct rusage u;

	(void)ctx;
	if (getrusage(RUSAGE_SELF, &u))
		return 0;
	return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

void dcf_metrics_process(struct dcf_metrics *m, int64_t start_us)
{
	dcf_gauge_set(
		dcf_metrics_gauge(m, "process_start_time_seconds", "When the process started, in seconds since 1970.", ""),
		start_us / 1000000);
	(void)dcf_metrics_ask(m, "process_resident_memory_bytes", "Memory in use that is not swapped out.", "", resident_bytes,
			      NULL, 1);
	(void)dcf_metrics_ask(m, "process_open_fds", "Open file descriptors.", "", open_fds, NULL, 1);
	(void)dcf_metrics_ask(m, "process_max_fds", "Most file descriptors that may be open.", "", max_fds, NULL, 1);
	(void)dcf_metrics_ask(m, "process_cpu_seconds_total", "Processor time used.", "", cpu_us, NULL, 1000000);
}
