/* SPDX-License-Identifier: Apache-2.0 */
/* api_record.c - the record for those who verify it: signed head, tiles, entries, proofs.
 *
 * Heads, tiles and proofs are made of commitments and tell nothing but how many entries there are; every reader gets them. What
 * an entry says goes to those who may know it. */
#include "node/api.h"
#include "base/decimal.h"
#include "crypto/text.h"
#include "domain/entry_head.h"
#include "format/json.h"
#include "record/proof_text.h"

static enum dcf_http_next unreadable(struct dcf_http_reply *reply)
{
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	return dcf_http_problem(reply, 503, "record", DCF_SPAN("the record cannot be read now"));
}

DCF_API_HANDLER(dcf_api_record_head)
{
	struct dcf_api *api = ctx;
	uint64_t size;

	(void)rq;
	reply->type = "text/plain; charset=utf-8";
	reply->status = 200;
	if (dcf_log_head(api->log, &size, NULL, &reply->body) != DCF_OK)
		return unreadable(reply);
	return DCF_HTTP_DONE;
}

/* --- tiles ------------------------------------------------------------------------------------------- */

struct bundle {
	struct dcf_hash commitment[DCF_TILE_WIDTH];
	size_t count;
};

static enum dcf_status take_commitment(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct bundle *b = ctx;

	(void)position;
	b->commitment[b->count++] = entry->commitment;
	return DCF_OK;
}

static enum dcf_http_next bytes(struct dcf_http_reply *reply, const void *p, size_t n)
{
	reply->status = 200;
	reply->type = "application/octet-stream";
	dcf_buf_put(&reply->body, p, n);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next entries(struct dcf_api *api, struct dcf_http_reply *reply, struct dcf_tile_id tile)
{
	struct bundle *b = dcf_arena_get(reply->request->arena, sizeof *b);
	uint8_t *out = dcf_arena_get(reply->request->arena, DCF_BUNDLE_MAX);
	struct dcf_store_error err;

	if (!b || !out)
		return unreadable(reply);
	b->count = 0;
	if (dcf_store_read(api->store, tile.index * DCF_TILE_WIDTH, tile.width, DCF_READ_COMMITMENTS, take_commitment, b,
			   &err) != DCF_OK ||
	    b->count != tile.width)
		return unreadable(reply);
	return bytes(reply, out, dcf_bundle_write(b->commitment, b->count, out));
}

DCF_API_HANDLER(dcf_api_record_tile)
{
	struct dcf_api *api = ctx;
	struct dcf_tile_source tiles = dcf_log_tiles(api->log);
	struct dcf_hash *hash = dcf_arena_get(rq->arena, DCF_TILE_WIDTH * sizeof *hash);
	struct dcf_tile_id tile;
	enum dcf_tile_kind kind;
	uint64_t size;
	enum dcf_status s;

	/* The path without its slash is the path of the file. */
	if (!hash || dcf_log_head(api->log, &size, NULL, NULL) != DCF_OK)
		return unreadable(reply);
	if (dcf_tile_path_read((struct dcf_span){ rq->path.p + 1, rq->path.len - 1 }, &kind, &tile) != DCF_OK ||
	    tile.width > dcf_tile_width(size, kind == DCF_TILE_ENTRIES ? 0 : tile.level, tile.index))
		return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such tile"));
	if (tile.width == DCF_TILE_WIDTH)
		dcf_http_reply_header(reply, "Cache-Control", DCF_SPAN("private, max-age=31536000, immutable"));
	if (kind == DCF_TILE_ENTRIES)
		return entries(api, reply, tile);
	s = tiles.read(tiles.ctx, tile, hash);
	return s == DCF_OK ? bytes(reply, hash, tile.width * sizeof *hash) : unreadable(reply);
}

/* --- entries ----------------------------------------------------------------------------------------- */

/* May the caller see what this entry says? */
static bool may_see(const struct dcf_caller *caller, const struct dcf_view *view, uint64_t position,
		    const struct dcf_entry_head *head)
{
	uint32_t party;
	const struct dcf_op *op;

	if (caller->cell)
		return true;
	switch ((enum dcf_entry_kind)head->kind) {
	case DCF_ENTRY_FOUNDED:
	case DCF_ENTRY_KEY:
	case DCF_ENTRY_PARTY:
	case DCF_ENTRY_AIRSPACE:
		return true;
	case DCF_ENTRY_OPERATION:
	case DCF_ENTRY_EVENT:
		break;
	default:
		return false;
	}
	if (caller->claims->party.len && dcf_span_eq(caller->claims->party, head->party))
		return true;
	/* Who acted for a party is its own affair, and what is in an entry cannot be told in part. */
	if (head->member.len || head->role.len)
		return false;
	/* The first entry of a request with a key says how many there were and what was asked, of which others may know a part
	 * only. */
	if (head->request_count)
		return false;
	/* Of others the version that stands, if it is released: earlier ones had labels of their own. */
	party = dcf_plan_find_party(&view->frame->plan, head->party);
	op = party == DCF_NONE ? NULL : dcf_view_find(view, party, head->operation);
	return op && op->position <= position && op->version == head->version && dcf_caller_may_know(caller, view, op);
}

struct wanted {
	struct dcf_http_reply *reply;
	const struct dcf_view *view;
	bool seen;
};

static void put_hex(struct dcf_json *j, const char *key, const uint8_t *p, size_t n)
{
	char text[2 * DCF_HASH_BYTES];

	dcf_json_key(j, key);
	dcf_json_string(j, (struct dcf_span){ text, dcf_text_write(DCF_TEXT_HEX, text, p, n) });
}

static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct wanted *w = ctx;
	struct dcf_http_request *rq = w->reply->request;
	struct dcf_json j = dcf_api_json(w->reply);
	struct dcf_jdoc doc = { 0 };
	struct dcf_entry_head head;
	const char *why;
	enum dcf_status s = e->erased ? DCF_OK : dcf_entry_read(e->content, &doc, rq->arena, &head, &why);

	dcf_jfree(&doc);
	if (s != DCF_OK)
		return s;
	if (e->erased ? !dcf_caller_of(rq)->cell : !may_see(dcf_caller_of(rq), w->view, position, &head))
		return DCF_OK;
	w->seen = true;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "position");
	dcf_json_i64(&j, (int64_t)position);
	dcf_api_put_exercise(&j, w->view);
	put_hex(&j, "commitment", e->commitment.b, DCF_HASH_BYTES);
	dcf_json_key(&j, "erased");
	dcf_json_bool(&j, e->erased);
	if (!e->erased) {
		put_hex(&j, "salt", e->salt, DCF_SALT_BYTES);
		dcf_json_key(&j, "content");
		dcf_json_string(&j, e->content);
	}
	dcf_json_end(&j, '}');
	dcf_buf_char(&w->reply->body, '\n');
	return DCF_OK;
}

DCF_API_HANDLER(dcf_api_record_entry)
{
	struct dcf_api *api = ctx;
	struct dcf_view view;
	struct wanted w = { reply, &view, false };
	struct dcf_store_error err;
	uint64_t position;
	enum dcf_status s = DCF_OK;

	if (!dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	/* What is not published yet is not there. */
	if (dcf_decimal_read(dcf_http_param(rq, "position"), &position) && position < dcf_view_facts(&view).position)
		s = dcf_store_read(api->store, position, 1, DCF_READ_ALL, take_entry, &w, &err);
	dcf_state_leave(&view);
	if (s != DCF_OK)
		return unreadable(reply);
	if (!w.seen)
		return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such entry, or none that you may see"));
	reply->status = 200;
	return DCF_HTTP_DONE;
}

/* --- proofs ------------------------------------------------------------------------------------------ */

/* ?entry=N that entry N is in the record, ?from=N that the record begins with the one that had N entries. */
DCF_API_HANDLER(dcf_api_record_proof)
{
	static const char *const names[] = { "entry", "from", NULL };
	struct dcf_api *api = ctx;
	bool inclusion = dcf_http_query(rq, "entry").p != NULL;
	struct dcf_proof *proof = dcf_arena_get(rq->arena, sizeof *proof);
	struct dcf_buf head = { .from = &api->heap };
	struct dcf_store_error err;
	uint64_t number, size;
	enum dcf_status s;

	if (!dcf_http_query_known(rq, reply, names) ||
	    !dcf_http_query_number(rq, reply, inclusion ? "entry" : "from", 0, UINT64_MAX >> 1, 0, &number))
		return DCF_HTTP_DONE;
	if (!proof || dcf_log_head(api->log, &size, NULL, &head) != DCF_OK)
		s = DCF_E_IO;
	else if (inclusion)
		s = dcf_log_prove_inclusion(api->log, number, size, proof, &err);
	else
		s = dcf_log_prove_consistency(api->log, number, size, proof, &err);
	if (s == DCF_OK)
		s = inclusion ? dcf_inclusion_put(&reply->body, number, proof, NULL, dcf_buf_as_span(&head))
			      : dcf_consistency_put(&reply->body, number, proof, dcf_buf_as_span(&head));
	dcf_buf_free(&head);
	if (s == DCF_E_RANGE)
		return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("the record has not that many entries"));
	if (s != DCF_OK)
		return unreadable(reply);
	reply->type = "text/plain; charset=utf-8";
	reply->status = 200;
	return DCF_HTTP_DONE;
}
