/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"

/* Numbers count requests from the first ever put; at[n % cap] is number n while oldest <= n < numbered.  Cells hold the low 31
 * bits of n, which tell the 2^31 newest apart (more than any ring holds), and a bit that says that there is one. */
#define CELL_USED UINT32_C(0x80000000)

static uint32_t cell_for(uint64_t n)
{
	return CELL_USED | (uint32_t)n;
}

static size_t cell_of(const struct dcf_requests *r, const struct dcf_hash *key)
{
	uint64_t h;

	memcpy(&h, key->b, sizeof h);
	return (size_t)h & (r->cell_count - 1);
}

static const struct dcf_request *numbered(const struct dcf_requests *r, uint64_t n)
{
	return &r->at[n & (r->cap - 1)];
}

static uint64_t oldest(const struct dcf_requests *r)
{
	return r->numbered - r->count;
}

/* The number whose low bits a cell holds. */
static uint64_t number_in(const struct dcf_requests *r, uint32_t cell)
{
	uint64_t base = oldest(r);

	return base + ((cell - (uint32_t)base) & ~CELL_USED);
}

const struct dcf_request *dcf_requests_find(const struct dcf_requests *r, const struct dcf_hash *key)
{
	if (r->count == 0)
		return NULL;
	for (size_t k = cell_of(r, key); r->cells[k]; k = (k + 1) & (r->cell_count - 1)) {
		uint64_t n = number_in(r, r->cells[k]);

		if (n < r->numbered && dcf_hash_eq(&numbered(r, n)->key, key))
			return numbered(r, n);
	}
	return NULL;
}

/* The last request that began at or before `position`: numbers are in the order of positions. */
static const struct dcf_request *begun_by(const struct dcf_requests *r, uint64_t position)
{
	uint64_t low = oldest(r), high = r->numbered;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (numbered(r, mid)->first <= position)
			low = mid + 1;
		else
			high = mid;
	}
	return low > oldest(r) ? numbered(r, low - 1) : NULL;
}

bool dcf_requests_last_of(const struct dcf_requests *r, const uint64_t *position, size_t count, int64_t *at_us)
{
	while (r->count && count-- > 0) {
		const struct dcf_request *q = begun_by(r, position[count]);

		/* What comes before the oldest belongs to none that is remembered. */
		if (!q)
			return false;
		if (position[count] - q->first < q->count) {
			*at_us = q->at_us;
			return true;
		}
	}
	return false;
}

static void fill_cells(struct dcf_requests *r)
{
	memset(r->cells, 0, r->cell_count * sizeof *r->cells);
	for (uint64_t n = oldest(r); n < r->numbered; n++) {
		size_t k = cell_of(r, &numbered(r, n)->key);

		while (r->cells[k])
			k = (k + 1) & (r->cell_count - 1);
		r->cells[k] = cell_for(n);
	}
}

static enum dcf_status grow(struct dcf_requests *r, const struct dcf_alloc *a)
{
	size_t cap = r->cap ? r->cap * 2 : 64;
	struct dcf_request *at = dcf_alloc_new(a, cap * sizeof *at);
	uint32_t *cells = dcf_alloc_new(a, cap * 4 * sizeof *cells);

	if (!at || !cells) {
		dcf_alloc_free(a, at, cap * sizeof *at);
		dcf_alloc_free(a, cells, cap * 4 * sizeof *cells);
		return DCF_E_NOMEM;
	}
	for (uint64_t n = oldest(r); n < r->numbered; n++)
		at[n & (cap - 1)] = *numbered(r, n);
	dcf_requests_free(&(struct dcf_requests){ .at = r->at, .cap = r->cap, .cells = r->cells, .cell_count = r->cell_count },
			  a);
	r->at = at;
	r->cap = cap;
	r->cells = cells;
	r->cell_count = cap * 4;
	fill_cells(r);
	return DCF_OK;
}

enum dcf_status dcf_requests_put(struct dcf_requests *r, const struct dcf_alloc *a, const struct dcf_request *request)
{
	size_t k;

	if (r->count == CELL_USED / 2)
		return DCF_E_LIMIT;
	if (r->count == r->cap && grow(r, a) != DCF_OK)
		return DCF_E_NOMEM;
	r->at[r->numbered & (r->cap - 1)] = *request;
	k = cell_of(r, &request->key);
	while (r->cells[k])
		k = (k + 1) & (r->cell_count - 1);
	r->cells[k] = cell_for(r->numbered);
	r->numbered++;
	r->count++;
	return DCF_OK;
}

/* Take one out of the cells: those behind it in its run are put again. */
static void uncell(struct dcf_requests *r, uint64_t n)
{
	size_t mask = r->cell_count - 1, k = cell_of(r, &numbered(r, n)->key);

	while (r->cells[k] != cell_for(n))
		k = (k + 1) & mask;
	r->cells[k] = 0;
	for (k = (k + 1) & mask; r->cells[k]; k = (k + 1) & mask) {
		uint32_t cell = r->cells[k];
		size_t to = cell_of(r, &numbered(r, number_in(r, cell))->key);

		r->cells[k] = 0;
		while (r->cells[to])
			to = (to + 1) & mask;
		r->cells[to] = cell;
	}
}

void dcf_requests_forget(struct dcf_requests *r, int64_t since_us)
{
	while (r->count && numbered(r, oldest(r))->at_us < since_us) {
		uncell(r, oldest(r));
		r->count--;
	}
}

void dcf_requests_expire(struct dcf_requests *r, int64_t at_us)
{
	dcf_requests_forget(r, at_us - (int64_t)DCF_REQUEST_HOURS * 3600 * 1000000);
}

void dcf_requests_undo(struct dcf_requests *r, uint64_t mark)
{
	while (r->count && r->numbered > mark) {
		uncell(r, r->numbered - 1);
		r->numbered--;
		r->count--;
	}
}

void dcf_requests_free(struct dcf_requests *r, const struct dcf_alloc *a)
{
	dcf_alloc_free(a, r->at, r->cap * sizeof *r->at);
	dcf_alloc_free(a, r->cells, r->cell_count * sizeof *r->cells);
	*r = (struct dcf_requests){ 0 };
}
