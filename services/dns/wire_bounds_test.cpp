// SPDX-License-Identifier: Apache-2.0
// Messages to the byte: what stands behind a question and a message, how short an SOA record may be, and how
// long a padded query is.
#include <gtest/gtest.h>

#include "services/dns/test_message.hpp"
#include "services/dns/wire.hpp"

namespace linnet::dns::test {
namespace {

constexpr std::uint16_t id = 0x1234;

TEST(DnsWireBounds, RFC6891_6_1_2_an_opt_record_is_zero_but_for_its_type_and_the_size_announced) {
  std::array<std::uint8_t, maximum_query> buffer;
  const Bytes query = write_query(buffer, id, *Name::from_text("a"), type::a, {.announced = 1232});
  const Buffer expected = {0x12, 0x34, 1, 0, 0, 1, 0,  0,    0,    0, 0, 1, 1, 'a', 0,
                           0,    1,    0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0,   0};
  EXPECT_EQ(Buffer(query.begin(), query.end()), expected);
}

/// A name with so many bytes on the wire.
Name name_of(std::size_t size) {
  Name name;
  while (name.wire().size() < size) {
    const std::size_t left = size - name.wire().size() - 1;
    const std::size_t length =
        left > 63 ? std::min<std::size_t>(left - 2, 63) : left;  // no byte remains alone
    EXPECT_TRUE(name.add_label(std::string(length, 'x')));
  }
  return name;
}

TEST(DnsWireBounds, RFC8467_4_1_padding_is_the_least_that_reaches_a_multiple_of_128) {
  std::array<std::uint8_t, maximum_padded_query> buffer;
  for (std::size_t size = 3; size <= Name::maximum_size; ++size) {
    const Name name = name_of(size);
    ASSERT_EQ(name.wire().size(), size);
    const Bytes query = write_query(buffer, id, name, type::a, {.announced = 1232, .padded = true});
    const std::size_t head = header_size + size + 4 + options_size + 4;  // the option's code and length, too
    ASSERT_EQ(query.size(), head <= 128 ? 128u : head <= 256 ? 256u : 384u) << size;
    const Bytes option = query.subspan(head - 6);
    EXPECT_EQ(load16(option.data()), query.size() - head + 4) << "RDLENGTH";
    EXPECT_EQ(load16(option.data() + 2), 12) << "RFC 7830 3";
    EXPECT_EQ(load16(option.data() + 4), query.size() - head);
    for (const std::uint8_t byte : option.subspan(6)) ASSERT_EQ(byte, 0) << "RFC 7830 3";
  }
}

Response read(const ServerMessage& message) {
  const Buffer bytes = message.finish();
  return read_response(bytes, false, id, *Name::from_text("www.example"), type::a);
}

TEST(DnsWireBounds,
     RFC2308_5_only_an_soa_record_says_how_long_nothing_lasts_and_22_bytes_are_the_least_of_one) {
  const auto with = [](std::uint16_t record_type, std::size_t length) {
    Buffer data(length);
    if (length >= 4) store32(data.data() + length - 4, 60);
    return ServerMessage(id, "www.example").record(labels("example"), record_type, 300, data).count(8);
  };
  EXPECT_EQ(read(with(type::soa, 22)).negative_ttl, Duration::seconds(60)) << "two names of the root";
  EXPECT_EQ(read(with(type::soa, 21)).negative_ttl, Duration()) << "cannot be one";
  EXPECT_EQ(read(with(type::txt, 40)).negative_ttl, Duration()) << "is none";
}

TEST(DnsWireBounds, RFC9267_what_stands_behind_a_message_is_no_part_of_its_question) {
  const Buffer whole = ServerMessage(id, "www.example").soa(60, 60).count(8, -1).finish();
  const Name name = *Name::from_text("www.example");
  const std::size_t question = header_size + 13 + 4;
  EXPECT_EQ(read_response(Bytes(whole).first(question), false, id, name, type::a).verdict, Verdict::no_data);
  for (std::size_t size = 0; size < question; ++size) {
    EXPECT_EQ(read_response(Bytes(whole).first(size), false, id, name, type::a).verdict, Verdict::ignored)
        << size;
  }
}

}  // namespace
}  // namespace linnet::dns::test
