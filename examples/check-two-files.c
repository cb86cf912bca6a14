/* SPDX-License-Identifier: Apache-2.0 */
/* check-two-files OURS THEIRS: every place where operations of two files meet.
 *
 *     cc check-two-files.c $(pkg-config --cflags --libs deconflict)
 *
 * Exit status as `deconflict check`: 0 nothing found, 1 conflicts or breaches, 2 bad input, 3 it could not work. */
#include <deconflict/deconflict.h>

#include <stdio.h>

static int64_t read_file(void *ctx, void *to, size_t n)
{
	FILE *f = ctx;
	size_t got = fread(to, 1, n, f);

	return got == 0 && ferror(f) ? -1 : (int64_t)got;
}

/* False only when there is no sense in going on. */
static bool add(struct dcf_operations *ops, const char *name)
{
	FILE *f = fopen(name, "rb");
	struct dcf_input input = { read_file, f };
	enum dcf_status s;

	if (!f) {
		perror(name);
		return false;
	}
	s = dcf_operations_read(ops, name, NULL, &input);
	fclose(f);
	/* Malformed input is a note of the operations, shown below; the other file is checked all the same. */
	return s != DCF_E_NOMEM;
}

static void show_pair(const struct dcf_answer *answer, size_t i)
{
	struct dcf_pair_found p;
	char start[DCF_TIME_TEXT_MAX], end[DCF_TIME_TEXT_MAX];

	if (dcf_answer_pair(answer, DCF_PAIRS_CONFLICTS, i, &p) != DCF_OK ||
	    dcf_time_format(p.start_us, 3, false, start) != DCF_OK || dcf_time_format(p.end_us, 3, true, end) != DCF_OK)
		return;
	printf("%s: %.*s/%.*s and %.*s/%.*s, %s to %s, %.1f m apart at %.4f %.4f\n",
	       p.kind == DCF_KIND_OVERLAP ? "overlap" : "separation", (int)p.a.party.len, p.a.party.p, (int)p.a.operation.len,
	       p.a.operation.p, (int)p.b.party.len, p.b.party.p, (int)p.b.operation.len, p.b.operation.p, start, end,
	       (double)p.lateral_gap_dm / 10, p.closest.lat_deg, p.closest.lon_deg);
}

static void show(const struct dcf_answer *answer, const struct dcf_answer_counts *n)
{
	char notice[2048];

	for (size_t i = 0; i < n->pairs[DCF_PAIRS_CONFLICTS]; i++)
		show_pair(answer, i);
	for (size_t i = 0; i < n->notes; i++) {
		struct dcf_note note;

		if (dcf_answer_note(answer, i, &note) == DCF_OK && note.refused)
			fprintf(stderr, "refused: %.*s: %.*s\n", (int)note.where.len, note.where.p, (int)note.text.len,
				note.text.p);
	}
	if (dcf_answer_notice(answer, notice, sizeof notice, NULL) == DCF_OK)
		puts(notice);
}

int main(int argc, char **argv)
{
	struct dcf_question question = dcf_question_usual();
	struct dcf_operations *ops = NULL;
	struct dcf_answer *answer = NULL;
	struct dcf_answer_counts n;
	int status = 3;

	if (argc != 3) {
		fprintf(stderr, "usage: check-two-files OURS THEIRS\n");
		return 2;
	}
	if (dcf_operations_new(NULL, &ops) != DCF_OK || !add(ops, argv[1]) || !add(ops, argv[2]) ||
	    dcf_operations_finish(ops) != DCF_OK || dcf_check_operations(ops, &question, &answer) != DCF_OK)
		goto done;
	n = dcf_answer_count(answer);
	show(answer, &n);
	status = n.refused > 0 ? 2 : n.found;
done:
	dcf_answer_free(answer);
	dcf_operations_free(ops);
	return status;
}
