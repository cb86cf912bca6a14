/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - feed files to a fuzz target without a fuzzer: how the corpora run in the normal tests.
 *
 *     replay FILE|FOLDER...
 * A folder's files are fed in any order; status 2 when nothing was fed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned fed;

/* The file in a block of its own size, so that a sanitizer sees a read past its end. */
static int feed_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long n;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0) {
		perror(path);
		return 1;
	}
	p = malloc(n ? (size_t)n : 1);
	if (!p || fread(p, 1, (size_t)n, f) != (size_t)n) {
		perror(path);
		return 1;
	}
	fclose(f);
	(void)LLVMFuzzerTestOneInput(p, (size_t)n);
	free(p);
	fed++;
	return 0;
}

static int feed_folder(DIR *d, const char *path)
{
	struct dirent *e;
	int failed = 0;

	while ((e = readdir(d)) != NULL) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(name, sizeof name, "%s/%s", path, e->d_name) < sizeof name)
			failed |= feed_file(name);
	}
	closedir(d);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);

		failed |= d ? feed_folder(d, argv[i]) : feed_file(argv[i]);
	}
	printf("%u inputs\n", fed);
	return failed ? 1 : fed ? 0 : 2;
}
