/* SPDX-License-Identifier: Apache-2.0 */
/* free_text.h - what people write beside the coded form, looked through for what two parties must never pass to each other.
 *
 * The coded forms have no member for a target, a weapon, a source or a code; a sentence could still carry one.  This finds
 * words and patterns that look like it, so that whoever writes is asked before it leaves.  It warns and proves nothing: a text
 * without a hit may say anything.  English; Russian and Arabic words were not reviewed by speakers.
 *
 * Positions in free text are found by the parser of notations: a place belongs into the object, where check-words guard it. */
#ifndef DCF_DOMAIN_FREE_TEXT_H
#define DCF_DOMAIN_FREE_TEXT_H

#include "base/span.h"
#include <stdint.h>

enum dcf_forbidden {
	DCF_FORBIDDEN_TARGET, /* targets, aim points */
	DCF_FORBIDDEN_WEAPON,
	DCF_FORBIDDEN_SENSOR,
	DCF_FORBIDDEN_SOURCE,   /* intelligence and where it comes from */
	DCF_FORBIDDEN_STRENGTH, /* of units */
	DCF_FORBIDDEN_TAIL,     /* tail numbers */
	DCF_FORBIDDEN_CREW,     /* names */
	DCF_FORBIDDEN_CODE,     /* modes and codes of identification */
	DCF_FORBIDDEN_TANKER,   /* fuel given in the air */
	DCF_FORBIDDEN_BASE,     /* status of bases */
	DCF_FORBIDDEN_POSITION, /* a position outside the object */
	DCF_FORBIDDEN_COUNT
};

/* "target" ...: a word for programs; and a sentence for people.  "" beyond. */
const char *dcf_forbidden_name(enum dcf_forbidden kind);
const char *dcf_forbidden_say(enum dcf_forbidden kind);

struct dcf_free_text_hit {
	uint8_t kind;   /* enum dcf_forbidden */
	size_t at, len; /* bytes of the text */
};

enum { DCF_FREE_TEXT_MAX = 8192 }; /* bytes of one text that are looked at: whoever takes texts refuses longer ones */

/* Look through `text` (UTF-8).  At most `cap` hits are put, in the order of the text; returns how many were put.  Pure; any
 * thread. */
size_t dcf_free_text_scan(struct dcf_span text, struct dcf_free_text_hit *hits, size_t cap);

#endif
