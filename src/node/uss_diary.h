/* SPDX-License-Identifier: Apache-2.0 */
/* uss_diary.h - the last exchanges with other providers, for log sets (F3548-21: ExchangeRecord) and reports of errors.
 *
 * In memory alone, DCF_USS_DIARY of them, bodies up to DCF_USS_DIARY_BODY bytes (a longer one is left out, and said to be): the
 * log of the node has a line of each too.  Tokens are never kept.  Any thread. */
#ifndef DCF_NODE_USS_DIARY_H
#define DCF_NODE_USS_DIARY_H

#include "base/json_writer.h"
#include "format/utm.h"

enum { DCF_USS_DIARY = 512, DCF_USS_DIARY_BODY = 8 * 1024 };

/* One exchange.  Borrowed. */
struct dcf_uss_exchange {
	struct dcf_span peer;   /* the other side, by its name in tokens */
	struct dcf_uuid intent; /* what it was about */
	bool has_intent;
	bool client; /* we asked */
	const char *method;
	struct dcf_span url; /* base URL; of what came here, ours */
	const char *path;
	int64_t request_us, response_us; /* wall; response_us 0: none came */
	struct dcf_span request, response;
	unsigned status;     /* 0: none */
	const char *problem; /* "": none */
};

struct dcf_uss_diary;

DCF_CHECKED enum dcf_status dcf_uss_diary_new(const struct dcf_alloc *a, struct dcf_uss_diary **out);
void dcf_uss_diary_free(struct dcf_uss_diary *d);
/* Nothing is kept where memory is short.  A NULL diary keeps nothing. */
void dcf_uss_diary_put(struct dcf_uss_diary *d, const struct dcf_uss_exchange *x);
/* Elements of "messages" (USSLogSet) with `peer` alone, the oldest first; of one intent where `intent` is not NULL.  `own`: our
 * name.  How many. */
size_t dcf_uss_diary_write(struct dcf_uss_diary *d, struct dcf_span peer, struct dcf_span own, const struct dcf_uuid *intent,
			   struct dcf_json *j);

#endif
