/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - how fast is an exchange (F3548-21, F3411-22a)?  Asked over HTTP, ours or any other by its URL.
 *
 *   busy       planners of several managers, all in one place: ask what is there, get the OVNs of others, create an intent with
 * them as the key, end it.  What is refused for its key (409) is tried again, and counted subscribed the same, each intent with
 * an implicit subscription spread     the same as busy, each flight in a place of its own isa        identification service
 * areas, put one by one queries    N intents standing, a few of them asked for at a time; memory, and the start with them flood
 * 50,000 intents in one area, asked for whole, while others ask for a few; then an intent over all of them whose key holds
 * none; then intents where 50,000 subscriptions are
 *
 * The USSs of the planners are tables in this program: only what the exchange does takes time. */
#ifndef DCF_BENCH_EXCHANGE_H
#define DCF_BENCH_EXCHANGE_H

#include "base/buf.h"
#include "base/json_writer.h"
#include "base/status.h"
#include "bench/load.h"
#include "bench/server.h"
#include <stdint.h>

enum { DCF_EXCHANGE_MANAGERS = 4 };

enum dcf_exchange_part {
	DCF_PART_BUSY,
	DCF_PART_SUBSCRIBED,
	DCF_PART_SPREAD,
	DCF_PART_ISA,
	DCF_PART_QUERIES,
	DCF_PART_FLOOD,
	DCF_PART_COUNT
};
extern const char *const dcf_exchange_part_name[DCF_PART_COUNT];

/* --- tokens (exchange_token.c) ------------------------------------------------------------------------- */

enum dcf_exchange_right { DCF_RIGHT_INTENTS, DCF_RIGHT_AREAS, DCF_RIGHT_COUNT };

/* Lines of headers for each manager and right. */
struct dcf_exchange_tokens {
	char header[DCF_EXCHANGE_MANAGERS][DCF_RIGHT_COUNT][9200];
};
struct dcf_exchange_signer;

/* The RSA key in the file, or a new one (NULL).  A message on standard error, and DCF_E_IO, where there is none. */
DCF_CHECKED enum dcf_status dcf_exchange_signer_new(const char *file, struct dcf_exchange_signer **out);
void dcf_exchange_signer_free(struct dcf_exchange_signer *s);
/* Its public half as a PEM file. */
DCF_CHECKED enum dcf_status dcf_exchange_signer_public(const struct dcf_exchange_signer *s, const char *file);
/* Tokens for an hour, or the one in the file `token` for everybody. */
DCF_CHECKED enum dcf_status dcf_exchange_tokens(const struct dcf_exchange_signer *s, const char *audience, const char *token,
						struct dcf_exchange_tokens *out);

/* --- what is asked (exchange_ask.c) ---------------------------------------------------------------------- */

enum { DCF_ID_TEXT = 36 };
/* A version 4 id of two random numbers; `tail` (16 bits) stands in its last four digits. */
void dcf_exchange_id(uint64_t a, uint64_t b, unsigned tail, char out[static DCF_ID_TEXT + 1]);
/* Volumes: a circle or a square from `lat`, `lng`; from an hour ahead for so many minutes.  Length put. */
size_t dcf_exchange_volume(char *out, size_t room, double lat, double lng, double radius_m, int lower_m, int upper_m);
size_t dcf_exchange_area(char *out, size_t room, double lat, double lng, double side);
/* The value of the next member `name` of JSON text behind *at, a text; moves *at behind it.  False when there is none. */
bool dcf_exchange_next(struct dcf_span text, size_t *at, const char *name, struct dcf_span *value);

/* --- flights (exchange_flight.c) --------------------------------------------------------------------------- */

struct dcf_exchange_flights {
	unsigned planners;
	uint64_t flights;   /* created and ended */
	uint64_t conflicts; /* creations refused for their key, and tried again */
	uint64_t waits;     /* an OVN that its USS had not yet: asked again */
	double per_second;
	struct dcf_load_times time; /* from the first question until the end is acknowledged */
	struct dcf_load_result requests;
	double server_cpu_us; /* for a flight */
};

enum dcf_exchange_where { DCF_IN_ONE_CELL, DCF_ALL_OVER };

DCF_CHECKED enum dcf_status dcf_exchange_fly(const struct dcf_server *server, const struct dcf_exchange_tokens *tokens,
					     unsigned planners, enum dcf_exchange_where where, bool subscribed, double seconds,
					     uint64_t seed, struct dcf_exchange_flights *out);

/* --- the whole ------------------------------------------------------------------------------------------------ */

struct dcf_exchange_load {
	struct dcf_load_result client;
	double server_cpu_us;
};

/* A request whose reply names everything in the flood, put again and again. */
enum dcf_exchange_flooding { DCF_FLOOD_QUERY, DCF_FLOOD_REFUSED, DCF_FLOOD_TOLD, DCF_FLOOD_COUNT };
struct dcf_exchange_flood {
	uint64_t hits, bytes;                 /* of one reply */
	struct dcf_load_result asked, beside; /* it, and others beside it */
	uint64_t before_bytes, most_bytes;    /* memory of the server */
};

struct dcf_exchange_report {
	bool own_server;
	bool did[DCF_PART_COUNT];
	unsigned connections;
	double sync_p50_us, sync_p99_us;
	struct dcf_exchange_flights busy, subscribed, spread;
	struct dcf_exchange_load isa, fill, queries;
	double hits; /* of a query */
	uint64_t standing;
	uint64_t empty_bytes, standing_bytes; /* memory of the server */
	uint64_t file_bytes;
	struct dcf_load_result alone; /* others, with no large question beside them */
	struct dcf_exchange_flood flood[DCF_FLOOD_COUNT];
	double others_rate;
	double healthy_s, ready_s; /* a start with everything */
};

/* "all" or names with commas; false for another. */
bool dcf_exchange_parts(const char *list, bool part[static DCF_PART_COUNT]);

void dcf_exchange_json(const struct dcf_exchange_report *r, struct dcf_json *j);
void dcf_exchange_text(const struct dcf_exchange_report *r, struct dcf_buf *out);

#endif
