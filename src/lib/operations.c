/* SPDX-License-Identifier: Apache-2.0 */
#include "format/read.h"
#include "format/report_html.h"
#include "format/write_f3548.h"
#include "format/write_geojson.h"
#include "format/write_kml.h"
#include "lib/lib_int.h"

#include <deconflict/version.h>

enum dcf_status dcf_operations_new(const struct dcf_alloc *alloc, struct dcf_operations **out)
{
	struct dcf_alloc from = alloc ? *alloc : dcf_alloc_heap();
	struct dcf_operations *ops = dcf_alloc_new(&from, sizeof *ops);

	*out = ops;
	if (!ops)
		return DCF_E_NOMEM;
	*ops = (struct dcf_operations){ .alloc = from };
	dcf_plan_init(&ops->plan, &ops->alloc);
	return DCF_OK;
}

void dcf_operations_free(struct dcf_operations *ops)
{
	struct dcf_alloc from;

	if (!ops)
		return;
	from = ops->alloc;
	dcf_plan_free(&ops->plan);
	dcf_alloc_free(&from, ops, sizeof *ops);
}

enum dcf_status dcf_operations_read(struct dcf_operations *ops, const char *name, const char *party,
				    const struct dcf_input *input)
{
	struct dcf_source source = { .read = input->read, .ctx = input->ctx };
	struct dcf_read_options options = { .name = dcf_span_of(name ? name : ""), .party = dcf_span_of(party ? party : "") };

	return ops->finished ? DCF_E_USAGE : dcf_read_plan(&ops->plan, &options, &source);
}

static int64_t read_memory(void *ctx, void *to, size_t n)
{
	struct dcf_span *rest = ctx;

	n = n < rest->len ? n : rest->len;
	if (n > 0) {
		memcpy(to, rest->p, n);
		rest->p += n;
		rest->len -= n;
	}
	return (int64_t)n;
}

enum dcf_status dcf_operations_read_bytes(struct dcf_operations *ops, const char *name, const char *party, const void *bytes,
					  size_t n)
{
	struct dcf_span rest = { bytes, n };
	struct dcf_input input = { read_memory, &rest };

	return dcf_operations_read(ops, name, party, &input);
}

enum dcf_status dcf_operations_finish(struct dcf_operations *ops)
{
	enum dcf_status s;

	if (ops->finished)
		return DCF_OK;
	s = dcf_read_finish(&ops->plan);
	ops->finished = s == DCF_OK;
	return s;
}

struct dcf_operations_counts dcf_operations_count(const struct dcf_operations *ops)
{
	const struct dcf_plan *p = &ops->plan;

	return (struct dcf_operations_counts){ p->party_count, p->operation_count, p->feature_count, p->remark_count };
}

struct dcf_note dcf_note_of(const struct dcf_remark *r)
{
	return (struct dcf_note){
		.refused = r->refused,
		.party = dcf_text_of(r->party),
		.operation = dcf_text_of(r->operation),
		.where = dcf_text_of(r->where),
		.field = dcf_text_of(r->field),
		.text = dcf_text_of(r->text),
	};
}

enum dcf_status dcf_operations_note(const struct dcf_operations *ops, size_t i, struct dcf_note *out)
{
	if (i >= ops->plan.remark_count)
		return DCF_E_RANGE;
	*out = dcf_note_of(&ops->plan.remarks[i]);
	return DCF_OK;
}

enum dcf_status dcf_operations_get(const struct dcf_operations *ops, size_t i, struct dcf_operation_view *out)
{
	const struct dcf_plan *p = &ops->plan;

	if (i >= p->operation_count)
		return DCF_E_RANGE;
	*out = (struct dcf_operation_view){ .party = dcf_text_of(p->parties[p->operations[i].party].id),
					    .id = dcf_text_of(p->operations[i].id),
					    .features = p->operations[i].feature_count,
					    .start_us = DCF_NO_TIME,
					    .end_us = DCF_NO_TIME };
	for (size_t k = 0; k < p->feature_count; k++) {
		const struct dcf_feature *f = &p->features[k];
		bool first = out->start_us == DCF_NO_TIME;

		if (f->operation != i)
			continue;
		out->start_us = first || f->start_us < out->start_us ? f->start_us : out->start_us;
		out->end_us = first || f->end_us > out->end_us ? f->end_us : out->end_us;
	}
	return DCF_OK;
}

static enum dcf_status write_page(const struct dcf_plan *plan, struct dcf_buf *out)
{
	const struct dcf_report_options options = { .version = dcf_library_version() };

	return dcf_report_html(plan, NULL, &options, out);
}

enum dcf_status dcf_operations_write(const struct dcf_operations *ops, enum dcf_format format, dcf_sink *sink, void *ctx)
{
	static enum dcf_status (*const writer[])(const struct dcf_plan *, struct dcf_buf *) = {
		[DCF_FORMAT_GEOJSON] = dcf_write_geojson,
		[DCF_FORMAT_F3548] = dcf_write_f3548,
		[DCF_FORMAT_KML] = dcf_write_kml,
		[DCF_FORMAT_HTML] = write_page,
	};
	_Static_assert(sizeof writer / sizeof *writer == DCF_FORMAT_END, "every format needs its writer");
	struct dcf_buf out = { .from = &ops->alloc };

	if ((int)format < 0 || format >= DCF_FORMAT_END)
		return DCF_E_RANGE;
	if (!ops->finished)
		return DCF_E_USAGE;
	return dcf_text_send(&out, writer[format](&ops->plan, &out), sink, ctx);
}
