#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/hash/view.h"
#include "common/net/dns_resolver.h"

namespace tributary {

// What DNS says of the members, made steady: an answer that fails or is empty changes nothing, and a member leaves only
// after kAbsences answers without it in a row.
//
// Ids: of SRV records the target's first label, which is a StatefulSet pod's name, or the whole target where two share
//      a first label; of A and AAAA records the address without port.
// Weights: of SRV records, relative to the answer's mean, so that equal ones are 1 however many there are.
// Threads: thread-compatible.
class DnsMembers {
 public:
  static constexpr int kAbsences = 3;

  // `by_name`: ids are names (SRV), not addresses.
  explicit DnsMembers(bool by_name) : by_name_(by_name) {}

  // All members, when there are any and the answer counts; whether they changed is for the reader to see.
  std::optional<std::vector<Member>> Observe(const absl::StatusOr<std::vector<Endpoint>>& answer);

 private:
  struct Seen {
    Member member;
    int absences = 0;
  };
  std::map<std::string, Member> Name(const std::vector<Endpoint>& endpoints) const;

  const bool by_name_;
  std::map<std::string, Seen> seen_;
};

}  // namespace tributary
