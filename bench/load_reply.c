/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/load_reply.h"

#include <string.h>
#include <strings.h>

struct told {
	bool chunked, has_length, closing;
	size_t length;
};

/* The byte after the empty line, or NULL. */
static char *end_of_head(char *p, size_t n)
{
	for (char *at = p; (at = memchr(at, '\n', n - (size_t)(at - p))) != NULL; at++)
		if (at - p >= 3 && memcmp(at - 3, "\r\n\r", 3) == 0)
			return at + 1;
	return NULL;
}

static bool parse_status(const char *p, size_t n, unsigned *status)
{
	if (n < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ')
		return false;
	*status = 0;
	for (int i = 9; i < 12; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*status = *status * 10 + (unsigned)(p[i] - '0');
	}
	return true;
}

static bool value_is(const char *value, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(value, word, n) == 0;
}

static bool take_line(struct told *t, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n), *value = colon ? colon + 1 : line;
	size_t len = n - (size_t)(value - line);

	while (len && *value == ' ') {
		value++;
		len--;
	}
	if (!colon)
		return false;
	if (strncasecmp(line, "content-length:", 15) == 0) {
		t->has_length = true;
		t->length = 0;
		for (size_t i = 0; i < len; i++) {
			if (value[i] < '0' || value[i] > '9' || t->length > SIZE_MAX / 20)
				return false;
			t->length = t->length * 10 + (size_t)(value[i] - '0');
		}
		return len > 0;
	}
	if (strncasecmp(line, "transfer-encoding:", 18) == 0)
		t->chunked = value_is(value, len, "chunked");
	else if (strncasecmp(line, "connection:", 11) == 0)
		t->closing |= value_is(value, len, "close");
	return true;
}

static bool take_head(struct told *t, const char *p, const char *end)
{
	const char *line = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;

	t->closing = p[7] == '0';
	while (line < end - 2) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		if (stop == line || stop[-1] != '\r' || !take_line(t, line, (size_t)(stop - line) - 1))
			return false;
		line = stop + 1;
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One pass over the chunks from `at`; with `to` their bytes are moved together there.  *end: behind the last empty line. */
static enum dcf_reply_found walk_chunks(char *at, char *limit, char *to, size_t *total, char **end)
{
	*total = 0;
	for (;;) {
		char *line = memchr(at, '\n', (size_t)(limit - at));
		size_t size = 0;
		char *p = at;

		if (!line)
			return limit - at > 1024 ? DCF_REPLY_BAD : DCF_REPLY_MORE;
		for (; p < line && digit(*p) >= 0; p++) {
			if (size > SIZE_MAX / 32)
				return DCF_REPLY_BAD;
			size = size * 16 + (size_t)digit(*p);
		}
		if (p == at)
			return DCF_REPLY_BAD;
		at = line + 1;
		if ((size_t)(limit - at) < 2 || (size_t)(limit - at) - 2 < size)
			return DCF_REPLY_MORE;
		if (to)
			memmove(to + *total, at, size);
		at += size;
		*total += size;
		if (at[0] != '\r' || at[1] != '\n')
			return DCF_REPLY_BAD; /* trailers are not understood: no server of ours sends them */
		at += 2;
		if (size == 0) {
			*end = at;
			return DCF_REPLY_WHOLE;
		}
	}
}

static enum dcf_reply_found find_body(char *body, size_t n, const struct told *t, bool none, bool closed,
				      struct dcf_load_reply *reply, size_t *len)
{
	enum dcf_reply_found found;
	size_t total;
	char *end;

	if (none) {
		*len = 0;
	} else if (t->chunked) {
		if ((found = walk_chunks(body, body + n, NULL, &total, &end)) != DCF_REPLY_WHOLE)
			return found;
		*len = (size_t)(end - body);
		(void)walk_chunks(body, body + n, body, &total, &end);
		reply->body = (struct dcf_span){ body, total };
		return DCF_REPLY_WHOLE;
	} else if (t->has_length) {
		*len = t->length;
	} else if (closed) {
		*len = n;
	} else {
		return DCF_REPLY_MORE;
	}
	if (n < *len)
		return DCF_REPLY_MORE;
	reply->body = (struct dcf_span){ body, *len };
	return DCF_REPLY_WHOLE;
}

enum dcf_reply_found dcf_reply_find(char *p, size_t n, bool head, bool closed, struct dcf_load_reply *reply, size_t *used,
				    bool *closing)
{
	struct told t = { 0 };
	size_t skipped = 0, len;
	enum dcf_reply_found found;
	char *end;

	for (;;) {
		if (n < 12)
			return n && memcmp(p, "HTTP/1.", n < 7 ? n : 7) != 0 ? DCF_REPLY_BAD : DCF_REPLY_MORE;
		if (!parse_status(p, n, &reply->status))
			return DCF_REPLY_BAD;
		end = end_of_head(p, n);
		if (!end)
			return n > 65536 ? DCF_REPLY_BAD : DCF_REPLY_MORE;
		if (reply->status >= 200)
			break;
		skipped += (size_t)(end - p);
		n -= (size_t)(end - p);
		p = end;
	}
	if (!take_head(&t, p, end))
		return DCF_REPLY_BAD;
	reply->head = (struct dcf_span){ p, (size_t)(end - p) };
	found = find_body(end, n - (size_t)(end - p), &t, head || reply->status == 204 || reply->status == 304, closed, reply,
			  &len);
	if (found != DCF_REPLY_WHOLE)
		return found;
	*used = skipped + (size_t)(end - p) + len;
	*closing = t.closing || (!t.chunked && !t.has_length && !head && reply->status != 204 && reply->status != 304);
	return DCF_REPLY_WHOLE;
}
