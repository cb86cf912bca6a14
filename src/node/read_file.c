/* SPDX-License-Identifier: Apache-2.0 */
#include "node/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/sign.h"

/* Append a piece: 1 at the end, 0 when there may be more, -1 with errno. */
static int read_piece(int fd, struct dcf_buf *out, size_t max)
{
	char piece[4096];
	ssize_t n = read(fd, piece, sizeof piece);

	if (n < 0)
		return errno == EINTR ? 0 : -1;
	if (n == 0)
		return 1;
	if ((size_t)n > max - out->len) {
		errno = EFBIG;
		return -1;
	}
	dcf_buf_put(out, piece, (size_t)n);
	dcf_wipe(piece, (size_t)n); /* it may have been a key */
	return 0;
}

enum dcf_status dcf_node_read_fd(int fd, const char *name, size_t max, struct dcf_buf *out, struct dcf_node_error *err)
{
	struct stat st;
	int ended = 0;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return dcf_node_fail(err, DCF_E_IO, "%s: is no regular file", name);
	while (!ended)
		ended = read_piece(fd, out, max);
	if (ended < 0 && errno == EFBIG)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %zu bytes", name, max);
	if (ended < 0)
		return dcf_node_fail(err, DCF_E_IO, "%s: cannot be read: %s", name, strerror(errno));
	return out->failed ? dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", name) : DCF_OK;
}

enum dcf_status dcf_node_read_file(const char *path, size_t max, struct dcf_buf *out, struct dcf_node_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe put there must not hold us up */
	enum dcf_status s;

	if (fd < 0)
		return dcf_node_fail(err, DCF_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	s = dcf_node_read_fd(fd, path, max, out, err);
	close(fd);
	return s;
}
