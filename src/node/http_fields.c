/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_fields.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool alphanumeric(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

bool dcf_field_is(struct dcf_span name, const char *other)
{
	if (name.len != strlen(other))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (lower(name.p[i]) != lower(other[i]))
			return false;
	return true;
}

bool dcf_field_token(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!alphanumeric(s.p[i]) && (s.p[i] == 0 || !strchr("!#$%&'*+-.^_`|~", s.p[i])))
			return false;
	return s.len > 0;
}

bool dcf_field_id(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!alphanumeric(s.p[i]) && s.p[i] != '.' && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return s.len > 0 && s.len <= DCF_HTTP_ID_MAX;
}

struct dcf_span dcf_field_trim(struct dcf_span s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool value_is_clean(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Digits only, and below 2^63: no sign, no space, no list ("5, 5"), no hexadecimal. */
static bool parse_length(struct dcf_span s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 18)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = v;
	return true;
}

struct seen {
	int minor;
	unsigned hosts, lengths, codings;
	struct dcf_framing *out;
	const char **why;
};

static unsigned refuse(const struct seen *seen, unsigned status, const char *why)
{
	*seen->why = why;
	return status;
}

static unsigned see_host(struct seen *seen, struct dcf_span value)
{
	(void)value;
	return ++seen->hosts > 1 ? refuse(seen, 400, "two Host lines") : 0;
}

static unsigned see_length(struct seen *seen, struct dcf_span value)
{
	if (++seen->lengths > 1)
		return refuse(seen, 400, "two Content-Length lines");
	if (!parse_length(value, &seen->out->length))
		return refuse(seen, 400, "a Content-Length that is not a number");
	seen->out->has_length = true;
	return 0;
}

static unsigned see_coding(struct seen *seen, struct dcf_span value)
{
	if (++seen->codings > 1 || !dcf_field_is(value, "chunked"))
		return refuse(seen, 501, "a transfer coding other than chunked");
	if (seen->minor < 1)
		return refuse(seen, 400, "a transfer coding in HTTP/1.0");
	seen->out->chunked = true;
	return 0;
}

static unsigned see_content_coding(struct seen *seen, struct dcf_span value)
{
	return dcf_field_is(value, "identity") ? 0 : refuse(seen, 415, "a content coding");
}

static unsigned see_expect(struct seen *seen, struct dcf_span value)
{
	if (!dcf_field_is(value, "100-continue"))
		return refuse(seen, 417, "an expectation other than 100-continue");
	seen->out->wants_continue = true;
	return 0;
}

static const struct {
	const char *name;
	unsigned (*see)(struct seen *seen, struct dcf_span value);
} telling[] = {
	{ "Host", see_host },
	{ "Content-Length", see_length },
	{ "Transfer-Encoding", see_coding },
	{ "Content-Encoding", see_content_coding },
	{ "Expect", see_expect },
};

static unsigned see_one(struct seen *seen, const struct dcf_http_pair *header)
{
	if (!dcf_field_token(header->name))
		return refuse(seen, 400, "a header name that cannot be one");
	if (!value_is_clean(header->value))
		return refuse(seen, 400, "a control character in a header");
	for (size_t k = 0; k < sizeof telling / sizeof *telling; k++)
		if (dcf_field_is(header->name, telling[k].name))
			return telling[k].see(seen, dcf_field_trim(header->value));
	return 0;
}

unsigned dcf_framing_of(const struct dcf_http_pair *headers, size_t count, int minor, struct dcf_framing *out, const char **why)
{
	struct seen seen = { .minor = minor, .out = out, .why = why };
	unsigned later = 0;

	*out = (struct dcf_framing){ 0 };
	for (size_t i = 0; i < count; i++) {
		const char *reason = *why;
		unsigned status = see_one(&seen, &headers[i]);

		/* What is in doubt about the framing (400, 501) goes before what is merely not served. */
		if (status == 400 || status == 501)
			return status;
		if (later)
			*why = reason;
		later = later ? later : status;
	}
	if (seen.lengths && seen.codings)
		return refuse(&seen, 400, "Content-Length beside Transfer-Encoding");
	if (minor >= 1 && seen.hosts == 0)
		return refuse(&seen, 400, "no Host line");
	return later;
}
