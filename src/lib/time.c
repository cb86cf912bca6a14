/* SPDX-License-Identifier: Apache-2.0 */
#include "core/time.h"
#include "lib/lib_int.h"

enum dcf_status dcf_time_read(const char *text, size_t n, bool up, int64_t *time_us, const char **why)
{
	struct dcf_span s = n > 0 ? (struct dcf_span){ text, n } : DCF_SPAN("");
	const char *wrong = dcf_time_parse(s, up, time_us);

	if (wrong && why)
		*why = wrong;
	return wrong ? DCF_E_SYNTAX : DCF_OK;
}

/* The caller's array as the only block a buffer ever gets. */
struct fixed {
	char *text;
};

static void *take_fixed(void *ctx, void *p, size_t old_size, size_t new_size)
{
	const struct fixed *f = ctx;

	(void)p;
	(void)old_size;
	return new_size > 0 && new_size <= DCF_TIME_TEXT_MAX ? f->text : NULL;
}

enum dcf_status dcf_time_format(int64_t time_us, int digits, bool up, char text[DCF_TIME_TEXT_MAX])
{
	char room[DCF_TIME_TEXT_MAX];
	struct fixed fixed = { room };
	struct dcf_alloc from = { take_fixed, &fixed };
	/* The room is there from the start, so that nothing is ever asked for. */
	struct dcf_buf out = { .from = &from, .p = room, .cap = sizeof room };

	if ((digits != 0 && digits != 3 && digits != 6) || (up && digits != 3))
		return DCF_E_RANGE;
	dcf_time_put(&out, time_us,
		     digits == 0   ? DCF_TIME_S
		     : digits == 6 ? DCF_TIME_US
		     : up          ? DCF_TIME_MS_UP
				   : DCF_TIME_MS_DOWN);
	if (out.failed || out.len >= sizeof room)
		return DCF_E_LIMIT;
	memcpy(text, room, out.len);
	text[out.len] = 0;
	return DCF_OK;
}
