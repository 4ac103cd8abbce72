// SPDX-License-Identifier: Apache-2.0
// Which verdict a message deserves: complaints, referrals, EDNS, other types, and the case of letters.
#include <gtest/gtest.h>

#include "services/dns/test_message.hpp"
#include "services/dns/wire.hpp"

namespace linnet::dns::test {
namespace {

constexpr std::uint16_t id = 0x1234;
constexpr IpAddress one = IpAddress::v4(192, 0, 2, 1);

Verdict verdict_of(const ServerMessage& message, std::uint16_t record_type = type::a) {
  const Buffer bytes = message.finish();
  return read_response(bytes, false, id, *Name::from_text("www.example"), record_type).verdict;
}
ServerMessage said_with(std::uint16_t record_type = type::a) {
  return ServerMessage(id, "www.example", record_type);
}

struct Row {
  const char* what;
  ServerMessage message;
  Verdict verdict;
};

TEST(DnsVerdicts, RFC6891_7_a_header_alone_is_a_complaint_when_every_field_of_it_fits) {
  using enum Verdict;
  const Row rows[] = {
      {"FORMERR", ServerMessage(id).rcode(1), not_understood},
      {"NOTIMP", ServerMessage(id).rcode(4), not_understood},
      {"NOERROR", ServerMessage(id), ignored},
      {"SERVFAIL", ServerMessage(id).rcode(2), ignored},
      {"another id", ServerMessage(id + 1).rcode(1), ignored},
      {"a query", ServerMessage(id).flags(0x0101), ignored},
      {"another opcode", ServerMessage(id).flags(0x8981), ignored},
      {"a question that is not there", ServerMessage(id).rcode(1).count(4), ignored},
      {"a byte more", ServerMessage(id).rcode(1).append({0}), ignored},
  };
  for (const Row& row : rows) EXPECT_EQ(verdict_of(row.message), row.verdict) << row.what;
}

TEST(DnsVerdicts, RFC2308_2_2_only_a_delegation_without_more_is_a_referral) {
  const auto name_server = [](ServerMessage message) {
    return message.record(labels("example"), type::ns, 300, labels("ns.example")).count(8);
  };
  using enum Verdict;
  const Row rows[] = {
      {"NS alone", name_server(said_with()), failure},
      {"with SOA", name_server(said_with()).soa(300, 60), no_data},
      {"authoritative", name_server(said_with().flags(0x8580)), no_data},
      {"behind an alias", name_server(said_with().cname("www.example", "b.example")), no_data},
      {"nothing at all", said_with(), no_data},
  };
  for (const Row& row : rows) EXPECT_EQ(verdict_of(row.message), row.verdict) << row.what;
}

/// An OPT record, whose TTL's first byte is the upper part of the RCODE (RFC 6891 6.1.3).
ServerMessage with_opt(ServerMessage message, std::uint8_t upper, const Buffer& owner = {0}) {
  return message.record(owner, type::opt, std::uint32_t{upper} << 24, {}).count(10);
}

TEST(DnsVerdicts, RFC6891_6_1_3_the_upper_part_of_the_rcode_counts) {
  using enum Verdict;
  const ServerMessage good = said_with().a("www.example", one);
  const ServerMessage other = ServerMessage(good).a("ns.example", one).count(6, -1).count(10);
  const Row rows[] = {
      {"none", with_opt(good, 0), Verdict::answer},
      {"BADVERS", with_opt(good, 1), not_understood},
      {"another of 16 and more", with_opt(good, 2), failure},
      {"19: BADVERS and NXDOMAIN", with_opt(said_with().rcode(3), 1), failure},
      {"behind another record", with_opt(other, 1), not_understood},
      {"of a name that is not the root's", with_opt(good, 1, labels("opt.example")), Verdict::answer},
      {"other records only", other, Verdict::answer},
  };
  for (const Row& row : rows) EXPECT_EQ(verdict_of(row.message), row.verdict) << row.what;
}

TEST(DnsVerdicts, RFC1035_3_2_3_any_record_answers_a_question_for_all_of_them) {
  const auto txt = said_with(type::any).record(labels("www.example"), type::txt, 60, {1, 'x'}).count(6);
  EXPECT_EQ(verdict_of(txt, type::any), Verdict::answer);
  EXPECT_EQ(verdict_of(said_with(type::any).cname("www.example", "b.example"), type::any), Verdict::answer)
      << "an alias is one of them";
  EXPECT_EQ(verdict_of(said_with(type::any), type::any), Verdict::no_data);
}

TEST(DnsVerdicts, only_letters_are_asked_in_capitals_and_each_must_come_back_as_it_was) {
  Name name;
  ASSERT_TRUE(name.add_label(std::string_view("a{z`")) && name.add_label(std::string_view("0b")));
  std::array<std::uint8_t, maximum_query> buffer;
  const std::uint64_t all = ~std::uint64_t{0};
  const Bytes query = write_query(buffer, id, name, type::a, {.capitals = all});
  const Buffer expected = {4, 'A', '{', 'Z', '`', 2, '0', 'B', 0};
  EXPECT_EQ(Buffer(query.begin() + 12, query.begin() + 12 + 9), expected);

  const auto said = [&](const Buffer& question) {
    ServerMessage message(id);
    message.append(question).u16(type::a).u16(class_in).count(4);
    const Buffer bytes = message.finish();
    return read_response(bytes, false, id, name, type::a, all).verdict;
  };
  EXPECT_EQ(said(expected), Verdict::no_data);
  Buffer small = expected;
  small[7] = 'b';
  EXPECT_EQ(said(small), Verdict::other_case);
  small[7] = 'c';
  EXPECT_EQ(said(small), Verdict::ignored) << "another name";
}

}  // namespace
}  // namespace linnet::dns::test
