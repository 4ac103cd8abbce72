// SPDX-License-Identifier: Apache-2.0
// mdns.h from several threads at once, and from its own callbacks, by the real clock: meant for
// ThreadSanitizer too (tests_threads).
#include <atomic>
#include <thread>

#include "platform/linux/sockets_port.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <mdns_today.h>

namespace linnet::esp {
namespace {

using namespace test;

constexpr sockets::Config sockets_config{.max_sockets = 8, .first_descriptor = 1000};

/// The other end of the wire, polled with the host and under its lock.
class PeerService final : public sockets::Service {
 public:
  PeerService(sim::Wire& wire, Peer& peer) : wire_(wire), peer_(peer) {}
  Instant poll(Instant now) override {
    const Instant next = peer_.poll(now);
    return wire_.idle() ? next : now;
  }

 private:
  sim::Wire& wire_;
  Peer& peer_;
};

class MdnsThreads : public ::testing::Test {
 protected:
  MdnsThreads()
      : memory_(sockets::Host::memory_needed(linnet::Config::device(), sockets_config)),
        host_(linnet::Config::device(), sockets_config, memory_, port_),
        agent_memory_(mdns::Agent::memory_needed(mdns_config) + Arena::alignment) {
    wire_.left().register_pool(host_.stack().pool());
    interface_ = *host_.stack().add_interface(wire_.left());
    EXPECT_TRUE(host_.stack().ip().add_address(interface_, {own_address, 24}, false, port_.now()));
    peer_.begin(port_.now());
    EXPECT_TRUE(peer_.agent().start("peer", port_.now()));
    EXPECT_TRUE(peer_.agent().machine().responder().add_service(
        {.instance = "Printer", .type = "_ipp._tcp", .port = 631}, port_.now()));
    Arena arena(agent_memory_);
    agent_.emplace(host_.stack(), interface_, mdns_config, arena);
    service_.emplace(*agent_);
    host_.add(*service_);
    host_.add(peer_service_);
    compat::attach(host_, nullptr, {.first_descriptor = 1000, .mdns = &*agent_});
    set_device({.interface = interface_, .mac = wire_.left().mac()});
    poller_ = std::thread([this] { host_.run_background(); });
    EXPECT_EQ(mdns_init(), ESP_OK);
    EXPECT_EQ(mdns_hostname_set("esp32"), ESP_OK);
  }
  ~MdnsThreads() override {
    mdns_free();
    EXPECT_FALSE(agent_->running());
    host_.stop_background();
    poller_.join();
    forget_device();
    compat::detach();
    service_->unlink();
    peer_service_.unlink();
    wire_.left().detach();
    wire_.right().detach();
    EXPECT_TRUE(host_.stack().pool().full());
  }
  /// False: not within ten seconds.
  template <typename Condition>
  static bool comes_true(Condition&& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }

  sim::Wire wire_;
  platform::SocketsPort port_;
  std::vector<std::uint8_t> memory_;
  sockets::Host host_;
  std::uint8_t interface_ = 0;
  Peer peer_{wire_.right()};
  PeerService peer_service_{wire_, peer_};
  std::vector<std::uint8_t> agent_memory_;
  std::optional<mdns::Agent> agent_;
  std::optional<sockets::ServiceFor<mdns::Agent>> service_;
  std::thread poller_;
};

std::atomic<mdns_browse_t*> own_browse;
std::atomic<int> calls, deleted, freed;

TEST_F(MdnsThreads, C22_07_browses_services_and_queries_begin_and_end_in_two_threads) {
  constexpr int rounds = 60;
  calls = 0;
  std::atomic<int> added{0}, removed{0};
  const auto work = [&] {
    for (int i = 0; i < rounds; ++i) {
      mdns_browse_t* browse = mdns_browse_new("_ipp", "_tcp", [](mdns_result_t* results) {
        if (results != nullptr) ++calls;
      });
      EXPECT_NE(browse, nullptr) << "the same is browsed for by both";
      const esp_err_t add = mdns_service_add("Web", "_http", "_tcp", 80, nullptr, 0);
      EXPECT_TRUE(add == ESP_OK || add == ESP_ERR_INVALID_ARG) << add << ": the other's is there";
      added += add == ESP_OK;
      mdns_search_once_t* search =
          mdns_query_async_new("peer", nullptr, nullptr, MDNS_TYPE_A, 20, 1, nullptr);
      EXPECT_NE(search, nullptr);
      const esp_err_t remove = mdns_service_remove("_http", "_tcp");
      EXPECT_TRUE(remove == ESP_OK || remove == ESP_ERR_NOT_FOUND) << remove;
      removed += remove == ESP_OK;
      EXPECT_EQ(mdns_browse_delete(browse), ESP_OK);
      EXPECT_EQ(mdns_browse_delete(browse), ESP_FAIL) << "it is gone";
      mdns_result_t* results = nullptr;
      std::uint8_t count = 0;
      EXPECT_TRUE(mdns_query_async_get_results(search, 5000, &results, &count));
      mdns_query_results_free(results);
      EXPECT_EQ(mdns_query_async_delete(search), ESP_OK);
    }
  };
  std::thread one(work), other(work);
  one.join();
  other.join();
  EXPECT_GT(added, 0);
  EXPECT_EQ(added, removed) << "each was removed once";
  EXPECT_FALSE(mdns_service_exists("_http", "_tcp", nullptr));
}

TEST_F(MdnsThreads, C22_07_a_browse_is_deleted_by_its_own_callback_while_another_thread_deletes_it) {
  for (int i = 0; i < 20; ++i) {
    own_browse = nullptr;
    calls = deleted = 0;
    const auto drop = [] {
      mdns_browse_t* browse = nullptr;
      while (browse == nullptr) browse = own_browse;
      deleted += mdns_browse_delete(browse) == ESP_OK;
    };
    static void (*const drop_it)() = drop;
    own_browse = mdns_browse_new("_ipp", "_tcp", [](mdns_result_t*) {
      ++calls;
      drop_it();
    });
    ASSERT_NE(own_browse, nullptr);
    ASSERT_TRUE(comes_true([] { return calls > 0; }));
    drop();
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(comes_true([] { return deleted == 1; })) << "by one of them";
  }
}

TEST_F(MdnsThreads, C22_07_mdns_is_freed_by_a_callback) {
  freed = 0;
  ASSERT_NE(mdns_browse_new("_ipp", "_tcp",
                            [](mdns_result_t*) {
                              mdns_free();
                              ++freed;
                            }),
            nullptr);
  ASSERT_TRUE(comes_true([] { return freed == 1; }));
  EXPECT_EQ(mdns_browse_new("_ipp", "_tcp", [](mdns_result_t*) {}), nullptr) << "it does not run";
  EXPECT_EQ(mdns_service_remove_all(), ESP_ERR_INVALID_STATE);
}

TEST_F(MdnsThreads, C22_07_a_query_is_deleted_by_its_own_notifier) {
  // Known from the first round on, so that the notifier comes as soon as it can: before the call has
  // returned.
  for (int i = 0; i < 40; ++i) {
    deleted = 0;
    ASSERT_NE(mdns_query_async_new(
                  "peer", nullptr, nullptr, MDNS_TYPE_A, 5000, 1,
                  [](mdns_search_once_t* search) { deleted += mdns_query_async_delete(search) == ESP_OK; }),
              nullptr);
    ASSERT_TRUE(comes_true([] { return deleted == 1; })) << i;
  }
}

}  // namespace
}  // namespace linnet::esp
