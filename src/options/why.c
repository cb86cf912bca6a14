/* SPDX-License-Identifier: Apache-2.0 */
/* "None" is an answer too, when it says what blocks and what the nearest miss was. */
#include "options/desk_int.h"

static void put_name(const struct dcf_standing *st, uint32_t operation, struct dcf_buf *out)
{
	dcf_buf_span(out, st->plan->operations[operation].id);
}

static void put_seconds(int64_t us, struct dcf_buf *out)
{
	int64_t s = (us < 0 ? -us : us) / 1000000;

	if (s >= 60) {
		dcf_buf_i64(out, s / 60);
		dcf_buf_z(out, " min");
	}
	if (s < 60 || s % 60) {
		dcf_buf_z(out, s >= 60 ? " " : "");
		dcf_buf_i64(out, s % 60);
		dcf_buf_z(out, " s");
	}
}

static void put_change(const struct dcf_change *c, struct dcf_buf *out)
{
	if (c->shift_us) {
		put_seconds(c->shift_us, out);
		dcf_buf_z(out, c->how == DCF_CHANGE_HOLD ? " of holding" : c->shift_us < 0 ? " earlier" : " later");
	} else if (c->lift_e4) {
		dcf_buf_fixed(out, (c->lift_e4 < 0 ? -c->lift_e4 : c->lift_e4) * 10 / DCF_FT_E4, 1);
		dcf_buf_z(out, c->lift_e4 < 0 ? " ft lower" : " ft higher");
	} else if (c->distance_m > 0 || c->distance_m < 0) {
		dcf_buf_i64(out, (int64_t)(c->distance_m < 0 ? -c->distance_m : c->distance_m));
		dcf_buf_z(out, c->how == DCF_CHANGE_SHRINK ? " m smaller" : " m aside");
	} else {
		dcf_buf_z(out, "a shorter window or a thinner band");
	}
}

static const char *const because[] = {
	[DCF_VERDICT_LIMIT] = "is beyond what it may be asked",
	[DCF_VERDICT_CONFLICT] = "is still in conflict with ",
	[DCF_VERDICT_INTERNAL] = "would be in conflict inside its own party, with ",
	[DCF_VERDICT_RULE] = "would break a rule of the agreement",
	[DCF_VERDICT_STOPPED] = "was not tried: time was up",
};

void dcf_why_none(const struct dcf_standing *st, const struct dcf_limits *limits, const struct dcf_miss *miss,
		  uint32_t operation, struct dcf_buf *out)
{
	put_name(st, operation, out);
	if (limits->fixed) {
		dcf_buf_z(out, " may not be moved");
		return;
	}
	if (!miss->any) {
		dcf_buf_z(out, ": no change within its limits (");
		put_seconds(limits->max_delay_us, out);
		dcf_buf_z(out, " later, ");
		put_seconds(limits->max_advance_us, out);
		dcf_buf_z(out, " earlier) is free");
		return;
	}
	dcf_buf_z(out, ": nothing within its limits is free; nearest miss: ");
	for (uint32_t i = 0; i < miss->proposal.moved[0].change_count; i++) {
		dcf_buf_z(out, i ? " and " : "");
		put_change(&miss->proposal.moved[0].change[i], out);
	}
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, because[miss->verdict]);
	if (miss->blocker != DCF_NONE)
		put_name(st, miss->blocker, out);
}
