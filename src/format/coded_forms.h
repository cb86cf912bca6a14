/* SPDX-License-Identifier: Apache-2.0 */
/* coded_forms.h - fixed phrases for what a message of the line says, in English, Russian and Arabic.
 *
 * What matters is said in codes ("notification acknowledge", reason "position"): each side reads them in its own language, and
 * free text stays in the writer's.  The Russian and Arabic phrases were made without a speaker of them: every one is marked
 * "(unreviewed)", and stays so until one has checked it.
 *
 * A code is looked up by its group and its name, as they stand in messages.  All texts are constants in UTF-8.  Pure; any
 * thread. */
#ifndef DCF_FORMAT_CODED_FORMS_H
#define DCF_FORMAT_CODED_FORMS_H

#include "base/buf.h"

enum dcf_language { DCF_ENGLISH, DCF_RUSSIAN, DCF_ARABIC, DCF_LANGUAGE_COUNT };

/* "en", "ru", "ar"; DCF_LANGUAGE_COUNT when it is none of these. */
const char *dcf_language_code(enum dcf_language language);
enum dcf_language dcf_language_of(struct dcf_span code);
/* Is it written from right to left? */
static inline bool dcf_language_is_rtl(enum dcf_language language)
{
	return language == DCF_ARABIC;
}

/* Groups of codes. */
enum dcf_coded_group {
	DCF_CODED_VERB,       /* "notification notify": the machine, a blank, the verb */
	DCF_CODED_PRECEDENCE, /* "FLASH" */
	DCF_CODED_STATE,      /* "READ_BACK_OK", also of the line's two fields */
	DCF_CODED_CHALLENGE,  /* "position": reasons of a challenge */
	DCF_CODED_CEASE,      /* "civilians": reasons of a cease */
	DCF_CODED_DECLINE,    /* reasons of declining one */
	DCF_CODED_ABOUT,      /* "area": what is asked about */
	DCF_CODED_MISSING,    /* "geometry" */
	DCF_CODED_ANSWER,     /* "NOT_OURS" */
	DCF_CODED_READOUT,    /* "agreed" */
	DCF_CODED_REPORT,     /* "wrong_side": types of incidents */
	DCF_CODED_TIMELINESS, /* "LATE" */
	DCF_CODED_GENERAL,    /* "receipt_is_not_agreement": sentences that belong on pages and screens */
	DCF_CODED_GROUP_COUNT
};

/* The phrase as it is, without its mark; NULL when there is no such code in that group. */
const char *dcf_coded_form(enum dcf_coded_group group, struct dcf_span code, enum dcf_language language);
/* Is the language one that no speaker has reviewed? */
bool dcf_coded_unreviewed(enum dcf_language language);
/* Append the phrase, and " (unreviewed)" where it is; a code that is not known is put as it is, in quotes and without
 * characters that steer a screen: it may come from the other side.  In Arabic the phrase stands between U+2067 and U+2069, so
 * that the mark and what follows keep their places, where `isolate`; HTML has dir for it. */
void dcf_coded_put(struct dcf_buf *out, enum dcf_coded_group group, struct dcf_span code, enum dcf_language language,
		   bool isolate);

/* All of them, in order, for tables and tests: false beyond the last. */
struct dcf_coded_row {
	enum dcf_coded_group group;
	const char *code;
	const char *phrase[DCF_LANGUAGE_COUNT];
};
bool dcf_coded_at(size_t i, struct dcf_coded_row *out);

#endif
