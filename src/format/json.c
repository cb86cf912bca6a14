/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json.h"

struct dcf_jval dcf_jget(struct dcf_jval object, const char *name)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_span key, want = dcf_span_of(name);
	struct dcf_jval value;

	if (dcf_jkind(object) == DCF_J_OBJECT)
		while (dcf_jmember(&it, &key, &value))
			if (dcf_span_eq(key, want))
				return value;
	return (struct dcf_jval){ NULL, 0 };
}

size_t dcf_jcount(struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	bool object = dcf_jkind(v) == DCF_J_OBJECT;
	size_t n = 0;

	if (it.end == 0)
		return 0;
	/* The tape counts up to a limit, and then it stays there. */
	n = (size_t)(dcf_jpayload(v) >> 32);
	if (n < 0xffffff)
		return n;
	for (n = 0; it.at.at < it.end; n++) {
		it.at.at += object;
		it.at.at = dcf_jafter(it.at);
	}
	return n;
}

bool dcf_jis(struct dcf_jval v, const char *z)
{
	return dcf_jkind(v) == DCF_J_STRING && dcf_span_eq(dcf_jstring(v), dcf_span_of(z));
}

void dcf_jscratch_free(struct dcf_jscratch *s)
{
	dcf_alloc_free(s->from, s->names, s->cap * sizeof *s->names);
	s->names = NULL;
	s->cap = 0;
}

/* Shorter first: for finding equal ones any order will do, and lengths are cheap to compare. */
static int order(struct dcf_span a, struct dcf_span b)
{
	return a.len != b.len ? (a.len < b.len ? -1 : 1) : a.len ? memcmp(a.p, b.p, a.len) : 0;
}

static void sink(struct dcf_span *a, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		struct dcf_span t = a[i];

		if (child + 1 < n && order(a[child], a[child + 1]) < 0)
			child++;
		if (order(t, a[child]) >= 0)
			return;
		a[i] = a[child];
		a[child] = t;
	}
}

/* Heapsort: in place, and n log n for whatever a stranger sends. */
static void sort_names(struct dcf_span *a, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(a, i, n);
	for (size_t i = n; i-- > 1;) {
		struct dcf_span t = a[0];

		a[0] = a[i];
		a[i] = t;
		sink(a, 0, i);
	}
}

static bool equal_neighbours(struct dcf_span *a, size_t n, struct dcf_span *name)
{
	sort_names(a, n);
	for (size_t i = 1; i < n; i++) {
		if (order(a[i - 1], a[i]) == 0) {
			*name = a[i];
			return true;
		}
	}
	return false;
}

enum { FEW = 24 };

/* Few names: compare all with all, which beats sorting. */
static bool equal_among_few(const struct dcf_span *a, size_t n, struct dcf_span *name)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (a[i].len == a[k].len && memcmp(a[i].p, a[k].p, a[i].len) == 0) {
				*name = a[i];
				return true;
			}
		}
	}
	return false;
}

static enum dcf_status object_duplicate(struct dcf_jval object, struct dcf_jscratch *s, struct dcf_span *name)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_span few[FEW], key;
	struct dcf_jval value;
	size_t n = 0, total;
	void *array = s->names;
	enum dcf_status status;

	while (n < FEW && dcf_jmember(&it, &few[n], &value))
		n++;
	if (n < FEW)
		return equal_among_few(few, n, name) ? DCF_E_REFUSED : DCF_OK;
	total = dcf_jcount(object);
	status = dcf_grow(s->from, &array, &s->cap, total, sizeof *s->names);
	s->names = array;
	if (status != DCF_OK)
		return status;
	memcpy(s->names, few, sizeof few);
	for (; dcf_jmember(&it, &key, &value); n++)
		s->names[n] = key;
	return equal_neighbours(s->names, n, name) ? DCF_E_REFUSED : DCF_OK;
}

enum dcf_status dcf_jduplicate(const struct dcf_jdoc *doc, struct dcf_jscratch *scratch, struct dcf_span *name)
{
	/* tape[0] points one behind the closing root word; every '{' on the way is an object. */
	size_t end = (size_t)(doc->tape[0] & 0x00ffffffffffffffu) - 1;
	struct dcf_jval v = dcf_jroot(doc);

	while (v.at < end) {
		int k = dcf_jkind(v);
		enum dcf_status s = k == DCF_J_OBJECT ? object_duplicate(v, scratch, name) : DCF_OK;

		if (s != DCF_OK)
			return s;
		v.at += k == DCF_J_I64 || k == DCF_J_U64 || k == DCF_J_DOUBLE ? 2 : 1;
	}
	return DCF_OK;
}
