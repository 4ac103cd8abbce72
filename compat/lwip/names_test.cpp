// SPDX-License-Identifier: Apache-2.0
// Names and texts of addresses.
#include <lwip/dns.h>

#include "compat/lwip/test_compat.hpp"
#include "sockets/errno.hpp"
#include "sockets/test_error_texts.hpp"

namespace linnet::compat::test {
namespace {

class Names : public CompatTest {
 protected:
  /// What a list of addresses says, as texts.
  static std::string texts(const addrinfo* list) {
    std::string result;
    for (; list != nullptr; list = list->ai_next) {
      char host[64], service[8];
      EXPECT_EQ(getnameinfo(list->ai_addr, list->ai_addrlen, host, sizeof host, service, sizeof service,
                            NI_NUMERICHOST | NI_NUMERICSERV),
                0);
      result += std::string(host) + "|" + service + " ";
    }
    return result;
  }
  static std::string resolve(const char* name, const char* service, const addrinfo& hints) {
    addrinfo* list = nullptr;
    const int error = getaddrinfo(name, service, &hints, &list);
    std::string result = error != 0 ? std::to_string(error) : texts(list);
    freeaddrinfo(list);
    return result;
  }
};

TEST_F(Names, AddressesNeedNoServer) {
  EXPECT_EQ(resolve("192.0.2.1", "80", {}), "192.0.2.1|80 ");
  EXPECT_EQ(resolve("2001:db8::1", "80", {}), "2001:db8::1|80 ");
  addrinfo hints{};
  hints.ai_family = AF_INET;
  EXPECT_EQ(resolve("localhost", nullptr, hints), "127.0.0.1|0 ");
  EXPECT_EQ(resolve("2001:db8::1", nullptr, hints), std::to_string(EAI_NONAME));
  hints.ai_flags = AI_PASSIVE;
  EXPECT_EQ(resolve(nullptr, "7", hints), "0.0.0.0|7 ");
  hints.ai_flags = AI_NUMERICHOST;
  EXPECT_EQ(resolve("localhost", "7", hints), std::to_string(EAI_NONAME));
}

TEST_F(Names, WhatIsRefused) {
  EXPECT_EQ(resolve(nullptr, nullptr, {}), std::to_string(EAI_NONAME));
  EXPECT_EQ(resolve("192.0.2.1", "no-service", {}), std::to_string(EAI_SERVICE));
  EXPECT_EQ(resolve("192.0.2.1", "65536", {}), std::to_string(EAI_SERVICE));
  addrinfo hints{};
  hints.ai_family = 99;
  EXPECT_EQ(resolve("192.0.2.1", "80", hints), std::to_string(EAI_FAMILY));
  EXPECT_EQ(resolve("example.org", "80", {}), std::to_string(EAI_FAIL)) << "no server is set";
}

TEST_F(Names, AnAddrinfoHasRoomForAnyFamilyAndTheName) {
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  ASSERT_EQ(getaddrinfo("127.0.0.1", "80", &hints, &list), 0);
  sockaddr_storage copy;
  std::memcpy(&copy, list->ai_addr, sizeof copy);
  EXPECT_EQ(copy.ss_family, AF_INET);
  EXPECT_STREQ(list->ai_canonname, "127.0.0.1");
  EXPECT_EQ(list->ai_socktype, SOCK_STREAM);
  freeaddrinfo(list);
}

TEST_F(Names, Gethostbyname) {
  const hostent* host = gethostbyname("localhost");
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->h_length, 4);
  in_addr address;
  std::memcpy(&address, host->h_addr, sizeof address);
  EXPECT_STREQ(inet_ntoa(address), "127.0.0.1");
  EXPECT_EQ(host->h_addr_list[1], nullptr);
  EXPECT_EQ(gethostbyname("a..b"), nullptr);
  EXPECT_EQ(h_errno, HOST_NOT_FOUND);
  hostent own;
  hostent* result = nullptr;
  char buffer[256];
  int error = -1;
  EXPECT_EQ(gethostbyname_r("192.0.2.9", &own, buffer, sizeof buffer, &result, &error), 0);
  ASSERT_EQ(result, &own);
  EXPECT_STREQ(own.h_name, "192.0.2.9");
  EXPECT_EQ(gethostbyname_r("192.0.2.9", &own, buffer, 16, &result, &error), ERANGE);
  EXPECT_EQ(result, nullptr);
}

TEST_F(Names, ESP_1_9_77_TwoServersByNumber) {
  ip_addr_t address;
  std::memset(&address, 0x55, sizeof address);  // 1.11 106: the type stays as it was
  inet_pton(AF_INET, "8.8.8.8", &address);
  dns_setserver(0, &address);
  inet_pton(AF_INET, "8.8.4.4", &address);
  dns_setserver(1, &address);
  EXPECT_STREQ(ipaddr_ntoa(dns_getserver(0)), "8.8.8.8");
  EXPECT_STREQ(ipaddr_ntoa(dns_getserver(1)), "8.8.4.4");
  dns_setserver(0, nullptr);
  EXPECT_TRUE(ip_addr_isany(dns_getserver(0)));
  EXPECT_TRUE(ip_addr_isany(dns_getserver(200)));
}

TEST_F(Names, DnsGethostbynameAnswersAtOnceWhatItKnows) {
  ip_addr_t address;
  EXPECT_EQ(dns_gethostbyname("192.0.2.7", &address, nullptr, nullptr), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&address), "192.0.2.7");
  EXPECT_EQ(dns_gethostbyname("", &address, nullptr, nullptr), ERR_ARG);
  EXPECT_EQ(dns_gethostbyname("a..b", &address, nullptr, nullptr), ERR_ARG);
  EXPECT_EQ(dns_gethostbyname("example.org", &address, nullptr, nullptr), ERR_VAL);
}

TEST(Addresses, FormsOfInetAton) {
  const struct {
    const char* text;
    const char* address;
  } rows[] = {{"192.168.1.200", "192.168.1.200"},
              {"10.1", "10.0.0.1"},
              {"10.1.2", "10.1.0.2"},
              {"0x7f000001", "127.0.0.1"},
              {"010.0.0.1", "8.0.0.1"},
              {"256.1.1.1", nullptr},
              {"1.2.3.4.5", nullptr},
              {"", nullptr},
              {"1.2.3.x", nullptr},
              {"1.2.65536", nullptr},
              {"-1", nullptr},
              {"1.2.3.4 tail", "1.2.3.4"}};
  for (const auto& row : rows) {
    ip4_addr_t address{0};
    EXPECT_EQ(ip4addr_aton(row.text, &address), row.address != nullptr ? 1 : 0) << row.text;
    if (row.address != nullptr) {
      EXPECT_STREQ(ip4addr_ntoa(&address), row.address) << row.text;
    }
  }
  EXPECT_EQ(inet_addr("nonsense"), INADDR_NONE);
}

TEST(Addresses, NtopAndPton) {
  in6_addr six;
  char text[INET6_ADDRSTRLEN];
  EXPECT_EQ(inet_pton(AF_INET6, "fe80:0::1", &six), 1);
  EXPECT_STREQ(inet_ntop(AF_INET6, &six, text, sizeof text), "fe80::1");
  EXPECT_EQ(inet_ntop(AF_INET6, &six, text, 4), nullptr);
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_EQ(inet_pton(AF_INET6, "1.2.3.4", &six), 0);
  in_addr four;
  EXPECT_EQ(inet_pton(AF_INET, "10.1", &four), 0) << "no short forms here";
  EXPECT_EQ(inet_pton(AF_INET, "::1", &four), 0);
  EXPECT_EQ(inet_pton(99, "::1", &four), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
}

TEST(Errors, ESP_1_3_36_TheTextsWords) {
#define LINNET_ROW(symbol, number, words) \
  EXPECT_EQ(symbol, number);              \
  EXPECT_STREQ(lwip_strerror(symbol), words);
  LINNET_ERRORS_OF_THE_TEXT(LINNET_ROW)
#undef LINNET_ROW
  EXPECT_EQ(EWOULDBLOCK, EAGAIN);
  EXPECT_STREQ(lwip_strerror(58), "Unknown error");
  EXPECT_EQ(sockets::error_table().size(), 122u);
  EXPECT_EQ(err_to_errno(ERR_RST), ECONNRESET);
  EXPECT_EQ(err_to_errno(ERR_IF), -1);
  EXPECT_EQ(err_to_errno(1), -1);
}

}  // namespace
}  // namespace linnet::compat::test
