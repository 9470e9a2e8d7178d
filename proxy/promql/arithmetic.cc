#include "proxy/promql/arithmetic.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace tributary::promql {

double Apply(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return left + right;
    case BinaryOp::kSub:
      return left - right;
    case BinaryOp::kMul:
      return left * right;
    case BinaryOp::kDiv:
      return left / right;
    case BinaryOp::kMod:
      return std::fmod(left, right);
    case BinaryOp::kPow:
      return std::pow(left, right);
    case BinaryOp::kAtan2:
      return std::atan2(left, right);
    case BinaryOp::kEqual:
      return left == right;
    case BinaryOp::kNotEqual:
      return left != right;
    case BinaryOp::kLess:
      return left < right;
    case BinaryOp::kLessOrEqual:
      return left <= right;
    case BinaryOp::kGreater:
      return left > right;
    case BinaryOp::kGreaterOrEqual:
      return left >= right;
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kUnless:
      break;
  }
  TRIBUTARY_CHECK(!IsSetOperator(op));
  return 0;
}

std::optional<Point> PointOperator::operator()(const Point& left, const Point& right) const {
  if (left.distribution || right.distribution) return Distributions(left, right);
  const double value = Apply(op, left.value, right.value);
  if (!IsComparison(op) || return_bool) return Point{.value = value};
  if (value == 0) return std::nullopt;
  return keep_right ? right : left;
}

std::optional<Point> PointOperator::Distributions(const Point& left, const Point& right) const {
  const Distribution* l = left.distribution.get();
  const Distribution* r = right.distribution.get();
  if (l && r && op == BinaryOp::kAdd) return Resolved(*l, l->Plus({&r, 1}));
  if (l && r && op == BinaryOp::kSub) return Resolved(*l, l->Minus(*r));
  if (l && r && (op == BinaryOp::kEqual || op == BinaryOp::kNotEqual)) {
    const bool holds = l->Equals(*r) == (op == BinaryOp::kEqual);
    if (return_bool) return Point{.value = holds ? 1.0 : 0.0};
    return holds ? std::optional(left) : std::nullopt;
  }
  if (l && !r && op == BinaryOp::kMul) return Resolved(*l, l->Scaled(right.value));
  if (!l && r && op == BinaryOp::kMul) return Resolved(*r, r->Scaled(left.value));
  if (l && !r && op == BinaryOp::kDiv) return Resolved(*l, l->Scaled(1 / right.value));
  return Incompatible(left, right);
}

std::optional<Point> PointOperator::Incompatible(const Point& left, const Point& right) const {
  const auto kind = [](const Point& point) { return point.distribution ? "histogram" : "float"; };
  notes->Inform(absl::StrCat("PromQL info: incompatible sample types encountered for binary operator \"", NameOf(op),
                             "\": ", kind(left), " ", NameOf(op), " ", kind(right), position));
  return std::nullopt;
}

std::optional<Point> PointOperator::Resolved(const Distribution& of, absl::StatusOr<DistributionPtr> result) const {
  if (result.ok()) return Point{.distribution = *std::move(result)};
  if (of.kind() == Distribution::Kind::kNative) {
    notes->Warn(absl::StrCat("PromQL warning: ", result.status().message(), position));
  } else {
    notes->Fail(result.status());
  }
  return std::nullopt;
}

}  // namespace tributary::promql
