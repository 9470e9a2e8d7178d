#include "local/shard/client_table.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

Peer Process(int number) { return Peer::OfProcess(1 + number, 0); }

void Send(ClientTable& table, const Peer& peer) { ++table.Find(peer).packets; }

TEST(ClientTableTest, CountsEachClientApart) {
  ClientTable table;
  Send(table, Process(1));
  Send(table, Process(2));
  Send(table, Process(1));
  const std::vector<Client> clients = table.Take();
  ASSERT_EQ(clients.size(), 2u);
  EXPECT_EQ(clients[0].peer, Process(1));
  EXPECT_EQ(clients[0].packets, 2u);
  EXPECT_EQ(clients[1].packets, 1u);
  EXPECT_NE(clients[0].hash, clients[1].hash);
}

TEST(ClientTableTest, BeginsAnewWithEachInterval) {
  ClientTable table;
  Send(table, Process(1));
  EXPECT_EQ(table.Take().size(), 1u);
  EXPECT_TRUE(table.Take().empty());
  Send(table, Process(1));
  EXPECT_EQ(table.Take().at(0).packets, 1u);
}

TEST(ClientTableTest, CountsClientsBeyondItsBoundAsOneThatNobodyKnows) {
  ClientTable table;
  for (int i = 0; i < 100'000; ++i) Send(table, Process(i));
  const std::vector<Client> clients = table.Take();
  ASSERT_EQ(clients.size(), ClientTable::kMaxClients + 1);
  EXPECT_FALSE(clients[0].peer.is_known());
  EXPECT_EQ(clients[0].packets, 100'000 - ClientTable::kMaxClients);
}

TEST(ClientTableTest, KeepsThePlaceOfThoseWhoSendAlready) {
  ClientTable table;
  Send(table, Process(7));
  table.Take();
  for (int i = 1000; i < 10'000; ++i) Send(table, Process(i));
  Send(table, Process(7));
  bool found = false;
  for (const Client& client : table.Take()) found |= client.peer == Process(7);
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace tributary
