/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - settings from each place, what wins, and what every mistake is told. */
#include "node/config.h"
#include "node/config_int.h"
#include "node/log.h"
#include "node/read_file.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dcf_alloc heap;

static enum dcf_status read_text(struct dcf_config *c, const char *text, struct dcf_node_error *err)
{
	err->text[0] = '\0';
	dcf_config_init(c, &heap);
	return dcf_config_text(c, dcf_span_of(text), "a.ini", err);
}

static void defaults_are_those_of_the_table(void)
{
	struct dcf_config c;
	struct dcf_buf b = { .from = &heap };
	enum dcf_status s;

	dcf_config_init(&c, &heap);
	CHECK(strcmp(c.server.listen, "127.0.0.1:8080") == 0 && *c.server.data == '\0' && !c.server.exercise);
	CHECK(c.limit.body == 8u << 20 && c.server.drain_us == 20000000 && c.log.level == DCF_LOG_INFO &&
	      c.log.format == DCF_LOG_TEXT);
	CHECK(c.auth.jwks_most_us == INT64_C(900000000) && c.auth.jwt_key.count == 0 && c.tls.client == DCF_CLIENT_NONE);
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];

		CHECK(row->help && *row->help && (row->value || row->kind == DCF_CONFIG_SWITCH));
		/* A default is a value that could be given, and is shown as it is written. */
		b.len = 0;
		if (dcf_config_is_list(row)) {
			CHECK(!*row->preset && !dcf_config_show(&c, i, 0, &b));
			continue;
		}
		CHECK_MSG(row->kind == DCF_CONFIG_TEXT ||
				  !dcf_config_set(&c, i, dcf_span_of(row->preset), DCF_CONFIG_IN_FILE, &s),
			  "%s", row->name);
		CHECK(dcf_config_show(&c, i, 0, &b) && !dcf_config_show(&c, i, 1, &b));
		b.len = 0;
		(void)dcf_config_show(&c, i, 0, &b);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&b), dcf_span_of(row->preset)), "%s: %.*s", row->name, (int)b.len, b.p);
	}
	dcf_buf_free(&b);
	dcf_config_free(&c);
}

static void names_are_one_of_a_kind(void)
{
	char a[64], b[64];

	for (size_t i = 0; i < dcf_config_row_count; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct dcf_config_row *r = &dcf_config_rows[i], *q = &dcf_config_rows[j];

			dcf_config_long_flag(r, a);
			dcf_config_long_flag(q, b);
			CHECK_MSG(strcmp(a, b) != 0, "%s", a);
			CHECK_MSG(!r->flag || (strcmp(r->flag, b) != 0 && (!q->flag || strcmp(r->flag, q->flag) != 0)), "%s",
				  r->flag);
			CHECK_MSG(!q->flag || strcmp(q->flag, a) != 0, "%s", q->flag);
			dcf_config_variable(r, a);
			dcf_config_variable(q, b);
			CHECK(strcmp(a, b) != 0);
			CHECK(r->offset != q->offset);
		}
		/* Sections stand together. */
		if (i && strcmp(dcf_config_rows[i].section, dcf_config_rows[i - 1].section) != 0)
			for (size_t j = 0; j < i; j++)
				CHECK(strcmp(dcf_config_rows[i].section, dcf_config_rows[j].section) != 0);
	}
}

static void a_file(void)
{
	struct dcf_config c;
	struct dcf_node_error err;

	CHECK_MSG(read_text(&c,
			    "\xef\xbb\xbf; comment\r\n# another\n\n[server]\r\n  data = /var/lib/x \n\tlisten=[::1]:9000 ; "
			    "why\nexercise = yes\nthreads : 4\n"
			    "[auth]\njwt_key = a b.pem\n  jwt_key = b.pem\njwt_audience=x\n[limit]\nbody = 64KiB\nidle = "
			    "1500ms\n[tls]\nclient=require\n"
			    "[server]\ndrain=2min\n[log]\nlevel=debug\nformat = json",
			    &err) == DCF_OK,
		  "%s", err.text);
	CHECK(strcmp(c.server.data, "/var/lib/x") == 0 && strcmp(c.server.listen, "[::1]:9000") == 0 && c.server.exercise &&
	      c.server.threads == 4);
	CHECK(c.auth.jwt_key.count == 2 && strcmp(c.auth.jwt_key.item[0], "a b.pem") == 0 &&
	      strcmp(c.auth.jwt_key.item[1], "b.pem") == 0);
	CHECK(c.limit.body == 65536 && c.limit.idle_us == 1500000 && c.tls.client == DCF_CLIENT_REQUIRE &&
	      c.server.drain_us == 120000000);
	CHECK(c.log.level == DCF_LOG_DEBUG && c.log.format == DCF_LOG_JSON);
	dcf_config_free(&c);
}

static const char long_line[] =
	"[server]\ndata = 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\n";

static const struct {
	const char *text, *expected;
} bad_files[] = {
	{ "listen = x:1\n",
	  "a.ini:1: 'listen' in [], which is no section; expected one of server, tls, auth, limit, record, line, exchange, uss, log" },
	{ "[sever]\nlisten = x:1\n", "a.ini:2: 'listen' in [sever], which is no section" },
	{ "[server]\n\nlistn = x:1\n", "a.ini:3: no key 'listn' in [server]; expected one of data, listen, allow_plain" },
	{ "[server]\nlisten\n", "a.ini:2: expected [section], name = value or a comment" },
	{ "[server\nlisten=x:1\n", "a.ini:1: expected [section], name = value or a comment" },
	{ "[server]\nlisten = 127.0.0.1:1\nlisten = 127.0.0.1:1\n", "a.ini:3: listen: given twice" },
	{ "[server]\nlisten = 8080\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = :8080\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = a:65536\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = ::1:80\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = [::1:80\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = []:80\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = a b:80\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = a:\n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nlisten = \n", "a.ini:2: listen: expected ADDR:PORT" },
	{ "[server]\nexercise = maybe\n", "a.ini:2: exercise: expected yes or no" },
	{ "[server]\nexercise =\n", "a.ini:2: exercise: expected yes or no" },
	{ "[server]\nthreads = -1\n", "a.ini:2: threads: expected a whole number" },
	{ "[server]\nthreads = 1e3\n", "a.ini:2: threads: expected a whole number" },
	{ "[server]\nthreads = 257\n", "a.ini:2: threads: expected 0 to 256" },
	{ "[server]\nthreads = 99999999999999999999\n", "a.ini:2: threads: expected a whole number" },
	{ "[limit]\nbody = 8 MiB\n", "a.ini:2: body: expected a size as 64KiB" },
	{ "[limit]\nbody = 8MB\n", "a.ini:2: body: expected a size as 64KiB" },
	{ "[limit]\nbody = 2GiB\n", "a.ini:2: body: expected 1KiB to 1GiB" },
	{ "[limit]\nbody = 9999999999GiB\n", "a.ini:2: body: expected a size as 64KiB" },
	{ "[limit]\nidle = 10\n", "a.ini:2: idle: expected a time as 500ms" },
	{ "[limit]\nidle = 1.5s\n", "a.ini:2: idle: expected a time as 500ms" },
	{ "[limit]\nidle = 2h\n", "a.ini:2: idle: expected 1s to 1h" },
	{ "[log]\nlevel = loud\n", "a.ini:2: level: expected one of debug|info|warn|error" },
	{ "[log]\nlevel = Info\n", "a.ini:2: level: expected one of debug|info|warn|error" },
	{ "[auth]\njwt_jwks = ftp://x\n", "a.ini:2: jwt_jwks: expected a URL that begins with https:// or http://" },
	{ "[auth]\njwt_key =\n", "a.ini:2: jwt_key: expected a value" },
	{ "[server]\ndata = a\x1b[31m\n", "a.ini:2: data: expected UTF-8 text without control characters" },
	{ "[server]\ndata = \xff\n", "a.ini:2: data: expected UTF-8 text" },
	{ "[server]\ndata = \xe2\x80\xae\n", "a.ini:2: data: expected UTF-8 text" },
	{ "[server]\n\x1b[31mx = 1\n", "a.ini:2: no key '?[31mx' in [server]" },
	{ long_line, "a.ini:2: a line of 207 bytes; expected at most 190" },
	{ "[auth]\njwt_issuer=1\njwt_issuer=2\njwt_issuer=3\njwt_issuer=4\njwt_issuer=5\njwt_issuer=6\njwt_issuer=7\njwt_"
	  "issuer=8\njwt_issuer=9\n"
	  "jwt_issuer=10\njwt_issuer=11\njwt_issuer=12\njwt_issuer=13\njwt_issuer=14\njwt_issuer=15\njwt_issuer=16\njwt_issuer="
	  "17\n",
	  "a.ini:18: jwt_issuer: expected at most 16" },
};

static void mistakes_in_a_file(void)
{
	struct dcf_config c;
	struct dcf_node_error err;

	for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
		enum dcf_status s = read_text(&c, bad_files[i].text, &err);

		CHECK_MSG(s != DCF_OK && s == err.code &&
				  strncmp(err.text, bad_files[i].expected, strlen(bad_files[i].expected)) == 0,
			  "%s: %s", bad_files[i].expected, err.text);
		dcf_config_free(&c);
	}
	dcf_config_init(&c, &heap);
	CHECK(dcf_config_text(&c, (struct dcf_span){ "[server]\ndata = a\0b\n", 20 }, "a.ini", &err) == DCF_E_SYNTAX &&
	      strstr(err.text, "a.ini:2: a NUL"));
	dcf_config_free(&c);
}

static char *argv_good[] = { "serve",
			     "--data",
			     "D",
			     "--listen",
			     "127.0.0.1:1",
			     "--jwt-key",
			     "a.pem",
			     "--jwt-key=b.pem",
			     "--jwt-jwks",
			     "https://x/y",
			     "--jwt-audience",
			     "here",
			     "--allow-http-uss",
			     "--time-based-notification-index",
			     "--exercise=no",
			     "--limit-body=1KiB",
			     "--server-drain",
			     "0s" };

static void the_command_line(void)
{
	struct dcf_config c;
	struct dcf_node_error err = { 0 };
	bool help = true;

	dcf_config_init(&c, &heap);
	CHECK_MSG(dcf_config_load(&c, sizeof argv_good / sizeof *argv_good, argv_good, NULL, &help, &err) == DCF_OK, "%s",
		  err.text);
	CHECK(!help && strcmp(c.server.data, "D") == 0 && c.auth.jwt_key.count == 2 && c.auth.jwt_jwks.count == 1 &&
	      c.auth.jwt_audience.count == 1);
	CHECK(c.uss.allow_http_uss && c.uss.time_based_notification_index && !c.server.exercise && c.limit.body == 1024 &&
	      c.server.drain_us == 0);
	dcf_config_free(&c);
}

static const struct {
	const char *arguments[4];
	const char *expected;
} bad_arguments[] = {
	{ { "x" }, "found 'x', expected an option" },
	{ { "-d" }, "found '-d', expected an option" },
	{ { "--" }, "found '--', expected an option" },
	{ { "--=x" }, "found '--=x', expected an option" },
	{ { "--lisen", "x" }, "no option '--lisen'" },
	{ { "--listen" }, "--listen: expected a value behind it" },
	{ { "--listen", "--data" }, "--listen: expected a value behind it" },
	{ { "--listen", "x" }, "--listen: expected ADDR:PORT" },
	{ { "--data=a", "--data", "b" }, "--data: given twice" },
	{ { "--data=a", "--server-data=b" }, "--server-data: given twice" },
	{ { "--exercise=2" }, "--exercise: expected yes or no" },
	{ { "--limit-rate", "-1" }, "--limit-rate: expected a whole number" },
	{ { "--config", "/no/such/file" }, "/no/such/file: cannot be read" },
	{ { "--config" }, "--config: expected a value behind it" },
	{ { "--config=/dev/null", "--config=/dev/null" }, "--config: given twice" },
	{ { "--config=/dev/null" }, "/dev/null: is no regular file" },
	{ { "--listen=127.0.0.1:1" }, "server.data: expected a data folder" },
};

static void mistakes_on_the_command_line(void)
{
	for (size_t i = 0; i < sizeof bad_arguments / sizeof *bad_arguments; i++) {
		struct dcf_node_error err = { 0 };
		struct dcf_config c;
		char *argv[6] = { "serve" };
		int argc = 1;

		for (int k = 0; k < 4 && bad_arguments[i].arguments[k]; k++)
			argv[argc++] = (char *)(uintptr_t)bad_arguments[i].arguments[k];
		dcf_config_init(&c, &heap);
		CHECK_MSG(dcf_config_load(&c, argc, argv, NULL, NULL, &err) != DCF_OK &&
				  strncmp(err.text, bad_arguments[i].expected, strlen(bad_arguments[i].expected)) == 0,
			  "%s: %s", bad_arguments[i].expected, err.text);
		dcf_config_free(&c);
	}
}

static void help_comes_first(void)
{
	char *argv[] = { "serve", "--nonsense", "-h" };
	struct dcf_config c;
	bool help;

	dcf_config_init(&c, &heap);
	CHECK(dcf_config_load(&c, 3, argv, NULL, &help, NULL) == DCF_OK && help);
	argv[2] = "--help";
	CHECK(dcf_config_load(&c, 3, argv, NULL, &help, NULL) == DCF_OK && help);
	dcf_config_free(&c);
}

static void later_places_win(void)
{
	char name[] = "/tmp/deconflict-ini-XXXXXX", file_flag[60];
	char *argv[] = { "serve", file_flag, "--data=flag", "--jwt-key=flag.pem" };
	char *envp[] = { "PATH=/bin",
			 "DECONFLICT_SERVER_DATA=env",
			 "DECONFLICT_SERVER_LISTEN=127.0.0.1:2",
			 "DECONFLICT_AUTH_JWT_KEY=e1.pem  e2.pem",
			 "DECONFLICT_AUTH_JWT_AUDIENCE=a b\tc ",
			 "DECONFLICT_SERVICE_HOST=10.0.0.1",
			 "DECONFLICT_PORT=tcp://10.0.0.1:1",
			 NULL };
	int fd = mkstemp(name);
	static const char text[] =
		"[server]\ndata=file\nlisten=127.0.0.1:1\nthreads=7\n[auth]\njwt_key=f.pem\njwt_audience=f\njwt_issuer=i\n";
	struct dcf_node_error err = { 0 };
	struct dcf_buf shown = { .from = &heap };
	struct dcf_config c, again;

	CHECK(write(fd, text, sizeof text - 1) == sizeof text - 1);
	close(fd);
	(void)snprintf(file_flag, sizeof file_flag, "--config=%s", name);
	dcf_config_init(&c, &heap);
	CHECK_MSG(dcf_config_load(&c, 4, argv, envp, NULL, &err) == DCF_OK, "%s", err.text);
	CHECK(strcmp(c.server.data, "flag") == 0 && strcmp(c.server.listen, "127.0.0.1:2") == 0 && c.server.threads == 7);
	CHECK(c.auth.jwt_key.count == 1 && strcmp(c.auth.jwt_key.item[0], "flag.pem") == 0);
	CHECK(c.auth.jwt_audience.count == 3 && strcmp(c.auth.jwt_audience.item[2], "c") == 0 && c.auth.jwt_issuer.count == 1);
	CHECK(strcmp(c.file, name) == 0);
	/* What is shown is a file that says the same. */
	dcf_config_put(&c, &shown);
	dcf_buf_char(&shown, '\0');
	CHECK(strstr(shown.p, "data = flag   ; command line\n") && strstr(shown.p, "listen = 127.0.0.1:2   ; environment\n") &&
	      strstr(shown.p, "threads = 7   ; file\n") && strstr(shown.p, "drain = 20s   ; default\n"));
	dcf_config_init(&again, &heap);
	CHECK_MSG(dcf_config_text(&again, (struct dcf_span){ shown.p, shown.len - 1 }, "shown", &err) == DCF_OK, "%s",
		  err.text);
	CHECK(strcmp(again.server.data, "flag") == 0 && again.auth.jwt_audience.count == 3 && again.limit.body == c.limit.body);
	dcf_config_free(&again);
	dcf_config_free(&c);
	/* The file's name from the environment. */
	(void)snprintf(file_flag, sizeof file_flag, "DECONFLICT_CONFIG=%s", name);
	envp[0] = file_flag;
	envp[1] = NULL;
	dcf_config_init(&c, &heap);
	CHECK(dcf_config_load(&c, 1, argv, envp, NULL, &err) == DCF_OK && strcmp(c.server.data, "file") == 0);
	dcf_config_free(&c);
	dcf_buf_free(&shown);
	unlink(name);
}

static void mistakes_in_the_environment(void)
{
	static const struct {
		const char *entry, *expected;
	} bad[] = { { "DECONFLICT_SERVER_LISTN=x", "DECONFLICT_SERVER_LISTN: no such setting" },
		    { "DECONFLICT_SERVER_LISTEN=x", "DECONFLICT_SERVER_LISTEN: expected ADDR:PORT" },
		    { "DECONFLICT_LIMIT_BODY=1", "DECONFLICT_LIMIT_BODY: expected 1KiB to 1GiB" },
		    { "DECONFLICT_AUTH_JWT_JWKS=https://x y", "DECONFLICT_AUTH_JWT_JWKS: expected a URL" } };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *envp[] = { (char *)(uintptr_t)bad[i].entry, NULL };
		struct dcf_node_error err = { 0 };
		struct dcf_config c;

		dcf_config_init(&c, &heap);
		CHECK_MSG(dcf_config_environment(&c, envp, &err) != DCF_OK &&
				  strncmp(err.text, bad[i].expected, strlen(bad[i].expected)) == 0,
			  "%s", err.text);
		dcf_config_free(&c);
	}
}

#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void settings_that_make_no_sense_together(void)
{
	static const struct {
		const char *text, *expected; /* NULL: fine */
	} cases[] = {
		{ "", "server.data" },
		{ "[server]\ndata=d\n", NULL },
		{ "[server]\ndata=d\nlisten=0.0.0.0:1\n", "server.listen: HTTP without TLS" },
		{ "[server]\ndata=d\nlisten=[::]:1\n", "server.listen: HTTP without TLS" },
		{ "[server]\ndata=d\nlisten=node.example:1\n", "server.listen: HTTP without TLS" },
		{ "[server]\ndata=d\nlisten=127.0.0.1.example:1\n", "server.listen: HTTP without TLS" },
		{ "[server]\ndata=d\nlisten=0.0.0.0:1\nallow_plain=yes\n", NULL },
		{ "[server]\ndata=d\nlisten=0.0.0.0:1\n[tls]\ncertificate=c\nkey=k\n", NULL },
		{ "[server]\ndata=d\n[tls]\ncertificate=c\n", "tls.certificate and tls.key" },
		{ "[server]\ndata=d\n[tls]\nkey=c\n", "tls.certificate and tls.key" },
		{ "[server]\ndata=d\n[tls]\nclient=require\n", "tls.client: client certificates need" },
		{ "[server]\ndata=d\n[tls]\ncertificate=c\nkey=k\nclient=require\n",
		  "tls.client: expected tls.pin or tls.client_ca" },
		{ "[server]\ndata=d\n[tls]\ncertificate=c\nkey=k\nclient=require\nclient_ca=a\n", NULL },
		{ "[server]\ndata=d\n[tls]\ncertificate=c\nkey=k\nclient=ask\npin=" PIN "\n", NULL },
		{ "[server]\ndata=d\n[tls]\ncertificate=c\nkey=k\npin=" PIN "\n", "tls.pin: pinned client certificates need" },
		{ "[server]\ndata=d\n[tls]\ncertificate=c\nkey=k\nclient=ask\npin=sha256//AAAA\n",
		  "tls.pin: expected sha256//" },
		{ "[server]\ndata=d\n[auth]\njwt_key=k\n", "auth.jwt_audience" },
		{ "[server]\ndata=d\n[auth]\njwt_jwks=https://x/\n", "auth.jwt_audience" },
		{ "[server]\ndata=d\n[auth]\njwks_least=20min\n", "auth.jwks_least" },
		{ "[server]\ndata=d\n[auth]\njwks_keep=1min\n", "auth.jwks_keep" },
		{ "[server]\ndata=d\n[limit]\nconnections=5\nstreams=1\n", "limit.connections_per_address" },
		{ "[server]\ndata=d\n[limit]\nstreams=1001\n", "limit.streams" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a\n", NULL },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=http://dss.example:8082/dss\n", NULL },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://[2001:db8::1]:443/\n", NULL },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://192.0.2.1/a%20b\n", NULL },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=ftp://a\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=dss.example\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https:///x\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://:80\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a:\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a:0\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a:65536/\n",
		  "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a:80x\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://u@a\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a?b\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a/#b\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a/ b\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://[::1\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://[]/\n", "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a:80:80\n",
		  "exchange.public_endpoint: expected a URL" },
		{ "[server]\ndata=d\n[exchange]\npublic_endpoint=https://a/\"b\n", "exchange.public_endpoint: expected a URL" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_node_error err = { 0 };
		struct dcf_config c;
		enum dcf_status s;

		CHECK_MSG(read_text(&c, cases[i].text, &err) == DCF_OK, "%s", err.text);
		s = dcf_config_check(&c, &err);
		CHECK_MSG(cases[i].expected
				  ? s == DCF_E_USAGE && strncmp(err.text, cases[i].expected, strlen(cases[i].expected)) == 0
				  : s == DCF_OK,
			  "%zu: %s", i, err.text);
		dcf_config_free(&c);
	}
}

static void loopback(void)
{
	static const char *const yes[] = { "127.0.0.1:1", "127.255.1.2:1", "[::1]:1", "localhost:1" };
	static const char *const no[] = {
		"0.0.0.0:1",    "[::]:1", "128.0.0.1:1", "127.0.0.1", "127.1.evil:1", "[::ffff:127.0.0.1]:1",
		"Xlocalhost:1", "",       ":1",          "[]:1"
	};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		CHECK_MSG(dcf_config_is_loopback(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		CHECK_MSG(!dcf_config_is_loopback(no[i]), "%s", no[i]);
}

static void quantities(void)
{
	struct dcf_buf b = { .from = &heap };
	int64_t v;

	CHECK(dcf_config_take_time(DCF_SPAN("1d"), &v) && v == INT64_C(86400000000) &&
	      dcf_config_take_time(DCF_SPAN("0ms"), &v) && v == 0);
	CHECK(!dcf_config_take_time(DCF_SPAN(""), &v) && !dcf_config_take_time(DCF_SPAN("s"), &v) &&
	      !dcf_config_take_time(DCF_SPAN("106751992d"), &v));
	CHECK(dcf_config_take_time(DCF_SPAN("106751991d"), &v) && dcf_config_take_size(DCF_SPAN("9223372036854775807"), &v) &&
	      v == INT64_MAX);
	CHECK(!dcf_config_take_size(DCF_SPAN("9223372036854775808"), &v) && !dcf_config_take_size(DCF_SPAN("-1"), &v));
	dcf_config_put_time(&b, 90000000);
	dcf_config_put_time(&b, INT64_C(7200000000));
	dcf_config_put_size(&b, 3 << 20);
	dcf_config_put_size(&b, 1025);
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&b), DCF_SPAN("90s2h3MiB1025")), "%.*s", (int)b.len, b.p);
	dcf_buf_free(&b);
}

static void the_example_is_the_default(void)
{
	struct dcf_buf b = { .from = &heap };
	struct dcf_node_error err = { 0 };
	struct dcf_config c, d;

	dcf_config_put_example(&b);
	dcf_config_init(&c, &heap);
	dcf_config_init(&d, &heap);
	CHECK_MSG(dcf_config_text(&c, dcf_buf_as_span(&b), "example", &err) == DCF_OK, "%s", err.text);
	CHECK(strcmp(c.server.listen, d.server.listen) == 0 && memcmp(&c.limit, &d.limit, sizeof c.limit) == 0 &&
	      c.auth.jwt_key.count == 0);
	b.len = 0;
	dcf_config_put_help(&b);
	dcf_buf_char(&b, '\0');
	for (const char *p = b.p, *end; (end = strchr(p, '\n')) != NULL; p = end + 1)
		CHECK_MSG(end - p <= 110, "%.*s", (int)(end - p), p);
	CHECK(strstr(b.p, "--jwt-key FILE   [auth] jwt_key   (may be given again)\n") &&
	      strstr(b.p, "--listen ADDR:PORT   [server] listen = 127.0.0.1:8080\n"));
	b.len = 0;
	dcf_config_put_mdoc(&b);
	dcf_buf_char(&b, '\0');
	CHECK(strstr(b.p, ".It Ic listen = Ar ADDR:PORT\n") && strstr(b.p, ".Ev DECONFLICT_SERVER_LISTEN"));
	dcf_config_free(&c);
	dcf_config_free(&d);
	dcf_buf_free(&b);
}

struct failing {
	int left, live;
};

static void *failing_resize(void *ctx, void *p, size_t old, size_t n)
{
	struct failing *f = ctx;

	(void)old;
	if (n == 0) {
		f->live--;
		free(p);
		return NULL;
	}
	if (f->left-- <= 0)
		return NULL;
	f->live += p == NULL;
	return realloc(p, n);
}

static void memory_that_runs_out(void)
{
	bool done = false;

	for (int n = 0; !done; n++) {
		struct failing f = { .left = n };
		struct dcf_alloc a = { failing_resize, &f };
		struct dcf_node_error err = { 0 };
		struct dcf_config c;
		enum dcf_status s;

		dcf_config_init(&c, &a);
		s = dcf_config_load(&c, sizeof argv_good / sizeof *argv_good, argv_good, NULL, NULL, &err);
		done = s == DCF_OK;
		CHECK_MSG(done || (s == DCF_E_NOMEM && strstr(err.text, "no memory")), "%d: %s", n, err.text);
		dcf_config_free(&c);
		CHECK(f.live == 0 && (!done || n > 0));
	}
}

static const char *example_path;

/* data/deconflict.ini is what the table says: after a change, write it anew (what is printed behind "expected"). */
static void the_example_file_is_of_this_table(void)
{
	struct dcf_buf b = { .from = &heap }, file = { .from = &heap };
	struct dcf_node_error err = { 0 };

	dcf_config_put_example(&b);
	CHECK_MSG(dcf_node_read_file(example_path, DCF_CONFIG_FILE, &file, &err) == DCF_OK, "%s", err.text);
	if (!dcf_span_eq(dcf_buf_as_span(&b), dcf_buf_as_span(&file))) {
		CHECK_MSG(false, "the example file is not of this table");
		printf("# expected\n%.*s# end\n", (int)b.len, b.p);
	}
	dcf_buf_free(&b);
	dcf_buf_free(&file);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	example_path = argc > 1 ? argv[1] : "data/deconflict.ini";
	return TAP_RUN(TAP(defaults_are_those_of_the_table), TAP(names_are_one_of_a_kind), TAP(a_file), TAP(mistakes_in_a_file),
		       TAP(the_command_line), TAP(mistakes_on_the_command_line), TAP(help_comes_first), TAP(later_places_win),
		       TAP(mistakes_in_the_environment), TAP(settings_that_make_no_sense_together), TAP(loopback),
		       TAP(quantities), TAP(the_example_is_the_default), TAP(the_example_file_is_of_this_table),
		       TAP(memory_that_runs_out));
}
