/* SPDX-License-Identifier: Apache-2.0 */
/* utm_int.h - what the readers of the exchange's bodies share. */
#ifndef DCF_FORMAT_UTM_INT_H
#define DCF_FORMAT_UTM_INT_H

#include "format/utm.h"

/* One step of a JSON pointer; the outermost has no `up`. */
struct dcf_utm_at {
	const struct dcf_utm_at *up;
	const char *name; /* NULL: an index */
	size_t index;
};
#define DCF_UTM_AT(up, name)     (&(struct dcf_utm_at){ (up), (name), 0 })
#define DCF_UTM_INDEX(up, index) (&(struct dcf_utm_at){ (up), NULL, (index) })

enum dcf_utm_dialect { DCF_UTM_F3548, DCF_UTM_F3411_19, DCF_UTM_F3411_22A };

struct dcf_utm_reader {
	enum dcf_utm_form form;
	enum dcf_utm_dialect dialect;
	const char *prefix;        /* what a message about extents begins with */
	unsigned too_large;        /* the status of an area beyond DCF_UTM_AREA_MAX_M2 */
	struct dcf_arena *arena;   /* of what was read */
	struct dcf_arena *scratch; /* of what is needed on the way: rewound for each outline */
	struct dcf_utm_fault *fault;
	enum dcf_status status; /* DCF_OK until it is refused or memory is short */
	size_t vertices;        /* so far */
};

/* All of these return false. */
bool dcf_utm_no_memory(struct dcf_utm_reader *r);
/* "WHAT at POINTER: found FOUND, expected EXPECTED"; `prefix` "" or what stands before it; `at`, `found`, `expected` NULL: left
 * out. */
bool dcf_utm_refuse(struct dcf_utm_reader *r, unsigned status, const char *prefix, const char *what,
		    const struct dcf_utm_at *at, const char *found, const char *expected);
/* 400, with what was found told from `v`: "nothing", "the text \"ft\"", "the number 7". */
bool dcf_utm_refuse_value(struct dcf_utm_reader *r, const char *prefix, const char *what, const struct dcf_utm_at *at,
			  struct dcf_jval v, const char *expected);

/* A growing sentence in a buffer of its caller: always ends with NUL, cut where the buffer ends. */
struct dcf_utm_sentence {
	char *p;
	size_t len, cap;
};
void dcf_utm_say(struct dcf_utm_sentence *s, const char *z);
void dcf_utm_say_number(struct dcf_utm_sentence *s, int64_t v);
/* `v` / 10^decimals. */
void dcf_utm_say_fixed(struct dcf_utm_sentence *s, int64_t v, int decimals);

/* One Volume4D.  `volume` is filled. */
bool dcf_utm_volume(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_utm_volume *volume);

/* Circles of more than DCF_UTM_RADIUS_MAX_M become discs that contain them. */
bool dcf_utm_spread(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_utm_extents *extents);

/* A polygon's vertex as it came. */
struct dcf_utm_vertex {
	double lat, lon;
};
/* `n` vertices, degrees, any numbers; `at` is where they stand. */
bool dcf_utm_outline(struct dcf_utm_reader *r, const struct dcf_utm_at *at, const struct dcf_utm_vertex *vertex, size_t n,
		     struct dcf_utm_volume *volume);
/* Degrees, refused out of range, to 1e-7; -180 becomes 180, the poles have longitude 0. */
bool dcf_utm_position(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_utm_vertex v, struct dcf_latlon *out);

#endif
