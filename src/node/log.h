/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the node's log: one line an event, as text or JSON, on one descriptor (standard error).
 *
 *     text  2026-01-31T12:00:00.123Z warn  token refused  reason="expired" peer=10.0.0.7 request=5f3c...
 *     json  {"time":"2026-01-31T12:00:00.123Z","level":"warn","message":"token refused","reason":"expired",...}
 *
 * A line is at most DCF_LOG_LINE bytes and leaves in one write, so lines never mix.  Values are escaped: nothing that a
 * stranger sent can make a line of its own or steer a terminal; what is not UTF-8 becomes U+FFFD.  A value that does not fit is
 * cut and ends in "...".  A reader that does not read (a full pipe) never holds up the node: lines are dropped and counted, and
 * the count is the first thing written when there is room again.  Never put tokens, keys or bodies into a log.
 *
 * Any thread may write; one lock is held for the one write. */
#ifndef DCF_NODE_LOG_H
#define DCF_NODE_LOG_H

#include "base/alloc.h"
#include "base/span.h"
#include "node/clock.h"
#include "node/error.h"

#include <stdbool.h>

enum {
	DCF_LOG_LINE = 4096, /* with its end of line: what a pipe takes whole (PIPE_BUF) */
	DCF_LOG_VALUE = 1024 /* bytes of one value before escaping */
};

enum dcf_log_level { DCF_LOG_DEBUG, DCF_LOG_INFO, DCF_LOG_WARN, DCF_LOG_ERROR };
enum dcf_log_form { DCF_LOG_TEXT, DCF_LOG_JSON };

/* One "key=value".  Keys are literals of ours: lower case letters, digits and '_'. */
struct dcf_log_field {
	const char *key;
	struct dcf_span text; /* when `is_number` is false */
	int64_t number;
	bool is_number;
};
#define DCF_LOG_Z(k, z)    ((struct dcf_log_field){ .key = (k), .text = dcf_span_of(z) })
#define DCF_LOG_SPAN(k, s) ((struct dcf_log_field){ .key = (k), .text = (s) })
#define DCF_LOG_I(k, n)    ((struct dcf_log_field){ .key = (k), .number = (n), .is_number = true })

struct dcf_logger;

/* Begin logging to `fd` (borrowed, not closed) what is of `level` or above.  The clock gives the times.  `a` is copied; it is
 * used here and by dcf_logger_free only.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_logger_new(const struct dcf_alloc *a, int fd, enum dcf_log_form form, enum dcf_log_level level,
					   struct dcf_clock clock, struct dcf_logger **out);
void dcf_logger_free(struct dcf_logger *l);

/* Would an event of this level be written?  False for a NULL logger. */
bool dcf_logger_wants(const struct dcf_logger *l, enum dcf_log_level level);
/* From now on; any thread. */
void dcf_logger_set_level(struct dcf_logger *l, enum dcf_log_level level);
/* Mark every line of an exercise with exercise=true. */
void dcf_logger_set_exercise(struct dcf_logger *l, bool exercise);
/* Lines that were dropped since the start because nobody read. */
uint64_t dcf_logger_dropped(const struct dcf_logger *l);

/* Write one event.  `message` is a fixed sentence of ours without variables; what varies goes into the fields.  `request` is
 * the request's id, or an empty span.  A NULL logger writes nothing. */
void dcf_logger_put(struct dcf_logger *l, enum dcf_log_level level, struct dcf_span request, const char *message,
		    const struct dcf_log_field *fields, size_t count);

/* dcf_logger_event(l, DCF_LOG_INFO, request, "listening", DCF_LOG_Z("address", a), DCF_LOG_I("port", p)); at least one field.
 */
#define dcf_logger_event(l, level, request, message, ...)                                                                      \
	dcf_logger_put((l), (level), (request), (message), (const struct dcf_log_field[]){ __VA_ARGS__ },                      \
		       sizeof((const struct dcf_log_field[]){ __VA_ARGS__ }) / sizeof(struct dcf_log_field))

/* "debug", "info", "warn", "error"; "text", "json".  NULL-terminated, in the order of the enums. */
extern const char *const dcf_log_level_names[];
extern const char *const dcf_log_form_names[];

#endif
