/* SPDX-License-Identifier: Apache-2.0 */
/* record_show.c - `deconflict record show`: entries for people and for programs.
 *
 * Content is a line of JSON that says what the entry is, then the bytes it came with. */
#include "cli/record.h"
#include "base/utf8.h"
#include "crypto/text.h"
#include "format/feed.h"
#include "format/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Read at once; then the reader lets go, so that a pager that waits holds nothing up. */
enum { AT_ONCE = 64 };

static bool is_text(struct dcf_span s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = dcf_utf8_length(s.p + i, s.len - i);
		if (n == 0)
			return false;
	}
	return true;
}

/* The first line and what follows it. */
static void split(struct dcf_span content, struct dcf_span *head, struct dcf_span *body)
{
	const char *end = content.len ? memchr(content.p, '\n', content.len) : NULL;
	size_t n = end ? (size_t)(end - content.p) : content.len;

	*head = (struct dcf_span){ content.p, n };
	*body = (struct dcf_span){ end ? end + 1 : NULL, end ? content.len - n - 1 : 0 };
}

/* Is it JSON that may stand in ours?  Entries of other programs may hold anything. */
static bool is_object(struct dcf_span s)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf padded = { .from = &heap };
	struct dcf_jdoc doc = { 0 };
	const char *why;
	bool good = false;

	dcf_buf_span(&padded, s);
	dcf_buf_fill(&padded, '\0', DCF_FEED_SLACK);
	if (!padded.failed && s.len && dcf_jparse(&doc, padded.p, s.len, &why) == DCF_OK)
		good = dcf_jkind(dcf_jroot(&doc)) == DCF_J_OBJECT;
	dcf_jfree(&doc);
	dcf_buf_free(&padded);
	return good;
}

static void put_bytes(struct dcf_json *j, const char *name, const char *name_base64, struct dcf_span s)
{
	struct dcf_buf text = { .from = j->out->from };

	dcf_json_key(j, is_text(s) ? name : name_base64);
	if (is_text(s)) {
		dcf_json_string(j, s);
		return;
	}
	dcf_text_put(&text, DCF_TEXT_BASE64, s.p, s.len);
	dcf_json_string(j, dcf_buf_as_span(&text));
	j->out->failed |= text.failed;
	dcf_buf_free(&text);
}

void dcf_record_json_entry(struct dcf_json *j, uint64_t position, const struct dcf_entry *e, bool content)
{
	struct dcf_span head, body;
	char hex[2 * DCF_HASH_BYTES];

	dcf_json_begin(j, '{');
	dcf_json_key(j, "position");
	dcf_json_i64(j, (int64_t)position);
	dcf_json_key(j, "commitment");
	dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, e->commitment.b, DCF_HASH_BYTES) });
	dcf_json_key(j, "erased");
	dcf_json_bool(j, e->erased);
	if (!e->erased) {
		split(e->content, &head, &body);
		dcf_json_key(j, "salt");
		dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, e->salt, DCF_SALT_BYTES) });
		dcf_json_key(j, "bytes");
		dcf_json_i64(j, (int64_t)e->content.len);
		if (is_object(head)) {
			dcf_json_key(j, "head");
			dcf_json_raw(j, head);
		} else {
			put_bytes(j, "text", "base64", content ? e->content : head);
			body.len = 0;
		}
		if (content && body.len)
			put_bytes(j, "body", "body_base64", body);
	}
	dcf_json_end(j, '}');
}

static void put_lines(struct dcf_buf *out, struct dcf_span s)
{
	if (!is_text(s)) {
		dcf_buf_z(out, "  (");
		dcf_buf_i64(out, (int64_t)s.len);
		dcf_buf_z(out, " bytes that are not text)\n");
		return;
	}
	while (s.len) {
		const char *end = memchr(s.p, '\n', s.len);
		size_t n = end ? (size_t)(end - s.p) : s.len;

		dcf_buf_z(out, "  ");
		dcf_put_shown(out, (struct dcf_span){ s.p, n });
		dcf_buf_char(out, '\n');
		n += end != NULL;
		s.p += n;
		s.len -= n;
	}
}

void dcf_record_put_entry(struct dcf_buf *out, uint64_t position, const struct dcf_entry *e, bool content)
{
	struct dcf_span head, body;

	dcf_buf_z(out, "entry ");
	dcf_buf_i64(out, (int64_t)position);
	dcf_buf_char(out, ' ');
	dcf_text_put(out, DCF_TEXT_HEX, e->commitment.b, DCF_HASH_BYTES);
	if (e->erased) {
		dcf_buf_z(out, " erased\n");
		return;
	}
	dcf_buf_char(out, ' ');
	dcf_buf_i64(out, (int64_t)e->content.len);
	dcf_buf_z(out, " bytes\n");
	split(e->content, &head, &body);
	put_lines(out, head);
	if (content)
		put_lines(out, body);
}

struct showing {
	struct dcf_buf *out;
	struct dcf_json *json; /* NULL: for people */
	uint64_t seen;
	uint64_t bad; /* of the first that is not what its commitment stands for; DCF_RECORD_ALL: none */
};

static enum dcf_status show_one(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct showing *s = ctx;

	if (!dcf_entry_holds(e)) {
		s->bad = position;
		return DCF_E_CORRUPT;
	}
	s->seen++;
	if (s->json)
		dcf_record_json_entry(s->json, position, e, true);
	else
		dcf_record_put_entry(s->out, position, e, true);
	return s->out->failed ? DCF_E_NOMEM : DCF_OK;
}

static int show_failed(const struct dcf_record *r, const struct showing *s, enum dcf_status status,
		       const struct dcf_store_error *err)
{
	char text[100];

	if (s->bad == DCF_RECORD_ALL)
		return dcf_record_failed(r->path, status, err->code ? err->text : dcf_status_text(status));
	snprintf(text, sizeof text, "entry %" PRIu64 " is not what its commitment stands for", s->bad);
	return dcf_record_failed(r->path, status, text);
}

/* What was there when the record was opened: what is appended meanwhile is for the next time. */
static int show_range(const struct dcf_record *r, struct showing *s, uint64_t from, uint64_t count)
{
	uint64_t end = count < r->size - from ? from + count : r->size;
	int exit_status = DCF_EXIT_OK;

	for (uint64_t at = from; at < end && exit_status == DCF_EXIT_OK; at += AT_ONCE) {
		struct dcf_store_error err = { .code = DCF_OK };
		enum dcf_status status =
			dcf_store_read(r->store, at, end - at < AT_ONCE ? end - at : AT_ONCE, DCF_READ_ALL, show_one, s, &err);

		exit_status = dcf_record_flush(s->out);
		if (status != DCF_OK && exit_status == DCF_EXIT_OK)
			return show_failed(r, s, status, &err);
	}
	return exit_status;
}

static void put_what(struct dcf_json *j, const struct dcf_record *r)
{
	dcf_json_key(j, "origin");
	dcf_json_z(j, r->origin);
	dcf_json_key(j, "size");
	dcf_json_i64(j, (int64_t)r->size);
	dcf_json_key(j, "entries");
	dcf_json_begin(j, '[');
}

int dcf_record_show(const struct dcf_record_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_json j;
	struct showing s = { .out = &out, .json = args->json ? &j : NULL, .bad = DCF_RECORD_ALL };
	struct dcf_record r;
	uint64_t from = args->from == DCF_RECORD_ALL ? 0 : args->from;
	int status = dcf_record_open(args->operand[0], true, &r);

	if (status == DCF_EXIT_OK && args->from != DCF_RECORD_ALL && from >= r.size && from > 0) {
		dcf_complain("record show: --from: found %" PRIu64 ", the record has %" PRIu64 " entries", from, r.size);
		status = DCF_EXIT_BAD;
	}
	if (status == DCF_EXIT_OK && args->json) {
		dcf_record_json_begin(&j, &out, "show");
		put_what(&j, &r);
	}
	if (status == DCF_EXIT_OK)
		status = show_range(&r, &s, from, args->count);
	if (status == DCF_EXIT_OK && args->json) {
		dcf_json_end(&j, ']');
		dcf_json_end(&j, '}');
		dcf_buf_char(&out, '\n');
		status = dcf_record_flush(&out);
	}
	dcf_record_close(&r);
	dcf_buf_free(&out);
	return status;
}
