/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.h - data/openapi.json as it was when this was built. */
#ifndef DCF_NODE_OPENAPI_H
#define DCF_NODE_OPENAPI_H

#include <stddef.h>

extern const char dcf_openapi_json[];
extern const size_t dcf_openapi_json_size;

#endif
