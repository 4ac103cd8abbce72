// SPDX-License-Identifier: Apache-2.0
// IGMP's messages: RFC 3376 4, 7.1 and 9.1, RFC 2236 2, hostile-packet rows C13.
#include "core/ip/igmp_wire.hpp"

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::igmp {
namespace {

using test6::Buffer;
using test6::joined;

const IpAddress group = IpAddress::v4(239, 1, 2, 3);
const IpAddress everybody = IpAddress::v4(224, 0, 0, 1);
const Envelope from_router{IpAddress::v4(192, 0, 2, 1), everybody, 1, true};

static_assert(maximum_response_time(0) == 0 && maximum_response_time(127) == 12700);
static_assert(maximum_response_time(128) == 12800 && maximum_response_time(255) == 3174400);

Buffer summed(Buffer message) {
  finish(message);
  message.shrink_to_fit();
  return message;
}
Buffer bytes_of(const IpAddress& a) { return {a.v4_bytes().begin(), a.v4_bytes().end()}; }
Buffer query_v2(std::uint8_t code, const IpAddress& about = IpAddress::any_v4()) {
  return summed(joined({{0x11, code, 0, 0}, bytes_of(about)}));
}
Buffer query_v3(const IpAddress& about, std::uint16_t says, std::size_t has) {
  return summed(
      joined({{0x11, 0x81, 0, 0},
              bytes_of(about),
              {0x0b, 0x80, static_cast<std::uint8_t>(says >> 8), static_cast<std::uint8_t>(says & 0xff)},
              Buffer(has * 4, 0xab)}));
}

template <typename Message>
std::optional<Message> parse(const Buffer& message, const Envelope& envelope = from_router,
                             Drop why = Drop::igmp_malformed) {
  Drop reason = Drop::count_;
  const auto parsed = Message::parse(message, envelope, reason);
  EXPECT_EQ(reason, parsed ? Drop::none : why);
  return parsed;
}

TEST(IgmpWire, RFC3376_4_1_1_all_response_codes) {
  for (std::uint32_t code = 0; code < 256; ++code) {
    std::uint32_t expected = code;
    if (code >= 128) {
      expected = code % 16 + 16;
      for (std::uint32_t i = 0; i < code / 16 % 8 + 3; ++i) expected *= 2;
    }
    ASSERT_EQ(maximum_response_time(static_cast<std::uint8_t>(code)), expected * 100) << code;
  }
}

TEST(IgmpWire, RFC3376_7_1_length_and_time_of_a_query_tell_its_version) {
  for (std::size_t size = 0; size <= 20; ++size) {
    for (const std::uint8_t code : {0, 100}) {
      Buffer message(size, 0);
      if (size >= 4) {
        message[0] = 0x11;
        message[1] = code;
        message = summed(message);
      }
      const auto query = parse<Query>(message);
      ASSERT_EQ(query.has_value(), size == 8 || size >= 12) << size;
      if (query) {
        EXPECT_EQ(query->version, size >= 12 ? 3 : code == 0 ? 1 : 2);
      }
    }
  }
}

TEST(IgmpWire, RFC3376_4_1_fields_of_a_query) {
  const auto first = parse<Query>(query_v2(0, group));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->maximum_delay, 10000u) << "RFC 2236 4";
  EXPECT_TRUE(first->group.is_unspecified()) << "RFC 1112 appendix I: ignored";
  const auto second = parse<Query>(query_v2(255, group));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->maximum_delay, 25500u) << "no floating point number";
  EXPECT_EQ(second->group, group);
  const Buffer bytes = query_v3(group, 2, 2);
  const auto third = parse<Query>(bytes);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->maximum_delay, 13600u);
  EXPECT_TRUE(third->suppress);
  EXPECT_EQ(third->robustness, 3);
  EXPECT_EQ(third->interval, 128u);
  ASSERT_EQ(third->sources.size(), 2u);
  EXPECT_EQ(third->sources[1], IpAddress::v4(0xabababab));
  EXPECT_FALSE(parse<Query>(query_v2(1, IpAddress::v4(192, 0, 2, 1)))) << "no group";
  EXPECT_FALSE(parse<Query>(query_v3(IpAddress::any_v4(), 1, 1))) << "4.1.8";
}

TEST(IgmpWire, RFC3376_4_1_2_the_checksum_is_verified_before_all_else) {
  Buffer message = query_v3(group, 1, 1);
  for (std::size_t i = 0; i < message.size() * 8; ++i) {
    message[i / 8] ^= static_cast<std::uint8_t>(1 << i % 8);
    EXPECT_FALSE(parse<Query>(message, from_router, Drop::igmp_checksum)) << i;
    message[i / 8] ^= static_cast<std::uint8_t>(1 << i % 8);
  }
  EXPECT_TRUE(parse<Query>(message));
}

TEST(IgmpWire, C13_03_more_sources_than_the_message_holds) {
  for (const std::uint32_t says : {3u, 4u, 366u, 16383u, 16384u, 65535u})
    EXPECT_FALSE(parse<Query>(query_v3(group, static_cast<std::uint16_t>(says), 2))) << says;
  EXPECT_EQ(parse<Query>(query_v3(group, 1, 2))->sources.size(), 1u) << "4.1.10: the rest is ignored";
}

TEST(IgmpWire, C13_06_RFC3376_4_a_TTL_of_1) {
  for (unsigned ttl = 0; ttl < 256; ++ttl) {
    Envelope other = from_router;
    other.ttl = static_cast<std::uint8_t>(ttl);
    for (const Buffer& message : {query_v2(0), query_v2(100), query_v3(group, 0, 0)})
      EXPECT_EQ(parse<Query>(message, other).has_value(), ttl == 1);
  }
}

TEST(IgmpWire, C13_06_RFC3376_9_1_forged_queries) {
  const auto accepted = [](const Buffer& message, const IpAddress& destination, bool router_alert) {
    return parse<Query>(message, {from_router.source, destination, 1, router_alert}).has_value();
  };
  const IpAddress ours = IpAddress::v4(192, 0, 2, 2);
  for (const bool alert : {true, false}) {
    EXPECT_TRUE(accepted(query_v2(0), everybody, alert)) << "version 1 knows no Router Alert";
    EXPECT_EQ(accepted(query_v2(100), everybody, alert), alert);
    EXPECT_EQ(accepted(query_v3(group, 1, 1), group, alert), alert);
    EXPECT_EQ(accepted(query_v2(100), ours, alert), alert) << "4.1.12: any address of ours";
  }
  for (const Buffer& general : {query_v2(0), query_v2(100), query_v3(IpAddress::any_v4(), 0, 0)}) {
    EXPECT_TRUE(accepted(general, everybody, true));
    EXPECT_FALSE(accepted(general, group, true)) << "a general query to another group";
    EXPECT_FALSE(accepted(general, IpAddress::broadcast_v4(), true));
  }
}

TEST(IgmpWire, RFC2236_2_reports_and_leaves_as_written) {
  for (const std::uint8_t type : {report_v1, report_v2, leave_group}) {
    std::array<std::uint8_t, 8> buffer;
    Writer writer(buffer);
    Report::write(writer, type, group);
    finish(writer.written());
    const Buffer message(writer.written().begin(), writer.written().end());
    EXPECT_EQ(message, summed(joined({{type, 0, 0, 0}, bytes_of(group)})));
    const IpAddress to = type == leave_group ? IpAddress::v4(224, 0, 0, 2) : group;
    const Envelope envelope{from_router.source, to, 1, true};
    const auto parsed = parse<Report>(message, envelope);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->type, type);
    EXPECT_EQ(parsed->group, group);
    EXPECT_FALSE(parse<Report>(message, {from_router.source, to, 2, true}));
    EXPECT_EQ(parse<Report>(message, {from_router.source, to, 1, false}).has_value(), type == report_v1);
    EXPECT_EQ(parse<Report>(message, from_router).has_value(), type == leave_group) << "to its group";
    for (std::size_t size = 0; size < 8; ++size)
      EXPECT_FALSE(parse<Report>(test6::prefix_of(message, size), envelope));
  }
  EXPECT_FALSE(parse<Report>(summed(joined({{0x16, 0, 0, 0}, {192, 0, 2, 1}}))));
  EXPECT_FALSE(parse<Report>(query_v2(0)));
}

TEST(IgmpWire, RFC3376_4_2_records_as_written) {
  std::array<std::uint8_t, 64> buffer;
  Writer writer(buffer);
  const std::array sources = {IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 2)};
  ReportV3::write(writer, 2);
  Record::write(writer, RecordType::to_exclude, group, std::span<const IpAddress>{});
  Record::write(writer, RecordType::block_old_sources, everybody, sources);
  finish(writer.written());
  const Buffer message(writer.written().begin(), writer.written().end());
  EXPECT_EQ(message, summed({0x22, 0, 0, 0, 0,   0, 0, 2, 4,   0, 0, 0, 239, 1, 2, 3,
                             6,    0, 0, 2, 224, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2}));
  const auto report = parse<ReportV3>(message);
  ASSERT_TRUE(report);
  ReportV3::Records records = report->records();
  EXPECT_EQ(records.next()->type, RecordType::to_exclude);
  const auto second = records.next();
  ASSERT_TRUE(second);
  ASSERT_EQ(second->sources.size(), 2u);
  EXPECT_EQ(second->sources[1], sources[1]);
  EXPECT_FALSE(records.next());
  EXPECT_TRUE(records.ok());
  for (std::size_t size = 8; size < message.size(); ++size)
    EXPECT_FALSE(parse<ReportV3>(summed(test6::prefix_of(message, size)))) << size;
}

TEST(IgmpWire, RFC3376_4_2_10_auxiliary_data_is_skipped_within_bounds) {
  Buffer message = {0x22, 0, 0, 0, 0, 0, 0, 2, 4, 1, 0,   0, 239, 1,
                    2,    3, 9, 9, 9, 9, 3, 0, 0, 0, 239, 1, 2,   4};
  const auto kept = summed(message);
  const auto report = parse<ReportV3>(kept);
  ASSERT_TRUE(report);
  ReportV3::Records records = report->records();
  EXPECT_TRUE(records.next());
  EXPECT_EQ(records.next()->type, RecordType::to_include);
  message[9] = 255;
  EXPECT_FALSE(parse<ReportV3>(summed(message)));
}

TEST(IgmpWire, each_message_is_read_as_what_it_is) {
  const Buffer report = summed({0x22, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(parse<ReportV3>(report));
  EXPECT_FALSE(parse<Query>(summed({0x16, 100, 0, 0, 0, 0, 0, 0})));
  EXPECT_FALSE(parse<ReportV3>(query_v2(0)));
  EXPECT_FALSE(parse<Report>(report));
}

TEST(IgmpWire, RFC3376_4_2_a_report_has_router_alert_a_TTL_of_1_and_a_right_checksum) {
  Buffer report = summed({0x22, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(parse<ReportV3>(report, {from_router.source, everybody, 1, false}));
  EXPECT_FALSE(parse<ReportV3>(report, {from_router.source, everybody, 2, true}));
  report[5] = 1;
  EXPECT_FALSE(parse<ReportV3>(report, from_router, Drop::igmp_checksum));
}

}  // namespace
}  // namespace linnet::ip::igmp
