/* SPDX-License-Identifier: Apache-2.0 */
/* message_page.h - any message on one page: the telephone and the paper must keep working when the network does not.
 *
 *     text   at most 60 lines of at most 72 characters
 *     HTML   one A4 page, self-contained: no script, nothing from elsewhere
 * Both say the same: exercise banner, label, who to whom, precedence, number, times (Zulu first, then each side's local time
 * with its letter), the coded form, check-words in large digits, and of each volume its centre as decimal degrees,
 * degrees-minutes-seconds, MGRS and as digits with a check digit to type, bearing and distance from the two nearest landmarks,
 * band and window; and that a receipt is not agreement.  What does not fit is counted, never dropped in silence: the
 * check-words cover all of it.
 *
 * What the other side wrote is shown without characters that steer a screen.  Pure but for memory; any thread. */
#ifndef DCF_DOMAIN_MESSAGE_PAGE_H
#define DCF_DOMAIN_MESSAGE_PAGE_H

#include "domain/message.h"
#include "format/coded_forms.h"

enum { DCF_PAGE_COLUMNS = 72, DCF_PAGE_LINES = 60, DCF_PAGE_ZONES_MAX = 4 };

struct dcf_page_zone {
	struct dcf_span party;
	int16_t east_min; /* minutes east of UTC */
};

/* Everything is borrowed. */
struct dcf_message_page {
	const struct dcf_message *message;
	struct dcf_hash hash;          /* of its text */
	struct dcf_span words;         /* check-words of the object that it is about, where its body has none; "" otherwise */
	const struct dcf_plan *places; /* landmarks; NULL for none */
	/* Whose local times stand beside Zulu; none: of sender and recipient, as far as the parties of `places` say it
	 * ("zone":"+03:00"). */
	struct dcf_page_zone zone[DCF_PAGE_ZONES_MAX];
	size_t zone_count;
	enum dcf_language language; /* beside English; DCF_ENGLISH for that alone */
	int64_t received_us;        /* DCF_TIME_NONE when it is our own */
	bool metric;                /* distances in kilometres first */
};

/* DCF_E_NOMEM; DCF_E_SYNTAX when the message's body is no JSON object (one that was read is). */
DCF_CHECKED enum dcf_status dcf_message_page_text(const struct dcf_message_page *page, const struct dcf_alloc *a,
						  struct dcf_buf *out);
DCF_CHECKED enum dcf_status dcf_message_page_html(const struct dcf_message_page *page, const struct dcf_alloc *a,
						  struct dcf_buf *out);

#endif
