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
	DCF_FEED_SLACK = 64   /* readable bytes behind every value: simdjson reads in blocks */
};

struct dcf_feed {
	const struct dcf_alloc *from;
	const struct dcf_source *source;
	struct dcf_gunzip *gunzip;
	struct dcf_source unpacked;
	char *buf;
	size_t cap;         /* without the slack */
	size_t at, end;     /* the bytes not taken yet */
	size_t max;         /* longest value */
	uint64_t base;      /* offset of buf[0] in the input */
	size_t seen;        /* up to here, at most `at`, lines are counted: */
	uint64_t lines;     /* line ends before buf[seen] */
	uint64_t line_from; /* offset of the start of the line that buf[seen] stands in */
	bool eof;
	bool sniffing; /* the first reads are short: gzip's share of them is copied */
	enum dcf_status status;
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

/* Read more bytes behind `end`; what stands from `at` on stays (it may move).  False at the end and when the
 * feed failed. */
bool dcf_feed_more(struct dcf_feed *f);

/* Take one JSON value whose first byte was just seen: nested at most `max_depth` deep, at most `max` bytes.  The span
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
