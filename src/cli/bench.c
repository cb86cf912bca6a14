/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - `deconflict bench`: hands over to the measuring program.
 *
 * That is a program of its own because it is linked with the libraries that it compares us with, which
 * nobody needs to check operations.  It is looked for where the build and the installation put it, seen
 * from this program's own file; never in PATH. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static const char *const places[] = {
	"deconflict-bench", "../../bench/deconflict-bench", /* the build folder */
	"../libexec/deconflict/deconflict-bench",           /* installed */
};

/* The folder of the running program, with a '/' at its end. */
static bool own_folder(char path[PATH_SIZE])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_SIZE - 1);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	return true;
}

int dcf_cmd_bench(int argc, char **argv)
{
	char folder[PATH_SIZE], path[2 * PATH_SIZE];

	(void)argc;
	if (!own_folder(folder)) {
		dcf_complain("bench: cannot tell where this program lies");
		return DCF_EXIT_FAILED;
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s%s", folder, places[i]);
		if (access(path, X_OK) != 0)
			continue;
		execv(path, argv);
		dcf_complain("bench: %s: %s", path, strerror(errno));
		return DCF_EXIT_FAILED;
	}
	dcf_complain("bench: the measuring program deconflict-bench is not installed beside this one");
	return DCF_EXIT_FAILED;
}
