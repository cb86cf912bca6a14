/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - one event, one line, one write.
 *
 * A line is built on the stack within its bound; the two forms share everything but the marks around keys. */
#include "node/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "base/utf8.h"
#include "core/time.h"

const char *const dcf_log_level_names[] = { "debug", "info", "warn", "error", NULL };
const char *const dcf_log_form_names[] = { "text", "json", NULL };

struct dcf_logger {
	struct dcf_alloc from;
	int fd;
	enum dcf_log_form form;
	_Atomic int level;
	_Atomic bool exercise;
	struct dcf_clock clock;
	pthread_mutex_t lock;
	_Atomic uint64_t dropped;
	uint64_t told; /* of `dropped`, under the lock */
};

/* What ends every line: a closing quote, "...", '}' and the line end. */
enum { TAIL = 8 };

struct line {
	enum dcf_log_form form;
	size_t n;
	char b[DCF_LOG_LINE];
};

static void put(struct line *l, const char *p, size_t n)
{
	if (n <= sizeof l->b - l->n) {
		memcpy(l->b + l->n, p, n);
		l->n += n;
	}
}

static void put_z(struct line *l, const char *z)
{
	put(l, z, strlen(z));
}

static size_t room(const struct line *l)
{
	return sizeof l->b - l->n > TAIL ? sizeof l->b - l->n - TAIL : 0;
}

/* The character of `w` bytes (0: one byte that is none) as it may stand between quotes; its length. */
static size_t escaped(const char *p, size_t w, char out[6])
{
	static const char hex[] = "0123456789abcdef";
	uint32_t c;

	if (w == 0) {
		memcpy(out, "\xef\xbf\xbd", 3);
		return 3;
	}
	if (w == 1 && (*p == '"' || *p == '\\')) {
		out[0] = '\\';
		out[1] = *p;
		return 2;
	}
	if (!dcf_utf8_steers(p, w)) {
		memcpy(out, p, w);
		return w;
	}
	/* What steers a screen has at most 16 bits: one to three bytes. */
	c = (uint8_t)p[0];
	if (w == 2)
		c = (c & 0x1f) << 6 | ((uint8_t)p[1] & 0x3f);
	else if (w == 3)
		c = (c & 0x0f) << 12 | (uint32_t)((uint8_t)p[1] & 0x3f) << 6 | ((uint8_t)p[2] & 0x3f);
	memcpy(out, "\\u", 2);
	for (int i = 0; i < 4; i++)
		out[2 + i] = hex[c >> (12 - 4 * i) & 15];
	return 6;
}

static void put_quoted(struct line *l, struct dcf_span s)
{
	size_t end = s.len < DCF_LOG_VALUE ? s.len : DCF_LOG_VALUE, at = 0;
	char out[6];

	put(l, "\"", 1);
	while (at < end) {
		size_t w = dcf_utf8_length(s.p + at, s.len - at), n = escaped(s.p + at, w, out);

		if (n > room(l))
			break;
		put(l, out, n);
		at += w ? w : 1;
	}
	if (at < s.len)
		put(l, "...", 3);
	put(l, "\"", 1);
}

/* May it stand without quotes in a text line? */
static bool is_plain(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || ((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') ||
		      strchr("._:/@+-[]", s.p[i])))
			return false;
	return s.len > 0 && memchr(s.p, 0, s.len) == NULL;
}

static void put_value(struct line *l, struct dcf_span s)
{
	if (l->form == DCF_LOG_TEXT && is_plain(s) && s.len <= DCF_LOG_VALUE && s.len <= room(l))
		put(l, s.p, s.len);
	else
		put_quoted(l, s);
}

static void put_number(struct line *l, int64_t v)
{
	char b[24], *p = b + sizeof b;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	put(l, p, (size_t)(b + sizeof b - p));
}

/* The key with its marks; false when there is no room for it and a short value. */
static bool put_key(struct line *l, const char *key)
{
	if (strlen(key) + 32 > room(l))
		return false;
	put_z(l, l->form == DCF_LOG_JSON ? ",\"" : " ");
	put_z(l, key);
	put_z(l, l->form == DCF_LOG_JSON ? "\":" : "=");
	return true;
}

static void put_digits(char *to, int v, int digits)
{
	while (digits--) {
		to[digits] = (char)('0' + v % 10);
		v /= 10;
	}
}

static void put_time(struct line *l, int64_t us)
{
	struct dcf_civil c = dcf_civil_of(us);
	char t[] = "0000-00-00T00:00:00.000Z";

	put_digits(t, c.year, 4);
	put_digits(t + 5, c.month, 2);
	put_digits(t + 8, c.day, 2);
	put_digits(t + 11, c.hour, 2);
	put_digits(t + 14, c.minute, 2);
	put_digits(t + 17, c.second, 2);
	put_digits(t + 20, c.us / 1000, 3);
	put(l, t, sizeof t - 1);
}

static void put_head(struct line *l, int64_t now_us, enum dcf_log_level level, const char *message)
{
	if (l->form == DCF_LOG_JSON)
		put_z(l, "{\"time\":\"");
	put_time(l, now_us);
	put_z(l, l->form == DCF_LOG_JSON ? "\",\"level\":\"" : " ");
	put_z(l, dcf_log_level_names[level]);
	if (l->form == DCF_LOG_JSON) {
		put_z(l, "\",\"message\":");
		put_quoted(l, dcf_span_of(message));
	} else {
		put_z(l, &"     "[strlen(dcf_log_level_names[level]) - 1]); /* to the width of "error" and one more */
		put_z(l, message);
	}
}

static void put_end(struct line *l)
{
	put_z(l, l->form == DCF_LOG_JSON ? "}\n" : "\n");
}

/* Write the whole line or nothing.  A pipe takes up to PIPE_BUF bytes at once when poll says so: no write ever waits. */
static bool send_line(const struct dcf_logger *l, const struct line *line)
{
	struct pollfd p = { .fd = l->fd, .events = POLLOUT };
	ssize_t n;

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	do
		n = write(l->fd, line->b, line->n);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)line->n;
}

static bool tell_dropped(struct dcf_logger *l, int64_t now_us)
{
	uint64_t dropped = atomic_load(&l->dropped);
	struct line line = { .form = l->form };

	if (dropped == l->told)
		return true;
	put_head(&line, now_us, DCF_LOG_WARN, "log lines were lost");
	(void)put_key(&line, "lines");
	put_number(&line, (int64_t)(dropped - l->told));
	put_end(&line);
	if (!send_line(l, &line))
		return false;
	l->told = dropped;
	return true;
}

enum dcf_status dcf_logger_new(const struct dcf_alloc *a, int fd, enum dcf_log_form form, enum dcf_log_level level,
			       struct dcf_clock clock, struct dcf_logger **out)
{
	struct dcf_logger *l = dcf_alloc_new(a, sizeof *l);

	if (!l)
		return DCF_E_NOMEM;
	*l = (struct dcf_logger){ .from = *a };
	if (pthread_mutex_init(&l->lock, NULL)) {
		dcf_alloc_free(a, l, sizeof *l);
		return DCF_E_NOMEM;
	}
	l->fd = fd;
	l->form = form;
	l->clock = clock;
	atomic_init(&l->level, (int)level);
	*out = l;
	return DCF_OK;
}

void dcf_logger_free(struct dcf_logger *l)
{
	struct dcf_alloc from;

	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	from = l->from;
	dcf_alloc_free(&from, l, sizeof *l);
}

bool dcf_logger_wants(const struct dcf_logger *l, enum dcf_log_level level)
{
	return l && (int)level >= atomic_load_explicit(&l->level, memory_order_relaxed);
}

void dcf_logger_set_level(struct dcf_logger *l, enum dcf_log_level level)
{
	if (l)
		atomic_store(&l->level, (int)level);
}

void dcf_logger_set_exercise(struct dcf_logger *l, bool exercise)
{
	if (l)
		atomic_store(&l->exercise, exercise);
}

uint64_t dcf_logger_dropped(const struct dcf_logger *l)
{
	return l ? atomic_load(&l->dropped) : 0;
}

void dcf_logger_put(struct dcf_logger *l, enum dcf_log_level level, struct dcf_span request, const char *message,
		    const struct dcf_log_field *fields, size_t count)
{
	struct line line;
	int64_t now_us;

	if (!dcf_logger_wants(l, level))
		return;
	line.form = l->form;
	line.n = 0;
	now_us = dcf_clock_wall_us(&l->clock);
	put_head(&line, now_us, level, message);
	if (atomic_load_explicit(&l->exercise, memory_order_relaxed) && put_key(&line, "exercise"))
		put_z(&line, "true");
	if (request.len && put_key(&line, "request"))
		put_value(&line, request);
	for (size_t i = 0; i < count; i++) {
		if (!put_key(&line, fields[i].key))
			break;
		if (fields[i].is_number)
			put_number(&line, fields[i].number);
		else
			put_value(&line, fields[i].text);
	}
	put_end(&line);
	pthread_mutex_lock(&l->lock);
	if (!tell_dropped(l, now_us) || !send_line(l, &line))
		atomic_fetch_add(&l->dropped, 1);
	pthread_mutex_unlock(&l->lock);
}
