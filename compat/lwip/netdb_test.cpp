// SPDX-License-Identifier: Apache-2.0
// getaddrinfo and getnameinfo beside those of the system, and what needs static names.
#include <lwip/dns.h>
#include <lwip/netif.h>

#include <fstream>
#include <set>
#include <sstream>

#include "compat/lwip/test_compat.hpp"
#include "compat/lwip/test_names_text.hpp"

namespace linnet::compat::test {
namespace {

std::string our_resolve(const char* node, const char* service, const addrinfo& hints) {
  addrinfo* list = nullptr;
  const int error = getaddrinfo(node, service, &hints, &list);
  if (error != 0) return error_name(error);
  const std::string result = text_of(*list);
  if (list->ai_next != nullptr) {
    EXPECT_EQ(list->ai_next->ai_canonname, nullptr) << "RFC 3493 6.1: the first only";
  }
  freeaddrinfo(list);
  return result;
}

std::string our_name(const char* address, std::uint16_t number, const AskedName& asked, int more_flags = 0) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* list = nullptr;
  if (getaddrinfo(address, std::to_string(number).c_str(), &hints, &list) != 0) return "no address";
  const int flags = more_flags | (asked.numeric_host ? NI_NUMERICHOST : 0) |
                    (asked.numeric_service ? NI_NUMERICSERV : 0) | (asked.datagram ? NI_DGRAM : 0) |
                    (asked.required ? NI_NAMEREQD : 0);
  char host[64] = "", service[32] = "";
  const int error =
      getnameinfo(list->ai_addr, list->ai_addrlen, asked.host_size != 0 ? host : nullptr, asked.host_size,
                  asked.service_size != 0 ? service : nullptr, asked.service_size, flags);
  freeaddrinfo(list);
  return error != 0 ? error_name(error) : std::string(host) + "|" + service;
}

class Netdb : public CompatTest {
 protected:
  dns::Hosts& hosts() { return resolver_.hosts(); }
  std::string resolve(const char* node, const Asked& asked) {
    return our_resolve(node, nullptr, hints_of(asked));
  }
};

/// All combinations of the hints.
template <typename Visit>
void for_each_asked(Visit visit) {
  for (unsigned bits = 0; bits < 32; ++bits) {
    for (const int family : {0, 4, 6}) {
      for (const char type : {'s', 'd', 'r'}) {
        visit(Asked{.family = family,
                    .type = type,
                    .passive = (bits & 1) != 0,
                    .canonical = (bits & 2) != 0,
                    .numeric_service = (bits & 4) != 0,
                    .mapped = (bits & 8) != 0,
                    .all = (bits & 16) != 0});
      }
    }
  }
}

// Not compared: "::ffff:192.0.2.1", which is an address of IPv4 here; services of no or negative digits, and
// above 65535, of which glibc takes some bits.
TEST_F(Netdb, RFC3493_6_1_numbers_give_what_glibc_gives_for_all_hints) {
  std::size_t compared = 0;
  for (const char* node :
       {static_cast<const char*>(nullptr), "127.0.0.1", "192.0.2.1", "127.1", "0x7f.0.0.1", "1.2.3",
        "010.0.0.1", "256.1.1.1", "1.2.3.4.5", "1.2.3.4 ", "::1", "2001:db8::1", "fe80::1", "fe80::1%1",
        "2001:db8::1%no-interface", "::1::", "", "localhost", "a b"}) {
    for (const char* service : {static_cast<const char*>(nullptr), "80", "0", "65535", "http", "domain",
                                "tftp", "80x", "no-service"}) {
      const bool named = service != nullptr && service[0] >= 'a';
      if (named && !system_has_services()) continue;
      for_each_asked([&](const Asked& asked) {
        ++compared;
        EXPECT_EQ(our_resolve(node, service, hints_of(asked)), system_resolve(node, service, asked))
            << (node != nullptr ? node : "NULL") << " " << (service != nullptr ? service : "NULL")
            << " family " << asked.family << " type " << asked.type << " passive " << asked.passive
            << " canonical " << asked.canonical << " numeric " << asked.numeric_service << " mapped "
            << asked.mapped << " all " << asked.all;
      });
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(compared, 19u * 6 * 288 - 1);
}

TEST_F(Netdb, RFC3493_6_2_names_of_numbers_are_those_of_glibc) {
  for (const char* address : {"127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"}) {
    for (const std::uint16_t number :
         {std::uint16_t{0}, std::uint16_t{53}, std::uint16_t{69}, std::uint16_t{80}}) {
      for (unsigned bits = 0; bits < 4; ++bits) {
        for (const unsigned host_size : {0u, 4u, 64u}) {
          for (const unsigned service_size : {0u, 2u, 32u}) {
            const AskedName asked{.numeric_service = (bits & 1) != 0 || !system_has_services(),
                                  .datagram = (bits & 2) != 0,
                                  .host_size = host_size,
                                  .service_size = service_size};
            EXPECT_EQ(our_name(address, number, asked), system_name(address, number, asked))
                << address << " " << number << " " << bits << " " << host_size << " " << service_size;
          }
        }
      }
    }
  }
}

TEST_F(Netdb, static_names_are_those_of_the_systems_table) {
  std::ifstream file("/etc/hosts");
  std::set<std::pair<std::string, int>> names;
  for (std::string line; std::getline(file, line);) {
    line = line.substr(0, line.find('#'));
    std::istringstream words(line);
    std::string address, name;
    if (!(words >> address) || !IpAddress::parse(address)) continue;
    if (hosts().add_line(line) != dns::HostsError::none) break;
    while (words >> name) names.insert({name, IpAddress::parse(address)->is_v4() ? 4 : 6});
  }
  for (const auto& [name, family] : names) {
    if (name.ends_with("localhost")) continue;
    const Asked asked{.family = family, .numeric_host = false};
    EXPECT_EQ(resolve(name.c_str(), asked), system_resolve(name.c_str(), nullptr, asked)) << name;
  }
  EXPECT_EQ(resolve("localhost", {.family = 4, .canonical = true, .numeric_host = false}),
            "127.0.0.1|0 =localhost");
}

TEST_F(Netdb, canonical_name_is_the_first_of_the_hosts_table) {
  hosts().add_line("192.0.2.7 printer.lan printer");
  EXPECT_EQ(resolve("printer", {.canonical = true, .numeric_host = false}), "192.0.2.7|0 =printer.lan");
  const hostent* host = gethostbyname("printer");
  ASSERT_NE(host, nullptr);
  EXPECT_STREQ(host->h_name, "printer.lan");
}

TEST_F(Netdb, RFC3493_6_1_mapped_addresses_only_where_there_are_no_others_unless_all_are_wanted) {
  hosts().add_line("192.0.2.7 both four");
  hosts().add_line("2001:db8::7 both");
  const Asked six{.family = 6, .numeric_host = false, .mapped = true};
  EXPECT_EQ(resolve("both", six), "2001:db8::7|0 ");
  EXPECT_EQ(resolve("four", six), "::ffff:192.0.2.7|0 ");
  EXPECT_EQ(resolve("both", {.family = 6, .numeric_host = false, .mapped = true, .all = true}),
            "2001:db8::7|0 ::ffff:192.0.2.7|0 ");
  EXPECT_EQ(resolve("both", {.family = 6, .numeric_host = false, .all = true}), "2001:db8::7|0 ")
      << "AI_ALL alone";
}

TEST_F(Netdb, RFC3493_6_1_addresses_of_a_family_that_this_host_has_none_of_are_left_out) {
  hosts().add_line("192.0.2.7 both");
  hosts().add_line("2001:db8::7 both");
  addrinfo hints{};
  hints.ai_flags = AI_ADDRCONFIG;
  EXPECT_EQ(our_resolve("both", nullptr, hints), "192.0.2.7|0 2001:db8::7|0 ") << "this host has neither";
  Stack& stack = host_.host.stack();
  ASSERT_TRUE(stack.ip().add_address(Stack::loopback_interface, {IpAddress::v4(10, 0, 0, 1), 8}, false,
                                     host_.port.now()));
  EXPECT_EQ(our_resolve("both", nullptr, hints), "192.0.2.7|0 ");
  EXPECT_EQ(our_resolve("2001:db8::1", nullptr, hints), "2001:db8::1|0 ") << "numbers are what they are";
  hints.ai_family = AF_INET6;
  EXPECT_EQ(our_resolve("both", nullptr, hints), "NONAME");
}

TEST_F(Netdb, zones_are_names_of_interfaces) {
  char name[NETIF_NAMESIZE];
  ASSERT_NE(if_indextoname(1, name), nullptr);
  const std::string text = std::string("fe80::1%") + name;
  EXPECT_EQ(our_resolve(text.c_str(), nullptr, {}), "fe80::1%1|0 ");
  EXPECT_EQ(our_resolve("fe80::1%nothing", nullptr, {}), "NONAME");
  EXPECT_EQ(our_name("fe80::1%1", 7, {.numeric_service = true}), text + "|7");
  EXPECT_EQ(our_name("fe80::1%1", 7, {.numeric_service = true}, NI_NUMERICSCOPE), "fe80::1%1|7");
}

TEST_F(Netdb, RFC3493_6_2_names_of_addresses) {
  hosts().add_line("192.0.2.7 printer.lan printer");
  EXPECT_EQ(our_name("192.0.2.7", 80, {.numeric_host = false}), "printer.lan|http");
  EXPECT_EQ(our_name("127.0.0.1", 69, {.numeric_host = false, .datagram = true}), "localhost|tftp");
  EXPECT_EQ(our_name("192.0.2.8", 80, {.numeric_host = false, .numeric_service = true}), "192.0.2.8|80");
  EXPECT_EQ(our_name("192.0.2.8", 80, {.numeric_host = false, .required = true}), "NONAME");
  EXPECT_TRUE(resolver_.search_list().add(*dns::Name::from_text("lan")));
  EXPECT_EQ(our_name("192.0.2.7", 80, {.numeric_host = false}, NI_NOFQDN), "printer|http");
  EXPECT_EQ(our_name("192.0.2.7", 80, {}, 0x4000), "BADFLAGS");
}

TEST_F(Netdb, what_is_refused_has_its_code) {
  addrinfo hints{};
  hints.ai_socktype = 99;
  EXPECT_EQ(our_resolve("192.0.2.1", nullptr, hints), "SOCKTYPE");
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_UDP;
  EXPECT_EQ(our_resolve("192.0.2.1", nullptr, hints), "SOCKTYPE");
  hints = {};
  hints.ai_flags = 0x4000;
  EXPECT_EQ(our_resolve("192.0.2.1", nullptr, hints), "BADFLAGS");
  hints = {};
  hints.ai_family = 99;
  EXPECT_EQ(our_resolve("192.0.2.1", nullptr, hints), "FAMILY");
  hints = {};
  hints.ai_protocol = IPPROTO_UDP;
  addrinfo* list = nullptr;
  ASSERT_EQ(getaddrinfo("192.0.2.1", "tftp", &hints, &list), 0);
  EXPECT_EQ(list->ai_socktype, SOCK_DGRAM);
  freeaddrinfo(list);
  EXPECT_EQ(our_resolve("b\xc3\xbc"
                        "cher.example",
                        nullptr, {}),
            "NONAME");
}

TEST_F(Netdb, dns_gethostbyname_addrtype_of_static_names) {
  hosts().add_line("192.0.2.7 both four");
  hosts().add_line("2001:db8::7 both six");
  const struct {
    const char* name;
    u8_t type;
    const char* address;
  } rows[] = {{"both", LWIP_DNS_ADDRTYPE_IPV4, "192.0.2.7"},
              {"both", LWIP_DNS_ADDRTYPE_IPV6, "2001:db8::7"},
              {"both", LWIP_DNS_ADDRTYPE_IPV4_IPV6, "192.0.2.7"},
              {"both", LWIP_DNS_ADDRTYPE_IPV6_IPV4, "2001:db8::7"},
              {"four", LWIP_DNS_ADDRTYPE_IPV4_IPV6, "192.0.2.7"},
              {"six", LWIP_DNS_ADDRTYPE_IPV6_IPV4, "2001:db8::7"}};
  for (const auto& row : rows) {
    ip_addr_t address{};
    EXPECT_EQ(dns_gethostbyname_addrtype(row.name, &address, nullptr, nullptr, row.type), ERR_OK) << row.name;
    EXPECT_STREQ(ipaddr_ntoa(&address), row.address);
  }
  ip_addr_t address{};
  EXPECT_EQ(dns_gethostbyname_addrtype("both", &address, nullptr, nullptr, 4), ERR_ARG);
}

}  // namespace
}  // namespace linnet::compat::test
