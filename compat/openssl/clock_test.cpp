// SPDX-License-Identifier: Apache-2.0
// Time and entropy of the OpenSSL mapping are those of the host that is attached.
#include "compat/openssl/test_connections.hpp"
#include "sockets/test_host.hpp"
#include "tls/attach.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

class OpensslClock : public Connections {
 protected:
  OpensslClock() { tls::attach(machine.host); }
  ~OpensslClock() override {
    drop();
    tls::detach();
  }
  long verdict_at(std::int64_t seconds) {
    machine.port.set_wall_clock(Duration::seconds(seconds));
    make();
    const bool done = shake();
    const long verdict = SSL_get_verify_result(client);
    EXPECT_EQ(done, verdict == X509_V_OK);
    drop();
    return verdict;
  }
  sockets::test::HostFixture machine;
};

TEST_F(OpensslClock, C27_05_dates_are_those_of_the_attached_hosts_clock) {
  const std::int64_t now = std::time(nullptr);  // the certificate is good a day before and after it
  EXPECT_EQ(verdict_at(now), X509_V_OK);
  EXPECT_EQ(verdict_at(0), X509_V_ERR_CERT_NOT_YET_VALID) << "a machine that does not know the time";
  EXPECT_EQ(verdict_at(now - 2 * 86400), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(verdict_at(now + 2 * 86400), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(OpensslClock, random_numbers_come_from_the_attached_host) {
  // Two hosts with the same entropy: the same client random (RFC 5246 7.4.1.2), which mbedTLS's own would not
  // give.
  std::array<std::array<char, 256>, 2> hellos{};
  for (auto& hello : hellos) {
    sockets::test::HostFixture same;
    same.port.set_wall_clock(Duration::seconds(std::time(nullptr)));
    tls::attach(same.host);
    make();
    EXPECT_EQ(SSL_connect(client), -1);
    BIO* wire = SSL_get_rbio(server);
    EXPECT_GT(BIO_read(wire, hello.data(), static_cast<int>(hello.size())), 60);
    drop();
    tls::attach(machine.host);
  }
  // Behind the record's and the message's head and the version: 4 bytes of the C library's time, then 28 of
  // chance.
  EXPECT_TRUE(std::equal(hellos[0].begin() + 15, hellos[0].begin() + 43, hellos[1].begin() + 15));
}

}  // namespace
}  // namespace linnet::openssl
