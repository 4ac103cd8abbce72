// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery's messages: RFC 4861 4, 6.1, 7.1, 8.1, hostile-packet rows C11.
#include "core/ip/nd_wire.hpp"

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::nd {
namespace {

using test6::address;
using test6::Buffer;
using test6::joined;

const IpAddress router = address("fe80::1");
const IpAddress target = address("2001:db8::ab:cdef");
const Envelope from_router{router, address("ff02::1"), 255};
const Envelope from_nobody{IpAddress{}, address("ff02::1:ffab:cdef"), 255};
const Buffer source_option = {1, 1, 2, 0, 0, 0, 0, 9};
const Buffer target_option = {2, 1, 2, 0, 0, 0, 0, 9};

Buffer bytes_of(const IpAddress& a) { return {a.bytes().begin(), a.bytes().end()}; }

Buffer solicitation_of_routers() { return {133, 0, 0, 0, 0, 0, 0, 0}; }
Buffer advertisement_of_router() { return {134, 0, 0, 0, 64, 0xc8, 7, 8, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8}; }
Buffer solicitation() { return joined({{135, 0, 0, 0, 0, 0, 0, 0}, bytes_of(target)}); }
Buffer advertisement(std::uint8_t flags = 0x20) {
  return joined({{136, 0, 0, 0, flags, 0, 0, 0}, bytes_of(target)});
}
Buffer redirect(const IpAddress& to = router) {
  return joined({{137, 0, 0, 0, 0, 0, 0, 0}, bytes_of(to), bytes_of(target)});
}

template <typename Message>
Drop reason_of(const Buffer& message, const Envelope& envelope) {
  Buffer exact = message;
  exact.shrink_to_fit();
  Drop reason = Drop::none;
  const auto parsed = Message::parse(exact, envelope, reason);
  EXPECT_EQ(parsed.has_value(), reason == Drop::none);
  return reason;
}

/// What all messages have in common.
template <typename Message>
void common_rules(const Buffer& good, const Envelope& envelope) {
  EXPECT_EQ(reason_of<Message>(good, envelope), Drop::none);
  for (unsigned hops = 0; hops < 255; ++hops) {
    Envelope far = envelope;
    far.hop_limit = static_cast<std::uint8_t>(hops);
    ASSERT_EQ(reason_of<Message>(good, far), Drop::nd_hop_limit);
  }
  for (unsigned code = 1; code < 256; ++code) {
    Buffer other = good;
    other[1] = static_cast<std::uint8_t>(code);
    ASSERT_EQ(reason_of<Message>(other, envelope), Drop::nd_malformed);
  }
  Buffer other = good;
  other[0] ^= 0x40;
  EXPECT_EQ(reason_of<Message>(other, envelope), Drop::nd_malformed);
  for (std::size_t size = 0; size < good.size(); ++size)
    ASSERT_EQ(reason_of<Message>(test6::prefix_of(good, size), envelope), Drop::nd_malformed) << size;
  // C11-01, C11-02: options of length zero in each place, residues, and a last option past the end.
  const Buffer some = {200, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  const Buffer empty = {200, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(reason_of<Message>(joined({good, some, some}), envelope), Drop::none) << "unknown: ignored";
  for (const Buffer& options : {joined({empty}), joined({empty, some}), joined({some, empty})})
    EXPECT_EQ(reason_of<Message>(joined({good, options}), envelope), Drop::nd_malformed);
  for (std::size_t size = 1; size < 32; ++size) {
    const Buffer cut = test6::prefix_of(joined({some, some}), size);
    EXPECT_EQ(reason_of<Message>(joined({good, cut}), envelope),
              size == 16 ? Drop::none : Drop::nd_malformed);
  }
}

TEST(NdWire, RFC4861_6_1_1_router_solicitations) {
  common_rules<RouterSolicitation>(solicitation_of_routers(), from_router);
  const Envelope unspecified{IpAddress{}, address("ff02::2"), 255};
  EXPECT_EQ(reason_of<RouterSolicitation>(solicitation_of_routers(), unspecified), Drop::none);
  const Buffer with_option = joined({solicitation_of_routers(), source_option});
  EXPECT_EQ(reason_of<RouterSolicitation>(with_option, from_router), Drop::none);
  EXPECT_EQ(reason_of<RouterSolicitation>(with_option, unspecified), Drop::nd_malformed);
}

TEST(NdWire, RFC4861_6_1_2_router_advertisements) {
  common_rules<RouterAdvertisement>(advertisement_of_router(), from_router);
  for (const char* source : {"::", "::1", "2001:db8::1", "fec0::1", "ff02::1"}) {
    const Envelope other{address(source), from_router.destination, 255};
    EXPECT_EQ(reason_of<RouterAdvertisement>(advertisement_of_router(), other), Drop::nd_malformed) << source;
  }
}

TEST(NdWire, RFC4861_4_2_and_RFC4191_2_2_fields_of_a_router_advertisement) {
  Buffer message = advertisement_of_router();
  Drop reason = Drop::none;
  const auto parsed = RouterAdvertisement::parse(message, from_router, reason);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->hop_limit(), 64);
  EXPECT_TRUE(parsed->managed() && parsed->other_configuration());
  EXPECT_EQ(parsed->lifetime(), 1800);
  EXPECT_EQ(parsed->reachable_time(), 30000u);
  EXPECT_EQ(parsed->retransmit_timer(), 1000u);
  EXPECT_TRUE(parsed->options().empty());
  constexpr std::array expected = {Preference::medium, Preference::high, Preference::medium, Preference::low};
  for (std::size_t bits = 0; bits < 4; ++bits) {
    message[5] = static_cast<std::uint8_t>(bits << 3);
    EXPECT_EQ(parsed->preference(), expected[bits]) << bits;
  }
  EXPECT_FALSE(parsed->managed() || parsed->other_configuration());
}

TEST(NdWire, RFC4861_7_1_1_neighbour_solicitations) {
  common_rules<NeighbourSolicitation>(solicitation(), from_router);
  for (const char* wrong : {"ff02::1", "::", "::ffff:192.0.2.1"}) {
    const Buffer message = joined({{135, 0, 0, 0, 0, 0, 0, 0}, bytes_of(address(wrong))});
    EXPECT_EQ(reason_of<NeighbourSolicitation>(message, from_router), Drop::nd_malformed) << wrong;
  }
  EXPECT_EQ(reason_of<NeighbourSolicitation>(solicitation(), from_nobody), Drop::none);
  for (const char* wrong : {"ff02::1", "2001:db8::ab:cdef", "ff02::1:feab:cdef"}) {
    const Envelope other{IpAddress{}, address(wrong), 255};
    EXPECT_EQ(reason_of<NeighbourSolicitation>(solicitation(), other), Drop::nd_malformed) << wrong;
  }
  const Buffer with_option = joined({solicitation(), source_option});
  EXPECT_EQ(reason_of<NeighbourSolicitation>(with_option, from_router), Drop::none);
  EXPECT_EQ(reason_of<NeighbourSolicitation>(with_option, from_nobody), Drop::nd_malformed);
}

TEST(NdWire, RFC4861_7_1_2_neighbour_advertisements) {
  common_rules<NeighbourAdvertisement>(advertisement(), from_router);
  const Envelope to_us{router, address("fe80::2"), 255};
  EXPECT_EQ(reason_of<NeighbourAdvertisement>(advertisement(0x60), to_us), Drop::none);
  EXPECT_EQ(reason_of<NeighbourAdvertisement>(advertisement(0x60), from_router), Drop::nd_malformed);
  const Buffer of_group = joined({{136, 0, 0, 0, 0, 0, 0, 0}, bytes_of(address("ff02::1"))});
  EXPECT_EQ(reason_of<NeighbourAdvertisement>(of_group, to_us), Drop::nd_malformed);
}

TEST(NdWire, RFC4861_8_1_redirects) {
  common_rules<Redirect>(redirect(), from_router);
  EXPECT_EQ(reason_of<Redirect>(redirect(target), from_router), Drop::none) << "on link";
  EXPECT_EQ(reason_of<Redirect>(redirect(address("2001:db8::9")), from_router), Drop::nd_malformed);
  const Envelope other{address("2001:db8::1"), address("2001:db8::2"), 255};
  EXPECT_EQ(reason_of<Redirect>(redirect(), other), Drop::nd_malformed);
  const Buffer to_group =
      joined({{137, 0, 0, 0, 0, 0, 0, 0}, bytes_of(router), bytes_of(address("ff0e::1"))});
  EXPECT_EQ(reason_of<Redirect>(to_group, from_router), Drop::nd_malformed);
}

TEST(NdWire, C11_16_only_the_target_option_of_a_redirect_tells_the_target) {
  const Buffer message = joined({redirect(), source_option, target_option});
  Drop reason = Drop::none;
  const auto parsed = Redirect::parse(message, from_router, reason);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->target(), router);
  EXPECT_EQ(parsed->destination(), target);
  EXPECT_FALSE(parsed->on_link());
  const auto found = Options::find(parsed->options(), option::target_link_layer_address);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes.data(), message.data() + 48);
}

TEST(NdWire, what_is_written_reads_the_same) {
  std::array<std::uint8_t, 64> buffer;
  Drop reason = Drop::none;
  Writer routers(buffer);
  RouterSolicitation::write(routers, MacAddress{{2, 0, 0, 0, 0, 9}});
  EXPECT_TRUE(std::equal(routers.written().begin(), routers.written().end(),
                         joined({solicitation_of_routers(), source_option}).begin()));
  Writer solicits(buffer);
  NeighbourSolicitation::write(solicits, target);
  write_nonce(solicits, std::array<std::uint8_t, 6>{1, 2, 3, 4, 5, 6});
  const auto asked = NeighbourSolicitation::parse(solicits.written(), from_nobody, reason);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->target(), target);
  const auto found = Options::find(asked->options(), option::nonce);
  ASSERT_TRUE(found && nonce(*found));
  EXPECT_EQ(Buffer(nonce(*found)->begin(), nonce(*found)->end()), (Buffer{1, 2, 3, 4, 5, 6}));
  for (unsigned bits = 0; bits < 8; ++bits) {
    const NeighbourAdvertisement::Flags flags{(bits & 4) != 0, (bits & 2) != 0, (bits & 1) != 0};
    Writer writer(buffer);
    NeighbourAdvertisement::write(writer, target, flags);
    write_link_layer_address(writer, option::target_link_layer_address, {{2, 0, 0, 0, 0, 9}});
    const Buffer expected = joined({advertisement(static_cast<std::uint8_t>(bits << 5)), target_option});
    EXPECT_TRUE(
        std::equal(writer.written().begin(), writer.written().end(), expected.begin(), expected.end()));
    const auto told = NeighbourAdvertisement::parse(writer.written(), {router, router, 255}, reason);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->flags(), flags);
  }
}

TEST(NdWire, RFC4291_2_7_1_solicited_node_groups) {
  EXPECT_EQ(solicited_node(target), address("ff02::1:ffab:cdef"));
}

}  // namespace
}  // namespace linnet::ip::nd
