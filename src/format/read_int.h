/* SPDX-License-Identifier: Apache-2.0 */
/* read_int.h - what the readers share: the input at hand, and the way to say what is wrong with it.
 *
 * Three scopes of an error.  A feature with reasons against it is refused, the rest is read.  An entry that only
 * describes (a party, a place, the atmosphere) is refused alone.  Anything else - broken JSON, an agreement that
 * cannot be understood - refuses the input as a whole, since what it asks for cannot be guessed.
 *
 * Memory errors stick in `status`: readers may go on and look once. */
#ifndef DCF_FORMAT_READ_INT_H
#define DCF_FORMAT_READ_INT_H

#include "base/buf.h"
#include "format/feed.h"
#include "format/json.h"
#include "format/read.h"

enum dcf_scope { DCF_SCOPE_FEATURE, DCF_SCOPE_ENTRY, DCF_SCOPE_INPUT };

/* One step of a JSON pointer; steps are chained on the stack while reading, and printed only for an error. */
struct dcf_step {
	const struct dcf_step *up; /* NULL at the feature's or the text's own level */
	const char *name;          /* NULL: an index */
	struct dcf_span text;      /* the name, when it comes from the input (name "") */
	size_t index;
};

#define DCF_AT(up, member)  (&(const struct dcf_step){ (up), (member), { NULL, 0 }, 0 })
#define DCF_AT_INDEX(up, i) (&(const struct dcf_step){ (up), NULL, { NULL, 0 }, (i) })
#define DCF_AT_TEXT(up, s)  (&(const struct dcf_step){ (up), "", (s), 0 })

/* A member of `rest`: where its value begins, and where that stood in the input. */
struct dcf_rest_member {
	size_t at;
	uint64_t line, byte;
};

struct dcf_undo {
	uint32_t index;
	bool is_party;
	struct dcf_party party;
	struct dcf_operation operation;
};

/* The reader at a point that it can go back to: before the input, before a record of it. */
struct dcf_mark {
	struct dcf_plan plan;
	size_t undo_count;
	bool collection_seen, version_seen;
};

/* Refusals of one kind: the first are told one by one, the others counted. */
struct dcf_tally {
	const char *kind; /* what was expected */
	size_t count;
	uint64_t from, to; /* lines of the first and the last one that was only counted */
};
enum { DCF_TALLIES = 16 };

struct dcf_reader {
	struct dcf_plan *plan;
	const struct dcf_read_options *options;
	struct dcf_feed *feed;
	struct dcf_jdoc json;
	struct dcf_jscratch scratch;
	struct dcf_buf text, path;              /* a reason and a pointer being written */
	struct dcf_buf rest;                    /* members of the text at hand beside its features, as JSON */
	enum dcf_status status;                 /* DCF_E_NOMEM, or why the input as a whole is refused */
	struct dcf_buf fatal_where, fatal_text; /* then: where and why */
	enum dcf_scope scope;
	struct dcf_span raw;    /* how the object at hand is written, of a text that was parsed */
	struct dcf_span prefix; /* of pointers: "a.geojson#" */
	struct dcf_buf prefix_text;
	size_t refused_count;            /* refused features and rows so far */
	bool collection_seen;            /* some text is a collection or a feature, */
	bool version_seen;               /* and some text said which version it is */
	bool others_full;                /* it was said that not all unknown members are kept */
	uint8_t edges;                   /* of the collection at hand */
	struct dcf_rest_member *members; /* where the members of `rest` came from */
	size_t member_count, member_cap;

	/* the feature at hand */
	struct dcf_span where;
	struct dcf_span party, operation; /* as far as read, for the remarks */
	unsigned reasons;                 /* against it, so far; in any scope */

	struct dcf_tally tallies[DCF_TALLIES];
	size_t tally_count, tallied;

	/* how the plan was, to take back what a broken input or record declared */
	struct dcf_mark start, before; /* before the input; before the record at hand, or the input */
	bool beyond_record;            /* the failure in `status` is not one of the record at hand alone */
	struct dcf_undo *undo;
	size_t undo_count, undo_cap;
};

/* --- saying what is wrong (read_say.c) ------------------------------------------------------------ */

/* A reason against what is being read, in the current scope: `text`, led by the pointer of `at` inside the feature
 * ("properties/lower/unit: ...") unless `at` is NULL. */
void dcf_refuse(struct dcf_reader *r, const struct dcf_step *at, const char *text);
/* The same, with the value that was found: "found "yd", expected ft, m or FL". */
void dcf_refuse_found(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval found, const char *expected);
/* The same with any text found, shown in quotes. */
void dcf_refuse_text(struct dcf_reader *r, const struct dcf_step *at, struct dcf_span found, const char *expected);
/* An object has two members of this name. */
void dcf_refuse_twice(struct dcf_reader *r, struct dcf_span name);
/* A doubt about the feature or entry at hand; `field` is its member. */
void dcf_warn(struct dcf_reader *r, const char *field, const char *text);
/* Refuse the input as a whole at a place of the feed, `offset` bytes after what was taken: "name:line:byte". */
void dcf_refuse_input_at(struct dcf_reader *r, enum dcf_status status, ptrdiff_t offset, const char *text);
/* The same where no place helps: where is the file's name. */
void dcf_refuse_input(struct dcf_reader *r, enum dcf_status status, const char *text);
/* The feed failed: refuse the input for its reason. */
void dcf_refuse_feed(struct dcf_reader *r);
/* "found c, expected ..." at the place of the feed, `c` being what dcf_feed_peek said. */
void dcf_refuse_byte(struct dcf_reader *r, int c, const char *expected);
/* A number that is too large, at a JSON pointer ("/properties/lower/value") of the feature or text at hand. */
void dcf_refuse_number(struct dcf_reader *r, struct dcf_span pointer, struct dcf_span number);
/* Put what `v` is into words: "yd", 12, an object.  Long strings are cut. */
void dcf_say_value(struct dcf_buf *out, struct dcf_jval v);
/* Is a refusal for want of `kind` (a static string), in this line, to be told?  After DCF_READ_LISTED_MAX of a kind it is only
 * counted; too many refuse the input. */
bool dcf_tally(struct dcf_reader *r, const char *kind, uint64_t line);
/* Tell what was only counted, `things` ("rows"); at the end of the input. */
void dcf_tell_tallies(struct dcf_reader *r, const char *things);
/* A text in quotes, cut when long, control characters as U+FFFD. */
void dcf_say_quoted(struct dcf_buf *out, struct dcf_span s);

/* --- values (read_value.c); each returns whether `*out` stands, else a reason was given ------------ */

bool dcf_get_string(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span *out);
bool dcf_get_bool(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool *out);
/* A number within [low, high]; `expected` names both, with the unit. */
bool dcf_get_number(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, double low, double high,
		    const char *expected, double *out);
/* Which of `words` (`count`); `expected` lists them. */
bool dcf_get_word(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, const char *const *words, size_t count,
		  const char *expected, unsigned *out);
bool dcf_get_time(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool up, int64_t *out);
/* {"value", "unit"} in metres, 0..3,000 km; more than 0 when `positive`. */
bool dcf_get_length(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool positive, double *metres);
/* {"value", "unit"} as a height, rounded up to 0.1 mm; 0..3,000 km. */
bool dcf_get_height(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, int64_t *e4);
/* {"value", "unit"} over the ground, 0 to 10,000 m/s. */
bool dcf_get_speed(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, double *mps);

enum dcf_rounding { DCF_ROUND_DOWN, DCF_ROUND_UP, DCF_ROUND_NEAREST };

/* {"value", "unit", "ref"}. */
bool dcf_get_altitude(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, enum dcf_rounding rounding,
		      struct dcf_altitude *out);
/* `value` * `unit_e4` in 0.1 mm: the integer within 1e-3 of it, else rounded as told. */
int64_t dcf_round_e4(double value, double unit_e4, enum dcf_rounding rounding);
/* Degrees, which are in range, to the nearest 1e-7. */
static inline int32_t dcf_e7_of(double degrees)
{
	return (int32_t)(degrees * 1e7 + (degrees < 0 ? -0.5 : 0.5));
}
/* One position from degrees; refused outside -90..90 and -180..180.  -180 becomes 180. */
bool dcf_get_latlon(struct dcf_reader *r, const struct dcf_step *at, double lat, double lon, struct dcf_latlon *out);

/* --- members that are not known (read_others.c) --------------------------------------------------- */

/* How member `name` of `object`, which is written as `raw`, is written itself; "" when there is none. */
struct dcf_span dcf_raw_member(struct dcf_jval object, struct dcf_span raw, const char *name);
/* The members of `object` but the `count` known ones, as one JSON object in the arena, "" when there are none. */
struct dcf_span dcf_get_others(struct dcf_reader *r, struct dcf_jval object, struct dcf_span raw, const struct dcf_span *known,
			       size_t count);
/* Add those of a second declaration of the same thing; of a name in both the first stays. */
void dcf_join_others(struct dcf_reader *r, struct dcf_span *to, struct dcf_span more);

/* --- geometry (read_geometry.c) ------------------------------------------------------------------- */

/* [lon, lat] or [lon, lat, height]; the height is not used. */
bool dcf_get_position(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_latlon *out);
/* An array of positions; `keep_all`: do not drop consecutive duplicates. */
bool dcf_get_line(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool keep_all, struct dcf_latlon **points,
		  uint32_t *count);
/* The geometry object of a feature, for a shape that is known. */
bool dcf_get_geometry(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval geometry, struct dcf_feature *f);
/* Clean the ring points[0..count) in place: no closing point, no consecutive duplicates.  False with a reason when fewer than 3
 * distinct points are left. */
bool dcf_clean_ring(struct dcf_reader *r, const struct dcf_step *at, struct dcf_latlon *points, uint32_t *count);
/* Drop consecutive duplicates; the new count. */
uint32_t dcf_drop_repeats(struct dcf_latlon *points, uint32_t count);

/* --- features (read_feature.c) -------------------------------------------------------------------- */

enum { DCF_EDGES_OF_COLLECTION = 255 }; /* in dcf_feature.edges while the collection's is not known */

/* Begin a feature, or whatever has reasons of its own, at `where` (in the arena). */
void dcf_begin_feature(struct dcf_reader *r, struct dcf_span where);
/* One GeoJSON feature, whose properties are written as `properties` ("" when not found): into the plan, or refused. */
void dcf_read_feature(struct dcf_reader *r, struct dcf_jval feature, struct dcf_span properties, struct dcf_span where);
/* The area of an agreement: a feature without operation; window and band may be missing.  Reasons go to the current scope. */
bool dcf_read_volume(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval feature, struct dcf_feature *out);
/* Put a feature that was read into the plan, as part of r->operation of r->party, which are made when new. */
void dcf_add_feature(struct dcf_reader *r, struct dcf_feature *f);
/* Count a refused feature or row; too many refuse the input. */
void dcf_count_refused(struct dcf_reader *r);

/* --- collections (read_collection.c, read_agreement.c) -------------------------------------------- */

/* Members of a FeatureCollection beside its features: version, title, parties, atmosphere, agreement, places. */
void dcf_read_collection(struct dcf_reader *r, struct dcf_jval collection);
void dcf_read_agreement(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval agreement, struct dcf_span raw);
/* The collection's edges, DCF_EDGES_GEODESIC when not given. */
uint8_t dcf_get_edges(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v);

/* --- kinds of input ------------------------------------------------------------------------------- */

void dcf_read_texts(struct dcf_reader *r); /* read_sequence.c */
/* One text whose first byte `c` was just seen, the `index`th (from 0) of the input; `of_sequence`: its line is told with
 * every place in it.  In a feed of records it must fill the record. */
void dcf_read_text(struct dcf_reader *r, int c, size_t index, bool of_sequence); /* read_text.c */
/* One F3548 document, the `index`th (from 1) of the input, whose pointer is `base` ("a.json#", "a.json#/3"); false when it
 * is none. */
bool dcf_read_f3548(struct dcf_reader *r, struct dcf_jval document, struct dcf_span base, size_t index); /* read_f3548.c */
void dcf_read_states(struct dcf_reader *r);                                                              /* read_states.c */

/* --- memory --------------------------------------------------------------------------------------- */

/* From the plan's arena; NULL sets r->status. */
void *dcf_reader_get(struct dcf_reader *r, size_t n);
/* A copy in the plan's arena. */
struct dcf_span dcf_reader_keep(struct dcf_reader *r, struct dcf_span s);
/* Remember how an older party or operation is, before changing it: only when this returns true. */
bool dcf_undo_party(struct dcf_reader *r, uint32_t index);
bool dcf_undo_operation(struct dcf_reader *r, uint32_t index);
/* Keep what was read so far: the plan as it is now is what a broken record leaves. */
void dcf_reader_mark(struct dcf_reader *r);
/* Back to the last mark. */
void dcf_reader_back(struct dcf_reader *r);
/* Note a failed call. */
bool dcf_reader_ok(struct dcf_reader *r, enum dcf_status s);

#endif
