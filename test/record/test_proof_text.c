/* SPDX-License-Identifier: Apache-2.0 */
/* test_proof_text.c - proofs that stand on their own: written, read, checked, and refused when anything is changed. */
#include "crypto/text.h"
#include "record/proof_text.h"
#include "tap.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COUNT = 40 };

static struct dcf_alloc heap;
static struct dcf_signing_key key;
static struct dcf_signer signer;
static struct dcf_keyring ring;
static struct dcf_entry entries[COUNT];
static struct dcf_hash leaves[COUNT];
static char contents[COUNT][16];

static void make_record(void)
{
	uint8_t seed[DCF_SEED_BYTES] = { 1, 2, 3 };

	dcf_signing_key_from_seed(&key, seed);
	CHECK(dcf_signer_make(&signer, DCF_SPAN("example.com/node"), &key) == DCF_OK);
	CHECK(dcf_keyring_add(&ring, 0, &signer.who) == DCF_OK);
	for (size_t i = 0; i < COUNT; i++) {
		struct dcf_hash salt = dcf_sha256((struct dcf_span){ (const char *)&i, sizeof i });

		/* Contents of 0, 1, 2, ... bytes: every place for the seam between salt and content. */
		memset(contents[i], 'a' + (int)i % 26, i % 16);
		memcpy(entries[i].salt, salt.b, sizeof salt.b);
		entries[i].content = (struct dcf_span){ contents[i], i % 16 };
		entries[i].commitment = dcf_entry_commit(entries[i].salt, entries[i].content);
		leaves[i] = dcf_entry_leaf(&entries[i].commitment);
	}
}

static enum dcf_status read_leaves(void *ctx, struct dcf_tile_id tile, struct dcf_hash *out)
{
	(void)ctx;
	CHECK(tile.level == 0 && tile.index == 0 && tile.width <= COUNT);
	memcpy(out, leaves, tile.width * sizeof *out);
	return DCF_OK;
}

static const struct dcf_tile_source source = { read_leaves, NULL };

static void put_head(struct dcf_buf *out, uint64_t size)
{
	struct dcf_checkpoint head = { .origin = DCF_SPAN("example.com/node"), .size = size };

	head.root = dcf_merkle_root(leaves, (size_t)size);
	CHECK(dcf_checkpoint_sign(out, &head, &signer, 1) == DCF_OK);
}

static struct dcf_buf inclusion(uint64_t index, uint64_t size, bool with_content)
{
	struct dcf_buf text = { .from = &heap }, head = { .from = &heap };
	struct dcf_proof p;

	put_head(&head, size);
	CHECK(dcf_prove_inclusion(&source, index, size, &p) == DCF_OK);
	CHECK(dcf_inclusion_put(&text, index, &p, with_content ? &entries[index] : NULL, dcf_buf_as_span(&head)) == DCF_OK);
	dcf_buf_free(&head);
	return text;
}

static struct dcf_buf consistency(uint64_t old, uint64_t size)
{
	struct dcf_buf text = { .from = &heap }, head = { .from = &heap };
	struct dcf_proof p;

	put_head(&head, size);
	CHECK(dcf_prove_consistency(&source, old, size, &p) == DCF_OK);
	CHECK(dcf_consistency_put(&text, old, &p, dcf_buf_as_span(&head)) == DCF_OK);
	dcf_buf_free(&head);
	return text;
}

static void inclusion_comes_back_and_holds(void)
{
	struct dcf_buf content = { .from = &heap };

	for (uint64_t i = 0; i < COUNT; i++) {
		struct dcf_buf text = inclusion(i, COUNT, true);
		struct dcf_proof_text p;
		struct dcf_checkpoint head;
		struct dcf_entry e;

		CHECK(dcf_proof_text_read(dcf_buf_as_span(&text), &p, NULL) == DCF_OK);
		CHECK(p.kind == DCF_PROOF_INCLUSION && p.number == i);
		CHECK(dcf_proof_text_entry(&p, &content, &e) == DCF_OK);
		CHECK_MSG(dcf_span_eq(e.content, entries[i].content) && dcf_hash_eq(&e.commitment, &entries[i].commitment),
			  "%" PRIu64, i);
		CHECK(memcmp(e.salt, entries[i].salt, sizeof e.salt) == 0);
		CHECK(dcf_proof_text_holds(&p, &e.commitment, &ring, &head, NULL) == DCF_OK && head.size == COUNT);
		CHECK(dcf_proof_text_holds(&p, &entries[(i + 1) % COUNT].commitment, &ring, &head, NULL) == DCF_E_REFUSED);
		CHECK(head.size == 0 && !head.origin.p);
		dcf_buf_free(&text);
	}
	dcf_buf_free(&content);
}

static void erased_content_is_not_shown(void)
{
	struct dcf_entry erased = { .commitment = entries[7].commitment, .erased = true };
	struct dcf_buf text = inclusion(7, 9, false), again = { .from = &heap }, content = { .from = &heap };
	struct dcf_proof_text p;
	struct dcf_checkpoint head;
	struct dcf_entry e;

	CHECK(dcf_proof_text_read(dcf_buf_as_span(&text), &p, NULL) == DCF_OK && !p.extra.p);
	CHECK(dcf_proof_text_entry(&p, &content, &e) == DCF_E_NOT_FOUND);
	CHECK(dcf_proof_text_holds(&p, &entries[7].commitment, &ring, &head, NULL) == DCF_OK);
	CHECK(dcf_inclusion_put(&again, 7, &p.proof, &erased, p.checkpoint) == DCF_OK);
	CHECK(dcf_span_eq(dcf_buf_as_span(&text), dcf_buf_as_span(&again)));
	dcf_buf_free(&text);
	dcf_buf_free(&again);
	dcf_buf_free(&content);
}

static void consistency_comes_back_and_holds(void)
{
	for (uint64_t size = 0; size <= COUNT; size += 4) {
		for (uint64_t old = 0; old <= size; old++) {
			struct dcf_buf text = consistency(old, size);
			struct dcf_hash root = dcf_merkle_root(leaves, (size_t)old), other = entries[0].commitment;
			struct dcf_proof_text p;
			struct dcf_checkpoint head;

			CHECK(dcf_proof_text_read(dcf_buf_as_span(&text), &p, NULL) == DCF_OK);
			CHECK(p.kind == DCF_PROOF_CONSISTENCY && p.number == old && !p.extra.p);
			CHECK(dcf_proof_text_holds(&p, &root, &ring, &head, NULL) == DCF_OK && head.size == size);
			CHECK(dcf_proof_text_holds(&p, &other, &ring, &head, NULL) == DCF_E_REFUSED);
			dcf_buf_free(&text);
		}
	}
}

/* Does the text, with its own extra data, show that entry 5 is in a signed record? */
static bool shows_entry_5(struct dcf_span text)
{
	struct dcf_buf content = { .from = &heap };
	struct dcf_proof_text p;
	struct dcf_checkpoint head;
	struct dcf_entry e;
	bool shows = dcf_proof_text_read(text, &p, NULL) == DCF_OK && dcf_proof_text_entry(&p, &content, &e) == DCF_OK &&
		     dcf_proof_text_holds(&p, &e.commitment, &ring, &head, NULL) == DCF_OK && p.number == 5;

	dcf_buf_free(&content);
	return shows;
}

static void no_byte_of_a_proof_can_change(void)
{
	struct dcf_buf good = inclusion(5, 11, true);
	char *bad = malloc(good.len + 1);

	if (!bad)
		abort();
	CHECK(shows_entry_5(dcf_buf_as_span(&good)));
	for (size_t at = 0; at < good.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bad, good.p, good.len);
			bad[at] = (char)(bad[at] ^ 1 << bit);
			CHECK_MSG(!shows_entry_5((struct dcf_span){ bad, good.len }), "bit %d of byte %zu", bit, at);
		}
		memcpy(bad + at, good.p + at + 1, good.len - at - 1);
		CHECK_MSG(!shows_entry_5((struct dcf_span){ bad, good.len - 1 }), "without byte %zu", at);
		CHECK_MSG(!shows_entry_5((struct dcf_span){ good.p, at }), "the first %zu bytes", at);
		memcpy(bad, good.p, at);
		bad[at] = '\n';
		memcpy(bad + at + 1, good.p + at, good.len - at);
		CHECK_MSG(!shows_entry_5((struct dcf_span){ bad, good.len + 1 }), "a newline more at %zu", at);
	}
	free(bad);
	dcf_buf_free(&good);
}

#define FIRST "c2sp.org/tlog-proof@v1\n"
#define HASH  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

static void refuses_other_texts(void)
{
	static const struct {
		const char *text;
		size_t at;
		enum dcf_status status;
	} bad[] = {
		{ "", 0, DCF_E_SYNTAX },
		{ "\n", 0, DCF_E_SYNTAX },
		{ "c2sp.org/tlog-proof@v2\nindex 1\n\nx\n", 0, DCF_E_SYNTAX },
		{ FIRST, 23, DCF_E_SYNTAX },
		{ FIRST "index 1\n", 31, DCF_E_SYNTAX },
		{ FIRST "index 1\n\n", 32, DCF_E_SYNTAX },
		{ FIRST "index 01\n\nx\n", 29, DCF_E_SYNTAX },
		{ FIRST "index -1\n\nx\n", 29, DCF_E_SYNTAX },
		{ FIRST "index\n\nx\n", 23, DCF_E_SYNTAX },
		{ FIRST "index 9223372036854775808\n\nx\n", 29, DCF_E_LIMIT },
		{ FIRST "extra AA==\n\nx\n", 34, DCF_E_SYNTAX },
		{ FIRST "extra AA==\nextra AA==\nindex 1\n\nx\n", 34, DCF_E_SYNTAX },
		{ FIRST "index 1\nextra AA==\n\nx\n", 31, DCF_E_SYNTAX },
		{ FIRST "index 1\n" HASH, 31 + 45, DCF_E_SYNTAX },
		{ FIRST "index 1\nAA==\n\nx\n", 31, DCF_E_SYNTAX },
		{ FIRST "old 1\n\nx\n", 23, DCF_E_SYNTAX },
		{ "old 1\n", 6, DCF_E_SYNTAX },
		{ "old 1\n\n", 7, DCF_E_SYNTAX },
		{ "old  1\n\nx\n", 4, DCF_E_SYNTAX },
		{ "old x\n\nx\n", 4, DCF_E_SYNTAX },
		{ "index 1\n\nx\n", 0, DCF_E_SYNTAX },
		{ "old 1\r\n\r\nx\n", 4, DCF_E_SYNTAX },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_note_error error = { 999, NULL };
		struct dcf_proof_text p;

		CHECK_MSG(dcf_proof_text_read(dcf_span_of(bad[i].text), &p, &error) == bad[i].status, "%zu", i);
		CHECK_MSG(error.at == bad[i].at && error.expected, "%zu: at %zu: %s", i, error.at, error.expected);
		CHECK(p.proof.count == 0 && !p.checkpoint.p);
	}
}

static void keeps_to_its_limits(void)
{
	struct dcf_buf b = { .from = &heap }, content = { .from = &heap };
	struct dcf_proof_text p;
	struct dcf_entry e = { .content = { NULL, DCF_CONTENT_MAX + 1 } };

	dcf_buf_z(&b, "old 1\n");
	for (int i = 0; i < DCF_PROOF_MAX; i++)
		dcf_buf_z(&b, HASH);
	dcf_buf_z(&b, "\nx\n");
	CHECK(dcf_proof_text_read(dcf_buf_as_span(&b), &p, NULL) == DCF_OK && p.proof.count == DCF_PROOF_MAX);
	b.len -= 3;
	dcf_buf_z(&b, HASH "\nx\n");
	CHECK(dcf_proof_text_read(dcf_buf_as_span(&b), &p, NULL) == DCF_E_LIMIT && p.proof.count == 0);
	b.len = 0;
	p.proof.count = DCF_PROOF_MAX + 1;
	CHECK(dcf_inclusion_put(&b, 1, &p.proof, NULL, DCF_SPAN("x")) == DCF_E_RANGE);
	CHECK(dcf_consistency_put(&b, 1, &p.proof, DCF_SPAN("x")) == DCF_E_RANGE);
	p.proof.count = 0;
	CHECK(dcf_inclusion_put(&b, 1, &p.proof, &e, DCF_SPAN("x")) == DCF_E_RANGE);
	CHECK(dcf_inclusion_put(&b, DCF_TREE_MAX + 1, &p.proof, NULL, DCF_SPAN("x")) == DCF_E_RANGE && b.len == 0);
	/* Extra data that are no salt, no base64, too long. */
	p = (struct dcf_proof_text){ .extra = DCF_SPAN("AAAA") };
	CHECK(dcf_proof_text_entry(&p, &content, &e) == DCF_E_SYNTAX);
	p.extra = DCF_SPAN("AAA*");
	CHECK(dcf_proof_text_entry(&p, &content, &e) == DCF_E_SYNTAX);
	p.extra = DCF_SPAN("");
	CHECK(dcf_proof_text_entry(&p, &content, &e) == DCF_E_SYNTAX);
	for (size_t n = DCF_CONTENT_MAX; n <= DCF_CONTENT_MAX + 1; n++) {
		char *zero = calloc(1, DCF_SALT_BYTES + n);

		if (!zero)
			abort();
		b.len = 0;
		dcf_text_put(&b, DCF_TEXT_BASE64, zero, DCF_SALT_BYTES + n);
		p.extra = dcf_buf_as_span(&b);
		CHECK(dcf_proof_text_entry(&p, &content, &e) == (n == DCF_CONTENT_MAX ? DCF_OK : DCF_E_LIMIT));
		free(zero);
	}
	dcf_buf_free(&b);
	dcf_buf_free(&content);
}

int main(void)
{
	heap = dcf_alloc_heap();
	make_record();
	return TAP_RUN(TAP(inclusion_comes_back_and_holds), TAP(erased_content_is_not_shown),
		       TAP(consistency_comes_back_and_holds), TAP(no_byte_of_a_proof_can_change), TAP(refuses_other_texts),
		       TAP(keeps_to_its_limits));
}
