/* SPDX-License-Identifier: Apache-2.0 */
#include "format/coded_forms.h"
#include "base/utf8.h"
#include "format/coded_forms_int.h"

enum { SHOWN_MAX = 64 /* bytes of a code that is not known */ };

static const char *const codes[DCF_LANGUAGE_COUNT] = { [DCF_ENGLISH] = "en", [DCF_RUSSIAN] = "ru", [DCF_ARABIC] = "ar" };

const char *dcf_language_code(enum dcf_language language)
{
	return (unsigned)language < DCF_LANGUAGE_COUNT ? codes[language] : "";
}

enum dcf_language dcf_language_of(struct dcf_span code)
{
	unsigned i = 0;

	while (i < DCF_LANGUAGE_COUNT && !dcf_span_eq(dcf_span_of(codes[i]), code))
		i++;
	return (enum dcf_language)i;
}

bool dcf_coded_unreviewed(enum dcf_language language)
{
	return language != DCF_ENGLISH;
}

bool dcf_coded_at(size_t i, struct dcf_coded_row *out)
{
	if (i >= dcf_coded_count)
		return false;
	*out = dcf_coded_table[i];
	return true;
}

const char *dcf_coded_form(enum dcf_coded_group group, struct dcf_span code, enum dcf_language language)
{
	if ((unsigned)language >= DCF_LANGUAGE_COUNT)
		return NULL;
	for (size_t i = 0; i < dcf_coded_count; i++)
		if (dcf_coded_table[i].group == group && dcf_span_eq(dcf_span_of(dcf_coded_table[i].code), code))
			return dcf_coded_table[i].phrase[language];
	return NULL;
}

/* What is not known, in quotes, so that nobody takes it for one of ours. */
static void put_unknown(struct dcf_buf *out, struct dcf_span code)
{
	size_t len = code.len < SHOWN_MAX ? code.len : SHOWN_MAX;

	dcf_buf_char(out, '"');
	for (size_t i = 0, n; i < len; i += n) {
		n = dcf_utf8_length(code.p + i, code.len - i);
		if (n == 0 || dcf_utf8_steers(code.p + i, n) || code.p[i] == '"') {
			dcf_buf_char(out, '?');
			n = n ? n : 1;
		} else {
			dcf_buf_put(out, code.p + i, n);
		}
	}
	dcf_buf_z(out, len < code.len ? "...\"" : "\"");
}

void dcf_coded_put(struct dcf_buf *out, enum dcf_coded_group group, struct dcf_span code, enum dcf_language language,
		   bool isolate)
{
	const char *phrase = dcf_coded_form(group, code, language);
	bool turned = isolate && dcf_language_is_rtl(language);

	if (!phrase) {
		put_unknown(out, code);
		return;
	}
	dcf_buf_z(out, turned ? "\xe2\x81\xa7" : "");
	dcf_buf_z(out, phrase);
	dcf_buf_z(out, turned ? "\xe2\x81\xa9" : "");
	dcf_buf_z(out, dcf_coded_unreviewed(language) ? " (unreviewed)" : "");
}
