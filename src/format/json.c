/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json.h"

struct dcf_jval dcf_jget_span(struct dcf_jval object, struct dcf_span name)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_span key;
	struct dcf_jval value;

	if (dcf_jkind(object) == DCF_J_OBJECT)
		while (dcf_jmember(&it, &key, &value))
			if (key.len == name.len && (key.len == 0 || (*key.p == *name.p && memcmp(key.p, name.p, key.len) == 0)))
				return value;
	return (struct dcf_jval){ NULL, 0 };
}

void dcf_jpick(struct dcf_jval object, const struct dcf_span *names, size_t n, struct dcf_jval *out)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_span key;
	struct dcf_jval value;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct dcf_jval){ NULL, 0 };
	if (dcf_jkind(object) != DCF_J_OBJECT)
		return;
	while (dcf_jmember(&it, &key, &value))
		for (size_t i = 0; i < n; i++)
			if (key.len == names[i].len && memcmp(key.p, names[i].p, key.len) == 0)
				out[i] = value;
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

/* Equal ones as they stand in the text: so do their bytes in memory. */
static int order_in_text(struct dcf_span a, struct dcf_span b)
{
	int d = order(a, b);

	return d ? d : (a.p > b.p) - (a.p < b.p);
}

static void sink(struct dcf_span *a, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		struct dcf_span t = a[i];

		if (child + 1 < n && order_in_text(a[child], a[child + 1]) < 0)
			child++;
		if (order_in_text(t, a[child]) >= 0)
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

/* The length stands before the bytes, in memory of the parser's that is const to its readers alone. */
static void become_empty(struct dcf_span name)
{
	const uint32_t none = 0;
	union {
		const char *from;
		char *to;
	} at = { .from = name.p - sizeof none };

	memcpy(at.to, &none, sizeof none);
}

static void keep_last(struct dcf_span *a, size_t n)
{
	sort_names(a, n);
	for (size_t i = 1; i < n; i++)
		if (order(a[i - 1], a[i]) == 0)
			become_empty(a[i - 1]);
}

/* All names of an object side by side: for the few objects where the quick look did not settle it. */
static enum dcf_status object_duplicate(struct dcf_jval object, struct dcf_jscratch *s, struct dcf_span *name)
{
	struct dcf_jwalk it = dcf_jwalk(object);
	struct dcf_jval value;
	void *array = s->names;
	size_t n = 0;
	enum dcf_status status = dcf_grow(s->from, &array, &s->cap, dcf_jcount(object), sizeof *s->names);

	s->names = array;
	if (status != DCF_OK)
		return status;
	while (dcf_jmember(&it, &s->names[n], &value))
		n++;
	if (s->keep_last) {
		keep_last(s->names, n);
		return DCF_OK;
	}
	return equal_neighbours(s->names, n, name) ? DCF_E_REFUSED : DCF_OK;
}

/* A place among 256 for a name; names on different places are different. */
static unsigned place_of(struct dcf_span s)
{
	if (s.len == 0)
		return 0;
	return ((unsigned)s.len * 29 + (unsigned char)s.p[0] * 7u + (unsigned char)s.p[s.len - 1] * 3u) & 255;
}

static bool is_container(uint64_t word)
{
	return (word >> 56) == DCF_J_OBJECT || (word >> 56) == DCF_J_ARRAY;
}

/* [number, number], as most of a plan is. */
static bool is_position(const uint64_t *tape)
{
	return (tape[5] >> 56) == ']' && dcf_jis_number(tape[1]) && dcf_jis_number(tape[3]);
}

static enum dcf_status look(struct dcf_jval v, struct dcf_jscratch *scratch, struct dcf_span *name);

/* Look into value `v` and step behind it. */
static enum dcf_status look_into(struct dcf_jval *v, struct dcf_jscratch *scratch, struct dcf_span *name)
{
	uint64_t word = v->doc->tape[v->at];
	enum dcf_status s = is_container(word) ? look(*v, scratch, name) : DCF_OK;

	v->at = is_container(word) ? (size_t)(word & 0xffffffffu) : v->at + 1 + dcf_jis_number(word);
	return s;
}

static enum dcf_status look_at_object(struct dcf_jval v, struct dcf_jscratch *scratch, struct dcf_span *name)
{
	uint64_t taken[4] = { 0, 0, 0, 0 };
	size_t end = dcf_jafter(v) - 1;
	struct dcf_jval at = { v.doc, v.at + 1 };
	bool doubtful = false;
	enum dcf_status s = DCF_OK;

	while (at.at < end && s == DCF_OK) {
		unsigned place = place_of(dcf_jstring(at));
		uint64_t bit = (uint64_t)1 << (place & 63);

		doubtful = doubtful || (taken[place >> 6] & bit);
		taken[place >> 6] |= bit;
		at.at++;
		s = look_into(&at, scratch, name);
	}
	return s == DCF_OK && doubtful ? object_duplicate(v, scratch, name) : s;
}

/* Recursion as deep as the text is nested, which is bounded where texts are cut out. */
static enum dcf_status look(struct dcf_jval v, struct dcf_jscratch *scratch, struct dcf_span *name)
{
	size_t end = dcf_jafter(v) - 1;
	struct dcf_jval at = { v.doc, v.at + 1 };
	enum dcf_status s = DCF_OK;

	if (dcf_jkind(v) == DCF_J_OBJECT)
		return look_at_object(v, scratch, name);
	if (end - v.at == 5 && is_position(v.doc->tape + v.at))
		return DCF_OK;
	while (at.at < end && s == DCF_OK)
		s = look_into(&at, scratch, name);
	return s;
}

enum dcf_status dcf_jduplicate(const struct dcf_jdoc *doc, struct dcf_jscratch *scratch, struct dcf_span *name)
{
	struct dcf_jval root = dcf_jroot(doc);

	scratch->keep_last = false;
	return look_into(&root, scratch, name);
}

enum dcf_status dcf_jlast(struct dcf_jdoc *doc, struct dcf_jscratch *scratch)
{
	struct dcf_jval root = dcf_jroot(doc);
	struct dcf_span name;

	scratch->keep_last = true;
	return look_into(&root, scratch, &name);
}
