/* SPDX-License-Identifier: Apache-2.0 */
/* coded_forms_int.h - the table behind coded_forms.h. */
#ifndef DCF_FORMAT_CODED_FORMS_INT_H
#define DCF_FORMAT_CODED_FORMS_INT_H

#include "format/coded_forms.h"

extern const struct dcf_coded_row dcf_coded_table[];
extern const size_t dcf_coded_count;

#endif
