#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/net/http_message.h"
#include "common/sink/labels.h"
#include "proxy/promql/engine.h"

namespace tributary {

// Prometheus's JSON envelope. Text that is not UTF-8 is shown with U+FFFD.

// {"status":"success","data":{"resultType":...,"result":...},"warnings":[...],"infos":[...]}; the last two only when
// there are any. Distributions are "histogram" and "histograms", as native histograms are. What is longer than
// `max_bytes` is refused, by the name query.max_answer_bytes.
HttpResponse AnswerResponse(const promql::Answer& answer, uint64_t max_bytes);

// `data` is JSON.
HttpResponse DataResponse(const std::string& data, const std::vector<std::string>& warnings = {});

// A text as JSON, quotes and all.
std::string JsonText(absl::string_view text);
// ["a","b"]
std::string TextsJson(const std::vector<std::string>& texts);
// {"name":"value"}
std::string LabelsJson(const Labels& labels);

// 400 for InvalidArgument, and so on as below.
int HttpStatusOf(const absl::Status& status);

// {"status":"error","errorType":...,"error":...}: 400 bad_data for InvalidArgument, 404 not_found, 422 execution for
// FailedPrecondition and ResourceExhausted, 503 timeout for DeadlineExceeded, 503 unavailable, else 500 internal.
HttpResponse ErrorResponse(const absl::Status& status);

// `version` is the Prometheus whose API this is: clients switch features by it. `revision` is our own.
HttpResponse BuildInfoResponse();

}  // namespace tributary
