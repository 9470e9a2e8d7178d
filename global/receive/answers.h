#pragma once

#include <utility>
#include <vector>

#include "common/base/instance_id.h"
#include "global/merge/window_book.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// Adds what one step gave to what earlier ones gave. REQUIRES: one plan at most, as the book has it.
void Append(WindowOutputs more, WindowOutputs& out);

// Answers as messages: one Received for each instance, one Committed for each instance and interval, by instance.
std::vector<std::pair<InstanceId, v1::Received>> ReceivedBy(const WindowOutputs& out);
std::vector<std::pair<InstanceId, v1::Committed>> CommittedBy(const WindowOutputs& out);

}  // namespace tributary
