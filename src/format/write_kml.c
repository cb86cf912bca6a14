/* SPDX-License-Identifier: Apache-2.0 */
/* KML 2.2 (OGC 07-147r2) with the track of the gx extension. */
#include "format/write_kml.h"
#include "core/altitude.h"
#include "core/time.h"
#include "format/markup.h"
#include "format/outline_plane.h"

#define TOP_E4        ((int64_t)100000 * DCF_M_E4) /* where "UNL" is drawn */
#define TRACK_PIECE_M 5000.0
#define TRACK_PIECES  400u

static const struct dcf_outline_want want = { DCF_OUTLINE_PLANE, 10 };

struct writer {
	struct dcf_buf *out;
	const struct dcf_plan *plan;
	struct dcf_offsets offsets;
	struct dcf_outline outline;
	struct dcf_plane plane;
};

/* Metres above mean sea level to 0.1, rounded down or up. */
static void put_height(struct dcf_buf *out, int64_t e4, bool up)
{
	int64_t dm = e4 / 1000;

	if (e4 % 1000 && (e4 > 0) == up)
		dm += up ? 1 : -1;
	dcf_buf_fixed(out, dm, 1);
}

static void put_coordinate(struct dcf_buf *out, struct dcf_latlon p, int64_t e4, bool up, char between)
{
	dcf_buf_fixed(out, p.lon_e7, 7);
	dcf_buf_char(out, between);
	dcf_buf_fixed(out, p.lat_e7, 7);
	dcf_buf_char(out, between);
	put_height(out, e4, up);
}

static void put_linear_ring(struct writer *w, const struct dcf_outline_ring *ring, int64_t e4, bool up)
{
	const struct dcf_latlon *p = w->plane.points + ring->first;

	dcf_buf_z(w->out, "<LinearRing><coordinates>");
	for (size_t i = 0; i <= ring->count; i++) {
		put_coordinate(w->out, p[i % ring->count], e4, up, ',');
		dcf_buf_char(w->out, ' ');
	}
	dcf_buf_z(w->out, "</coordinates></LinearRing>");
}

/* The outer ring `k` of the plane with its holes, at one height. */
static void put_polygon(struct writer *w, size_t k, int64_t e4, bool up, bool extrude)
{
	dcf_buf_z(w->out, "<Polygon>");
	if (extrude)
		dcf_buf_z(w->out, "<extrude>1</extrude>");
	dcf_buf_z(w->out, "<altitudeMode>absolute</altitudeMode><outerBoundaryIs>");
	put_linear_ring(w, &w->plane.rings[k], e4, up);
	dcf_buf_z(w->out, "</outerBoundaryIs>");
	for (size_t i = k + 1; i < w->plane.ring_count && !w->plane.rings[i].outer; i++) {
		dcf_buf_z(w->out, "<innerBoundaryIs>");
		put_linear_ring(w, &w->plane.rings[i], e4, up);
		dcf_buf_z(w->out, "</innerBoundaryIs>");
	}
	dcf_buf_z(w->out, "</Polygon>\n");
}

/* Mean-sea-level band of a volume, or of leg `leg` of a trajectory; outward.  `low` DCF_ALT_MIN: the ground. */
static void band_of(const struct writer *w, const struct dcf_feature *f, uint32_t leg, int64_t *low, int64_t *high)
{
	int64_t ends[2][2];

	if (f->shape != DCF_TRAJECTORY) {
		dcf_altitude_msl(&w->offsets, f->lower, true, low, &ends[0][0]);
		dcf_altitude_msl(&w->offsets, f->upper, false, &ends[0][0], high);
	} else {
		for (int i = 0; i < 2; i++)
			dcf_altitude_msl(&w->offsets, f->waypoints[leg + (uint32_t)i].altitude, false, &ends[i][0],
					 &ends[i][1]);
		*low = (ends[0][0] < ends[1][0] ? ends[0][0] : ends[1][0]) - f->containment_e4;
		*high = (ends[0][1] > ends[1][1] ? ends[0][1] : ends[1][1]) + f->containment_e4;
	}
	if (*high > TOP_E4 && *high >= DCF_ALT_MAX)
		*high = TOP_E4;
}

/* Upper and lower outline of every part; what stands on the ground is drawn down to it instead. */
static void put_outlines(struct writer *w, const struct dcf_feature *f)
{
	dcf_buf_z(w->out, "<MultiGeometry>\n");
	for (size_t k = 0; k < w->plane.ring_count; k++) {
		int64_t low, high;
		bool ground;

		if (!w->plane.rings[k].outer)
			continue;
		band_of(w, f, w->plane.rings[k].leg, &low, &high);
		ground = low <= DCF_ALT_MIN;
		put_polygon(w, k, high, true, ground);
		if (!ground)
			put_polygon(w, k, low, false, false);
	}
	dcf_buf_z(w->out, "</MultiGeometry>\n");
}

static void put_element(struct dcf_buf *out, const char *name, struct dcf_span text)
{
	dcf_buf_char(out, '<');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '>');
	dcf_put_markup(out, text);
	dcf_buf_z(out, "</");
	dcf_buf_z(out, name);
	dcf_buf_z(out, ">");
}

/* Times in KML are XML Schema dateTimes; a span rounds outward to milliseconds. */
static void put_when(struct dcf_buf *out, const char *name, int64_t us, bool up)
{
	dcf_buf_char(out, '<');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '>');
	dcf_time_put(out, us, us % 1000000 == 0 ? DCF_TIME_S : up ? DCF_TIME_MS_UP : DCF_TIME_MS_DOWN);
	dcf_buf_z(out, "</");
	dcf_buf_z(out, name);
	dcf_buf_char(out, '>');
}

static void put_span(struct dcf_buf *out, const struct dcf_feature *f)
{
	dcf_buf_z(out, "<TimeSpan>");
	put_when(out, "begin", f->start_us, false);
	put_when(out, "end", f->end_us, true);
	dcf_buf_z(out, "</TimeSpan>\n");
}

static void put_description(struct writer *w, const struct dcf_feature *f)
{
	struct dcf_buf *out = w->out;
	const struct dcf_operation *o = &w->plan->operations[f->operation];

	dcf_buf_z(out, "<description>");
	dcf_buf_z(out, "Operation ");
	dcf_put_markup(out, o->id);
	dcf_buf_z(out, " of ");
	dcf_put_markup(out, w->plan->parties[f->party].id);
	if (f->shape == DCF_TRAJECTORY) {
		dcf_buf_z(out, ". Position moves along the track");
	} else {
		dcf_buf_z(out, ". ");
		dcf_show_altitude(out, f->lower);
		dcf_buf_z(out, " to ");
		dcf_show_altitude(out, f->upper);
	}
	dcf_buf_z(out, ", as declared; ");
	dcf_time_put(out, f->start_us, DCF_TIME_S);
	dcf_buf_z(out, " to ");
	dcf_time_put(out, f->end_us, DCF_TIME_S);
	if (f->advisory)
		dcf_buf_z(out, "; advisory");
	if (f->is_constraint)
		dcf_buf_z(out, "; constraint");
	dcf_buf_z(out, ". The outline contains what was declared and reaches at most 10 m beyond it.</description>\n");
}

static void begin_placemark(struct writer *w, const struct dcf_feature *f, const char *suffix)
{
	struct dcf_buf *out = w->out;

	dcf_buf_z(out, "<Placemark><name>");
	dcf_put_markup(out, f->id);
	dcf_buf_z(out, suffix);
	dcf_buf_z(out, "</name>\n");
}

static void put_style_url(struct writer *w, const struct dcf_feature *f)
{
	dcf_buf_z(w->out, "<styleUrl>#party");
	dcf_buf_i64(w->out, f->party);
	dcf_buf_z(w->out, "</styleUrl>\n");
}

/* Middle of what an altitude may mean above mean sea level. */
static double middle_e4(const struct writer *w, struct dcf_altitude a)
{
	int64_t low, high;

	dcf_altitude_msl(&w->offsets, a, false, &low, &high);
	return ((double)low + (double)high) / 2;
}

/* A leg of a track as places in time; its last point only when `last`. */
static enum dcf_status put_track_leg(struct writer *w, const struct dcf_feature *f, uint32_t leg, bool when, bool last)
{
	struct dcf_latlon a = f->points[leg], b = f->points[leg + 1];
	double h0 = middle_e4(w, f->waypoints[leg].altitude), h1 = middle_e4(w, f->waypoints[leg + 1].altitude), d, azimuth;
	int64_t t0 = f->waypoints[leg].time_us, dt = f->waypoints[leg + 1].time_us - t0;
	uint32_t n;
	enum dcf_status s = dcf_edge_pieces(a, b, DCF_EDGES_GEODESIC, TRACK_PIECE_M, &n);

	if (s == DCF_OK)
		s = dcf_inverse(a, b, &d, &azimuth);
	if (s != DCF_OK)
		return s;
	n = n > TRACK_PIECES ? TRACK_PIECES : n;
	for (uint32_t i = 0; i < n + last; i++) {
		double t = (double)i / n;
		struct dcf_latlon p = i == 0 ? a : i == n ? b : dcf_latlon_of(dcf_direct(a, azimuth, d * t));

		if (when) {
			put_when(w->out, "when", t0 + (int64_t)((double)dt * t), false);
		} else {
			dcf_buf_z(w->out, "<gx:coord>");
			put_coordinate(w->out, p, (int64_t)(h0 + (h1 - h0) * t), false, ' ');
			dcf_buf_z(w->out, "</gx:coord>");
		}
		dcf_buf_char(w->out, '\n');
	}
	return s;
}

static enum dcf_status put_track(struct writer *w, const struct dcf_feature *f)
{
	enum dcf_status s = DCF_OK;

	begin_placemark(w, f, " (track)");
	put_style_url(w, f);
	dcf_buf_z(w->out, "<gx:Track><altitudeMode>absolute</altitudeMode>\n");
	for (int when = 1; s == DCF_OK && when >= 0; when--)
		for (uint32_t i = 0; s == DCF_OK && i + 1 < f->point_count; i++)
			s = put_track_leg(w, f, i, when, i + 2 == f->point_count);
	dcf_buf_z(w->out, "</gx:Track></Placemark>\n");
	return s;
}

static enum dcf_status put_feature(struct writer *w, const struct dcf_feature *f)
{
	enum dcf_status s;

	dcf_outline_clear(&w->outline);
	dcf_plane_clear(&w->plane);
	s = dcf_outline_feature(&w->outline, f, &want);
	if (s == DCF_OK)
		s = dcf_plane_of(&w->plane, &w->outline);
	if (s != DCF_OK)
		return s;
	begin_placemark(w, f, "");
	put_description(w, f);
	put_span(w->out, f);
	put_style_url(w, f);
	put_outlines(w, f);
	dcf_buf_z(w->out, "</Placemark>\n");
	return f->shape == DCF_TRAJECTORY ? put_track(w, f) : DCF_OK;
}

/* Line and fill by party, aabbggrr: colours that stay apart for most kinds of colour blindness (Okabe
 * and Ito, 2008). */
static void put_style(struct writer *w, size_t party)
{
	static const char *const colours[] = { "b27200", "005ed5", "739e00", "a779cc", "e9b456", "009fe6" };
	const char *colour = colours[party % (sizeof colours / sizeof *colours)];

	dcf_buf_z(w->out, "<Style id=\"party");
	dcf_buf_i64(w->out, (int64_t)party);
	dcf_buf_z(w->out, "\"><LineStyle><color>ff");
	dcf_buf_z(w->out, colour);
	dcf_buf_z(w->out, "</color><width>2</width></LineStyle><PolyStyle><color>40");
	dcf_buf_z(w->out, colour);
	dcf_buf_z(w->out, "</color></PolyStyle></Style>\n");
}

static enum dcf_status put_party(struct writer *w, uint32_t party)
{
	const struct dcf_party *p = &w->plan->parties[party];
	enum dcf_status s = DCF_OK;

	dcf_buf_z(w->out, "<Folder>");
	put_element(w->out, "name", p->id);
	if (p->name.len)
		put_element(w->out, "description", p->name);
	dcf_buf_char(w->out, '\n');
	for (size_t i = 0; s == DCF_OK && i < w->plan->feature_count; i++)
		if (w->plan->features[i].party == party)
			s = put_feature(w, &w->plan->features[i]);
	dcf_buf_z(w->out, "</Folder>\n");
	return s;
}

enum dcf_status dcf_write_kml(const struct dcf_plan *plan, struct dcf_buf *out)
{
	struct writer w = { .out = out,
			    .plan = plan,
			    .offsets = dcf_offsets_of(&plan->atmosphere),
			    .outline = { .from = out->from },
			    .plane = { .from = out->from } };
	enum dcf_status s = DCF_OK;

	dcf_buf_z(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<kml xmlns=\"http://www.opengis.net/kml/2.2\" xmlns:gx=\"http://www.google.com/kml/ext/2.2\">\n"
		       "<Document>");
	put_element(out, "name", plan->title.len ? plan->title : DCF_SPAN("Declared operations"));
	dcf_buf_char(out, '\n');
	for (size_t i = 0; i < plan->party_count; i++)
		put_style(&w, i);
	for (uint32_t i = 0; s == DCF_OK && i < plan->party_count; i++)
		s = put_party(&w, i);
	dcf_buf_z(out, "</Document></kml>\n");
	if (s == DCF_OK && out->failed)
		s = DCF_E_NOMEM;
	dcf_outline_free(&w.outline);
	dcf_plane_free(&w.plane);
	return s;
}
