/* SPDX-License-Identifier: Apache-2.0 */
/* claims.c - what a token says, in one block of memory that is counted and never changed. */
#include "node/claims.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "base/utf8.h"

struct block {
	struct dcf_claims claims; /* first: the block is found from it */
	_Atomic unsigned refs;
	struct dcf_alloc from;
	size_t size;
	char text[];
};

/* Largest whole number that every double before it shows exactly. */
static const double TIME_MOST = 9007199254740992.0;

static struct block *block_of(const struct dcf_claims *c)
{
	/* Claims are const to their readers; the count beside them is not. */
	return (struct block *)(uintptr_t)c;
}

void dcf_claims_ref(const struct dcf_claims *c)
{
	atomic_fetch_add_explicit(&block_of(c)->refs, 1, memory_order_relaxed);
}

void dcf_claims_free(const struct dcf_claims *c)
{
	struct dcf_alloc from;
	struct block *b;

	if (!c)
		return;
	b = block_of(c);
	if (atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	from = b->from;
	dcf_alloc_free(&from, b, b->size);
}

static bool has(const struct dcf_span *list, size_t count, const char *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (dcf_span_eq(list[i], dcf_span_of(wanted)))
			return true;
	return false;
}

bool dcf_claims_scope(const struct dcf_claims *c, const char *scope)
{
	return has(c->scope, c->scope_count, scope);
}

bool dcf_claims_role(const struct dcf_claims *c, const char *role)
{
	return has(c->role, c->role_count, role);
}

enum dcf_jwt_fault dcf_claims_time_fault(const struct dcf_claims *c, enum dcf_jwt_rules rules, int64_t now_s)
{
	const int64_t leeway = rules == DCF_JWT_NATIVE ? DCF_JWT_LEEWAY_S : 0;

	/* All are within 0..2^53: nothing overflows. */
	if (now_s >= c->exp_s + leeway)
		return DCF_JWT_EXPIRED;
	if (c->nbf_s != INT64_MIN && c->nbf_s > now_s + leeway)
		return DCF_JWT_FUTURE;
	if (c->iat_s != INT64_MIN && c->iat_s > now_s + leeway)
		return DCF_JWT_FUTURE;
	if (rules == DCF_JWT_EXCHANGE && c->exp_s > now_s + DCF_JWT_EXCHANGE_S)
		return DCF_JWT_TOO_LATE;
	return DCF_JWT_FINE;
}

/* --- reading: everything returns false for a claim that is not as it must be ------------------------------- */

bool dcf_claims_is_name(struct dcf_span s)
{
	for (size_t at = 0; at < s.len;) {
		size_t w = dcf_utf8_length(s.p + at, s.len - at);

		if (w == 0 || dcf_utf8_steers(s.p + at, w))
			return false;
		at += w;
	}
	return s.len >= 1 && s.len <= DCF_JWT_NAME_MAX;
}

bool dcf_claims_is_scope(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return s.len >= 1 && s.len <= DCF_JWT_NAME_MAX;
}

static bool read_name(struct dcf_jval v, struct dcf_span *out)
{
	if (dcf_jnone(v))
		return true;
	if (dcf_jkind(v) != DCF_J_STRING)
		return false;
	*out = dcf_jstring(v);
	return dcf_claims_is_name(*out);
}

static bool add(struct dcf_span *list, size_t *count, size_t max, struct dcf_span s, bool (*is_good)(struct dcf_span))
{
	if (*count == max || !is_good(s))
		return false;
	list[(*count)++] = s;
	return true;
}

static bool read_array(struct dcf_jval v, struct dcf_span *list, size_t *count, size_t max, bool (*is_good)(struct dcf_span))
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval item;

	while (dcf_jnext(&it, &item))
		if (dcf_jkind(item) != DCF_J_STRING || !add(list, count, max, dcf_jstring(item), is_good))
			return false;
	return true;
}

/* A text or an array of texts; nothing when there is none. */
static bool read_list(struct dcf_jval v, struct dcf_span *list, size_t *count, size_t max)
{
	if (dcf_jnone(v))
		return true;
	if (dcf_jkind(v) == DCF_J_STRING)
		return add(list, count, max, dcf_jstring(v), dcf_claims_is_name);
	return dcf_jkind(v) == DCF_J_ARRAY && read_array(v, list, count, max, dcf_claims_is_name);
}

/* Words with blanks between them (RFC 8693, 4.2), or an array. */
static bool read_scopes(struct dcf_jval v, enum dcf_jwt_rules rules, struct dcf_claims *c)
{
	struct dcf_span s;

	if (dcf_jnone(v))
		return true;
	c->scope_is_list = dcf_jkind(v) == DCF_J_ARRAY;
	if (c->scope_is_list)
		return read_array(v, c->scope, &c->scope_count, DCF_JWT_SCOPES, dcf_claims_is_scope);
	if (dcf_jkind(v) != DCF_J_STRING)
		return false;
	for (s = dcf_jstring(v); s.len;) {
		const char *blank = memchr(s.p, ' ', s.len);
		size_t n = blank ? (size_t)(blank - s.p) : s.len;

		if (n && !add(c->scope, &c->scope_count, DCF_JWT_SCOPES, (struct dcf_span){ s.p, n }, dcf_claims_is_scope) &&
		    rules == DCF_JWT_NATIVE)
			return false;
		n += blank != NULL;
		s.p += n;
		s.len -= n;
	}
	return true;
}

/* A NumericDate (RFC 7519, 2), fractions rounded down. */
static bool read_time(struct dcf_jval v, int64_t *out)
{
	double d;

	if (dcf_jnone(v))
		return true;
	if (!dcf_jdouble(v, &d) || !(d >= 0 && d <= TIME_MOST))
		return false;
	*out = (int64_t)floor(d);
	return true;
}

static bool read_native(struct dcf_jval payload, struct dcf_claims *c)
{
	return read_name(dcf_jget(payload, "party"), &c->party) && read_name(dcf_jget(payload, "member"), &c->member) &&
	       read_name(dcf_jget(payload, "jti"), &c->jti) &&
	       read_list(dcf_jget(payload, "role"), c->role, &c->role_count, DCF_JWT_ROLES) &&
	       read_list(dcf_jget(payload, "roles"), c->role, &c->role_count, DCF_JWT_ROLES);
}

static bool read_all(struct dcf_jval payload, enum dcf_jwt_rules rules, struct dcf_claims *c)
{
	return (rules == DCF_JWT_EXCHANGE || read_native(payload, c)) && read_name(dcf_jget(payload, "sub"), &c->sub) &&
	       read_name(dcf_jget(payload, "iss"), &c->iss) && read_scopes(dcf_jget(payload, "scope"), rules, c) &&
	       read_list(dcf_jget(payload, "aud"), c->aud, &c->aud_count, DCF_JWT_AUDIENCES) &&
	       read_time(dcf_jget(payload, "exp"), &c->exp_s) && read_time(dcf_jget(payload, "nbf"), &c->nbf_s) &&
	       read_time(dcf_jget(payload, "iat"), &c->iat_s);
}

/* --- the block ------------------------------------------------------------------------------------------------- */

/* Every span of the claims, one after the other, for both passes over them. */
static void each_span(struct dcf_claims *c, void (*take)(struct dcf_span *s, void *ctx), void *ctx)
{
	struct dcf_span *const one[] = { &c->sub, &c->party, &c->member, &c->iss, &c->jti, &c->kid };

	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		take(one[i], ctx);
	for (size_t i = 0; i < c->scope_count; i++)
		take(&c->scope[i], ctx);
	for (size_t i = 0; i < c->role_count; i++)
		take(&c->role[i], ctx);
	for (size_t i = 0; i < c->aud_count; i++)
		take(&c->aud[i], ctx);
}

static void measure(struct dcf_span *s, void *ctx)
{
	*(size_t *)ctx += s->len;
}

static void move(struct dcf_span *s, void *ctx)
{
	char **to = ctx;

	if (s->len == 0) {
		*s = (struct dcf_span){ 0 };
		return;
	}
	memcpy(*to, s->p, s->len);
	s->p = *to;
	*to += s->len;
}

enum dcf_status dcf_claims_read(const struct dcf_alloc *a, struct dcf_jval payload, enum dcf_jwt_rules rules, unsigned slot,
				struct dcf_span kid, const struct dcf_claims **out, enum dcf_jwt_fault *why)
{
	struct dcf_claims c = { .exp_s = INT64_MIN, .nbf_s = INT64_MIN, .iat_s = INT64_MIN, .slot = slot, .kid = kid };
	size_t size = sizeof(struct block);
	struct block *b;
	char *to;

	*why = DCF_JWT_CLAIMS;
	if (!read_all(payload, rules, &c))
		return DCF_E_REFUSED;
	*why = DCF_JWT_NO_EXPIRY;
	if (c.exp_s == INT64_MIN)
		return DCF_E_REFUSED;
	*why = DCF_JWT_FINE;
	each_span(&c, measure, &size);
	b = dcf_alloc_new(a, size);
	if (!b)
		return DCF_E_NOMEM;
	to = b->text;
	each_span(&c, move, &to);
	b->claims = c;
	atomic_init(&b->refs, 1);
	b->from = *a;
	b->size = size;
	*out = &b->claims;
	return DCF_OK;
}
