/* SPDX-License-Identifier: Apache-2.0 */
/* fold_name.c - letters of three scripts into one alphabet of thirteen consonants.
 *
 *     name --letters--> Latin letters, words apart --articles, digraphs--> classes
 *
 * Classes: b(p) t(d, th, dh) k(q, c) g(j, gh, zh, dj) h(kh) s(sh, ch, ts) z f l m n r.  Vowels, y, w and v are left out: where
 * one spelling has them another has not.  Arabic does not write short vowels: each of its letters is followed by one here, so
 * that two equal ones are not taken for a doubled one, and س and ه not for sh. */
#include "format/fold_name.h"
#include "base/utf8.h"
#include "format/json_members.h"

enum { WORD_MAX = 96, TEXT_MAX = 256 };

/* --- letters ---------------------------------------------------------------------------------------------- */

static uint32_t code_point(const char *p, size_t n)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)p[0] & mask[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

static uint32_t lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1e00 && c <= 0x1eff) ||
	    (c >= 0x490 && c <= 0x4ff))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

/* U+00E0 to U+017F without their marks; '?' is none. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo?ouuuuyty"  /* e0..ff */
			    "aaaaaaccccccccddddeeeeeeeeeegggg"  /* 100..11f */
			    "gggghhhhiiiiiiiiiijjjjkkklllllll"  /* 120..13f */
			    "lllnnnnnnnnnoooooooorrrrrrssssss"  /* 140..15f */
			    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs"; /* 160..17f */

/* U+1E00 to U+1EF9, two an entry. */
static const char latin_more[] =
	"abbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzty" /* 1e00..1e99 */
	"ssdaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy";                             /* 1e9a..1ef9 */

/* clang-format off */
static const char *const cyrillic[] = {
	/* U+0430 */ "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya",
	/* U+0450 */ "e", "yo", "dj", "g", "ye", "dz", "i", "yi", "j", "l", "n", "ch", "k", "i", "u", "dj",
};

/* U+0621 on; a vowel behind each consonant. */
static const char *const arabic[] = {
	/* U+0621 */ "", "a", "a", "u", "i", "i", "a", "ba", "a", "ta", "tha", "ja", "ha", "kha", "da", "dha", "ra", "za", "sa", "sha",
	"sa", "da", "ta", "za", "", "gha", "", "", "", "", "",
	/* U+0640 */ "", "fa", "qa", "ka", "la", "ma", "na", "ha", "w", "a", "y",
};
/* clang-format on */

static const struct {
	uint16_t at;
	char as[4];
} others[] = { { 0x491, "g" },  { 0x493, "g" },  { 0x49b, "k" },   { 0x4a3, "n" },   { 0x4b3, "h" },
	       { 0x4bb, "h" },  { 0x67e, "pa" }, { 0x686, "cha" }, { 0x698, "zha" }, { 0x6a9, "ka" },
	       { 0x6af, "ga" }, { 0x6cc, "y" },  { 0x6c1, "ha" } };

/* Letters of a lower-case character; "" for a mark or sign inside a word, NULL for what parts words. */
static const char *letters_of(uint32_t c, char one[2])
{
	one[0] = one[1] = '\0';
	if (c >= 'a' && c <= 'z')
		one[0] = (char)c;
	else if (c >= 0xe0 && c <= 0x17f)
		one[0] = latin[c - 0xe0] == '?' ? '\0' : latin[c - 0xe0];
	else if (c >= 0x1e00 && (c - 0x1e00) / 2 < sizeof latin_more - 1)
		one[0] = latin_more[(c - 0x1e00) / 2];
	else if (c >= 0x430 && c <= 0x45f)
		return cyrillic[c - 0x430];
	else if (c >= 0x621 && c <= 0x64a)
		return arabic[c - 0x621];
	else if (c == ' ' || c == '-' || c == '/' || c == ',' || c == '(' || c == ')' || c == '_' ||
		 (c >= 0x2010 && c <= 0x2015) || c == 0xa0 || c == '.')
		return NULL;
	else
		for (size_t i = 0; i < sizeof others / sizeof *others; i++)
			if (others[i].at == c)
				return others[i].as;
	return one;
}

/* --- words ------------------------------------------------------------------------------------------------ */

static bool is_article(struct dcf_span word)
{
	static const char *const articles[] = { "al",  "el", "il", "ul", "ad", "ed",  "adh", "edh", "an",
						"en",  "ar", "er", "as", "es", "ash", "esh", "at",  "et",
						"ath", "az", "ez", "ud", "un", "ur",  "us",  "ush", "uz" };

	for (size_t i = 0; i < sizeof articles / sizeof *articles; i++)
		if (dcf_span_eq(word, dcf_span_of(articles[i])))
			return true;
	return false;
}

/* What many places have in their names, as its letters come out: an airport, an airfield, an air base. */
static bool is_common(struct dcf_span word)
{
	static const char *const common[] = { "airport",  "airfield", "airbase",  "aerodrome", "air",   "base",
					      "aerodrom", "aeroport", "aviabaza", "mataara",   "mataar" };

	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (dcf_span_eq(word, dcf_span_of(common[i])))
			return true;
	return false;
}

static const struct {
	const char *letters;
	char class_;
} digraphs[] = { { "shch", 's' }, { "sch", 's' }, { "tch", 's' }, { "dzh", 'g' }, { "kh", 'h' }, { "gh", 'g' },
		 { "sh", 's' },   { "ch", 's' },  { "zh", 'g' },  { "dj", 'g' },  { "dh", 't' }, { "th", 't' },
		 { "ph", 'f' },   { "ts", 's' },  { "tz", 's' },  { "ck", 'k' },  { "dz", 'z' } };

/* The class of the letters at the front of `s`, 0 for what is left out; *used is how many they are. */
static char class_of(struct dcf_span s, size_t *used)
{
	static const char class_of_letter[] = { /* a.. */ 0,   'b', 'k', 't', 0,   'f', 'g', 'h', 0, 'g',
						'k',           'l', 'm',
						/* n.. */ 'n', 0,   'b', 'k', 'r', 's', 't', 0,   0, 0,
						'k',           0,   'z' };

	for (size_t i = 0; i < sizeof digraphs / sizeof *digraphs; i++) {
		size_t n = strlen(digraphs[i].letters);

		if (s.len >= n && memcmp(s.p, digraphs[i].letters, n) == 0) {
			*used = n;
			return digraphs[i].class_;
		}
	}
	*used = 1;
	if (s.p[0] == 'c' && s.len > 1 && (s.p[1] == 'e' || s.p[1] == 'i' || s.p[1] == 'y'))
		return 's';
	return class_of_letter[s.p[0] - 'a'];
}

struct folding {
	char *out;
	size_t len;
};

static void put(struct folding *f, char c)
{
	if (f->len < DCF_FOLD_MAX - 1)
		f->out[f->len++] = c;
}

static void put_word(struct folding *f, struct dcf_span word)
{
	size_t from = f->len, used;
	char last = 0;

	for (size_t at = 0; at < word.len; at += used) {
		struct dcf_span rest = { word.p + at, word.len - at };
		char c = class_of(rest, &used);

		if (c && c != last)
			put(f, c);
		if (rest.p[0] == 'x')
			put(f, 's');
		last = c;
	}
	/* Hama, Hamah, حماة, حماه: what is breathed at the end is written or not. */
	if (f->len > from + 1 && f->out[f->len - 1] == 'h')
		f->len--;
}

/* One word as Latin letters from the front of `*name`; more words follow where it returns true. */
static bool take_word(struct dcf_span *name, char word[WORD_MAX], size_t *len)
{
	static const char alef_lam[] = "\xd8\xa7\xd9\x84"; /* the article, part of its word */
	size_t n, letters = 0;

	*len = 0;
	if (name->len > 8 && memcmp(name->p, alef_lam, 4) == 0)
		*name = (struct dcf_span){ name->p + 4, name->len - 4 };
	while (name->len) {
		const char *as;
		char one[2];

		n = dcf_utf8_length(name->p, name->len);
		as = n ? letters_of(lower(code_point(name->p, n)), one) : "";
		n = n ? n : 1;
		*name = (struct dcf_span){ name->p + n, name->len - n };
		if (!as)
			return true;
		letters = strlen(as);
		if (*len + letters < WORD_MAX)
			memcpy(word + *len, as, letters);
		*len += *len + letters < WORD_MAX ? letters : 0;
	}
	return false;
}

static size_t fold(struct dcf_span name, bool keep_common, char out[DCF_FOLD_MAX])
{
	struct folding f = { out, 0 };
	bool more = true;

	while (more) {
		char word[WORD_MAX];
		struct dcf_span w = { word, 0 };

		more = take_word(&name, word, &w.len);
		if (!(more && name.len && is_article(w)) && (keep_common || !is_common(w)))
			put_word(&f, w);
	}
	out[f.len] = '\0';
	return f.len;
}

size_t dcf_fold_name(struct dcf_span name, char out[DCF_FOLD_MAX])
{
	size_t n = fold(name, false, out);

	return n ? n : fold(name, true, out);
}

/* --- finding ---------------------------------------------------------------------------------------------- */

static bool same(struct dcf_span a, struct dcf_span b)
{
	while (a.len && b.len) {
		size_t m = dcf_utf8_length(a.p, a.len), n = dcf_utf8_length(b.p, b.len);

		if (m == 0 || n == 0 || lower(code_point(a.p, m)) != lower(code_point(b.p, n)))
			return false;
		a = (struct dcf_span){ a.p + m, a.len - m };
		b = (struct dcf_span){ b.p + n, b.len - n };
	}
	return a.len == 0 && b.len == 0;
}

/* At most one letter put in, left out or changed. */
static bool near(struct dcf_span a, struct dcf_span b)
{
	size_t front = 0, back = 0;

	if (a.len < 4 || b.len < 4 || a.len > b.len + 1 || b.len > a.len + 1)
		return false;
	while (front < a.len && front < b.len && a.p[front] == b.p[front])
		front++;
	while (back < a.len - front && back < b.len - front && a.p[a.len - 1 - back] == b.p[b.len - 1 - back])
		back++;
	return a.len - front - back <= 1 && b.len - front - back <= 1;
}

enum { NOT_FOUND = DCF_FOLD_NEAR + 1 };

struct asked {
	struct dcf_span name, folded;
	char room[DCF_FOLD_MAX];
};

static unsigned compare_one(const struct asked *asked, struct dcf_span name)
{
	char room[DCF_FOLD_MAX];
	struct dcf_span folded = { room, dcf_fold_name(name, room) };

	if (name.len == 0)
		return NOT_FOUND;
	if (same(asked->name, name))
		return DCF_FOLD_SAME;
	if (folded.len && dcf_span_eq(asked->folded, folded))
		return DCF_FOLD_ALIKE;
	return near(asked->folded, folded) ? DCF_FOLD_NEAR : NOT_FOUND;
}

/* The whole, and what stands between its signs: "Bassel al-Assad, Latakia", "Хмеймим / Латакия", "Muwaffaq Salti (Azraq)". */
static unsigned compare(const struct asked *asked, struct dcf_span name)
{
	unsigned best = compare_one(asked, name), how;
	size_t from = 0;

	for (size_t i = 0; name.len && i <= name.len; i++) {
		struct dcf_span part = { name.p + from, i - from };

		if (i < name.len && !memchr(",;/()", name.p[i], 5))
			continue;
		from = i + 1;
		while (part.len && *part.p == ' ')
			part = (struct dcf_span){ part.p + 1, part.len - 1 };
		while (part.len && part.p[part.len - 1] == ' ')
			part.len--;
		how = part.len < name.len ? compare_one(asked, part) : NOT_FOUND;
		best = how < best ? how : best;
	}
	return best;
}

/* "ru", "ar-Latn": a code of a language. */
static bool is_language(struct dcf_span s)
{
	size_t i = 0;

	while (i < s.len && s.p[i] >= 'a' && s.p[i] <= 'z')
		i++;
	return (i == 2 || i == 3) && (i == s.len || s.p[i] == '-') && s.len <= 16;
}

static int hex(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = (unsigned char)p[i] | 0x20, d = c >= '0' && c <= '9'   ? c - '0'
							: c >= 'a' && c <= 'f' ? c - 'a' + 10
									       : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static size_t put_utf8(char *p, int c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	p[0] = (char)(0xe0 | c >> 12);
	p[1] = (char)(0x80 | (c >> 6 & 0x3f));
	p[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

/* What a JSON string says, of the characters that names are written with; false when it is none of at most TEXT_MAX bytes. */
static bool unquote(struct dcf_span raw, char text[TEXT_MAX], struct dcf_span *out)
{
	size_t n = 0;

	if (raw.len < 2 || raw.p[0] != '"' || raw.len > TEXT_MAX)
		return false;
	for (size_t i = 1; i + 1 < raw.len;) {
		int c;

		if (raw.p[i] != '\\') {
			text[n++] = raw.p[i++];
		} else if (raw.p[i + 1] == 'u' && raw.len - i > 6 && (c = hex(raw.p + i + 2)) >= 0 &&
			   (c < 0xd800 || c > 0xdfff)) {
			n += put_utf8(text + n, c);
			i += 6;
		} else {
			text[n++] = raw.p[i + 1] == 'u' ? '?' : raw.p[i + 1];
			i += 2;
		}
	}
	*out = (struct dcf_span){ text, n };
	return true;
}

static unsigned compare_place(const struct asked *asked, const struct dcf_place *place)
{
	struct dcf_json_members it = dcf_json_members_of(place->others);
	struct dcf_span code, raw, name;
	unsigned best = compare(asked, place->name), how;

	if (place->icao.len && same(asked->name, place->icao))
		return DCF_FOLD_SAME;
	while (dcf_json_members_next(&it, &code, &raw)) {
		char text[TEXT_MAX];

		if (!is_language(code) || !unquote(raw, text, &name))
			continue;
		how = compare(asked, name);
		best = how < best ? how : best;
	}
	return best;
}

size_t dcf_fold_find(const struct dcf_plan *plan, struct dcf_span name, struct dcf_fold_hit *hits, size_t cap)
{
	struct asked asked = { .name = name };
	size_t found = 0;

	asked.folded = (struct dcf_span){ asked.room, dcf_fold_name(name, asked.room) };
	for (unsigned how = DCF_FOLD_SAME; how <= DCF_FOLD_NEAR && !(how == DCF_FOLD_NEAR && found); how++)
		for (size_t i = 0; i < plan->place_count; i++) {
			if (compare_place(&asked, &plan->places[i]) != how)
				continue;
			if (found < cap)
				hits[found] = (struct dcf_fold_hit){ (uint32_t)i, (uint8_t)how };
			found++;
		}
	return found;
}

/* --- showing ---------------------------------------------------------------------------------------------- */

static void put_plain(struct dcf_buf *out, struct dcf_span s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = dcf_utf8_length(s.p + i, s.len - i);
		if (n == 0 || dcf_utf8_steers(s.p + i, n)) {
			dcf_buf_z(out, "\xef\xbf\xbd");
			n = n ? n : 1;
		} else {
			dcf_buf_put(out, s.p + i, n);
		}
	}
}

void dcf_fold_show(const struct dcf_place *place, struct dcf_buf *out)
{
	struct dcf_json_members it = dcf_json_members_of(place->others);
	struct dcf_span code, raw, name;
	bool open = false;

	put_plain(out, place->name.len ? place->name : place->icao);
	if (place->name.len && place->icao.len) {
		dcf_buf_z(out, " (");
		put_plain(out, place->icao);
		open = true;
	}
	while (dcf_json_members_next(&it, &code, &raw)) {
		char text[TEXT_MAX];

		if (!is_language(code) || !unquote(raw, text, &name))
			continue;
		dcf_buf_z(out, open ? "; " : " (");
		dcf_buf_span(out, code);
		dcf_buf_char(out, ' ');
		put_plain(out, name);
		open = true;
	}
	if (open)
		dcf_buf_char(out, ')');
}
