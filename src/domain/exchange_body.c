/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_body.c - bodies of EXCHANGE and EXCHANGE_OWN entries: a JSON object with sorted members,
 *
 *     about     AVAILABILITY: of whom                      ask    what was asked (utm.h), with what it left open filled in
 *     form      which request it was                       gone   serial of the implicit subscription that goes with it
 *     id        OWN: of the intent or constraint           kind   of the entity
 *     made      a subscription that was made for an intent once
 *     manager   OWN: as whom                               met    positions of the entries whose OVNs the key held
 *     new       id of the implicit subscription made       ns     the number that an F3411 version is
 *     tag       OVN or version                             timed  indices are times, and none is counted
 *     told      subscriptions that are told, by serial     v1     by F3411-19
 *     verb      put, delete, availability */
#include "domain/exchange_int.h"
#include "base/json_writer.h"
#include "crypto/hash.h"
#include "crypto/text.h"

static const char *const verb_name[DCF_EXCHANGE_VERB_COUNT] = {
	[DCF_EXCHANGE_PUT] = "put", [DCF_EXCHANGE_DELETE] = "delete", [DCF_EXCHANGE_AVAILABILITY] = "availability"
};
static const char *const kind_name[DCF_ENTITY_KIND_COUNT] = { [DCF_ENTITY_INTENT] = "intent",
							      [DCF_ENTITY_CONSTRAINT] = "constraint",
							      [DCF_ENTITY_SUBSCRIPTION] = "subscription",
							      [DCF_ENTITY_ISA] = "isa",
							      [DCF_ENTITY_RID_SUBSCRIPTION] = "rid_subscription" };
/* clang-format off */
static const char *const form_name[DCF_UTM_FORM_COUNT] = {
	[DCF_UTM_INTENT_PUT] = "intent", [DCF_UTM_CONSTRAINT_PUT] = "constraint", [DCF_UTM_SUBSCRIPTION_PUT] = "subscription",
	[DCF_UTM_INTENT_QUERY] = "intent_query", [DCF_UTM_CONSTRAINT_QUERY] = "constraint_query",
	[DCF_UTM_SUBSCRIPTION_QUERY] = "subscription_query", [DCF_UTM_AVAILABILITY_PUT] = "availability", [DCF_UTM_ISA_PUT_V1] = "isa_v1",
	[DCF_UTM_ISA_PUT_V2] = "isa_v2", [DCF_UTM_RID_SUBSCRIPTION_PUT_V1] = "rid_subscription_v1",
	[DCF_UTM_RID_SUBSCRIPTION_PUT_V2] = "rid_subscription_v2"
};
/* clang-format on */

/* --- out -------------------------------------------------------------------------------------------------- */

static void put_uuid(struct dcf_json *j, const char *name, const struct dcf_uuid *id)
{
	char text[DCF_UUID_TEXT];

	if (dcf_uuid_is_zero(id))
		return;
	dcf_uuid_write(id, text);
	dcf_json_key(j, name);
	dcf_json_string(j, (struct dcf_span){ text, sizeof text });
}

static void put_text(struct dcf_json *j, const char *name, struct dcf_span text)
{
	if (!text.len)
		return;
	dcf_json_key(j, name);
	dcf_json_string(j, text);
}

static void put_numbers(struct dcf_json *j, const char *name, const uint64_t *n, size_t count)
{
	if (count == 0)
		return;
	dcf_json_key(j, name);
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < count; i++)
		dcf_json_i64(j, (int64_t)n[i]);
	dcf_json_end(j, ']');
}

void dcf_exchange_body_put(const struct dcf_exchange *x, const struct exchange_act *act, const uint64_t *met, size_t met_count,
			   struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	put_text(&j, "about", act->about);
	if (act->ask) {
		dcf_utm_ask_put(&j, (enum dcf_utm_form)act->form, act->ask);
		put_text(&j, "form", dcf_span_of(form_name[act->form]));
	}
	if (act->gone) {
		dcf_json_key(&j, "gone");
		dcf_json_i64(&j, (int64_t)(act->gone - 1));
	}
	if (act->native)
		put_uuid(&j, "id", &act->id);
	if (act->verb != DCF_EXCHANGE_AVAILABILITY)
		put_text(&j, "kind", dcf_span_of(kind_name[act->kind]));
	if (act->was_made) {
		dcf_json_key(&j, "made");
		dcf_json_bool(&j, true);
	}
	if (act->native)
		put_text(&j, "manager", act->manager->pub.name);
	put_numbers(&j, "met", met, met_count);
	put_uuid(&j, "new", &act->made);
	if (act->tag_ns) {
		dcf_json_key(&j, "ns");
		dcf_json_i64(&j, act->tag_ns);
	}
	put_text(&j, "tag", act->tag);
	if (act->timed) {
		dcf_json_key(&j, "timed");
		dcf_json_bool(&j, true);
	}
	put_numbers(&j, "told", x->told, x->told_count);
	if (act->v1) {
		dcf_json_key(&j, "v1");
		dcf_json_bool(&j, true);
	}
	put_text(&j, "verb", dcf_span_of(verb_name[act->verb]));
	dcf_json_end(&j, '}');
}

/* --- and back --------------------------------------------------------------------------------------------- */

static enum dcf_status corrupt(struct dcf_buf *why, const char *text)
{
	if (why)
		dcf_buf_z(why, text);
	return DCF_E_CORRUPT;
}

static bool get_name(struct dcf_jval v, const char *const *names, uint8_t count, uint8_t *out)
{
	for (uint8_t i = 0; i < count; i++)
		if (dcf_jis(v, names[i])) {
			*out = i;
			return true;
		}
	return false;
}

static bool get_number(struct dcf_jval v, uint64_t *n)
{
	int64_t i;

	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(&i, &v.doc->tape[v.at + 1], sizeof i);
	*n = (uint64_t)i;
	return i >= 0;
}

static bool get_uuid(struct dcf_jval v, struct dcf_uuid *id)
{
	return dcf_jkind(v) == DCF_J_STRING && dcf_uuid_read(dcf_jstring(v), 4, id);
}

static struct dcf_span get_text(struct dcf_jval v)
{
	return dcf_jkind(v) == DCF_J_STRING ? dcf_jstring(v) : (struct dcf_span){ NULL, 0 };
}

static enum dcf_status get_told(struct dcf_exchange *x, struct dcf_jval list)
{
	struct dcf_jwalk it = dcf_jwalk(list);
	struct dcf_jval v;
	void *array = x->told;

	if (dcf_grow(x->from, &array, &x->told_cap, dcf_jcount(list), sizeof *x->told) != DCF_OK)
		return DCF_E_NOMEM;
	x->told = array;
	while (dcf_jnext(&it, &v))
		if (!get_number(v, &x->told[x->told_count++]))
			return DCF_E_CORRUPT;
	return DCF_OK;
}

/* Everything but the ask and the manager. */
static bool get_members(struct dcf_jval root, const struct dcf_entry_head *head, struct exchange_act *act)
{
	struct dcf_jval id = dcf_jget(root, "id"), gone = dcf_jget(root, "gone"), made = dcf_jget(root, "new"),
			ns = dcf_jget(root, "ns"), form = dcf_jget(root, "form");
	uint64_t n = 0;

	act->native = head->kind == DCF_ENTRY_EXCHANGE_OWN;
	act->timed = dcf_jkind(dcf_jget(root, "timed")) == DCF_J_TRUE;
	act->was_made = dcf_jkind(dcf_jget(root, "made")) == DCF_J_TRUE;
	act->v1 = dcf_jkind(dcf_jget(root, "v1")) == DCF_J_TRUE;
	act->tag = get_text(dcf_jget(root, "tag"));
	act->about = get_text(dcf_jget(root, "about"));
	act->version = head->version;
	act->first = head->first;
	if (!get_name(dcf_jget(root, "verb"), verb_name, DCF_EXCHANGE_VERB_COUNT, &act->verb))
		return false;
	if (!dcf_jnone(form) && !get_name(form, form_name, DCF_UTM_FORM_COUNT, &act->form))
		return false;
	if (act->verb != DCF_EXCHANGE_AVAILABILITY &&
	    !get_name(dcf_jget(root, "kind"), kind_name, DCF_ENTITY_KIND_COUNT, &act->kind))
		return false;
	if (act->native && !get_uuid(id, &act->id))
		return false;
	if (!act->native && act->verb != DCF_EXCHANGE_AVAILABILITY && !dcf_uuid_read(head->operation, 4, &act->id))
		return false;
	if (!dcf_jnone(gone) && !get_number(gone, &act->gone))
		return false;
	act->gone += !dcf_jnone(gone);
	if (!dcf_jnone(made) && !get_uuid(made, &act->made))
		return false;
	if (!dcf_jnone(ns) && !get_number(ns, &n))
		return false;
	act->tag_ns = (int64_t)n;
	return act->tag.len <= DCF_TAG_MAX;
}

static enum dcf_status get_ask(struct dcf_exchange *x, struct dcf_jval root, struct exchange_act *act, struct dcf_buf *why)
{
	struct dcf_utm_ask *to;
	const char *text = "";
	enum dcf_status s;

	if (act->verb == DCF_EXCHANGE_DELETE)
		return DCF_OK;
	to = dcf_arena_get(&x->arena, sizeof *to);
	if (!to)
		return DCF_E_NOMEM;
	s = dcf_utm_ask_read_back(root, (enum dcf_utm_form)act->form, &x->arena, to, &text);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : corrupt(why, text);
	act->ask = to;
	return DCF_OK;
}

/* Texts of the act are the document's, which is scratch. */
static enum dcf_status own_texts(struct dcf_exchange *x, const struct dcf_entry_head *head, struct exchange_act *act,
				 struct dcf_span manager)
{
	act->tag = dcf_arena_copy(&x->arena, act->tag);
	act->about = dcf_arena_copy(&x->arena, act->about);
	act->party = act->native ? head->party : DCF_SPAN("");
	act->operation = act->native ? head->operation : DCF_SPAN("");
	if (!act->tag.p || !act->about.p)
		return DCF_E_NOMEM;
	return dcf_exchange_manager_for(x, act->native ? manager : head->party, &act->manager);
}

enum dcf_status dcf_exchange_body_read(struct dcf_exchange *x, const struct exchange_at *at, const struct dcf_entry_head *head,
				       struct dcf_buf *why)
{
	struct exchange_act *act = &x->act;
	struct dcf_jval root;
	const char *text = "";
	char *padded;
	enum dcf_status s;

	(void)at;
	dcf_exchange_forget_act(x);
	x->told_count = 0;
	dcf_arena_rewind(&x->arena);
	padded = dcf_arena_get(&x->arena, head->body.len + 64);
	if (!padded)
		return DCF_E_NOMEM;
	if (head->body.len)
		memcpy(padded, head->body.p, head->body.len);
	memset(padded + head->body.len, ' ', 64);
	s = dcf_jparse(&x->doc, padded, head->body.len, &text);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : corrupt(why, text);
	root = dcf_jroot(&x->doc);
	if (!get_members(root, head, act))
		return corrupt(why, "an entry of the exchange with a member that cannot be read");
	s = get_told(x, dcf_jget(root, "told"));
	s = s == DCF_OK ? get_ask(x, root, act, why) : s;
	return s == DCF_OK ? own_texts(x, head, act, get_text(dcf_jget(root, "manager"))) : s;
}

/* --- entities --------------------------------------------------------------------------------------------- */

enum dcf_status dcf_exchange_entity_of(struct dcf_exchange *x, const struct exchange_at *at, const struct exchange_act *act,
				       struct dcf_entity **out)
{
	const struct dcf_utm_ask *ask = act->ask;
	uint64_t first = act->first ? act->first : at->position;
	struct dcf_entity_ours ours = { act->party, act->operation, at->at_us };
	struct dcf_entity like = { .kind = act->kind,
				   .id = act->id,
				   .manager = &act->manager->pub,
				   .tag = act->tag,
				   .tag_ns = act->tag_ns,
				   .version = act->version,
				   .extents = ask->extents,
				   .v1 = act->v1,
				   .native = act->native,
				   .position = at->position,
				   .serial = 2 * first + act->was_made };
	char tag[DCF_RID_VERSION_TEXT];

	if (act->native)
		like.ours = &ours;
	like.url = dcf_exchange_url(x, act->manager, ask->url, &like.url_kept);
	if (act->kind == DCF_ENTITY_INTENT) {
		like.state = ask->state;
		like.subscription = dcf_uuid_is_zero(&act->made) ? ask->subscription : act->made;
		if (dcf_uuid_eq(&like.subscription, &dcf_utm_null_subscription))
			like.subscription = (struct dcf_uuid){ { 0 } };
	}
	if (act->kind == DCF_ENTITY_SUBSCRIPTION) {
		like.for_intents = ask->for_intents;
		like.for_constraints = ask->for_constraints;
	}
	if (act->tag_ns)
		like.tag = (struct dcf_span){ tag, dcf_rid_version_write(act->tag_ns, tag) };
	return dcf_entity_make(x->from, &like, out);
}

/* Its version follows from the intent's OVN, which only the same manager knows. */
enum dcf_status dcf_exchange_made_of(struct dcf_exchange *x, const struct exchange_at *at, const struct exchange_act *act,
				     struct dcf_entity **out)
{
	enum { HASHED = 24 };
	static const char purpose[] = "subscription of the intent with the OVN ";
	struct dcf_sha256 sum;
	struct dcf_hash hash;
	char tag[HASHED * 4 / 3 + 4];
	struct dcf_entity like = { .kind = DCF_ENTITY_SUBSCRIPTION,
				   .id = act->made,
				   .manager = &act->manager->pub,
				   .version = 1,
				   .extents = { .start_us = act->ask->extents.start_us,
						.end_us = act->ask->extents.end_us,
						.lower_e4 = act->ask->extents.lower_e4,
						.upper_e4 = act->ask->extents.upper_e4 },
				   .implicit = true,
				   .for_intents = true,
				   .for_constraints = act->ask->new_for_constraints,
				   .position = at->position,
				   .serial = 2 * at->position + 1 };

	like.url = dcf_exchange_url(x, act->manager, act->ask->new_url, &like.url_kept);
	dcf_sha256_begin(&sum);
	dcf_sha256_put(&sum, purpose, sizeof purpose);
	dcf_sha256_put(&sum, act->tag.p, act->tag.len);
	hash = dcf_sha256_end(&sum);
	like.tag = (struct dcf_span){ tag, dcf_text_write(DCF_TEXT_BASE64_URL, tag, hash.b, HASHED) };
	return dcf_entity_make(x->from, &like, out);
}
