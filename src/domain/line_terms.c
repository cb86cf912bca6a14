/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/line_terms.h"
#include "format/json.h"
#include "domain/text_source.h"

enum { ACK_MOST_S = 7 * 86400, CHECK_MOST_H = 24 * 31 };
#define HOUR_US (3600 * INT64_C(1000000))

static enum dcf_status refuse(struct dcf_buf *why, const char *text)
{
	if (why) {
		dcf_buf_z(why, "agreement: ");
		dcf_buf_z(why, text);
		dcf_buf_char(why, '\n');
	}
	return DCF_E_REFUSED;
}

/* A whole or broken number from 1 to `most`, times `unit_us`. */
static bool read_length(struct dcf_jval v, double most, int64_t unit_us, int64_t *out)
{
	double d;

	if (!dcf_jdouble(v, &d) || !(d >= 1 && d <= most))
		return false;
	*out = (int64_t)(d * (double)unit_us + 0.5);
	return true;
}

static enum dcf_status read_deadlines(struct dcf_jval deadlines, struct dcf_line_terms *out, struct dcf_buf *why)
{
	struct dcf_jwalk it = dcf_jwalk(deadlines);
	struct dcf_span name;
	struct dcf_jval value;

	if (dcf_jnone(deadlines))
		return DCF_OK;
	if (dcf_jkind(deadlines) != DCF_J_OBJECT)
		return refuse(why, "ack_deadlines_s is no object of seconds by precedence");
	while (dcf_jmember(&it, &name, &value)) {
		enum dcf_precedence p = dcf_precedence_named(name);

		if (p == DCF_PRECEDENCE_COUNT || !read_length(value, ACK_MOST_S, 1000000, &out->ack_us[p]))
			return refuse(
				why,
				"ack_deadlines_s: expected FLASH, IMMEDIATE, PRIORITY or ROUTINE with 1 to 604800 seconds");
	}
	return DCF_OK;
}

static enum dcf_status read_roles(struct dcf_jval roles, struct dcf_line_terms *out, struct dcf_buf *why)
{
	struct dcf_jwalk it = dcf_jwalk(roles);
	struct dcf_jval value;

	if (dcf_jnone(roles))
		return DCF_OK;
	if (dcf_jkind(roles) != DCF_J_ARRAY || dcf_jcount(roles) > DCF_LINE_ROLES_MAX)
		return refuse(why, "escalation is no list of at most 16 roles");
	while (dcf_jnext(&it, &value)) {
		struct dcf_span s = dcf_jkind(value) == DCF_J_STRING ? dcf_jstring(value) : (struct dcf_span){ NULL, 0 };

		if (s.len == 0 || s.len > DCF_ROLE_MAX)
			return refuse(why, "escalation: a role that is no text of 1 to 64 bytes");
		memcpy(out->role[out->role_count], s.p, s.len);
		out->role[out->role_count++][s.len] = 0;
	}
	return DCF_OK;
}

static enum dcf_status read_terms(struct dcf_jval agreement, struct dcf_line_terms *out, struct dcf_buf *why)
{
	struct dcf_jval every = dcf_jget(agreement, "line_check_every_h");
	enum dcf_status s = read_deadlines(dcf_jget(agreement, "ack_deadlines_s"), out, why);

	s = s == DCF_OK ? read_roles(dcf_jget(agreement, "escalation"), out, why) : s;
	if (s == DCF_OK && !dcf_jnone(every) && !read_length(every, CHECK_MOST_H, HOUR_US, &out->check_every_us))
		s = refuse(why, "line_check_every_h: expected 1 to 744 hours");
	return s;
}

static struct dcf_hash hash_of(struct dcf_span airspace)
{
	static const char name[] = "deconflict-agreement-v1\n";
	struct dcf_sha256 h;

	dcf_sha256_begin(&h);
	dcf_sha256_put(&h, name, sizeof name - 1);
	dcf_sha256_put(&h, airspace.p, airspace.len);
	return dcf_sha256_end(&h);
}

enum dcf_status dcf_line_terms_read(struct dcf_span airspace, const struct dcf_alloc *a, struct dcf_line_terms *out,
				    struct dcf_buf *why)
{
	struct dcf_buf text = { .from = a };
	struct dcf_jdoc doc = { 0 };
	const char *said;
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	for (unsigned p = 0; p < DCF_PRECEDENCE_COUNT; p++)
		out->ack_us[p] = dcf_precedence_deadline_us((enum dcf_precedence)p);
	out->check_every_us = HOUR_US;
	if (airspace.len == 0)
		return DCF_OK;
	out->hash = hash_of(airspace);
	dcf_buf_span(&text, airspace);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(&doc, text.p, airspace.len, &said);
	if (s == DCF_OK)
		s = read_terms(dcf_jget(dcf_jroot(&doc), "agreement"), out, why);
	else if (s != DCF_E_NOMEM)
		s = refuse(why, "the airspace file is no JSON");
	dcf_jfree(&doc);
	dcf_buf_free(&text);
	return s;
}

void dcf_line_ringing(const struct dcf_line_terms *terms, unsigned escalation, size_t *first, size_t *count)
{
	bool all = escalation >= 3;

	*first = all || terms->role_count == 0 ? 0 : escalation < terms->role_count ? escalation : terms->role_count - 1;
	*count = all ? terms->role_count : terms->role_count > 0;
}
