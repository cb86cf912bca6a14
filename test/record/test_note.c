/* SPDX-License-Identifier: Apache-2.0 */
/* test_note.c - names, verifier keys, signed notes and checkpoints: published ones, and everything near them. */
#include "crypto/text.h"
#include "record/merkle.h"
#include "record/note.h"
#include "tap.h"

#include <stdlib.h>

static struct dcf_alloc heap;

static struct dcf_vkey vkey_of(const char *text)
{
	struct dcf_vkey k = { 0 };

	CHECK_MSG(dcf_vkey_read(dcf_span_of(text), &k, NULL) == DCF_OK, "%s", text);
	return k;
}

static void key_of(uint8_t first, struct dcf_signing_key *key)
{
	uint8_t seed[DCF_SEED_BYTES];

	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)(first + i);
	dcf_signing_key_from_seed(key, seed);
}

/* Signer number `i` of a few, its key beside it. */
static struct dcf_signer signer_of(size_t i, const char *name)
{
	static struct dcf_signing_key keys[40];
	struct dcf_signer s;

	key_of((uint8_t)(3 * i), &keys[i]);
	CHECK(dcf_signer_make(&s, dcf_span_of(name), &keys[i]) == DCF_OK);
	return s;
}

/* --- names -------------------------------------------------------------------------------------------------------------------
 */

static void names_have_no_spaces_of_any_script(void)
{
	static const char *const good[] = { "a",
					    "example.com/node",
					    "quasimodo.example/salvatore",
					    "n\xc3\xb6rd",
					    "\xe2\x80\x94",
					    "node.example:8443/x-y_z~",
					    "\xf0\x9f\x9b\xa9" };
	static const char *const bad[] = {
		"",
		"a b",
		" a",
		"a+b",
		"+",
		"a\nb",
		"a\tb",
		"a\x7fz",
		"a\xc2\x85z",
		"a\xc2\xa0z",
		"\xe1\x9a\x80",
		"\xe2\x80\x80",
		"\xe2\x80\x8a",
		"a\xe2\x80\xa8",
		"a\xe2\x80\xa9",
		"\xe2\x80\xaf",
		"\xe2\x81\x9f",
		"\xe3\x80\x80",
		"a\xe2\x80\xaez",
		"\xff",
		"a\xc3",
		"\xc0\xaf",
		"\xed\xa0\x80",
	};
	char longest[DCF_KEY_NAME_MAX + 2];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		CHECK_MSG(dcf_key_name_ok(dcf_span_of(good[i])), "%zu", i);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(!dcf_key_name_ok(dcf_span_of(bad[i])), "%zu", i);
	memset(longest, 'n', sizeof longest);
	CHECK(dcf_key_name_ok((struct dcf_span){ longest, DCF_KEY_NAME_MAX }));
	CHECK(!dcf_key_name_ok((struct dcf_span){ longest, DCF_KEY_NAME_MAX + 1 }));
	CHECK(!dcf_key_name_ok((struct dcf_span){ "a\0b", 3 }));
	CHECK(!dcf_key_name_ok((struct dcf_span){ NULL, 0 }));
}

/* --- published notes ---------------------------------------------------------------------------------------------------------
 */

/* The key and note of the documentation of golang.org/x/mod/sumdb/note, and that package's tests' second key. */
#define PETER       "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define ENOCH       "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define PETERS_TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETERS_LINE                                                                                                            \
	"\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJ"   \
	"nAM=\n"

static void signs_the_published_note(void)
{
	/* 0x01 and the seed, from the same place ("PRIVATE+KEY+PeterNeumann+c74f20a3+..."). */
	static const char secret[] = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
	struct dcf_buf note = { .from = &heap };
	struct dcf_vkey peter = vkey_of(PETER);
	struct dcf_signing_key key;
	struct dcf_signer signer;
	uint8_t typed[33];

	CHECK(dcf_text_read_exactly(DCF_TEXT_BASE64, dcf_span_of(secret), typed, sizeof typed) == DCF_OK && typed[0] == 1);
	dcf_signing_key_from_seed(&key, typed + 1);
	CHECK(dcf_signer_make(&signer, DCF_SPAN("PeterNeumann"), &key) == DCF_OK);
	CHECK(signer.who.id == 0xc74f20a3 && dcf_vkey_eq(&signer.who, &peter));
	CHECK(dcf_note_sign(&note, DCF_SPAN(PETERS_TEXT), &signer, 1) == DCF_OK);
	CHECK(dcf_span_eq(dcf_buf_as_span(&note), DCF_SPAN(PETERS_TEXT "\n" PETERS_LINE)));
	dcf_buf_free(&note);
}

static void verifies_the_published_note(void)
{
	struct dcf_vkey keys[2] = { vkey_of(ENOCH), vkey_of(PETER) };
	struct dcf_note note;
	uint64_t by = 9;

	CHECK(dcf_note_read(DCF_SPAN(PETERS_TEXT "\n" PETERS_LINE), &note, NULL) == DCF_OK);
	CHECK(dcf_span_eq(note.text, DCF_SPAN(PETERS_TEXT)) && note.count == 1);
	CHECK(dcf_span_eq(note.signature[0].name, DCF_SPAN("PeterNeumann")) && note.signature[0].id == 0xc74f20a3);
	CHECK(dcf_note_verify(&note, keys, 2, &by) == DCF_OK && by == 2);
	CHECK(dcf_note_verify(&note, keys, 1, &by) == DCF_E_NOT_FOUND && by == 0);
	CHECK(dcf_note_verify(&note, keys, 0, &by) == DCF_E_NOT_FOUND);
	CHECK(dcf_note_verify(&note, keys, 65, &by) == DCF_E_RANGE);
	/* The text of another. */
	note.text = DCF_SPAN("If you think\n");
	CHECK(dcf_note_verify(&note, keys, 2, &by) == DCF_E_REFUSED && by == 0);
}

/* A head that the Go checksum database signed, of 2023: C2SP tlog-checkpoint shows its size, root and signature under another
 * name; with the true origin and key (cmd/go/internal/modfetch/key.go) it verifies. */
#define SUM_HEAD      "20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SUM_SIGNATURE "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

static void verifies_a_head_from_the_world(void)
{
	struct dcf_vkey sum = vkey_of("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
	struct dcf_span bytes = DCF_SPAN("go.sum database tree\n" SUM_HEAD "\n\xe2\x80\x94 sum.golang.org " SUM_SIGNATURE);
	struct dcf_checkpoint head;
	struct dcf_note note;
	uint64_t by = 0;

	CHECK(dcf_note_read(bytes, &note, NULL) == DCF_OK && dcf_note_verify(&note, &sum, 1, &by) == DCF_OK && by == 1);
	CHECK(dcf_checkpoint_read(note.text, &head, NULL) == DCF_OK);
	CHECK(dcf_span_eq(head.origin, DCF_SPAN("go.sum database tree")) && head.size == 20852163 && head.root.b[0] == 0x0a);
	/* A record's head is signed in the name of its origin: that one is not. */
	CHECK(dcf_checkpoint_open(bytes, &sum, 1, &head, &by, NULL) == DCF_E_NOT_FOUND && by == 0 && head.size == 0);
	/* As it stands in the specification it is an example only. */
	bytes = DCF_SPAN("example.com/behind-the-sofa\n" SUM_HEAD "\n\xe2\x80\x94 sum.golang.org " SUM_SIGNATURE);
	CHECK(dcf_note_read(bytes, &note, NULL) == DCF_OK);
	CHECK(dcf_note_verify(&note, &sum, 1, &by) == DCF_E_REFUSED);
}

/* The example of C2SP signed-note: a text with an empty line in it. */
static void reads_the_note_of_the_specification(void)
{
	static const char text[] = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n"
				   "ed \xc3\xa8 subito sera.\n";
	static const char line[] = "\xe2\x80\x94 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW"
				   "9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
	char bytes[400];
	struct dcf_note note;
	int n = snprintf(bytes, sizeof bytes, "%s\n%s", text, line);

	CHECK(dcf_note_read((struct dcf_span){ bytes, (size_t)n }, &note, NULL) == DCF_OK);
	CHECK(dcf_span_eq(note.text, dcf_span_of(text)) && note.count == 1 && note.signature[0].id == 0x367ba04b);
}

/* --- verifier keys -----------------------------------------------------------------------------------------------------------
 */

static void vkeys_come_back(void)
{
	static const char *const good[] = { PETER, ENOCH,
					    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8" };
	char longest[DCF_KEY_NAME_MAX], text[DCF_VKEY_MAX];
	struct dcf_signing_key key;
	struct dcf_vkey k, again;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		k = vkey_of(good[i]);
		CHECK(dcf_vkey_write(&k, text) == strlen(good[i]) && strcmp(text, good[i]) == 0);
	}
	key_of(9, &key);
	memset(longest, 'n', sizeof longest);
	CHECK(dcf_vkey_make(&k, (struct dcf_span){ longest, sizeof longest }, &key.public_key) == DCF_OK);
	CHECK(dcf_vkey_write(&k, text) == strlen(text) && strlen(text) < DCF_VKEY_MAX);
	CHECK(dcf_vkey_read(dcf_span_of(text), &again, NULL) == DCF_OK && dcf_vkey_eq(&k, &again));
	CHECK(dcf_vkey_make(&k, DCF_SPAN("a b"), &key.public_key) == DCF_E_RANGE);
}

static void refuses_other_vkeys(void)
{
	static const struct {
		const char *text;
		size_t at;
		enum dcf_status status;
	} bad[] = {
		{ "", 0, DCF_E_SYNTAX },
		{ "PeterNeumann", 0, DCF_E_SYNTAX },
		{ "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 0, DCF_E_SYNTAX },
		{ "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 0, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 13, DCF_E_SYNTAX },
		{ "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 13, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a30+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 13, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a3", 13, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a3+", 22, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 13, DCF_E_SYNTAX },
		{ "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 12, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", 22, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==", 22, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", 22, DCF_E_SYNTAX },
		{ "PeterNeumann+c74f20a3+ABpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 22, DCF_E_SYNTAX },
		/* A witness's key (type 4) and an ECDSA key (type 2) are keys, but not of this kind. */
		{ "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 22, DCF_E_REFUSED },
		{ "PeterNeumann+c74f20a3+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA==", 22, DCF_E_REFUSED },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_note_error error = { 999, NULL };
		struct dcf_vkey k = { .id = 77 };

		CHECK_MSG(dcf_vkey_read(dcf_span_of(bad[i].text), &k, &error) == bad[i].status, "%s", bad[i].text);
		CHECK_MSG(error.at == bad[i].at && error.expected, "%s at %zu: %s", bad[i].text, error.at, error.expected);
		CHECK(k.id == 77);
		CHECK(dcf_vkey_read(dcf_span_of(bad[i].text), &k, NULL) == bad[i].status);
	}
}

/* --- notes near a good one ---------------------------------------------------------------------------------------------------
 */

static struct dcf_buf signed_head(uint64_t size, const struct dcf_signer *signers, size_t count)
{
	struct dcf_buf b = { .from = &heap };
	struct dcf_checkpoint head = { .origin = dcf_vkey_name(&signers[0].who), .size = size, .root = dcf_merkle_empty() };

	CHECK(dcf_checkpoint_sign(&b, &head, signers, count) == DCF_OK);
	return b;
}

static enum dcf_status open_bytes(const char *p, size_t n, const struct dcf_signer *who)
{
	struct dcf_checkpoint head;
	enum dcf_status s = dcf_checkpoint_open((struct dcf_span){ p, n }, &who->who, 1, &head, NULL, NULL);

	CHECK((s == DCF_OK) == (head.origin.len != 0));
	return s;
}

/* Whatever single change is made to a signed head, it is not signed any more. */
static void no_byte_of_a_head_can_change(void)
{
	struct dcf_signer who = signer_of(0, "example.com/node");
	struct dcf_buf good = signed_head(1234567, &who, 1);
	char *bad = malloc(good.len + 1);

	if (!bad)
		abort();
	CHECK(open_bytes(good.p, good.len, &who) == DCF_OK);
	for (size_t at = 0; at < good.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bad, good.p, good.len);
			bad[at] = (char)(bad[at] ^ 1 << bit);
			CHECK_MSG(open_bytes(bad, good.len, &who) != DCF_OK, "bit %d of byte %zu", bit, at);
		}
		memcpy(bad, good.p, at);
		memcpy(bad + at, good.p + at + 1, good.len - at - 1);
		CHECK_MSG(open_bytes(bad, good.len - 1, &who) != DCF_OK, "without byte %zu", at);
		CHECK_MSG(open_bytes(good.p, at, &who) != DCF_OK, "the first %zu bytes", at);
		for (const char *c = "\n 0=+\x80"; *c; c++) {
			memcpy(bad, good.p, at);
			bad[at] = *c;
			memcpy(bad + at + 1, good.p + at, good.len - at);
			CHECK_MSG(open_bytes(bad, good.len + 1, &who) != DCF_OK, "%d put in at %zu", *c, at);
		}
	}
	for (const char *c = "\n x"; *c; c++) {
		memcpy(bad, good.p, good.len);
		bad[good.len] = *c;
		CHECK(open_bytes(bad, good.len + 1, &who) != DCF_OK);
	}
	free(bad);
	dcf_buf_free(&good);
}

static void refuses_other_notes(void)
{
#define LINE "\xe2\x80\x94 a AAAAAAA="
	static const struct {
		const char *bytes;
		size_t at;
	} bad[] = {
		{ "", 0 },
		{ "\n", 1 },
		{ "text\n", 5 },
		{ "text\n\n", 6 },
		{ "text\n" LINE "\n", 20 },
		{ "\n" LINE "\n", 16 },
		{ "text\n\n" LINE, 20 },
		{ "text\n\n" LINE "\n\n", 22 },
		{ "text\n\n" LINE "\nmore\n", 21 },
		{ "text\n\n- a AAAAAAA=\n", 6 },
		{ "text\n\n\xe2\x80\x94  AAAAAAA=\n", 10 },
		{ "text\n\n\xe2\x80\x94\n", 6 },
		{ "text\n\n\xe2\x80\x94 \n", 10 },
		{ "text\n\n\xe2\x80\x94 a\n", 10 },
		{ "text\n\n\xe2\x80\x94 a \n", 12 },
		{ "text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", 10 },
		{ "text\n\n\xe2\x80\x94 a AAAAAA==\n", 12 },
		{ "text\n\n\xe2\x80\x94 a AAAAAAA\n", 12 },
		{ "text\n\n\xe2\x80\x94 a AAAAAAA= \n", 12 },
		{ "text\n\n\xe2\x80\x94 a b AAAAAAA=\n", 12 },
		{ "te\txt\n\n" LINE "\n", 2 },
		{ "te\rxt\n\n" LINE "\n", 2 },
		{ "te\xffxt\n\n" LINE "\n", 2 },
		{ "text\r\n\r\n" LINE "\r\n", 4 },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_note_error error = { 999, NULL };
		struct dcf_note note;

		CHECK_MSG(dcf_note_read(dcf_span_of(bad[i].bytes), &note, &error) == DCF_E_SYNTAX, "%zu", i);
		CHECK_MSG(error.at == bad[i].at && error.expected, "%zu: at %zu: %s", i, error.at, error.expected);
		CHECK(note.count == 0 && !note.text.p);
	}
#undef LINE
}

static void keeps_to_its_limits(void)
{
	struct dcf_buf b = { .from = &heap };
	struct dcf_note_error error;
	struct dcf_note note;

	dcf_buf_z(&b, "text\n\n");
	for (int i = 0; i < DCF_NOTE_SIGNATURES; i++)
		dcf_buf_z(&b, "\xe2\x80\x94 a AAAAAAA=\n");
	CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, NULL) == DCF_OK && note.count == DCF_NOTE_SIGNATURES);
	dcf_buf_z(&b, "\xe2\x80\x94 a AAAAAAA=\n");
	CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, &error) == DCF_E_LIMIT && note.count == 0);
	/* The longest signature, and a longer one. */
	for (size_t bytes = 8192; bytes <= 8193; bytes++) {
		char zero[8193] = { 0 };

		b.len = 0;
		dcf_buf_z(&b, "text\n\n\xe2\x80\x94 a ");
		dcf_text_put(&b, DCF_TEXT_BASE64, zero, bytes);
		dcf_buf_z(&b, "\n");
		CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, &error) == (bytes == 8192 ? DCF_OK : DCF_E_SYNTAX));
	}
	/* The longest note, and a longer one. */
	for (size_t length = DCF_NOTE_MAX; length <= DCF_NOTE_MAX + 1; length++) {
		b.len = 0;
		dcf_buf_fill(&b, 'x', length - 17);
		dcf_buf_z(&b, "\n\n\xe2\x80\x94 a AAAAAAA=\n");
		CHECK(b.len == length);
		CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, &error) == (length == DCF_NOTE_MAX ? DCF_OK : DCF_E_LIMIT));
	}
	dcf_buf_free(&b);
}

/* --- several signers ---------------------------------------------------------------------------------------------------------
 */

static void says_who_signed(void)
{
	struct dcf_signer signers[3] = { signer_of(1, "a.example"), signer_of(2, "b.example"), signer_of(3, "c.example") };
	struct dcf_vkey keys[3] = { signers[2].who, signers[0].who, signer_of(4, "a.example").who };
	struct dcf_buf b = { .from = &heap };
	struct dcf_note note;
	uint64_t by = 0;

	CHECK(dcf_note_sign(&b, DCF_SPAN("a text\n"), signers, 3) == DCF_OK);
	CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, NULL) == DCF_OK && note.count == 3);
	CHECK(dcf_note_verify(&note, keys, 3, &by) == DCF_OK && by == 3);
	CHECK(dcf_note_verify(&note, keys + 2, 1, &by) == DCF_E_NOT_FOUND);
	/* One good line does not make up for a false one in the name of a known key, but an unknown key may say what it likes.
	 */
	note.signature[1].name = DCF_SPAN("c.example");
	note.signature[1].id = signers[2].who.id;
	CHECK(dcf_note_verify(&note, keys, 3, &by) == DCF_E_REFUSED && by == 0);
	note.signature[1].id++;
	CHECK(dcf_note_verify(&note, keys, 3, &by) == DCF_OK && by == 3);
	dcf_buf_free(&b);
}

/* A line of the right name and id whose signature has another length. */
static void a_known_key_has_a_signature_of_its_length(void)
{
	struct dcf_signer who = signer_of(5, "a.example");
	uint8_t bytes[80] = { (uint8_t)(who.who.id >> 24), (uint8_t)(who.who.id >> 16), (uint8_t)(who.who.id >> 8),
			      (uint8_t)who.who.id };
	struct dcf_signature s = dcf_sign(who.key, DCF_SPAN("text\n"));
	uint64_t by;

	memcpy(bytes + 4, s.b, sizeof s.b);
	for (size_t n = 5; n <= sizeof bytes; n++) {
		struct dcf_buf b = { .from = &heap };
		struct dcf_note note;

		dcf_buf_z(&b, "text\n\n\xe2\x80\x94 a.example ");
		dcf_text_put(&b, DCF_TEXT_BASE64, bytes, n);
		dcf_buf_z(&b, "\n");
		CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, NULL) == DCF_OK);
		CHECK(dcf_note_verify(&note, &who.who, 1, &by) == (n == 68 ? DCF_OK : DCF_E_REFUSED));
		dcf_buf_free(&b);
	}
}

static void refuses_to_sign_what_no_note_can_have(void)
{
	static const char *const bad[] = { "", "no newline", "a\tb\n", "\xff\n", "a\r\n" };
	struct dcf_signer signers[DCF_NOTE_SIGNATURES + 1];
	struct dcf_checkpoint head = { .origin = DCF_SPAN("a.example"), .size = 1 };
	struct dcf_buf b = { .from = &heap };

	for (size_t i = 0; i < DCF_NOTE_SIGNATURES + 1; i++)
		signers[i] = signer_of(i, "a.example");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(dcf_note_sign(&b, dcf_span_of(bad[i]), signers, 1) == DCF_E_RANGE && b.len == 0, "%zu", i);
	CHECK(dcf_note_sign(&b, DCF_SPAN("a\n"), signers, 0) == DCF_E_RANGE);
	CHECK(dcf_note_sign(&b, DCF_SPAN("a\n"), signers, DCF_NOTE_SIGNATURES + 1) == DCF_E_RANGE);
	head.size = DCF_TREE_MAX + 1;
	CHECK(dcf_checkpoint_sign(&b, &head, signers, 1) == DCF_E_RANGE);
	head.size = 1;
	head.extension = DCF_SPAN("more\n");
	CHECK(dcf_checkpoint_sign(&b, &head, signers, 1) == DCF_E_RANGE);
	head.extension = DCF_SPAN("");
	head.origin = DCF_SPAN("b.example");
	CHECK(dcf_checkpoint_sign(&b, &head, signers, 1) == DCF_E_RANGE);
	CHECK(b.len == 0 && !b.failed);
	/* As many as there may be do fit into what a store makes room for by half, and come back. */
	CHECK(dcf_note_sign(&b, DCF_SPAN("a\n\nb\n"), signers, DCF_NOTE_SIGNATURES) == DCF_OK);
	{
		struct dcf_note note;

		CHECK(dcf_note_read(dcf_buf_as_span(&b), &note, NULL) == DCF_OK && note.count == DCF_NOTE_SIGNATURES);
		CHECK(dcf_span_eq(note.text, DCF_SPAN("a\n\nb\n")));
	}
	dcf_buf_free(&b);
}

/* --- checkpoints -------------------------------------------------------------------------------------------------------------
 */

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void reads_checkpoints(void)
{
	struct dcf_checkpoint head;

	CHECK(dcf_checkpoint_read(DCF_SPAN("o\n0\n" ROOT "\n"), &head, NULL) == DCF_OK);
	CHECK(head.size == 0 && head.extension.len == 0);
	CHECK(dcf_checkpoint_read(DCF_SPAN("o\n9223372036854775807\n" ROOT "\n"), &head, NULL) == DCF_OK);
	CHECK(head.size == DCF_TREE_MAX);
	CHECK(dcf_checkpoint_read(DCF_SPAN("an origin\n7\n" ROOT "\nmore\nand more\n"), &head, NULL) == DCF_OK);
	CHECK(dcf_span_eq(head.extension, DCF_SPAN("more\nand more\n")) && dcf_span_eq(head.origin, DCF_SPAN("an origin")));
}

static void refuses_other_checkpoints(void)
{
	static const struct {
		const char *text;
		size_t at;
		enum dcf_status status;
	} bad[] = {
		{ "", 0, DCF_E_SYNTAX },
		{ "\n0\n" ROOT "\n", 0, DCF_E_SYNTAX },
		{ "o\n", 2, DCF_E_SYNTAX },
		{ "o\n0\n", 4, DCF_E_SYNTAX },
		{ "o\n0\n" ROOT, 4, DCF_E_SYNTAX },
		{ "o\n00\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n01\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n+1\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n-1\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n1 \n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n1e3\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n0x1\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n\n" ROOT "\n", 2, DCF_E_SYNTAX },
		{ "o\n9223372036854775808\n" ROOT "\n", 2, DCF_E_LIMIT },
		{ "o\n18446744073709551616\n" ROOT "\n", 2, DCF_E_LIMIT },
		{ "o\n99999999999999999999999\n" ROOT "\n", 2, DCF_E_LIMIT },
		{ "o\n1\n\n", 4, DCF_E_SYNTAX },
		{ "o\n1\n" ROOT "A\n", 4, DCF_E_SYNTAX },
		{ "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n", 4, DCF_E_SYNTAX },
		{ "o\n1\n" ROOT "\n\n", 49, DCF_E_SYNTAX },
		{ "o\n1\n" ROOT "\n\nmore\n", 49, DCF_E_SYNTAX },
		{ "o\n1\n" ROOT "\nmore", 53, DCF_E_SYNTAX },
		{ "o\r\n1\r\n" ROOT "\r\n", 1, DCF_E_SYNTAX },
		{ "o\n1\n" ROOT "\n\xff\n", 49, DCF_E_SYNTAX },
	};
	char longest[400];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_note_error error = { 999, NULL };
		struct dcf_checkpoint head;

		CHECK_MSG(dcf_checkpoint_read(dcf_span_of(bad[i].text), &head, &error) == bad[i].status, "%zu", i);
		CHECK_MSG(error.at == bad[i].at && error.expected, "%zu: at %zu: %s", i, error.at, error.expected);
		CHECK(head.origin.len == 0 && head.size == 0);
	}
	for (int n = DCF_KEY_NAME_MAX; n <= DCF_KEY_NAME_MAX + 1; n++) {
		struct dcf_checkpoint head;

		memset(longest, 'o', sizeof longest);
		snprintf(longest + n, sizeof longest - (size_t)n, "\n1\n" ROOT "\n");
		CHECK(dcf_checkpoint_read(dcf_span_of(longest), &head, NULL) ==
		      (n == DCF_KEY_NAME_MAX ? DCF_OK : DCF_E_SYNTAX));
	}
}

/* Text and extension may not smuggle a second head in: what is signed is read from its beginning. */
static void a_head_is_of_one_origin(void)
{
	struct dcf_signer a = signer_of(6, "a.example"), b = signer_of(7, "b.example");
	struct dcf_buf good = signed_head(5, &a, 1);
	struct dcf_vkey both[2] = { a.who, b.who };
	struct dcf_checkpoint head;
	struct dcf_note_error error;

	CHECK(open_bytes(good.p, good.len, &a) == DCF_OK);
	CHECK(open_bytes(good.p, good.len, &b) == DCF_E_NOT_FOUND);
	CHECK(dcf_checkpoint_open(dcf_buf_as_span(&good), both, 2, &head, NULL, &error) == DCF_E_NOT_FOUND && error.at == 0);
	CHECK(dcf_checkpoint_open(dcf_buf_as_span(&good), NULL, 0, &head, NULL, &error) == DCF_E_NOT_FOUND);
	dcf_buf_free(&good);
}

/* --- memory ------------------------------------------------------------------------------------------------------------------
 */

struct failing {
	unsigned calls, fail_at;
	int live;
};

static void *fail_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct failing *f = ctx;
	struct dcf_alloc a = dcf_alloc_heap();

	if (new_size && ++f->calls >= f->fail_at)
		return NULL;
	f->live += (p == NULL) - (new_size == 0);
	return a.resize(a.ctx, p, old_size, new_size);
}

static void signing_survives_any_failed_allocation(void)
{
	struct dcf_signer who = signer_of(8, "a.example");
	struct dcf_checkpoint head = { .origin = DCF_SPAN("a.example"), .size = 5 };
	enum dcf_status s = DCF_E_NOMEM;

	for (unsigned n = 1; s != DCF_OK; n++) {
		struct failing f = { .fail_at = n };
		struct dcf_alloc a = { fail_resize, &f };
		struct dcf_buf b = { .from = &a };

		s = dcf_checkpoint_sign(&b, &head, &who, 1);
		CHECK(s == DCF_OK || (s == DCF_E_NOMEM && b.failed));
		dcf_buf_free(&b);
		CHECK(f.live == 0 && n < 50);
	}
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(names_have_no_spaces_of_any_script), TAP(signs_the_published_note), TAP(verifies_the_published_note),
		       TAP(verifies_a_head_from_the_world), TAP(reads_the_note_of_the_specification), TAP(vkeys_come_back),
		       TAP(refuses_other_vkeys), TAP(no_byte_of_a_head_can_change), TAP(refuses_other_notes),
		       TAP(keeps_to_its_limits), TAP(says_who_signed), TAP(a_known_key_has_a_signature_of_its_length),
		       TAP(refuses_to_sign_what_no_note_can_have), TAP(reads_checkpoints), TAP(refuses_other_checkpoints),
		       TAP(a_head_is_of_one_origin), TAP(signing_survives_any_failed_allocation));
}
