/* SPDX-License-Identifier: Apache-2.0 */
#include "format/telemetry.h"
#include "format/read_int.h"

#define ACCURACY_MAX_M 1e6

enum member { TIME, AT, ALTITUDE, ACCURACY_H, ACCURACY_V, SPEED, TRACK, EXTRAPOLATED, NEXT, EXERCISE, MEMBERS };

static const struct dcf_span names[MEMBERS] = {
	[TIME] = DCF_NAME("time"),
	[AT] = DCF_NAME("at"),
	[ALTITUDE] = DCF_NAME("altitude"),
	[ACCURACY_H] = DCF_NAME("accuracy_h_m"),
	[ACCURACY_V] = DCF_NAME("accuracy_v_m"),
	[SPEED] = DCF_NAME("speed"),
	[TRACK] = DCF_NAME("track_deg"),
	[EXTRAPOLATED] = DCF_NAME("extrapolated"),
	[NEXT] = DCF_NAME("next"),
	[EXERCISE] = DCF_NAME("exercise"), /* whether it is what the node is, its caller asks */
};

static void refuse_unknown(struct dcf_reader *r, struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;
	struct dcf_span name;

	while (dcf_jmember(&it, &name, &one)) {
		size_t i = 0;

		while (i < MEMBERS && !dcf_span_eq(name, names[i]))
			i++;
		if (i == MEMBERS)
			dcf_refuse(
				r, DCF_AT_TEXT(NULL, name),
				"a member that is not known here, expected time, at, altitude, accuracy_h_m, accuracy_v_m, speed, track_deg, "
				"extrapolated or next");
	}
}

/* Two numbers and no more: a height that stood there would have no reference. */
static void get_place(struct dcf_reader *r, struct dcf_jval v, struct dcf_latlon *at)
{
	if (dcf_jkind(v) != DCF_J_ARRAY || dcf_jcount(v) != 2)
		dcf_refuse_found(r, DCF_AT(NULL, "at"), v,
				 "a position [lon, lat]; its height stands in altitude, with its reference");
	else
		(void)dcf_get_position(r, DCF_AT(NULL, "at"), v, at);
}

static void get_altitude(struct dcf_reader *r, struct dcf_jval v, struct dcf_telemetry *t)
{
	if (dcf_jnone(v) || !dcf_get_altitude(r, DCF_AT(NULL, "altitude"), v, DCF_ROUND_NEAREST, &t->altitude))
		return;
	if (t->altitude.unlimited)
		dcf_refuse_found(r, DCF_AT(DCF_AT(NULL, "altitude"), "value"), dcf_jget(v, "value"),
				 "a number: nothing flies at UNL");
	t->has_altitude = true;
}

static void get_accuracy(struct dcf_reader *r, const char *name, struct dcf_jval v, double *metres)
{
	double value;

	if (dcf_jnone(v) ||
	    !dcf_get_number(r, DCF_AT(NULL, name), v, 0, ACCURACY_MAX_M, "metres above 0 and up to 1e6", &value))
		return;
	if (value > 0)
		*metres = value;
	else
		dcf_refuse_found(r, DCF_AT(NULL, name), v, "metres above 0; where it is not known, leave it out");
}

static void get_motion(struct dcf_reader *r, const struct dcf_jval *m, struct dcf_telemetry *t)
{
	static const char expected[] = "degrees from true north, 0 to below 360; where it is not known, leave it out";
	double track;

	if (!dcf_jnone(m[SPEED]))
		(void)dcf_get_speed(r, DCF_AT(NULL, "speed"), m[SPEED], &t->speed_mps);
	if (dcf_jnone(m[TRACK]) || !dcf_get_number(r, DCF_AT(NULL, "track_deg"), m[TRACK], 0, 360, expected, &track))
		return;
	if (track < 360)
		t->track_deg = track;
	else
		dcf_refuse_found(r, DCF_AT(NULL, "track_deg"), m[TRACK], expected);
}

/* F3548-21 asks for both accuracies of a position that was computed. */
static void get_extrapolated(struct dcf_reader *r, const struct dcf_jval *m, struct dcf_telemetry *t)
{
	if (dcf_jnone(m[EXTRAPOLATED]) || !dcf_get_bool(r, DCF_AT(NULL, "extrapolated"), m[EXTRAPOLATED], &t->extrapolated) ||
	    !t->extrapolated)
		return;
	if (dcf_jnone(m[ACCURACY_H]))
		dcf_refuse_found(r, DCF_AT(NULL, "accuracy_h_m"), m[ACCURACY_H], "metres, since the position is extrapolated");
	if (dcf_jnone(m[ACCURACY_V]) && !dcf_jnone(m[ALTITUDE]))
		dcf_refuse_found(r, DCF_AT(NULL, "accuracy_v_m"), m[ACCURACY_V], "metres, since the position is extrapolated");
}

static void get_next(struct dcf_reader *r, struct dcf_jval v, bool has_time, struct dcf_telemetry *t)
{
	int64_t next_us;

	if (dcf_jnone(v) || !dcf_get_time(r, DCF_AT(NULL, "next"), v, true, &next_us) || !has_time)
		return;
	if (next_us > t->time_us)
		t->next_us = next_us;
	else
		dcf_refuse_found(r, DCF_AT(NULL, "next"), v, "a time behind `time`");
}

static void get_all(struct dcf_reader *r, struct dcf_jval root, struct dcf_telemetry *t)
{
	struct dcf_jval m[MEMBERS];
	bool has_time;

	dcf_jpick(root, names, MEMBERS, m);
	has_time = dcf_get_time(r, DCF_AT(NULL, "time"), m[TIME], false, &t->time_us);
	get_place(r, m[AT], &t->at);
	get_altitude(r, m[ALTITUDE], t);
	get_accuracy(r, "accuracy_h_m", m[ACCURACY_H], &t->accuracy_h_m);
	get_accuracy(r, "accuracy_v_m", m[ACCURACY_V], &t->accuracy_v_m);
	get_motion(r, m, t);
	get_extrapolated(r, m, t);
	get_next(r, m[NEXT], has_time, t);
	refuse_unknown(r, root);
}

/* JSON, an object, each member once. */
static void read_object(struct dcf_reader *r, const char *padded, size_t len, struct dcf_telemetry *t)
{
	const char *why = "";
	struct dcf_span twice;
	enum dcf_status s = dcf_jparse(&r->json, padded, len, &why);

	if (s == DCF_E_NOMEM)
		r->status = s;
	else if (s == DCF_E_RANGE)
		dcf_refuse(r, NULL, "found a number beyond 64 bits, expected one that a position can have");
	else if (s != DCF_OK || dcf_jkind(dcf_jroot(&r->json)) != DCF_J_OBJECT)
		dcf_refuse(
			r, NULL,
			"found no JSON object, expected one such as {\"time\": \"2026-11-22T12:00:00Z\", \"at\": [7.4, 46.9]}");
	else if ((s = dcf_jduplicate(&r->json, &r->scratch, &twice)) == DCF_E_REFUSED)
		dcf_refuse_twice(r, twice);
	else if (s != DCF_OK)
		r->status = s;
	else
		get_all(r, dcf_jroot(&r->json), t);
}

enum dcf_status dcf_telemetry_read(struct dcf_span text, struct dcf_plan *remarks, struct dcf_telemetry *out)
{
	const struct dcf_alloc *a = remarks->arena.from;
	const struct dcf_read_options options = { .name = DCF_SPAN("body"), .party = DCF_SPAN("") };
	struct dcf_reader r = {
		.plan = remarks,
		.options = &options,
		.scope = DCF_SCOPE_ENTRY,
		.prefix = DCF_SPAN("body#"),
		.where = DCF_SPAN("body#"),
		.text = { .from = a },
		.path = { .from = a },
		.scratch = { .from = a },
		.fatal_where = { .from = a },
		.fatal_text = { .from = a },
	};
	char *padded = NULL;

	*out = (struct dcf_telemetry){ .next_us = DCF_TIME_NONE, .speed_mps = -1, .track_deg = -1 };
	if (text.len > DCF_TELEMETRY_MAX) {
		dcf_refuse(&r, NULL, "found more than 4096 bytes, expected one position");
	} else if (!(padded = dcf_alloc_new(a, text.len + DCF_FEED_SLACK))) {
		r.status = DCF_E_NOMEM;
	} else {
		memcpy(padded, text.len ? text.p : "", text.len);
		memset(padded + text.len, 0, DCF_FEED_SLACK);
		read_object(&r, padded, text.len, out);
	}
	if (padded)
		dcf_alloc_free(a, padded, text.len + DCF_FEED_SLACK);
	dcf_jfree(&r.json);
	dcf_jscratch_free(&r.scratch);
	dcf_buf_free(&r.text);
	dcf_buf_free(&r.path);
	dcf_buf_free(&r.fatal_where);
	dcf_buf_free(&r.fatal_text);
	return r.status != DCF_OK ? DCF_E_NOMEM : r.reasons ? DCF_E_REFUSED : DCF_OK;
}
