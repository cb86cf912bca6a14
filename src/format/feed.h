/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - a window that slides over an input: whole values out of bytes that arrive in pieces.
 *
 * Holds what is not taken yet and no more: memory is bounded by the longest single value, whatever the
 * length of the input.  Knows line and byte of every place in the window. */
#ifndef DCF_FORMAT_FEED_H
#define DCF_FORMAT_FEED_H

#include "format/gzip.h"
#include "format/json_scan.h"
#include "format/read.h"

enum {
	DCF_FEED_END = -1,    /* no more bytes */
	DCF_FEED_FAILED = -2, /* see `status` and `text` */
	DCF_FEED_SLACK = 64,  /* readable bytes behind every value: simdjson reads in blocks */
	DCF_FEED_HELD = 256 * 1024
};

struct dcf_feed {
	const struct dcf_alloc *from;
	const struct dcf_source *source;
	struct dcf_gunzip *gunzip;
	struct dcf_source unpacked;
	char *buf;
	size_t cap;         /* without the slack */
	size_t at, end;     /* the bytes not taken yet, up to the end of the record */
	size_t filled;      /* bytes read: more than `end` where a record ends before */
	size_t start;       /* of the input, behind a byte order mark */
	size_t max;         /* longest value */
	int stop;           /* the byte that ends a record; negative: the input is one */
	bool held;          /* nothing is forgotten: dcf_feed_rewind is possible */
	uint64_t base;      /* offset of buf[0] in the input */
	size_t seen;        /* up to here, at most `at`, lines are counted: */
	uint64_t lines;     /* line ends before buf[seen] */
	uint64_t line_from; /* offset of the start of the line that buf[seen] stands in */
	bool eof;
	bool sniffing; /* the first reads are short: gzip's share of them is copied */
	enum dcf_status status;
	bool local;           /* the failure is one of the record at hand: dcf_feed_next goes on behind it */
	int cause;            /* of DCF_E_IO: an errno value, 0 when none is known */
	const char *text;     /* of a failure: what was found and expected */
	size_t fault;         /* of a failure: bytes after `at` where it was seen */
	struct dcf_scan scan; /* of the last object or array taken: where its children stand */
};

/* Begin; unpacks gzip by itself and steps over a byte order mark.  `source` is borrowed.  A failure of the
 * first read shows as a failed feed.  The feed must not be moved.  Free in any case. */
void dcf_feed_open(struct dcf_feed *f, const struct dcf_alloc *a, const struct dcf_source *source);
void dcf_feed_free(struct dcf_feed *f);

/* The next byte without taking it, DCF_FEED_END or DCF_FEED_FAILED. */
int dcf_feed_byte(struct dcf_feed *f);
/* The same after taking JSON's white space. */
int dcf_feed_peek(struct dcf_feed *f);
/* Take the byte that was just seen. */
static inline void dcf_feed_take(struct dcf_feed *f)
{
	f->at++;
}

/* Read more bytes behind `end`; what stands from `at` on stays (it may move).  False at the end of the record or the
 * input, and when the feed failed. */
bool dcf_feed_more(struct dcf_feed *f);

/* From here on the input is a sequence of records, each ended by the byte `stop`: until dcf_feed_next the end of the one at
 * hand looks like the end of the input. */
void dcf_feed_bound(struct dcf_feed *f, char stop);
/* Is this the end of a record, with its stop behind it? */
static inline bool dcf_feed_at_stop(const struct dcf_feed *f)
{
	return f->at == f->end && f->end < f->filled;
}
/* At the end of the record or input: where its text ended, as an offset from `at`, 0 or less. */
ptrdiff_t dcf_feed_end_of_text(const struct dcf_feed *f);
/* Step over what is left of the record at hand, broken or not, and begin the next one.  False at the end of the input, and when
 * the feed failed for more than a broken record: a rest of more than DCF_READ_RECORD_MAX bytes is such a failure. */
bool dcf_feed_next(struct dcf_feed *f);

/* Forget nothing from the beginning of the input on, until dcf_feed_release finds more than DCF_FEED_HELD bytes taken. */
static inline void dcf_feed_hold(struct dcf_feed *f)
{
	f->held = f->base == 0;
}
static inline void dcf_feed_release(struct dcf_feed *f)
{
	f->held = f->held && f->at <= DCF_FEED_HELD;
}
/* Back to the beginning of the input, forgetting a failure that is local; only while it is held. */
void dcf_feed_rewind(struct dcf_feed *f);

/* Take one JSON value whose first byte was just seen: nested at most `max_depth` deep, at most `max` bytes long.  The span
 * points into the window: valid until the next call, with slack behind it.  False when the feed failed or ended. */
bool dcf_feed_value(struct dcf_feed *f, uint32_t max_depth, struct dcf_span *value);

/* Make the feed fail here. */
bool dcf_feed_fail(struct dcf_feed *f, enum dcf_status status, const char *text);

/* Line and byte in the line, both from 1, of the place `offset` bytes after `at`; negative: inside the value just
 * taken. */
void dcf_feed_place(const struct dcf_feed *f, ptrdiff_t offset, uint64_t *line, uint64_t *byte);

/* The same of `at`, for calling often: what was counted is not counted again, and places before it are forgotten. */
void dcf_feed_mark(struct dcf_feed *f, uint64_t *line, uint64_t *byte);

#endif
