/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - a source that unpacks another one (RFC 1952; several members one after the other are one
 * text, as gzip(1) has it).
 *
 * Takes bounded memory whatever the packed bytes say; how much comes out is for the reader to bound. */
#ifndef DCF_FORMAT_GZIP_H
#define DCF_FORMAT_GZIP_H

#include "format/read.h"

struct dcf_gunzip;

/* Do these first bytes (2 are enough) begin a gzip member? */
bool dcf_is_gzip(const void *bytes, size_t n);

/* Unpack `first` (at most 64 KiB, copied: what was read of `packed` already), then all of `packed`
 * (borrowed).  Free with dcf_gunzip_free. */
DCF_CHECKED enum dcf_status dcf_gunzip_new(const struct dcf_alloc *a, const struct dcf_source *packed, struct dcf_span first,
					   struct dcf_gunzip **out);
/* NULL is fine. */
void dcf_gunzip_free(struct dcf_gunzip *g);

/* The unpacked bytes.  Valid while `g` is. */
struct dcf_source dcf_gunzip_source(struct dcf_gunzip *g);

/* Why its read returned -1: DCF_E_SYNTAX with a sentence for damaged or truncated data, DCF_E_IO when the packed
 * source failed, DCF_E_NOMEM.  DCF_OK when nothing failed.  `*packed_bytes`: how far it came. */
enum dcf_status dcf_gunzip_failure(const struct dcf_gunzip *g, const char **text, uint64_t *packed_bytes);

#endif
