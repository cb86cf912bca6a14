/* SPDX-License-Identifier: Apache-2.0 */
/* keys_reason.c - why there is a new key: from the operator's command to the entry that the node writes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/utf8.h"
#include "node/keys.h"
#include "node/keys_int.h"
#include "node/read_file.h"

static bool is_reason(struct dcf_span s)
{
	for (size_t at = 0; at < s.len;) {
		size_t w = dcf_utf8_length(s.p + at, s.len - at);

		if (w == 0 || dcf_utf8_steers(s.p + at, w))
			return false;
		at += w;
	}
	return s.len >= 1 && s.len <= DCF_KEY_REASON_MAX;
}

enum dcf_status dcf_keys_put_reason(const char *dir, struct dcf_span reason, struct dcf_node_error *err)
{
	enum dcf_status s;
	int folder;

	if (!is_reason(reason))
		return dcf_node_fail(err, DCF_E_USAGE, "the reason: expected a line of 1 to %d bytes of text",
				     DCF_KEY_REASON_MAX);
	if ((s = dcf_keys_folder(dir, false, true, &folder, err)) != DCF_OK)
		return s;
	s = dcf_keys_write(folder, DCF_KEY_REASON_FILE, reason, 0600, err);
	close(folder);
	return s;
}

enum dcf_status dcf_keys_get_reason(const char *dir, struct dcf_buf *out, struct dcf_node_error *err)
{
	struct dcf_buf text = { .from = out->from };
	enum dcf_status s;
	int folder, fd;

	if ((s = dcf_keys_folder(dir, false, false, &folder, err)) != DCF_OK)
		return s;
	fd = openat(folder, DCF_KEY_REASON_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(folder);
	if (fd < 0)
		return errno == ENOENT ? DCF_OK : dcf_node_fail(err, DCF_E_IO, "%s: %s", DCF_KEY_REASON_FILE, strerror(errno));
	s = dcf_node_read_fd(fd, DCF_KEY_REASON_FILE, DCF_KEY_REASON_MAX, &text, err);
	close(fd);
	if (s == DCF_OK && !is_reason(dcf_buf_as_span(&text)))
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: expected a line of text", DCF_KEY_REASON_FILE);
	if (s == DCF_OK)
		dcf_buf_span(out, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return s;
}
