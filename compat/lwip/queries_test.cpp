// SPDX-License-Identifier: Apache-2.0
// Names that a server is asked for, through the calls of lwip/netdb.h and lwip/dns.h.
#include <esp_netdb.h>
#include <lwip/dns.h>

#include <set>

#include "compat/lwip/test_compat.hpp"
#include "compat/lwip/test_name_server.hpp"

namespace linnet::compat::test {
namespace {

constexpr IpAddress some_address = IpAddress::v4(192, 0, 2, 7);

ip_addr_t lwip_address(const char* text) {
  ip_addr_t address{};
  EXPECT_EQ(ipaddr_aton(text, &address), 1) << text;
  return address;
}

/// What the server says is in the name.
dns::test::Buffer say_by_name(const AskedServer& asked) {
  if (asked.name == "silent.example") return {};
  if (asked.name == "failing.example") return reply_to(asked).rcode(2).finish();
  if (asked.name == "gone.example") return reply_to(asked).rcode(3).soa(60, 60).finish();
  if (asked.name == "empty.example") return reply_to(asked).soa(60, 60).finish();
  if (asked.record_type != dns::type::a) return reply_to(asked).soa(60, 60).finish();
  return reply_to(asked).a(asked.name, some_address).finish();
}

class Queries : public CompatTest {
 protected:
  Queries() {
    host_.host.add(server);
    host_.host.add(service);
    EXPECT_TRUE(resolver_.set_server(0, IpAddress::loopback_v4()));
  }
  ~Queries() override { service.unlink(); }
  static int error_of(const char* name, int family = AF_UNSPEC) {
    addrinfo hints{};
    hints.ai_family = family;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(name, nullptr, &hints, &list);
    EXPECT_EQ(list != nullptr, error == 0);
    freeaddrinfo(list);
    return error;
  }

  sockets::ServiceFor<dns::Resolver> service{resolver_};
  NameServer server{host_.host.stack(), IpAddress::loopback_v4(), say_by_name};
};

TEST_F(Queries, getaddrinfo_says_why_a_server_has_brought_nothing) {
  EXPECT_EQ(error_of("there.example"), 0);
  EXPECT_EQ(error_of("gone.example"), EAI_NONAME);
  EXPECT_EQ(error_of("empty.example"), EAI_NONAME);
  EXPECT_EQ(error_of("there.example", AF_INET6), EAI_NONAME) << "it has none of that family";
  EXPECT_EQ(error_of("failing.example"), EAI_AGAIN);
  EXPECT_EQ(error_of("silent.example"), EAI_AGAIN);
}

TEST_F(Queries, gethostbyname_says_why_in_h_errno) {
  const struct {
    const char* name;
    int error;
  } rows[] = {{"gone.example", HOST_NOT_FOUND},
              {"empty.example", NO_DATA},
              {"failing.example", TRY_AGAIN},
              {"silent.example", TRY_AGAIN}};
  for (const auto& row : rows) {
    EXPECT_EQ(gethostbyname(row.name), nullptr) << row.name;
    EXPECT_EQ(h_errno, row.error) << row.name;
    hostent own;
    hostent* result = &own;
    char buffer[256];
    int error = 0;
    EXPECT_EQ(lwip_gethostbyname_r(row.name, &own, buffer, sizeof buffer, &result, &error), row.error);
    EXPECT_EQ(error, row.error) << row.name;
    EXPECT_EQ(result, nullptr);
  }
}

TEST_F(Queries, lwip_gethostbyname_r_puts_a_name_s_addresses_into_the_buffer) {
  hostent own;
  hostent* result = nullptr;
  char buffer[256];
  int error = -1;
  ASSERT_EQ(lwip_gethostbyname_r("there.example", &own, buffer, sizeof buffer, &result, &error), 0);
  ASSERT_EQ(result, &own);
  EXPECT_EQ(error, 0);
  EXPECT_STREQ(own.h_name, "there.example");
  in_addr address;
  std::memcpy(&address, own.h_addr, sizeof address);
  EXPECT_EQ(ntohl(address.s_addr), some_address.v4_value());
  EXPECT_EQ(own.h_addr_list[1], nullptr);
  const auto begin = reinterpret_cast<std::uintptr_t>(buffer);
  const auto at = reinterpret_cast<std::uintptr_t>(own.h_addr);
  EXPECT_TRUE(at >= begin && at < begin + sizeof buffer) << "not in the thread's";
}

TEST_F(Queries, dns_clear_cache_has_the_server_asked_again) {
  EXPECT_EQ(error_of("there.example", AF_INET), 0);
  EXPECT_EQ(error_of("there.example", AF_INET), 0);
  EXPECT_EQ(server.queries.size(), 1u);
  dns_clear_cache();
  EXPECT_EQ(error_of("there.example", AF_INET), 0);
  EXPECT_EQ(server.queries.size(), 2u);
}

TEST_F(Queries, dns_gethostbyname_has_at_once_what_is_cached) {
  EXPECT_EQ(error_of("there.example", AF_INET), 0);
  ip_addr_t address{};
  EXPECT_EQ(dns_gethostbyname("there.example", &address, nullptr, nullptr), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&address), "192.0.2.7");
  EXPECT_EQ(error_of("gone.example", AF_INET), EAI_NONAME);
  EXPECT_EQ(dns_gethostbyname_addrtype("gone.example", &address, nullptr, nullptr, LWIP_DNS_ADDRTYPE_IPV4),
            ERR_VAL);
}

TEST_F(Queries, esp_getaddrinfo_is_getaddrinfo) {
  addrinfo* list = nullptr;
  ASSERT_EQ(esp_getaddrinfo("there.example", "80", nullptr, &list), 0);
  sockaddr_in in;
  std::memcpy(&in, list->ai_addr, sizeof in);
  EXPECT_EQ(ntohl(in.sin_addr.s_addr), some_address.v4_value());
  EXPECT_EQ(ntohs(in.sin_port), 80);
  esp_freeaddrinfo(list);
  list = nullptr;
  EXPECT_EQ(esp_getaddrinfo("gone.example", "80", nullptr, &list), EAI_NONAME);
  EXPECT_EQ(list, nullptr);
}

TEST_F(Queries, gai_strerror_has_words_of_its_own_for_each) {
  std::set<std::string> texts;
  for (const int error : {0, EAI_NONAME, EAI_SERVICE, EAI_FAIL, EAI_MEMORY, EAI_FAMILY, EAI_OVERFLOW,
                          EAI_BADFLAGS, EAI_SOCKTYPE, EAI_AGAIN}) {
    texts.insert(gai_strerror(error));
  }
  EXPECT_EQ(texts.size(), 10u);
  EXPECT_STREQ(gai_strerror(EAI_NONAME), "Name or service not known");
  EXPECT_FALSE(texts.contains(gai_strerror(4711)));
}

/// What a visitor of the table was told.
struct Told {
  std::string text;
  static void tell(const char* name, const ip_addr_t* address, void* self) {
    static_cast<Told*>(self)->text += std::string(name) + " " + ipaddr_ntoa(address) + "; ";
  }
};

TEST_F(Queries, names_set_by_hand_go_before_the_server) {
  const ip_addr_t by_hand = lwip_address("198.51.100.1");
  const ip_addr_t six = lwip_address("2001:db8::1");
  EXPECT_EQ(dns_local_addhost("there.example", &by_hand), ERR_OK);
  EXPECT_EQ(dns_local_addhost("there.example", &six), ERR_OK);
  EXPECT_EQ(dns_local_addhost("other.example", &by_hand), ERR_OK);
  const hostent* host = gethostbyname("there.example");
  ASSERT_NE(host, nullptr);
  in_addr address;
  std::memcpy(&address, host->h_addr, sizeof address);
  EXPECT_STREQ(inet_ntoa(address), "198.51.100.1");
  EXPECT_EQ(server.queries.size(), 0u);

  Told told;
  EXPECT_EQ(dns_local_iterate(Told::tell, &told), 3u);
  EXPECT_EQ(told.text, "there.example 198.51.100.1; there.example 2001:db8::1; other.example 198.51.100.1; ");
  EXPECT_EQ(dns_local_iterate(nullptr, nullptr), 3u);
  ip_addr_t found{};
  EXPECT_EQ(dns_local_lookup("there.example", &found, LWIP_DNS_ADDRTYPE_IPV6), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&found), "2001:db8::1");
  EXPECT_EQ(dns_local_lookup("other.example", &found, LWIP_DNS_ADDRTYPE_IPV6_IPV4), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&found), "198.51.100.1");
  EXPECT_EQ(dns_local_lookup("other.example", nullptr, LWIP_DNS_ADDRTYPE_IPV4), ERR_OK);
  EXPECT_EQ(dns_local_lookup("other.example", &found, LWIP_DNS_ADDRTYPE_IPV6), ERR_ARG);
  EXPECT_EQ(dns_local_lookup("third.example", &found, LWIP_DNS_ADDRTYPE_IPV4), ERR_ARG);

  EXPECT_EQ(dns_local_removehost("there.example", &six), 1);
  EXPECT_EQ(dns_local_removehost(nullptr, &by_hand), 2);
  EXPECT_EQ(dns_local_removehost(nullptr, nullptr), 0);
  EXPECT_EQ(error_of("there.example", AF_INET), 0);
  EXPECT_EQ(server.queries.size(), 1u) << "now it is asked";
}

TEST_F(Queries, names_set_by_hand_have_limits) {
  const ip_addr_t address = lwip_address("192.0.2.7");
  EXPECT_EQ(dns_local_addhost("a..b", &address), ERR_ARG);
  EXPECT_EQ(dns_local_addhost(nullptr, &address), ERR_ARG);
  EXPECT_EQ(dns_local_addhost("a.example", nullptr), ERR_ARG);
  EXPECT_EQ(dns_local_removehost("a..b", nullptr), 0);
  for (int i = 0; i < dns_config.hosts; ++i) {
    EXPECT_EQ(dns_local_addhost(("h" + std::to_string(i)).c_str(), &address), ERR_OK);
  }
  EXPECT_EQ(dns_local_addhost("more", &address), ERR_MEM);
}

}  // namespace
}  // namespace linnet::compat::test
