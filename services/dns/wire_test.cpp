// SPDX-License-Identifier: Apache-2.0
#include "services/dns/wire.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "services/dns/message.hpp"
#include "services/dns/test_message.hpp"

namespace linnet::dns {
namespace {

using test::Buffer;
using test::labels;
using test::ServerMessage;

constexpr std::uint16_t id = 0x1234;
constexpr IpAddress one = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress two = IpAddress::v4(192, 0, 2, 2);

Response read(const ServerMessage& message, bool cut = false) {
  const Buffer bytes = message.finish();
  return read_response(bytes, cut, id, *Name::from_text("www.example"), type::a);
}
ServerMessage answer() { return ServerMessage(id, "www.example"); }

std::vector<IpAddress> addresses(const Response& response) {
  const auto span = response.answer.addresses();
  return {span.begin(), span.end()};
}

TEST(DnsWire, RFC1035_4_1_1_each_bit_of_the_header_is_one_thing) {
  // QR, Opcode, AA, TC, RD, RA, RCODE.
  const auto fields = [](unsigned bits) {
    const std::uint8_t bytes[header_size] = {0, 0, static_cast<std::uint8_t>(bits >> 8),
                                             static_cast<std::uint8_t>(bits)};
    const Header header(bytes);
    return std::vector<int>{header.is_response(),
                            header.opcode(),
                            header.authoritative(),
                            header.truncated(),
                            header.recursion_desired(),
                            header.recursion_available(),
                            header.rcode()};
  };
  EXPECT_EQ(fields(0x8000), (std::vector{1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(fields(0x7800), (std::vector{0, 15, 0, 0, 0, 0, 0}));
  EXPECT_EQ(fields(0x0400), (std::vector{0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(fields(0x0200), (std::vector{0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(fields(0x0100), (std::vector{0, 0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(fields(0x0080), (std::vector{0, 0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(fields(0x0070), (std::vector{0, 0, 0, 0, 0, 0, 0})) << "Z, AD and CD are none of them";
  EXPECT_EQ(fields(0x000f), (std::vector{0, 0, 0, 0, 0, 0, 15}));
}

TEST(DnsWire, RFC1035_4_1_query_bytes) {
  std::array<std::uint8_t, maximum_query> buffer;
  const Bytes query = write_query(buffer, 0xabcd, *Name::from_text("a.bc"), type::a);
  const Buffer expected = {0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 2, 'b', 'c', 0, 0, 1, 0, 1};
  EXPECT_EQ(Buffer(query.begin(), query.end()), expected);
  EXPECT_TRUE(write_query(MutableBytes(buffer).first(10), 1, Name(), type::a).empty());
}

TEST(DnsWire, addresses_in_the_order_of_the_answer_with_the_least_ttl) {
  const Response response = read(answer().a("www.example", one, 300).a("WWW.Example", two, 200));
  EXPECT_EQ(response.verdict, Verdict::answer);
  EXPECT_EQ(addresses(response), (std::vector{one, two}));
  EXPECT_EQ(response.answer.ttl, Duration::seconds(200));
}

TEST(DnsWire, C21_03_every_field_of_the_match_counts) {
  EXPECT_EQ(read(ServerMessage(0x1235, "www.example").a("www.example", one)).verdict, Verdict::ignored);
  EXPECT_EQ(read(ServerMessage(id, "www.exampla").a("www.example", one)).verdict, Verdict::ignored);
  EXPECT_EQ(read(ServerMessage(id).ask("www.example", 28).a("www.example", one)).verdict, Verdict::ignored);
  EXPECT_EQ(read(ServerMessage(id).ask("www.example", 1, 3).a("www.example", one)).verdict, Verdict::ignored);
  EXPECT_EQ(read(answer().flags(0x0180).a("www.example", one)).verdict, Verdict::ignored) << "QR";
  EXPECT_EQ(read(answer().flags(0x8980).a("www.example", one)).verdict, Verdict::ignored) << "opcode";
  EXPECT_EQ(read(ServerMessage(id)).verdict, Verdict::ignored) << "no question";
  EXPECT_EQ(read(ServerMessage(id, "www.example").ask("www.example").a("www.example", one)).verdict,
            Verdict::ignored);
}

TEST(DnsWire, C20_09_every_truncation_is_ignored_or_whole_records) {
  const Buffer whole = answer().a("www.example", one).a("www.example", two).finish();
  const Name name = *Name::from_text("www.example");
  const std::size_t question = 12 + 13 + 4;
  const std::size_t record = 13 + 10 + 4;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const Response response = read_response(cut, false, id, name, type::a);
    if (length < question + record) {
      EXPECT_EQ(response.verdict, Verdict::ignored) << length;
      continue;
    }
    const std::size_t inside_second = length - question - record;
    if (inside_second > 0 && inside_second < 13) {
      EXPECT_EQ(response.verdict, Verdict::ignored) << "owner without an end, " << length;
      continue;
    }
    EXPECT_EQ(response.verdict, Verdict::answer) << length;
    EXPECT_EQ(response.answer.addresses().size(), length == whole.size() ? 2u : 1u);
  }
}

TEST(DnsWire, C20_05_counts_of_any_size_stop_at_the_end_of_the_data) {
  for (const std::size_t offset : {6u, 8u, 10u}) {
    for (unsigned count = 0; count < 65536; count += count < 300 ? 1 : 977) {
      ServerMessage message = answer().a("www.example", one);
      store16(message.bytes.data() + offset, static_cast<std::uint16_t>(count));
      const Response response = read(message);
      if (offset == 6 && count == 0) {
        EXPECT_EQ(response.verdict, Verdict::no_data);
      } else {
        ASSERT_EQ(response.verdict, Verdict::answer);
        EXPECT_EQ(addresses(response), std::vector{one});
      }
    }
  }
  ServerMessage empty = answer();
  store16(empty.bytes.data() + 6, 3);
  EXPECT_EQ(read(empty).verdict, Verdict::ignored) << "announced, and not there";
}

TEST(DnsWire, C20_04_wrong_rdlength_of_an_address_is_ignored) {
  for (std::size_t length = 0; length < 300; ++length) {
    const Response response = read(answer()
                                       .record(labels("www.example"), type::a, 60, Buffer(length, 9))
                                       .count(6)
                                       .a("www.example", one));
    EXPECT_EQ(response.verdict, Verdict::answer);
    EXPECT_EQ(response.answer.addresses().size(), length == 4 ? 2u : 1u);
  }
}

TEST(DnsWire, C20_04_rdlength_beyond_the_message_ends_the_reading) {
  for (const std::uint16_t record_type : {1, 2, 5, 6, 12, 15, 16, 28, 33, 41}) {
    for (unsigned length = 5; length < 65536; length += 509) {
      ServerMessage message = answer().a("www.example", one);
      message.record(labels("www.example"), record_type, 60, {1, 2, 3, 4}).count(6);
      store16(message.bytes.data() + message.bytes.size() - 6, static_cast<std::uint16_t>(length));
      EXPECT_EQ(addresses(read(message)), std::vector{one});
    }
  }
}

TEST(DnsWire, C20_04_alias_must_fill_its_rdata) {
  Buffer data = labels("other.example");
  data.push_back(0);
  EXPECT_EQ(
      read(answer().record(labels("www.example"), type::cname, 60, data).count(6).a("other.example", one))
          .verdict,
      Verdict::no_data);
  // A name that runs out of its RDATA into the next record.
  data.resize(5);
  EXPECT_EQ(
      read(answer().record(labels("www.example"), type::cname, 60, data).count(6).a("other.example", one))
          .verdict,
      Verdict::no_data);
}

TEST(DnsWire, C20_06_unknown_record_cut_anywhere_ends) {
  for (std::size_t length = 0; length < 24; ++length) {
    ServerMessage tail(0);
    tail.bytes.clear();
    tail.record({0}, 0xfff0, 60, Buffer(13, 7), 0xfff0);
    tail.bytes.resize(length);
    const Response response = read(answer().a("www.example", one).append(tail.bytes).count(6));
    EXPECT_EQ(addresses(response), std::vector{one}) << length;
  }
}

TEST(DnsWire, C20_01_bad_pointer_in_an_owner_drops_the_message) {
  for (const Buffer& owner :
       {Buffer{0xc0, 29}, Buffer{0xc0, 200}, Buffer{1, 'a', 0xc0, 29}, Buffer{0x41, 'a', 0}}) {
    EXPECT_EQ(read(answer().record(owner, type::a, 60, {1, 2, 3, 4}).count(6).a("www.example", one)).verdict,
              Verdict::ignored);
  }
  EXPECT_EQ(read(answer().record({0xc0, 12}, type::a, 60, {192, 0, 2, 1}).count(6)).verdict, Verdict::answer);
}

TEST(DnsWire, C20_08_more_addresses_than_room_are_cut_exactly) {
  for (std::size_t count = 1; count <= 40; ++count) {
    ServerMessage message = answer();
    std::vector<IpAddress> expected;
    for (std::size_t i = 0; i < count; ++i) {
      const IpAddress address = IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(i));
      message.a("www.example", address);
      if (i < Answer::capacity) expected.push_back(address);
    }
    EXPECT_EQ(addresses(read(message)), expected);
  }
}

TEST(DnsWire, C20_10_chain_of_eight_aliases_and_no_more) {
  for (std::size_t length = 1; length <= 100; ++length) {
    const auto link = [](std::size_t i) {
      return i == 0 ? std::string("www.example") : "n" + std::to_string(i);
    };
    ServerMessage forward = answer();
    for (std::size_t i = 0; i < length; ++i) forward.cname(link(i), link(i + 1));
    forward.a(link(length), one);
    ServerMessage backward = answer();
    backward.a(link(length), one);
    for (std::size_t i = length; i > 0; --i) backward.cname(link(i - 1), link(i));
    for (const ServerMessage& message : {forward, backward}) {
      const Response response = read(message);
      EXPECT_EQ(response.verdict, length <= maximum_cnames ? Verdict::answer : Verdict::failure) << length;
      EXPECT_EQ(response.answer.addresses().size(), length <= maximum_cnames ? 1u : 0u);
    }
  }
}

TEST(DnsWire, C20_10_circle_of_aliases_is_a_failure) {
  EXPECT_EQ(read(answer().cname("www.example", "b").cname("b", "www.example")).verdict, Verdict::failure);
  EXPECT_EQ(read(answer().cname("www.example", "www.example")).verdict, Verdict::failure);
}

TEST(DnsWire, ttl_of_a_chain_is_the_least_of_it) {
  const Response response = read(answer().cname("www.example", "b", 50).a("b", one, 600).a("b", two, 70));
  EXPECT_EQ(response.answer.ttl, Duration::seconds(50));
}

TEST(DnsWire, C20_11_records_of_other_types_classes_and_names_are_ignored) {
  const Response response = read(answer()
                                     .record(labels("www.example"), 28, 60, Buffer(16, 1))
                                     .count(6)
                                     .record(labels("www.example"), 28, 60, Buffer(4, 1))
                                     .count(6)
                                     .record(labels("www.example"), type::a, 60, {1, 2, 3, 4}, 3)
                                     .count(6)
                                     .a("evil.example", IpAddress::v4(6, 6, 6, 6))
                                     .a("www.example", one));
  EXPECT_EQ(addresses(response), std::vector{one});
}

TEST(DnsWire, C20_11_addresses_of_ipv4_in_an_answer_about_ipv6_are_ignored) {
  const auto about_aaaa = [](ServerMessage message) {
    const Buffer bytes = message.finish();
    return read_response(bytes, false, 7, *Name::from_text("www.example"), type::aaaa);
  };
  const IpAddress six = *IpAddress::parse("2001:db8::7");
  const ServerMessage asked(7, "www.example", type::aaaa);
  EXPECT_EQ(addresses(about_aaaa(ServerMessage(asked).a("www.example", one).aaaa("www.example", six))),
            std::vector{six});
  EXPECT_EQ(about_aaaa(ServerMessage(asked).a("www.example", one)).verdict, Verdict::no_data);
}

TEST(DnsWire, C20_12_labels_with_zeros_and_dots_are_not_the_name_that_they_look_like) {
  Buffer dotted = {11, 'w', 'w', 'w', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
  EXPECT_EQ(read(answer().record(dotted, type::a, 60, {6, 6, 6, 6}).count(6).a("www.example", one))
                .answer.addresses()
                .size(),
            1u);
  Buffer with_zero = {4, 'w', 'w', 'w', 0, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
  EXPECT_EQ(read(answer().record(with_zero, type::a, 60, {6, 6, 6, 6}).count(6)).verdict, Verdict::no_data);
}

TEST(DnsWire, C20_13_edns_records_anywhere_change_nothing) {
  const Buffer option = {0, 3, 0xff, 0xff, 1};  // a length past the end of its RDATA
  ServerMessage message = answer();
  message.record({0}, 41, 0x00010000, option, 1232).count(6).a("www.example", one);
  message.record({0}, 41, 0, {}, 1232).count(10).record({0}, 41, 0, {}, 0).count(10);
  EXPECT_EQ(addresses(read(message)), std::vector{one});
}

TEST(DnsWire, C21_08_hundreds_of_dnssec_records_are_skipped) {
  ServerMessage message = answer();
  for (int i = 0; i < 500; ++i) message.record({0xc0, 12}, i % 2 == 0 ? 48 : 46, 60, Buffer(90, 1)).count(6);
  EXPECT_EQ(addresses(read(message.a("www.example", one))), std::vector{one});
}

TEST(DnsWire, C21_09_truncated_answer_counts_as_far_as_it_goes) {
  EXPECT_EQ(addresses(read(answer().truncated().a("www.example", one))), std::vector{one});
  EXPECT_EQ(read(answer().truncated()).verdict, Verdict::failure);
  EXPECT_EQ(read(answer().truncated().rcode(3)).verdict, Verdict::failure)
      << "the chain may go on behind the cut";
  EXPECT_EQ(read(answer(), true).verdict, Verdict::failure);
}

TEST(DnsWire, C21_11_ttl_with_the_top_bit_is_zero) {
  EXPECT_EQ(read(answer().a("www.example", one, 0)).answer.ttl, Duration());
  EXPECT_EQ(read(answer().a("www.example", one, 0x7fffffff)).answer.ttl, Duration::seconds(0x7fffffff));
  EXPECT_EQ(read(answer().a("www.example", one, 0x80000000)).answer.ttl, Duration());
  EXPECT_EQ(read(answer().a("www.example", one, 0xffffffff)).answer.ttl, Duration());
}

TEST(DnsWire, RFC2308_negative_answers_last_as_long_as_the_soa_says) {
  EXPECT_EQ(read(answer().rcode(3).soa(900, 60)).verdict, Verdict::no_such_name);
  EXPECT_EQ(read(answer().rcode(3).soa(900, 60)).negative_ttl, Duration::seconds(60));
  EXPECT_EQ(read(answer().soa(30, 60)).verdict, Verdict::no_data);
  EXPECT_EQ(read(answer().soa(30, 60)).negative_ttl, Duration::seconds(30));
  EXPECT_EQ(read(answer().rcode(3)).negative_ttl, Duration()) << "without SOA: not kept";
  EXPECT_EQ(read(answer().soa(900, 0xffffffff)).negative_ttl, Duration());
  EXPECT_EQ(read(answer().cname("www.example", "b").soa(900, 60)).verdict, Verdict::no_data);
  EXPECT_EQ(read(answer().cname("www.example", "b").rcode(3).soa(900, 60)).verdict, Verdict::no_such_name);
}

TEST(DnsWire, RFC2308_2_2_referral_is_a_failure) {
  EXPECT_EQ(read(answer().record(labels("example"), type::ns, 60, labels("ns.example")).count(8)).verdict,
            Verdict::failure);
}

TEST(DnsWire, other_response_codes_are_failures) {
  for (const std::uint8_t rcode : {1, 2, 4, 5, 6, 9, 15}) {
    const bool perhaps_edns = rcode == 1 || rcode == 4;  // RFC 6891 7
    EXPECT_EQ(read(answer().rcode(rcode).a("www.example", one)).verdict,
              perhaps_edns ? Verdict::not_understood : Verdict::failure);
  }
}

TEST(DnsWire, random_bytes_behind_the_question_are_survived) {
  std::mt19937 random(3);
  for (int round = 0; round < 50000; ++round) {
    ServerMessage message = answer();
    store16(message.bytes.data() + 6, static_cast<std::uint16_t>(random() % 6));
    store16(message.bytes.data() + 8, static_cast<std::uint16_t>(random() % 6));
    const std::size_t count = random() % 120;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t bits = random();
      message.bytes.push_back(static_cast<std::uint8_t>(bits % 3 == 0   ? 0
                                                        : bits % 7 == 1 ? 0xc0
                                                                        : bits >> 8));
    }
    read(message, random() % 2 == 0);
  }
}

TEST(DnsWire, random_changes_of_a_good_answer_are_survived) {
  std::mt19937 random(4);
  const Buffer good = answer().cname("www.example", "b").a("b", one).a("b", two).soa(60, 60).finish();
  for (int round = 0; round < 100000; ++round) {
    Buffer bad = good;
    for (unsigned i = 0; i <= random() % 3; ++i)
      bad[12 + random() % (bad.size() - 12)] = static_cast<std::uint8_t>(random());
    read_response(bad, false, id, *Name::from_text("www.example"), type::a);
  }
}

}  // namespace
}  // namespace linnet::dns
