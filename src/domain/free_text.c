/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/free_text.h"
#include "format/notation.h"

enum { WORDS_MAX = 12, POSITION_DIGITS = 4 };

/* The next words of a text, as byte ranges. */
struct word {
	size_t at, len;
};
struct words {
	struct dcf_span text;
	struct word next[WORDS_MAX];
	size_t count, end; /* `end`: where the word after the last of them begins to be looked for */
};

static const struct {
	const char *name, *say;
} kinds[DCF_FORBIDDEN_COUNT] = {
	[DCF_FORBIDDEN_TARGET] = { "target", "it may name a target" },
	[DCF_FORBIDDEN_WEAPON] = { "weapon", "it may name a weapon" },
	[DCF_FORBIDDEN_SENSOR] = { "sensor", "it may name a sensor" },
	[DCF_FORBIDDEN_SOURCE] = { "source", "it may tell of intelligence or its source" },
	[DCF_FORBIDDEN_STRENGTH] = { "strength", "it may tell a unit or its strength" },
	[DCF_FORBIDDEN_TAIL] = { "tail-number", "it may tell a tail number" },
	[DCF_FORBIDDEN_CREW] = { "crew", "it may name members of a crew" },
	[DCF_FORBIDDEN_CODE] = { "code", "it may tell a mode or code of identification" },
	[DCF_FORBIDDEN_TANKER] = { "tanker", "it may tell how much fuel is given in the air" },
	[DCF_FORBIDDEN_BASE] = { "base", "it may tell the status of a base" },
	[DCF_FORBIDDEN_POSITION] = { "position", "it has a position in free text: a place belongs into the object, where "
						 "check-words guard it" },
};

const char *dcf_forbidden_name(enum dcf_forbidden kind)
{
	return (unsigned)kind < DCF_FORBIDDEN_COUNT ? kinds[kind].name : "";
}

const char *dcf_forbidden_say(enum dcf_forbidden kind)
{
	return (unsigned)kind < DCF_FORBIDDEN_COUNT ? kinds[kind].say : "";
}

/* Words one after the other, in small letters; one that ends in '*' is how a word begins, '#' stands for a word of digits
 * alone. */
static const struct {
	uint8_t kind;
	const char *words;
} patterns[] = {
	{ DCF_FORBIDDEN_TARGET, "target*" },
	{ DCF_FORBIDDEN_TARGET, "dmpi*" },
	{ DCF_FORBIDDEN_TARGET, "dpi" },
	{ DCF_FORBIDDEN_TARGET, "aim point*" },
	{ DCF_FORBIDDEN_TARGET, "aimpoint*" },
	{ DCF_FORBIDDEN_TARGET, "time on target" },
	{ DCF_FORBIDDEN_TARGET, "impact point*" },
	{ DCF_FORBIDDEN_TARGET, "bomb damage" },
	{ DCF_FORBIDDEN_TARGET, "strike list*" },
	{ DCF_FORBIDDEN_TARGET, "цел*" },
	{ DCF_FORBIDDEN_TARGET, "объект удара" },
	{ DCF_FORBIDDEN_TARGET, "هدف" },
	{ DCF_FORBIDDEN_TARGET, "أهداف" },
	{ DCF_FORBIDDEN_WEAPON, "bomb*" },
	{ DCF_FORBIDDEN_WEAPON, "missile*" },
	{ DCF_FORBIDDEN_WEAPON, "munition*" },
	{ DCF_FORBIDDEN_WEAPON, "warhead*" },
	{ DCF_FORBIDDEN_WEAPON, "ordnance" },
	{ DCF_FORBIDDEN_WEAPON, "weapon*" },
	{ DCF_FORBIDDEN_WEAPON, "payload*" },
	{ DCF_FORBIDDEN_WEAPON, "jdam*" },
	{ DCF_FORBIDDEN_WEAPON, "gbu*" },
	{ DCF_FORBIDDEN_WEAPON, "agm" },
	{ DCF_FORBIDDEN_WEAPON, "aim #" },
	{ DCF_FORBIDDEN_WEAPON, "hellfire*" },
	{ DCF_FORBIDDEN_WEAPON, "ракет*" },
	{ DCF_FORBIDDEN_WEAPON, "бомб*" },
	{ DCF_FORBIDDEN_WEAPON, "боеприпас*" },
	{ DCF_FORBIDDEN_WEAPON, "вооружен*" },
	{ DCF_FORBIDDEN_WEAPON, "صاروخ" },
	{ DCF_FORBIDDEN_WEAPON, "قنبلة" },
	{ DCF_FORBIDDEN_SENSOR, "sensor*" },
	{ DCF_FORBIDDEN_SENSOR, "radar mode*" },
	{ DCF_FORBIDDEN_SENSOR, "sigint" },
	{ DCF_FORBIDDEN_SENSOR, "elint" },
	{ DCF_FORBIDDEN_SENSOR, "full motion video" },
	{ DCF_FORBIDDEN_SENSOR, "targeting pod*" },
	{ DCF_FORBIDDEN_SOURCE, "intelligence" },
	{ DCF_FORBIDDEN_SOURCE, "intel" },
	{ DCF_FORBIDDEN_SOURCE, "humint" },
	{ DCF_FORBIDDEN_SOURCE, "informant*" },
	{ DCF_FORBIDDEN_SOURCE, "intercept* communication*" },
	{ DCF_FORBIDDEN_SOURCE, "our source*" },
	{ DCF_FORBIDDEN_SOURCE, "разведданн*" },
	{ DCF_FORBIDDEN_SOURCE, "استخبارات" },
	{ DCF_FORBIDDEN_STRENGTH, "squadron*" },
	{ DCF_FORBIDDEN_STRENGTH, "battalion*" },
	{ DCF_FORBIDDEN_STRENGTH, "brigade*" },
	{ DCF_FORBIDDEN_STRENGTH, "regiment*" },
	{ DCF_FORBIDDEN_STRENGTH, "# troops" },
	{ DCF_FORBIDDEN_STRENGTH, "# soldiers" },
	{ DCF_FORBIDDEN_STRENGTH, "order of battle" },
	{ DCF_FORBIDDEN_STRENGTH, "батальон*" },
	{ DCF_FORBIDDEN_STRENGTH, "бригад*" },
	{ DCF_FORBIDDEN_STRENGTH, "эскадриль*" },
	{ DCF_FORBIDDEN_TAIL, "tail number*" },
	{ DCF_FORBIDDEN_TAIL, "tail #" },
	{ DCF_FORBIDDEN_TAIL, "bort #" },
	{ DCF_FORBIDDEN_TAIL, "serial number*" },
	{ DCF_FORBIDDEN_TAIL, "rf #" },
	{ DCF_FORBIDDEN_TAIL, "борт #" },
	{ DCF_FORBIDDEN_TAIL, "бортовой номер" },
	{ DCF_FORBIDDEN_CREW, "crew name*" },
	{ DCF_FORBIDDEN_CREW, "pilot name*" },
	{ DCF_FORBIDDEN_CREW, "captain" },
	{ DCF_FORBIDDEN_CREW, "colonel" },
	{ DCF_FORBIDDEN_CREW, "lieutenant" },
	{ DCF_FORBIDDEN_CREW, "major" },
	{ DCF_FORBIDDEN_CREW, "экипаж*" },
	{ DCF_FORBIDDEN_CODE, "mode #" },
	{ DCF_FORBIDDEN_CODE, "mode s" },
	{ DCF_FORBIDDEN_CODE, "mode 3*" },
	{ DCF_FORBIDDEN_CODE, "mode 5*" },
	{ DCF_FORBIDDEN_CODE, "mode iii" },
	{ DCF_FORBIDDEN_CODE, "m3*" },
	{ DCF_FORBIDDEN_CODE, "m5" },
	{ DCF_FORBIDDEN_CODE, "squawk*" },
	{ DCF_FORBIDDEN_CODE, "iff" },
	{ DCF_FORBIDDEN_CODE, "transponder code*" },
	{ DCF_FORBIDDEN_CODE, "hex code*" },
	{ DCF_FORBIDDEN_CODE, "код ответчика" },
	{ DCF_FORBIDDEN_TANKER, "offload*" },
	{ DCF_FORBIDDEN_TANKER, "fuel state*" },
	{ DCF_FORBIDDEN_TANKER, "pounds of fuel" },
	{ DCF_FORBIDDEN_TANKER, "bingo" },
	{ DCF_FORBIDDEN_BASE, "base status" },
	{ DCF_FORBIDDEN_BASE, "runway closed" },
	{ DCF_FORBIDDEN_BASE, "airfield status" },
	{ DCF_FORBIDDEN_BASE, "base defence" },
	{ DCF_FORBIDDEN_BASE, "base defense" },
};

static bool in_word(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Small letters of ASCII and of Russian, whose capitals have the same length in UTF-8.  Reads text[*i], moves on. */
static void fold_next(struct dcf_span text, size_t *i, unsigned char out[2], size_t *n)
{
	unsigned char c = (unsigned char)text.p[*i], d = *i + 1 < text.len ? (unsigned char)text.p[*i + 1] : 0;

	out[0] = c;
	out[1] = d;
	*n = 1;
	if (c >= 'A' && c <= 'Z') {
		out[0] = (unsigned char)(c + 32);
	} else if (c == 0xD0 && d >= 0x90 && d <= 0xAF) {
		out[0] = d < 0xA0 ? 0xD0 : 0xD1;
		out[1] = (unsigned char)(d < 0xA0 ? d + 0x20 : d - 0x20);
		*n = 2;
	} else if (c >= 0xC0) {
		*n = 2;
	}
	*i += *n;
}

static bool is_digits(struct dcf_span word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
	return word.len > 0;
}

/* Does one word of a pattern fit one of the text? */
static bool word_fits(struct dcf_span pattern, struct dcf_span word)
{
	bool begins = pattern.len && pattern.p[pattern.len - 1] == '*';
	size_t i = 0, k = 0;

	if (pattern.len == 1 && pattern.p[0] == '#')
		return is_digits(word);
	pattern.len -= begins;
	while (i < word.len && k < pattern.len) {
		unsigned char c[2];
		size_t n;

		fold_next(word, &i, c, &n);
		if (n > pattern.len - k || memcmp(c, pattern.p + k, n) != 0)
			return false;
		k += n;
	}
	return k == pattern.len && (begins || i >= word.len);
}

/* How many words of the text the pattern takes, 0 when it does not fit. */
static size_t pattern_fits(const char *words, const struct words *w)
{
	size_t n = 0;

	while (*words) {
		size_t len = strcspn(words, " ");

		if (n == w->count ||
		    !word_fits((struct dcf_span){ words, len }, (struct dcf_span){ w->text.p + w->next[n].at, w->next[n].len }))
			return 0;
		n++;
		words += len + (words[len] == ' ');
	}
	return n;
}

/* Drop the first word and take in the next ones. */
static bool move_on(struct words *w, bool drop)
{
	if (drop && w->count) {
		memmove(w->next, w->next + 1, (w->count - 1) * sizeof *w->next);
		w->count--;
	}
	while (w->count < WORDS_MAX) {
		size_t at = w->end, n = 0;

		while (at < w->text.len && !in_word((unsigned char)w->text.p[at]))
			at++;
		while (at + n < w->text.len && in_word((unsigned char)w->text.p[at + n]))
			n++;
		if (n == 0)
			break;
		w->next[w->count++] = (struct word){ at, n };
		w->end = at + n;
	}
	return w->count > 0;
}

static size_t digits_of(struct dcf_span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] >= '0' && s.p[i] <= '9';
	return n;
}

/* Marks of degrees and signs belong to a position, though they are in no word. */
static struct dcf_span widened(const struct words *w, size_t words)
{
	size_t at = w->next[0].at, end = w->next[words - 1].at + w->next[words - 1].len;

	while (at > 0 && (w->text.p[at - 1] == '+' || w->text.p[at - 1] == '-'))
		at--;
	while (end < w->text.len && (w->text.p[end] == '\'' || w->text.p[end] == '"' || w->text.p[end] == '/'))
		end++;
	return (struct dcf_span){ w->text.p + at, end - at };
}

/* How many words from here are a position, 0 when they are none. */
static size_t position_of(const struct words *w)
{
	for (size_t n = w->count; n > 0; n--) {
		struct dcf_span s = widened(w, n);
		struct dcf_span bare = { w->text.p + w->next[0].at, w->next[n - 1].at + w->next[n - 1].len - w->next[0].at };
		struct dcf_position position;

		if (digits_of(bare) < POSITION_DIGITS || s.len > DCF_NOTATION_MAX)
			continue;
		if (dcf_position_parse(s, NULL, &position, NULL) == DCF_OK ||
		    dcf_position_parse(bare, NULL, &position, NULL) == DCF_OK)
			return n;
	}
	return 0;
}

/* The kind of what begins at the first word, with the number of its words. */
static size_t find(const struct words *w, uint8_t *kind)
{
	size_t n;

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		n = pattern_fits(patterns[i].words, w);
		if (n) {
			*kind = patterns[i].kind;
			return n;
		}
	}
	*kind = DCF_FORBIDDEN_POSITION;
	return position_of(w);
}

size_t dcf_free_text_scan(struct dcf_span text, struct dcf_free_text_hit *hits, size_t cap)
{
	struct words w = { .text = text };
	size_t count = 0;

	if (text.len > DCF_FREE_TEXT_MAX)
		w.text.len = DCF_FREE_TEXT_MAX;
	for (bool more = move_on(&w, false); more && count < cap;) {
		uint8_t kind;
		size_t n = find(&w, &kind);

		if (n) {
			const struct word *last = &w.next[n - 1];

			hits[count++] = (struct dcf_free_text_hit){ kind, w.next[0].at, last->at + last->len - w.next[0].at };
		}
		for (n += n == 0; n > 0 && more; n--)
			more = move_on(&w, true);
	}
	return count;
}
