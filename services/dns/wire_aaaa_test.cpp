// SPDX-License-Identifier: Apache-2.0
// AAAA records on the wire (RFC 3596 2).
#include <gtest/gtest.h>

#include <random>

#include "services/dns/test_message.hpp"
#include "services/dns/wire.hpp"

namespace linnet::dns {
namespace {

using test::Buffer;
using test::labels;
using test::ServerMessage;

constexpr std::uint16_t id = 0x1234;
constexpr IpAddress one = IpAddress::v4(192, 0, 2, 1);
const IpAddress six = *IpAddress::parse("2001:db8::6");

Response read(const ServerMessage& message) {
  const Buffer bytes = message.finish();
  return read_response(bytes, false, id, *Name::from_text("www.example"), type::aaaa);
}
ServerMessage answer() { return ServerMessage(id, "www.example", type::aaaa); }

std::vector<IpAddress> addresses(const Response& response) {
  const auto span = response.answer.addresses();
  return {span.begin(), span.end()};
}

TEST(DnsWireAaaa, RFC3596_2_1_query_for_aaaa_records) {
  std::array<std::uint8_t, maximum_query> buffer;
  const Bytes query = write_query(buffer, 0xabcd, *Name::from_text("a.bc"), type::aaaa);
  const Buffer expected = {0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 2, 'b', 'c', 0, 0, 28, 0, 1};
  EXPECT_EQ(Buffer(query.begin(), query.end()), expected);
}

TEST(DnsWireAaaa, RFC3596_2_2_sixteen_bytes_in_network_order) {
  const IpAddress address = *IpAddress::parse("2001:db8:1:2:3:4:5:6");
  const Buffer data = {0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
  const Response response = read(
      answer().record({0xc0, 12}, 28, 60, data).count(6).aaaa("WWW.Example", six, 50).a("www.example", one));
  EXPECT_EQ(response.verdict, Verdict::answer);
  EXPECT_EQ(addresses(response), (std::vector{address, six}));
  EXPECT_EQ(response.answer.ttl, Duration::seconds(50));
}

TEST(DnsWireAaaa, RFC3596_2_2_wrong_rdlength_is_ignored) {
  for (std::size_t length = 0; length < 300; ++length) {
    const Response response = read(answer()
                                       .record(labels("www.example"), type::aaaa, 60, Buffer(length, 9))
                                       .count(6)
                                       .aaaa("www.example", six));
    EXPECT_EQ(response.verdict, Verdict::answer);
    EXPECT_EQ(response.answer.addresses().size(), length == 16 ? 2u : 1u);
  }
}

TEST(DnsWireAaaa, RFC3596_every_truncation_is_ignored_or_whole_records) {
  const Buffer whole = answer().aaaa("www.example", six).aaaa("www.example", six).finish();
  const Name name = *Name::from_text("www.example");
  const std::size_t record = 13 + 10 + 16;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const Response response = read_response(cut, false, id, name, type::aaaa);
    const std::size_t left = whole.size() - length;
    const bool inside_owner = left < record && left > record - 13;
    const bool first_is_there = left <= record && !inside_owner;
    EXPECT_EQ(response.verdict, first_is_there ? Verdict::answer : Verdict::ignored) << length;
    EXPECT_EQ(response.answer.addresses().size(), left == 0 ? 2u : first_is_there ? 1u : 0u) << length;
  }
}

TEST(DnsWireAaaa, RFC3596_chains_of_aliases_and_negative_answers_as_for_a_records) {
  EXPECT_EQ(addresses(read(answer().aaaa("b", six).cname("www.example", "b"))), std::vector{six});
  EXPECT_EQ(read(answer().cname("www.example", "www.example")).verdict, Verdict::failure);
  EXPECT_EQ(read(answer().cname("www.example", "b").soa(90, 60)).verdict, Verdict::no_data);
  EXPECT_EQ(read(answer().aaaa("evil.example", six)).verdict, Verdict::no_data);
  EXPECT_EQ(read(answer().rcode(3).soa(90, 60)).verdict, Verdict::no_such_name);
  EXPECT_EQ(read(answer().soa(90, 60)).negative_ttl, Duration::seconds(60));
  EXPECT_EQ(read(answer().truncated()).verdict, Verdict::failure);
  EXPECT_EQ(read(answer().truncated().aaaa("www.example", six)).verdict, Verdict::answer);
  EXPECT_EQ(read(answer().rcode(5)).verdict, Verdict::failure);
}

TEST(DnsWireAaaa, RFC5452_9_1_an_answer_to_the_other_question_is_ignored) {
  EXPECT_EQ(read(ServerMessage(id, "www.example").aaaa("www.example", six)).verdict, Verdict::ignored);
  const Buffer about_aaaa = answer().a("www.example", one).finish();
  EXPECT_EQ(read_response(about_aaaa, false, id, *Name::from_text("www.example"), type::a).verdict,
            Verdict::ignored);
}

TEST(DnsWireAaaa, RFC4291_2_5_5_2_mapped_addresses_in_aaaa_records_are_left_out) {
  for (const char* text :
       {"::ffff:127.0.0.1", "::ffff:192.0.2.1", "::ffff:0.0.0.0", "::", "ff02::1", "ff0e::1"}) {
    const IpAddress address = *IpAddress::parse(text);
    EXPECT_EQ(read(answer().aaaa("www.example", address)).verdict, Verdict::no_data) << text;
    const Response mixed = read(answer().aaaa("www.example", address, 1).aaaa("www.example", six));
    EXPECT_EQ(addresses(mixed), std::vector{six}) << text;
    EXPECT_EQ(mixed.answer.ttl, Duration::seconds(300)) << "nor does its TTL count";
  }
  for (const char* text : {"::1", "fe80::1", "fc00::1", "::192.0.2.1", "64:ff9b::1", "::fffe:192.0.2.1"}) {
    const IpAddress address = *IpAddress::parse(text);
    EXPECT_EQ(addresses(read(answer().aaaa("www.example", address))), std::vector{address}) << text;
  }
}

TEST(DnsWireAaaa, random_changes_of_a_good_aaaa_answer_are_survived) {
  std::mt19937 random(5);
  const Buffer good = answer().cname("www.example", "b").aaaa("b", six).aaaa("b", six).soa(60, 60).finish();
  for (int round = 0; round < 100000; ++round) {
    Buffer bad = good;
    for (unsigned i = 0; i <= random() % 3; ++i)
      bad[12 + random() % (bad.size() - 12)] = static_cast<std::uint8_t>(random());
    const Response response = read_response(bad, false, id, *Name::from_text("www.example"), type::aaaa);
    for (const IpAddress& address : response.answer.addresses()) EXPECT_TRUE(address.is_v6());
  }
}

}  // namespace
}  // namespace linnet::dns
