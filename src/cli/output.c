/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - standard output, standard error and files. */
#include "cli/cli.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

void dcf_put_shown(struct dcf_buf *out, struct dcf_span s)
{
	for (size_t i = 0; i < s.len;) {
		size_t n = dcf_utf8_length(s.p + i, s.len - i);

		if (n == 0 || dcf_utf8_steers(s.p + i, n))
			dcf_buf_char(out, '?');
		else
			dcf_buf_put(out, s.p + i, n);
		i += n ? n : 1;
	}
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

void dcf_complain(const char *format, ...)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	char line[2000];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	dcf_buf_z(&out, "deconflict: ");
	dcf_put_shown(&out, dcf_span_of(line));
	dcf_buf_char(&out, '\n');
	/* There is nowhere left to report a failure of standard error. */
	if (!write_all(STDERR_FILENO, out.p, out.len))
		errno = 0;
	dcf_buf_free(&out);
}

enum dcf_status dcf_output_standard(const struct dcf_buf *text)
{
	if (text->failed) {
		dcf_complain("out of memory");
		return DCF_E_NOMEM;
	}
	if (!write_all(STDOUT_FILENO, text->p, text->len)) {
		dcf_complain("standard output: %s", strerror(errno));
		return DCF_E_IO;
	}
	return DCF_OK;
}

static bool write_directly(const char *path, const struct dcf_buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool good = fd >= 0 && write_all(fd, text->p, text->len);
	int why = errno;

	if (fd >= 0 && close(fd) != 0 && good) {
		good = false;
		why = errno;
	}
	errno = why;
	return good;
}

/* A new file gets the mode that open() would have given it. */
static mode_t mode_for(const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) == 0)
		return st.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Beside `path`, so that the rename stays inside one file system. */
static bool write_beside(const char *path, char *temporary, const struct dcf_buf *text)
{
	int fd = mkstemp(temporary);
	bool good;
	int why;

	if (fd < 0)
		return false;
	good = fchmod(fd, mode_for(path)) == 0 && write_all(fd, text->p, text->len) && fsync(fd) == 0;
	why = errno;
	if (close(fd) != 0 && good) {
		good = false;
		why = errno;
	}
	if (good && rename(temporary, path) != 0) {
		good = false;
		why = errno;
	}
	if (!good)
		unlink(temporary);
	errno = why;
	return good;
}

static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

enum dcf_status dcf_output_file(const char *path, const struct dcf_buf *text)
{
	static const char tail[] = ".XXXXXX";
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf temporary = { .from = &heap };
	/* Through a symbolic link the file it names is replaced, not the link. */
	char *real = realpath(path, NULL);
	const char *target = real ? real : path;
	enum dcf_status s = DCF_OK;
	bool good;

	dcf_buf_z(&temporary, target);
	dcf_buf_put(&temporary, tail, sizeof tail);
	if (text->failed || temporary.failed) {
		dcf_complain("out of memory");
		s = DCF_E_NOMEM;
		goto done;
	}
	good = is_special(target) ? write_directly(target, text) : write_beside(target, temporary.p, text);
	if (!good) {
		dcf_complain("%s: cannot be written: %s", path, strerror(errno));
		s = DCF_E_IO;
	}
done:
	free(real);
	dcf_buf_free(&temporary);
	return s;
}
