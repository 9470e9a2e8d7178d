#include "common/stats/curve_fit.h"

#include <Eigen/Dense>
#include <cmath>
#include <unsupported/Eigen/LevenbergMarquardt>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

constexpr int kMaxEvaluations = 2000;

absl::Span<const double> SpanOf(const Eigen::VectorXd& vector) {
  return {vector.data(), static_cast<size_t>(vector.size())};
}

struct Residuals : Eigen::DenseFunctor<double> {
  Residuals(Curve of_curve, absl::Span<const double> of_x, absl::Span<const double> of_y, size_t parameters)
      : DenseFunctor(static_cast<int>(parameters), static_cast<int>(of_x.size())), curve(of_curve), x(of_x), y(of_y) {}

  int operator()(const InputType& parameters, ValueType& residuals) const {
    std::vector<double> gradient(static_cast<size_t>(parameters.size()));
    for (size_t i = 0; i < x.size(); ++i) {
      residuals[static_cast<Eigen::Index>(i)] = curve(x[i], SpanOf(parameters), absl::MakeSpan(gradient)) - y[i];
    }
    return 0;
  }
  int df(const InputType& parameters, JacobianType& jacobian) const {
    std::vector<double> gradient(static_cast<size_t>(parameters.size()));
    for (size_t i = 0; i < x.size(); ++i) {
      curve(x[i], SpanOf(parameters), absl::MakeSpan(gradient));
      for (size_t k = 0; k < gradient.size(); ++k) {
        jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = gradient[k];
      }
    }
    return 0;
  }

  Curve curve;
  absl::Span<const double> x;
  absl::Span<const double> y;
};

}  // namespace

absl::StatusOr<CurveFit> FitCurve(Curve curve, absl::Span<const double> x, absl::Span<const double> y,
                                  absl::Span<const double> start) {
  TRIBUTARY_CHECK(x.size() == y.size());
  if (x.size() <= start.size()) {
    return absl::InvalidArgumentError(absl::StrFormat("%d parameters need at least %d points, there are %d",
                                                      start.size(), start.size() + 1, x.size()));
  }
  Residuals residuals(curve, x, y, start.size());
  Eigen::VectorXd parameters = Eigen::Map<const Eigen::VectorXd>(start.data(), static_cast<Eigen::Index>(start.size()));
  Eigen::LevenbergMarquardt<Residuals> search(residuals);
  search.setXtol(1e-14);
  search.setFtol(1e-14);
  search.setMaxfev(kMaxEvaluations);
  const Eigen::LevenbergMarquardtSpace::Status status = search.minimize(parameters);
  if (status == Eigen::LevenbergMarquardtSpace::TooManyFunctionEvaluation ||
      status == Eigen::LevenbergMarquardtSpace::ImproperInputParameters || !parameters.allFinite()) {
    return absl::FailedPreconditionError("the fit does not come to a minimum");
  }

  Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(x.size()), parameters.size());
  Eigen::VectorXd remaining(static_cast<Eigen::Index>(x.size()));
  residuals.df(parameters, jacobian);
  residuals(parameters, remaining);
  // Columns of one length, for parameters may differ by many decades.
  const Eigen::VectorXd lengths = jacobian.colwise().norm();
  const Eigen::MatrixXd scaled = jacobian * lengths.cwiseInverse().asDiagonal();
  const Eigen::FullPivHouseholderQR<Eigen::MatrixXd> curvature(scaled.transpose() * scaled);
  if (!scaled.allFinite() || !curvature.isInvertible()) {
    return absl::FailedPreconditionError("the points do not tell the parameters apart");
  }
  const double freedom = static_cast<double>(x.size() - start.size());
  const double variance = remaining.squaredNorm() / freedom;
  const Eigen::VectorXd covariance = curvature.inverse().diagonal();

  CurveFit fit;
  fit.parameters.assign(parameters.begin(), parameters.end());
  for (Eigen::Index k = 0; k < parameters.size(); ++k) {
    fit.standard_errors.push_back(std::sqrt(variance * covariance[k]) / lengths[k]);
  }
  fit.residual_deviation = std::sqrt(variance);
  const double mean = MeanOf(y);
  double total = 0;
  for (const double value : y) total += (value - mean) * (value - mean);
  fit.r_squared = total > 0 ? 1 - remaining.squaredNorm() / total : 1;
  return fit;
}

}  // namespace tributary
