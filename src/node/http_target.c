/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_target.h"

#include "base/utf8.h"

#include <string.h>

static enum dcf_status refuse(const char **why, const char *reason)
{
	*why = reason;
	return DCF_E_SYNTAX;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Printable ASCII only: everything else has to come percent-encoded. */
static bool visible(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((unsigned char)s.p[i] > 0x20 && (unsigned char)s.p[i] < 0x7f))
			return false;
	return true;
}

static enum dcf_status check_text(struct dcf_span s, const char **why)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = dcf_utf8_length(s.p + i, s.len - i);
		if (n == 0)
			return refuse(why, "percent-encoded bytes that are not UTF-8");
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return refuse(why, "a control character");
	}
	return DCF_OK;
}

enum dcf_status dcf_target_decode(struct dcf_arena *arena, struct dcf_span s, bool plus, struct dcf_span *out, const char **why)
{
	size_t n = 0;
	char *to;

	if (!s.len || (!memchr(s.p, '%', s.len) && !(plus && memchr(s.p, '+', s.len)))) {
		*out = s;
		return check_text(s, why);
	}
	to = dcf_arena_get(arena, s.len);
	if (!to)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '%') {
			int high = i + 2 < s.len ? hex_value(s.p[i + 1]) : -1, low = i + 2 < s.len ? hex_value(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return refuse(why, "a % without two hexadecimal digits");
			to[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			to[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	*out = (struct dcf_span){ to, n };
	return check_text(*out, why);
}

static enum dcf_status put_segment(struct dcf_arena *arena, struct dcf_span raw, bool loose, struct dcf_target *t,
				   const char **why)
{
	struct dcf_span text;
	enum dcf_status s;

	if (raw.len == 0 && !loose)
		return refuse(why, "an empty path segment");
	if (t->segment_count == DCF_HTTP_SEGMENTS_MAX)
		return DCF_E_LIMIT;
	if ((s = dcf_target_decode(arena, raw, false, &text, why)) != DCF_OK)
		return s;
	if (!loose && text.len && (memchr(text.p, '/', text.len) || memchr(text.p, '\\', text.len)))
		return refuse(why, "a slash or backslash inside a path segment");
	if (dcf_span_eq(text, DCF_SPAN(".")) || dcf_span_eq(text, DCF_SPAN("..")))
		return refuse(why, "a path segment of dots");
	t->segments[t->segment_count++] = text;
	return DCF_OK;
}

static enum dcf_status parse_path(struct dcf_arena *arena, bool loose, struct dcf_target *t, const char **why)
{
	const char *p = t->path.p + 1, *end = t->path.p + t->path.len;

	while (p < end || (loose && p == end && t->slash_at_end)) {
		const char *slash = p < end ? memchr(p, '/', (size_t)(end - p)) : NULL;
		const char *stop = slash ? slash : end;
		enum dcf_status s = put_segment(arena, (struct dcf_span){ p, (size_t)(stop - p) }, loose, t, why);

		if (s != DCF_OK)
			return s;
		t->slash_at_end = slash && slash + 1 == end;
		p = slash ? slash + 1 : end;
	}
	return DCF_OK;
}

static enum dcf_status put_parameter(struct dcf_arena *arena, struct dcf_span raw, struct dcf_target *t, const char **why)
{
	const char *equals = raw.len ? memchr(raw.p, '=', raw.len) : NULL;
	size_t name_len = equals ? (size_t)(equals - raw.p) : raw.len;
	struct dcf_http_pair pair;
	enum dcf_status s;

	if (raw.len == 0)
		return DCF_OK; /* "a=1&&b=2": nothing stands there */
	if (t->query_count == DCF_HTTP_QUERY_MAX)
		return DCF_E_LIMIT;
	if ((s = dcf_target_decode(arena, (struct dcf_span){ raw.p, name_len }, true, &pair.name, why)) != DCF_OK)
		return s;
	pair.value = equals ? (struct dcf_span){ equals + 1, raw.len - name_len - 1 } : (struct dcf_span){ raw.p + raw.len, 0 };
	if ((s = dcf_target_decode(arena, pair.value, true, &pair.value, why)) != DCF_OK)
		return s;
	t->query[t->query_count++] = pair;
	return DCF_OK;
}

static enum dcf_status parse_query(struct dcf_arena *arena, struct dcf_span query, struct dcf_target *t, const char **why)
{
	const char *p = query.p, *end = query.p + query.len;

	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		const char *stop = amp ? amp : end;
		enum dcf_status s = put_parameter(arena, (struct dcf_span){ p, (size_t)(stop - p) }, t, why);

		if (s != DCF_OK)
			return s;
		p = amp ? amp + 1 : end;
	}
	return DCF_OK;
}

static bool begins_caseless(struct dcf_span s, const char *lower)
{
	size_t n = strlen(lower);

	if (s.len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]) != lower[i])
			return false;
	return true;
}

/* "http://host:port" off the front of an absolute form (RFC 9112 3.2.2: a server must accept it). */
static enum dcf_status strip_authority(struct dcf_span *target, const char **why)
{
	size_t at = begins_caseless(*target, "http://") ? 7 : begins_caseless(*target, "https://") ? 8 : 0, from = at;

	if (at == 0)
		return refuse(why, "a target that does not begin with a slash");
	while (at < target->len && target->p[at] != '/' && target->p[at] != '?') {
		if (target->p[at] == '@')
			return refuse(why, "a user name in the target");
		at++;
	}
	if (at == from)
		return refuse(why, "a target without a host");
	if (at == target->len || target->p[at] == '?')
		return refuse(why, "a target without a path");
	target->p += at;
	target->len -= at;
	return DCF_OK;
}

static enum dcf_status parse(struct dcf_arena *arena, struct dcf_span target, bool loose, struct dcf_target *out,
			     const char **why)
{
	const char *mark;
	enum dcf_status s;

	*why = "too many path segments or parameters";
	out->segment_count = out->query_count = 0;
	out->slash_at_end = false;
	if (!visible(target))
		return refuse(why, "a space, a control character or a byte above 126");
	if (target.len && memchr(target.p, '#', target.len))
		return refuse(why, "a fragment");
	if ((target.len == 0 || target.p[0] != '/') && (s = strip_authority(&target, why)) != DCF_OK)
		return s;
	mark = memchr(target.p, '?', target.len);
	out->path = (struct dcf_span){ target.p, mark ? (size_t)(mark - target.p) : target.len };
	if ((s = parse_path(arena, loose, out, why)) != DCF_OK || !mark)
		return s;
	return parse_query(arena, (struct dcf_span){ mark + 1, target.len - out->path.len - 1 }, out, why);
}

enum dcf_status dcf_target_parse(struct dcf_arena *arena, struct dcf_span target, struct dcf_target *out, const char **why)
{
	return parse(arena, target, false, out, why);
}

enum dcf_status dcf_target_parse_loose(struct dcf_arena *arena, struct dcf_span target, struct dcf_target *out,
				       const char **why)
{
	return parse(arena, target, true, out, why);
}

bool dcf_http_is_below(struct dcf_span target, const char *const *path)
{
	for (; *path; path++) {
		struct dcf_span p = dcf_span_of(*path);

		if (target.len >= p.len && memcmp(target.p, p.p, p.len) == 0 &&
		    (target.len == p.len || target.p[p.len] == '/' || target.p[p.len] == '?'))
			return true;
	}
	return false;
}
