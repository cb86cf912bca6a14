/* SPDX-License-Identifier: Apache-2.0 */
/* test_aux.c - the pool's mark read as a client reads it, heartbeats against a plain list, certificates from files of every
 * kind. */
#include "crypto/init.h"
#include "crypto/text.h"
#include "node/api_aux.h"
#include "node/config.h"
#include "node/line_key.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define HOUR INT64_C(3600000000)
#define NOW  (INT64_C(1800000000) * 1000000 + 123456)

static struct dcf_alloc heap;
static struct dcf_config config;
static struct dcf_clock_manual hands;
static struct dcf_signing_key key[2];
static struct dcf_signer signer[2];

static void begin(const char *origin, const char *pool)
{
	heap = dcf_alloc_heap();
	dcf_config_init(&config, &heap);
	config.exchange.pool = pool;
	hands.wall_us = NOW;
	hands.mono_us = 0;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t seed[DCF_SEED_BYTES] = { (uint8_t)(i + 1) };

		dcf_signing_key_from_seed(&key[i], seed);
		CHECK(dcf_signer_make(&signer[i], dcf_span_of(origin), &key[i]) == DCF_OK);
	}
}

static struct dcf_aux *aux_new(void)
{
	struct dcf_node_error err = { .code = DCF_OK };
	struct dcf_aux *aux = NULL;

	CHECK_MSG(dcf_aux_new(&heap, &config, dcf_clock_manual_of(&hands), &aux, &err) == DCF_OK, "%s", err.text);
	return aux;
}

/* --- the mark ------------------------------------------------------------------------------------------- */

struct mark {
	char pool[300], hour[64], by[300], sig[256];
};

static const char *read_string(const char *p, char *out)
{
	static const char hex[] = "0123456789ABCDEF";

	CHECK(*p == '"');
	for (p++; *p && *p != '"'; p++) {
		CHECK(*p >= 0x20 && *p < 0x7f && *p != '\\');
		if (*p == '%') {
			const char *high = strchr(hex, p[1]), *low = strchr(hex, p[2]);

			CHECK(high && low);
			*out++ = (char)((high - hex) * 16 + (low - hex));
			p += 2;
		} else {
			*out++ = *p;
		}
	}
	*out = 0;
	return p + 1;
}

static const char *skip(const char *p, const char *word)
{
	CHECK_MSG(strncmp(p, word, strlen(word)) == 0, "%s at %s", word, p);
	return p + strlen(word);
}

/* The header as a client takes it apart; false when there is none. */
static bool take_mark(struct dcf_aux *aux, struct mark *m)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_http_request rq = { .arena = &arena };
	struct dcf_http_reply reply = { .request = &rq };
	bool there;
	const char *p;
	size_t n;

	memset(m, 0, sizeof *m);
	dcf_aux_mark(aux, &reply);
	there = reply.header_count == 1;
	CHECK(reply.header_count <= 1 && !reply.bad_header);
	if (there) {
		CHECK(dcf_span_eq(reply.headers[0].name, DCF_SPAN("Deconflict-Pool")));
		p = read_string(reply.headers[0].value.p, m->pool);
		p = read_string(skip(p, ";hour="), m->hour);
		p = read_string(skip(p, ";by="), m->by);
		p = skip(p, ";sig=:");
		n = strcspn(p, ":");
		CHECK(n < sizeof m->sig && strcmp(p + n, ":") == 0);
		memcpy(m->sig, p, n < sizeof m->sig ? n : 0);
	}
	dcf_arena_free(&arena);
	return there;
}

/* Did the holder of `who` sign it?  All that a client has is the mark and the verifier key. */
static bool holds(const struct mark *m, const struct dcf_vkey *who)
{
	char text[2048];
	int n = snprintf(text, sizeof text, "deconflict-pool-v1\n%s\n%s\n\n\xe2\x80\x94 %s %s\n", m->pool, m->hour, m->by,
			 m->sig);
	struct dcf_note note;
	uint64_t by = 0;

	CHECK(n > 0 && (size_t)n < sizeof text);
	return dcf_note_read((struct dcf_span){ text, (size_t)n }, &note, NULL) == DCF_OK &&
	       dcf_note_verify(&note, who, 1, &by) == DCF_OK && by == 1;
}

static void a_client_verifies_the_mark(void)
{
	static const char *const pools[] = { "", "pool.example/north", "a \"quoted\" \\ 100% name",
					     "Berlin-\xc3\xa4\xc3\xb6\xc3\xbc", "7" };
	static const char *const origins[] = { "example.com/dss", "\xc3\xa9xample/%22", "deconflict-pool-v1" };

	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
		for (size_t k = 0; k < sizeof origins / sizeof *origins; k++) {
			struct dcf_aux *aux;
			struct mark m;

			begin(origins[k], pools[i]);
			aux = aux_new();
			CHECK(!take_mark(aux, &m));
			dcf_aux_signer(aux, &signer[0]);
			CHECK(take_mark(aux, &m));
			CHECK_MSG(strcmp(m.pool, *pools[i] ? pools[i] : origins[k]) == 0 && strcmp(m.by, origins[k]) == 0,
				  "%s by %s", m.pool, m.by);
			CHECK_MSG(strcmp(m.hour, "2027-01-15T08:00:00Z") == 0, "%s", m.hour);
			CHECK(holds(&m, &signer[0].who) && !holds(&m, &signer[1].who));
			m.pool[0] ^= 1;
			CHECK(!holds(&m, &signer[0].who));
			dcf_aux_free(aux);
			dcf_config_free(&config);
		}
	}
}

static void names_that_could_be_two_are_refused(void)
{
	static const char *const bad[] = { "a\nb", "a\x7f", "\t", "\xff", "a\xc3" };
	char longest[DCF_KEY_NAME_MAX + 2];
	struct dcf_node_error err;
	struct dcf_aux *aux = NULL;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin("example.com/dss", bad[i]);
		CHECK(dcf_aux_new(&heap, &config, dcf_clock_manual_of(&hands), &aux, &err) == DCF_E_USAGE && !aux);
		dcf_config_free(&config);
	}
	memset(longest, '%', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	begin(longest + 1, longest);
	CHECK(dcf_aux_new(&heap, &config, dcf_clock_manual_of(&hands), &aux, &err) == DCF_E_USAGE && !aux);
	config.exchange.pool = longest + 1;
	for (size_t i = 0; i < 2; i++, config.exchange.pool = "") {
		struct mark m;

		aux = aux_new();
		dcf_aux_signer(aux, &signer[0]);
		CHECK(take_mark(aux, &m) && strcmp(m.pool, longest + 1) == 0 && holds(&m, &signer[0].who));
		dcf_aux_free(aux);
	}
	dcf_config_free(&config);
}

static void an_hour_has_one_mark(void)
{
	struct mark first, m;
	struct dcf_aux *aux;

	begin("example.com/dss", "p");
	aux = aux_new();
	dcf_aux_signer(aux, &signer[0]);
	CHECK(take_mark(aux, &first));
	hands.wall_us = NOW - NOW % HOUR + HOUR - 1;
	CHECK(take_mark(aux, &m) && memcmp(&m, &first, sizeof m) == 0);
	hands.wall_us++;
	CHECK(take_mark(aux, &m) && strcmp(m.hour, "2027-01-15T09:00:00Z") == 0 && strcmp(m.sig, first.sig) != 0 &&
	      holds(&m, &signer[0].who));
	hands.wall_us = NOW; /* set back */
	CHECK(take_mark(aux, &m) && memcmp(&m, &first, sizeof m) == 0);
	hands.wall_us = -1;
	CHECK(take_mark(aux, &m) && strcmp(m.hour, "1969-12-31T23:00:00Z") == 0 && holds(&m, &signer[0].who));
	dcf_aux_signer(aux, &signer[1]);
	CHECK(take_mark(aux, &m) && holds(&m, &signer[1].who) && !holds(&m, &signer[0].who));
	dcf_aux_free(aux);
	dcf_config_free(&config);
}

/* The record's key signs both: neither is ever the other. */
static void a_mark_is_no_head_of_a_record(void)
{
	struct dcf_buf out = { .from = &heap };
	struct dcf_json j = { .out = &out };
	struct dcf_checkpoint head;
	struct dcf_aux *aux;
	struct dcf_buf note = { .from = &heap };
	const char *at;

	begin("deconflict-pool-v1", "123");
	aux = aux_new();
	dcf_aux_signer(aux, &signer[0]);
	dcf_json_begin(&j, '{');
	dcf_aux_put_pool(aux, &j);
	dcf_json_end(&j, '}');
	dcf_buf_char(&out, 0);
	at = strstr(out.p, "\"note\":\"");
	CHECK(at != NULL);
	for (at += 8; at && *at && *at != '"'; at++) {
		bool line = at[0] == '\\' && at[1] == 'n';

		dcf_buf_char(&note, line ? '\n' : *at);
		at += line;
	}
	CHECK(dcf_checkpoint_open(dcf_buf_as_span(&note), &signer[0].who, 1, &head, NULL, NULL) != DCF_OK);
	dcf_buf_free(&note);
	dcf_buf_free(&out);
	dcf_aux_free(aux);
	dcf_config_free(&config);
}

/* --- heartbeats ----------------------------------------------------------------------------------------- */

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint64_t draw(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static struct dcf_span name_of(char *to, char letter, uint64_t n)
{
	to[0] = letter;
	to[1] = (char)('A' + n / 26);
	to[2] = (char)('a' + n % 26);
	return (struct dcf_span){ to, 3 };
}

static void the_last_sign_of_life_comes_first(void)
{
	static struct dcf_heartbeat beat[DCF_AUX_HEARTBEATS];
	struct dcf_aux *aux;
	uint64_t told = 1; /* the one of its own */
	size_t n;

	begin("example.com/dss", "");
	aux = aux_new();
	n = dcf_aux_beats(aux, beat);
	CHECK(n == 1 && beat[0].reporter_length == 0 && beat[0].index == 0 && beat[0].at_us == NOW &&
	      beat[0].next_us == DCF_AUX_NO_TIME);
	CHECK(beat[0].source_length == 7 && memcmp(beat[0].source, "Startup", 7) == 0);
	printf("# seed %llx\n", (unsigned long long)seed);
	for (int round = 0; round < 3000; round++) {
		char reporter[3], source[3];
		struct dcf_span who = name_of(reporter, 'r', draw(12)), what = name_of(source, 's', draw(12));
		int64_t at = hands.wall_us + (int64_t)draw(20) - 10;

		hands.wall_us += (int64_t)draw(3);
		dcf_aux_beat(aux, who, what, at, DCF_AUX_NO_TIME);
		told++;
		n = dcf_aux_beats(aux, beat);
		CHECK(n <= DCF_AUX_HEARTBEATS && n <= told);
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < i; k++)
				CHECK(beat[i].index != beat[k].index && (beat[i].reporter_length != beat[k].reporter_length ||
									 memcmp(beat[i].reporter, beat[k].reporter, 3) != 0 ||
									 memcmp(beat[i].source, beat[k].source, 3) != 0));
			if (i)
				CHECK(beat[i - 1].index > beat[i].index);
		}
		/* What came last is first, as it was said. */
		CHECK(beat[0].index == told - 1 && beat[0].at_us == at && memcmp(beat[0].reporter, reporter, 3) == 0 &&
		      memcmp(beat[0].source, source, 3) == 0);
	}
	CHECK(n == DCF_AUX_HEARTBEATS);
	/* A time to come hides nothing. */
	dcf_aux_beat(aux, DCF_SPAN("x"), DCF_SPAN("y"), NOW + 1000 * HOUR, NOW + 2000 * HOUR);
	hands.wall_us += 20;
	dcf_aux_beat(aux, DCF_SPAN("x"), DCF_SPAN("z"), hands.wall_us, DCF_AUX_NO_TIME);
	n = dcf_aux_beats(aux, beat);
	CHECK(beat[0].source_length == 1 && beat[0].source[0] == 'z' && beat[1].source[0] == 'y' &&
	      beat[1].next_us == NOW + 2000 * HOUR);
	dcf_aux_free(aux);
	dcf_config_free(&config);
}

/* --- certificates --------------------------------------------------------------------------------------- */

static void certificates_alone_are_told_of(void)
{
	struct dcf_buf cert = { .from = &heap }, secret = { .from = &heap }, both = { .from = &heap }, out = { .from = &heap };
	struct dcf_node_error err = { .code = DCF_OK };
	char text[64];

	begin("example.com/dss", "");
	CHECK(dcf_line_certificate(&key[0], &cert, &secret, &err) == DCF_OK);
	dcf_buf_z(&both, "Subject: somebody\n# told by hand\n");
	dcf_buf_span(&both, dcf_buf_as_span(&cert));
	dcf_buf_z(&both, "\n");
	dcf_buf_span(&both, dcf_buf_as_span(&cert));
	CHECK(dcf_aux_read_certs(dcf_buf_as_span(&both), "two", &out, &err) == DCF_OK);
	dcf_buf_char(&out, 0);
	CHECK(strncmp(out.p, "\"-----BEGIN CERTIFICATE-----\\n", 30) == 0 &&
	      strstr(out.p, "-----END CERTIFICATE-----\\n\",\"-----BEGIN"));
	CHECK(!strstr(out.p, "somebody"));
	out.len = 0;
	dcf_buf_span(&both, dcf_buf_as_span(&secret));
	CHECK(dcf_aux_read_certs(dcf_buf_as_span(&both), "three", &out, &err) == DCF_E_REFUSED &&
	      strstr(err.text, "three: found the block"));
	CHECK(dcf_aux_read_certs(DCF_SPAN(""), "none", &out, &err) == DCF_E_SYNTAX &&
	      strcmp(err.text, "none: no certificate") == 0);
	CHECK(dcf_aux_read_certs((struct dcf_span){ NULL, 0 }, "none", &out, &err) == DCF_E_SYNTAX);
	for (size_t n = 60; n + 2 < cert.len; n += 7) {
		out.len = 0;
		snprintf(text, sizeof text, "cut at %zu", n);
		CHECK_MSG(dcf_aux_read_certs((struct dcf_span){ cert.p, n }, text, &out, &err) == DCF_E_SYNTAX, "%s", text);
	}
	dcf_wipe(secret.p, secret.len);
	dcf_buf_free(&cert);
	dcf_buf_free(&secret);
	dcf_buf_free(&both);
	dcf_buf_free(&out);
	dcf_config_free(&config);
}

static void put_file(const char *path, struct dcf_span text)
{
	FILE *f = fopen(path, "w");

	CHECK(f && fwrite(text.p, 1, text.len, f) == text.len && fclose(f) == 0);
}

/* "-" where no file is named. */
static void expect_certs(struct dcf_aux *aux, enum dcf_aux_certs which, const char *begins)
{
	struct dcf_buf out = { .from = &heap };
	struct dcf_json j = { .out = &out };
	bool has;

	dcf_json_begin(&j, '[');
	has = dcf_aux_put_certs(aux, which, &j);
	dcf_buf_char(&out, 0);
	CHECK_MSG(has == (*begins != '-') && (!has || strncmp(out.p, begins, strlen(begins)) == 0), "%s", out.p);
	dcf_buf_free(&out);
}

static void a_bad_file_changes_nothing(void)
{
	char path[] = "/tmp/dcf-aux-XXXXXX";
	int fd = mkstemp(path);
	struct dcf_buf cert = { .from = &heap }, secret = { .from = &heap };
	struct dcf_node_error err = { .code = DCF_OK };
	struct dcf_aux *aux = NULL;

	CHECK(fd >= 0);
	close(fd);
	begin("example.com/dss", "");
	CHECK(dcf_line_certificate(&key[0], &cert, &secret, &err) == DCF_OK);
	config.exchange.ca_certs = path;
	CHECK(dcf_aux_new(&heap, &config, dcf_clock_manual_of(&hands), &aux, &err) == DCF_E_SYNTAX && strstr(err.text, path) &&
	      !aux);
	put_file(path, dcf_buf_as_span(&cert));
	aux = aux_new();
	expect_certs(aux, DCF_AUX_OWN_CAS, "[\"-----BEGIN CERTIFICATE-----");
	expect_certs(aux, DCF_AUX_ACCEPTED_CAS, "-");
	put_file(path, dcf_buf_as_span(&secret));
	CHECK(dcf_aux_reload(aux, &err) == DCF_E_REFUSED);
	expect_certs(aux, DCF_AUX_OWN_CAS, "[\"-----BEGIN CERTIFICATE-----");
	unlink(path);
	CHECK(dcf_aux_reload(aux, &err) == DCF_E_IO);
	expect_certs(aux, DCF_AUX_OWN_CAS, "[\"-----BEGIN CERTIFICATE-----");
	dcf_wipe(secret.p, secret.len);
	dcf_buf_free(&cert);
	dcf_buf_free(&secret);
	dcf_aux_free(aux);
	dcf_config_free(&config);
}

/* --- threads -------------------------------------------------------------------------------------------- */

static atomic_bool stop;

static void *ask(void *ctx)
{
	struct dcf_aux *aux = ctx;

	while (!atomic_load(&stop)) {
		struct dcf_heartbeat beat[DCF_AUX_HEARTBEATS];
		struct mark m;

		CHECK(take_mark(aux, &m) && (holds(&m, &signer[0].who) || holds(&m, &signer[1].who)));
		dcf_aux_beat(aux, DCF_SPAN("a"), DCF_SPAN("b"), 1, 2);
		CHECK(dcf_aux_beats(aux, beat) >= 1);
	}
	return NULL;
}

static void keys_change_while_replies_are_marked(void)
{
	pthread_t thread[3];
	struct dcf_aux *aux;

	begin("example.com/dss", "");
	aux = aux_new();
	dcf_aux_signer(aux, &signer[0]);
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_create(&thread[i], NULL, ask, aux) == 0);
	for (unsigned i = 0; i < 300; i++) {
		atomic_fetch_add(&hands.wall_us, HOUR / 3);
		dcf_aux_signer(aux, &signer[i & 1]);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	dcf_aux_free(aux);
	dcf_config_free(&config);
}

int main(void)
{
	heap = dcf_alloc_heap();
	if (dcf_crypto_init() != DCF_OK)
		return 1;
	return TAP_RUN(TAP(a_client_verifies_the_mark), TAP(names_that_could_be_two_are_refused), TAP(an_hour_has_one_mark),
		       TAP(a_mark_is_no_head_of_a_record), TAP(the_last_sign_of_life_comes_first),
		       TAP(certificates_alone_are_told_of), TAP(a_bad_file_changes_nothing),
		       TAP(keys_change_while_replies_are_marked));
}
