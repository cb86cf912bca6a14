/* SPDX-License-Identifier: Apache-2.0 */
/* Boost.Geometry: R-tree of 4D float boxes (x, y, altitude, time; rounded outward), bulk-loaded; the
 * exact windows, bands and parties, then its own polygon test. */
#include "bench/boost_join.h"

#include <boost/geometry.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/ring.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/iterator/function_output_iterator.hpp>
#include <boost/version.hpp>

#include <cmath>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace bg = boost::geometry;
namespace bgi = boost::geometry::index;

namespace
{

using corner = bg::model::point<float, 4, bg::cs::cartesian>;
using box = bg::model::box<corner>;
using entry = std::pair<box, uint32_t>;
using shape = bg::model::ring<bg::model::d2::point_xy<double>, false, false>;

size_t counted_bytes;

/* The tree's nodes are counted as they are allocated: Boost tells no size. */
template <class T> struct counting {
	using value_type = T;
	counting() = default;
	template <class U> counting(const counting<U> &)
	{
	}
	T *allocate(size_t n)
	{
		counted_bytes += n * sizeof(T);
		return std::allocator<T>().allocate(n);
	}
	void deallocate(T *p, size_t n)
	{
		counted_bytes -= n * sizeof(T);
		std::allocator<T>().deallocate(p, n);
	}
	template <class U> bool operator==(const counting<U> &) const
	{
		return true;
	}
	template <class U> bool operator!=(const counting<U> &) const
	{
		return false;
	}
};

using tree = bgi::rtree<entry, bgi::quadratic<16>, bgi::indexable<entry>, bgi::equal_to<entry>, counting<entry>>;

float down(double v)
{
	float f = static_cast<float>(v);

	return static_cast<double>(f) > v ? std::nextafterf(f, -HUGE_VALF) : f;
}

float up(double v)
{
	return -down(-v);
}

box box_of(const dcf_planar_volume &v)
{
	double x0 = v.xy[0], x1 = x0, y0 = v.xy[1], y1 = y0;
	box b;

	for (uint32_t i = 1; i < v.count; i++) {
		x0 = std::fmin(x0, v.xy[2 * i]);
		x1 = std::fmax(x1, v.xy[2 * i]);
		y0 = std::fmin(y0, v.xy[2 * i + 1]);
		y1 = std::fmax(y1, v.xy[2 * i + 1]);
	}
	b.min_corner().set<0>(down(x0));
	b.max_corner().set<0>(up(x1));
	b.min_corner().set<1>(down(y0));
	b.max_corner().set<1>(up(y1));
	b.min_corner().set<2>(down(v.lower_e4));
	b.max_corner().set<2>(up(v.upper_e4));
	b.min_corner().set<3>(down(v.start_ms));
	b.max_corner().set<3>(up(v.end_ms));
	return b;
}

/* Counter-clockwise, as the ring's type says: Boost's answers are only right for the stated winding. */
shape shape_of(const dcf_planar_volume &v)
{
	shape s;

	s.reserve(v.count);
	for (uint32_t i = 0; i < v.count; i++)
		s.emplace_back(v.xy[2 * i], v.xy[2 * i + 1]);
	bg::correct(s);
	return s;
}

struct stop : std::exception {
};

} // namespace

struct dcf_boost {
	const dcf_planar_volume *volumes;
	std::vector<shape> shapes;
	std::vector<entry> entries;
};

extern "C" {

dcf_boost *dcf_boost_open(const dcf_planar_volume *volumes, size_t count)
try {
	auto state = std::make_unique<dcf_boost>();

	state->volumes = volumes;
	state->shapes.reserve(count);
	state->entries.reserve(count);
	for (size_t i = 0; i < count; i++) {
		state->shapes.push_back(shape_of(volumes[i]));
		state->entries.emplace_back(box_of(volumes[i]), static_cast<uint32_t>(i));
	}
	return state.release();
} catch (const std::exception &) {
	return nullptr;
}

bool dcf_boost_join(dcf_boost *state, bool (*emit)(void *ctx, uint32_t a, uint32_t b), void *ctx, uint64_t *candidates,
		    size_t *index_bytes)
try {
	counted_bytes = 0;
	tree index(state->entries);

	*index_bytes = counted_bytes;
	*candidates = 0;
	for (const entry &e : state->entries) {
		const uint32_t a = e.second;
		auto meet = [&](const entry &other) {
			const uint32_t b = other.second;

			if (b <= a || !dcf_planar_may_meet(&state->volumes[a], &state->volumes[b]))
				return;
			++*candidates;
			if (bg::intersects(state->shapes[a], state->shapes[b]) && !emit(ctx, a, b))
				throw stop();
		};
		index.query(bgi::intersects(e.first), boost::make_function_output_iterator(meet));
	}
	return true;
} catch (const std::exception &) {
	return false;
}

void dcf_boost_close(dcf_boost *state)
{
	delete state;
}

const char *dcf_boost_version(void)
{
	return BOOST_LIB_VERSION;
}
}
