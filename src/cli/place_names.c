/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/place_names.h"
#include "base/json_writer.h"
#include "cli/cli.h"
#include "format/feed.h"
#include "format/json.h"

/* Two or three small letters, as ISO 639 has them. */
static bool is_language(struct dcf_span key)
{
	if (key.len < 2 || key.len > 3)
		return false;
	for (size_t i = 0; i < key.len; i++) {
		if (key.p[i] < 'a' || key.p[i] > 'z')
			return false;
	}
	return true;
}

typedef void take_name(void *to, struct dcf_span language, struct dcf_span name);

static void each_name(const struct dcf_place *place, struct dcf_buf *out, take_name *take, void *to)
{
	static const char slack[DCF_FEED_SLACK] = { 0 };
	struct dcf_buf text = { .from = out->from };
	struct dcf_jdoc doc = { 0 };
	struct dcf_jwalk it;
	struct dcf_jval value;
	struct dcf_span key;
	const char *why;

	dcf_buf_span(&text, place->others);
	dcf_buf_put(&text, slack, sizeof slack);
	out->failed |= text.failed;
	if (place->others.len && !text.failed && dcf_jparse(&doc, text.p, place->others.len, &why) == DCF_OK) {
		for (it = dcf_jwalk(dcf_jroot(&doc)); dcf_jmember(&it, &key, &value);) {
			if (is_language(key) && dcf_jkind(value) == DCF_J_STRING)
				take(to, key, dcf_jstring(value));
		}
	}
	dcf_jfree(&doc);
	dcf_buf_free(&text);
}

static void take_text(void *to, struct dcf_span language, struct dcf_span name)
{
	struct dcf_buf *out = to;

	dcf_buf_z(out, ", ");
	dcf_buf_span(out, language);
	dcf_buf_z(out, ": ");
	dcf_put_shown(out, name);
}

void dcf_place_names_text(const struct dcf_place *place, struct dcf_buf *out)
{
	each_name(place, out, take_text, out);
}

static void take_json(void *to, struct dcf_span language, struct dcf_span name)
{
	dcf_json_key_span(to, language);
	dcf_json_string(to, name);
}

void dcf_place_names_json(const struct dcf_place *place, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	each_name(place, out, take_json, &j);
	dcf_json_end(&j, '}');
}
