// SPDX-License-Identifier: Apache-2.0
// dns_gethostbyname where a server has to be asked: the answer comes by a thread of its own.
#include <lwip/dns.h>

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "tests/compat/test_threads_host.hpp"

namespace linnet::compat::test {
namespace {

/// A lookup under way, and what was told of it.
struct Call {
  std::mutex mutex;
  std::condition_variable changed;
  bool told = false;
  std::string text;

  static void found(const char* name, const ip_addr_t* address, void* self) {
    auto& own = *static_cast<Call*>(self);
    const std::lock_guard lock(own.mutex);
    own.text = std::string(name) + " " + (address != nullptr ? ipaddr_ntoa(address) : "none");
    own.told = true;
    own.changed.notify_all();
  }
  std::string wait() {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [this] { return told; }));
    told = false;
    return text;
  }
};

class DnsCallback : public ::testing::Test {
 protected:
  DnsCallback() {
    ip_addr_t server;
    EXPECT_EQ(ipaddr_aton("127.0.0.5", &server), 1);
    dns_setserver(0, &server);
  }
  ThreadsHost host;
  Call call;
  ip_addr_t address{};
};

TEST_F(DnsCallback, FirstTheCallbackHasTheAddressThenTheCacheHasIt) {
  ASSERT_EQ(dns_gethostbyname("there.example", &address, Call::found, &call), ERR_INPROGRESS);
  EXPECT_EQ(call.wait(), "there.example 192.0.2.7");
  ASSERT_EQ(dns_gethostbyname("there.example", &address, Call::found, &call), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&address), "192.0.2.7");
  dns_clear_cache();
  ASSERT_EQ(dns_gethostbyname("there.example", &address, Call::found, &call), ERR_INPROGRESS);
  EXPECT_EQ(call.wait(), "there.example 192.0.2.7");
}

TEST_F(DnsCallback, NullIsToldOfANameThatIsNot) {
  ASSERT_EQ(dns_gethostbyname("gone.example", &address, Call::found, &call), ERR_INPROGRESS);
  EXPECT_EQ(call.wait(), "gone.example none");
}

TEST_F(DnsCallback, TheTypeChoosesTheFamilies) {
  ASSERT_EQ(dns_gethostbyname_addrtype("there.example", &address, Call::found, &call, LWIP_DNS_ADDRTYPE_IPV6),
            ERR_INPROGRESS);
  EXPECT_EQ(call.wait(), "there.example none") << "it has none of IPv6";
  ASSERT_EQ(
      dns_gethostbyname_addrtype("there.example", &address, Call::found, &call, LWIP_DNS_ADDRTYPE_IPV6_IPV4),
      ERR_INPROGRESS);
  EXPECT_EQ(call.wait(), "there.example 192.0.2.7");
}

TEST_F(DnsCallback, WithoutACallbackNobodyCouldBeTold) {
  EXPECT_EQ(dns_gethostbyname("there.example", &address, nullptr, nullptr), ERR_ARG);
}

}  // namespace
}  // namespace linnet::compat::test
