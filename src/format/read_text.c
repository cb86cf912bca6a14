/* SPDX-License-Identifier: Apache-2.0 */
/* read_text.c - one JSON text.
 *
 * A text is walked member by member.  Each element of `features` is cut out, parsed and read by itself, so memory does not
 * grow with their number; the other members are gathered as one small text, parsed when the object ends, which is when
 * their meaning is known (`type` may come last). */
#include "format/read_int.h"

enum { MEMBERS_MAX = 2 * 10000 /* names and values */ };

/* --- parsing what was cut out --------------------------------------------------------------------- */

static void say_fault(struct dcf_reader *r, struct dcf_span text, const struct dcf_jfault *fault)
{
	size_t n = text.len - fault->at < 12 ? text.len - fault->at : 12;

	r->text.len = 0;
	dcf_buf_z(&r->text, "found ");
	if (n == 0)
		dcf_buf_z(&r->text, "the end");
	else
		dcf_say_quoted(&r->text, (struct dcf_span){ text.p + fault->at, n });
	dcf_buf_z(&r->text, ", expected ");
	dcf_buf_z(&r->text, fault->expected);
	dcf_buf_char(&r->text, '\0');
	if (r->text.failed)
		r->status = DCF_E_NOMEM;
}

/* Parse a value; DCF_E_RANGE when it is JSON with a number too large.  For DCF_E_SYNTAX r->text says what is wrong at byte
 * `*at` of it. */
static enum dcf_status parse(struct dcf_reader *r, struct dcf_span text, size_t *at)
{
	const char *said = "";
	enum dcf_status s = dcf_jparse(&r->json, text.p, text.len, &said);
	struct dcf_jfault fault;

	*at = 0;
	r->raw = text;
	if (s == DCF_E_NOMEM)
		r->status = s;
	if (s != DCF_E_RANGE && s != DCF_E_SYNTAX)
		return s;
	if (dcf_jfault(text, &fault)) {
		*at = fault.at;
		say_fault(r, text, &fault);
		return DCF_E_SYNTAX;
	}
	r->text.len = 0;
	dcf_buf_z(&r->text, s == DCF_E_RANGE ? "found a number that is too large, expected a smaller one" : said);
	dcf_buf_char(&r->text, '\0');
	if (r->text.failed)
		r->status = DCF_E_NOMEM;
	return s;
}

/* Refuse the feature or text at hand for the first number in `text` that is too large. */
static void refuse_number(struct dcf_reader *r, struct dcf_span text)
{
	struct dcf_span number;
	enum dcf_status s;

	r->path.len = 0;
	s = dcf_jtoo_large(&r->json, text, &r->path, &number);
	if (s == DCF_E_RANGE && !r->path.failed)
		dcf_refuse_number(r, dcf_buf_as_span(&r->path), number);
	else
		r->status = DCF_E_NOMEM;
}

/* Parse a value that was just taken from the feed; broken JSON refuses the input there. */
static enum dcf_status parse_taken(struct dcf_reader *r, struct dcf_span text)
{
	size_t at;
	enum dcf_status s = parse(r, text, &at);

	if (s == DCF_E_SYNTAX && r->status == DCF_OK)
		dcf_refuse_input_at(r, s, (ptrdiff_t)at - (ptrdiff_t)text.len, r->text.p);
	return r->status == DCF_E_NOMEM ? DCF_E_NOMEM : s;
}

/* --- pointers ------------------------------------------------------------------------------------- */

/* "name#", or "name:12#" of a later text of a sequence.  Not in the arena: most records keep nothing of it. */
static void set_prefix(struct dcf_reader *r, bool with_line, uint64_t line)
{
	struct dcf_buf *b = &r->prefix_text;

	b->len = 0;
	dcf_buf_span(b, r->options->name);
	if (with_line) {
		dcf_buf_char(b, ':');
		dcf_buf_i64(b, (int64_t)line);
	}
	dcf_buf_char(b, '#');
	if (b->failed)
		r->status = DCF_E_NOMEM;
	r->prefix = dcf_buf_as_span(b);
}

/* "name:12" of a feature that is a text of its own. */
static struct dcf_span where_of_text(struct dcf_reader *r, uint64_t line)
{
	set_prefix(r, true, line);
	return dcf_reader_keep(r, (struct dcf_span){ r->prefix.p, r->prefix.len - (r->prefix.len > 0) });
}

/* "name#/features/12" */
static struct dcf_span where_of(struct dcf_reader *r, const char *list, size_t index)
{
	r->path.len = 0;
	dcf_buf_span(&r->path, r->prefix);
	dcf_buf_z(&r->path, list);
	dcf_buf_i64(&r->path, (int64_t)index);
	if (r->path.failed)
		r->status = DCF_E_NOMEM;
	return dcf_reader_keep(r, dcf_buf_as_span(&r->path));
}

/* --- elements of an array ------------------------------------------------------------------------- */

typedef void element_fn(struct dcf_reader *r, struct dcf_span text, size_t index);

/* The array whose '[' was just seen, element by element. */
static void each_element(struct dcf_reader *r, uint32_t depth, element_fn *read)
{
	struct dcf_feed *f = r->feed;
	struct dcf_span text;
	int c;

	dcf_feed_take(f);
	c = dcf_feed_peek(f);
	if (c == ']') {
		dcf_feed_take(f);
		return;
	}
	for (size_t i = 0;; i++) {
		dcf_feed_release(f);
		if (c < 0 || c == ',' || c == ']' || c == '}' || c == ':') {
			dcf_refuse_byte(r, c, "a value");
			return;
		}
		if (!dcf_feed_value(f, DCF_READ_DEPTH - depth, &text)) {
			dcf_refuse_feed(r);
			return;
		}
		read(r, text, i);
		if (r->status != DCF_OK)
			return;
		c = dcf_feed_peek(f);
		if (c != ',' && c != ']') {
			dcf_refuse_byte(r, c, "',' or ']'");
			return;
		}
		dcf_feed_take(f);
		if (c == ']')
			return;
		c = dcf_feed_peek(f);
	}
}

static void read_element_feature(struct dcf_reader *r, struct dcf_span text, size_t index)
{
	struct dcf_span where;
	enum dcf_status s = parse_taken(r, text);

	if (s != DCF_OK && s != DCF_E_RANGE)
		return;
	where = where_of(r, "/features/", index);
	if (r->status != DCF_OK)
		return;
	if (s == DCF_OK) {
		dcf_read_feature(r, dcf_jroot(&r->json), dcf_scan_child(&r->feed->scan, text, "properties"), where);
		return;
	}
	dcf_begin_feature(r, where);
	refuse_number(r, text);
	dcf_count_refused(r);
}

static void read_element_document(struct dcf_reader *r, struct dcf_span text, size_t index)
{
	enum dcf_status s = parse_taken(r, text);

	struct dcf_span where = where_of(r, "/", index);

	if (s == DCF_E_RANGE && r->status == DCF_OK) {
		r->scope = DCF_SCOPE_INPUT;
		r->prefix = where;
		refuse_number(r, text);
	}
	if (s != DCF_OK || r->status != DCF_OK)
		return;
	if (!dcf_read_f3548(r, dcf_jroot(&r->json), where, index + 1) && r->status == DCF_OK)
		dcf_refuse_input_at(r, DCF_E_SYNTAX, -(ptrdiff_t)text.len,
				    "found an array of something else, expected F3548 documents or volumes");
}

/* --- one object ----------------------------------------------------------------------------------- */

/* Is the string, as written, `name`? */
static bool key_is(struct dcf_span key, const char *name)
{
	size_t n = strlen(name);

	return key.len == n + 2 && memcmp(key.p + 1, name, n) == 0;
}

static bool note_member(struct dcf_reader *r, uint64_t line, uint64_t byte)
{
	void *array = r->members;

	if (!dcf_reader_ok(r, dcf_grow(r->plan->arena.from, &array, &r->member_cap, r->member_count + 1, sizeof *r->members)))
		return false;
	r->members = array;
	r->members[r->member_count++] = (struct dcf_rest_member){ r->rest.len, line, byte };
	return true;
}

/* Take a value from the feed to the end of `rest`. */
static bool take_to_rest(struct dcf_reader *r, uint32_t depth, struct dcf_span *kept)
{
	struct dcf_span text;
	uint64_t line, byte;
	size_t at = r->rest.len;

	dcf_feed_mark(r->feed, &line, &byte);
	if (!dcf_feed_value(r->feed, DCF_READ_DEPTH - depth, &text)) {
		dcf_refuse_feed(r);
		return false;
	}
	if (at > DCF_READ_RECORD_MAX || text.len > DCF_READ_RECORD_MAX - at || r->member_count > MEMBERS_MAX) {
		dcf_refuse_input_at(
			r, DCF_E_LIMIT, 0,
			"found members of more than 64 MiB together, or more than 10000, expected less beside the features");
		return false;
	}
	if (!note_member(r, line, byte))
		return false;
	dcf_buf_span(&r->rest, text);
	if (r->rest.failed) {
		r->status = DCF_E_NOMEM;
		return false;
	}
	*kept = (struct dcf_span){ r->rest.p + at, text.len };
	return r->status == DCF_OK;
}

/* What is known of a text while it is walked. */
struct text_seen {
	bool features;                     /* an array of features was read */
	bool feature;                      /* "type": "Feature" */
	size_t properties, properties_len; /* where their text stands in `rest`; 0 bytes when they were not seen */
	uint64_t line;
};

/* One `"name": value`; the feed stands at the name. */
static bool read_member(struct dcf_reader *r, struct text_seen *seen)
{
	struct dcf_span key, value;
	bool features, type, properties;
	int c = dcf_feed_peek(r->feed);

	dcf_feed_release(r->feed);
	if (c != '"') {
		dcf_refuse_byte(r, c, "a member's name in quotes");
		return false;
	}
	if (!take_to_rest(r, 1, &key))
		return false;
	features = key_is(key, "features");
	type = key_is(key, "type");
	properties = key_is(key, "properties");
	c = dcf_feed_peek(r->feed);
	if (c != ':') {
		dcf_refuse_byte(r, c, "':' after the member's name");
		return false;
	}
	dcf_feed_take(r->feed);
	dcf_buf_char(&r->rest, ':');
	c = dcf_feed_peek(r->feed);
	if (c < 0 || c == ',' || c == '}' || c == ']' || c == ':') {
		dcf_refuse_byte(r, c, "a value");
		return false;
	}
	if (features && c == '[') {
		seen->features = true;
		each_element(r, 2, read_element_feature);
		dcf_buf_z(&r->rest, "[]");
	} else if (take_to_rest(r, 1, &value)) {
		if (type)
			seen->feature = key_is(value, "Feature");
		if (properties) {
			seen->properties = (size_t)(value.p - r->rest.p);
			seen->properties_len = value.len;
		}
	}
	return r->status == DCF_OK;
}

/* Walk the object whose '{' was just seen; its members but the features stand in `rest` afterwards. */
static bool gather(struct dcf_reader *r, struct text_seen *seen)
{
	int c;

	r->rest.len = 0;
	r->member_count = 0;
	dcf_buf_char(&r->rest, '{');
	dcf_feed_take(r->feed);
	c = dcf_feed_peek(r->feed);
	while (c != '}') {
		if (!read_member(r, seen))
			return false;
		c = dcf_feed_peek(r->feed);
		if (c != ',' && c != '}') {
			dcf_refuse_byte(r, c, "',' or '}'");
			return false;
		}
		if (c == '}')
			break;
		dcf_feed_take(r->feed);
		dcf_buf_char(&r->rest, ',');
	}
	dcf_feed_take(r->feed);
	dcf_buf_char(&r->rest, '}');
	/* Room that the parser may read. */
	dcf_buf_fill(&r->rest, ' ', DCF_FEED_SLACK);
	if (r->rest.failed)
		r->status = DCF_E_NOMEM;
	else
		r->rest.len -= DCF_FEED_SLACK;
	return r->status == DCF_OK;
}

/* Refuse the input at byte `at` of `rest`, told as the place it came from. */
static void refuse_in_rest(struct dcf_reader *r, size_t at, const char *text)
{
	struct dcf_rest_member m = { 0, 1, 1 };

	for (size_t i = 0; i < r->member_count && r->members[i].at <= at; i++)
		m = r->members[i];
	for (size_t i = m.at; i < at && i < r->rest.len; i++) {
		m.byte++;
		if (r->rest.p[i] == '\n') {
			m.line++;
			m.byte = 1;
		}
	}
	dcf_refuse_input(r, DCF_E_SYNTAX, text);
	dcf_buf_char(&r->fatal_where, ':');
	dcf_buf_i64(&r->fatal_where, (int64_t)m.line);
	dcf_buf_char(&r->fatal_where, ':');
	dcf_buf_i64(&r->fatal_where, (int64_t)m.byte);
	if (r->fatal_where.failed)
		r->status = DCF_E_NOMEM;
}

/* Refuse the input for what a member of the text says. */
static void refuse_member(struct dcf_reader *r, const char *name, struct dcf_jval found, const char *expected)
{
	r->scope = DCF_SCOPE_INPUT;
	dcf_refuse_found(r, name ? DCF_AT(NULL, name) : NULL, found, expected);
}

static void finish_collection(struct dcf_reader *r, struct dcf_jval root, size_t first)
{
	r->collection_seen = true;
	if (dcf_jkind(dcf_jget(root, "features")) != DCF_J_ARRAY) {
		refuse_member(r, "features", dcf_jget(root, "features"), "an array of features");
		return;
	}
	/* The elements were read and are gone; what is still there was not seen for what it is. */
	if (dcf_jcount(dcf_jget(root, "features"))) {
		refuse_member(r, "features", dcf_jget(root, "features"), "the member's name without escapes");
		return;
	}
	dcf_read_collection(r, root);
	for (size_t i = first; i < r->plan->feature_count; i++)
		if (r->plan->features[i].edges == DCF_EDGES_OF_COLLECTION)
			r->plan->features[i].edges = r->edges;
}

static void finish_feature(struct dcf_reader *r, struct dcf_jval root, const struct text_seen *seen, size_t first)
{
	struct dcf_span properties = { r->rest.p + seen->properties, seen->properties_len };
	struct dcf_span where = where_of_text(r, seen->line);

	r->collection_seen = true;
	if (r->status != DCF_OK)
		return;
	dcf_read_feature(r, root, properties, where);
	for (size_t i = first; i < r->plan->feature_count; i++)
		if (r->plan->features[i].edges == DCF_EDGES_OF_COLLECTION)
			r->plan->features[i].edges = DCF_EDGES_GEODESIC;
}

static void finish_object(struct dcf_reader *r, const struct text_seen *seen, size_t first, size_t index)
{
	struct dcf_jval root = dcf_jroot(&r->json), type = dcf_jget(root, "type");
	struct dcf_span twice;
	enum dcf_status s;

	if (!seen->features && dcf_jis(type, "Feature")) {
		finish_feature(r, root, seen, first);
		return;
	}
	s = dcf_jduplicate(&r->json, &r->scratch, &twice);
	r->scope = DCF_SCOPE_INPUT;
	if (s == DCF_E_REFUSED)
		dcf_refuse_twice(r, twice);
	else if (!dcf_reader_ok(r, s))
		return;
	else if (dcf_jis(type, "FeatureCollection"))
		finish_collection(r, root, first);
	else if (!dcf_jnone(type) || seen->features)
		refuse_member(r, "type", type, "\"FeatureCollection\" or \"Feature\"");
	else if (!dcf_read_f3548(r, root, dcf_reader_keep(r, r->prefix), index + 1) && r->status == DCF_OK)
		refuse_member(r, NULL, root, "an operations file (\"type\": \"FeatureCollection\") or an F3548 document");
}

/* In a record nothing may follow the text: what was read must be all that it says. */
static bool fills_record(struct dcf_reader *r)
{
	int c;

	if (r->feed->stop < 0)
		return true;
	c = dcf_feed_peek(r->feed);
	if (c != DCF_FEED_END)
		dcf_refuse_byte(r, c, "the end of the record");
	return c == DCF_FEED_END;
}

static void read_object(struct dcf_reader *r, size_t index, uint64_t line)
{
	struct text_seen seen = { .line = line };
	struct dcf_span where;
	size_t first = r->plan->feature_count, at = 0;
	enum dcf_status s;

	if (!gather(r, &seen) || !fills_record(r))
		return;
	s = parse(r, dcf_buf_as_span(&r->rest), &at);
	if (r->status != DCF_OK)
		return;
	if (s == DCF_OK) {
		finish_object(r, &seen, first, index);
	} else if (s == DCF_E_RANGE && seen.feature && !seen.features) {
		where = where_of_text(r, line);
		if (r->status != DCF_OK)
			return;
		dcf_begin_feature(r, where);
		refuse_number(r, dcf_buf_as_span(&r->rest));
		dcf_count_refused(r);
	} else if (s == DCF_E_RANGE) {
		r->scope = DCF_SCOPE_INPUT;
		refuse_number(r, dcf_buf_as_span(&r->rest));
	} else {
		refuse_in_rest(r, at, r->text.p);
	}
}

void dcf_read_text(struct dcf_reader *r, int c, size_t index, bool of_sequence)
{
	uint64_t line, byte;

	dcf_feed_mark(r->feed, &line, &byte);
	set_prefix(r, of_sequence, line);
	r->edges = DCF_EDGES_GEODESIC;
	if (c == '{')
		read_object(r, index, line);
	else if (c == '[' && !of_sequence)
		each_element(r, 1, read_element_document);
	else
		dcf_refuse_byte(r, c, of_sequence ? "'{', the next feature of the sequence" : "'{' or '['");
}
