// SPDX-License-Identifier: Apache-2.0
// What a forger has to guess of a query: its id and its port, over as many queries as a device asks in weeks.
#include <set>

#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

/// Numbers of 16 bits one after the other, and how far they are from being drawn each by itself.
class Drawn {
 public:
  void add(std::uint16_t number) {
    ++low_[number & 15];
    ++high_[number >> 8 & 15];
    if (count_ > 0) ++step_[(number - last_) & 15];
    last_ = number;
    ++count_;
    different_.insert(number);
  }
  std::size_t different() const { return different_.size(); }
  /// Fails where the lower bits, those above, or the steps are not uniform.
  void expect_uniform() const {
    for (const auto& bins : {low_, high_, step_}) {
      const double expected = count_ / 16.0;
      double chi_squared = 0;
      for (const unsigned count : bins) chi_squared += (count - expected) * (count - expected) / expected;
      EXPECT_LT(chi_squared, 45) << "15 degrees of freedom: one in 10,000";
    }
  }

 private:
  std::array<unsigned, 16> low_{};
  std::array<unsigned, 16> high_{};
  std::array<unsigned, 16> step_{};
  unsigned count_ = 0;
  std::uint16_t last_ = 0;
  std::set<std::uint16_t> different_;
};

TEST_F(DnsResolver, C21_01_ids_are_uniform) {
  Drawn ids;
  for (unsigned i = 0; i < 65536; ++i) {
    const QueryHandle query = start("n" + std::to_string(i));
    link.run_for(Duration());
    resolver->release(query);
    ids.add(queries.back().id);
    queries.clear();
    link.udp_sent.clear();
  }
  ids.expect_uniform();
  // 65,536 draws of as many have 65,536 (1 - 1/e) different ones: 41,427, with a deviation of 80.
  EXPECT_GT(ids.different(), 41000u);
  EXPECT_LT(ids.different(), 41850u) << "a permutation would tell those that are left";
}

TEST_F(DnsResolver, C21_02_every_query_has_a_fresh_port_that_is_closed_afterwards) {
  Drawn ports;
  on_query = [this](const Query& query) { send(query, good(query)); };
  for (unsigned i = 0; i < 10000; ++i) {
    ASSERT_EQ(resolve("n" + std::to_string(i), Duration::milliseconds(1)), Error::none);
    const std::uint16_t port = queries.back().frame.source.port;
    ASSERT_GE(port, 49152);
    ports.add(port);
    queries.clear();
    link.udp_sent.clear();
  }
  ports.expect_uniform();
  // 10,000 draws of 16,384 have 7,485 different ones, with a deviation of 45.
  EXPECT_GT(ports.different(), 7250u);
  EXPECT_LT(ports.different(), 7720u);
  unsigned open = 0;
  link.stack.udp().for_each([&open](const udp::SocketView&) { ++open; });
  EXPECT_EQ(open, 0u);
}

}  // namespace
}  // namespace linnet::dns::test
