/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_text.h"
#include "format/put_number.h"

static void put_point(struct dcf_json *j, struct dcf_latlon p)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "lat");
	dcf_json_fixed(j, p.lat_e7, 7);
	dcf_json_key(j, "lng");
	dcf_json_fixed(j, p.lon_e7, 7);
	dcf_json_end(j, '}');
}

void dcf_uss_put_altitude(struct dcf_json *j, const char *key, int64_t e4)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	dcf_json_key(j, "value");
	dcf_json_fixed(j, e4, 4);
	dcf_json_key(j, "reference");
	dcf_json_z(j, "W84");
	dcf_json_key(j, "units");
	dcf_json_z(j, "M");
	dcf_json_end(j, '}');
}

static void put_circle(struct dcf_json *j, const struct dcf_feature *f)
{
	dcf_json_key(j, "outline_circle");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "center");
	put_point(j, f->points[0]);
	dcf_json_key(j, "radius");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_double(j->out, f->radius_m);
	dcf_json_key(j, "units");
	dcf_json_z(j, "M");
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
}

static void put_polygon(struct dcf_json *j, const struct dcf_feature *f)
{
	dcf_json_key(j, "outline_polygon");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "vertices");
	dcf_json_begin(j, '[');
	for (uint32_t i = 0; i < f->point_count; i++)
		put_point(j, f->points[i]);
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
}

void dcf_uss_put_volume(struct dcf_json *j, const struct dcf_utm_volume *v, bool strict)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "volume");
	dcf_json_begin(j, '{');
	if (v->footprint.shape == DCF_CIRCLE)
		put_circle(j, &v->footprint);
	else if (v->footprint.shape != DCF_SHAPE_COUNT)
		put_polygon(j, &v->footprint);
	if (v->lower_e4 != DCF_UTM_NO_LOWER)
		dcf_uss_put_altitude(j, "altitude_lower", v->lower_e4);
	if (v->upper_e4 != DCF_UTM_NO_UPPER)
		dcf_uss_put_altitude(j, "altitude_upper", v->upper_e4);
	dcf_json_end(j, '}');
	if (v->start_us != DCF_UTM_SINCE_EVER) {
		dcf_json_key(j, "time_start");
		dcf_utm_put_time(j, v->start_us, false);
	}
	if (v->end_us != DCF_UTM_FOR_EVER) {
		dcf_json_key(j, "time_end");
		dcf_utm_put_time(j, v->end_us, false);
	}
	if (!strict)
		dcf_utm_put_part(j, v);
	dcf_json_end(j, '}');
}

static void put_volumes(struct dcf_json *j, const char *key, const struct dcf_utm_extents *extents, bool all, bool strict)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '[');
	for (uint32_t i = 0; all && i < extents->count; i++)
		dcf_uss_put_volume(j, &extents->volume[i], strict);
	dcf_json_end(j, ']');
}

static void put_reference(struct dcf_json *j, const struct dcf_entity *e)
{
	dcf_json_key(j, "reference");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "id");
	dcf_utm_put_id(j, &e->id);
	dcf_json_key(j, "manager");
	dcf_json_string(j, e->manager->name);
	dcf_json_key(j, "uss_availability");
	dcf_json_z(j, dcf_utm_availability_name((enum dcf_utm_availability)atomic_load(&e->manager->availability)));
	dcf_json_key(j, "version");
	dcf_json_i64(j, e->version);
	if (e->kind == DCF_ENTITY_INTENT) {
		dcf_json_key(j, "state");
		dcf_json_z(j, dcf_utm_state_name((enum dcf_utm_state)e->state));
	}
	dcf_json_key(j, "ovn");
	dcf_json_string(j, e->tag);
	dcf_json_key(j, "time_start");
	dcf_utm_put_time(j, e->extents.start_us, false);
	dcf_json_key(j, "time_end");
	dcf_utm_put_time(j, e->extents.end_us, false);
	dcf_json_key(j, "uss_base_url");
	dcf_json_string(j, e->url);
	if (e->kind == DCF_ENTITY_INTENT) {
		dcf_json_key(j, "subscription_id");
		dcf_utm_put_id(j, dcf_uuid_is_zero(&e->subscription) ? &dcf_utm_null_subscription : &e->subscription);
	}
	dcf_json_end(j, '}');
}

void dcf_uss_put_intent(struct dcf_json *j, const struct dcf_entity *e, bool strict)
{
	bool off_nominal = e->state == DCF_UTM_NONCONFORMING || e->state == DCF_UTM_CONTINGENT;

	dcf_json_begin(j, '{');
	put_reference(j, e);
	dcf_json_key(j, "details");
	dcf_json_begin(j, '{');
	put_volumes(j, "volumes", &e->extents, e->state != DCF_UTM_CONTINGENT, strict);
	put_volumes(j, "off_nominal_volumes", &e->extents, off_nominal, strict);
	dcf_json_key(j, "priority");
	dcf_json_i64(j, 0);
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
}

void dcf_uss_put_constraint(struct dcf_json *j, const struct dcf_entity *e, bool strict)
{
	dcf_json_begin(j, '{');
	put_reference(j, e);
	dcf_json_key(j, "details");
	dcf_json_begin(j, '{');
	put_volumes(j, "volumes", &e->extents, true, strict);
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
}

void dcf_uss_put_notification(struct dcf_json *j, const struct dcf_entity *e, bool ended, bool strict,
			      const struct dcf_notice_to *notice, size_t count)
{
	bool constraint = e->kind == DCF_ENTITY_CONSTRAINT;

	dcf_json_begin(j, '{');
	dcf_json_key(j, constraint ? "constraint_id" : "operational_intent_id");
	dcf_utm_put_id(j, &e->id);
	if (!ended) {
		dcf_json_key(j, constraint ? "constraint" : "operational_intent");
		if (constraint)
			dcf_uss_put_constraint(j, e, strict);
		else
			dcf_uss_put_intent(j, e, strict);
	}
	dcf_json_key(j, "subscriptions");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < count; i++) {
		dcf_json_begin(j, '{');
		dcf_json_key(j, "subscription_id");
		dcf_utm_put_id(j, &notice[i].subscription->id);
		dcf_json_key(j, "notification_index");
		dcf_json_i64(j, (int64_t)notice[i].index);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
}
