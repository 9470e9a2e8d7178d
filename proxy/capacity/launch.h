#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "proxy/capacity/launch_answer.h"
#include "proxy/capacity/launch_question.h"
#include "proxy/capacity/service_model.h"

namespace tributary {

// Whether the service takes the launch: Monte Carlo over the forecast's errors, the slopes of utilisation and the
// latencies measured; the rules of the verdict are in docs/capacity.md. The same question gets the same answer.
//
// Steps:   each service of the question is forecast (launch_part.h), and what breaks at which of its loads is found
//          (launch_constraint.h); paths of demand are drawn (launch_paths.h) and spend the budget (launch_budget.h);
//          all paths together tell checks (launch_checks.h) and replicas (launch_replicas.h), and these the verdict
//          (launch_verdict.h).
// Errors:  InvalidArgument: numbers or times that make no sense; FailedPrecondition: no load is known, too little
//          history.
// Threads: thread-safe; all is done in the caller's.
absl::StatusOr<LaunchAnswer> JudgeLaunch(const ServiceModel& service, const std::vector<Dependency>& dependencies,
                                         const LaunchQuestion& question);

}  // namespace tributary
