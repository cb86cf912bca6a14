/* SPDX-License-Identifier: Apache-2.0 */
/* ways-out: the best way out of each conflict in a file, as one party may know it.
 *
 *     ways-out PLAN.geojson [PARTY]
 *
 * The status is 0 when every conflict has a way out, 1 when one has none, 2 when something was refused. */
#include <deconflict/deconflict.h>

#include <stdio.h>

static int64_t read_stream(void *ctx, void *to, size_t n)
{
	size_t got = fread(to, 1, n, ctx);

	return got == 0 && ferror((FILE *)ctx) ? -1 : (int64_t)got;
}

static enum dcf_status read_file(struct dcf_operations *ops, const char *name)
{
	FILE *f = fopen(name, "rb");
	struct dcf_input input = { read_stream, f };
	enum dcf_status s;

	if (!f)
		return DCF_E_IO;
	s = dcf_operations_read(ops, name, NULL, &input);
	fclose(f);
	return s == DCF_OK ? dcf_operations_finish(ops) : s;
}

static void print_best(const struct dcf_ways_out *ways, size_t k)
{
	struct dcf_way_out_of of;
	struct dcf_way_out best;
	char words[1000];
	size_t i;

	if (dcf_ways_out_conflict(ways, k, &of) != DCF_OK)
		return;
	printf("%.*s against %.*s: ", (int)of.a_operation.len, of.a_operation.p, (int)of.b_operation.len, of.b_operation.p);
	if (dcf_ways_out_best(ways, k, 0, &i) == DCF_OK && dcf_ways_out_option(ways, i, &best) == DCF_OK &&
	    dcf_ways_out_words(ways, i, words, sizeof words, NULL) == DCF_OK)
		printf("%s (%s, cost %.0f, 1 of %zu)\n", words, best.kind, best.cost, of.options);
	else
		printf("no way out\n");
}

static void print_reasons(const struct dcf_ways_out *ways)
{
	struct dcf_no_way_out none;

	for (size_t i = 0; dcf_ways_out_unresolved(ways, i, &none) == DCF_OK; i++)
		printf("%.*s against %.*s stays: %.*s\n", (int)none.a_operation.len, none.a_operation.p,
		       (int)none.b_operation.len, none.b_operation.p, (int)none.why.len, none.why.p);
}

int main(int argc, char **argv)
{
	struct dcf_wish wish = dcf_wish_usual();
	struct dcf_operations *ops = NULL;
	struct dcf_ways_out *ways = NULL;
	struct dcf_ways_out_counts n = { 0 };
	enum dcf_status s;
	char notice[2000];
	int status = 3;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: ways-out PLAN.geojson [PARTY]\n");
		return 2;
	}
	wish.reader = argc == 3 ? argv[2] : NULL;
	if ((s = dcf_operations_new(NULL, &ops)) != DCF_OK || (s = read_file(ops, argv[1])) != DCF_OK ||
	    (s = dcf_find_ways_out(ops, &wish, &ways)) != DCF_OK) {
		fprintf(stderr, "ways-out: %s\n", dcf_status_text(s));
		goto done;
	}
	n = dcf_ways_out_count(ways);
	for (size_t k = 0; k < n.conflicts; k++)
		print_best(ways, k);
	print_reasons(ways);
	if (dcf_ways_out_notice(ways, notice, sizeof notice, NULL) == DCF_OK)
		puts(notice);
	status = n.refused ? 2 : n.unresolved ? 1 : 0;
done:
	dcf_ways_out_free(ways);
	dcf_operations_free(ops);
	return status;
}
