/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_route.h"

#include <string.h>

static const struct {
	enum dcf_http_method method;
	struct dcf_span name;
} names[] = {
	{ DCF_HTTP_GET, { "GET", 3 } },     { DCF_HTTP_POST, { "POST", 4 } },     { DCF_HTTP_PUT, { "PUT", 3 } },
	{ DCF_HTTP_PATCH, { "PATCH", 5 } }, { DCF_HTTP_DELETE, { "DELETE", 6 } },
};
enum { NAMES = sizeof names / sizeof *names };

/* The pattern's segments, one after the other. */
struct piece {
	struct dcf_span text; /* literal, or the name of a parameter */
	enum { LITERAL, PARAMETER, REST, BAD } kind;
};

static bool is_name(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_'))
			return false;
	return s.len > 0;
}

/* The next piece of *pattern (which stands on a slash); false at the end. */
static bool next_piece(const char **pattern, struct piece *piece)
{
	const char *p = *pattern;
	size_t n;

	if (p[0] != '/' || p[1] == 0)
		return false;
	p++;
	n = strcspn(p, "/");
	*pattern = p + n;
	piece->text = (struct dcf_span){ p, n };
	piece->kind = n == 0 ? BAD : LITERAL;
	if (n && p[0] == '{') {
		bool rest = n > 5 && memcmp(p + n - 4, "...}", 4) == 0;

		piece->text = (struct dcf_span){ p + 1, n - (rest ? 5 : 2) };
		piece->kind = p[n - 1] != '}' || !is_name(piece->text) ? BAD : rest ? REST : PARAMETER;
	}
	return true;
}

static const char *fault_of(const struct dcf_http_route *r)
{
	const char *p = r->pattern;
	struct piece piece;
	size_t segments = 0, params = 0;
	bool rest = false;

	if (!p || p[0] != '/')
		return "does not begin with a slash";
	if (!r->handler || (r->methods & ~31u) || !r->methods)
		return "has no handler or no method";
	for (; next_piece(&p, &piece); segments++) {
		if (piece.kind == BAD || rest)
			return "has a segment that cannot be";
		rest = piece.kind == REST;
		params += piece.kind != LITERAL;
	}
	if (p[0] == '/' && p != r->pattern)
		return "ends in a slash";
	return segments > DCF_HTTP_SEGMENTS_MAX || params > DCF_HTTP_PARAMS_MAX ? "is too long" : NULL;
}

static bool same_shape(const char *a, const char *b)
{
	struct piece x = { 0 }, y = { 0 };

	for (;;) {
		bool more = next_piece(&a, &x);

		if (next_piece(&b, &y) != more)
			return false;
		if (!more)
			return true;
		if (x.kind != y.kind || (x.kind == LITERAL && !dcf_span_eq(x.text, y.text)))
			return false;
	}
}

enum dcf_status dcf_routes_check(const struct dcf_http_route *routes, size_t count, struct dcf_node_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *fault = fault_of(&routes[i]);

		for (size_t k = 0; !fault && k < i; k++)
			if ((routes[k].methods & routes[i].methods) && same_shape(routes[k].pattern, routes[i].pattern))
				fault = "stands there twice";
		if (fault)
			return dcf_node_fail(err, DCF_E_USAGE, "route %zu (%s) %s", i,
					     routes[i].pattern ? routes[i].pattern : "", fault);
	}
	return DCF_OK;
}

/* Does the pattern fit?  *weight: a bit for each literal segment, the leftmost highest, so that the more literal wins. */
static bool fits(const char *pattern, const struct dcf_target *t, struct dcf_span *params, uint32_t *weight)
{
	struct piece piece;
	size_t at = 0, count = 0;

	*weight = 0;
	while (next_piece(&pattern, &piece)) {
		if (at == t->segment_count)
			return false;
		if (piece.kind == REST) {
			const char *p = t->path.p;

			for (size_t i = 0; i <= at; i++)
				p = (const char *)memchr(p, '/', t->path.len - (size_t)(p - t->path.p)) + 1;
			params[count] = (struct dcf_span){ p, t->path.len - (size_t)(p - t->path.p) };
			return true;
		}
		if (piece.kind == LITERAL) {
			if (!dcf_span_eq(piece.text, t->segments[at]))
				return false;
			*weight |= 1u << (31 - at);
		} else {
			params[count++] = t->segments[at];
		}
		at++;
	}
	/* Past a parameter in the same place a segment still outweighs a {rest...}. */
	*weight |= 1u;
	return at == t->segment_count && !t->slash_at_end;
}

void dcf_route_find(const struct dcf_http_route *routes, size_t count, enum dcf_http_method method,
		    const struct dcf_target *target, struct dcf_route_found *found)
{
	uint32_t best = 0;

	found->route = NULL;
	found->methods = 0;
	for (size_t i = 0; i < count; i++) {
		struct dcf_span params[DCF_HTTP_PARAMS_MAX] = { { NULL, 0 } };
		uint32_t weight;

		if (!fits(routes[i].pattern, target, params, &weight))
			continue;
		found->methods |= routes[i].methods;
		if (!(routes[i].methods & (unsigned)method) || (found->route && weight <= best))
			continue;
		found->route = &routes[i];
		best = weight;
		memcpy(found->params, params, sizeof params);
	}
}

struct dcf_span dcf_route_allow(unsigned methods, char out[static 64])
{
	size_t n = 0;

	for (size_t i = 0; i < NAMES; i++) {
		if (!(methods & (unsigned)names[i].method))
			continue;
		memcpy(out + n, names[i].name.p, names[i].name.len);
		n += names[i].name.len;
		memcpy(out + n, ", ", 2);
		n += 2;
		if (names[i].method == DCF_HTTP_GET) {
			memcpy(out + n, "HEAD, ", 6);
			n += 6;
		}
	}
	memcpy(out + n, "OPTIONS", 8);
	return (struct dcf_span){ out, n + 7 };
}

unsigned dcf_method_of(struct dcf_span name, bool *head)
{
	*head = dcf_span_eq(name, DCF_SPAN("HEAD"));
	if (*head)
		return DCF_HTTP_GET;
	for (size_t i = 0; i < NAMES; i++)
		if (dcf_span_eq(name, names[i].name))
			return (unsigned)names[i].method;
	return 0;
}

struct dcf_span dcf_http_param(const struct dcf_http_request *rq, const char *name)
{
	const char *p = rq->route ? rq->route->pattern : "";
	struct piece piece;
	size_t at = 0;

	while (next_piece(&p, &piece)) {
		if (piece.kind == LITERAL)
			continue;
		if (dcf_span_eq(piece.text, dcf_span_of(name)))
			return rq->params[at];
		at++;
	}
	return (struct dcf_span){ NULL, 0 };
}
