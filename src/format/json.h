/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - JSON in: simdjson behind a C face.
 *
 * A text is parsed and validated as a whole (RFC 8259, UTF-8, numbers within 64 bits) onto simdjson's
 * tape, whose layout is documented and stable (doc/tape.md of simdjson): one 64-bit word a value with its kind in
 * the top byte, two for a number.  What is here reads that tape in place, without a call for each value. */
#ifndef DCF_FORMAT_JSON_H
#define DCF_FORMAT_JSON_H

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#else
#include "base/buf.h"
#endif

/* Zero-initialise.  Holds one text at a time; parsing the next one ends the last. */
struct dcf_jdoc {
	void *parser; /* simdjson's, made at the first parse */
	const uint64_t *tape;
	const char *strings;
};

/* Parse `len` bytes, behind which DCF_FEED_SLACK more must be readable (whatever they hold).
 * DCF_OK; DCF_E_NOMEM; DCF_E_RANGE: JSON, but for a number that does not fit 64 bits; DCF_E_SYNTAX, with simdjson's
 * sentence in `*text` (static).  simdjson takes its memory from the C++ heap: about 14 bytes for each byte of the longest
 * text seen, of which it touches what the text needs. */
DCF_CHECKED enum dcf_status dcf_jparse(struct dcf_jdoc *doc, const char *p, size_t len, const char **text);
void dcf_jfree(struct dcf_jdoc *doc);

#ifdef __cplusplus
}
#else

static inline bool dcf_jis_number(uint64_t word)
{
	unsigned k = (unsigned)(word >> 56);

	return k == 'd' || k == 'l' || k == 'u';
}

/* A value of a document, or no value when `doc` is NULL. */
struct dcf_jval {
	const struct dcf_jdoc *doc;
	size_t at;
};

enum {
	DCF_J_ABSENT = 0,
	DCF_J_OBJECT = '{',
	DCF_J_ARRAY = '[',
	DCF_J_STRING = '"',
	DCF_J_I64 = 'l',
	DCF_J_U64 = 'u', /* above INT64_MAX only */
	DCF_J_DOUBLE = 'd',
	DCF_J_TRUE = 't',
	DCF_J_FALSE = 'f',
	DCF_J_NULL = 'n'
};

static inline struct dcf_jval dcf_jroot(const struct dcf_jdoc *doc)
{
	return (struct dcf_jval){ doc, 1 };
}

static inline int dcf_jkind(struct dcf_jval v)
{
	return v.doc ? (int)(v.doc->tape[v.at] >> 56) : DCF_J_ABSENT;
}

/* Is there nothing: no member, or null?  The two mean the same everywhere in our formats. */
static inline bool dcf_jnone(struct dcf_jval v)
{
	int k = dcf_jkind(v);

	return k == DCF_J_ABSENT || k == DCF_J_NULL;
}

/* The tape's payload: where a string stands, where an object or array ends. */
static inline uint64_t dcf_jpayload(struct dcf_jval v)
{
	return v.doc->tape[v.at] & 0x00ffffffffffffffu;
}

/* A string's bytes, unescaped, UTF-8; may hold U+0000.  Only for DCF_J_STRING. */
static inline struct dcf_span dcf_jstring(struct dcf_jval v)
{
	const char *p = v.doc->strings + dcf_jpayload(v);
	uint32_t len;

	memcpy(&len, p, sizeof len);
	return (struct dcf_span){ p + sizeof len, len };
}

/* Any number as a double; false for another kind. */
static inline bool dcf_jdouble(struct dcf_jval v, double *out)
{
	uint64_t word;
	int64_t i;

	switch (dcf_jkind(v)) {
	case DCF_J_DOUBLE:
		memcpy(out, &v.doc->tape[v.at + 1], sizeof *out);
		return true;
	case DCF_J_I64:
		memcpy(&i, &v.doc->tape[v.at + 1], sizeof i);
		*out = (double)i;
		return true;
	case DCF_J_U64:
		memcpy(&word, &v.doc->tape[v.at + 1], sizeof word);
		*out = (double)word;
		return true;
	default:
		return false;
	}
}

/* The word behind a value and all that is in it. */
static inline size_t dcf_jafter(struct dcf_jval v)
{
	switch (dcf_jkind(v)) {
	case DCF_J_OBJECT:
	case DCF_J_ARRAY:
		return (size_t)(v.doc->tape[v.at] & 0xffffffffu);
	case DCF_J_I64:
	case DCF_J_U64:
	case DCF_J_DOUBLE:
		return v.at + 2;
	default:
		return v.at + 1;
	}
}

/* A walk over an array or object:  for (it = dcf_jwalk(v); dcf_jnext(&it, &value);)  */
struct dcf_jwalk {
	struct dcf_jval at;
	size_t end;
};

/* Of any value: what is no object and no array has nothing in it. */
static inline struct dcf_jwalk dcf_jwalk(struct dcf_jval v)
{
	int k = dcf_jkind(v);

	if (k != DCF_J_OBJECT && k != DCF_J_ARRAY)
		return (struct dcf_jwalk){ { v.doc, 0 }, 0 };
	return (struct dcf_jwalk){ { v.doc, v.at + 1 }, dcf_jafter(v) - 1 };
}

static inline bool dcf_jnext(struct dcf_jwalk *it, struct dcf_jval *value)
{
	if (it->at.at >= it->end)
		return false;
	*value = it->at;
	it->at.at = dcf_jafter(it->at);
	return true;
}

static inline bool dcf_jmember(struct dcf_jwalk *it, struct dcf_span *name, struct dcf_jval *value)
{
	if (it->at.at >= it->end)
		return false;
	*name = dcf_jstring(it->at);
	it->at.at++;
	return dcf_jnext(it, value);
}

/* The member called `name` of an object, or no value. */
struct dcf_jval dcf_jget_span(struct dcf_jval object, struct dcf_span name);
/* Inline so that the length of a literal is known when compiling. */
static inline struct dcf_jval dcf_jget(struct dcf_jval object, const char *name)
{
	return dcf_jget_span(object, dcf_span_of(name));
}
/* The members called names[0..n) of an object in one walk; out[i] is no value where there is none. */
void dcf_jpick(struct dcf_jval object, const struct dcf_span *names, size_t n, struct dcf_jval *out);
/* One of those names, in a table. */
/* clang-format off */
#define DCF_NAME(literal)                                                                                                      \
	{                                                                                                                      \
		(literal), sizeof(literal) - 1                                                                                 \
	}
/* clang-format on */
/* Number of values in an array or of members in an object; 0 for another kind. */
size_t dcf_jcount(struct dcf_jval v);
/* Is it a string equal to `z`? */
static inline bool dcf_jis(struct dcf_jval v, const char *z)
{
	struct dcf_span s;

	if (dcf_jkind(v) != DCF_J_STRING)
		return false;
	s = dcf_jstring(v);
	return s.len == strlen(z) && memcmp(s.p, z, s.len) == 0;
}

/* Scratch for dcf_jduplicate and dcf_jlast: zero-initialise, set `from`, free with dcf_jscratch_free. */
struct dcf_jscratch {
	const struct dcf_alloc *from;
	struct dcf_span *names;
	size_t cap;
	bool keep_last; /* their own */
};

/* Does any object in the document, however deep, have two members of one name?  Then DCF_E_REFUSED and one such name.
 * O(n log n).  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_jduplicate(const struct dcf_jdoc *doc, struct dcf_jscratch *scratch, struct dcf_span *name);
/* Of several members of one name in an object, however deep, the last counts: the others' names become "" in the document.  As
 * many readers elsewhere have it; ours refuse such objects.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_jlast(struct dcf_jdoc *doc, struct dcf_jscratch *scratch);
void dcf_jscratch_free(struct dcf_jscratch *scratch);

/* Where and how a text departs from JSON: simdjson does not say.  False when nothing is wrong with it. */
struct dcf_jfault {
	size_t at;            /* byte; the text's length when it ends too early */
	const char *expected; /* "a value", "',' or '}'" … */
};
bool dcf_jfault(struct dcf_span text, struct dcf_jfault *fault);

/* The first number that dcf_jparse finds too large in a text that is JSON otherwise: DCF_E_RANGE, the number as it is written,
 * and its JSON pointer ("/properties/lower/value", names as they are written) put to `pointer`.  DCF_OK when there is none,
 * DCF_E_NOMEM, DCF_E_LIMIT beyond 80 levels.  Parses with `doc`, whose text is gone then; as there, DCF_FEED_SLACK bytes behind
 * the text are readable. */
DCF_CHECKED enum dcf_status dcf_jtoo_large(struct dcf_jdoc *doc, struct dcf_span text, struct dcf_buf *pointer,
					   struct dcf_span *number);

#endif
#endif
