#include <cmath>
#include <limits>
#include <numbers>

#include "proxy/promql/function_groups.h"

namespace tributary::promql {
namespace {

// Distributions have no such thing as a sine: they are left out, as in Prometheus.
template <double (*function)(double)>
std::optional<Point> OfFloat(const Call&, const Point& point) {
  if (point.distribution) return std::nullopt;
  return Point{.value = function(point.value)};
}

template <double (*function)(double)>
Function Math(absl::string_view name) {
  return {.name = name, .arguments = {ValueType::kVector}, .over_point = OfFloat<function>};
}

double Sign(double value) { return value < 0 ? -1 : value > 0 ? 1 : value; }
double Degrees(double radians) { return radians * 180 / std::numbers::pi; }
double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// NaN where one is, unless the other is the extreme; as Go's math.Max and math.Min.
double Greater(double a, double b) {
  if (a == kInfinity || b == kInfinity) return kInfinity;
  return std::isnan(a) || a > b ? a : b;
}
double Less(double a, double b) {
  if (a == -kInfinity || b == -kInfinity) return -kInfinity;
  return std::isnan(a) || a < b ? a : b;
}

std::optional<Point> Clamp(const Call& call, const Point& point) {
  const double low = call.scalars[0];
  const double high = call.scalars[1];
  if (point.distribution || high < low) return std::nullopt;
  return Point{.value = Greater(low, Less(high, point.value))};
}

std::optional<Point> ClampMin(const Call& call, const Point& point) {
  if (point.distribution) return std::nullopt;
  return Point{.value = Greater(call.scalars[0], point.value)};
}

std::optional<Point> ClampMax(const Call& call, const Point& point) {
  if (point.distribution) return std::nullopt;
  return Point{.value = Less(call.scalars[0], point.value)};
}

// Halves go up. The inverse is used because 1/0.1 is a whole number and 0.1 is not what it says.
std::optional<Point> Round(const Call& call, const Point& point) {
  if (point.distribution) return std::nullopt;
  const double inverse = 1 / (call.scalars.empty() ? 1 : call.scalars[0]);
  return Point{.value = std::floor(point.value * inverse + 0.5) / inverse};
}

}  // namespace

std::vector<Function> MathFunctions() {
  using enum ValueType;
  return {
      Math<std::abs>("abs"),
      Math<std::ceil>("ceil"),
      Math<std::floor>("floor"),
      Math<std::exp>("exp"),
      Math<std::sqrt>("sqrt"),
      Math<std::log>("ln"),
      Math<std::log2>("log2"),
      Math<std::log10>("log10"),
      Math<Sign>("sgn"),
      Math<std::sin>("sin"),
      Math<std::cos>("cos"),
      Math<std::tan>("tan"),
      Math<std::asin>("asin"),
      Math<std::acos>("acos"),
      Math<std::atan>("atan"),
      Math<std::sinh>("sinh"),
      Math<std::cosh>("cosh"),
      Math<std::tanh>("tanh"),
      Math<std::asinh>("asinh"),
      Math<std::acosh>("acosh"),
      Math<std::atanh>("atanh"),
      Math<Degrees>("deg"),
      Math<Radians>("rad"),
      {.name = "clamp", .arguments = {kVector, kScalar, kScalar}, .over_point = Clamp},
      {.name = "clamp_min", .arguments = {kVector, kScalar}, .over_point = ClampMin},
      {.name = "clamp_max", .arguments = {kVector, kScalar}, .over_point = ClampMax},
      {.name = "round", .arguments = {kVector, kScalar}, .optional = 1, .over_point = Round},
  };
}

}  // namespace tributary::promql
