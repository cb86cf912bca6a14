/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux_metrics.c - the exchange's requests by endpoint and code, and what stands.
 *
 * Labels come from the table of routes and the table of codes below, never from a request: a series for each of what was
 * answered at least once, which is at most COUNTED x (the rows of the exchange and one for all paths that nobody serves). */
#include "node/api_aux.h"

#include <stdatomic.h>
#include <stdio.h>

static const unsigned codes[] = { 200, 201, 204, 400, 401, 403, 404, 409, 412, 413, 429, 500, 501, 503 };
enum { CODES = sizeof codes / sizeof *codes, NO_REPLY = CODES, OTHER_CODE, COUNTED };

/* One route with one method. */
struct endpoint {
	_Atomic(struct dcf_counter *) answered[COUNTED];
	_Atomic(struct dcf_histogram *) took_us;
};

enum figure {
	OF_KIND, /* of each kind of entity */
	MANAGERS = OF_KIND + DCF_ENTITY_KIND_COUNT,
	VOLUMES,
	BYTES,
	EXPIRED,
	KEYS_LACKING,
	FIGURES
};

struct asked {
	struct dcf_api *api;
	enum figure figure;
};

struct dcf_endpoints {
	struct dcf_alloc heap;
	struct dcf_metrics *metrics;
	const struct dcf_http_route *routes;
	size_t count;
	struct endpoint *of; /* of each route; those that are not the exchange's stay empty; then of paths that nobody serves */
	struct asked asked[FIGURES];
};

/* --- gauges --------------------------------------------------------------------------------------------- */

static int64_t ask_figure(void *ctx)
{
	const struct asked *a = ctx;
	struct dcf_exchange_stats stats;

	if (!atomic_load(&a->api->ready))
		return 0;
	dcf_exchange_stats(dcf_state_exchange(a->api->state), &stats);
	switch (a->figure) {
	case MANAGERS:
		return (int64_t)stats.managers;
	case VOLUMES:
		return (int64_t)stats.volumes;
	case BYTES:
		return (int64_t)stats.bytes;
	case EXPIRED:
		return (int64_t)stats.expired;
	case KEYS_LACKING:
		return (int64_t)stats.keys_lacking;
	default:
		return (int64_t)stats.entities[a->figure - OF_KIND];
	}
}

static void register_figures(struct dcf_endpoints *e, struct dcf_api *api)
{
	static const char entities[] = "deconflict_exchange_entities",
			  stand[] = "Entities of the exchange that stand, by kind.";
	static const struct {
		const char *name, *help, *labels;
	} figures[FIGURES] = {
		[DCF_ENTITY_INTENT] = { entities, stand, "kind=\"operational_intent\"" },
		[DCF_ENTITY_CONSTRAINT] = { entities, stand, "kind=\"constraint\"" },
		[DCF_ENTITY_SUBSCRIPTION] = { entities, stand, "kind=\"subscription\"" },
		[DCF_ENTITY_ISA] = { entities, stand, "kind=\"identification_service_area\"" },
		[DCF_ENTITY_RID_SUBSCRIPTION] = { entities, stand, "kind=\"rid_subscription\"" },
		[MANAGERS] = { "deconflict_exchange_managers", "Managers who ever wrote.", "" },
		[VOLUMES] = { "deconflict_exchange_volumes", "Volumes of the entities that stand.", "" },
		[BYTES] = { "deconflict_exchange_bytes", "Memory of what the exchange has in hand, its indices included.", "" },
		[EXPIRED] = { "deconflict_exchange_expired_total", "Entities that the clock removed, since the start.", "" },
		[KEYS_LACKING] = { "deconflict_exchange_keys_lacking_total",
				   "Writes refused because their key lacked an OVN, since the start.", "" },
	};

	for (size_t i = 0; i < FIGURES; i++) {
		e->asked[i] = (struct asked){ api, (enum figure)i };
		(void)dcf_metrics_ask(api->metrics, figures[i].name, figures[i].help, figures[i].labels, ask_figure,
				      &e->asked[i], 1);
	}
}

/* --- life ----------------------------------------------------------------------------------------------- */

enum dcf_status dcf_endpoints_new(struct dcf_api *api, const struct dcf_http_route *routes, size_t count,
				  struct dcf_endpoints **out)
{
	struct dcf_endpoints *e = dcf_alloc_new(&api->heap, sizeof *e);

	if (!e)
		return DCF_E_NOMEM;
	*e = (struct dcf_endpoints){ .heap = api->heap, .metrics = api->metrics, .routes = routes, .count = count };
	e->of = dcf_alloc_new(&api->heap, (count + 1) * sizeof *e->of);
	if (!e->of) {
		dcf_endpoints_free(e);
		return DCF_E_NOMEM;
	}
	for (size_t i = 0; i <= count; i++) {
		for (size_t k = 0; k < COUNTED; k++)
			atomic_init(&e->of[i].answered[k], NULL);
		atomic_init(&e->of[i].took_us, NULL);
	}
	register_figures(e, api);
	*out = e;
	return DCF_OK;
}

void dcf_endpoints_free(struct dcf_endpoints *e)
{
	struct dcf_alloc heap;

	if (!e)
		return;
	heap = e->heap;
	dcf_alloc_free(&heap, e->of, (e->count + 1) * sizeof *e->of);
	dcf_alloc_free(&heap, e, sizeof *e);
}

/* --- counting ------------------------------------------------------------------------------------------- */

static size_t slot_of(unsigned status)
{
	for (size_t i = 0; i < CODES; i++)
		if (codes[i] == status)
			return i;
	return status == 0 ? NO_REPLY : OTHER_CODE;
}

static const char *method_name(unsigned methods)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ DCF_HTTP_GET, "GET" }, { DCF_HTTP_POST, "POST" }, { DCF_HTTP_PUT, "PUT" }, { DCF_HTTP_DELETE, "DELETE" }
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (methods == names[i].bit)
			return names[i].name;
	return "other";
}

/* endpoint="...",method="PUT" and, with a slot, code="409"; a NUL. */
static void put_labels(struct dcf_buf *out, const struct dcf_endpoints *e, size_t at, size_t slot)
{
	char code[16];

	dcf_metrics_label(out, "endpoint", at < e->count ? dcf_span_of(e->routes[at].pattern) : DCF_SPAN("unknown"));
	dcf_metrics_label(out, "method", at < e->count ? dcf_span_of(method_name(e->routes[at].methods)) : DCF_SPAN("any"));
	if (slot < CODES)
		snprintf(code, sizeof code, "%u", codes[slot]);
	if (slot < COUNTED)
		dcf_metrics_label(out, "code",
				  slot < CODES       ? dcf_span_of(code)
				  : slot == NO_REPLY ? DCF_SPAN("none")
						     : DCF_SPAN("other"));
	dcf_buf_char(out, 0);
}

/* Making a series that another thread makes at the same time gives the same one. */
static struct dcf_counter *counter_of(struct dcf_endpoints *e, size_t route, size_t slot)
{
	struct dcf_counter *c = atomic_load_explicit(&e->of[route].answered[slot], memory_order_acquire);
	struct dcf_buf labels = { .from = &e->heap };

	if (c)
		return c;
	put_labels(&labels, e, route, slot);
	if (!labels.failed)
		c = dcf_metrics_counter(e->metrics, "deconflict_exchange_requests_total",
					"Requests of the exchange, by endpoint and the code of the reply.", labels.p);
	dcf_buf_free(&labels);
	atomic_store_explicit(&e->of[route].answered[slot], c, memory_order_release);
	return c;
}

static struct dcf_histogram *histogram_of(struct dcf_endpoints *e, size_t route)
{
	struct dcf_histogram *h = atomic_load_explicit(&e->of[route].took_us, memory_order_acquire);
	struct dcf_buf labels = { .from = &e->heap };

	if (h)
		return h;
	put_labels(&labels, e, route, COUNTED);
	if (!labels.failed)
		h = dcf_metrics_histogram(e->metrics, "deconflict_exchange_seconds",
					  "Time from the first line of a request of the exchange to its reply, by endpoint.",
					  labels.p, &dcf_buckets_time);
	dcf_buf_free(&labels);
	atomic_store_explicit(&e->of[route].took_us, h, memory_order_release);
	return h;
}

void dcf_endpoints_take(struct dcf_endpoints *e, const struct dcf_http_done *done)
{
	const struct dcf_http_route *route = done->request->route;
	size_t at = dcf_exchange_is_route(route) ? (size_t)(route - e->routes) : e->count;

	if (at >= e->count && (route || !dcf_exchange_is_path(done->request->target)))
		return;
	dcf_counter_one(counter_of(e, at, slot_of(done->status)));
	dcf_histogram_take(histogram_of(e, at), done->took_us);
}
