/* SPDX-License-Identifier: Apache-2.0 */
/* tap.h - the smallest test harness: checks that print where they failed, a table of tests, TAP out.
 *
 *     static void adds(void) { CHECK(1 + 1 == 2); }
 *     int main(void) { return TAP_RUN(TAP(adds)); }                                                  */
#ifndef DCF_TEST_TAP_H
#define DCF_TEST_TAP_H

#include <stdio.h>

struct tap_test {
	const char *name;
	void (*run)(void);
};

static int tap_failed_checks;

/* Prints the first failures of a test in full, then only counts them. */
#define CHECK(condition)                                                                                                       \
	do {                                                                                                                   \
		if (!(condition) && ++tap_failed_checks <= 20)                                                                 \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                                               \
	} while (0)

/* The same with a message in printf style: the values that failed. */
#define CHECK_MSG(condition, ...)                                                                                              \
	do {                                                                                                                   \
		if (!(condition) && ++tap_failed_checks <= 20) {                                                               \
			printf("# %s:%d: %s: ", __FILE__, __LINE__, #condition);                                               \
			printf(__VA_ARGS__);                                                                                   \
			printf("\n");                                                                                          \
		}                                                                                                              \
	} while (0)

/* clang-format off */
#define TAP(function) { #function, function }
/* clang-format on */
#define TAP_RUN(...)                                                                                                           \
	tap_run((const struct tap_test[]){ __VA_ARGS__ },                                                                      \
		sizeof((const struct tap_test[]){ __VA_ARGS__ }) / sizeof(struct tap_test))

static inline int tap_run(const struct tap_test *tests, size_t count)
{
	int failed_tests = 0;

	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		tap_failed_checks = 0;
		tests[i].run();
		printf("%s %zu - %s\n", tap_failed_checks ? "not ok" : "ok", i + 1, tests[i].name);
		if (tap_failed_checks) {
			printf("# %d checks failed\n", tap_failed_checks);
			failed_tests++;
		}
		fflush(stdout);
	}
	return failed_tests ? 1 : 0;
}

#endif
