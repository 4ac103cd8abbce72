// SPDX-License-Identifier: Apache-2.0
#include "services/dhcp/wire.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "services/dhcp/option_area.hpp"
#include "services/dhcp/test_message.hpp"
#include "services/dhcp/text.hpp"

namespace linnet::dhcp {
namespace {

using test::Buffer;
using test::ServerMessage;

std::vector<std::uint8_t> value_of(const Message& message, std::uint8_t code) {
  std::array<std::uint8_t, 1024> scratch;
  const auto value = message.option(code, scratch);
  return value ? Buffer(value->begin(), value->end()) : Buffer{};
}

TEST(DhcpWire, RFC2131_2_fixed_fields_are_where_the_figure_puts_them) {
  ServerMessage server(MessageType::offer);
  server.bytes[10] = 0x80;
  store32(server.bytes.data() + 4, 0x01020304);
  store16(server.bytes.data() + 8, 7);
  for (std::uint8_t i = 0; i < 16; ++i) server.bytes[12 + i] = static_cast<std::uint8_t>(i + 1);
  const Buffer bytes = server.finish();
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->op(), Op::reply);
  EXPECT_EQ(message->hardware_type(), 1);
  EXPECT_EQ(message->hardware_length(), 6);
  EXPECT_EQ(message->xid(), 0x01020304u);
  EXPECT_EQ(message->secs(), 7);
  EXPECT_EQ(message->flags(), flag_broadcast);
  EXPECT_EQ(message->ciaddr(), IpAddress::v4(1, 2, 3, 4));
  EXPECT_EQ(message->yiaddr(), IpAddress::v4(5, 6, 7, 8));
  EXPECT_EQ(message->siaddr(), IpAddress::v4(9, 10, 11, 12));
  EXPECT_EQ(message->giaddr(), IpAddress::v4(13, 14, 15, 16));
  EXPECT_EQ(message->type(), MessageType::offer);
}

TEST(DhcpWire, C23_06_short_message_no_cookie_or_no_end_option_is_dropped) {
  const Buffer whole = ServerMessage(MessageType::ack).finish();
  for (std::size_t length = 0; length <= 240; ++length) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(Message::parse(cut)) << length;
  }
  for (std::size_t i = 236; i < 240; ++i) {
    Buffer bad = whole;
    bad[i] ^= 1;
    EXPECT_FALSE(Message::parse(bad));
  }
  Buffer endless(whole.begin(), whole.begin() + 243);  // option 53 and nothing more
  EXPECT_FALSE(Message::parse(endless));
  endless.push_back(option::end);
  EXPECT_TRUE(Message::parse(endless));
}

TEST(DhcpWire, C23_01_every_option_with_every_length_past_the_end_is_ignored) {
  for (unsigned code = 1; code < 255; ++code) {
    for (unsigned length = 0; length < 256; ++length) {
      Buffer bytes = ServerMessage(MessageType::ack).unfinished();
      bytes.push_back(static_cast<std::uint8_t>(code));
      bytes.push_back(static_cast<std::uint8_t>(length));
      bytes.resize(bytes.size() + (length > 3 ? length - 3 : 0), 0x41);  // three bytes too few
      bytes.shrink_to_fit();
      const auto message = Message::parse(bytes);
      // Up to three: nothing is missing but the end option, unless the length reaches out.
      ASSERT_EQ(message.has_value(), length > 0) << code << " " << length;
      if (!message) continue;
      std::array<std::uint8_t, 16> scratch;
      EXPECT_EQ(message->type(), MessageType::ack);
      if (code != option::message_type) {
        EXPECT_FALSE(message->option(static_cast<std::uint8_t>(code), scratch));
      }
    }
  }
}

TEST(DhcpWire, RFC3396_instances_of_an_option_are_joined_in_order) {
  ServerMessage server(MessageType::ack);
  server.option(121, {1, 2, 3}).option(15, {'x'}).option(121, {4}).option(121, {5, 6});
  const Buffer bytes = server.finish();
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(value_of(*message, 121), (Buffer{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(value_of(*message, 15), (Buffer{'x'}));
  std::array<std::uint8_t, 5> small;
  EXPECT_FALSE(message->option(121, small)) << "half an option is none";
}

TEST(DhcpWire, RFC3396_order_is_options_file_sname) {
  ServerMessage server(MessageType::ack);
  server.option(option::overload, {3}).option(121, {1});
  server.sname({121, 1, 3, 255});
  server.file({121, 1, 2, 255});
  const Buffer bytes = server.finish();
  EXPECT_EQ(value_of(*Message::parse(bytes), 121), (Buffer{1, 2, 3}));
}

TEST(DhcpWire, C23_03_overload_values_and_unterminated_fields) {
  for (const unsigned value : {0u, 1u, 2u, 3u, 4u, 255u}) {
    ServerMessage server(MessageType::ack);
    server.option(option::overload, {static_cast<std::uint8_t>(value)});
    server.sname({6, 4, 1, 1, 1, 1});          // zeros behind it: pads, without an end option
    server.file({3, 4, 2, 2, 2, 2, 42, 200});  // an option that reaches past the field
    const Buffer bytes = server.finish();
    const auto message = Message::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->address(3).has_value(), value == 1 || value == 3) << value;
    EXPECT_EQ(message->address(6).has_value(), value == 2 || value == 3) << value;
    EXPECT_FALSE(message->option(42, {}));
  }
  // Overload inside an overloaded field means nothing.
  ServerMessage server(MessageType::ack);
  server.option(option::overload, {1}).file({option::overload, 1, 3, 255}).sname({6, 4, 1, 1, 1, 1, 255});
  const Buffer bytes = server.finish();
  EXPECT_FALSE(Message::parse(bytes)->address(6));
}

TEST(DhcpWire, RFC2132_9_3_an_overload_of_no_known_value_says_nothing) {
  for (const unsigned value : {4u, 5u, 255u}) {
    ServerMessage server(MessageType::ack);
    server.option(option::overload, {2}).option(option::overload, {static_cast<std::uint8_t>(value)});
    server.sname({6, 4, 1, 1, 1, 1, 255});
    const Buffer bytes = server.finish();
    EXPECT_TRUE(Message::parse(bytes)->address(6)) << value;
  }
}

TEST(DhcpWire, RFC2132_9_6_message_types_are_one_byte_of_1_to_8) {
  const auto type_of = [](const Buffer& value) {
    ServerMessage message(MessageType::ack);
    message.bytes.resize(240);
    const Buffer bytes = message.option(53, value).finish();
    return Message::parse(bytes)->type();
  };
  for (int type = 0; type < 256; ++type) {
    const auto expected = type <= 8 ? static_cast<MessageType>(type) : MessageType::none;
    EXPECT_EQ(type_of({static_cast<std::uint8_t>(type)}), expected) << type;
  }
  EXPECT_EQ(type_of({}), MessageType::none);
  EXPECT_EQ(type_of({5, 5}), MessageType::none);
}

TEST(DhcpWire, repeated_message_type_is_no_message_type) {
  ServerMessage server(MessageType::ack);
  for (int i = 0; i < 40; ++i) server.option(option::message_type, {5});
  const Buffer bytes = server.finish();
  EXPECT_EQ(Message::parse(bytes)->type(), MessageType::none);
}

TEST(DhcpWire, written_message_is_padded_to_bootp_size_and_reads_back) {
  std::array<std::uint8_t, 576> buffer;
  MessageWriter writer(buffer, {.xid = 0xdeadbeef, .secs = 9, .broadcast = true, .mac = {{2, 0, 0, 0, 0, 1}}},
                       MessageType::discover);
  writer.u16(option::maximum_message_size, 1024);
  writer.address(option::requested_address, IpAddress::v4(192, 0, 2, 7));
  const Bytes bytes = writer.finish();
  ASSERT_EQ(bytes.size(), minimum_message);
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->op(), Op::request);
  EXPECT_EQ(message->xid(), 0xdeadbeefu);
  EXPECT_EQ(message->flags(), flag_broadcast);
  EXPECT_EQ(message->mac(), (MacAddress{{2, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(message->type(), MessageType::discover);
  EXPECT_EQ(message->u16(option::maximum_message_size), 1024);
  EXPECT_EQ(message->address(option::requested_address), IpAddress::v4(192, 0, 2, 7));
  EXPECT_EQ(message->u32(option::maximum_message_size), std::nullopt) << "of another length";
}

TEST(DhcpWire, message_that_does_not_fit_is_empty) {
  std::array<std::uint8_t, 299> buffer;
  MessageWriter writer(buffer, RequestHeader{}, MessageType::discover);
  EXPECT_TRUE(writer.finish().empty());
}

TEST(DhcpWire, random_options_never_read_outside_the_message) {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    Buffer bytes = ServerMessage(MessageType::ack).unfinished();
    const std::size_t size = bytes.size() + random() % 200;
    while (bytes.size() < size) bytes.push_back(static_cast<std::uint8_t>(random()));
    bytes.shrink_to_fit();
    if (const auto message = Message::parse(bytes)) {
      for (unsigned code = 0; code < 256; ++code) value_of(*message, static_cast<std::uint8_t>(code));
    }
  }
}

TEST(DhcpOptionArea, replaces_takes_away_and_refuses_what_does_not_fit) {
  std::array<std::uint8_t, 600> memory{};
  OptionArea area(memory);
  EXPECT_TRUE(area.set(43, Buffer(255, 1)));
  EXPECT_FALSE(area.set(43, Buffer(256, 2))) << "no option is longer";
  EXPECT_EQ((*area.find(43))[0], 1) << "and nothing changed";
  EXPECT_TRUE(area.set(60, Buffer(255, 3)));
  EXPECT_FALSE(area.set(77, Buffer(85, 4))) << "600 - 2 * 257 = 86";
  EXPECT_TRUE(area.set(77, Buffer(84, 4)));
  EXPECT_TRUE(area.set(43, {}));
  EXPECT_FALSE(area.find(43));
  EXPECT_EQ(area.find(60)->size(), 255u);
  EXPECT_EQ(area.find(77)->size(), 84u);
  for (const std::uint8_t framing : {0, 52, 53, 255})
    EXPECT_FALSE(area.set(framing, Buffer{1})) << int{framing};
}

TEST(DhcpOptionArea, where_no_byte_is_left_what_is_not_there_may_be_taken_away) {
  Buffer memory(6);  // exactly, so that a sanitizer sees a byte too many
  OptionArea area(memory);
  ASSERT_TRUE(area.set(43, Buffer(4, 1)));
  EXPECT_TRUE(area.set(77, {}));
  EXPECT_FALSE(area.set(77, Buffer{1}));
  EXPECT_EQ(area.find(43)->size(), 4u);
}

TEST(DhcpText, C23_02_only_host_names_are_host_names) {
  for (const char* good : {"a", "example.org", "x-1", "3com", "a.b.c.d.e", "A9"})
    EXPECT_TRUE(is_host_name(good));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a-.b", "a b", "$(reboot)", "a;b",
                          "a_b", "a\n", "\xc3\xa9", "`id`"}) {
    EXPECT_FALSE(is_host_name(bad)) << bad;
  }
  EXPECT_FALSE(is_host_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_host_name(std::string(63, 'a')));
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
  std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  EXPECT_TRUE(is_host_name(longest + std::string(61, 'd')));
  EXPECT_FALSE(is_host_name(longest + std::string(62, 'd')));
}

TEST(DhcpText, too_long_a_text_is_refused_whole) {
  Text<4> text;
  EXPECT_TRUE(text.assign("abcd"));
  EXPECT_FALSE(text.assign("abcde"));
  EXPECT_EQ(text.view(), "abcd");
  EXPECT_EQ(text.c_str()[4], '\0');
}

TEST(DhcpWire, RFC2131_Table_3_a_reply_byte_by_byte) {
  std::array<std::uint8_t, 600> room;
  room.fill(0xee);
  const ReplyHeader header{.xid = 0x01020304,
                           .flags = 0x8000,
                           .ciaddr = IpAddress::v4(10, 0, 0, 1),
                           .yiaddr = IpAddress::v4(10, 0, 0, 2),
                           .giaddr = IpAddress::v4(10, 0, 0, 3),
                           .mac = {{2, 0, 0, 0, 0, 9}}};
  MessageWriter writer(room, header, MessageType::ack);
  writer.u32(option::lease_time, 0x0a0b0c0d);
  const Bytes message = writer.finish();
  Buffer expected = {2, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0x80, 0, 10, 0, 0, 1, 10, 0, 0, 2};
  expected.resize(24);  // siaddr: nothing to boot from
  expected.insert(expected.end(), {10, 0, 0, 3, 2, 0, 0, 0, 0, 9});
  expected.resize(236);
  expected.insert(expected.end(), {0x63, 0x82, 0x53, 0x63, 53, 1, 5, 51, 4, 0x0a, 0x0b, 0x0c, 0x0d, 255});
  expected.resize(300);
  EXPECT_EQ(Buffer(message.begin(), message.end()), expected);
}

TEST(DhcpWire, RFC2131_Table_5_a_request_byte_by_byte) {
  std::array<std::uint8_t, 600> room;
  room.fill(0xee);
  const RequestHeader header{.xid = 0x01020304,
                             .secs = 7,
                             .broadcast = true,
                             .ciaddr = IpAddress::v4(10, 0, 0, 1),
                             .mac = {{2, 0, 0, 0, 0, 9}}};
  MessageWriter writer(room, header, MessageType::request);
  const Bytes message = writer.finish();
  Buffer expected = {1, 1, 6, 0, 1, 2, 3, 4, 0, 7, 0x80, 0, 10, 0, 0, 1};
  expected.resize(28);
  expected.insert(expected.end(), {2, 0, 0, 0, 0, 9});
  expected.resize(236);
  expected.insert(expected.end(), {0x63, 0x82, 0x53, 0x63, 53, 1, 3, 255});
  expected.resize(300);
  EXPECT_EQ(Buffer(message.begin(), message.end()), expected);
}

TEST(DhcpWire, options_of_another_length_are_no_numbers) {
  const Buffer whole = ServerMessage(MessageType::ack)
                           .option(option::interface_mtu, {1, 2, 3})
                           .option(option::lease_time, {0, 0, 1})
                           .finish();
  const auto message = Message::parse(whole);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->u16(option::interface_mtu));
  EXPECT_FALSE(message->u32(option::lease_time));
  EXPECT_FALSE(message->u16(option::server_id)) << "not there";
}

TEST(DhcpWire, RFC3396_parts_may_fill_the_room_that_there_is_for_them) {
  const Buffer whole = ServerMessage(MessageType::ack)
                           .option(option::host_name, {'a', 'b'})
                           .option(option::host_name, {'c'})
                           .finish();
  const auto message = Message::parse(whole);
  ASSERT_TRUE(message);
  std::array<std::uint8_t, 3> room{};
  const auto value = message->option(option::host_name, room);
  ASSERT_TRUE(value);
  EXPECT_EQ(Buffer(value->begin(), value->end()), (Buffer{'a', 'b', 'c'}));
  EXPECT_FALSE(message->option(option::host_name, MutableBytes(room).first(2)));
}

}  // namespace
}  // namespace linnet::dhcp
