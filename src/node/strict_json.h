/* SPDX-License-Identifier: Apache-2.0 */
/* strict_json.h - one small JSON object from a stranger: whole, not too deep, no member twice. */
#ifndef DCF_NODE_STRICT_JSON_H
#define DCF_NODE_STRICT_JSON_H

#include "format/json.h"

/* Zero-initialise, set `from`; free in any case.  Holds one text at a time. */
struct dcf_strict_json {
	const struct dcf_alloc *from;
	struct dcf_jdoc doc;
	const char *fault; /* of the last failure: static */
};

/* Parse `text`, of at most `max` bytes, nested at most `depth` deep.  DCF_E_LIMIT (longer, deeper), DCF_E_SYNTAX (no JSON, no
 * object, a number beyond 64 bits), DCF_E_REFUSED (a member twice, at any depth), DCF_E_NOMEM.  dcf_jroot(&j->doc) is the
 * object; it lives until the next call. */
DCF_CHECKED enum dcf_status dcf_strict_json(struct dcf_strict_json *j, struct dcf_span text, size_t max, uint32_t depth);
void dcf_strict_json_free(struct dcf_strict_json *j);

#endif
