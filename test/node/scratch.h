/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - a folder of a test's own, gone when the program ends. */
#ifndef DCF_TEST_NODE_SCRATCH_H
#define DCF_TEST_NODE_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_top[64];
static pid_t scratch_owner;

static inline void scratch_remove(const char *path)
{
	struct stat st;
	DIR *d;

	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && chmod(path, 0700) == 0 && (d = opendir(path)) != NULL) {
		struct dirent *e;
		char name[400];

		while ((e = readdir(d)) != NULL)
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
			    (size_t)snprintf(name, sizeof name, "%s/%s", path, e->d_name) < sizeof name)
				scratch_remove(name);
		closedir(d);
	}
	(void)remove(path);
}

static inline void scratch_end(void)
{
	if (getpid() == scratch_owner) /* not a child of a test */
		scratch_remove(scratch_top);
}

/* A new, empty folder; its path (at most 80 bytes) to `out`. */
static inline void scratch_folder(char *out, size_t size)
{
	static int count;

	if (!*scratch_top) {
		strcpy(scratch_top, "/tmp/deconflict-test-XXXXXX");
		if (!mkdtemp(scratch_top))
			abort();
		scratch_owner = getpid();
		atexit(scratch_end);
	}
	if ((size_t)snprintf(out, size, "%s/%d", scratch_top, count++) >= size || mkdir(out, 0700))
		abort();
}

#endif
