/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/names.h"
#include "base/buf.h"
#include "cli/cli.h"

#include <sys/stat.h>

enum dcf_status dcf_name_party(const struct dcf_plan *plan, const char *who, const char *name, uint32_t *party)
{
	struct dcf_buf names = { .from = plan->arena.from };

	*party = dcf_plan_find_party(plan, dcf_span_of(name));
	if (*party != DCF_NONE)
		return DCF_OK;
	for (size_t i = 0; i < plan->party_count; i++) {
		dcf_buf_z(&names, i ? ", " : "");
		dcf_buf_span(&names, plan->parties[i].id);
	}
	dcf_buf_char(&names, '\0');
	dcf_complain("%s: no party '%s'; %s%s", who, name, plan->party_count ? "there are: " : "none is declared",
		     names.failed || !plan->party_count ? "" : names.p);
	dcf_buf_free(&names);
	return DCF_E_USAGE;
}

static void complain_ambiguous(const struct dcf_plan *plan, const char *who, const char *name)
{
	struct dcf_buf names = { .from = plan->arena.from };

	for (uint32_t p = 0; p < plan->party_count; p++) {
		if (dcf_plan_find_operation(plan, p, dcf_span_of(name)) == DCF_NONE)
			continue;
		dcf_buf_z(&names, names.len ? ", " : "");
		dcf_buf_span(&names, plan->parties[p].id);
		dcf_buf_char(&names, '/');
		dcf_buf_z(&names, name);
	}
	dcf_buf_char(&names, '\0');
	dcf_complain("%s: several parties have an operation '%s': %s", who, name, names.failed ? "" : names.p);
	dcf_buf_free(&names);
}

enum dcf_status dcf_name_operation(const struct dcf_plan *plan, const char *who, const char *name, uint32_t *operation)
{
	enum dcf_status s = dcf_plan_resolve(plan, dcf_span_of(name), operation);

	if (s == DCF_E_AMBIGUOUS)
		complain_ambiguous(plan, who, name);
	else if (s == DCF_E_NOT_FOUND)
		dcf_complain("%s: no operation '%s' was read", who, name);
	return s == DCF_E_AMBIGUOUS || s == DCF_E_NOT_FOUND ? DCF_E_USAGE : s;
}

bool dcf_name_is_input(const char *who, const char *path, char *const *files, int count, const char *other)
{
	struct stat target, st;

	if (!path || stat(path, &target) != 0 || !S_ISREG(target.st_mode))
		return false;
	for (int i = 0; i <= count; i++) {
		const char *name = i < count ? files[i] : other;

		if (!name || stat(name, &st) != 0 || st.st_dev != target.st_dev || st.st_ino != target.st_ino)
			continue;
		dcf_complain("%s: '%s' is one of the files to be read; name another for the report", who, path);
		return true;
	}
	return false;
}
