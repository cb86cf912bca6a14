/* SPDX-License-Identifier: Apache-2.0 */
/* engines.h - the engines that the suites run against, and what the tests share.  A new engine is a row in engines.c. */
#ifndef DCF_TEST_STORE_ENGINES_H
#define DCF_TEST_STORE_ENGINES_H

#include "store/log.h"
#include "store/store.h"

struct engine {
	const char *name;
	bool keeps;    /* what is closed and opened again is as it was */
	bool backs_up; /* dcf_store_backup works */
	/* A fresh, empty place; NULL ends the test. */
	void *(*begin)(void);
	/* Open the store there; once at a time.  An engine that does not keep gives a new one each time. */
	struct dcf_store *(*open)(void *place, struct dcf_store_error *err);
	void (*end)(void *place);
};

/* The engine called `name`, or NULL. */
const struct engine *engine_named(const char *name);
/* A folder of this test alone, removed with all that is in it by folder_end. */
char *folder_begin(void);
void folder_end(char *path);

/* The same numbers every run. */
uint64_t test_random(uint64_t *state);

/* Entry `i` of the tests: salt, content (of `size` bytes at `room`) and commitment follow from it. */
struct dcf_entry test_entry(uint64_t i, char *room, size_t size);
/* Is this entry `i`, whole, of `size` bytes? */
bool test_entry_is(const struct dcf_entry *e, uint64_t i, size_t size);
/* Append `count` entries of `size` bytes from `expected` on, with a made-up head and no tiles. */
enum dcf_status test_append(struct dcf_store *s, uint64_t expected, size_t count, size_t size, struct dcf_store_error *err);
/* Every entry of [from, to) is there, of `size` bytes; how many were seen goes to *seen (may be NULL). */
bool test_all_there(struct dcf_store *s, uint64_t from, uint64_t to, size_t size, uint64_t *seen);

/* Two signers of one record, keys from fixed seeds. */
struct signers {
	struct dcf_signing_key key[3];
	struct dcf_signer who[3];
};
void signers_make(struct signers *s);
/* Append `count` entries as the record's own. */
enum dcf_status test_log_append(struct dcf_log *log, size_t count, size_t size, const struct dcf_signer *signer,
				struct dcf_store_error *err);

/* An allocator that fails at call `fail_at` (from 0), or from there on, and counts what is out. */
struct failing {
	long calls, fail_at;
	bool from_then_on;
	long live;
};
struct dcf_alloc failing_alloc(struct failing *f);

#endif
