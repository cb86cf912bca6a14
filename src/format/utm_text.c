/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "core/time.h"
#include "format/utm.h"

const struct dcf_uuid dcf_utm_null_subscription = { { 0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0 } };

static const char *const states[] = { [DCF_UTM_ACCEPTED] = "Accepted",
				      [DCF_UTM_ACTIVATED] = "Activated",
				      [DCF_UTM_NONCONFORMING] = "Nonconforming",
				      [DCF_UTM_CONTINGENT] = "Contingent" };
static const char *const availabilities[] = {
	[DCF_UTM_UNKNOWN] = "Unknown", [DCF_UTM_NORMAL] = "Normal", [DCF_UTM_DOWN] = "Down"
};

const char *dcf_utm_state_name(enum dcf_utm_state s)
{
	return states[s];
}

const char *dcf_utm_availability_name(enum dcf_utm_availability a)
{
	return availabilities[a];
}

/* --- ids ---------------------------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int hex_of(char c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool begins_with(struct dcf_span s, const char *z)
{
	for (size_t i = 0; z[i]; i++)
		if (i >= s.len || lower(s.p[i]) != z[i])
			return false;
	return true;
}

/* Where a hyphen stands behind so many bytes of 16. */
static bool hyphen_behind(size_t bytes)
{
	return bytes == 4 || bytes == 6 || bytes == 8 || bytes == 10;
}

/* 32 digits, all hyphens or none. */
static bool digits_of(struct dcf_span s, struct dcf_uuid *out)
{
	bool hyphens = s.len == DCF_UUID_TEXT;
	size_t at = 0;

	if (s.len != DCF_UUID_TEXT && s.len != 32)
		return false;
	for (size_t i = 0; i < 16; i++, at += 2) {
		int high, low;

		if (hyphens && hyphen_behind(i) && s.p[at++] != '-')
			return false;
		high = hex_of(s.p[at]);
		low = hex_of(s.p[at + 1]);
		if (high < 0 || low < 0)
			return false;
		out->b[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool dcf_uuid_read(struct dcf_span text, int version, struct dcf_uuid *out)
{
	static const char urn[] = "urn:uuid:";
	struct dcf_uuid id;

	if (text.len == DCF_UUID_TEXT + 2 && text.p[0] == '{' && text.p[text.len - 1] == '}')
		text = (struct dcf_span){ text.p + 1, DCF_UUID_TEXT };
	else if (text.len == DCF_UUID_TEXT + sizeof urn - 1 && begins_with(text, urn))
		text = (struct dcf_span){ text.p + sizeof urn - 1, DCF_UUID_TEXT };
	if (!digits_of(text, &id) || id.b[6] >> 4 != version || id.b[8] >> 6 != 2)
		return false;
	*out = id;
	return true;
}

void dcf_uuid_write(const struct dcf_uuid *id, char out[static DCF_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		if (hyphen_behind(i))
			out[at++] = '-';
		out[at++] = digits[id->b[i] >> 4];
		out[at++] = digits[id->b[i] & 15];
	}
}

struct dcf_uuid dcf_uuid_of_random(const uint8_t random[static 16])
{
	struct dcf_uuid id;

	memcpy(id.b, random, sizeof id.b);
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x40);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

bool dcf_uuid_is_zero(const struct dcf_uuid *id)
{
	static const struct dcf_uuid zero;

	return dcf_uuid_eq(id, &zero);
}

bool dcf_uuid_eq(const struct dcf_uuid *a, const struct dcf_uuid *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

int64_t dcf_uuid_time_us(const struct dcf_uuid *id)
{
	int64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms * 1000;
}

/* --- times and versions --------------------------------------------------------------------------------------- */

static void *no_more(void *ctx, void *p, size_t old_size, size_t new_size)
{
	(void)ctx, (void)p, (void)old_size, (void)new_size;
	return NULL;
}

void dcf_utm_put_id(struct dcf_json *j, const struct dcf_uuid *id)
{
	char text[DCF_UUID_TEXT];

	dcf_uuid_write(id, text);
	dcf_json_string(j, (struct dcf_span){ text, sizeof text });
}

void dcf_utm_put_time(struct dcf_json *j, int64_t time_us, bool bare)
{
	char room[64];
	struct dcf_alloc none = { .resize = no_more };
	struct dcf_buf text = { .from = &none, .p = room, .cap = sizeof room };

	/* 27 bytes: the buffer has room and never asks for more */
	dcf_time_put(&text, time_us, DCF_TIME_US);
	if (bare) {
		dcf_json_string(j, dcf_buf_as_span(&text));
		return;
	}
	dcf_json_begin(j, '{');
	dcf_json_key(j, "value");
	dcf_json_string(j, dcf_buf_as_span(&text));
	dcf_json_key(j, "format");
	dcf_json_z(j, "RFC3339");
	dcf_json_end(j, '}');
}

static const char base32[] = "0123456789abcdefghijklmnopqrstuv";

size_t dcf_rid_version_write(int64_t ns, char out[static DCF_RID_VERSION_TEXT])
{
	uint64_t rest = ns > 0 ? (uint64_t)ns : 0;
	char turned[DCF_RID_VERSION_TEXT];
	size_t n = 0;

	do
		turned[n++] = base32[rest % 32];
	while ((rest /= 32) != 0);
	for (size_t i = 0; i < n; i++)
		out[i] = turned[n - 1 - i];
	return n;
}

bool dcf_rid_version_read(struct dcf_span text, int64_t *ns)
{
	uint64_t v = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *digit = text.p[i] ? strchr(base32, lower(text.p[i])) : NULL;

		if (!digit || v > (uint64_t)INT64_MAX / 32)
			return false;
		v = v * 32 + (uint64_t)(digit - base32);
	}
	*ns = (int64_t)v;
	return true;
}
