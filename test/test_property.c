/* SPDX-License-Identifier: Apache-2.0 */
/* test_property.c - dcf_check against the oracle on random and adversarial worlds.
 *
 *     test_property [--worlds N] [--seed S] [--first K] [--family NAME] [--operations LOW HIGH] [--dump] [--quiet] [--stop]
 *
 * Every world is checked by the index, by one of its other variants, by brute force and on two threads,
 * which must agree field by field; the oracle then judges the answer (oracle/verify.h).  Beside that:
 * `only_operation` is the full answer cut to one operation, and a dwell allowed to the microsecond
 * makes brief what one less does not.  A failing world is written out as an operations file that `deconflict check` reads. */
#include "core/check.h"
#include "core/index.h"
#include "oracle/motion.h"
#include "oracle/verify.h"
#include "oracle/world.h"
#include "two_threads.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	uint64_t worlds, seed, first;
	struct dcf_ora_scale scale;
	const char *family;
	bool dump, quiet, stop;
};

struct totals {
	size_t worlds, failed, shown, class[4], intervals, several, touch, internal, only, dwell, empty;
	uint64_t candidates;
};

static bool run(const struct dcf_ora_world *w, const struct dcf_check_options *o, struct dcf_result *r, FILE *out)
{
	enum dcf_status s = dcf_check(&w->plan, o, &w->heap, r);

	if (s != DCF_OK)
		fprintf(out, "# the check failed: %s\n", dcf_status_text(s));
	return s == DCF_OK;
}

/* The same answer by another way. */
static bool same_by(const struct dcf_ora_world *w, const struct dcf_check_options *o, const struct dcf_result *r,
		    const char *what, FILE *out)
{
	struct dcf_result other = { 0 };
	bool ok = run(w, o, &other, out) && dcf_ora_same(r, &other, out);

	if (!ok)
		fprintf(out, "# %s gives another answer\n", what);
	dcf_result_free(&other);
	return ok;
}

static bool engines_agree(const struct dcf_ora_world *w, const struct dcf_result *r, size_t number, FILE *out)
{
	static const char *const simd[] = { "another variant", "the plain variant", "AVX2", "AVX-512" };
	struct dcf_check_options brute = w->options, two = w->options, other = w->options;

	brute.engine = DCF_ENGINE_BRUTE;
	two.parallel = TWO_THREADS;
	other.simd = (enum dcf_simd)(DCF_SIMD_PLAIN + number % (DCF_SIMD_COUNT - DCF_SIMD_PLAIN));
	if (!dcf_simd_available(other.simd))
		other.simd = DCF_SIMD_PLAIN;
	return same_by(w, &brute, r, "brute force", out) && same_by(w, &two, r, "two threads", out) &&
	       same_by(w, &other, r, simd[other.simd], out);
}

/* Only one operation: its pairs of the full answer and no others. */
static bool only_is_a_part(const struct dcf_ora_world *w, const struct dcf_result *full, uint32_t operation, FILE *out)
{
	struct dcf_check_options o = w->options;
	struct dcf_result r = { 0 };
	size_t k = 0;
	bool ok;

	o.only_operation = operation;
	ok = run(w, &o, &r, out);
	for (size_t i = 0; ok && i < full->conflict_count; i++) {
		const struct dcf_conflict *c = &full->conflicts[i];

		if (c->a != operation && c->b != operation)
			continue;
		ok = k < r.conflict_count && r.conflicts[k].a == c->a && r.conflicts[k].b == c->b &&
		     r.conflicts[k].start_us == c->start_us && r.conflicts[k].end_us == c->end_us &&
		     r.conflicts[k].class == c->class && r.conflicts[k].interval_count == c->interval_count;
		k++;
	}
	ok = ok && k == r.conflict_count;
	if (!ok)
		fprintf(out, "# only operation %u is not a part of the full answer\n", operation);
	dcf_result_free(&r);
	return ok;
}

/* A separation becomes brief exactly when its dwell is allowed. */
static bool dwell_is_sharp(const struct dcf_ora_world *w, const struct dcf_result *full, struct totals *t, FILE *out)
{
	for (size_t i = 0; i < full->conflict_count; i++) {
		const struct dcf_conflict *c = &full->conflicts[i];
		struct dcf_ora_minima m;

		if (c->class != DCF_CLASS_SEPARATION || c->internal || c->dwell_us < 1)
			continue;
		/* a rule that allows less than this dwell decides, whatever the option says */
		if (!dcf_ora_minima_of(&w->plan, &w->options, c->a, c->b, &m) || m.dwell < c->dwell_us)
			continue;
		t->dwell++;
		for (int less = 0; less < 2; less++) {
			struct dcf_check_options o = w->options;
			struct dcf_result r = { 0 };
			int want = less ? DCF_CLASS_SEPARATION : DCF_CLASS_BRIEF;
			bool ok;

			o.max_dwell_us = c->dwell_us - less;
			ok = run(w, &o, &r, out) && r.conflict_count == full->conflict_count && r.conflicts[i].a == c->a &&
			     r.conflicts[i].b == c->b && r.conflicts[i].class == want;
			dcf_result_free(&r);
			if (!ok) {
				fprintf(out, "# operations %u and %u: a dwell of %lld us is not sharp\n", c->a, c->b,
					(long long)c->dwell_us);
				return false;
			}
		}
		return true;
	}
	return true;
}

static void count(struct totals *t, const struct dcf_result *r)
{
	for (size_t i = 0; i < r->conflict_count; i++) {
		const struct dcf_conflict *c = &r->conflicts[i];

		t->class[c->class]++;
		t->intervals += c->interval_count;
		t->several += c->interval_count > 1;
		t->touch += c->touch;
		t->internal += c->internal;
	}
	t->empty += r->conflict_count == 0;
	t->candidates += r->candidates;
}

static void list(const struct dcf_result *r, FILE *out)
{
	static const char *const class[] = { "overlap", "separation", "brief", "advisory" };

	for (size_t i = 0; i < r->conflict_count; i++) {
		const struct dcf_conflict *c = &r->conflicts[i];

		fprintf(out, "#   %u and %u: %s, lateral %.1f m, vertical %.1f..%.1f ft, dwell %.6f s%s\n", c->a, c->b,
			class[c->class], (double)c -> lateral_gap_dm / 10, (double)c -> vertical_gap_dft[0] / 10,
			(double)c -> vertical_gap_dft[1] / 10, (double)c -> dwell_us / 1e6, c -> touch ? ", touch" : "");
		for (size_t k = 0; k < c->interval_count; k++) {
			const struct dcf_interval *v = &r->intervals[c->first_interval + k];

			fprintf(out, "#     %.6f..%.6f %s of features %u and %u\n", (double)v->start_us / 1e6,
				(double)v->end_us / 1e6, class[v->class], v -> a_feature, v -> b_feature);
		}
	}
	for (size_t i = 0; i < r->remark_count; i++)
		fprintf(out, "#   %.*s: %.*s\n", (int)r->remarks[i].where.len, r->remarks[i].where.p,
			(int)r->remarks[i].text.len, r->remarks[i].text.p);
}

static bool judge(const struct dcf_ora_world *w, struct totals *t, bool always_list, FILE *out)
{
	struct dcf_result r = { 0 };
	bool ok = run(w, &w->options, &r, out);

	if (ok) {
		count(t, &r);
		ok = dcf_ora_verify(&w->plan, &w->options, &r, out) == 0;
		ok = engines_agree(w, &r, t->worlds, out) && ok;
		if (t->worlds % 8 == 0) {
			ok = only_is_a_part(w, &r, (uint32_t)(t->worlds % w->plan.operation_count), out) && ok;
			ok = dwell_is_sharp(w, &r, t, out) && ok;
			t->only++;
		}
		if (!ok || always_list)
			list(&r, out);
	}
	dcf_result_free(&r);
	return ok;
}

static void one_world(const struct settings *s, uint64_t number, struct totals *t)
{
	struct dcf_ora_world w;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out || !dcf_ora_world_make(&w, s->seed, number, s->scale, s->family))
		abort();
	t->worlds++;
	if (!judge(&w, t, s->dump, out)) {
		t->failed++;
		fclose(out);
		if (t->shown++ < 20 || s->quiet)
			printf("# seed %llu world %llu (%s):\n%s", (unsigned long long)s->seed, (unsigned long long)number,
			       w.family, text);
		if (s->dump || (t->shown <= 3 && !s->quiet))
			dcf_ora_world_dump(&w, stdout);
		fflush(stdout);
	} else {
		fclose(out);
		if (s->dump) {
			fputs(text, stdout);
			dcf_ora_world_dump(&w, stdout);
		}
	}
	free(text);
	dcf_ora_world_free(&w);
}

static int usage(void)
{
	fprintf(stderr, "usage: test_property [--worlds N] [--seed S] [--first K] [--family NAME] [--operations LOW HIGH] "
			"[--dump] [--quiet] [--stop]\nfamilies:");
	for (size_t i = 0; dcf_ora_family_name(i); i++)
		fprintf(stderr, " %s", dcf_ora_family_name(i));
	fputc('\n', stderr);
	return 2;
}

static bool known_family(const char *name)
{
	for (size_t i = 0; dcf_ora_family_name(i); i++)
		if (strcmp(name, dcf_ora_family_name(i)) == 0)
			return true;
	return false;
}

static bool number(int argc, char **argv, int *i, uint64_t *value)
{
	char *end;

	if (++*i >= argc)
		return false;
	*value = strtoull(argv[*i], &end, 10);
	return *end == 0 && end != argv[*i];
}

static bool parse(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++) {
		uint64_t low = 0, high = 0;

		if (strcmp(argv[i], "--dump") == 0)
			s->dump = true;
		else if (strcmp(argv[i], "--quiet") == 0)
			s->quiet = true;
		else if (strcmp(argv[i], "--stop") == 0)
			s->stop = true;
		else if (strcmp(argv[i], "--family") == 0 && i + 1 < argc)
			s->family = argv[++i];
		else if (strcmp(argv[i], "--operations") == 0 && number(argc, argv, &i, &low) && number(argc, argv, &i, &high))
			s->scale = (struct dcf_ora_scale){ (uint32_t)low, (uint32_t)high };
		else if (!(strcmp(argv[i], "--worlds") == 0 && number(argc, argv, &i, &s->worlds)) &&
			 !(strcmp(argv[i], "--seed") == 0 && number(argc, argv, &i, &s->seed)) &&
			 !(strcmp(argv[i], "--first") == 0 && number(argc, argv, &i, &s->first)))
			return false;
	}
	return s->scale.least >= 2 && s->scale.most >= s->scale.least && (!s->family || known_family(s->family));
}

int main(int argc, char **argv)
{
	struct settings s = { .worlds = 20000, .seed = 20150920, .scale = { 2, 6 } };
	struct totals t = { 0 };
	size_t searches, unsure;
	bool rich;

	if (!parse(argc, argv, &s))
		return usage();
	printf("1..2\n");
	for (uint64_t k = 0; k < s.worlds && !(s.stop && t.failed); k++)
		one_world(&s, s.first + k, &t);
	printf("%s 1 - %zu worlds of seed %llu, %zu wrong\n", t.failed ? "not ok" : "ok", t.worlds, (unsigned long long)s.seed,
	       t.failed);
	printf("# overlap %zu, separation %zu, brief %zu, advisory %zu, internal %zu, touch %zu\n", t.class[0], t.class[1],
	       t.class[2], t.class[3], t.internal, t.touch);
	printf("# %zu intervals, %zu pairs with several, %zu worlds without conflict, %zu looked at for one operation, %zu dwells\n",
	       t.intervals, t.several, t.empty, t.only, t.dwell);
	dcf_ora_searches(&searches, &unsure);
	printf("# %zu searches by the oracle, %zu of them ended at their budget\n", searches, unsure);
	/* A run that meets nothing proves nothing. */
	rich = s.family || s.worlds < 1000 ||
	       (t.class[0] > 100 && t.class[1] > 100 && t.class[2] > 5 && t.class[3] > 5 && t.several > 20 && t.touch > 5 &&
		t.empty > 20 && t.dwell > 5 && t.internal > 5);
	printf("%s 2 - the worlds are rich enough to mean something\n", rich ? "ok" : "not ok");
	return t.failed || !rich;
}
