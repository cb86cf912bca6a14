/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/people.h"
#include "base/utf8.h"
#include "domain/text_source.h"
#include "format/json.h"

struct reading {
	struct dcf_arena *arena;
	struct dcf_buf *why;
	size_t faults;
	enum dcf_status status;
	const char *list; /* "members" */
	size_t index;     /* in it; SIZE_MAX: the list itself */
};

/* "party#/members/0/id: text" */
static void fault(struct reading *r, const char *member, const char *text)
{
	r->faults++;
	if (!r->why)
		return;
	dcf_buf_z(r->why, "party#/");
	dcf_buf_z(r->why, r->list);
	if (r->index != SIZE_MAX) {
		dcf_buf_char(r->why, '/');
		dcf_buf_i64(r->why, (int64_t)r->index);
	}
	if (*member) {
		dcf_buf_char(r->why, '/');
		dcf_buf_z(r->why, member);
	}
	dcf_buf_z(r->why, ": ");
	dcf_buf_z(r->why, text);
	dcf_buf_char(r->why, '\n');
}

/* Text that can be shown; an id stands in lists with blanks and in tokens, so it has none. */
static bool is_text(struct dcf_span s, size_t most, bool id)
{
	for (size_t at = 0; at < s.len;) {
		size_t w = dcf_utf8_length(s.p + at, s.len - at);

		if (w == 0 || dcf_utf8_steers(s.p + at, w) || (id && w == 1 && strchr(" ,/\"\\", s.p[at])))
			return false;
		at += w;
	}
	return s.len >= 1 && s.len <= most;
}

static bool copy(struct reading *r, struct dcf_span from, struct dcf_span *to)
{
	*to = dcf_arena_copy(r->arena, from);
	if (!to->p)
		r->status = DCF_E_NOMEM;
	return to->p != NULL;
}

/* An item's id and name; false after a fault. */
static bool read_item(struct reading *r, struct dcf_jval v, struct dcf_span *id, struct dcf_span *name)
{
	bool object = dcf_jkind(v) == DCF_J_OBJECT;
	struct dcf_jval i = object ? dcf_jget(v, "id") : v, n = object ? dcf_jget(v, "name") : (struct dcf_jval){ NULL, 0 };

	*name = DCF_SPAN("");
	if (!object && dcf_jkind(v) != DCF_J_STRING) {
		fault(r, "", "found neither an id nor an object, expected {\"id\": \"...\", \"name\": \"...\"}");
		return false;
	}
	if (dcf_jkind(i) != DCF_J_STRING || !is_text(dcf_jstring(i), DCF_PEOPLE_ID_MAX, true)) {
		fault(r, object ? "id" : "",
		      "found no id, expected 1 to 64 bytes of text without blanks, commas, slashes and quotes");
		return false;
	}
	if (!dcf_jnone(n) && (dcf_jkind(n) != DCF_J_STRING || !is_text(dcf_jstring(n), DCF_PEOPLE_NAME_MAX, false))) {
		fault(r, "name", "found no name, expected 1 to 256 bytes of text");
		return false;
	}
	return copy(r, dcf_jstring(i), id) && (dcf_jnone(n) || copy(r, dcf_jstring(n), name));
}

/* The list, or no value after a fault or where there is none. */
static bool read_list(struct reading *r, struct dcf_jval party, const char *name, size_t most, struct dcf_jval *list)
{
	r->list = name;
	r->index = SIZE_MAX;
	*list = dcf_jget(party, name);
	if (dcf_jnone(*list))
		return false;
	if (dcf_jkind(*list) == DCF_J_ARRAY && dcf_jcount(*list) <= most)
		return true;
	fault(r, "",
	      dcf_jkind(*list) != DCF_J_ARRAY ? "found no list, expected [{\"id\": \"...\"}, ...]"
					      : "found more than one party can have");
	return false;
}

static void read_members(struct reading *r, struct dcf_jval party, struct dcf_people *out)
{
	struct dcf_jval list, v;
	struct dcf_jwalk it;

	if (!read_list(r, party, "members", DCF_MEMBERS_MAX, &list))
		return;
	out->members = dcf_arena_get(r->arena, dcf_jcount(list) * sizeof *out->members);
	if (!out->members)
		r->status = DCF_E_NOMEM;
	for (r->index = 0, it = dcf_jwalk(list); r->status == DCF_OK && dcf_jnext(&it, &v); r->index++) {
		struct dcf_member m;

		if (!read_item(r, v, &m.id, &m.name))
			continue;
		if (dcf_people_member(out, m.id))
			fault(r, "", "found a member twice, expected each once");
		else
			out->members[out->member_count++] = m;
	}
}

/* Its place among those that are rung; false after a fault. */
static bool read_escalation(struct reading *r, struct dcf_jval v, const struct dcf_people *out, bool *numbered, uint32_t *n)
{
	struct dcf_jval e = dcf_jkind(v) == DCF_J_OBJECT ? dcf_jget(v, "escalation") : (struct dcf_jval){ NULL, 0 };
	uint32_t before = out->role_count ? out->roles[out->role_count - 1].escalation : 0;
	double d = 0;

	if (r->index == 0)
		*numbered = !dcf_jnone(e);
	if (*numbered != !dcf_jnone(e)) {
		fault(r, "escalation", "found an order for some of the roles, expected one for all or for none");
		return false;
	}
	*n = before + 1;
	if (!*numbered)
		return true;
	if (!dcf_jdouble(e, &d) || !(d >= 1 && d <= DCF_ESCALATION_MAX) || d != (double)(uint32_t)d) {
		fault(r, "escalation", "found no whole number of 1 to 64");
		return false;
	}
	*n = (uint32_t)d;
	if (*n < before)
		fault(r, "escalation",
		      "found less than that of the role before it, expected the roles in the order in which they are rung");
	return *n >= before;
}

static void read_roles(struct reading *r, struct dcf_jval party, struct dcf_people *out)
{
	struct dcf_jval list, v;
	struct dcf_jwalk it;
	bool numbered = false;

	if (!read_list(r, party, "roles", DCF_ROLES_MAX, &list))
		return;
	out->roles = dcf_arena_get(r->arena, dcf_jcount(list) * sizeof *out->roles);
	if (!out->roles)
		r->status = DCF_E_NOMEM;
	for (r->index = 0, it = dcf_jwalk(list); r->status == DCF_OK && dcf_jnext(&it, &v); r->index++) {
		struct dcf_role role;

		if (!read_item(r, v, &role.id, &role.name) || !read_escalation(r, v, out, &numbered, &role.escalation))
			continue;
		if (dcf_people_role(out, role.id))
			fault(r, "", "found a role twice, expected each once");
		else
			out->roles[out->role_count++] = role;
	}
}

enum dcf_status dcf_people_read(struct dcf_span party_text, const struct dcf_alloc *a, struct dcf_arena *arena,
				struct dcf_people *out, size_t *faults, struct dcf_buf *why)
{
	struct reading r = { .arena = arena, .why = why };
	struct dcf_buf text = { .from = a };
	struct dcf_jdoc doc = { 0 };
	const char *reason;
	enum dcf_status s;

	*out = (struct dcf_people){ 0 };
	dcf_buf_span(&text, party_text);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(&doc, text.p, party_text.len, &reason);
	if (s == DCF_OK && dcf_jkind(dcf_jroot(&doc)) == DCF_J_OBJECT) {
		read_members(&r, dcf_jroot(&doc), out);
		read_roles(&r, dcf_jroot(&doc), out);
	}
	dcf_jfree(&doc);
	dcf_buf_free(&text);
	if (faults)
		*faults += r.faults;
	return s == DCF_E_NOMEM ? s : r.status;
}

bool dcf_people_member(const struct dcf_people *people, struct dcf_span id)
{
	for (size_t i = 0; i < people->member_count; i++)
		if (dcf_span_eq(people->members[i].id, id))
			return true;
	return false;
}

bool dcf_people_role(const struct dcf_people *people, struct dcf_span id)
{
	for (size_t i = 0; i < people->role_count; i++)
		if (dcf_span_eq(people->roles[i].id, id))
			return true;
	return false;
}
