/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux.h - what today's exchanges have beside the standards: which pool this is, who is in it and alive, certificates,
 * versions.
 *
 *     api_aux.c           handlers of /aux/v1 and /versions
 *     api_aux_pool.c      the pool's name, signed; heartbeats
 *     api_aux_certs.c     certificates from the operator's files
 *     api_aux_metrics.c   the exchange's requests by endpoint and code
 *
 * THE POOL'S MARK.  Whoever asks several instances must know whether they are of one pool.  Each reply of an exchange path has
 * the header
 *
 *     Deconflict-Pool: "POOL";hour="2026-11-22T11:00:00Z";by="ORIGIN";sig=:BASE64:
 *
 * (RFC 9651: a string with parameters; in both names bytes that are not printable ASCII, `"`, `\` and `%` are percent-encoded).
 * BASE64 is what stands in the signature line of a signed note (record/note.h: key id and Ed25519 signature) over three lines,
 * each with its newline:
 *
 *     deconflict-pool-v1
 *     POOL
 *     2026-11-22T11:00:00Z
 *
 * A client puts these lines together, checks the signature with the verifier key of the record (DIR/record.vkey, handed out
 * beforehand) and that the hour is that of its own clock or a neighbour.  No head of a record can be mistaken for it: its third
 * line is no hash.
 *
 * HEARTBEATS are of this instance: who keeps watch over it (or over its pool) says so here.  They are signs of life, not
 * evidence: kept in memory, at most one for each reporter and source and at most DCF_AUX_HEARTBEATS, and gone with the process,
 * which begins with one of its own ("Startup"). */
#ifndef DCF_NODE_API_AUX_H
#define DCF_NODE_API_AUX_H

#include "node/api_exchange.h"
#include "record/note.h"

enum {
	DCF_AUX_HEARTBEATS = 64, /* kept */
	DCF_AUX_NAME = 256,      /* bytes of a source and of a reporter */
	DCF_AUX_MARK = 2048      /* of the header, with a NUL: two names of 255 bytes, all percent-encoded */
};

struct dcf_aux;

/* Names, heartbeats, certificates.  `config` is borrowed.  DCF_E_USAGE: no name of a pool.  The files of certificates are read:
 * DCF_E_IO, DCF_E_SYNTAX, DCF_E_REFUSED (a private key) with `err`; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_aux_new(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
					struct dcf_aux **out, struct dcf_node_error *err);
/* NULL is fine. */
void dcf_aux_free(struct dcf_aux *aux);
/* Read the files of certificates again; on failure what was read before stays.  Any thread. */
DCF_CHECKED enum dcf_status dcf_aux_reload(struct dcf_aux *aux, struct dcf_node_error *err);
/* The pool's mark is signed by this one from here on (its key is borrowed); when this returns nothing signs by the one before.
 * Any thread. */
void dcf_aux_signer(struct dcf_aux *aux, const struct dcf_signer *signer);

/* Put the mark on a reply that has none yet.  Any thread; signs once an hour.  Without a signer nothing is put. */
void dcf_aux_mark(struct dcf_aux *aux, struct dcf_http_reply *reply);

/* {"pool", "hour", "vkey", "note"} as members of an open object: the note is what dcf_note_verify takes. */
void dcf_aux_put_pool(struct dcf_aux *aux, struct dcf_json *j);
/* The pool's name. */
void dcf_aux_put_name(struct dcf_aux *aux, struct dcf_json *j);
/* What this instance is called: exchange.locality, or the record's origin. */
void dcf_aux_put_locality(struct dcf_aux *aux, struct dcf_json *j);

/* --- heartbeats ----------------------------------------------------------------------------------------- */

#define DCF_AUX_NO_TIME INT64_MIN

struct dcf_heartbeat {
	uint64_t index;  /* of all since the start, from 0 */
	int64_t at_us;   /* as it says */
	int64_t next_us; /* the next one is expected before; DCF_AUX_NO_TIME */
	size_t reporter_length, source_length;
	char reporter[DCF_AUX_NAME], source[DCF_AUX_NAME];
};

/* Keep one.  Spans of at most DCF_AUX_NAME bytes; an empty `reporter`: this node itself.  Takes the place of the one of the
 * same reporter and source, else of the one that came longest ago where there is no room. */
void dcf_aux_beat(struct dcf_aux *aux, struct dcf_span reporter, struct dcf_span source, int64_t at_us, int64_t next_us);
/* Copies of those kept, what came last first: whatever times they tell, none hides those that come after it. */
size_t dcf_aux_beats(struct dcf_aux *aux, struct dcf_heartbeat out[static DCF_AUX_HEARTBEATS]);

/* --- certificates --------------------------------------------------------------------------------------- */

enum dcf_aux_certs { DCF_AUX_OWN_CAS, DCF_AUX_ACCEPTED_CAS, DCF_AUX_CERTS_COUNT };

/* Certificates as PEM texts, each as an element of the open array; false where no file is configured. */
bool dcf_aux_put_certs(struct dcf_aux *aux, enum dcf_aux_certs which, struct dcf_json *j);
/* The certificates of a PEM text (other blocks than certificates are refused) as elements of a JSON array, without its
 * brackets.  `where` names the text in messages. */
DCF_CHECKED enum dcf_status dcf_aux_read_certs(struct dcf_span pem, const char *where, struct dcf_buf *out,
					       struct dcf_node_error *err);

/* --- metrics -------------------------------------------------------------------------------------------- */

struct dcf_endpoints;

/* deconflict_exchange_requests_total{endpoint,method,code} and deconflict_exchange_seconds{endpoint,method} of those of
 * `routes` (borrowed) that are the exchange's, and together of all its paths that no route serves; a series is made when it is
 * first counted: at most 16 codes for each.  And gauges of what stands. */
DCF_CHECKED enum dcf_status dcf_endpoints_new(struct dcf_api *api, const struct dcf_http_route *routes, size_t count,
					      struct dcf_endpoints **out);
void dcf_endpoints_free(struct dcf_endpoints *e);
void dcf_endpoints_take(struct dcf_endpoints *e, const struct dcf_http_done *done);

/* --- handlers ------------------------------------------------------------------------------------------- */

DCF_API_HANDLER(dcf_api_aux_version);
DCF_API_HANDLER(dcf_api_aux_validate_oauth);
DCF_API_HANDLER(dcf_api_aux_pool);
DCF_API_HANDLER(dcf_api_aux_instances);
DCF_API_HANDLER(dcf_api_aux_heartbeat);
DCF_API_HANDLER(dcf_api_aux_ca_certs);
DCF_API_HANDLER(dcf_api_aux_accepted_ca_certs);
DCF_API_HANDLER(dcf_api_aux_global_options);
DCF_API_HANDLER(dcf_api_versions);

extern const struct dcf_http_route dcf_api_aux_routes[];
extern const size_t dcf_api_aux_route_count;

#endif
