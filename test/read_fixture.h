/* SPDX-License-Identifier: Apache-2.0 */
/* read_fixture.h - what the tests of reading share: bytes from memory in pieces, a plan as text, memory that runs out. */
#ifndef DCF_TEST_READ_FIXTURE_H
#define DCF_TEST_READ_FIXTURE_H

#include "base/buf.h"
#include "format/read.h"

/* Bytes in memory, at most `piece` a call (0: no limit); fails with -1 at `fail_at` when that is not SIZE_MAX. */
struct memory_source {
	const char *p;
	size_t len, at, piece, fail_at;
};
struct dcf_source memory_source(struct memory_source *m);

/* The heap until the `fail_at`th call (from 1; 0: never), which and all later ones fail.  Counts what is in use. */
struct failing_heap {
	size_t calls, fail_at;
	int64_t in_use, most;
};
struct dcf_alloc failing_heap(struct failing_heap *h);

/* `write` into a buffer whose memory ends at the first call, then at the second and so on until it lasts: each time it says
 * DCF_E_NOMEM and leaves nothing behind.  False where it does not, with a line of what it did on standard output. */
typedef enum dcf_status write_fn(const void *ctx, struct dcf_buf *out);
bool short_memory_is_clean(write_fn *write, const void *ctx);

/* The whole plan as lines of text: what a reader made of its input. */
void dump_plan(struct dcf_buf *out, const struct dcf_plan *plan);

/* A file's bytes (malloc), NULL when it cannot be read. */
char *slurp(const char *path, size_t *len);

/* Bytes as a gzip member (malloc). */
char *gzipped(const char *p, size_t len, size_t *out_len);

#endif
