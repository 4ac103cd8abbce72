// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string_view>

#include "core/base/fields.hpp"
#include "core/base/reader.hpp"
#include "core/base/writer.hpp"

namespace linnet {
namespace {

constexpr std::array<std::uint8_t, 9> literal{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xff};
static_assert(load16(literal.data()) == 0x0123 && load16(literal.data() + 7) == 0xefff);
static_assert(load32(literal.data()) == 0x01234567 && load32(literal.data() + 5) == 0xabcdefff);
static_assert(load64(literal.data()) == 0x0123456789abcdef &&
              load64(literal.data() + 1) == 0x23456789abcdefff);

constexpr auto stored = [] {
  std::array<std::uint8_t, 14> bytes{};
  store16(bytes.data(), 0x0123);
  store32(bytes.data() + 2, 0x89abcdef);
  store64(bytes.data() + 6, 0xfedcba9876543210);
  return bytes;
}();
static_assert(stored == std::array<std::uint8_t, 14>{0x01, 0x23, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba,
                                                     0x98, 0x76, 0x54, 0x32, 0x10});

TEST(Bytes, copy_bytes_accepts_nothing) {
  std::uint8_t byte = 7;
  copy_bytes(&byte, {});
  EXPECT_EQ(byte, 7);
  copy_bytes(&byte, Bytes(literal).first(1));
  EXPECT_EQ(byte, 1);
}

constexpr Fields<8> fields(literal.data());
static_assert(fields.get8<0>() == 0x01 && fields.get8<7>() == 0xef);
static_assert(fields.get16<6>() == 0xcdef && fields.get32<4>() == 0x89abcdef);
static_assert(fields.get_bytes<1, 3>()[2] == 0x67 && fields.get_bytes<0, 8>().size() == 8);

/// Whether an offset is accepted is decided by the compiler; here only that good ones are.
constexpr auto written_fields = [] {
  std::array<std::uint8_t, 8> bytes{};
  MutableFields<8> out(bytes.data());
  out.set8<0>(0x11);
  out.set16<1>(0x2233);
  out.set32<3>(0x44556677);
  out.set8<7>(0x88);
  return bytes;
}();
static_assert(written_fields == std::array<std::uint8_t, 8>{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88});

TEST(Fields, bytes_go_in_and_out) {
  std::array<std::uint8_t, 8> bytes{};
  MutableFields<8> out(bytes.data());
  out.set_bytes<2, 4>(Bytes(literal).first<4>());
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 8>{0, 0, 1, 0x23, 0x45, 0x67, 0, 0}));
  EXPECT_EQ(Fields<8>(bytes.data()).get32<2>(), 0x01234567u);
}

constexpr bool reads_in_order = [] {
  Reader reader{Bytes(literal)};
  const bool values = reader.u8() == 0x01 && reader.u16() == 0x2345 && reader.u32() == 0x6789abcd;
  return values && reader.ok() && reader.position() == 7 && reader.remaining() == 2 && !reader.at_end() &&
         reader.rest().size() == 2 && reader.at_end() && reader.ok();
}();
static_assert(reads_in_order);

TEST(Reader, every_truncation_fails_and_the_failure_sticks) {
  for (std::size_t length = 0; length <= literal.size(); ++length) {
    Reader reader(Bytes(literal).first(length));
    reader.u8();
    reader.u16();
    reader.u32();
    const Bytes tail = reader.bytes(2);
    EXPECT_EQ(reader.ok(), length == 9) << length;
    EXPECT_EQ(tail.size(), length == 9 ? 2u : 0u);
    if (length == 9) continue;
    EXPECT_TRUE(reader.at_end()) << "a loop over what remains ends";
    EXPECT_EQ(reader.u8(), 0);
    EXPECT_EQ(reader.u16(), 0);
    EXPECT_EQ(reader.u32(), 0u);
    EXPECT_TRUE(reader.bytes(0).empty());
    EXPECT_TRUE(reader.rest().empty());
    reader.skip(0);
    reader.seek(0);
    EXPECT_FALSE(reader.ok()) << "nothing heals it";
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(Reader, a_short_read_yields_zero_not_half_a_value) {
  Reader reader(Bytes(literal).first(1));
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, seeks_within_its_bytes) {
  Reader reader{Bytes(literal)};
  reader.seek(8);
  EXPECT_EQ(reader.u8(), 0xff);
  reader.seek(0);
  EXPECT_EQ(reader.u8(), 0x01);
  reader.seek(9);
  EXPECT_TRUE(reader.ok() && reader.at_end());
  reader.seek(10);
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, lengths_near_the_limit_do_not_wrap) {
  for (const std::size_t length :
       {std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max() - 1}) {
    Reader reader{Bytes(literal)};
    reader.u8();
    EXPECT_TRUE(reader.bytes(length).empty());
    EXPECT_FALSE(reader.ok());
    Reader other{Bytes(literal)};
    other.seek(length);
    EXPECT_FALSE(other.ok());
  }
}

TEST(Reader, may_be_failed_from_outside) {
  Reader reader{Bytes(literal)};
  reader.fail();
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

constexpr bool writes_in_order = [] {
  std::array<std::uint8_t, 14> bytes{};
  Writer writer{MutableBytes(bytes)};
  writer.u8(0x01);
  writer.u16(0x2345);
  writer.u32(0x6789abcd);
  writer.bytes(Bytes(literal).subspan(7));
  writer.fill(0x5a, 3);
  writer.patch16(1, 0xbeef);
  return writer.ok() && writer.size() == 12 && writer.room() == 2 && writer.written().size() == 12 &&
         bytes == std::array<std::uint8_t, 14>{0x01, 0xbe, 0xef, 0x67, 0x89, 0xab,
                                               0xcd, 0xef, 0xff, 0x5a, 0x5a, 0x5a};
}();
static_assert(writes_in_order);

TEST(Writer, every_room_too_small_fails_and_the_failure_sticks) {
  for (std::size_t room = 0; room <= 12; ++room) {
    std::array<std::uint8_t, 13> bytes{};
    bytes[room] = 0xee;
    Writer writer{MutableBytes(bytes).first(room)};
    writer.u8(1);
    writer.u16(2);
    writer.u32(3);
    writer.bytes(Bytes(literal).first(3));
    writer.fill(9, 2);
    EXPECT_EQ(writer.ok(), room == 12) << room;
    EXPECT_EQ(bytes[room], 0xee) << "nothing behind the end";
    if (room == 12) continue;
    const std::size_t size = writer.size();
    writer.bytes({});
    writer.fill(0, 0);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(writer.size(), size) << "nothing is written after a failure, even what would fit";
  }
}

TEST(Writer, patches_only_what_was_written) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const std::size_t position : {std::size_t{3}, std::size_t{4}, most, most - 1}) {
    std::array<std::uint8_t, 8> bytes{};
    Writer writer{MutableBytes(bytes)};
    writer.u32(0);
    writer.patch16(position, 0xffff);
    EXPECT_FALSE(writer.ok()) << position;
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 8>{}));
  }
  std::array<std::uint8_t, 4> bytes{};
  Writer writer{MutableBytes(bytes)};
  writer.u8(0);
  writer.patch16(0, 1);
  EXPECT_FALSE(writer.ok()) << "half of it is not there yet";
}

TEST(Writer, lengths_near_the_limit_do_not_wrap) {
  std::array<std::uint8_t, 8> bytes{};
  Writer writer{MutableBytes(bytes)};
  writer.u8(1);
  writer.fill(0xff, std::numeric_limits<std::size_t>::max());
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(bytes[1], 0);
}

TEST(Writer, a_patch_outside_of_what_was_written_fails_and_the_failure_sticks) {
  for (const std::size_t written : {0u, 1u, 2u, 3u}) {
    std::array<std::uint8_t, 8> bytes{};
    Writer writer(bytes);
    writer.fill(0xff, written);
    writer.patch16(1, 0x1234);
    EXPECT_EQ(writer.ok(), written == 3) << written;
    EXPECT_EQ(bytes[1], written == 3 ? 0x12 : written > 1 ? 0xff : 0);
  }
}

TEST(Reader, tells_how_far_it_is) {
  const std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
  Reader reader(bytes);
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.position(), 2u);
}

TEST(Fields, bytes_of_a_fixed_header) {
  const std::array<std::uint8_t, 8> header{1, 2, 3, 4, 5, 6, 7, 8};
  const Fields<8> view(header.data());
  const auto part = view.get_bytes<2, 3>();
  EXPECT_EQ(part[0], 3);
  EXPECT_EQ(part[2], 5);
}

}  // namespace
}  // namespace linnet
