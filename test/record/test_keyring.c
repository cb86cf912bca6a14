/* SPDX-License-Identifier: Apache-2.0 */
/* test_keyring.c - keys over time: which holds for which head, and how one hands over to the next. */
#include "record/keyring.h"
#include "record/merkle.h"
#include "tap.h"

#include <inttypes.h>
#include <stdlib.h>

static struct dcf_alloc heap;
static struct dcf_signing_key keys[70];
static struct dcf_signer signers[70];

static void make_signers(void)
{
	for (size_t i = 0; i < 70; i++) {
		uint8_t seed[DCF_SEED_BYTES] = { (uint8_t)i };

		dcf_signing_key_from_seed(&keys[i], seed);
		CHECK(dcf_signer_make(&signers[i], DCF_SPAN("example.com/node"), &keys[i]) == DCF_OK);
	}
}

/* Keys 0, 1, 2 from 0, 256 and 1000 on. */
static struct dcf_keyring three(void)
{
	static const uint64_t from[] = { 0, 256, 1000 };
	struct dcf_keyring ring = { .count = 0 };

	for (size_t i = 0; i < 3; i++)
		CHECK(dcf_keyring_add(&ring, from[i], &signers[i].who) == DCF_OK);
	return ring;
}

static struct dcf_buf head_by(uint64_t size, const struct dcf_signer *by, size_t count)
{
	struct dcf_checkpoint head = { .origin = dcf_vkey_name(&by->who), .size = size, .root = dcf_merkle_empty() };
	struct dcf_buf b = { .from = &heap };

	CHECK(dcf_checkpoint_sign(&b, &head, by, count) == DCF_OK);
	return b;
}

/* --- the text ----------------------------------------------------------------------------------------------------------------
 */

static void rings_come_back(void)
{
	struct dcf_keyring ring = three(), again;
	struct dcf_buf text = { .from = &heap }, second = { .from = &heap };
	char vkey[DCF_VKEY_MAX];

	dcf_keyring_put(&text, &ring);
	CHECK(dcf_keyring_read(dcf_buf_as_span(&text), &again, NULL) == DCF_OK && again.count == 3);
	for (size_t i = 0; i < 3; i++)
		CHECK(again.key[i].from == ring.key[i].from && dcf_vkey_eq(&again.key[i].key, &ring.key[i].key));
	dcf_keyring_put(&second, &again);
	CHECK(dcf_span_eq(dcf_buf_as_span(&text), dcf_buf_as_span(&second)));
	/* Without the last newline; one key alone, with and without number and newline. */
	CHECK(dcf_keyring_read((struct dcf_span){ text.p, text.len - 1 }, &again, NULL) == DCF_OK && again.count == 3);
	text.len = dcf_vkey_write(&signers[4].who, vkey);
	CHECK(dcf_keyring_read((struct dcf_span){ vkey, text.len }, &again, NULL) == DCF_OK && again.count == 1);
	CHECK(again.key[0].from == 0 && dcf_vkey_eq(&again.key[0].key, &signers[4].who));
	vkey[text.len] = '\n';
	CHECK(dcf_keyring_read((struct dcf_span){ vkey, text.len + 1 }, &again, NULL) == DCF_OK && again.count == 1);
	dcf_buf_free(&text);
	dcf_buf_free(&second);
}

/* One text of numbers and signers ("0 #0\n256 #1\n"), with the signers' vkeys put in. */
static struct dcf_buf filled(const char *form)
{
	struct dcf_buf b = { .from = &heap };

	for (; *form; form++) {
		char vkey[DCF_VKEY_MAX];

		if (*form != '#') {
			dcf_buf_char(&b, *form);
			continue;
		}
		form++;
		dcf_buf_put(&b, vkey, dcf_vkey_write(&signers[*form - '0'].who, vkey));
	}
	return b;
}

static void refuses_other_rings(void)
{
	static const struct {
		const char *form;
		size_t line; /* in which the remark must be */
	} bad[] = {
		{ "", 0 },
		{ "\n", 0 },
		{ "0 \n", 0 },
		{ "0\n", 0 },
		{ "1 #0\n", 0 },
		{ "00 #0\n", 0 },
		{ " #0\n", 0 },
		{ "-0 #0\n", 0 },
		{ "0  #0\n", 0 },
		{ "0 #0 \n", 0 },
		{ "0 #0\n\n", 1 },
		{ "\n0 #0\n", 0 },
		{ "0 #0\n0 #1\n", 1 },
		{ "0 #0\n7 #1\n7 #2\n", 2 },
		{ "0 #0\n7 #1\n6 #2\n", 2 },
		{ "0 #0\n7 #0\n", 1 },
		{ "0 #0\n7 #1\n9 #0\n", 2 },
		{ "#0\n7 #1\n", 0 },
		{ "0 #0\n#1\n", 1 },
		{ "#0\n#1\n", 0 },
		{ "0 #0\n9223372036854775808 #1\n", 1 },
		{ "0 #0\r\n", 0 },
		{ "0\t#0\n", 0 },
		{ "# 0\n", 0 },
		{ "0 #0\n7 other.example+00000000+AQ\n", 1 },
		/* A good key of another name. */
		{ "0 #0\n7 PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", 1 },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_buf text = bad[i].form[0] == '#' && bad[i].form[1] == ' ' ? (struct dcf_buf){ .from = &heap }
										     : filled(bad[i].form);
		struct dcf_note_error error = { 9999, NULL };
		struct dcf_keyring ring;
		size_t line = 0;

		if (text.len == 0 && bad[i].form[0])
			dcf_buf_z(&text, bad[i].form);
		CHECK_MSG(dcf_keyring_read(dcf_buf_as_span(&text), &ring, &error) == DCF_E_SYNTAX && ring.count == 0, "%s",
			  bad[i].form);
		CHECK(error.expected && error.at <= text.len);
		for (size_t k = 0; k < error.at && k < text.len; k++)
			line += text.p[k] == '\n';
		CHECK_MSG(line == bad[i].line, "%s: line %zu: %s", bad[i].form, line, error.expected);
		dcf_buf_free(&text);
	}
}

static void holds_as_many_as_it_says(void)
{
	struct dcf_keyring ring = { .count = 0 };
	struct dcf_buf text = { .from = &heap };
	char vkey[DCF_VKEY_MAX];

	for (size_t i = 0; i < DCF_KEYS_MAX; i++)
		CHECK(dcf_keyring_add(&ring, i * 10, &signers[i].who) == DCF_OK);
	CHECK(dcf_keyring_add(&ring, 9999, &signers[64].who) == DCF_E_LIMIT && ring.count == DCF_KEYS_MAX);
	CHECK(dcf_keyring_add(&ring, 9999, &signers[63].who) == DCF_E_RANGE);
	CHECK(dcf_keyring_add(&ring, DCF_TREE_MAX + 1, &signers[64].who) == DCF_E_RANGE);
	dcf_keyring_put(&text, &ring);
	CHECK(text.len <= DCF_KEYRING_TEXT_MAX && dcf_keyring_read(dcf_buf_as_span(&text), &ring, NULL) == DCF_OK);
	CHECK(ring.count == DCF_KEYS_MAX);
	dcf_buf_z(&text, "9999 ");
	dcf_buf_put(&text, vkey, dcf_vkey_write(&signers[64].who, vkey));
	CHECK(dcf_keyring_read(dcf_buf_as_span(&text), &ring, NULL) == DCF_E_LIMIT && ring.count == 0);
	text.len = 0;
	dcf_buf_fill(&text, 'x', DCF_KEYRING_TEXT_MAX + 1);
	CHECK(dcf_keyring_read(dcf_buf_as_span(&text), &ring, NULL) == DCF_E_LIMIT);
	dcf_buf_free(&text);
}

/* The longest text that a ring can have fits its limit. */
static void the_longest_ring_fits(void)
{
	struct dcf_keyring ring = { .count = 0 };
	struct dcf_buf text = { .from = &heap };
	char name[DCF_KEY_NAME_MAX];

	memset(name, 'n', sizeof name);
	for (size_t i = 0; i < DCF_KEYS_MAX; i++) {
		struct dcf_vkey k;

		CHECK(dcf_vkey_make(&k, (struct dcf_span){ name, sizeof name }, &keys[i].public_key) == DCF_OK);
		CHECK(dcf_keyring_add(&ring, i ? DCF_TREE_MAX - DCF_KEYS_MAX + i : 0, &k) == DCF_OK);
	}
	dcf_keyring_put(&text, &ring);
	CHECK_MSG(text.len <= DCF_KEYRING_TEXT_MAX, "%zu", text.len);
	CHECK(dcf_keyring_read(dcf_buf_as_span(&text), &ring, NULL) == DCF_OK && ring.count == DCF_KEYS_MAX);
	dcf_buf_free(&text);
}

/* --- heads -------------------------------------------------------------------------------------------------------------------
 */

static void each_head_has_its_key(void)
{
	struct dcf_keyring ring = three(), none = { .count = 0 };
	static const uint64_t sizes[] = { 0, 1, 255, 256, 257, 999, 1000, 1001, DCF_TREE_MAX };

	CHECK(dcf_keyring_at(&none, 0) == NULL && dcf_keyring_at(&none, 5) == NULL);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t right = sizes[i] < 256 ? 0 : sizes[i] < 1000 ? 1 : 2;

		CHECK(dcf_vkey_eq(dcf_keyring_at(&ring, sizes[i]), &signers[right].who));
		for (size_t by = 0; by < 4; by++) {
			struct dcf_buf b = head_by(sizes[i], &signers[by], 1);
			struct dcf_checkpoint head = { .size = 77 };
			enum dcf_status s = dcf_keyring_open(&ring, dcf_buf_as_span(&b), &head, NULL);

			CHECK_MSG(s == (by == right ? DCF_OK : DCF_E_NOT_FOUND), "%" PRIu64 " by %zu", sizes[i], by);
			CHECK(by == right ? head.size == sizes[i] : head.size == 0 && !head.origin.p);
			CHECK(dcf_keyring_open(&none, dcf_buf_as_span(&b), &head, NULL) == DCF_E_NOT_FOUND);
			dcf_buf_free(&b);
		}
	}
}

/* A head whose signature is false in the name of its key is refused, and so is what is no head at all. */
static void false_heads_are_refused(void)
{
	struct dcf_keyring ring = three();
	struct dcf_buf b = head_by(300, &signers[1], 1);
	struct dcf_note_error error = { 0, NULL };
	struct dcf_checkpoint head;

	CHECK(dcf_keyring_open(&ring, dcf_buf_as_span(&b), &head, &error) == DCF_OK);
	b.p[17] = '4'; /* size 400: the same key */
	CHECK(dcf_keyring_open(&ring, dcf_buf_as_span(&b), &head, &error) == DCF_E_REFUSED && head.size == 0 && error.expected);
	b.p[17] = '0'; /* no number */
	CHECK(dcf_keyring_open(&ring, dcf_buf_as_span(&b), &head, &error) == DCF_E_SYNTAX && error.at == 17);
	CHECK(dcf_keyring_open(&ring, DCF_SPAN("nothing\n"), &head, &error) == DCF_E_SYNTAX);
	dcf_buf_free(&b);
}

static void handovers_are_signed_by_both(void)
{
	struct dcf_keyring ring = three();
	struct dcf_signer before_after[2] = { signers[0], signers[1] }, other[2] = { signers[0], signers[2] };
	struct dcf_buf good = head_by(256, before_after, 2), one = head_by(256, &signers[1], 1),
		       old = head_by(256, &signers[0], 1), late = head_by(257, before_after, 2), wrong = head_by(256, other, 2);
	struct dcf_note_error error;
	struct dcf_checkpoint head;

	CHECK(dcf_keyring_handover(&ring, 1, dcf_buf_as_span(&good), &head, &error) == DCF_OK && head.size == 256);
	CHECK(dcf_keyring_open(&ring, dcf_buf_as_span(&good), &head, &error) == DCF_OK);
	CHECK(dcf_keyring_handover(&ring, 1, dcf_buf_as_span(&one), &head, &error) == DCF_E_NOT_FOUND && head.size == 0);
	CHECK(dcf_keyring_handover(&ring, 1, dcf_buf_as_span(&old), &head, &error) == DCF_E_NOT_FOUND);
	CHECK(dcf_keyring_handover(&ring, 1, dcf_buf_as_span(&wrong), &head, &error) == DCF_E_NOT_FOUND);
	CHECK(dcf_keyring_handover(&ring, 1, dcf_buf_as_span(&late), &head, &error) == DCF_E_RANGE && head.size == 0);
	CHECK(dcf_keyring_handover(&ring, 2, dcf_buf_as_span(&good), &head, &error) != DCF_OK);
	CHECK(dcf_keyring_handover(&ring, 0, dcf_buf_as_span(&good), &head, &error) == DCF_E_RANGE);
	CHECK(dcf_keyring_handover(&ring, 3, dcf_buf_as_span(&good), &head, &error) == DCF_E_RANGE);
	/* One of the two signatures false. */
	good.p[good.len - 10] = good.p[good.len - 10] == 'A' ? 'B' : 'A';
	CHECK(dcf_keyring_handover(&ring, 1, dcf_buf_as_span(&good), &head, &error) == DCF_E_REFUSED && head.size == 0);
	dcf_buf_free(&good);
	dcf_buf_free(&one);
	dcf_buf_free(&old);
	dcf_buf_free(&late);
	dcf_buf_free(&wrong);
}

int main(void)
{
	heap = dcf_alloc_heap();
	make_signers();
	return TAP_RUN(TAP(rings_come_back), TAP(refuses_other_rings), TAP(holds_as_many_as_it_says),
		       TAP(the_longest_ring_fits), TAP(each_head_has_its_key), TAP(false_heads_are_refused),
		       TAP(handovers_are_signed_by_both));
}
