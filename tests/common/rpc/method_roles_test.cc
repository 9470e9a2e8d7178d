#include "common/rpc/method_roles.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tributary/v1/copy.pb.h"
#include "tributary/v1/delivery.pb.h"
#include "tributary/v1/history.pb.h"
#include "tributary/v1/notes.pb.h"
#include "tributary/v1/query.pb.h"
#include "tributary/v1/status.pb.h"

namespace tributary {
namespace {

using Role = TlsIdentity::Role;

constexpr Role kRoles[] = {Role::kAgent, Role::kProxy, Role::kGlobal, Role::kClient};
constexpr char kDeliver[] = "/tributary.v1.DeliveryService/Deliver";

TEST(MethodRolesTest, AgentsDeliverToProxiesOnly) {
  EXPECT_TRUE(MayCall(kDeliver, Role::kProxy, Role::kAgent));
  EXPECT_FALSE(MayCall(kDeliver, Role::kGlobal, Role::kAgent));
}

TEST(MethodRolesTest, HistoryGoesFromGlobalToGlobalOnly) {
  for (const char* method : {"Begin", "Take", "Finish"}) {
    const std::string path = absl::StrCat("/tributary.v1.HistoryService/", method);
    for (const Role server : kRoles) {
      for (const Role client : kRoles) {
        EXPECT_EQ(MayCall(path, server, client), server == Role::kGlobal && client == Role::kGlobal) << path;
      }
    }
  }
}

TEST(MethodRolesTest, AtAGlobalOnlyProxiesDeliverAndAsk) {
  for (const char* path : {kDeliver, "/tributary.v1.QueryService/SelectGrid", "/tributary.v1.StatusService/Inspect"}) {
    for (const Role client : kRoles) {
      EXPECT_EQ(MayCall(path, Role::kGlobal, client), client == Role::kProxy) << path << TlsRoleName(client);
    }
  }
}

TEST(MethodRolesTest, WhatIsNotInTheTableIsForNobody) {
  for (const char* path : {"", "/", "/tributary.v1.DeliveryService/deliver", "/grpc.health.v1.Health/Check",
                           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    for (const Role server : kRoles) {
      for (const Role client : kRoles) EXPECT_FALSE(MayCall(path, server, client)) << path;
    }
  }
}

// Or a new method would be refused to everybody in a cluster with certificates, and in tests without go unnoticed.
TEST(MethodRolesTest, EveryMethodOfTheProtocolIsForSomebody) {
  for (const auto* file : {v1::Up::descriptor()->file(), v1::GridRequest::descriptor()->file(),
                           v1::NotesRequest::descriptor()->file(), v1::InspectRequest::descriptor()->file(),
                           v1::HandoverBegin::descriptor()->file(), v1::CopyBegin::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const std::string path =
            absl::StrCat("/", file->service(s)->full_name(), "/", file->service(s)->method(m)->name());
        bool somebody = false;
        for (const Role server : kRoles) {
          for (const Role client : kRoles) somebody |= MayCall(path, server, client);
        }
        EXPECT_TRUE(somebody) << path;
      }
    }
  }
}

}  // namespace
}  // namespace tributary
