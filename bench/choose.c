/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/choose.h"

#include <string.h>

static size_t index_of(struct dcf_span name, const char *const *names, size_t count)
{
	size_t i = 0;

	while (i < count && !dcf_span_eq(name, dcf_span_of(names[i])))
		i++;
	return i;
}

bool dcf_choose_names(struct dcf_span list, const char *const *names, size_t count, bool *chosen, struct dcf_span *unknown)
{
	bool all = dcf_span_eq(list, DCF_SPAN("all"));

	for (size_t i = 0; i < count; i++)
		chosen[i] = all;
	if (all || dcf_span_eq(list, DCF_SPAN("none")))
		return true;
	while (list.len) {
		const char *comma = memchr(list.p, ',', list.len);
		struct dcf_span name = { list.p, comma ? (size_t)(comma - list.p) : list.len };
		size_t i = index_of(name, names, count);

		if (i == count) {
			*unknown = name;
			return false;
		}
		chosen[i] = true;
		list = comma ? (struct dcf_span){ comma + 1, list.len - name.len - 1 } : DCF_SPAN("");
	}
	return true;
}
