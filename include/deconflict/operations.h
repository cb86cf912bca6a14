/* SPDX-License-Identifier: Apache-2.0 */
/* operations.h - what parties declared: read from bytes, counted, written in another format.
 *
 *     struct dcf_operations *ops = NULL;
 *     enum dcf_status s = dcf_operations_new(NULL, &ops);
 *     if (s == DCF_OK)
 *             s = dcf_operations_read_bytes(ops, "ours.geojson", NULL, bytes, n);
 *     if (s == DCF_OK)
 *             s = dcf_operations_finish(ops);
 *     ... dcf_check_operations (check.h) ...
 *     dcf_operations_free(ops);
 *
 * An object is filled by one thread; once finished any number may read it. */
#ifndef DECONFLICT_OPERATIONS_H
#define DECONFLICT_OPERATIONS_H

#include <deconflict/alloc.h>
#include <deconflict/export.h>
#include <deconflict/status.h>
#include <deconflict/text.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parties, operations, features, agreement, atmosphere and remarks of everything read so far. */
struct dcf_operations;

/* An empty set in `*out`, to be freed with dcf_operations_free.  `alloc` is copied; NULL is the heap.
 * DCF_E_NOMEM leaves `*out` NULL. */
DCF_API DCF_CHECKED enum dcf_status dcf_operations_new(const struct dcf_alloc *alloc, struct dcf_operations **out);

/* Free the set, and with it every text that was asked from it.  NULL is fine.  Answers about it must be freed
 * first. */
DCF_API void dcf_operations_free(struct dcf_operations *ops);

/* Where bytes come from. */
struct dcf_input {
	/* Put up to `n` bytes at `to`: how many (at most n), 0 at the end; when reading failed -errno, whose text the note
	 * then carries, or -1 when no cause is known. */
	int64_t (*read)(void *ctx, void *to, size_t n);
	void *ctx;
};

/* Read one input to its end and add what it declares.  The kind is found from the bytes: an operations file
 * (GeoJSON), a GeoJSON text sequence (RFC 8142, or one feature a line), F3548-21 JSON, or state vectors (CSV with
 * a header); each may be packed with gzip.  doc/format.md describes them.
 *   name   how the input is called in remarks ("ours.geojson"); NULL is ""
 *   party  whose it is where the input does not say: "callsign:3" or "column:NAME" for state vectors, a name for
 *          F3548; NULL for none
 * DCF_OK: read to its end.  Features that are refused do not stop it: each is a remark, the others are in.
 * DCF_E_SYNTAX, DCF_E_IO, DCF_E_LIMIT: malformed, cut off, failed, or too large; one remark says where, what was
 *   found and what was expected, and nothing else of this input is in.
 * DCF_E_NOMEM: the set is as before.  DCF_E_USAGE: dcf_operations_finish was called already.
 * Memory: the declared values stay; an operations file or sequence is never held whole. */
DCF_API DCF_CHECKED enum dcf_status dcf_operations_read(struct dcf_operations *ops, const char *name, const char *party,
							const struct dcf_input *input);

/* The same from `n` bytes in memory, which are borrowed for the call (NULL when n is 0). */
DCF_API DCF_CHECKED enum dcf_status dcf_operations_read_bytes(struct dcf_operations *ops, const char *name, const char *party,
							      const void *bytes, size_t n);

/* No more input comes.  Adds the warnings that need everything: positions that look as if latitude and longitude
 * were swapped, flight levels below the transition level, names in agreements that no party has.  Must be called
 * before the set is checked or written; a second call does nothing.
 * DCF_E_NOMEM: call it again or give up. */
DCF_API DCF_CHECKED enum dcf_status dcf_operations_finish(struct dcf_operations *ops);

/* How much was declared so far. */
struct dcf_operations_counts {
	size_t parties, operations, features;
	size_t notes; /* refusals and warnings: see dcf_operations_note */
};
DCF_API struct dcf_operations_counts dcf_operations_count(const struct dcf_operations *ops);

/* Something refused, or read with a doubt.  A refusal with several reasons is several notes with the same `where`. */
struct dcf_note {
	bool refused;              /* it takes no part in any check; false: a warning */
	struct dcf_text party;     /* absent where not known */
	struct dcf_text operation; /* absent where not known */
	struct dcf_text where;     /* "ours.geojson#/features/3", "day.csv:17" */
	struct dcf_text field;     /* absent where it is the whole */
	struct dcf_text text;      /* what was found and what was expected */
};

/* Note `i`, in the order of reading.  DCF_E_RANGE: there is no such note. */
DCF_API DCF_CHECKED enum dcf_status dcf_operations_note(const struct dcf_operations *ops, size_t i, struct dcf_note *out);

/* One operation: the `i`th by order of reading.  DCF_E_RANGE: there is no such operation. */
struct dcf_operation_view {
	struct dcf_text party, id;
	size_t features;
	int64_t start_us, end_us; /* hull of its features' windows, [start, end) */
};
DCF_API DCF_CHECKED enum dcf_status dcf_operations_get(const struct dcf_operations *ops, size_t i,
						       struct dcf_operation_view *out);

enum dcf_format {
	DCF_FORMAT_GEOJSON = 0, /* an operations file: read again, the same operations */
	DCF_FORMAT_F3548 = 1,   /* operational intents; never smaller than what was declared */
	DCF_FORMAT_KML = 2,     /* outlines contain the shapes, at most 10 m beyond them */
	DCF_FORMAT_HTML = 3,    /* a page with a map, a timeline and a vertical profile */
	DCF_FORMAT_END
};

/* Write everything to `sink`.  DCF_E_NOMEM; DCF_E_REFUSED: a shape that cannot be outlined (an edge between
 * antipodal points); DCF_E_IO: the sink stopped; DCF_E_USAGE: the set is not finished; DCF_E_RANGE: no such format. */
DCF_API DCF_CHECKED enum dcf_status dcf_operations_write(const struct dcf_operations *ops, enum dcf_format format,
							 dcf_sink *sink, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
