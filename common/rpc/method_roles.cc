#include "common/rpc/method_roles.h"

namespace tributary {
namespace {

using Role = TlsIdentity::Role;

struct Row {
  absl::string_view path;
  Role server;
  Role client;
};

constexpr Row kTable[] = {
    {"/tributary.v1.DeliveryService/Deliver", Role::kProxy, Role::kAgent},
    {"/tributary.v1.DeliveryService/Deliver", Role::kGlobal, Role::kProxy},
    {"/tributary.v1.NoteService/Exchange", Role::kGlobal, Role::kProxy},
    {"/tributary.v1.QueryService/SelectGrid", Role::kGlobal, Role::kProxy},
    {"/tributary.v1.QueryService/ListLabels", Role::kGlobal, Role::kProxy},
    {"/tributary.v1.StatusService/Inspect", Role::kGlobal, Role::kProxy},
    {"/tributary.v1.CopyService/Begin", Role::kGlobal, Role::kGlobal},
    {"/tributary.v1.CopyService/Apply", Role::kGlobal, Role::kGlobal},
    {"/tributary.v1.CopyService/Announce", Role::kGlobal, Role::kGlobal},
    {"/tributary.v1.CopyService/Drop", Role::kGlobal, Role::kGlobal},
    {"/tributary.v1.HistoryService/Begin", Role::kGlobal, Role::kGlobal},
    {"/tributary.v1.HistoryService/Take", Role::kGlobal, Role::kGlobal},
    {"/tributary.v1.HistoryService/Finish", Role::kGlobal, Role::kGlobal},
};

}  // namespace

bool MayCall(absl::string_view path, Role server, Role client) {
  for (const Row& row : kTable) {
    if (row.path == path && row.server == server && row.client == client) return true;
  }
  return false;
}

}  // namespace tributary
