// SPDX-License-Identifier: Apache-2.0
// MLD's messages: RFC 2710 3, RFC 3810 5 and 8.1, hostile-packet rows C13.
#include "core/ip/mld_wire.hpp"

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::mld {
namespace {

using test6::address;
using test6::Buffer;
using test6::joined;

const Envelope from_router{address("fe80::1"), 1, true};
const IpAddress group = address("ff02::1:ff00:1");

static_assert(maximum_response_delay(0) == 0 && maximum_response_delay(0x7fff) == 32767);
static_assert(maximum_response_delay(0x8000) == 32768 && maximum_response_delay(0xffff) == 8387584);
static_assert(query_interval(0) == 0 && query_interval(127) == 127 && query_interval(128) == 128);
static_assert(query_interval(255) == 31744);

Buffer bytes_of(const IpAddress& a) { return {a.bytes().begin(), a.bytes().end()}; }
Buffer query_v1(const IpAddress& about = {}) {
  return joined({{130, 0, 0, 0, 0x27, 0x10, 0, 0}, bytes_of(about)});
}
Buffer query_v2(const IpAddress& about, std::uint16_t says, std::size_t has) {
  Buffer message =
      joined({{130, 0, 0, 0, 0x80, 1, 0, 0},
              bytes_of(about),
              {0x0a, 0x80, static_cast<std::uint8_t>(says >> 8), static_cast<std::uint8_t>(says & 0xff)},
              Buffer(has * 16, 0xab)});
  message.shrink_to_fit();
  return message;
}

template <typename Message>
std::optional<Message> parse(const Buffer& message, const Envelope& envelope = from_router) {
  Drop reason = Drop::count_;
  const auto parsed = Message::parse(message, envelope, reason);
  EXPECT_EQ(reason, parsed ? Drop::none : Drop::mld_malformed);
  return parsed;
}

TEST(MldWire, C13_05_RFC3810_5_1_3_all_response_codes) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    std::uint64_t expected = code;
    if (code >= 32768) {
      expected = code % 4096 + 4096;
      for (std::uint32_t i = 0; i < (code / 4096) % 8 + 3; ++i) expected *= 2;
    }
    ASSERT_EQ(maximum_response_delay(static_cast<std::uint16_t>(code)), expected) << code;
  }
  for (std::uint32_t code = 0; code < 256; ++code) {
    std::uint32_t expected = code;
    if (code >= 128) {
      expected = code % 16 + 16;
      for (std::uint32_t i = 0; i < (code / 16) % 8 + 3; ++i) expected *= 2;
    }
    ASSERT_EQ(query_interval(static_cast<std::uint8_t>(code)), expected) << code;
  }
}

TEST(MldWire, RFC3810_8_1_the_length_of_a_query_tells_its_version) {
  const Buffer longest = query_v2({}, 0, 1);
  for (std::size_t size = 0; size <= longest.size(); ++size) {
    const auto query = parse<Query>(test6::prefix_of(longest, size));
    ASSERT_EQ(query.has_value(), size == 24 || size >= 28) << size;
    if (query) {
      EXPECT_EQ(query->version, size == 24 ? 1 : 2);
    }
  }
}

TEST(MldWire, RFC2710_3_RFC3810_5_1_fields_of_a_query) {
  const auto first = parse<Query>(query_v1(group));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->maximum_delay, 10000u);
  EXPECT_EQ(first->group, group);
  const Buffer bytes = query_v2(group, 2, 2);
  const auto second = parse<Query>(bytes);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->maximum_delay, 0x1001u << 3);
  EXPECT_TRUE(second->suppress);
  EXPECT_EQ(second->robustness, 2);
  EXPECT_EQ(second->interval, 128u);
  ASSERT_EQ(second->sources.size(), 2u);
  EXPECT_EQ(second->sources[1].bytes()[15], 0xab);
  EXPECT_FALSE(parse<Query>(query_v1(address("2001:db8::1")))) << "neither general nor about a group";
  for (const char* mapped : {"::ffff:0.0.0.0", "::ffff:224.0.0.1"})
    EXPECT_FALSE(parse<Query>(query_v1(address(mapped)))) << mapped;
  EXPECT_FALSE(parse<Query>(query_v2({}, 1, 1))) << "RFC 3810 5.1.10";
}

TEST(MldWire, RFC2710_3_4_MLDv1_delays_are_no_floating_point_numbers) {
  Buffer bytes = query_v1();
  bytes[4] = bytes[5] = 0xff;
  EXPECT_EQ(parse<Query>(bytes)->maximum_delay, 65535u);
}

TEST(MldWire, C13_03_more_sources_than_the_message_holds) {
  for (const std::uint32_t says : {3u, 4u, 88u, 89u, 4096u, 65535u})
    EXPECT_FALSE(parse<Query>(query_v2(group, static_cast<std::uint16_t>(says), 2))) << says;
  EXPECT_EQ(parse<Query>(query_v2(group, 1, 2))->sources.size(), 1u)
      << "RFC 3810 5.1.12: the rest is ignored";
  const Buffer whole = query_v2(group, 2, 2);
  for (std::size_t size = 28; size < whole.size(); ++size)
    EXPECT_FALSE(parse<Query>(test6::prefix_of(whole, size)));
}

TEST(MldWire, C13_06_RFC3810_6_2_queries_come_from_a_router_of_this_link) {
  for (unsigned hops = 0; hops < 256; ++hops) {
    const Envelope other{from_router.source, static_cast<std::uint8_t>(hops), true};
    EXPECT_EQ(parse<Query>(query_v1(), other).has_value(), hops == 1);
  }
  EXPECT_FALSE(parse<Query>(query_v1(), {from_router.source, 1, false}));
  for (const char* source : {"::", "2001:db8::1", "::1"})
    EXPECT_FALSE(parse<Query>(query_v1(), {address(source), 1, true})) << source;
}

TEST(MldWire, RFC2710_3_reports_and_done_as_written) {
  for (const std::uint8_t type : {icmpv6::listener_report, icmpv6::listener_done}) {
    std::array<std::uint8_t, 24> buffer;
    Writer writer(buffer);
    ReportV1::write(writer, type, group);
    const Buffer message(writer.written().begin(), writer.written().end());
    EXPECT_EQ(message, joined({{type, 0, 0, 0, 0, 0, 0, 0}, bytes_of(group)}));
    const auto parsed = parse<ReportV1>(message);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->done, type == icmpv6::listener_done);
    EXPECT_EQ(parsed->group, group);
    EXPECT_TRUE(parse<ReportV1>(message, {IpAddress{}, 1, true})) << "RFC 3590 4";
    EXPECT_FALSE(parse<ReportV1>(message, {address("2001:db8::1"), 1, true}));
    EXPECT_FALSE(parse<ReportV1>(message, {from_router.source, 2, true}));
    for (std::size_t size = 0; size < 24; ++size)
      EXPECT_FALSE(parse<ReportV1>(test6::prefix_of(message, size)));
  }
  EXPECT_FALSE(parse<ReportV1>(joined({{131, 0, 0, 0, 0, 0, 0, 0}, bytes_of(address("fe80::1"))})));
}

TEST(MldWire, RFC3810_5_2_records_as_written) {
  std::array<std::uint8_t, 128> buffer;
  Writer writer(buffer);
  const std::array sources = {address("2001:db8::1"), address("2001:db8::2")};
  ReportV2::write(writer, 2);
  ReportV2::write_record(writer, RecordType::to_exclude, group);
  ReportV2::write_record(writer, RecordType::allow_new_sources, address("ff0e::5"), sources);
  const Buffer message(writer.written().begin(), writer.written().end());
  EXPECT_EQ(message, joined({{143, 0, 0, 0, 0, 0, 0, 2},
                             {4, 0, 0, 0},
                             bytes_of(group),
                             {5, 0, 0, 2},
                             bytes_of(address("ff0e::5")),
                             bytes_of(sources[0]),
                             bytes_of(sources[1])}));
  const auto report = parse<ReportV2>(message);
  ASSERT_TRUE(report);
  ReportV2::Records records = report->records();
  const auto first = records.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, RecordType::to_exclude);
  EXPECT_EQ(first->group, group);
  EXPECT_EQ(first->sources.size(), 0u);
  const auto second = records.next();
  ASSERT_TRUE(second);
  ASSERT_EQ(second->sources.size(), 2u);
  EXPECT_EQ(second->sources[1], sources[1]);
  EXPECT_FALSE(records.next());
  EXPECT_TRUE(records.ok());
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(parse<ReportV2>(test6::prefix_of(message, size))) << size;
}

TEST(MldWire, RFC3810_5_2_11_auxiliary_data_is_skipped_within_bounds) {
  Buffer message = joined({{143, 0, 0, 0, 0, 0, 0, 2},
                           {4, 2, 0, 0},
                           bytes_of(group),
                           Buffer(8, 0xff),
                           {3, 0, 0, 0},
                           bytes_of(group)});
  const auto report = parse<ReportV2>(message);
  ASSERT_TRUE(report);
  ReportV2::Records records = report->records();
  EXPECT_TRUE(records.next());
  EXPECT_EQ(records.next()->type, RecordType::to_include);
  message[9] = 255;
  EXPECT_FALSE(parse<ReportV2>(message));
}

TEST(MldWire, a_report_about_what_is_no_group_or_with_fewer_records_is_refused) {
  EXPECT_FALSE(
      parse<ReportV2>(joined({{143, 0, 0, 0, 0, 0, 0, 1}, {4, 0, 0, 0}, bytes_of(address("fe80::1"))})));
  EXPECT_FALSE(parse<ReportV2>(joined({{143, 0, 0, 0, 0, 0, 0xff, 0xff}, {4, 0, 0, 0}, bytes_of(group)})));
  EXPECT_TRUE(parse<ReportV2>({143, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(MldWire, each_message_is_read_as_what_it_is) {
  const Buffer report_v2{143, 0, 0, 0, 0, 0, 0, 0};
  Buffer other = query_v1();
  other[0] = 131;
  EXPECT_FALSE(parse<Query>(other));
  EXPECT_FALSE(parse<ReportV1>(query_v1(group)));
  EXPECT_FALSE(parse<ReportV2>({131, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(parse<ReportV2>(report_v2));
}

TEST(MldWire, RFC3810_5_2_reports_come_from_a_listener_of_this_link) {
  const Buffer report{143, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(parse<ReportV2>(report, {IpAddress{}, 1, true})) << "RFC 3590 4: it has no address yet";
  EXPECT_FALSE(parse<ReportV2>(report, {address("2001:db8::1"), 1, true}));
  EXPECT_FALSE(parse<ReportV2>(report, {from_router.source, 2, true}));
  EXPECT_FALSE(parse<ReportV2>(report, {from_router.source, 1, false}));
}

}  // namespace
}  // namespace linnet::ip::mld
