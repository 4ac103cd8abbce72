// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/wire.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "services/dhcpv6/information.hpp"
#include "services/dhcpv6/test_message.hpp"

namespace linnet::dhcpv6::test {
namespace {

/// A Reply with every option that the client knows.
ServerMessage full_reply() {
  ServerMessage message(MessageType::reply);
  message.client(Duid::link_layer(client_mac).bytes()).server(1);
  message.raw(ia_na({{.address = ip("2001:db8::50"), .options = status(StatusCode::success, "fine")},
                     {.address = ip("2001:db8::51")}},
                    1000, 2000, status(StatusCode::success)));
  message.add(option::preference, {7}).add(option::elapsed_time, {0, 1}).add(option::rapid_commit, {});
  message.add(option::reconfigure_accept, {}).add(option::option_request, {0, 23});
  message.raw(status(StatusCode::success, "all is well"));
  message.addresses(option::dns_servers, {ip("2001:db8::53"), ip("fe80::53")});
  message.add(option::domain_list, {2, 'a', 'b', 3, 'c', 'o', 'm', 0, 1, 'd', 0});
  message.addresses(option::sntp_servers, {ip("2001:db8::123")});
  message.u32(option::information_refresh_time, 7200).u32(option::sol_max_rt, 100);
  message.u32(option::inf_max_rt, 200);
  Buffer ntp = {0, 1, 0, 16};
  append(ntp, ip("2001:db8::124").bytes());
  message.add(option::ntp_server, ntp).add(option::ntp_server, {0, 3, 0, 3, 1, 'n', 0});
  message.add(999, {1, 2, 3});
  return message;
}

TEST(Dhcpv6Wire, RFC8415_8_message_as_bytes) {
  const Buffer bytes = {7,    0x12, 0x34, 0x56,                 // Reply
                        0,    1,    0,    4,    0,  4, 1,   2,  // Client Identifier
                        0,    13,   0,    3,    0,  2, 'x',     // Status Code
                        0xff, 0xff, 0,    1,    9,              // unknown
                        0,    7,    0,    1,    200};           // Preference
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->type(), MessageType::reply);
  EXPECT_EQ(message->transaction_id(), 0x123456u);
  EXPECT_EQ(message->option(option::client_id)->size(), 4u);
  EXPECT_EQ(message->status(), StatusCode::no_addrs_avail);
  EXPECT_EQ(message->preference(), 200);
  EXPECT_FALSE(message->has(option::server_id));
}

TEST(Dhcpv6Wire, RFC8415_9_relay_messages_are_messages_without_options) {
  for (const MessageType type : {MessageType::relay_forward, MessageType::relay_reply}) {
    Buffer bytes(40, 0xff);  // hop-count, two addresses, and what would be no option
    bytes[0] = static_cast<std::uint8_t>(type);
    const auto message = Message::parse(bytes);
    ASSERT_TRUE(message.ok());
    EXPECT_EQ(message->type(), type);
    EXPECT_FALSE(message->has(0xffff));
  }
}

TEST(Dhcpv6Wire, RFC8415_21_8_without_a_preference_it_is_zero) {
  const Buffer bytes = ServerMessage(MessageType::advertise).exact();
  EXPECT_EQ(Message::parse(bytes)->preference(), 0);
}

TEST(Dhcpv6Wire, RFC8415_21_4_21_6_a_client_asks_for_no_times) {
  std::array<std::uint8_t, 64> room;
  room.fill(0xee);
  MessageWriter writer(room, MessageType::request, 0x123456);
  writer.ia_na(0x0a0b0c0d, std::array{ip("2001:db8::50")});
  const Bytes written = writer.finish();
  Buffer expected = {3, 0x12, 0x34, 0x56, 0, 3, 0, 40, 10, 11, 12, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24};
  append(expected, ip("2001:db8::50").bytes());
  expected.resize(expected.size() + 8);
  EXPECT_EQ(Buffer(written.begin(), written.end()), expected);
}

TEST(Dhcpv6Wire, RFC8415_21_every_option_is_read) {
  const Buffer bytes = full_reply().exact();
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message.ok());
  const auto ia = message->ia_na(client_iaid);
  ASSERT_TRUE(ia);
  EXPECT_EQ(ia->t1(), 1000u);
  EXPECT_EQ(ia->t2(), 2000u);
  EXPECT_EQ(ia->status(), StatusCode::success);
  std::vector<IpAddress> addresses;
  ia->for_each_address([&](const IaAddress& address) {
    addresses.push_back(address.address());
    EXPECT_EQ(address.preferred_lifetime(), 1800u);
    EXPECT_EQ(address.valid_lifetime(), 3600u);
    EXPECT_EQ(address.status(), StatusCode::success);
  });
  EXPECT_EQ(addresses, (std::vector{ip("2001:db8::50"), ip("2001:db8::51")}));
  EXPECT_FALSE(message->ia_na(client_iaid + 1));
  EXPECT_EQ(message->u32(option::sol_max_rt), 100u);
  EXPECT_EQ(message->u32(option::inf_max_rt), 200u);
  EXPECT_EQ(message->u32(option::information_refresh_time), 7200u);

  const Information information = read_information(*message, 3);
  ASSERT_EQ(information.dns_servers.size(), 2u);
  EXPECT_EQ(information.dns_servers[0], ip("2001:db8::53"));
  EXPECT_EQ(information.dns_servers[1], ip("fe80::53").with_zone(3)) << "link-local: with its zone";
  ASSERT_EQ(information.domains.size(), 2u);
  EXPECT_EQ(information.domains[0].view(), "ab.com");
  EXPECT_EQ(information.domains[1].view(), "d");
  ASSERT_EQ(information.sntp_servers.size(), 1u);
  ASSERT_EQ(information.ntp_servers.size(), 1u);
  EXPECT_EQ(information.ntp_servers[0], ip("2001:db8::124"));
  ASSERT_EQ(information.ntp_names.size(), 1u);
  EXPECT_EQ(information.ntp_names[0].view(), "n");
}

TEST(Dhcpv6Wire, C23_13_message_cut_at_every_byte) {
  const Buffer whole = full_reply().exact();
  std::vector<std::size_t> ends = {4};  // where an option ends, the message may
  for (std::size_t at = 4; at < whole.size();) {
    at += 4u + load16(whole.data() + at + 2);
    ends.push_back(at);
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto message = Message::parse(cut);
    const bool at_end = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(message.ok(), at_end) << size;
    if (!message.ok()) {
      EXPECT_EQ(message.error(), size < 4 ? Drop::too_short : Drop::option_framing) << size;
    }
  }
}

TEST(Dhcpv6Wire, C23_13_known_option_of_every_length) {
  struct Row {
    std::uint16_t code;
    bool (*possible)(std::size_t);
  };
  const Row rows[] = {
      {option::client_id, [](std::size_t n) { return n >= 3 && n <= 130; }},
      {option::server_id, [](std::size_t n) { return n >= 3 && n <= 130; }},
      {option::ia_address, [](std::size_t n) { return n >= 24; }},
      {option::option_request, [](std::size_t n) { return n % 2 == 0; }},
      {option::preference, [](std::size_t n) { return n == 1; }},
      {option::elapsed_time, [](std::size_t n) { return n == 2; }},
      {option::status_code, [](std::size_t n) { return n >= 2; }},
      {option::rapid_commit, [](std::size_t n) { return n == 0; }},
      {option::reconfigure_message, [](std::size_t n) { return n == 1; }},
      {option::reconfigure_accept, [](std::size_t n) { return n == 0; }},
      {option::dns_servers, [](std::size_t n) { return n != 0 && n % 16 == 0; }},
      {option::domain_list, [](std::size_t) { return true; }},
      {option::sntp_servers, [](std::size_t n) { return n != 0 && n % 16 == 0; }},
      {option::information_refresh_time, [](std::size_t n) { return n == 4; }},
      {option::ntp_server, [](std::size_t) { return true; }},
      {option::sol_max_rt, [](std::size_t n) { return n == 4; }},
      {option::inf_max_rt, [](std::size_t n) { return n == 4; }},
      {option::ia_ta, [](std::size_t) { return true; }},
      {12345, [](std::size_t) { return true; }},
  };
  for (const Row& row : rows) {
    for (std::size_t length = 0; length <= 300; ++length) {
      ServerMessage message(MessageType::reply);
      message.add(row.code, Buffer(length, 0));
      const Buffer bytes = message.exact();
      const auto parsed = Message::parse(bytes);
      ASSERT_EQ(parsed.ok(), row.possible(length)) << row.code << " of " << length;
      if (!parsed.ok()) {
        EXPECT_EQ(parsed.error(), Drop::option_length) << row.code << " of " << length;
        continue;
      }
      read_information(*parsed, 1);  // reads no byte too many: a sanitizer watches
      parsed->preference();
      parsed->status();
    }
  }
}

TEST(Dhcpv6Wire, C23_13_nested_lengths_of_ia_na_and_ia_address) {
  const Buffer whole = ia_na({{.address = ip("2001:db8::50"), .options = status(StatusCode::success)}});
  // The IA's own length, the address's, and the status's within it: each one wrong, in turn.
  for (const std::size_t at : {std::size_t{2}, std::size_t{18}, std::size_t{46}}) {
    const std::size_t right = load16(whole.data() + at);
    for (std::size_t length = 0; length < 80; ++length) {
      Buffer wrong = whole;
      store16(wrong.data() + at, static_cast<std::uint16_t>(length));
      ServerMessage message(MessageType::reply);
      const Buffer bytes = message.raw(wrong).exact();
      const auto parsed = Message::parse(bytes);
      if (length == right) {
        EXPECT_TRUE(parsed.ok());
      } else if (parsed.ok()) {
        // What remains reads as a whole option by chance of its bytes; then nothing is read beyond it.
        if (const auto ia = parsed->ia_na(client_iaid)) {
          ia->for_each_address([](const IaAddress& address) { address.status(); });
          ia->status();
        }
      } else {
        EXPECT_TRUE(parsed.error() == Drop::option_framing || parsed.error() == Drop::option_length);
      }
    }
    for (const std::size_t length : {std::size_t{0x7fff}, std::size_t{0xffff}, right + 1}) {
      Buffer wrong = whole;
      store16(wrong.data() + at, static_cast<std::uint16_t>(length));
      ServerMessage message(MessageType::reply);
      const Buffer bytes = message.raw(wrong).exact();
      ASSERT_FALSE(Message::parse(bytes).ok()) << at << " " << length;
      EXPECT_EQ(Message::parse(bytes).error(), Drop::option_framing) << at << " " << length;
    }
  }
}

TEST(Dhcpv6Wire, identifiers_that_appear_twice_spoil_the_message) {
  for (const std::uint16_t code : {option::client_id, option::server_id}) {
    ServerMessage message(MessageType::reply);
    const Buffer bytes = message.add(code, {0, 4, 1}).add(code, {0, 4, 1}).exact();
    ASSERT_FALSE(Message::parse(bytes).ok());
    EXPECT_EQ(Message::parse(bytes).error(), Drop::repeated_option);
  }
}

TEST(Dhcpv6Wire, RFC8415_21_instances_of_an_option_are_not_joined) {
  ServerMessage message(MessageType::advertise);
  const Buffer bytes = message.add(option::preference, {1}).add(option::preference, {2}).exact();
  EXPECT_EQ(Message::parse(bytes)->preference(), 1);
}

TEST(Dhcpv6Wire, RFC8415_21_4_ia_na_with_t1_behind_t2_is_discarded) {
  ServerMessage message(MessageType::reply);
  message.raw(ia_na({{.address = ip("2001:db8::50")}}, 2000, 1000));
  message.raw(ia_na({{.address = ip("2001:db8::51")}}, 2000, 0));
  const Buffer bytes = message.exact();
  const auto ia = Message::parse(bytes)->ia_na(client_iaid);
  ASSERT_TRUE(ia);
  EXPECT_EQ(ia->t1(), 2000u);
  EXPECT_EQ(ia->t2(), 0u) << "the rest as though the server had not included it";
}

TEST(Dhcpv6Wire, of_two_ia_nas_with_one_number_the_first_counts_and_only_its_addresses) {
  ServerMessage message(MessageType::reply);
  message.raw(ia_na({{.address = ip("2001:db8::49")}}, 0, 0, {}, client_iaid + 1));
  message.raw(ia_na({{.address = ip("2001:db8::50")}}, 1000, 2000, status(StatusCode::success)));
  message.raw(ia_na({{.address = ip("2001:db8::51")}}, 1001, 2000));
  const Buffer bytes = message.exact();
  const auto ia = Message::parse(bytes)->ia_na(client_iaid);
  ASSERT_TRUE(ia);
  EXPECT_EQ(ia->t1(), 1000u);
  std::vector<IpAddress> found;
  ia->for_each_address([&](const IaAddress& address) { found.push_back(address.address()); });
  EXPECT_EQ(found, std::vector{ip("2001:db8::50")});
}

TEST(Dhcpv6Wire, numbers_are_of_four_bytes_or_none) {
  ServerMessage message(MessageType::reply);
  const Buffer bytes = message.u32(option::sol_max_rt, 100).add(999, {0, 0, 1}).add(998, Buffer(5)).exact();
  const auto parsed = Message::parse(bytes);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->u32(option::sol_max_rt), 100u);
  EXPECT_FALSE(parsed->u32(option::inf_max_rt));
  EXPECT_FALSE(parsed->u32(999));
  EXPECT_FALSE(parsed->u32(998));
}

TEST(Dhcpv6Wire, every_reason_to_drop_has_words_of_its_own) {
  std::set<std::string_view> texts;
  for (std::size_t drop = 0; drop < static_cast<std::size_t>(Drop::count); ++drop) {
    texts.insert(drop_text(static_cast<Drop>(drop)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(Drop::count));
  EXPECT_FALSE(texts.contains(""));
  EXPECT_EQ(drop_text(Drop::client_id), "client id");
  EXPECT_EQ(drop_text(Drop::no_addresses), "no addresses");
}

TEST(Dhcpv6Wire, RFC1123_2_1_domain_names_are_of_letters_digits_hyphens_and_underscores) {
  const std::string_view good = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  for (int c = 0; c < 256; ++c) {
    const Buffer name = {1, static_cast<std::uint8_t>(c), 0};
    std::size_t position = 0;
    const auto read = DomainName::read(name, position);
    EXPECT_EQ(read.has_value(), good.find(static_cast<char>(c)) != std::string_view::npos) << c;
    EXPECT_EQ(position, read ? 3u : 0u);
  }
}

TEST(Dhcpv6Wire, RFC8415_10_domain_names_that_are_none) {
  const auto domains = [](const Buffer& value) {
    ServerMessage message(MessageType::reply);
    const Buffer bytes = message.add(option::domain_list, value).exact();
    return read_information(*Message::parse(bytes), 0).domains;
  };
  EXPECT_EQ(domains({1, 'a', 0, 1, 'b', 0, 1, 'c', 0, 1, 'd', 0, 1, 'e', 0}).size(), 4u) << "and no more";
  EXPECT_TRUE(domains({0}).empty()) << "the root";
  EXPECT_TRUE(domains({1, 'a'}).empty()) << "no end";
  EXPECT_TRUE(domains({1, 'a', 0, 5, 'b'}).empty()) << "cut off: none of the list";
  EXPECT_TRUE(domains({1, 'a', 0xc0, 0}).empty()) << "compressed";
  Buffer long_one(66, 'a');
  long_one.front() = 64;
  long_one.back() = 0;
  EXPECT_TRUE(domains(long_one).empty()) << "RFC 1035 2.3.4: 63 at most";
  long_one.erase(long_one.begin() + 1);
  long_one.front() = 63;
  EXPECT_EQ(domains(long_one).size(), 1u);
  EXPECT_TRUE(domains({3, 'a', ';', 'b', 0}).empty()) << "for a shell";
  EXPECT_TRUE(domains({3, 'a', '.', 'b', 0}).empty()) << "a dot within a label";
  EXPECT_TRUE(domains({2, 'a', 0, 0}).empty());
  Buffer longest;
  for (int label = 0; label < 4; ++label) {
    longest.push_back(63);
    longest.insert(longest.end(), label == 3 ? 61u : 63u, 'x');
  }
  longest[3 * 64] = 61;
  longest.push_back(0);
  EXPECT_EQ(domains(longest)[0].view().size(), 253u);
  longest[3 * 64] = 62;
  longest.insert(longest.end() - 1, 'x');
  EXPECT_TRUE(domains(longest).empty()) << "254 characters";
}

TEST(Dhcpv6Wire, RFC5908_4_time_sources_that_are_none) {
  Buffer multicast = {0, 2, 0, 16};
  append(multicast, ip("ff05::101").bytes());
  ServerMessage message(MessageType::reply);
  for (const Buffer& value : {Buffer{}, Buffer{0, 1}, Buffer{0, 1, 0, 15}, Buffer{0, 1, 0, 0},
                              Buffer{0, 3, 0, 4, 1, 'n', 0, 9}, Buffer{0, 3, 0, 2, 1, 'n'}, multicast}) {
    message.add(option::ntp_server, value);
  }
  const Buffer bytes = message.exact();
  const Information information = read_information(*Message::parse(bytes), 0);
  EXPECT_TRUE(information.ntp_servers.empty());
  EXPECT_TRUE(information.ntp_names.empty());
}

TEST(Dhcpv6Wire, servers_that_no_host_can_be_are_left_out) {
  ServerMessage message(MessageType::reply);
  message.addresses(option::dns_servers,
                    {ip("::"), ip("::1"), ip("ff02::1"), IpAddress::v4(192, 0, 2, 1), ip("2001:db8::1"),
                     ip("2001:db8::2"), ip("2001:db8::3"), ip("2001:db8::4"), ip("2001:db8::5")});
  const Buffer bytes = message.exact();
  const Information information = read_information(*Message::parse(bytes), 1);
  ASSERT_EQ(information.dns_servers.size(), 4u);
  EXPECT_EQ(information.dns_servers[0], ip("2001:db8::1"));
}

TEST(Dhcpv6Wire, RFC8415_11_1_duid_of_every_length) {
  const Buffer bytes(200, 7);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const auto duid = Duid::from(Bytes(bytes).first(length));
    EXPECT_EQ(duid.has_value(), length >= 3 && length <= 130) << length;
    if (duid) {
      EXPECT_EQ(duid->bytes().size(), length);
    }
  }
  const Duid duid = Duid::link_layer(client_mac);
  EXPECT_EQ(Buffer(duid.bytes().begin(), duid.bytes().end()),
            (Buffer{0, 3, 0, 1, 2, 0, 0x5e, 0x10, 0x20, 0x30}));
  EXPECT_FALSE(duid.is({}));
  EXPECT_FALSE(duid.is(duid.bytes().first(9))) << "a prefix of it is another one";
}

TEST(Dhcpv6Wire, written_messages_are_read_again_or_nothing_is_written) {
  const std::array<IpAddress, 2> addresses = {ip("2001:db8::50"), ip("2001:db8::51")};
  constexpr std::array<std::uint16_t, 2> codes = {option::dns_servers, option::sol_max_rt};
  const auto write = [&](MutableBytes buffer) {
    MessageWriter writer(buffer, MessageType::request, 0xabcdef);
    writer.bytes(option::client_id, Duid::link_layer(client_mac).bytes());
    writer.u16(option::elapsed_time, 300);
    writer.ia_na(5, addresses);
    writer.option_request(codes);
    return writer.finish();
  };
  std::array<std::uint8_t, 512> buffer{};
  const Bytes bytes = write(buffer);
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->type(), MessageType::request);
  EXPECT_EQ(message->transaction_id(), 0xabcdefu);
  std::size_t count = 0;
  message->ia_na(5)->for_each_address(
      [&](const IaAddress& address) { EXPECT_EQ(address.address(), addresses[count++]); });
  EXPECT_EQ(count, 2u);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Buffer small(size);
    EXPECT_TRUE(write(small).empty()) << size;
  }
}

TEST(Dhcpv6Wire, random_damage_reads_no_byte_too_many) {
  std::mt19937 random(8415);
  const Buffer whole = full_reply().exact();
  std::size_t parsed_count = 0;
  for (int round = 0; round < 20000; ++round) {
    Buffer damaged(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(random() % (whole.size() + 1)));
    for (std::uint32_t n = random() % 4; n > 0 && !damaged.empty(); --n) {
      damaged[random() % damaged.size()] =
          static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 40);
    }
    damaged.shrink_to_fit();
    const auto message = Message::parse(damaged);
    if (!message.ok()) continue;
    ++parsed_count;
    read_information(*message, 1);
    if (const auto ia = message->ia_na(client_iaid)) {
      ia->for_each_address([](const IaAddress& address) { address.status(); });
    }
  }
  EXPECT_GT(parsed_count, 100u);
}

}  // namespace
}  // namespace linnet::dhcpv6::test
