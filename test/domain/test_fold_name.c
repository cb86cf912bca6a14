/* SPDX-License-Identifier: Apache-2.0 */
/* test_fold_name.c - one place in many spellings, and places that must not become one. */
#include "format/fold_name.h"
#include "format/json.h"
#include "tap.h"

#include <stdlib.h>

/* Each row is one place, as newspapers, ministries and maps have it. */
static const char *const spellings[][12] = {
	{ "Hmeimim", "Khmeimim", "Hmeymim", "HMEIMIM", "Humaymim", "Ḥumaymīm", "Хмеймим", "ХМЕЙМИМ", "حميميم", "Hmeimīm" },
	{ "Deir ez-Zor", "Dayr az-Zawr", "Deir el Zour", "Дейр-эз-Зор", "Deir Ezzor", "Dayr az Zawr", "Deir-ez-Zor",
	  "دير الزور", "Deirezzor", "Dair az-Zaur", "Дайр-эз-Заур" },
	{ "Latakia", "Lattakia", "Al-Ladhiqiyah", "Латакия", "اللاذقية", "El Latakia", "al-Lādhiqīyah" },
	{ "Raqqa", "Ar-Raqqah", "Rakka", "Ракка", "Эр-Ракка", "الرقة", "Al Raqqa" },
	{ "Hama", "Hamah", "Хама", "حماة", "Ḥamāh" },
	{ "Homs", "Hims", "Хомс", "حمص", "Ḥimṣ" },
	{ "Khasham", "Хашам", "خشام", "Khusham" },
	{ "Idlib", "Идлиб", "إدلب", "ادلب", "Idleb" },
	{ "Qamishli", "Kamishli", "Камышлы", "القامشلي", "Al-Qamishly", "Qāmishlī" },
	{ "Incirlik", "İncirlik", "Инджирлик" },
	{ "Jisr ash-Shughur", "Джиср-эш-Шугур", "جسر الشغور", "Jisr al-Shughur" },
	{ "Tanf", "At-Tanf", "Ат-Танф", "Эт-Танф", "التنف", "Al Tanf" },
};
enum { PLACES = sizeof spellings / sizeof *spellings };

static void spellings_fold_alike(void)
{
	char first[DCF_FOLD_MAX], other[DCF_FOLD_MAX];

	for (size_t i = 0; i < PLACES; i++) {
		CHECK(dcf_fold_name(dcf_span_of(spellings[i][0]), first) >= 2);
		for (size_t k = 1; k < 12 && spellings[i][k]; k++) {
			/* Indjirlik: Turkish c is read otherwise than written */
			if (i == 9 && k == 2)
				continue;
			(void)dcf_fold_name(dcf_span_of(spellings[i][k]), other);
			CHECK_MSG(strcmp(first, other) == 0, "%s: %s, %s: %s", spellings[i][0], first, spellings[i][k], other);
		}
	}
}

static void places_stay_apart(void)
{
	char folded[PLACES][DCF_FOLD_MAX];

	for (size_t i = 0; i < PLACES; i++) {
		(void)dcf_fold_name(dcf_span_of(spellings[i][0]), folded[i]);
		for (size_t k = 0; k < i; k++)
			CHECK_MSG(strcmp(folded[i], folded[k]) != 0, "%s and %s: %s", spellings[i][0], spellings[k][0],
				  folded[i]);
	}
}

static void anything_folds(void)
{
	static const char *const empty[] = { "", "   ", "aeiou", "\xff\xfe", "\xe6\x97\xa5", "''", "\xd8", "al", "--" };
	char out[DCF_FOLD_MAX], text[300];

	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
		CHECK_MSG(dcf_fold_name(dcf_span_of(empty[i]), out) == strlen(out) && strlen(out) <= 1, "%s: %s", empty[i],
			  out);
	memset(text, 'm', sizeof text);
	for (size_t n = 0; n < sizeof text; n++) {
		for (size_t i = 0; i < n; i++)
			text[i] = i % 2 ? 'a' : 'm';
		CHECK(dcf_fold_name((struct dcf_span){ text, n }, out) == strlen(out) && strlen(out) < DCF_FOLD_MAX);
	}
	/* every pair of bytes: nothing but lower-case letters comes out */
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			char two[3] = { (char)a, (char)b, 'm' };

			(void)dcf_fold_name((struct dcf_span){ two, 3 }, out);
			for (const char *p = out; *p; p++)
				CHECK(*p >= 'a' && *p <= 'z');
		}
}

/* --- a file's places -------------------------------------------------------------------------------------- */

/* clang-format off */
static struct dcf_place places[] = {
	{ .icao = DCF_NAME("OSLK"), .name = DCF_NAME("Hmeimim"), .others = DCF_NAME("{\"ru\":\"Хмеймим\",\"ar\":\"\\u062d\\u0645\\u064a\\u0645\\u064a\\u0645\"}") },
	{ .icao = DCF_NAME("OSDZ"), .name = DCF_NAME("Deir ez-Zor"), .others = DCF_NAME("{\"elev_ft\":700,\"note\":\"Hmeimim\"}") },
	{ .name = DCF_NAME("Khmeimim") },
	{ .name = DCF_NAME("Basel al-Assad"), .others = DCF_NAME("{\"de\":\"Chmeimim\"}") },
	{ .icao = DCF_NAME("OSDI") },
	{ .name = DCF_NAME("Muwaffaq Salti (Azraq)"), .others = DCF_NAME("{\"ru\":\"Эль-Азрак / Муваффак\"}") },
	{ .name = DCF_NAME("Evil \xe2\x80\xae name"), .others = DCF_NAME("{\"ru\":\"\xe2\x80\xae\"}") },
};
/* clang-format on */
static const struct dcf_plan plan = { .places = places, .place_count = sizeof places / sizeof *places };

static void check_found(const char *name, size_t count, size_t first, unsigned how)
{
	struct dcf_fold_hit hits[8] = { { 99, 99 } };
	size_t n = dcf_fold_find(&plan, dcf_span_of(name), hits, 8);

	CHECK_MSG(n == count, "%s: %zu", name, n);
	CHECK_MSG(count == 0 || (hits[0].place == first && hits[0].how == how), "%s: %u %u", name, hits[0].place, hits[0].how);
	CHECK(dcf_fold_find(&plan, dcf_span_of(name), NULL, 0) == n);
}

static void places_are_found(void)
{
	check_found("hmeimim", 2, 0, DCF_FOLD_SAME); /* Khmeimim is alike */
	check_found("KHMEIMIM", 2, 2, DCF_FOLD_SAME);
	check_found("Хмеймим", 2, 0, DCF_FOLD_SAME);
	check_found("хмеймим", 2, 0, DCF_FOLD_SAME);
	check_found("حميميم", 2, 0, DCF_FOLD_SAME);
	check_found("Hmeymim", 2, 0, DCF_FOLD_ALIKE);
	check_found("Jmeimim", 3, 0, DCF_FOLD_NEAR);  /* the German spelling of another place is near it too */
	check_found("Chmeimim", 1, 3, DCF_FOLD_SAME); /* nothing near is told where there is the very name */
	check_found("oslk", 1, 0, DCF_FOLD_SAME);
	check_found("OSDI", 1, 4, DCF_FOLD_SAME);
	check_found("Дейр-эз-Зор", 1, 1, DCF_FOLD_ALIKE);
	check_found("Dayr az-Zawr", 1, 1, DCF_FOLD_ALIKE);
	check_found("azraq", 1, 5, DCF_FOLD_SAME);
	check_found("Al-Azrak", 1, 5, DCF_FOLD_ALIKE);
	check_found("муваффак", 1, 5, DCF_FOLD_SAME);
	check_found("Deir ez-Zor airfield", 1, 1, DCF_FOLD_ALIKE);
	check_found("аэродром Дейр-эз-Зор", 1, 1, DCF_FOLD_ALIKE);
	check_found("مطار دير الزور", 1, 1, DCF_FOLD_ALIKE);
	check_found("airfield", 0, 0, 0);
	check_found("Aleppo", 0, 0, 0);
	check_found("", 0, 0, 0);
	check_found("a", 0, 0, 0);
}

static void names_are_shown_as_given(void)
{
	/* clang-format off */
	static const char *const want[] = { "Hmeimim (OSLK; ru Хмеймим; ar حميميم)", "Deir ez-Zor (OSDZ)", "Khmeimim", "Basel al-Assad (de Chmeimim)",
					    "OSDI", "Muwaffaq Salti (Azraq) (ru Эль-Азрак / Муваффак)", "Evil \xef\xbf\xbd name (ru \xef\xbf\xbd)" };
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < plan.place_count; i++) {
		struct dcf_buf out = { .from = &heap };

		dcf_fold_show(&places[i], &out);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(want[i])), "%.*s", (int)out.len, out.p);
		dcf_buf_free(&out);
	}
	/* clang-format on */
}

int main(void)
{
	return TAP_RUN(TAP(spellings_fold_alike), TAP(places_stay_apart), TAP(anything_folds), TAP(places_are_found),
		       TAP(names_are_shown_as_given));
}
