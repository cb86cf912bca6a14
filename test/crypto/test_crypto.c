/* SPDX-License-Identifier: Apache-2.0 */
/* test_crypto.c - hashes and signatures against published vectors, texts against every other text near them. */
#include "crypto/hash.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "crypto/text.h"
#include "tap.h"

#include <stdlib.h>

/* Bytes from hexadecimal by other means than src/crypto; returns how many. */
static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;

		CHECK(sscanf(hex + 2 * i, "%2x", &v) == 1);
		out[i] = (uint8_t)v;
	}
	return n;
}

static bool is(const void *bytes, size_t n, const char *hex)
{
	uint8_t expected[512];

	return from_hex(hex, expected) == n && memcmp(bytes, expected, n) == 0;
}

/* --- SHA-256 -----------------------------------------------------------------------------------------------------------------
 */

static void hashes_published_messages(void)
{
	/* NIST, Cryptographic Standards and Guidelines, SHA256 examples; the empty message and a million a's from FIPS 180-2.
	 */
	static const struct {
		const char *message, *hash;
	} known[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct dcf_sha256 s;
	struct dcf_hash h;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		h = dcf_sha256(dcf_span_of(known[i].message));
		CHECK_MSG(is(h.b, sizeof h.b, known[i].hash), "%s", known[i].message);
	}
	dcf_sha256_begin(&s);
	for (int i = 0; i < 1000; i++) {
		char a[1000];

		memset(a, 'a', sizeof a);
		dcf_sha256_put(&s, a, sizeof a);
	}
	h = dcf_sha256_end(&s);
	CHECK(is(h.b, sizeof h.b, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

static void hashes_in_any_pieces(void)
{
	char message[200];

	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (char)(i * 7);
	for (size_t cut = 0; cut <= sizeof message; cut++) {
		struct dcf_hash whole = dcf_sha256((struct dcf_span){ message, sizeof message }), pieces, copied;
		struct dcf_sha256 s, copy;

		dcf_sha256_begin(&s);
		dcf_sha256_put(&s, message, cut);
		copy = s;
		dcf_sha256_put(&s, NULL, 0);
		dcf_sha256_put(&s, message + cut, sizeof message - cut);
		dcf_sha256_put(&copy, message + cut, sizeof message - cut);
		pieces = dcf_sha256_end(&s);
		copied = dcf_sha256_end(&copy);
		CHECK(dcf_hash_eq(&whole, &pieces));
		CHECK(dcf_hash_eq(&whole, &copied));
	}
}

/* --- Ed25519 -----------------------------------------------------------------------------------------------------------------
 */

/* RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc). */
static const struct {
	const char *seed, *public_key, *message, *signature;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246551"
	  "41438e"
	  "7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d"
	  "291612"
	  "bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027"
	  "beceea"
	  "1ec40a" },
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9a"
	  "c94fa5"
	  "4ca49f",
	  "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9be"
	  "f11773"
	  "31a704" },
};

static void signs_as_rfc_8032(void)
{
	for (size_t i = 0; i < sizeof rfc8032 / sizeof *rfc8032; i++) {
		uint8_t seed[DCF_SEED_BYTES], message[64];
		struct dcf_signing_key key;
		struct dcf_signature signature;
		struct dcf_span m = { (const char *)message, 0 };

		(void)from_hex(rfc8032[i].seed, seed);
		m.len = from_hex(rfc8032[i].message, message);
		dcf_signing_key_from_seed(&key, seed);
		CHECK(is(key.public_key.b, sizeof key.public_key.b, rfc8032[i].public_key));
		CHECK(is(key.seed, sizeof key.seed, rfc8032[i].seed));
		signature = dcf_sign(&key, m);
		CHECK(is(signature.b, sizeof signature.b, rfc8032[i].signature));
		CHECK(dcf_signature_holds(&key.public_key, m, &signature));
		dcf_signing_key_wipe(&key);
	}
}

static void no_bit_of_a_signature_can_change(void)
{
	struct dcf_span message = DCF_SPAN("a message of some length");
	struct dcf_signing_key key;
	struct dcf_signature good;

	dcf_signing_key_make(&key);
	good = dcf_sign(&key, message);
	CHECK(dcf_signature_holds(&key.public_key, message, &good));
	for (size_t bit = 0; bit < 8 * sizeof good.b; bit++) {
		struct dcf_signature bad = good;

		bad.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_MSG(!dcf_signature_holds(&key.public_key, message, &bad), "bit %zu", bit);
	}
	for (size_t bit = 0; bit < 8 * sizeof key.public_key.b; bit++) {
		struct dcf_public_key bad = key.public_key;

		bad.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_MSG(!dcf_signature_holds(&bad, message, &good), "bit %zu of the key", bit);
	}
	message.len--;
	CHECK(!dcf_signature_holds(&key.public_key, message, &good));
}

/* A signature has one form: S + L is refused (RFC 8032, section 5.1.7), so are keys that anyone can sign for. */
static void signatures_have_one_form(void)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
					   0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
					   0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10 };
	struct dcf_public_key identity = { { 1 } };
	struct dcf_signature anyone = { { 1 } };
	struct dcf_signing_key key;
	struct dcf_signature s;
	unsigned carry = 0;

	dcf_signing_key_make(&key);
	s = dcf_sign(&key, DCF_SPAN("once"));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s.b[32 + i] + order[i];
		s.b[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	CHECK(!dcf_signature_holds(&key.public_key, DCF_SPAN("once"), &s));
	/* R = identity, S = 0, A = identity satisfies the equation for every message. */
	CHECK(!dcf_signature_holds(&identity, DCF_SPAN("anything"), &anyone));
}

static void keys_differ_and_are_wiped(void)
{
	static const struct dcf_signing_key zero;
	struct dcf_signing_key a, b;

	dcf_signing_key_make(&a);
	dcf_signing_key_make(&b);
	CHECK(!dcf_secret_eq(a.seed, b.seed, sizeof a.seed));
	CHECK(!dcf_secret_eq(&a, &zero, sizeof a));
	dcf_signing_key_wipe(&a);
	CHECK(dcf_secret_eq(&a, &zero, sizeof a));
	dcf_signing_key_wipe(&a);
	CHECK(dcf_secret_eq(NULL, NULL, 0));
}

static void random_numbers_fill_everything(void)
{
	struct dcf_random r = dcf_random_system();
	uint8_t seen[64] = { 0 }, bytes[66];

	/* Each byte gets a bit of each kind within 64 draws but for a chance of 2^-64 each. */
	for (int i = 0; i < 64; i++) {
		bytes[0] = bytes[65] = 0x5a;
		dcf_random_fill(&r, bytes + 1, 64);
		for (size_t k = 0; k < 64; k++)
			seen[k] |= bytes[1 + k];
		CHECK(bytes[0] == 0x5a && bytes[65] == 0x5a);
	}
	for (size_t k = 0; k < 64; k++)
		CHECK(seen[k] == 0xff);
}

/* --- texts -------------------------------------------------------------------------------------------------------------------
 */

/* RFC 4648, section 10; without padding for the URL alphabet. */
static void writes_as_rfc_4648(void)
{
	static const struct {
		const char *bytes, *base64, *url, *hex;
	} known[] = {
		{ "", "", "", "" },
		{ "f", "Zg==", "Zg", "66" },
		{ "fo", "Zm8=", "Zm8", "666f" },
		{ "foo", "Zm9v", "Zm9v", "666f6f" },
		{ "foob", "Zm9vYg==", "Zm9vYg", "666f6f62" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
		{ "\xfb\xff\xfe", "+//+", "-__-", "fbfffe" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char *expected[] = { known[i].base64, known[i].url, known[i].hex };

		for (int kind = 0; kind < 3; kind++) {
			char text[32];
			uint8_t back[32];
			size_t n = dcf_text_write((enum dcf_text)kind, text, known[i].bytes, strlen(known[i].bytes)), m = 9;

			CHECK(dcf_span_eq((struct dcf_span){ text, n }, dcf_span_of(expected[kind])));
			CHECK(n == dcf_text_length((enum dcf_text)kind, strlen(known[i].bytes)));
			CHECK(dcf_text_read((enum dcf_text)kind, dcf_span_of(expected[kind]), back, sizeof back, &m) == DCF_OK);
			CHECK(m == strlen(known[i].bytes) && memcmp(back, known[i].bytes, m) == 0);
		}
	}
}

static void refuses_other_texts(void)
{
	static const struct {
		enum dcf_text kind;
		const char *text;
	} bad[] = {
		{ DCF_TEXT_BASE64, "Zg" },       { DCF_TEXT_BASE64, "Zg=" },       { DCF_TEXT_BASE64, "Zg===" },
		{ DCF_TEXT_BASE64, "Zh==" },     { DCF_TEXT_BASE64, "Zm9=" },      { DCF_TEXT_BASE64, "Z" },
		{ DCF_TEXT_BASE64, "Zm9v\n" },   { DCF_TEXT_BASE64, " Zm9v" },     { DCF_TEXT_BASE64, "Zm 9v" },
		{ DCF_TEXT_BASE64, "-__-" },     { DCF_TEXT_BASE64, "Zg==Zg==" },  { DCF_TEXT_BASE64, "====" },
		{ DCF_TEXT_BASE64, "=" },        { DCF_TEXT_BASE64, "A===" },      { DCF_TEXT_BASE64_URL, "Zg==" },
		{ DCF_TEXT_BASE64_URL, "Zh" },   { DCF_TEXT_BASE64_URL, "Zm9" },   { DCF_TEXT_BASE64_URL, "Z" },
		{ DCF_TEXT_BASE64_URL, "+//+" }, { DCF_TEXT_BASE64_URL, "Zm9v." }, { DCF_TEXT_HEX, "6" },
		{ DCF_TEXT_HEX, "6F" },          { DCF_TEXT_HEX, "6g" },           { DCF_TEXT_HEX, "66 6f" },
		{ DCF_TEXT_HEX, "0x66" },        { DCF_TEXT_HEX, "66\n" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t out[64];
		size_t n = 9;

		CHECK_MSG(dcf_text_read(bad[i].kind, dcf_span_of(bad[i].text), out, sizeof out, &n) == DCF_E_SYNTAX && n == 0,
			  "%d %s", (int)bad[i].kind, bad[i].text);
	}
}

/* Every text of up to four characters out of a few: what is read is written the same again. */
static void one_text_for_each_run_of_bytes(void)
{
	static const char some[] = "AQgw9+/-_=fF0 \n";
	size_t k = sizeof some - 1, read = 0;

	for (size_t i = 0; i < k * k * k * k * 5; i++) {
		size_t rest = i / 5;
		char text[4];

		for (int c = 0; c < 4; c++, rest /= k)
			text[c] = some[rest % k];
		for (int kind = 0; kind < 3; kind++) {
			struct dcf_span t = { text, i % 5 };
			uint8_t bytes[8];
			char again[16];
			size_t n = 0;

			if (dcf_text_read((enum dcf_text)kind, t, bytes, sizeof bytes, &n) != DCF_OK)
				continue;
			CHECK(n <= dcf_text_room((enum dcf_text)kind, t.len));
			CHECK(dcf_span_eq(t, (struct dcf_span){ again, dcf_text_write((enum dcf_text)kind, again, bytes, n) }));
			read++;
		}
	}
	CHECK_MSG(read > 10000, "%zu", read);
}

/* Every character in every place of a text: what is read is written the same again, and there are no more than the alphabet
 * has. */
static void no_character_but_the_alphabet(void)
{
	for (int kind = 0; kind < 3; kind++) {
		for (size_t at = 0; at < 4; at++) {
			unsigned read = 0;

			for (unsigned c = 0; c < 256; c++) {
				char text[4] = { '0', '0', '0', '0' }, again[8];
				uint8_t bytes[4];
				size_t n = 0;

				text[at] = (char)c;
				if (dcf_text_read((enum dcf_text)kind, (struct dcf_span){ text, 4 }, bytes, sizeof bytes, &n) !=
				    DCF_OK)
					continue;
				read++;
				CHECK(dcf_text_write((enum dcf_text)kind, again, bytes, n) == 4 && memcmp(text, again, 4) == 0);
			}
			/* "000=" is a text too. */
			CHECK_MSG(read == (kind == DCF_TEXT_HEX ? 16u : 64u) + (kind == DCF_TEXT_BASE64 && at == 3 ? 1u : 0u),
				  "%d %zu: %u", kind, at, read);
		}
	}
}

static void long_texts_come_back(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	uint8_t bytes[500], back[500];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + i / 256);
	for (int kind = 0; kind < 3; kind++) {
		for (size_t n = 0; n <= sizeof bytes; n++) {
			struct dcf_buf b = { .from = &heap };
			char *text = malloc(dcf_text_length((enum dcf_text)kind, n) + 1);
			size_t length, m = 0;

			if (!text)
				abort();
			length = dcf_text_write((enum dcf_text)kind, text, bytes, n);
			dcf_text_put(&b, (enum dcf_text)kind, bytes, n);
			CHECK(length == dcf_text_length((enum dcf_text)kind, n));
			CHECK(dcf_span_eq(dcf_buf_as_span(&b), (struct dcf_span){ text, length }));
			CHECK(dcf_text_read((enum dcf_text)kind, (struct dcf_span){ text, length }, back, n, &m) == DCF_OK &&
			      m == n);
			CHECK(memcmp(bytes, back, n) == 0);
			CHECK(dcf_text_read_exactly((enum dcf_text)kind, (struct dcf_span){ text, length }, back, n) == DCF_OK);
			CHECK(dcf_text_read_exactly((enum dcf_text)kind, (struct dcf_span){ text, length }, back, n + 1) ==
			      DCF_E_SYNTAX);
			if (n > 0)
				CHECK(dcf_text_read((enum dcf_text)kind, (struct dcf_span){ text, length }, back, n - 1, &m) ==
					      DCF_E_LIMIT &&
				      m == 0);
			dcf_buf_free(&b);
			free(text);
		}
	}
}

int main(void)
{
	if (dcf_crypto_init() != DCF_OK || dcf_crypto_init() != DCF_OK)
		return 1;
	return TAP_RUN(TAP(hashes_published_messages), TAP(hashes_in_any_pieces), TAP(signs_as_rfc_8032),
		       TAP(no_bit_of_a_signature_can_change), TAP(signatures_have_one_form), TAP(keys_differ_and_are_wiped),
		       TAP(random_numbers_fill_everything), TAP(writes_as_rfc_4648), TAP(refuses_other_texts),
		       TAP(one_text_for_each_run_of_bytes), TAP(no_character_but_the_alphabet), TAP(long_texts_come_back));
}
