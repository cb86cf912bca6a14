/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the measuring program that `deconflict bench` runs.
 *
 * A program of its own, so that `deconflict` needs none of the libraries it is compared with. */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_BAD = 2, EXIT_FAILED = 3, MOST_N = 10000000, MOST_RUNS = 1000, MOST_THREADS = 256, DEFAULT_RUNS = 5 };

static const struct bench {
	const char *name, *what;
	uint32_t n;
	enum dcf_status (*run)(const struct dcf_bench_options *options, struct dcf_bench_report *report);
} benches[] = {
	{ "A", "volumes: the exact answer, its planar variant and the rivals to that", 10000, dcf_bench_volumes },
	{ "B", "trajectories at 5 NM and 1000 ft; the rival is 'brute'", 10000, dcf_bench_trajectories },
	{ "C", "a live index of a million volumes: ask, insert, remove while others merge", 206935, dcf_bench_live },
	{ "options", "ways out of the conflicts of B; the rivals are 'fcfs' and 'anneal'", 10000, dcf_bench_options_run },
	{ "node", "a node over HTTP: declarations, queries, memory, start", 100000, dcf_bench_node },
	{ "exchange", "an exchange over HTTP: flights, service areas, N intents standing, a large question", 100000,
	  dcf_bench_exchange },
	{ "line", "two nodes: N messages a second between them, and 100 links on one", 1000, dcf_bench_line },
	{ "read", "reading an operations file of workload A (about 50 MB by default)", 16000, dcf_bench_read },
};

enum { BENCH_COUNT = sizeof benches / sizeof *benches };

static void help(void)
{
	printf("Usage: deconflict bench [NAME] [OPTIONS]\n\n"
	       "Measures speed and memory on a workload made from a seed.  NAME (default A):\n");
	for (size_t i = 0; i < BENCH_COUNT; i++)
		printf("  %-8s %s\n", benches[i].name, benches[i].what);
	printf("\nOptions:\n"
	       "  --n N             operations (A, B and options 10000, C 206935, read 16000)\n"
	       "  --seed S          what the workload is made from (1)\n"
	       "  --threads T       threads of ours; every rival has one (1)\n"
	       "  --rivals LIST     none, all or some of");
	for (size_t i = 0; i < DCF_RIVAL_COUNT; i++)
		printf("%s%s%s", i ? "," : " ", dcf_rivals[i].name, dcf_rivals[i].rival ? "" : " (not built)");
	printf(" (none);\n"
	       "                    of options: fcfs, anneal\n"
	       "  --standing N      of exchange: the same as --n: intents that stand while it is asked\n"
	       "  --parts LIST      of exchange: all, or some of busy, subscribed, spread, isa, queries, flood (all)\n"
	       "  --seconds S       of node and exchange: how long each kind of request is asked (8); of line: how long (10)\n"
	       "  --entries E       of node: let the record grow to E entries, N operations in the state, and\n"
	       "                    measure each tenth\n"
	       "  --url URL         of node and exchange: a server that runs already\n"
	       "  --token FILE      of node and exchange: the token to ask it with\n"
	       "  --token-key FILE  of exchange: an RSA key (PEM) that the server trusts: tokens of several managers are\n"
	       "                    signed with it\n"
	       "  --audience NAME   of exchange: whom those tokens are for (localhost)\n"
	       "  --runs R          medians of R runs; one run where it takes over five minutes (5)\n"
	       "  --format text|json\n");
}

static bool take_number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *value >= least && *value <= most;
}

static int complain(const char *option, const char *found, const char *expected)
{
	fprintf(stderr, "deconflict: bench: %s: found '%s', expected %s\n", option, found ? found : "nothing", expected);
	return EXIT_BAD;
}

/* Options whose value is a number, with their range. */
static const struct number_option {
	const char *name, *expected;
	uint64_t least, most;
} number_options[] = {
	{ "--n", "a number of operations, 1 to 10000000", 1, MOST_N },
	{ "--seed", "a whole number below 2^63", 0, INT64_MAX },
	{ "--threads", "a number of threads, 1 to 256", 1, MOST_THREADS },
	{ "--runs", "a number of runs, 1 to 1000", 1, MOST_RUNS },
	{ "--seconds", "a number of seconds, 1 to 3600", 1, 3600 },
	{ "--standing", "a number of intents, 1 to 10000000", 1, MOST_N },
	{ "--entries", "a number of entries, 10000 to 1000000000", 10000, 1000000000 },
};

enum { NUMBER_COUNT = sizeof number_options / sizeof *number_options };

static void set_number(struct dcf_bench_options *o, size_t which, uint64_t value)
{
	switch (which) {
	case 0:
		o->n = (uint32_t)value;
		break;
	case 1:
		o->seed = value;
		break;
	case 2:
		o->threads = (unsigned)value;
		break;
	case 3:
		o->runs = (unsigned)value;
		break;
	case 4:
		o->seconds = (unsigned)value;
		break;
	case 5:
		o->n = (uint32_t)value;
		break;
	default:
		o->entries = value;
	}
}

/* Options whose value is a text. */
static const char **text_option(struct dcf_bench_options *o, const char *name)
{
	const struct {
		const char *name, **value;
	} options[] = {
		{ "--url", &o->url }, { "--token", &o->token }, { "--token-key", &o->token_key }, { "--audience", &o->audience }
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(name, options[i].name) == 0)
			return options[i].value;
	return NULL;
}

static int take_option(const char *name, const char *value, struct dcf_bench_options *o)
{
	for (size_t i = 0; i < NUMBER_COUNT; i++) {
		uint64_t number;

		if (strcmp(name, number_options[i].name) != 0)
			continue;
		if (!take_number(value, number_options[i].least, number_options[i].most, &number))
			return complain(name, value, number_options[i].expected);
		set_number(o, i, number);
		return 0;
	}
	if (strcmp(name, "--format") == 0) {
		o->json = value && strcmp(value, "json") == 0;
		return o->json || (value && strcmp(value, "text") == 0) ? 0 : complain(name, value, "'text' or 'json'");
	}
	if (text_option(o, name)) {
		*text_option(o, name) = value;
		return value ? 0 : complain(name, value, "a value");
	}
	if (strcmp(name, "--parts") == 0)
		return value && dcf_exchange_parts(value, o->part)
			       ? 0
			       : complain(name, value, "'all' or a list of busy, subscribed, spread, isa, queries, flood");
	if (strcmp(name, "--rivals") == 0) {
		o->rivals = value;
		return value ? 0 : complain(name, value, "'none', 'all' or a list of rivals");
	}
	return complain("option", name, "one of those that 'deconflict bench --help' lists");
}

/* 0 to go on, -1 after --help, else the exit status. */
static int take_arguments(int argc, char **argv, struct dcf_bench_options *o)
{
	bool named = false;

	for (int i = 1; i < argc; i++) {
		int status = 0;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			help();
			return -1;
		}
		if (argv[i][0] == '-') {
			status = take_option(argv[i], i + 1 < argc ? argv[i + 1] : NULL, o);
			i++;
		} else if (named) {
			status = complain("argument", argv[i], "one NAME only");
		} else {
			o->name = argv[i];
			named = true;
		}
		if (status)
			return status;
	}
	return 0;
}

static const struct bench *find(const char *name)
{
	for (size_t i = 0; i < BENCH_COUNT; i++)
		if (strcmp(benches[i].name, name) == 0)
			return &benches[i];
	return NULL;
}

/* Each benchmark has its own rivals. */
static int choose_rivals(const struct bench *bench, struct dcf_bench_options *o)
{
	struct dcf_span list = dcf_span_of(o->rivals ? o->rivals : "none"), unknown;

	if (bench->run == dcf_bench_options_run)
		return dcf_options_rival_choose(list, o->options_rival)
			       ? 0
			       : complain("--rivals", o->rivals, "'none', 'all', 'fcfs' or 'anneal' (or both, with a comma)");
	return dcf_rival_choose(list, o->rival, &unknown)
		       ? 0
		       : complain("--rivals", o->rivals, "'none', 'all' or a list of brute, geos, boost, sqlite, postgis");
}

static int show(const struct dcf_bench_report *report)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	bool ok;

	if (report->options->json)
		dcf_report_json(report, &out);
	else
		dcf_report_text(report, &out);
	ok = !out.failed && fwrite(out.p, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	dcf_buf_free(&out);
	if (!ok)
		fputs("deconflict: bench: cannot write to standard output\n", stderr);
	return ok ? 0 : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct dcf_bench_options options = {
		.name = "A", .seed = 1, .threads = 1, .runs = DEFAULT_RUNS, .audience = "localhost"
	};
	struct dcf_bench_report report = { .options = &options };
	int status = dcf_exchange_parts("all", options.part) ? take_arguments(argc, argv, &options) : EXIT_FAILED;
	const struct bench *bench;
	enum dcf_status s;

	if (status)
		return status < 0 ? 0 : status;
	bench = find(options.name);
	if (!bench)
		return complain("NAME", options.name, "A, B, C, options, node, exchange, line or read");
	status = choose_rivals(bench, &options);
	if (status)
		return status;
	if (!options.n)
		options.n = bench->n;
	s = bench->run(&options, &report);
	if (s != DCF_OK) {
		fprintf(stderr, "deconflict: bench: %s: %s\n", options.name, dcf_status_text(s));
		return s == DCF_E_USAGE ? EXIT_BAD : EXIT_FAILED;
	}
	return show(&report);
}
