/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_diary.h"
#include "crypto/text.h"

#include <pthread.h>

/* One exchange, its texts behind it in the same block. */
struct entry {
	struct dcf_uss_exchange x;
	size_t bytes;
};

struct dcf_uss_diary {
	struct dcf_alloc from;
	pthread_mutex_t lock;
	struct entry *entry[DCF_USS_DIARY]; /* a ring */
	size_t next;
};

static struct dcf_span keep(char **to, struct dcf_span s)
{
	char *p = *to;

	if (s.len)
		memcpy(p, s.p, s.len);
	*to += s.len;
	return (struct dcf_span){ p, s.len };
}

static const char *keep_z(char **to, const char *z)
{
	return keep(to, (struct dcf_span){ z, strlen(z) + 1 }).p;
}

static struct dcf_span short_enough(struct dcf_span body)
{
	return body.len <= DCF_USS_DIARY_BODY ? body : (struct dcf_span){ NULL, 0 };
}

static struct entry *copy(struct dcf_uss_diary *d, const struct dcf_uss_exchange *x)
{
	static const char too_long[] = "a body longer than is kept was left out";
	struct dcf_span request = short_enough(x->request), response = short_enough(x->response);
	bool left_out = request.len != x->request.len || response.len != x->response.len;
	const char *problem = left_out && !*x->problem ? too_long : x->problem;
	size_t bytes = sizeof(struct entry) + x->peer.len + x->url.len + request.len + response.len + strlen(x->method) +
		       strlen(x->path) + strlen(problem) + 3;
	struct entry *e = dcf_alloc_new(&d->from, bytes);
	char *at = (char *)(e + 1);

	if (!e)
		return NULL;
	*e = (struct entry){ *x, bytes };
	e->x.peer = keep(&at, x->peer);
	e->x.url = keep(&at, x->url);
	e->x.request = keep(&at, request);
	e->x.response = keep(&at, response);
	e->x.method = keep_z(&at, x->method);
	e->x.path = keep_z(&at, x->path);
	e->x.problem = keep_z(&at, problem);
	return e;
}

void dcf_uss_diary_put(struct dcf_uss_diary *d, const struct dcf_uss_exchange *x)
{
	struct entry *e = d ? copy(d, x) : NULL, *old;

	if (!e)
		return;
	pthread_mutex_lock(&d->lock);
	old = d->entry[d->next];
	d->entry[d->next] = e;
	d->next = (d->next + 1) % DCF_USS_DIARY;
	pthread_mutex_unlock(&d->lock);
	if (old)
		dcf_alloc_free(&d->from, old, old->bytes);
}

static void put_body(struct dcf_json *j, const char *key, struct dcf_span body)
{
	dcf_json_key(j, key);
	dcf_json_raw(j, DCF_SPAN("\""));
	dcf_text_put(j->out, DCF_TEXT_BASE64, body.p, body.len);
	dcf_buf_char(j->out, '"');
}

/* F3548-21 has `request_source` among a record's required members and does not say what it is: who asked. */
static void put_one(struct dcf_json *j, const struct dcf_uss_exchange *x, struct dcf_span own)
{
	struct dcf_buf url = { .from = j->out->from };

	dcf_buf_span(&url, x->url);
	dcf_buf_z(&url, x->path);
	dcf_json_begin(j, '{');
	dcf_json_key(j, "url");
	dcf_json_string(j, dcf_buf_as_span(&url));
	dcf_json_key(j, "method");
	dcf_json_z(j, x->method);
	dcf_json_key(j, "headers");
	dcf_json_begin(j, '[');
	dcf_json_z(j, "Authorization: Bearer (not kept)");
	dcf_json_end(j, ']');
	dcf_json_key(j, "recorder_role");
	dcf_json_z(j, x->client ? "Client" : "Server");
	dcf_json_key(j, "request_time");
	dcf_utm_put_time(j, x->request_us, false);
	dcf_json_key(j, "request_source");
	dcf_json_string(j, x->client ? own : x->peer);
	put_body(j, "request_body", x->request);
	if (x->status) {
		dcf_json_key(j, "response_time");
		dcf_utm_put_time(j, x->response_us, false);
		put_body(j, "response_body", x->response);
	}
	dcf_json_key(j, "response_code");
	dcf_json_i64(j, x->status);
	if (*x->problem) {
		dcf_json_key(j, "problem");
		dcf_json_z(j, x->problem);
	}
	dcf_json_end(j, '}');
	dcf_buf_free(&url);
}

size_t dcf_uss_diary_write(struct dcf_uss_diary *d, struct dcf_span peer, struct dcf_span own, const struct dcf_uuid *intent,
			   struct dcf_json *j)
{
	size_t put = 0;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < DCF_USS_DIARY; i++) {
		const struct entry *e = d->entry[(d->next + i) % DCF_USS_DIARY];

		if (!e || !dcf_span_eq(e->x.peer, peer) || (intent && (!e->x.has_intent || !dcf_uuid_eq(&e->x.intent, intent))))
			continue;
		put_one(j, &e->x, own);
		put++;
	}
	pthread_mutex_unlock(&d->lock);
	return put;
}

enum dcf_status dcf_uss_diary_new(const struct dcf_alloc *a, struct dcf_uss_diary **out)
{
	struct dcf_uss_diary *d = dcf_alloc_new(a, sizeof *d);

	if (!d)
		return DCF_E_NOMEM;
	memset(d, 0, sizeof *d);
	d->from = *a;
	pthread_mutex_init(&d->lock, NULL);
	*out = d;
	return DCF_OK;
}

void dcf_uss_diary_free(struct dcf_uss_diary *d)
{
	struct dcf_alloc from;

	if (!d)
		return;
	from = d->from;
	for (size_t i = 0; i < DCF_USS_DIARY; i++)
		if (d->entry[i])
			dcf_alloc_free(&from, d->entry[i], d->entry[i]->bytes);
	pthread_mutex_destroy(&d->lock);
	dcf_alloc_free(&from, d, sizeof *d);
}
