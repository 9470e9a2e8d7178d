#include "common/rpc/rpc_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "common/net/event_loop.h"
#include "common/rpc/delivery_client.h"
#include "common/rpc/delivery_server.h"
#include "tests/support/certificates.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using Role = TlsIdentity::Role;

// A proxy with certificates, and clients that send it one message each.
class RpcTrustTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { AllowOnlyTls13(); }

  RpcTrustPtr Trust(TestAuthority& authority, const std::string& cluster, Role role, const std::string& name) {
    const auto trust =
        RpcTrust::Open(authority.Issue({cluster, role, name}, name), cluster, role, std::make_shared<RpcRefusals>());
    EXPECT_TRUE(trust.ok()) << trust.status();
    return *trust;
  }

  void Serve(const RpcTrustPtr& trust) {
    trust_ = trust;
    DeliveryServer::Callbacks callbacks;
    callbacks.on_open = [](DeliveryServer::Session&) {};
    callbacks.on_message = [](DeliveryServer::Session& session, const v1::Up& up) {
      v1::Down down;
      down.set_instance(up.instance());
      session.Send(down);
    };
    callbacks.on_close = [](DeliveryServer::Session&) {};
    auto server =
        DeliveryServer::Start(loop_, {.listen = "127.0.0.1:0", .trust = trust, .bind_instances = true}, callbacks);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // "answered", or why the stream ended, for the first message of a stream.
  std::string Ask(const RpcTrustPtr& trust, const std::string& instance, Role server = Role::kProxy) {
    auto outcome = std::make_shared<std::promise<std::string>>();
    auto told = std::make_shared<bool>(false);
    const auto tell = [outcome, told](const std::string& what) {
      if (!std::exchange(*told, true)) outcome->set_value(what);
    };
    std::unique_ptr<DeliveryClient> client;
    DeliveryClient::Callbacks callbacks;
    callbacks.on_open = [&client, instance] {
      v1::Up up;
      up.set_instance(instance);
      client->Send(up);
    };
    callbacks.on_message = [tell](const v1::Down&) { tell("answered"); };
    callbacks.on_close = [tell](const absl::Status& status) { tell(std::string(status.message())); };
    std::promise<void> made;
    EXPECT_TRUE(loop_.TryPost([&] {
      client = std::make_unique<DeliveryClient>(
          loop_,
          DeliveryClient::Options{
              .address = "127.0.0.1:" + std::to_string(server_->port()), .trust = trust, .server = server},
          callbacks);
      made.set_value();
    }));
    made.get_future().wait();
    auto future = outcome->get_future();
    const bool in_time = future.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    client.reset();
    return in_time ? future.get() : "no outcome within 20 s";
  }

  TestAuthority authority_;
  EventLoop loop_{"test"};
  RpcTrustPtr trust_;
  std::unique_ptr<DeliveryServer> server_;
};

TEST_F(RpcTrustTest, AnAgentOfTheClusterIsAnswered) {
  Serve(Trust(authority_, "c", Role::kProxy, "p"));
  EXPECT_EQ(Ask(Trust(authority_, "c", Role::kAgent, "a"), "instance"), "answered");
}

TEST_F(RpcTrustTest, OtherRolesMayNotDeliverToAProxy) {
  Serve(Trust(authority_, "c", Role::kProxy, "p"));
  for (const Role role : {Role::kProxy, Role::kGlobal, Role::kClient}) {
    EXPECT_THAT(Ask(Trust(authority_, "c", role, "x"), "instance"), HasSubstr("this is no call for"));
  }
  EXPECT_EQ(trust_->refusals().role, 3);
}

TEST_F(RpcTrustTest, AnotherClusterIsRefusedByTheServer) {
  Serve(Trust(authority_, "c", Role::kProxy, "p"));
  // Of the same authority; and it believes that the proxy is one of its own, or the client itself would refuse.
  const TlsFiles files = authority_.Issue({"d", Role::kAgent, "a"}, "a");
  const auto trust = RpcTrust::Open(files, "d", Role::kAgent, std::make_shared<RpcRefusals>());
  ASSERT_TRUE(trust.ok());
  EXPECT_NE(Ask(*trust, "instance"), "answered");
}

TEST_F(RpcTrustTest, AServerOfAnotherRoleIsRefusedByTheClient) {
  Serve(Trust(authority_, "c", Role::kGlobal, "g"));
  const RpcTrustPtr proxy = Trust(authority_, "c", Role::kProxy, "p");
  EXPECT_EQ(Ask(proxy, "instance", Role::kGlobal), "answered");
  EXPECT_NE(Ask(proxy, "instance", Role::kProxy), "answered");
  EXPECT_EQ(proxy->refusals().identity, 1);
}

TEST_F(RpcTrustTest, AnotherAuthorityIsRefused) {
  TestAuthority other;
  Serve(Trust(authority_, "c", Role::kProxy, "p"));
  EXPECT_NE(Ask(Trust(other, "c", Role::kAgent, "a"), "instance"), "answered");
}

TEST_F(RpcTrustTest, PlaintextIsRefused) {
  Serve(Trust(authority_, "c", Role::kProxy, "p"));
  EXPECT_NE(Ask(nullptr, "instance"), "answered");
}

TEST_F(RpcTrustTest, AnInstanceBelongsToItsFirstCertificate) {
  Serve(Trust(authority_, "c", Role::kProxy, "p"));
  EXPECT_EQ(Ask(Trust(authority_, "c", Role::kAgent, "a"), "instance"), "answered");
  EXPECT_THAT(Ask(Trust(authority_, "c", Role::kAgent, "b"), "instance"), HasSubstr("another certificate's"));
  EXPECT_EQ(Ask(Trust(authority_, "c", Role::kAgent, "b"), "another"), "answered");
  EXPECT_EQ(trust_->refusals().instance, 1);
}

TEST_F(RpcTrustTest, AProgramDoesNotStartWithACertificateOfAnother) {
  const auto error = [&](const TlsIdentity& identity, absl::Duration life) {
    const TlsFiles files = authority_.Issue(identity, "x", absl::Now() + life);
    return std::string(RpcTrust::Open(files, "c", Role::kAgent, std::make_shared<RpcRefusals>()).status().message());
  };
  EXPECT_EQ(error({"c", Role::kAgent, "x"}, absl::Hours(1)), "");
  EXPECT_THAT(error({"c", Role::kProxy, "x"}, absl::Hours(1)), HasSubstr("not spiffe://c/agent/NAME"));
  EXPECT_THAT(error({"d", Role::kAgent, "x"}, absl::Hours(1)), HasSubstr("not spiffe://c/agent/NAME"));
  EXPECT_THAT(error({"c", Role::kAgent, "x"}, -absl::Hours(1)), HasSubstr("expired"));
}

}  // namespace
}  // namespace tributary
