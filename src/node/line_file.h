/* SPDX-License-Identifier: Apache-2.0 */
/* line_file.h - messages of the line as a file, for whoever has no network: an air gap, a courier, a stick.
 *
 *     deconflict-line-file-v1
 *     {"count":2,"exercise":true?,"first":7,"from":"BLUE","to":"RED"}     canonical JSON; first: number of the first message
 *     <bytes>                                                                of the note that follows, decimal
 *     <note>                                                                 as signed (domain/message.h)
 *     ... `count` times
 *
 * Several files one behind the other are a file too.  Messages may come in any order and any number of times: what is here
 * already is passed over, what comes too early is kept until what it follows is there (DCF_LINE_HELD_MAX).  The file itself
 * proves nothing: each note is signed. */
#ifndef DCF_NODE_LINE_FILE_H
#define DCF_NODE_LINE_FILE_H

#include "node/line_take.h"

enum { DCF_LINE_FILE_MAX = 8 * 1024 * 1024 }; /* bytes of one file that is written; a reader takes no more either */

/* Append our messages from number `from_n` (1..) on to that peer, as far as they fit into DCF_LINE_FILE_MAX; `*next` is the
 * number of the first that did not fit, or one beyond the last.  DCF_E_NOT_FOUND: no such peer, or nothing from that number on;
 * DCF_E_IO; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_line_file_write(struct dcf_state *state, struct dcf_store *store, const struct dcf_alloc *from,
						uint32_t peer, uint64_t from_n, struct dcf_buf *out, uint64_t *next,
						struct dcf_node_error *err);

/* Take what is in a file (or several) from that peer: as dcf_line_take, in order of their numbers.  DCF_E_SYNTAX with where and
 * what in `err` (nothing is taken then), DCF_E_LIMIT, DCF_E_NOT_FOUND no such peer, DCF_E_REFUSED it is removed or the file is
 * of somebody else.  `done` is called only after DCF_OK. */
DCF_CHECKED enum dcf_status dcf_line_file_take(const struct dcf_line_into *into, uint32_t peer, struct dcf_span text,
					       void (*done)(void *ctx, const struct dcf_line_taken *taken), void *ctx,
					       struct dcf_node_error *err);

#endif
