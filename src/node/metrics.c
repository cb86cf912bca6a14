/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - the registry of series and the page they are read on.
 *
 * Families are kept sorted by name and series by labels as they are registered; the lock is for registering and for writing the
 * page.  Counting touches the series alone. */
#include "node/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

enum { CACHE_LINE = 64 };

/* Every kind of series; what the caller holds is a pointer to it under the name of its kind. */
struct series {
	_Alignas(CACHE_LINE) _Atomic int64_t value; /* a histogram: the sum */
	const char *labels;
	int64_t (*ask)(void *ctx);
	void *ctx;
	int decimals; /* digits behind the point of what is shown */
	const struct dcf_buckets *buckets;
	_Atomic uint64_t *taken; /* buckets->count + 1 */
};

struct dcf_counter {
	struct series s;
};
struct dcf_gauge {
	struct series s;
};
struct dcf_histogram {
	struct series s;
};

struct family {
	const char *name, *help;
	enum kind kind;
	struct series **series;
	size_t count, cap;
};

struct dcf_metrics {
	struct dcf_alloc from;
	pthread_mutex_t lock;
	struct dcf_arena arena; /* series, labels, histograms */
	struct family *family;
	size_t count, cap;
	size_t series;
};

const struct dcf_buckets dcf_buckets_time = { 17,
					      1000000,
					      { 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000,
						500000, 1000000, 2000000, 5000000, 10000000 } };
const struct dcf_buckets dcf_buckets_size = {
	16, 1, { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536, 1 << 20, 16 << 20 }
};

enum dcf_status dcf_metrics_new(const struct dcf_alloc *a, struct dcf_metrics **out)
{
	struct dcf_metrics *m = dcf_alloc_new(a, sizeof *m);

	if (!m)
		return DCF_E_NOMEM;
	*m = (struct dcf_metrics){ .from = *a };
	m->arena.from = &m->from;
	if (pthread_mutex_init(&m->lock, NULL)) {
		dcf_alloc_free(a, m, sizeof *m);
		return DCF_E_NOMEM;
	}
	*out = m;
	return DCF_OK;
}

void dcf_metrics_free(struct dcf_metrics *m)
{
	struct dcf_alloc from;

	if (!m)
		return;
	from = m->from;
	for (size_t i = 0; i < m->count; i++)
		dcf_alloc_free(&from, m->family[i].series, m->family[i].cap * sizeof *m->family[i].series);
	dcf_alloc_free(&from, m->family, m->cap * sizeof *m->family);
	dcf_arena_free(&m->arena);
	pthread_mutex_destroy(&m->lock);
	dcf_alloc_free(&from, m, sizeof *m);
}

/* --- registering ------------------------------------------------------------------------------------- */

static bool is_name(const char *z)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:", more[] = "0123456789";

	if (!*z || !strchr(letters, *z))
		return false;
	for (; *z; z++)
		if (!strchr(letters, *z) && !strchr(more, *z))
			return false;
	return true;
}

/* Where `name` stands or belongs. */
static size_t family_at(const struct dcf_metrics *m, const char *name, bool *found)
{
	size_t i = 0;

	while (i < m->count && strcmp(m->family[i].name, name) < 0)
		i++;
	*found = i < m->count && strcmp(m->family[i].name, name) == 0;
	return i;
}

static struct family *family_of(struct dcf_metrics *m, const char *name, const char *help, enum kind kind)
{
	void *array = m->family;
	bool found;
	size_t at;

	if (!is_name(name))
		return NULL;
	at = family_at(m, name, &found);
	if (found)
		return m->family[at].kind == kind && strcmp(m->family[at].help, help) == 0 ? &m->family[at] : NULL;
	if (dcf_grow(&m->from, &array, &m->cap, m->count + 1, sizeof *m->family) != DCF_OK)
		return NULL;
	m->family = array;
	memmove(m->family + at + 1, m->family + at, (m->count - at) * sizeof *m->family);
	m->family[at] = (struct family){ .name = name, .help = help, .kind = kind };
	m->count++;
	return &m->family[at];
}

static void *cleared(struct dcf_metrics *m, size_t n)
{
	char *p = dcf_arena_get(&m->arena, n + CACHE_LINE);

	if (!p)
		return NULL;
	p += (CACHE_LINE - (uintptr_t)p % CACHE_LINE) % CACHE_LINE;
	memset(p, 0, n);
	return p;
}

static struct series *series_new(struct dcf_metrics *m, const char *labels, const struct dcf_buckets *buckets)
{
	struct series *s = m->series < DCF_METRICS_SERIES ? cleared(m, sizeof *s) : NULL;

	if (!s || !(s->labels = dcf_arena_copy(&m->arena, dcf_span_of(labels)).p))
		return NULL;
	if (buckets && !(s->taken = cleared(m, (buckets->count + 1) * sizeof *s->taken)))
		return NULL;
	s->buckets = buckets;
	return s;
}

/* The series of `f` with these labels: the one that is there, or a new one in its place. */
static struct series *series_of(struct dcf_metrics *m, struct family *f, const char *labels, const struct dcf_buckets *buckets)
{
	void *array = f->series;
	struct series *s;
	size_t at = 0;

	while (at < f->count && strcmp(f->series[at]->labels, labels) < 0)
		at++;
	if (at < f->count && strcmp(f->series[at]->labels, labels) == 0)
		return f->series[at]->buckets == buckets ? f->series[at] : NULL;
	if (dcf_grow(&m->from, &array, &f->cap, f->count + 1, sizeof(struct series *)) != DCF_OK)
		return NULL;
	f->series = array;
	if (!(s = series_new(m, labels, buckets)))
		return NULL;
	memmove(f->series + at + 1, f->series + at, (f->count - at) * sizeof(struct series *));
	f->series[at] = s;
	f->count++;
	m->series++;
	return s;
}

static struct series *registered(struct dcf_metrics *m, const char *name, const char *help, const char *labels, enum kind kind,
				 const struct dcf_buckets *buckets)
{
	struct series *s = NULL;
	struct family *f;

	if (!m)
		return NULL;
	pthread_mutex_lock(&m->lock);
	f = family_of(m, name, help, kind);
	if (f)
		s = series_of(m, f, labels, buckets);
	pthread_mutex_unlock(&m->lock);
	return s;
}

struct dcf_counter *dcf_metrics_counter(struct dcf_metrics *m, const char *name, const char *help, const char *labels)
{
	return (struct dcf_counter *)registered(m, name, help, labels, COUNTER, NULL);
}

struct dcf_gauge *dcf_metrics_gauge(struct dcf_metrics *m, const char *name, const char *help, const char *labels)
{
	return (struct dcf_gauge *)registered(m, name, help, labels, GAUGE, NULL);
}

/* The power of ten; -1 for what is none up to 10^6. */
static int decimals_of(int64_t unit)
{
	int64_t power = 1;

	for (int d = 0; d <= 6; d++, power *= 10)
		if (unit == power)
			return d;
	return -1;
}

static bool ends_in(const char *z, const char *tail)
{
	size_t n = strlen(z), t = strlen(tail);

	return n >= t && strcmp(z + n - t, tail) == 0;
}

bool dcf_metrics_ask(struct dcf_metrics *m, const char *name, const char *help, const char *labels, int64_t (*ask)(void *ctx),
		     void *ctx, int64_t unit)
{
	int decimals = decimals_of(unit);
	struct series *s =
		decimals < 0 ? NULL : registered(m, name, help, labels, ends_in(name, "_total") ? COUNTER : GAUGE, NULL);

	if (!s)
		return false;
	pthread_mutex_lock(&m->lock);
	s->decimals = decimals;
	s->ctx = ctx;
	s->ask = ask;
	pthread_mutex_unlock(&m->lock);
	return true;
}

struct dcf_histogram *dcf_metrics_histogram(struct dcf_metrics *m, const char *name, const char *help, const char *labels,
					    const struct dcf_buckets *buckets)
{
	int decimals = decimals_of(buckets->unit);
	struct series *s;

	if (decimals < 0 || buckets->count < 1 || buckets->count > DCF_METRICS_BUCKETS)
		return NULL;
	s = registered(m, name, help, labels, HISTOGRAM, buckets);
	if (s)
		s->decimals = decimals;
	return (struct dcf_histogram *)s;
}

/* --- counting ------------------------------------------------------------------------------------------ */

void dcf_counter_add(struct dcf_counter *c, uint64_t n)
{
	if (c)
		atomic_fetch_add_explicit(&c->s.value, (int64_t)n, memory_order_relaxed);
}

uint64_t dcf_counter_value(const struct dcf_counter *c)
{
	return c ? (uint64_t)atomic_load_explicit(&c->s.value, memory_order_relaxed) : 0;
}

void dcf_gauge_set(struct dcf_gauge *g, int64_t v)
{
	if (g)
		atomic_store_explicit(&g->s.value, v, memory_order_relaxed);
}

void dcf_gauge_add(struct dcf_gauge *g, int64_t v)
{
	if (g)
		atomic_fetch_add_explicit(&g->s.value, v, memory_order_relaxed);
}

int64_t dcf_gauge_value(const struct dcf_gauge *g)
{
	return g ? atomic_load_explicit(&g->s.value, memory_order_relaxed) : 0;
}

void dcf_histogram_take(struct dcf_histogram *h, int64_t v)
{
	size_t low = 0, high;

	if (!h)
		return;
	if (v < 0)
		v = 0;
	high = h->s.buckets->count;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (h->s.buckets->bound[middle] < v)
			low = middle + 1;
		else
			high = middle;
	}
	atomic_fetch_add_explicit(&h->s.taken[low], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->s.value, v, memory_order_relaxed);
}

int64_t dcf_histogram_quantile(const struct dcf_histogram *h, double q)
{
	uint64_t all = 0, seen = 0, count[DCF_METRICS_BUCKETS + 1];

	if (!h)
		return 0;
	for (size_t i = 0; i <= h->s.buckets->count; i++)
		all += count[i] = atomic_load_explicit(&h->s.taken[i], memory_order_relaxed);
	if (all == 0)
		return 0;
	for (size_t i = 0; i < h->s.buckets->count; i++) {
		seen += count[i];
		if ((double)seen >= q * (double)all)
			return h->s.buckets->bound[i];
	}
	return INT64_MAX;
}

/* --- the page --------------------------------------------------------------------------------------------- */

void dcf_metrics_label(struct dcf_buf *out, const char *key, struct dcf_span value)
{
	if (out->len)
		dcf_buf_char(out, ',');
	dcf_buf_z(out, key);
	dcf_buf_z(out, "=\"");
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '\n')
			dcf_buf_z(out, "\\n");
		else if (value.p[i] == '\\' || value.p[i] == '"')
			dcf_buf_char(out, '\\'), dcf_buf_char(out, value.p[i]);
		else
			dcf_buf_char(out, value.p[i]);
	}
	dcf_buf_char(out, '"');
}

/* name suffix{labels,extra="value"} */
static void put_name(struct dcf_buf *out, const struct family *f, const char *suffix, const char *labels, const char *le)
{
	dcf_buf_z(out, f->name);
	dcf_buf_z(out, suffix);
	if (*labels || le) {
		dcf_buf_char(out, '{');
		dcf_buf_z(out, labels);
		if (le) {
			dcf_buf_z(out, *labels ? ",le=\"" : "le=\"");
			dcf_buf_z(out, le);
			dcf_buf_char(out, '"');
		}
		dcf_buf_char(out, '}');
	}
	dcf_buf_char(out, ' ');
}

/* The bound as it is shown, NUL-terminated, in `scratch`. */
static const char *bound_text(struct dcf_buf *scratch, int64_t bound, int decimals)
{
	scratch->len = 0;
	dcf_buf_fixed(scratch, bound, decimals);
	dcf_buf_char(scratch, '\0');
	return scratch->failed ? "" : scratch->p;
}

static void put_histogram(struct dcf_buf *out, const struct family *f, const struct series *s)
{
	struct dcf_buf scratch = { .from = out->from };
	uint64_t seen = 0;

	for (size_t i = 0; i <= s->buckets->count; i++) {
		seen += atomic_load_explicit(&s->taken[i], memory_order_relaxed);
		put_name(out, f, "_bucket", s->labels,
			 i < s->buckets->count ? bound_text(&scratch, s->buckets->bound[i], s->decimals) : "+Inf");
		dcf_buf_i64(out, (int64_t)seen);
		dcf_buf_char(out, '\n');
	}
	put_name(out, f, "_sum", s->labels, NULL);
	dcf_buf_fixed(out, atomic_load_explicit(&s->value, memory_order_relaxed), s->decimals);
	dcf_buf_char(out, '\n');
	put_name(out, f, "_count", s->labels, NULL);
	dcf_buf_i64(out, (int64_t)seen);
	dcf_buf_char(out, '\n');
	dcf_buf_free(&scratch);
}

static void put_series(struct dcf_buf *out, const struct family *f, const struct series *s)
{
	if (f->kind == HISTOGRAM) {
		put_histogram(out, f, s);
		return;
	}
	put_name(out, f, "", s->labels, NULL);
	dcf_buf_fixed(out, s->ask ? s->ask(s->ctx) : atomic_load_explicit(&s->value, memory_order_relaxed), s->decimals);
	dcf_buf_char(out, '\n');
}

static void put_head(struct dcf_buf *out, const struct family *f)
{
	static const char *const kind[] = { [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram" };

	dcf_buf_z(out, "# HELP ");
	dcf_buf_z(out, f->name);
	dcf_buf_char(out, ' ');
	for (const char *p = f->help; *p; p++) {
		if (*p == '\\' || *p == '\n')
			dcf_buf_char(out, '\\');
		dcf_buf_char(out, *p == '\n' ? 'n' : *p);
	}
	dcf_buf_z(out, "\n# TYPE ");
	dcf_buf_z(out, f->name);
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, kind[f->kind]);
	dcf_buf_char(out, '\n');
}

void dcf_metrics_write(struct dcf_metrics *m, struct dcf_buf *out)
{
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->count; i++) {
		if (m->family[i].count == 0)
			continue;
		put_head(out, &m->family[i]);
		for (size_t j = 0; j < m->family[i].count; j++)
			put_series(out, &m->family[i], m->family[i].series[j]);
	}
	pthread_mutex_unlock(&m->lock);
}
