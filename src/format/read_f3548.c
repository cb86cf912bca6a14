/* SPDX-License-Identifier: Apache-2.0 */
/* read_f3548.c - documents of ASTM F3548-21 (UTM): operational intents, constraints, bare volumes.
 *
 * Read are the answers of a USS ({"operational_intent": {"reference", "details"}}, {"constraint": {...}}), what is inside
 * them, {"volumes": [...]}, {"extents": [...]} and a single Volume4D.  One document is one operation.  Its off-nominal volumes
 * count as the others do: the aircraft may be there. */
#include "format/read_int.h"

#define RADIUS_MAX_M 3e6
#define PARTS_MAX    1e6

/* Where the volumes of a document stand. */
struct document {
	struct dcf_jval reference, holder; /* holder: the object with the lists */
	struct dcf_jval ours;              /* "deconflict": what our own writer keeps beside the standard's members */
	const char *path[2];               /* members that lead to it */
	bool single;                       /* the holder is itself a volume */
	bool constraint;
};

static bool has(struct dcf_jval v, const char *name)
{
	return !dcf_jnone(dcf_jget(v, name));
}

static bool is_object(struct dcf_jval v)
{
	return dcf_jkind(v) == DCF_J_OBJECT;
}

/* Which form is it?  False when none. */
static bool recognise(struct dcf_jval v, struct document *d)
{
	static const char *const wrappers[] = { "operational_intent", "constraint" };

	*d = (struct document){ .path = { "", "" } };
	for (size_t i = 0; i < 2; i++) {
		if (is_object(dcf_jget(v, wrappers[i]))) {
			d->path[0] = wrappers[i];
			d->constraint = i == 1;
			v = dcf_jget(v, wrappers[i]);
			break;
		}
	}
	d->reference = dcf_jget(v, "reference");
	d->ours = dcf_jget(v, "deconflict");
	if (is_object(dcf_jget(v, "details"))) {
		d->path[1] = "details";
		v = dcf_jget(v, "details");
	}
	d->holder = v;
	d->single = has(v, "volume");
	return is_object(v) &&
	       (d->single || *d->path[1] || has(v, "volumes") || has(v, "off_nominal_volumes") || has(v, "extents"));
}

/* The file's name without folders, without .gz and one more ending. */
static struct dcf_span base_name(struct dcf_span s)
{
	for (size_t i = s.len; i-- > 0;) {
		if (s.p[i] == '/') {
			s = (struct dcf_span){ s.p + i + 1, s.len - i - 1 };
			break;
		}
	}
	if (s.len > 3 && memcmp(s.p + s.len - 3, ".gz", 3) == 0)
		s.len -= 3;
	for (size_t i = s.len; i-- > 1;) {
		if (s.p[i] == '.') {
			s.len = i;
			break;
		}
	}
	return s.len ? s : DCF_SPAN("input");
}

static bool begins_with(struct dcf_span s, const char *z)
{
	size_t n = strlen(z);

	return s.len >= n && memcmp(s.p, z, n) == 0;
}

static void get_party(struct dcf_reader *r, struct dcf_jval reference)
{
	struct dcf_jval manager = dcf_jget(reference, "manager");
	struct dcf_span party = r->options->party;

	if (!dcf_jnone(manager)) {
		const struct dcf_step *at = DCF_AT(DCF_AT(NULL, "reference"), "manager");

		if (dcf_get_string(r, at, manager, &r->party) && !r->party.len)
			dcf_refuse_found(r, at, manager, "a name");
		return;
	}
	/* These two say how to find the party of state vectors. */
	if (!party.len || begins_with(party, "callsign:") || begins_with(party, "column:"))
		dcf_refuse(r, NULL, "no party: found no reference.manager, expected it or a party's name given with the file");
	else
		r->party = party;
}

/* The name that our writer kept, else reference.id, else the file's name and the document's number. */
static void get_id(struct dcf_reader *r, const struct document *d, size_t index)
{
	struct dcf_jval kept = is_object(d->ours) ? dcf_jget(d->ours, "operation") : d->ours;
	bool named = dcf_jkind(kept) == DCF_J_STRING;
	struct dcf_jval id = named ? kept : dcf_jget(d->reference, "id");
	const struct dcf_step *at =
		named ? DCF_AT(DCF_AT(NULL, "deconflict"), "operation") : DCF_AT(DCF_AT(NULL, "reference"), "id");

	if (!dcf_jnone(id)) {
		if (dcf_get_string(r, at, id, &r->operation) && !r->operation.len)
			dcf_refuse_found(r, at, id, "an id");
		return;
	}
	r->path.len = 0;
	dcf_buf_span(&r->path, base_name(r->options->name));
	dcf_buf_char(&r->path, '-');
	dcf_buf_i64(&r->path, (int64_t)index);
	if (r->path.failed)
		r->status = DCF_E_NOMEM;
	r->operation = dcf_reader_keep(r, dcf_buf_as_span(&r->path));
}

/* One volume read, and which part of which whole it is: all 0 for those that are whole. */
struct volume {
	struct dcf_feature f;
	uint32_t of, part, parts;
	bool gone; /* into the first part's feature */
};

/* {"of": 3, "part": 1, "parts": 4}: as utm_split.c marks what it split. */
static void get_part(struct dcf_jval ours, struct volume *v)
{
	double of, part, parts;

	if (!dcf_jdouble(dcf_jget(ours, "of"), &of) || !dcf_jdouble(dcf_jget(ours, "part"), &part) ||
	    !dcf_jdouble(dcf_jget(ours, "parts"), &parts))
		return;
	if (!(of >= 1 && of <= PARTS_MAX && part >= 1 && part <= parts && parts >= 2 && parts <= PARTS_MAX))
		return;
	v->of = (uint32_t)of;
	v->part = (uint32_t)part;
	v->parts = (uint32_t)parts;
}

/* What our writer keeps of a feature beside its volume; any other program's member of that name is ignored. */
static void get_extras(struct dcf_reader *r, struct dcf_jval ours, struct dcf_feature *f)
{
	if (!is_object(ours))
		return;
	if (dcf_jkind(dcf_jget(ours, "feature")) == DCF_J_STRING &&
	    dcf_get_string(r, DCF_AT(NULL, "feature"), dcf_jget(ours, "feature"), &f->id))
		f->id = dcf_reader_keep(r, f->id);
	if (dcf_jkind(dcf_jget(ours, "acm")) == DCF_J_STRING &&
	    dcf_get_string(r, DCF_AT(NULL, "acm"), dcf_jget(ours, "acm"), &f->acm))
		f->acm = dcf_reader_keep(r, f->acm);
	f->advisory = dcf_jkind(dcf_jget(ours, "advisory")) == DCF_J_TRUE;
	f->is_protected = dcf_jkind(dcf_jget(ours, "protected")) == DCF_J_TRUE;
	f->is_constraint |= dcf_jkind(dcf_jget(ours, "constraint")) == DCF_J_TRUE;
}

/* --- one volume ----------------------------------------------------------------------------------- */

static bool get_vertex(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_latlon *out)
{
	double lat, lon;

	if (!dcf_jdouble(dcf_jget(v, "lat"), &lat) || !dcf_jdouble(dcf_jget(v, "lng"), &lon)) {
		dcf_refuse_found(r, at, v, "an object with the numbers lat and lng");
		return false;
	}
	return dcf_get_latlon(r, at, lat, lon, out);
}

static void get_circle(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_feature *f)
{
	struct dcf_jval radius = dcf_jget(v, "radius"), units = dcf_jget(radius, "units");
	const struct dcf_step *at_radius = DCF_AT(at, "radius");
	double m;

	f->shape = DCF_CIRCLE;
	f->points = dcf_reader_get(r, sizeof *f->points);
	f->point_count = 1;
	if (!f->points)
		return;
	(void)get_vertex(r, DCF_AT(at, "center"), dcf_jget(v, "center"), f->points);
	if (!dcf_jis(units, "M"))
		dcf_refuse_found(r, DCF_AT(at_radius, "units"), units, "M");
	if (dcf_get_number(r, DCF_AT(at_radius, "value"), dcf_jget(radius, "value"), 0, RADIUS_MAX_M,
			   "metres above 0 and up to 3000 km", &m)) {
		if (!(m > 0))
			dcf_refuse_found(r, DCF_AT(at_radius, "value"), dcf_jget(radius, "value"),
					 "metres above 0 and up to 3000 km");
		f->radius_m = m;
	}
}

static void get_polygon(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_feature *f)
{
	struct dcf_jval vertices = dcf_jget(v, "vertices"), one;
	struct dcf_jwalk it = dcf_jwalk(vertices);
	uint32_t n = (uint32_t)dcf_jcount(vertices);

	at = DCF_AT(at, "vertices");
	f->shape = DCF_POLYGON;
	if (dcf_jkind(vertices) != DCF_J_ARRAY) {
		dcf_refuse_found(r, at, vertices, "an array of vertices");
		return;
	}
	f->points = dcf_reader_get(r, n * sizeof *f->points);
	f->rings = dcf_reader_get(r, sizeof *f->rings);
	for (size_t i = 0; r->status == DCF_OK && dcf_jnext(&it, &one); i++)
		if (!get_vertex(r, DCF_AT_INDEX(at, i), one, &f->points[i]))
			return;
	if (r->status != DCF_OK || !dcf_clean_ring(r, at, f->points, &n))
		return;
	f->point_count = n;
	f->rings[0] = (struct dcf_ring){ .first = 0, .count = n, .outer = true };
	f->ring_count = 1;
}

static void get_outline(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval volume, struct dcf_feature *f)
{
	struct dcf_jval circle = dcf_jget(volume, "outline_circle"), polygon = dcf_jget(volume, "outline_polygon");

	if (dcf_jnone(circle) && dcf_jnone(polygon))
		dcf_refuse(r, NULL, "no geometry");
	else if (!dcf_jnone(circle) && !dcf_jnone(polygon))
		dcf_refuse(r, at, "found both outline_circle and outline_polygon, expected one of them");
	else if (!dcf_jnone(circle))
		get_circle(r, DCF_AT(at, "outline_circle"), circle, f);
	else
		get_polygon(r, DCF_AT(at, "outline_polygon"), polygon, f);
}

static bool get_limit(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, enum dcf_rounding rounding,
		      struct dcf_altitude *out)
{
	double m;
	bool ok =
		dcf_get_number(r, DCF_AT(at, "value"), dcf_jget(v, "value"), -8000, 100000, "metres from -8000 to 100000", &m);

	if (!dcf_jis(dcf_jget(v, "reference"), "W84")) {
		dcf_refuse_found(r, DCF_AT(at, "reference"), dcf_jget(v, "reference"), "W84");
		ok = false;
	}
	if (!dcf_jis(dcf_jget(v, "units"), "M")) {
		dcf_refuse_found(r, DCF_AT(at, "units"), dcf_jget(v, "units"), "M");
		ok = false;
	}
	*out = (struct dcf_altitude){ .e4 = ok ? dcf_round_e4(m, DCF_M_E4, rounding) : 0,
				      .ref = DCF_REF_W84,
				      .unit = DCF_UNIT_M };
	return ok;
}

static void get_band(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval volume, struct dcf_feature *f)
{
	struct dcf_jval lower = dcf_jget(volume, "altitude_lower"), upper = dcf_jget(volume, "altitude_upper");
	bool low = !dcf_jnone(lower), high = !dcf_jnone(upper);

	if (!low && !high)
		dcf_refuse(r, NULL, "no altitude band");
	else if (!low || !high)
		dcf_refuse(r, NULL, low ? "no altitude band: no altitude_upper" : "no altitude band: no altitude_lower");
	low = low && get_limit(r, DCF_AT(at, "altitude_lower"), lower, DCF_ROUND_DOWN, &f->lower);
	high = high && get_limit(r, DCF_AT(at, "altitude_upper"), upper, DCF_ROUND_UP, &f->upper);
	if (low && high && f->lower.e4 > f->upper.e4)
		dcf_refuse(r, NULL, "lower above upper");
}

static bool get_end(struct dcf_reader *r, const char *name, struct dcf_jval v, bool up, const char *missing, int64_t *us)
{
	const struct dcf_step *at = DCF_AT(NULL, name);

	if (dcf_jnone(v)) {
		dcf_refuse(r, NULL, missing);
		return false;
	}
	if (!dcf_jis(dcf_jget(v, "format"), "RFC3339"))
		dcf_refuse_found(r, DCF_AT(at, "format"), dcf_jget(v, "format"), "RFC3339");
	return dcf_get_time(r, DCF_AT(at, "value"), dcf_jget(v, "value"), up, us);
}

/* False when it is refused. */
static bool read_volume(struct dcf_reader *r, struct dcf_jval v, struct dcf_span where, bool constraint, struct volume *out)
{
	struct dcf_feature f = { .edges = DCF_EDGES_GEODESIC,
				 .is_constraint = constraint,
				 .acm = DCF_SPAN(""),
				 .sent_us = DCF_TIME_NONE,
				 .received_us = DCF_TIME_NONE,
				 .properties_json = DCF_SPAN("") };
	struct dcf_jval volume = dcf_jget(v, "volume");
	const struct dcf_step *at = DCF_AT(NULL, "volume");
	bool from, to;

	r->where = where;
	r->reasons = 0;
	if (!dcf_jnone(volume) && !is_object(volume))
		dcf_refuse_found(r, at, volume, "an object");
	get_outline(r, at, volume, &f);
	get_band(r, at, volume, &f);
	from = get_end(r, "time_start", dcf_jget(v, "time_start"), false, "no start", &f.start_us);
	to = get_end(r, "time_end", dcf_jget(v, "time_end"), true, "no end", &f.end_us);
	if (from && to && f.start_us >= f.end_us)
		dcf_refuse(r, NULL, "start not before end");
	if (!r->reasons) {
		f.id = r->operation;
		f.where = where;
		get_extras(r, dcf_jget(v, "deconflict"), &f);
	}
	if (r->reasons) {
		dcf_count_refused(r);
		return false;
	}
	*out = (struct volume){ .f = f };
	if (is_object(dcf_jget(v, "deconflict")))
		get_part(dcf_jget(v, "deconflict"), out);
	return r->status == DCF_OK;
}

/* --- parts of a whole ------------------------------------------------------------------------------- */

static bool same_limit(struct dcf_altitude a, struct dcf_altitude b)
{
	return a.e4 == b.e4 && a.ref == b.ref;
}

/* May the two be parts of one feature? */
static bool same_whole(const struct volume *a, const struct volume *b)
{
	const struct dcf_feature *f = &a->f, *g = &b->f;

	return a->of == b->of && a->parts == b->parts && f->shape == DCF_POLYGON && g->shape == DCF_POLYGON &&
	       f->start_us == g->start_us && f->end_us == g->end_us && same_limit(f->lower, g->lower) &&
	       same_limit(f->upper, g->upper) && dcf_span_eq(f->id, g->id) && dcf_span_eq(f->acm, g->acm) &&
	       f->advisory == g->advisory && f->is_protected == g->is_protected && f->is_constraint == g->is_constraint;
}

/* One feature of the parts v[0..n), which are all there and in order. */
static void join(struct dcf_reader *r, struct volume *v, uint32_t n)
{
	struct dcf_feature *f = &v[0].f;
	uint32_t points = 0, at = 0;
	struct dcf_latlon *p;
	struct dcf_ring *rings;

	for (uint32_t i = 0; i < n; i++)
		points += v[i].f.point_count;
	p = dcf_reader_get(r, points * sizeof *p);
	rings = dcf_reader_get(r, n * sizeof *rings);
	if (r->status != DCF_OK)
		return;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(p + at, v[i].f.points, v[i].f.point_count * sizeof *p);
		rings[i] = (struct dcf_ring){ .first = at, .count = v[i].f.point_count, .outer = true };
		at += v[i].f.point_count;
		v[i].gone = i > 0;
	}
	f->points = p;
	f->rings = rings;
	f->point_count = points;
	f->ring_count = n;
}

/* Polygons that were one feature before they were split are one again, where all parts stand one behind the other: so nothing
 * is counted oftener for it. Parts of which some lack or were changed stay what they are, volumes. */
static void join_parts(struct dcf_reader *r, struct volume *v, size_t count)
{
	for (size_t i = 0; r->status == DCF_OK && i < count; i++) {
		uint32_t n = 1;

		if (v[i].part != 1 || v[i].parts > count - i)
			continue;
		while (n < v[i].parts && v[i + n].part == n + 1 && same_whole(&v[i], &v[i + n]))
			n++;
		if (n == v[i].parts)
			join(r, &v[i], n);
	}
}

/* --- a document ----------------------------------------------------------------------------------- */

/* base/operational_intent/details/volumes/0, leaving out what is empty. */
static struct dcf_span pointer(struct dcf_reader *r, struct dcf_span base, const struct document *d, const char *list,
			       size_t index)
{
	const char *const parts[] = { d->path[0], d->path[1], list };

	r->path.len = 0;
	dcf_buf_span(&r->path, base);
	for (size_t i = 0; i < 3; i++) {
		if (!*parts[i])
			continue;
		dcf_buf_char(&r->path, '/');
		dcf_buf_z(&r->path, parts[i]);
	}
	if (*list) {
		dcf_buf_char(&r->path, '/');
		dcf_buf_i64(&r->path, (int64_t)index);
	}
	if (r->path.len && r->path.p[r->path.len - 1] == '#')
		r->path.len--;
	if (r->path.failed)
		r->status = DCF_E_NOMEM;
	return dcf_reader_keep(r, dcf_buf_as_span(&r->path));
}

static size_t read_list(struct dcf_reader *r, struct dcf_span base, const struct document *d, const char *list)
{
	struct dcf_jval v = dcf_jget(d->holder, list), one;
	struct dcf_jwalk it = dcf_jwalk(v);
	size_t i = 0, n = 0, size = dcf_jcount(v) * sizeof(struct volume);
	struct volume *volume;

	if (dcf_jnone(v))
		return 0;
	if (dcf_jkind(v) != DCF_J_ARRAY) {
		dcf_refuse_found(r, DCF_AT(NULL, list), v, "an array of volumes");
		dcf_count_refused(r);
		return 1;
	}
	volume = dcf_alloc_new(r->plan->arena.from, size);
	if (!volume)
		r->status = DCF_E_NOMEM;
	for (; r->status == DCF_OK && dcf_jnext(&it, &one); i++)
		n += read_volume(r, one, pointer(r, base, d, list, i), d->constraint, &volume[n]);
	join_parts(r, volume, n);
	for (size_t k = 0; k < n; k++)
		if (!volume[k].gone)
			dcf_add_feature(r, &volume[k].f);
	dcf_alloc_free(r->plan->arena.from, volume, size);
	return i;
}

static void warn_second(struct dcf_reader *r)
{
	uint32_t party = dcf_plan_find_party(r->plan, r->party);
	uint32_t operation = party == DCF_NONE ? DCF_NONE : dcf_plan_find_operation(r->plan, party, r->operation);

	if (operation != DCF_NONE && r->plan->operations[operation].feature_count)
		dcf_warn(r, "id", "a second document with the same party and id: both are checked");
}

static void read_volumes(struct dcf_reader *r, struct dcf_span base, const struct document *d)
{
	static const char *const lists[] = { "volumes", "off_nominal_volumes", "extents" };
	size_t count = 0;

	if (d->single) {
		struct volume one;

		if (read_volume(r, d->holder, pointer(r, base, d, "", 0), d->constraint, &one))
			dcf_add_feature(r, &one.f);
		return;
	}
	for (size_t i = 0; r->status == DCF_OK && i < 3; i++)
		count += read_list(r, base, d, lists[i]);
	if (count == 0 && r->status == DCF_OK) {
		dcf_refuse(r, NULL, "no volumes");
		dcf_count_refused(r);
	}
}

bool dcf_read_f3548(struct dcf_reader *r, struct dcf_jval document, struct dcf_span base, size_t index)
{
	struct document d;
	struct dcf_span twice, where = base;
	enum dcf_status s = dcf_jduplicate(document.doc, &r->scratch, &twice);

	if (r->status != DCF_OK || !recognise(document, &d))
		return false;
	if (where.len && where.p[where.len - 1] == '#')
		where.len--;
	dcf_begin_feature(r, where);
	if (s == DCF_E_REFUSED)
		dcf_refuse_twice(r, twice);
	else if (!dcf_reader_ok(r, s))
		return true;
	if (!dcf_jnone(d.reference) && !is_object(d.reference))
		dcf_refuse_found(r, DCF_AT(NULL, "reference"), d.reference, "an object");
	get_party(r, d.reference);
	get_id(r, &d, index);
	if (r->reasons) {
		dcf_count_refused(r);
		return true;
	}
	r->operation = dcf_reader_keep(r, r->operation);
	if (r->status != DCF_OK)
		return true;
	warn_second(r);
	read_volumes(r, base, &d);
	return true;
}
