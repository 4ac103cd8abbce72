// SPDX-License-Identifier: Apache-2.0
// EDNS of another version than ours (RFC 6891 6.1.3): what it says is read, a refusal of ours leads to a
// question without.
#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

constexpr std::uint32_t version_1 = 0x00010000;  // of the field that is a TTL elsewhere
constexpr std::uint32_t badvers = 0x01000000;    // the upper bits of RCODE 16

/// As servers write it: in the additional section.
ServerMessage with_opt(ServerMessage message, std::uint32_t extension) {
  return message.record({0}, type::opt, extension, {}, 1232).count(10);
}

Verdict verdict_of(const ServerMessage& message) {
  const Buffer bytes = message.finish();
  return read_response(bytes, false, 7, *Name::from_text("www.example"), type::a).verdict;
}

ServerMessage message_for(std::string_view name) { return ServerMessage(7, name); }

TEST(DnsWire, C20_13_answer_with_an_edns_record_of_version_1_is_an_answer) {
  const ServerMessage plain = message_for("www.example").a("www.example", result_address);
  EXPECT_EQ(verdict_of(with_opt(plain, version_1)), Verdict::answer);
  EXPECT_EQ(verdict_of(with_opt(with_opt(plain, version_1), 0)), Verdict::answer) << "twice";
  EXPECT_EQ(verdict_of(with_opt(message_for("www.example").rcode(3), version_1)), Verdict::no_such_name);
}

TEST(DnsWire, C20_13_badvers_is_not_understood_whatever_version_tells_it) {
  EXPECT_EQ(verdict_of(with_opt(message_for("www.example"), badvers)), Verdict::not_understood);
  EXPECT_EQ(verdict_of(with_opt(message_for("www.example"), badvers | version_1)), Verdict::not_understood);
  EXPECT_NE(verdict_of(with_opt(message_for("www.example"), 2 * badvers)), Verdict::answer) << "RCODE 32";
}

TEST_F(DnsResolver, C20_13_server_that_knows_only_another_version_is_asked_without_edns) {
  on_query = [this](const Query& query) {
    if (query.announced == 0) return send(query, good(query));
    send(query, with_opt(ServerMessage(query.id, query.name), badvers | version_1));
  };
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(10)), Error::none);
  EXPECT_EQ(queries.size(), 2u);
  EXPECT_EQ(last, std::vector{result_address});
}

}  // namespace
}  // namespace linnet::dns::test
