#pragma once

#include "absl/status/status.h"
#include "common/net/http_message.h"
#include "proxy/query/engine.h"

namespace tributary {

// Prometheus's JSON envelope. Text that is not UTF-8 is shown with U+FFFD.

// {"status":"success","data":{"resultType":"vector","result":[...]},"warnings":[...],"infos":[...]}; the last two only
// when there are any.
HttpResponse VectorResponse(const QueryResult& result);

// {"status":"error","errorType":...,"error":...}: 400 bad_data for InvalidArgument, 404 not_found, 422 execution for
// FailedPrecondition and ResourceExhausted, 503 timeout for DeadlineExceeded, 503 unavailable, else 500 internal.
HttpResponse ErrorResponse(const absl::Status& status);

// `version` is the Prometheus whose API this is: clients switch features by it. `revision` is our own.
HttpResponse BuildInfoResponse();

}  // namespace tributary
