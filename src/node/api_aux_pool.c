/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux_pool.c - the pool's name, signed once an hour, and signs of life. */
#include "node/api_aux_int.h"

#include "base/utf8.h"
#include "core/time.h"

#define HOUR_US INT64_C(3600000000)

/* It stands in a line of what is signed: one name has one form. */
static bool is_pool(const char *z)
{
	size_t n = strlen(z);

	for (size_t i = 0; i < n;) {
		size_t length = dcf_utf8_length(z + i, n - i);

		if (!length || (unsigned char)z[i] < 0x20 || z[i] == 0x7f)
			return false;
		i += length;
	}
	return n <= DCF_KEY_NAME_MAX;
}

enum dcf_status dcf_aux_new(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
			    struct dcf_aux **out, struct dcf_node_error *err)
{
	struct dcf_aux *aux;
	enum dcf_status s;

	if (!is_pool(config->exchange.pool))
		return dcf_node_fail(err, DCF_E_USAGE,
				     "exchange.pool: expected at most %d bytes of UTF-8 without control characters",
				     DCF_KEY_NAME_MAX);
	aux = dcf_alloc_new(a, sizeof *aux);
	if (!aux)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(aux, 0, sizeof *aux);
	aux->heap = *a;
	aux->config = config;
	aux->clock = clock;
	aux->hour_us = INT64_MIN;
	aux->note.from = &aux->heap;
	if (pthread_mutex_init(&aux->lock, NULL)) {
		dcf_alloc_free(a, aux, sizeof *aux);
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	}
	s = dcf_aux_reload(aux, err);
	if (s != DCF_OK) {
		dcf_aux_free(aux);
		return s;
	}
	dcf_aux_beat(aux, DCF_SPAN(""), DCF_SPAN("Startup"), dcf_clock_wall_us(&clock), DCF_AUX_NO_TIME);
	*out = aux;
	return DCF_OK;
}

void dcf_aux_free(struct dcf_aux *aux)
{
	struct dcf_alloc heap;

	if (!aux)
		return;
	heap = aux->heap;
	dcf_buf_free(&aux->note);
	for (size_t i = 0; i < DCF_AUX_CERTS_COUNT; i++)
		dcf_buf_free(&aux->certs[i]);
	pthread_mutex_destroy(&aux->lock);
	dcf_alloc_free(&heap, aux, sizeof *aux);
}

/* --- the mark ------------------------------------------------------------------------------------------- */

/* Under the lock. */
static struct dcf_span name_of(const struct dcf_aux *aux)
{
	const char *pool = aux->config->exchange.pool;

	return *pool ? dcf_span_of(pool) : aux->has_signer ? dcf_vkey_name(&aux->signer.who) : DCF_SPAN("");
}

/* A string of RFC 9651, which has printable ASCII alone. */
static void put_string(struct dcf_buf *out, struct dcf_span s)
{
	static const char digits[] = "0123456789ABCDEF";

	dcf_buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%') {
			dcf_buf_char(out, (char)c);
			continue;
		}
		dcf_buf_char(out, '%');
		dcf_buf_char(out, digits[c >> 4]);
		dcf_buf_char(out, digits[c & 15]);
	}
	dcf_buf_char(out, '"');
}

/* What stands behind the last blank of a note of one signature. */
static struct dcf_span signature_of(const struct dcf_buf *note)
{
	size_t at = note->len;

	while (at > 0 && note->p[at - 1] != ' ')
		at--;
	return (struct dcf_span){ note->p + at, note->len - at - 1 };
}

static bool write_mark(struct dcf_aux *aux)
{
	struct dcf_buf out = { .from = &aux->heap };
	bool fits;

	put_string(&out, name_of(aux));
	dcf_buf_z(&out, ";hour=\"");
	dcf_buf_span(&out, (struct dcf_span){ aux->hour, sizeof aux->hour });
	dcf_buf_z(&out, "\";by=");
	put_string(&out, dcf_vkey_name(&aux->signer.who));
	dcf_buf_z(&out, ";sig=:");
	dcf_buf_span(&out, signature_of(&aux->note));
	dcf_buf_z(&out, ":");
	fits = !out.failed && out.len < sizeof aux->mark;
	if (fits)
		memcpy(aux->mark, out.p, out.len);
	aux->mark_length = fits ? out.len : 0;
	dcf_buf_free(&out);
	return fits;
}

/* Under the lock: note and mark are those of this hour; false when there is no signer, or no memory. */
static bool sign_hour(struct dcf_aux *aux)
{
	int64_t now_us = dcf_clock_wall_us(&aux->clock), past = now_us % HOUR_US,
		hour_us = now_us - (past < 0 ? past + HOUR_US : past);
	struct dcf_buf text = { .from = &aux->heap };
	enum dcf_status s;
	size_t at;

	if (!aux->has_signer || aux->hour_us == hour_us)
		return aux->has_signer;
	dcf_buf_z(&text, "deconflict-pool-v1\n");
	dcf_buf_span(&text, name_of(aux));
	dcf_buf_char(&text, '\n');
	at = text.len;
	dcf_time_put(&text, hour_us, DCF_TIME_S);
	if (!text.failed && text.len - at == sizeof aux->hour)
		memcpy(aux->hour, text.p + at, sizeof aux->hour);
	dcf_buf_char(&text, '\n');
	aux->note.len = 0;
	s = text.failed ? DCF_E_NOMEM : dcf_note_sign(&aux->note, dcf_buf_as_span(&text), &aux->signer, 1);
	dcf_buf_free(&text);
	if (s != DCF_OK || !write_mark(aux)) {
		dcf_buf_free(&aux->note);
		aux->hour_us = INT64_MIN;
		return false;
	}
	aux->hour_us = hour_us;
	return true;
}

void dcf_aux_signer(struct dcf_aux *aux, const struct dcf_signer *signer)
{
	(void)pthread_mutex_lock(&aux->lock);
	aux->signer = *signer;
	aux->has_signer = true;
	aux->hour_us = INT64_MIN;
	(void)pthread_mutex_unlock(&aux->lock);
}

void dcf_aux_mark(struct dcf_aux *aux, struct dcf_http_reply *reply)
{
	char mark[DCF_AUX_MARK];
	size_t length = 0;

	for (size_t i = 0; i < reply->header_count; i++)
		if (dcf_span_eq(reply->headers[i].name, DCF_SPAN("Deconflict-Pool")))
			return;
	(void)pthread_mutex_lock(&aux->lock);
	if (sign_hour(aux)) {
		length = aux->mark_length;
		memcpy(mark, aux->mark, length);
	}
	(void)pthread_mutex_unlock(&aux->lock);
	if (length)
		dcf_http_reply_header(reply, "Deconflict-Pool", (struct dcf_span){ mark, length });
}

void dcf_aux_put_pool(struct dcf_aux *aux, struct dcf_json *j)
{
	char vkey[DCF_VKEY_MAX];

	(void)pthread_mutex_lock(&aux->lock);
	if (sign_hour(aux)) {
		dcf_vkey_write(&aux->signer.who, vkey);
		dcf_json_key(j, "pool");
		dcf_json_string(j, name_of(aux));
		dcf_json_key(j, "hour");
		dcf_json_string(j, (struct dcf_span){ aux->hour, sizeof aux->hour });
		dcf_json_key(j, "vkey");
		dcf_json_z(j, vkey);
		dcf_json_key(j, "note");
		dcf_json_string(j, dcf_buf_as_span(&aux->note));
	}
	(void)pthread_mutex_unlock(&aux->lock);
}

void dcf_aux_put_name(struct dcf_aux *aux, struct dcf_json *j)
{
	(void)pthread_mutex_lock(&aux->lock);
	dcf_json_string(j, name_of(aux));
	(void)pthread_mutex_unlock(&aux->lock);
}

void dcf_aux_put_locality(struct dcf_aux *aux, struct dcf_json *j)
{
	const char *locality = aux->config->exchange.locality;

	(void)pthread_mutex_lock(&aux->lock);
	dcf_json_string(j, *locality         ? dcf_span_of(locality)
			   : aux->has_signer ? dcf_vkey_name(&aux->signer.who)
					     : DCF_SPAN(""));
	(void)pthread_mutex_unlock(&aux->lock);
}

/* --- heartbeats ----------------------------------------------------------------------------------------- */

static bool is(const char *have, size_t length, struct dcf_span want)
{
	return dcf_span_eq((struct dcf_span){ have, length }, want);
}

/* Under the lock: where one of this reporter and source belongs. */
static struct dcf_heartbeat *place_of(struct dcf_aux *aux, struct dcf_span reporter, struct dcf_span source)
{
	struct dcf_heartbeat *oldest = &aux->beat[0];

	for (size_t i = 0; i < aux->beats; i++) {
		struct dcf_heartbeat *b = &aux->beat[i];

		if (is(b->reporter, b->reporter_length, reporter) && is(b->source, b->source_length, source))
			return b;
		if (b->index < oldest->index)
			oldest = b;
	}
	return aux->beats < DCF_AUX_HEARTBEATS ? &aux->beat[aux->beats++] : oldest;
}

static size_t keep_name(char to[DCF_AUX_NAME], struct dcf_span name)
{
	size_t n = name.len < DCF_AUX_NAME ? name.len : DCF_AUX_NAME;

	if (n)
		memcpy(to, name.p, n);
	return n;
}

void dcf_aux_beat(struct dcf_aux *aux, struct dcf_span reporter, struct dcf_span source, int64_t at_us, int64_t next_us)
{
	struct dcf_heartbeat *b;

	(void)pthread_mutex_lock(&aux->lock);
	b = place_of(aux, reporter, source);
	b->index = aux->beat_count++;
	b->at_us = at_us;
	b->next_us = next_us;
	b->reporter_length = keep_name(b->reporter, reporter);
	b->source_length = keep_name(b->source, source);
	(void)pthread_mutex_unlock(&aux->lock);
}

size_t dcf_aux_beats(struct dcf_aux *aux, struct dcf_heartbeat out[static DCF_AUX_HEARTBEATS])
{
	size_t n;

	(void)pthread_mutex_lock(&aux->lock);
	n = aux->beats;
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; at > 0 && aux->beat[i].index > out[at - 1].index; at--)
			out[at] = out[at - 1];
		out[at] = aux->beat[i];
	}
	(void)pthread_mutex_unlock(&aux->lock);
	return n;
}
