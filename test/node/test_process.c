/* SPDX-License-Identifier: Apache-2.0 */
/* test_process.c - clocks, the log, metrics, and what the service manager hears. */
#include "node/clock.h"
#include "node/log.h"
#include "node/metrics.h"
#include "node/notify.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "format/json.h"
#include "format/feed.h"

static struct dcf_alloc heap;

/* --- clocks ------------------------------------------------------------------------------------------------- */

static void the_system_clock_goes(void)
{
	struct dcf_clock c = dcf_clock_system();
	int64_t wall = dcf_clock_wall_us(&c), mono = dcf_clock_mono_us(&c);

	usleep(2000);
	CHECK(wall > INT64_C(1700000000000000));
	CHECK(dcf_clock_mono_us(&c) >= mono + 2000);
}

static void time_in_entries_never_goes_back(void)
{
	struct dcf_clock_manual m = { .wall_us = 1000 };
	struct dcf_entry_clock e;

	dcf_entry_clock_init(&e, dcf_clock_manual_of(&m), INT64_MIN);
	CHECK(dcf_entry_clock_behind_us(&e) == 0);
	CHECK(dcf_entry_clock_now_us(&e) == 1000);
	atomic_store(&m.wall_us, 400);
	CHECK(dcf_entry_clock_now_us(&e) == 1000);
	CHECK(dcf_entry_clock_behind_us(&e) == 600);
	dcf_clock_manual_pass(&m, 601);
	CHECK(dcf_entry_clock_now_us(&e) == 1001);
	CHECK(dcf_entry_clock_behind_us(&e) == 0);
	/* Opened again with the record's last time. */
	dcf_entry_clock_init(&e, dcf_clock_manual_of(&m), 5000);
	CHECK(dcf_entry_clock_now_us(&e) == 5000);
}

struct racer {
	struct dcf_entry_clock *clock;
	struct dcf_clock_manual *hands;
	bool bad;
};

static void *race(void *ctx)
{
	struct racer *r = ctx;
	int64_t last = INT64_MIN;

	for (int i = 0; i < 20000; i++) {
		int64_t now;

		atomic_store(&r->hands->wall_us, (i * 7919) % 5000);
		now = dcf_entry_clock_now_us(r->clock);
		r->bad = r->bad || now < last;
		last = now;
	}
	return NULL;
}

static void time_in_entries_never_goes_back_between_threads(void)
{
	struct dcf_clock_manual m = { 0 };
	struct dcf_entry_clock e;
	struct racer r[3];
	pthread_t t[3];

	dcf_entry_clock_init(&e, dcf_clock_manual_of(&m), 0);
	for (int i = 0; i < 3; i++) {
		r[i] = (struct racer){ &e, &m, false };
		CHECK(pthread_create(&t[i], NULL, race, &r[i]) == 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], NULL);
		CHECK(!r[i].bad);
	}
	CHECK(atomic_load(&e.last_us) == 4999);
}

/* --- the log --------------------------------------------------------------------------------------------------- */

static struct dcf_clock_manual hands = { .wall_us = INT64_C(1769860800123456) }; /* 2026-01-31T12:00:00.123456Z */

struct logged {
	struct dcf_logger *l;
	int pipe[2];
	char text[4 * DCF_LOG_LINE];
};

static void begin(struct logged *g, enum dcf_log_form form, enum dcf_log_level level)
{
	CHECK(pipe(g->pipe) == 0);
	fcntl(g->pipe[0], F_SETFL, O_NONBLOCK);
	CHECK(dcf_logger_new(&heap, g->pipe[1], form, level, dcf_clock_manual_of(&hands), &g->l) == DCF_OK);
}

/* What was written since the last time. */
static const char *written(struct logged *g)
{
	ssize_t n = read(g->pipe[0], g->text, sizeof g->text - 1);

	g->text[n > 0 ? n : 0] = '\0';
	return g->text;
}

static void end(struct logged *g)
{
	dcf_logger_free(g->l);
	close(g->pipe[0]);
	close(g->pipe[1]);
}

static void log_lines_as_text(void)
{
	struct logged g;

	begin(&g, DCF_LOG_TEXT, DCF_LOG_INFO);
	dcf_logger_put(g.l, DCF_LOG_INFO, (struct dcf_span){ 0 }, "started", NULL, 0);
	CHECK_MSG(strcmp(written(&g), "2026-01-31T12:00:00.123Z info  started\n") == 0, "%s", g.text);
	dcf_logger_event(g.l, DCF_LOG_ERROR, DCF_SPAN("r1"), "no", DCF_LOG_Z("path", "/v1/a"), DCF_LOG_Z("why", "two words"),
			 DCF_LOG_I("n", INT64_MIN), DCF_LOG_Z("empty", ""));
	CHECK_MSG(strcmp(written(&g),
			 "2026-01-31T12:00:00.123Z error no request=r1 path=/v1/a why=\"two words\" n=-9223372036854775808 "
			 "empty=\"\"\n") == 0,
		  "%s", g.text);
	dcf_logger_put(g.l, DCF_LOG_DEBUG, (struct dcf_span){ 0 }, "quiet", NULL, 0);
	CHECK(written(&g)[0] == '\0' && !dcf_logger_wants(g.l, DCF_LOG_DEBUG));
	dcf_logger_set_level(g.l, DCF_LOG_DEBUG);
	dcf_logger_set_exercise(g.l, true);
	dcf_logger_put(g.l, DCF_LOG_DEBUG, (struct dcf_span){ 0 }, "loud", NULL, 0);
	CHECK_MSG(strcmp(written(&g), "2026-01-31T12:00:00.123Z debug loud exercise=true\n") == 0, "%s", g.text);
	end(&g);
}

static void log_values_cannot_forge_lines(void)
{
	struct logged g;

	begin(&g, DCF_LOG_TEXT, DCF_LOG_INFO);
	dcf_logger_event(g.l, DCF_LOG_INFO, (struct dcf_span){ 0 }, "x",
			 DCF_LOG_SPAN("a", DCF_SPAN("1\n2026 error fake\x1b[31m\xff\xe2\x80\xae\"\\\0end")));
	CHECK_MSG(strcmp(written(&g), "2026-01-31T12:00:00.123Z info  x "
				      "a=\"1\\u000a2026 error fake\\u001b[31m\xef\xbf\xbd\\u202e\\\"\\\\\\u0000end\"\n") == 0,
		  "%s", g.text);
	end(&g);
}

/* Parse what was written, a line. */
static bool is_json_line(const char *text)
{
	size_t n = strlen(text);
	char *padded = calloc(1, n + DCF_FEED_SLACK);
	struct dcf_jdoc doc = { 0 };
	const char *why;
	bool ok;

	memcpy(padded, text, n);
	ok = n && text[n - 1] == '\n' && !memchr(text, '\n', n - 1) && dcf_jparse(&doc, padded, n - 1, &why) == DCF_OK;
	dcf_jfree(&doc);
	free(padded);
	return ok;
}

static void log_lines_as_json(void)
{
	struct logged g;

	begin(&g, DCF_LOG_JSON, DCF_LOG_INFO);
	dcf_logger_event(g.l, DCF_LOG_WARN, DCF_SPAN("r1"), "no", DCF_LOG_SPAN("a", DCF_SPAN("\x01\xc2\x85\xff\"")),
			 DCF_LOG_I("n", 7));
	CHECK_MSG(strcmp(written(&g),
			 "{\"time\":\"2026-01-31T12:00:00.123Z\",\"level\":\"warn\",\"message\":\"no\",\"request\":\"r1\","
			 "\"a\":\"\\u0001\\u0085\xef\xbf\xbd\\\"\",\"n\":7}\n") == 0,
		  "%s", g.text);
	CHECK(is_json_line(g.text));
	end(&g);
}

static void long_log_lines_are_cut_and_stay_whole(void)
{
	static const char evil[] = "\x01";
	struct dcf_log_field fields[12];
	struct logged g;
	char big[3000];

	for (enum dcf_log_form form = DCF_LOG_TEXT; form <= DCF_LOG_JSON; form++) {
		for (size_t size = 900; size < sizeof big; size += 37) {
			begin(&g, form, DCF_LOG_INFO);
			memset(big, size % 2 ? 'x' : evil[0], sizeof big);
			for (size_t i = 0; i < 12; i++)
				fields[i] = DCF_LOG_SPAN("key", ((struct dcf_span){ big, size / (i + 1) }));
			dcf_logger_put(g.l, DCF_LOG_INFO, DCF_SPAN("r"), "x", fields, 12);
			written(&g);
			CHECK(strlen(g.text) <= DCF_LOG_LINE && strlen(g.text) > 1000);
			CHECK(form == DCF_LOG_TEXT || is_json_line(g.text));
			CHECK(strchr(g.text, '\n') == g.text + strlen(g.text) - 1);
			end(&g);
		}
	}
}

static void a_log_that_nobody_reads_holds_up_nothing(void)
{
	struct logged g;
	int i;

	begin(&g, DCF_LOG_TEXT, DCF_LOG_INFO);
	/* A pipe holds 64 KiB. */
	for (i = 0; i < 5000; i++)
		dcf_logger_put(g.l, DCF_LOG_INFO, (struct dcf_span){ 0 }, "a line of some length that fills the pipe", NULL, 0);
	CHECK(dcf_logger_dropped(g.l) > 100);
	while (*written(&g))
		;
	dcf_logger_put(g.l, DCF_LOG_INFO, (struct dcf_span){ 0 }, "again", NULL, 0);
	CHECK_MSG(strstr(written(&g), " warn  log lines were lost lines=") && strstr(g.text, "info  again\n"), "%s", g.text);
	dcf_logger_put(g.l, DCF_LOG_INFO, (struct dcf_span){ 0 }, "more", NULL, 0);
	CHECK(!strstr(written(&g), "lost"));
	end(&g);
	dcf_logger_put(NULL, DCF_LOG_ERROR, (struct dcf_span){ 0 }, "to nobody", NULL, 0);
}

static void *chatter(void *ctx)
{
	for (int i = 0; i < 200; i++)
		dcf_logger_event(ctx, DCF_LOG_INFO, DCF_SPAN("r"), "talk", DCF_LOG_I("i", i));
	return NULL;
}

static void log_lines_of_threads_do_not_mix(void)
{
	char name[] = "/tmp/deconflict-log-XXXXXX", line[200];
	int fd = mkstemp(name), lines = 0;
	struct dcf_logger *l = NULL;
	pthread_t t[4];
	FILE *f;

	CHECK(dcf_logger_new(&heap, fd, DCF_LOG_JSON, DCF_LOG_INFO, dcf_clock_system(), &l) == DCF_OK);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, chatter, l) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	dcf_logger_free(l);
	close(fd);
	f = fopen(name, "r");
	while (fgets(line, sizeof line, f)) {
		CHECK_MSG(is_json_line(line), "%s", line);
		lines++;
	}
	fclose(f);
	unlink(name);
	CHECK(lines == 800);
}

/* --- metrics ---------------------------------------------------------------------------------------------- */

static int64_t half_a_minute(void *ctx)
{
	(void)ctx;
	return 30500000;
}

static const char *page(struct dcf_metrics *m, struct dcf_buf *b)
{
	b->len = 0;
	dcf_metrics_write(m, b);
	dcf_buf_char(b, '\0');
	return b->p;
}

static void metrics_as_prometheus_reads_them(void)
{
	struct dcf_metrics *m;
	struct dcf_buf b = { .from = &heap }, labels = { .from = &heap };
	struct dcf_histogram *h;

	CHECK(dcf_metrics_new(&heap, &m) == DCF_OK);
	dcf_counter_add(dcf_metrics_counter(m, "z_total", "Last.", ""), 3);
	dcf_gauge_add(dcf_metrics_gauge(m, "b", "Line\nand \\.", ""), -4);
	dcf_counter_one(dcf_metrics_counter(m, "a_total", "First.", "x=\"2\""));
	dcf_metrics_label(&labels, "x", DCF_SPAN("\"\\\n"));
	dcf_metrics_label(&labels, "y", DCF_SPAN("1"));
	dcf_buf_char(&labels, '\0');
	dcf_counter_one(dcf_metrics_counter(m, "a_total", "First.", labels.p));
	dcf_counter_one(dcf_metrics_counter(m, "a_total", "First.", "x=\"2\""));
	CHECK(dcf_metrics_ask(m, "c_seconds", "Asked.", "", half_a_minute, NULL, 1000000));
	h = dcf_metrics_histogram(m, "h_seconds", "Times.", "r=\"q\"", &dcf_buckets_time);
	dcf_histogram_take(h, 50);
	dcf_histogram_take(h, 51);
	dcf_histogram_take(h, -1);
	dcf_histogram_take(h, 20000000);
	static const char expected[] =
		"# HELP a_total First.\n# TYPE a_total counter\na_total{x=\"2\"} 2\na_total{x=\"\\\"\\\\\\n\",y=\"1\"} 1\n"
		"# HELP b Line\\nand \\\\.\n# TYPE b gauge\nb -4\n"
		"# HELP c_seconds Asked.\n# TYPE c_seconds gauge\nc_seconds 30.5\n"
		"# HELP h_seconds Times.\n# TYPE h_seconds histogram\nh_seconds_bucket{r=\"q\",le=\"0.00005\"} 2\n"
		"h_seconds_bucket{r=\"q\",le=\"0.0001\"} 3\n";
	CHECK_MSG(strncmp(page(m, &b), expected, sizeof expected - 1) == 0, "%s", b.p);
	CHECK(strstr(b.p, "h_seconds_bucket{r=\"q\",le=\"10\"} 3\nh_seconds_bucket{r=\"q\",le=\"+Inf\"} 4\n"
			  "h_seconds_sum{r=\"q\"} 20.000101\nh_seconds_count{r=\"q\"} 4\n"));
	CHECK(strstr(b.p, "# TYPE z_total counter\nz_total 3\n"));
	CHECK(dcf_histogram_quantile(h, 0.5) == 50 && dcf_histogram_quantile(h, 0.75) == 100 &&
	      dcf_histogram_quantile(h, 1) == INT64_MAX);
	dcf_metrics_free(m);
	dcf_buf_free(&b);
	dcf_buf_free(&labels);
}

static void metrics_refuse_what_would_confuse(void)
{
	struct dcf_metrics *m;
	struct dcf_buf b = { .from = &heap };
	char labels[32];
	int made = 0;

	CHECK(dcf_metrics_new(&heap, &m) == DCF_OK);
	CHECK(dcf_metrics_counter(m, "a", "A.", "") &&
	      dcf_metrics_counter(m, "a", "A.", "") == dcf_metrics_counter(m, "a", "A.", ""));
	CHECK(!dcf_metrics_gauge(m, "a", "A.", "") && !dcf_metrics_counter(m, "a", "B.", ""));
	CHECK(!dcf_metrics_counter(m, "1a", "A.", "") && !dcf_metrics_counter(m, "a b", "A.", "") &&
	      !dcf_metrics_counter(m, "", "A.", ""));
	CHECK(!dcf_metrics_ask(m, "x", "X.", "", half_a_minute, NULL, 7));
	CHECK(!dcf_metrics_counter(NULL, "a", "A.", ""));
	dcf_counter_one(NULL);
	dcf_gauge_set(NULL, 1);
	dcf_histogram_take(NULL, 1);
	CHECK(dcf_counter_value(NULL) == 0 && dcf_gauge_value(NULL) == 0 && dcf_histogram_quantile(NULL, 0.5) == 0);
	for (int i = 0; i < DCF_METRICS_SERIES + 5; i++) {
		(void)snprintf(labels, sizeof labels, "i=\"%d\"", i);
		made += dcf_metrics_counter(m, "many_total", "Many.", labels) != NULL;
	}
	CHECK(made == DCF_METRICS_SERIES - 1); /* "a" is one */
	dcf_metrics_process(m, 0);
	dcf_metrics_free(m);
	CHECK(dcf_metrics_new(&heap, &m) == DCF_OK);
	dcf_metrics_process(m, INT64_C(1769860800123456));
	CHECK(strstr(page(m, &b), "process_start_time_seconds 1769860800\n") && strstr(b.p, "\nprocess_open_fds "));
	CHECK(!strstr(b.p, "process_resident_memory_bytes 0\n") && !strstr(b.p, "process_open_fds 0\n"));
	dcf_metrics_free(m);
	dcf_buf_free(&b);
}

static void *count_up(void *ctx)
{
	for (int i = 0; i < 10000; i++)
		dcf_counter_one(ctx);
	return NULL;
}

static void threads_count_together(void)
{
	struct dcf_metrics *m;
	struct dcf_counter *c;
	struct dcf_buf b = { .from = &heap };
	pthread_t t[3];

	CHECK(dcf_metrics_new(&heap, &m) == DCF_OK);
	c = dcf_metrics_counter(m, "n_total", "N.", "");
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, count_up, c) == 0);
	for (int i = 0; i < 100; i++)
		page(m, &b);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK(dcf_counter_value(c) == 30000);
	dcf_metrics_free(m);
	dcf_buf_free(&b);
}

struct failing {
	int left;
	int live;
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

static void metrics_without_memory(void)
{
	struct dcf_metrics *m;

	for (int n = 0; n < 40; n++) {
		struct failing f = { .left = n };
		struct dcf_alloc a = { failing_resize, &f };

		if (dcf_metrics_new(&a, &m) != DCF_OK) {
			CHECK(f.live == 0);
			continue;
		}
		for (int i = 0; i < 12; i++) {
			static const char *const name[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };

			dcf_counter_one(dcf_metrics_counter(m, name[i], "X.", ""));
			dcf_histogram_take(dcf_metrics_histogram(m, name[11 - i], "Y.", "", &dcf_buckets_size), 3);
		}
		dcf_metrics_free(m);
		CHECK(f.live == 0);
	}
}

/* --- the service manager ---------------------------------------------------------------------------------- */

static void the_manager_hears(void)
{
	char name[] = "@deconflict-notify-test-0000000", text[200];
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n;

	(void)snprintf(name + 23, sizeof name - 23, "%08x", (unsigned)getpid());
	memcpy(at.sun_path, name, strlen(name));
	at.sun_path[0] = '\0';
	CHECK(bind(fd, (struct sockaddr *)&at, (socklen_t)(sizeof at.sun_family + strlen(name))) == 0);
	CHECK(dcf_notify(name, "READY=1\nSTATUS=fine"));
	n = recv(fd, text, sizeof text, MSG_DONTWAIT);
	CHECK(n == 19 && memcmp(text, "READY=1\nSTATUS=fine", 19) == 0);
	CHECK(dcf_notify_reloading(name));
	n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	CHECK_MSG(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27) == 0 && strtoll(text + 27, NULL, 10) > 0, "%s", text);
	close(fd);
	CHECK(!dcf_notify(name, "READY=1"));
	CHECK(!dcf_notify("relative/path", "READY=1") && !dcf_notify("vsock:1:2", "READY=1"));
	CHECK(dcf_notify(NULL, "READY=1") && dcf_notify("", "READY=1"));
}

static void the_watchdog_is_for_us(void)
{
	char pid[32];

	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	CHECK(dcf_notify_watchdog_us("30000000", pid) == 15000000);
	CHECK(dcf_notify_watchdog_us("30000000", NULL) == 15000000);
	CHECK(dcf_notify_watchdog_us("30000000", "1") == 0);
	CHECK(dcf_notify_watchdog_us(NULL, NULL) == 0 && dcf_notify_watchdog_us("0", NULL) == 0 &&
	      dcf_notify_watchdog_us("12x", NULL) == 0);
	CHECK(dcf_notify_watchdog_us("99999999999999999999", NULL) == 0);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(the_system_clock_goes), TAP(time_in_entries_never_goes_back),
		       TAP(time_in_entries_never_goes_back_between_threads), TAP(log_lines_as_text),
		       TAP(log_values_cannot_forge_lines), TAP(log_lines_as_json), TAP(long_log_lines_are_cut_and_stay_whole),
		       TAP(a_log_that_nobody_reads_holds_up_nothing), TAP(log_lines_of_threads_do_not_mix),
		       TAP(metrics_as_prometheus_reads_them), TAP(metrics_refuse_what_would_confuse),
		       TAP(threads_count_together), TAP(metrics_without_memory), TAP(the_manager_hears),
		       TAP(the_watchdog_is_for_us));
}
