/* SPDX-License-Identifier: Apache-2.0 */
/* fold_name.h - places found by their names, however these are spelled: Hmeimim, Khmeimim, Hmeymim, Хмеймим, حميميم.
 *
 * A name is folded to its consonants: accents, vowels, glides and articles go (al-, ez-, Эз-, ال), letters that the usual
 * transliterations mix (BGN/PCGN, ISO 9, ALA-LC, newspapers) become one, doubled ones single, and words that many places have
 * (airport, аэродром, مطار) go where others are left.  Two names that fold alike may be one
 * place, or not: whoever asked picks.  A place name is never a position (what is signed is the position as given). */
#ifndef DCF_FORMAT_FOLD_NAME_H
#define DCF_FORMAT_FOLD_NAME_H

#include "base/buf.h"
#include "core/plan.h"

enum { DCF_FOLD_MAX = 64 };

/* Fold `name` (UTF-8 in Latin, Cyrillic or Arabic letters) into lower-case Latin letters and a NUL; returns their number.  What
 * is beyond DCF_FOLD_MAX - 1 is left out; characters of other scripts and bytes that are no UTF-8 are passed over.  A name of
 * vowels only folds to "".  Pure; any thread. */
size_t dcf_fold_name(struct dcf_span name, char out[DCF_FOLD_MAX]);

enum dcf_fold_how {
	DCF_FOLD_SAME,  /* the very name or ICAO indicator, upper and lower case apart */
	DCF_FOLD_ALIKE, /* folds alike */
	DCF_FOLD_NEAR   /* one consonant of at least four differs: Jmeimim */
};

struct dcf_fold_hit {
	uint32_t place; /* index in plan->places */
	uint8_t how;    /* enum dcf_fold_how */
};

/* Places of `plan` that `name` may mean: by ICAO indicator, name, and the names by language that their further members hold
 * ({"ru":"Хмеймим / Латакия"}), each as a whole and between commas, slashes and
 * brackets.  The same ones first, then those alike, then near ones, each kind in the order of the file; near ones only when
 * there is no better.  Puts at most `cap` and returns how many there are.  Looks at each place: for files of some thousand
 * places. */
size_t dcf_fold_find(const struct dcf_plan *plan, struct dcf_span name, struct dcf_fold_hit *hits, size_t cap);

/* Append all names of a place, the first as given, the others behind it: "Hmeimim (OSLK; ru Хмеймим; ar حميميم)"; nothing that
 * steers a screen gets through. */
void dcf_fold_show(const struct dcf_place *place, struct dcf_buf *out);

#endif
