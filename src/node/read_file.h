/* SPDX-License-Identifier: Apache-2.0 */
/* read_file.h - small files of the operator's: keys, settings. */
#ifndef DCF_NODE_READ_FILE_H
#define DCF_NODE_READ_FILE_H

#include "base/buf.h"
#include "node/error.h"

/* Put a whole file of at most `max` bytes into `out`.  DCF_E_IO, DCF_E_LIMIT, DCF_E_NOMEM; refuses what is no regular file. */
DCF_CHECKED enum dcf_status dcf_node_read_file(const char *path, size_t max, struct dcf_buf *out, struct dcf_node_error *err);
/* The same from an open descriptor; `name` is for messages. */
DCF_CHECKED enum dcf_status dcf_node_read_fd(int fd, const char *name, size_t max, struct dcf_buf *out,
					     struct dcf_node_error *err);

#endif
