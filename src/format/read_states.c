/* SPDX-License-Identifier: Apache-2.0 */
/* read_states.c - state vectors: what each aircraft reported, as trajectories.
 *
 * Rows are gathered as numbers, put in order by aircraft and time (stable, so that of equal times the first row
 * counts), and cut where an aircraft was silent for more than 60 s.  Every stretch is one trajectory. */
#include "base/utf8.h"
#include "format/csv.h"
#include "format/read_int.h"

enum {
	SILENCE_US = 60000000,
	LAT_MAX_E7 = 900000000,
	LON_MAX_E7 = 1800000000,
	UNKNOWN = 0 /* index of the party "UNK" */
};

#define TIME_MIN_US (INT64_C(-62135596800) * 1000000) /* year 1 */
#define TIME_MAX_US (INT64_C(253402300799) * 1000000) /* year 9999 */
#define FEET_MAX_E9 INT64_C(1000000000000000)         /* a million feet, in 1e-9 ft */

enum column { TIME, AIRCRAFT, LAT, LON, ALTITUDE, CALLSIGN, PARTY, COLUMNS };

static const char *const column_names[] = {
	[TIME] = "t_unix_s", [AIRCRAFT] = "icao24",      [LAT] = "lat_deg",
	[LON] = "lon_deg",   [ALTITUDE] = "baro_alt_ft", [CALLSIGN] = "callsign",
};

static const char wanted[] = "state vectors with the columns t_unix_s,icao24,callsign,lat_deg,lon_deg,baro_alt_ft";

struct row {
	int64_t time_us, altitude_e4;
	struct dcf_latlon at;
	uint32_t aircraft, party, line;
};

/* Strings to small numbers in order of appearance. */
struct names {
	struct dcf_span *list;
	size_t count, cap;
	uint32_t *slots; /* 1 + index, open addressing; a power of two, at most half full */
	size_t slot_count;
};

struct states {
	struct dcf_reader *r;
	struct dcf_csv csv;
	size_t column[COLUMNS]; /* SIZE_MAX: not there */
	size_t letters;         /* of the callsign that name the party; 0: the whole field `PARTY` */
	bool one_party;         /* every row is of the party named by --party */
	struct names aircraft, parties;
	struct row *rows;
	size_t count, cap;
};

/* --- names ---------------------------------------------------------------------------------------- */

static uint64_t hash_of(struct dcf_span s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static size_t slot_of(const struct names *n, struct dcf_span s)
{
	size_t k = (size_t)hash_of(s) & (n->slot_count - 1);

	while (n->slots[k] && !dcf_span_eq(n->list[n->slots[k] - 1], s))
		k = (k + 1) & (n->slot_count - 1);
	return k;
}

static bool more_slots(struct dcf_reader *r, struct names *n)
{
	const struct dcf_alloc *a = r->plan->arena.from;
	size_t count = n->slot_count ? n->slot_count * 2 : 256;
	uint32_t *slots = dcf_alloc_new(a, count * sizeof *slots);

	if (!slots)
		return dcf_reader_ok(r, DCF_E_NOMEM);
	dcf_alloc_free(a, n->slots, n->slot_count * sizeof *n->slots);
	memset(slots, 0, count * sizeof *slots);
	n->slots = slots;
	n->slot_count = count;
	for (size_t i = 0; i < n->count; i++)
		slots[slot_of(n, n->list[i])] = (uint32_t)i + 1;
	return true;
}

static bool name_index(struct dcf_reader *r, struct names *n, struct dcf_span s, uint32_t *index)
{
	void *array = n->list;
	size_t k;

	if (n->count * 2 >= n->slot_count && !more_slots(r, n))
		return false;
	k = slot_of(n, s);
	if (!n->slots[k]) {
		if (!dcf_reader_ok(r, dcf_grow(r->plan->arena.from, &array, &n->cap, n->count + 1, sizeof *n->list)))
			return false;
		n->list = array;
		n->list[n->count] = dcf_reader_keep(r, s);
		n->slots[k] = (uint32_t)++n->count;
	}
	*index = n->slots[k] - 1;
	return r->status == DCF_OK;
}

static void free_names(const struct dcf_alloc *a, struct names *n)
{
	dcf_alloc_free(a, n->list, n->cap * sizeof *n->list);
	dcf_alloc_free(a, n->slots, n->slot_count * sizeof *n->slots);
}

/* --- the header and --party ----------------------------------------------------------------------- */

static size_t find_column(struct states *s, struct dcf_span name)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < s->csv.count; i++) {
		if (!dcf_span_eq(dcf_trim(s->csv.fields[i]), name))
			continue;
		if (found != SIZE_MAX)
			dcf_refuse_input_at(s->r, DCF_E_SYNTAX, -(ptrdiff_t)s->csv.taken,
					    "found a column twice in the header, expected each once");
		found = i;
	}
	return found;
}

/* Refuse the input with a text made of two. */
static void refuse_for(struct states *s, const char *found, struct dcf_span name, const char *expected)
{
	struct dcf_reader *r = s->r;

	r->text.len = 0;
	dcf_buf_z(&r->text, found);
	dcf_say_quoted(&r->text, name);
	dcf_buf_z(&r->text, ", expected ");
	dcf_buf_z(&r->text, expected);
	dcf_buf_char(&r->text, '\0');
	if (r->text.failed)
		r->status = DCF_E_NOMEM;
	else
		dcf_refuse_input(r, DCF_E_SYNTAX, r->text.p);
}

static bool prefixed(struct dcf_span *s, const char *z)
{
	size_t n = strlen(z);

	if (s->len < n || memcmp(s->p, z, n) != 0)
		return false;
	s->p += n;
	s->len -= n;
	return true;
}

/* "Callsign:3", "callsign=3" or "callsign" where "callsign:3" is meant. */
static bool is_slip(struct dcf_span rule, struct dcf_span word)
{
	char next = rule.len > word.len ? rule.p[word.len] : '\0';
	bool exact = true;

	if (rule.len < word.len)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if ((rule.p[i] | 0x20) != word.p[i])
			return false;
		exact = exact && rule.p[i] == word.p[i];
	}
	if (next == ':')
		return !exact;
	return !((next | 0x20) >= 'a' && (next | 0x20) <= 'z') && (unsigned char)next < 0x80;
}

/* --party: callsign:N, column:NAME, or the name of the one party. */
static void get_party_rule(struct states *s)
{
	static const char expected[] = "--party callsign:3, --party column:NAME or --party NAME";
	struct dcf_span rule = s->r->options->party;
	int64_t letters;

	/* A rule with a slip in it would make all aircraft one party, whose pairs are never reported. */
	if (is_slip(rule, DCF_SPAN("callsign")) || is_slip(rule, DCF_SPAN("column"))) {
		refuse_for(s, "found --party ", rule, expected);
	} else if (rule.len == 0) {
		dcf_refuse_input(s->r, DCF_E_SYNTAX,
				 "found state vectors without a party, expected --party callsign:3, --party "
				 "column:NAME or --party NAME");
	} else if (prefixed(&rule, "callsign:")) {
		if (!dcf_decimal(rule, 0, &letters) || letters < 1 || letters > 8)
			refuse_for(s, "found --party ", s->r->options->party, expected);
		else
			s->letters = (size_t)letters;
		if (s->column[CALLSIGN] == SIZE_MAX)
			refuse_for(s, "found no column ", DCF_SPAN("callsign"), wanted);
		s->column[PARTY] = s->column[CALLSIGN];
	} else if (prefixed(&rule, "column:")) {
		s->column[PARTY] = find_column(s, rule);
		if (s->column[PARTY] == SIZE_MAX)
			refuse_for(s, "found no column ", rule, "the one that --party column:NAME names");
	} else {
		s->one_party = true;
	}
}

/* What is wrong with the row at hand, into r->text. */
static void say_broken(struct states *s)
{
	struct dcf_buf *out = &s->r->text;

	out->len = 0;
	if (s->csv.found) {
		dcf_buf_z(out, s->csv.found);
		dcf_buf_z(out, ", expected ");
		dcf_buf_z(out, s->csv.expected);
	} else {
		dcf_buf_z(out, "found ");
		dcf_buf_i64(out, (int64_t)s->csv.count);
		dcf_buf_z(out, s->csv.count == 1 ? " field, expected " : " fields, expected ");
		dcf_buf_i64(out, (int64_t)s->csv.width);
		dcf_buf_z(out, ", as many as the header has");
	}
	dcf_buf_char(out, '\0');
	if (out->failed)
		s->r->status = DCF_E_NOMEM;
}

static void read_header(struct states *s)
{
	size_t missing = 0;
	enum column first = COLUMNS;

	switch (dcf_csv_next(&s->csv, s->r->feed)) {
	case DCF_CSV_FAILED:
		dcf_refuse_feed(s->r);
		return;
	case DCF_CSV_END:
		dcf_refuse_input(s->r, DCF_E_SYNTAX, "found nothing, expected a header line");
		return;
	case DCF_CSV_BROKEN:
		say_broken(s);
		if (s->r->status == DCF_OK)
			dcf_refuse_input_at(s->r, DCF_E_SYNTAX, (ptrdiff_t)s->csv.fault - (ptrdiff_t)s->csv.taken,
					    s->r->text.p);
		return;
	case DCF_CSV_ROW:
		break;
	}
	s->csv.width = s->csv.count;
	for (enum column c = 0; c < PARTY; c++) {
		s->column[c] = find_column(s, dcf_span_of(column_names[c]));
		if (s->column[c] != SIZE_MAX || c == CALLSIGN)
			continue;
		missing++;
		first = first == COLUMNS ? c : first;
	}
	if (missing == CALLSIGN)
		refuse_for(s, "found ", s->csv.fields[0], "an operations file (GeoJSON), F3548 JSON or state vectors (CSV)");
	else if (missing)
		refuse_for(s, "found no column ", dcf_span_of(column_names[first]), wanted);
	else
		get_party_rule(s);
}

/* --- rows ----------------------------------------------------------------------------------------- */

static struct dcf_span field(const struct states *s, enum column c)
{
	return dcf_trim(s->csv.fields[s->column[c]]);
}

/* Nothing there: empty, or the "nan" that some tools write for it. */
static bool is_empty(struct dcf_span f)
{
	return f.len == 0 || (f.len == 3 && (f.p[0] | 0x20) == 'n' && (f.p[1] | 0x20) == 'a' && (f.p[2] | 0x20) == 'n');
}

static struct dcf_span where_of(struct dcf_reader *r, uint64_t line)
{
	r->path.len = 0;
	dcf_buf_span(&r->path, r->options->name);
	dcf_buf_char(&r->path, ':');
	dcf_buf_i64(&r->path, (int64_t)line);
	if (r->path.failed)
		r->status = DCF_E_NOMEM;
	return dcf_reader_keep(r, dcf_buf_as_span(&r->path));
}

/* Refuse one row; the others are read. */
static bool refuse_row(struct states *s, enum column c, const char *expected)
{
	if (!dcf_tally(s->r, expected, s->csv.line))
		return false;
	dcf_begin_feature(s->r, where_of(s->r, s->csv.line));
	dcf_refuse_text(s->r, DCF_AT(NULL, c == PARTY ? "party" : column_names[c]), field(s, c), expected);
	return false;
}

/* The same for a row that is none of the table. */
static void refuse_broken(struct states *s)
{
	struct dcf_buf *copy = &s->r->rest;

	if (!dcf_tally(s->r, s->csv.expected, s->csv.line))
		return;
	say_broken(s);
	/* The reason is put together where this text stands. */
	copy->len = 0;
	dcf_buf_span(copy, dcf_buf_as_span(&s->r->text));
	if (copy->failed)
		s->r->status = DCF_E_NOMEM;
	if (s->r->status != DCF_OK)
		return;
	dcf_begin_feature(s->r, where_of(s->r, s->csv.line));
	dcf_refuse(s->r, NULL, copy->p);
}

static bool get_numbers(struct states *s, struct row *row)
{
	int64_t lat, lon, feet_e9;

	if (!dcf_decimal(field(s, TIME), 6, &row->time_us) || row->time_us < TIME_MIN_US || row->time_us > TIME_MAX_US)
		return refuse_row(s, TIME, "seconds since 1970-01-01T00:00:00Z");
	if (!dcf_decimal(field(s, LAT), 7, &lat) || lat < -LAT_MAX_E7 || lat > LAT_MAX_E7)
		return refuse_row(s, LAT, "a latitude from -90 to 90");
	if (!dcf_decimal(field(s, LON), 7, &lon) || lon < -LON_MAX_E7 || lon > LON_MAX_E7)
		return refuse_row(s, LON, "a longitude from -180 to 180");
	if (!dcf_decimal(field(s, ALTITUDE), 9, &feet_e9) || feet_e9 < -FEET_MAX_E9 || feet_e9 > FEET_MAX_E9)
		return refuse_row(s, ALTITUDE, "feet of pressure altitude");
	row->at = (struct dcf_latlon){ (int32_t)lat, (int32_t)(lon == -LON_MAX_E7 ? LON_MAX_E7 : lon) };
	/* 1 ft = 3048 units of 0.1 mm; rounded to the nearest. */
	feet_e9 *= DCF_FT_E4;
	row->altitude_e4 = (feet_e9 + (feet_e9 < 0 ? -500000000 : 500000000)) / 1000000000;
	return true;
}

/* The first `letters` characters of the callsign, or the whole field. */
static struct dcf_span party_name(const struct states *s)
{
	struct dcf_span f;
	size_t n = 0;

	if (s->one_party)
		return s->r->options->party;
	f = field(s, PARTY);
	for (size_t k = 0; s->letters && k < s->letters && n < f.len; k++) {
		size_t c = dcf_utf8_length(f.p + n, f.len - n);

		n += c ? c : 1;
	}
	if (s->letters)
		f.len = n;
	return f.len ? f : DCF_SPAN("UNK");
}

static bool is_utf8(struct dcf_span f)
{
	for (size_t i = 0, n; i < f.len; i += n) {
		n = dcf_utf8_length(f.p + i, f.len - i);
		if (n == 0)
			return false;
	}
	return true;
}

/* Names that are shown alike must be alike. */
static bool has_names(struct states *s)
{
	if (field(s, AIRCRAFT).len == 0)
		return refuse_row(s, AIRCRAFT, "an aircraft's address");
	if (!is_utf8(field(s, AIRCRAFT)))
		return refuse_row(s, AIRCRAFT, "UTF-8");
	if (!s->one_party && !is_utf8(field(s, PARTY)))
		return refuse_row(s, PARTY, "UTF-8");
	return true;
}

static void read_row(struct states *s)
{
	struct row row = { 0 };
	void *array = s->rows;

	if (is_empty(field(s, LAT)) || is_empty(field(s, LON)) || is_empty(field(s, ALTITUDE)))
		return;
	if (!has_names(s) || !get_numbers(s, &row) || !name_index(s->r, &s->aircraft, field(s, AIRCRAFT), &row.aircraft) ||
	    !name_index(s->r, &s->parties, party_name(s), &row.party))
		return;
	row.line = s->csv.line < UINT32_MAX ? (uint32_t)s->csv.line : UINT32_MAX;
	if (s->count == DCF_READ_ROWS_MAX) {
		dcf_refuse_input(s->r, DCF_E_LIMIT, "found more than 2^30 state vectors, expected fewer");
		return;
	}
	if (!dcf_reader_ok(s->r, dcf_grow(s->r->plan->arena.from, &array, &s->cap, s->count + 1, sizeof *s->rows)))
		return;
	s->rows = array;
	s->rows[s->count++] = row;
}

static void read_rows(struct states *s)
{
	uint32_t unknown;

	if (!name_index(s->r, &s->parties, DCF_SPAN("UNK"), &unknown))
		return;
	while (s->r->status == DCF_OK) {
		switch (dcf_csv_next(&s->csv, s->r->feed)) {
		case DCF_CSV_END:
			return;
		case DCF_CSV_FAILED:
			dcf_refuse_feed(s->r);
			return;
		case DCF_CSV_BROKEN:
			refuse_broken(s);
			break;
		case DCF_CSV_ROW:
			read_row(s);
		}
	}
}

/* --- order ---------------------------------------------------------------------------------------- */

/* Stable merge of two sorted halves of index[0..n) by time. */
static void merge_sort(const struct row *rows, uint32_t *index, uint32_t *spare, size_t n)
{
	size_t half = n / 2, a = 0, b = half;

	if (n < 2)
		return;
	merge_sort(rows, index, spare, half);
	merge_sort(rows, index + half, spare, n - half);
	if (rows[index[half - 1]].time_us <= rows[index[half]].time_us)
		return;
	for (size_t k = 0; k < n; k++) {
		if (b == n || (a < half && rows[index[a]].time_us <= rows[index[b]].time_us))
			spare[k] = index[a++];
		else
			spare[k] = index[b++];
	}
	memcpy(index, spare, n * sizeof *index);
}

/* Indices of the rows by aircraft (in order of appearance) and time; first[k] is where aircraft k begins. */
static void order_rows(const struct states *s, size_t *first, uint32_t *index, uint32_t *spare)
{
	size_t sum = 0;

	memset(first, 0, (s->aircraft.count + 1) * sizeof *first);
	for (size_t i = 0; i < s->count; i++)
		first[s->rows[i].aircraft]++;
	for (size_t k = 0; k <= s->aircraft.count; k++) {
		size_t n = first[k];

		first[k] = sum;
		sum += n;
	}
	for (size_t i = 0; i < s->count; i++)
		index[first[s->rows[i].aircraft]++] = (uint32_t)i;
	/* Each start has moved to the next one's: move them back. */
	for (size_t k = s->aircraft.count; k > 0; k--)
		first[k] = first[k - 1];
	first[0] = 0;
	for (size_t k = 0; k < s->aircraft.count; k++)
		merge_sort(s->rows, index + first[k], spare, first[k + 1] - first[k]);
}

/* --- stretches ------------------------------------------------------------------------------------ */

/* Whose the stretch is: what its first row with a callsign says. */
static struct dcf_span party_of(struct states *s, const uint32_t *index, size_t n, bool *mixed)
{
	uint32_t party = UNKNOWN;

	*mixed = false;
	for (size_t i = 0; i < n; i++) {
		uint32_t p = s->rows[index[i]].party;

		if (party == UNKNOWN)
			party = p;
		*mixed = *mixed || (p != UNKNOWN && p != party);
	}
	return s->parties.list[party];
}

static void set_operation(struct states *s, uint32_t aircraft, size_t number)
{
	struct dcf_reader *r = s->r;

	r->path.len = 0;
	dcf_buf_span(&r->path, s->aircraft.list[aircraft]);
	dcf_buf_char(&r->path, '-');
	dcf_buf_i64(&r->path, (int64_t)number);
	if (r->path.failed)
		r->status = DCF_E_NOMEM;
	r->operation = dcf_reader_keep(r, dcf_buf_as_span(&r->path));
}

static void fill(const struct states *s, const uint32_t *index, uint32_t n, struct dcf_feature *f)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct row *row = &s->rows[index[i]];

		f->points[i] = row->at;
		f->waypoints[i] = (struct dcf_waypoint){
			.time_us = row->time_us,
			.altitude = { .e4 = row->altitude_e4, .ref = DCF_REF_STD, .unit = DCF_UNIT_FT },
		};
	}
	f->point_count = n;
	f->start_us = f->waypoints[0].time_us;
	f->end_us = f->waypoints[n - 1].time_us;
}

/* Rows index[0..n), times strictly increasing, as the aircraft's `number`th trajectory. */
static void add_stretch(struct states *s, const uint32_t *index, size_t n, size_t number)
{
	struct dcf_reader *r = s->r;
	const struct row *row = &s->rows[index[0]];
	struct dcf_feature f = { .shape = DCF_TRAJECTORY,
				 .edges = DCF_EDGES_GEODESIC,
				 .acm = DCF_SPAN(""),
				 .sent_us = DCF_TIME_NONE,
				 .received_us = DCF_TIME_NONE,
				 .properties_json = DCF_SPAN("{\"kind\": \"track\"}") };
	bool mixed;

	dcf_begin_feature(r, where_of(r, row->line));
	r->party = party_of(s, index, n, &mixed);
	set_operation(s, row->aircraft, number);
	if (n == 1) {
		dcf_warn(r, "", "one row by itself, no other within 60 s: no trajectory");
		return;
	}
	if (mixed)
		dcf_warn(r, s->letters ? "callsign" : "",
			 "the party changes within the track: the first one is taken for all of it");
	f.points = dcf_reader_get(r, n * sizeof *f.points);
	f.waypoints = dcf_reader_get(r, n * sizeof *f.waypoints);
	if (r->status != DCF_OK)
		return;
	fill(s, index, (uint32_t)n, &f);
	f.id = r->operation;
	f.where = r->where;
	dcf_add_feature(r, &f);
	if (r->status == DCF_OK && r->plan->operations[f.operation].feature_count > 1)
		dcf_warn(r, "icao24", "a second track with the same party and id: both are checked");
}

/* Of equal times the first counts. */
static size_t drop_equal_times(const struct row *rows, uint32_t *index, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || rows[index[kept - 1]].time_us != rows[index[i]].time_us)
			index[kept++] = index[i];
	return kept;
}

static void add_aircraft(struct states *s, uint32_t *index, size_t n)
{
	size_t number = 0, from = 0;

	n = drop_equal_times(s->rows, index, n);
	for (size_t i = 1; i <= n && s->r->status == DCF_OK; i++) {
		if (i < n && s->rows[index[i]].time_us - s->rows[index[i - 1]].time_us <= SILENCE_US)
			continue;
		add_stretch(s, index + from, i - from, ++number);
		from = i;
	}
}

static void add_tracks(struct states *s)
{
	const struct dcf_alloc *a = s->r->plan->arena.from;
	size_t firsts = (s->aircraft.count + 1) * sizeof(size_t), indices = (s->count + 1) * sizeof(uint32_t);
	size_t *first = dcf_alloc_new(a, firsts);
	uint32_t *index = dcf_alloc_new(a, indices), *spare = dcf_alloc_new(a, indices);

	if (first && index && spare) {
		order_rows(s, first, index, spare);
		for (size_t k = 0; k < s->aircraft.count && s->r->status == DCF_OK; k++)
			add_aircraft(s, index + first[k], first[k + 1] - first[k]);
	} else {
		s->r->status = DCF_E_NOMEM;
	}
	dcf_alloc_free(a, first, firsts);
	dcf_alloc_free(a, index, indices);
	dcf_alloc_free(a, spare, indices);
}

/* Whoever names a file expects something of it to be checked. */
static void warn_of_nothing(struct states *s)
{
	dcf_begin_feature(s->r, s->r->options->name);
	dcf_warn(s->r, "", "no row has a position and an altitude that can be read: nothing of this file is checked");
}

void dcf_read_states(struct dcf_reader *r)
{
	const struct dcf_alloc *a = r->plan->arena.from;
	struct states s = { .r = r, .csv = { .from = a } };

	read_header(&s);
	if (r->status == DCF_OK)
		read_rows(&s);
	if (r->status == DCF_OK)
		dcf_tell_tallies(r, "rows");
	if (r->status == DCF_OK && s.count == 0)
		warn_of_nothing(&s);
	if (r->status == DCF_OK)
		add_tracks(&s);
	dcf_csv_free(&s.csv);
	free_names(a, &s.aircraft);
	free_names(a, &s.parties);
	dcf_alloc_free(a, s.rows, s.cap * sizeof *s.rows);
}
