// SPDX-License-Identifier: Apache-2.0
// Messages and the data of records, without a machine: what is read, what is the same, what is written.
#include "services/mdns/wire.hpp"

#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

constexpr std::uint16_t dname = 39;

Buffer join(Buffer front, const Buffer& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

TEST(MdnsWire, RFC6762_18_what_is_shorter_than_a_header_is_no_message) {
  for (std::size_t size = 0; size < 12; ++size) EXPECT_FALSE(Message::parse(Buffer(size))) << size;
  EXPECT_TRUE(Message::parse(Buffer(12)));
}

TEST(MdnsWire, data_is_read_where_it_can_be_what_its_type_says) {
  struct Row {
    const char* name;
    std::uint16_t type;
    Buffer data;
    std::optional<Buffer> read;
  };
  const Buffer x = labels("x.local");
  Buffer longest(maximum_data, 0);
  const Row rows[] = {
      {"an address of 4 bytes", type::a, {1, 2, 3, 4}, Buffer{1, 2, 3, 4}},
      {"of 5", type::a, {1, 2, 3, 4, 5}, std::nullopt},
      {"of 16", type::aaaa, Buffer(16, 7), Buffer(16, 7)},
      {"of 15", type::aaaa, Buffer(15, 7), std::nullopt},
      {"strings", type::txt, {1, 'a', 0}, Buffer{1, 'a', 0}},
      {"a string that is not all there", type::txt, {2, 'a'}, std::nullopt},
      {"as much as is looked at", type::txt, longest, longest},
      {"more than is looked at", type::txt, Buffer(maximum_data + 1, 0), std::nullopt},
      {"of a type that nobody knows", 999, {9}, Buffer{9}},
      {"a name", type::ptr, x, x},
      {"an alias", type::cname, x, x},
      {"a name server", type::ns, x, x},
      {"an alias of a tree", dname, x, x},
      {"something behind a name", type::ptr, join(x, {1}), std::nullopt},
      {"a pointer to the owner", type::ptr, {1, 'y', 0xc0, 12}, labels("y.x.local")},
      {"a pointer behind the data", type::ptr, {0xc0, 0xf0}, std::nullopt},
      {"a service", type::srv, srv_data("x.local", 80), srv_data("x.local", 80)},
      {"half of one", type::srv, {0, 0, 0, 0, 0}, std::nullopt},
      {"one without a target", type::srv, {0, 0, 0, 0, 0, 80}, std::nullopt},
      {"types behind the name", type::nsec, join(x, {0, 1, 0x40}), join(x, {0, 1, 0x40})},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Buffer bytes = response_message().record(x, row.type, 120, row.data).count(6).finish();
    const auto message = Message::parse(bytes);
    ASSERT_TRUE(message);
    int records = 0;
    message->for_each_record([&](const Record& record) {
      ++records;
      std::array<std::uint8_t, maximum_data> room{};
      const std::optional<Bytes> data = message->data_of(record, room);
      ASSERT_EQ(data.has_value(), row.read.has_value());
      if (data) {
        EXPECT_EQ(Buffer(data->begin(), data->end()), *row.read);
      }
    });
    EXPECT_EQ(records, 1);
  }
}

TEST(MdnsWire, RFC6762_16_data_is_the_same_whatever_the_case_of_letters_in_its_names) {
  struct Row {
    const char* name;
    std::uint16_t type;
    Buffer a;
    Buffer b;
    bool same;
  };
  const Buffer x = labels("x.local");
  const Row rows[] = {
      {"an address", type::a, {1, 2, 3, 4}, {1, 2, 3, 4}, true},
      {"another", type::a, {1, 2, 3, 4}, {1, 2, 3, 5}, false},
      {"nothing", type::txt, {}, {}, true},
      {"another length", type::txt, {0}, {0, 0}, false},
      {"letters that are no name's", type::txt, {1, 'a'}, {1, 'A'}, false},
      {"a name", type::ptr, x, labels("X.LOCAL"), true},
      {"another name", type::ptr, x, labels("y.local"), false},
      {"no name", type::ptr, {5, 'a'}, {5, 'a'}, false},
      {"no name on one side", type::ptr, x, Buffer(x.size(), 9), false},
      {"a service", type::srv, srv_data("x.local", 80), srv_data("X.local", 80), true},
      {"at another port", type::srv, srv_data("x.local", 80), srv_data("x.local", 81), false},
      {"of another host", type::srv, srv_data("x.local", 80), srv_data("y.local", 80), false},
      {"half a service", type::srv, {0, 0}, {0, 0}, false},
      {"types", type::nsec, join(x, {0, 1, 2}), join(labels("X.local"), {0, 1, 2}), true},
      {"other types", type::nsec, join(x, {0, 1, 2}), join(x, {0, 1, 3}), false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(same_data(row.type, row.a, row.b), row.same) << row.name;
    EXPECT_EQ(same_data(row.type, row.b, row.a), row.same) << row.name;
  }
}

TEST(MdnsWire, RFC6762_18_1_which_classes_are_of_the_internet) {
  const auto of_internet = [](std::uint16_t record_class) {
    Question question;
    question.record_class = record_class;
    return question.of_internet();
  };
  EXPECT_TRUE(of_internet(1));
  EXPECT_TRUE(of_internet(255)) << "any";
  EXPECT_FALSE(of_internet(3));
}

TEST(MdnsWire, RFC6762_6_1_an_nsec_record_has_types_of_one_block_only) {
  const Buffer name = labels("x.local");
  std::array<std::uint8_t, 64> room{};
  std::size_t at = 0;
  const Name x = *Name::read(name, at, dns::Letters::as_written);
  const std::array<std::uint16_t, 2> types = {type::txt, 300};
  const std::size_t size = write_nsec(room, x, types);
  EXPECT_EQ(Buffer(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)),
            join(name, {0, 3, 0, 0, 0x80}))
      << "300 is in another block";
  EXPECT_EQ(write_nsec(room, x, {}), name.size()) << "no type, no block";
  EXPECT_EQ(write_nsec(MutableBytes(room).first(size - 1), x, types), 0u) << "no room";
}

TEST(MdnsWire, RFC6762_6_1_what_is_no_nsec_record_of_one_block_denies_nothing) {
  struct Row {
    const char* name;
    Buffer data;
    bool denies;
  };
  const Buffer x = labels("x.local");
  Buffer longest = join(x, {0, 32});
  longest.resize(longest.size() + 32);
  Buffer longer = join(x, {0, 33});
  longer.resize(longer.size() + 33);
  const Row rows[] = {
      {"no type at all", x, true},
      {"other types", join(x, {0, 1, 0x20}), true},
      {"the type", join(x, {0, 4, 0, 0, 0, 8}), false},
      {"no name", {5, 'a'}, false},
      {"half a block", join(x, {0}), false},
      {"another block", join(x, {1, 1, 0x40}), false},
      {"an empty one", join(x, {0, 0}), false},
      {"the longest", longest, true},
      {"a longer one", longer, false},
      {"one that is not all there", join(x, {0, 4, 0, 0, 0}), false},
  };
  for (const Row& row : rows) EXPECT_EQ(denies(row.data, type::aaaa), row.denies) << row.name;
  EXPECT_FALSE(denies(x, 256)) << "types of other blocks are not told of";
}

TEST(MdnsWire, a_writer_without_room_for_a_header_writes_nothing) {
  std::array<std::uint8_t, 11> room{};
  MessageWriter writer(room, 0, flag::response);
  EXPECT_FALSE(writer.question(*name_from_text("x.local"), type::a, false));
  EXPECT_TRUE(writer.finish().empty());
}

TEST(MdnsWire, data_whose_name_is_none_is_not_written) {
  std::array<std::uint8_t, 200> room{};
  MessageWriter writer(room, 0, flag::response);
  const Name x = *name_from_text("x.local");
  const Buffer cut{3, 'a'};
  EXPECT_FALSE(writer.record(Section::answer, x, {.type = type::ptr, .flush = false, .ttl = 1, .data = cut}));
  EXPECT_TRUE(writer.empty());
  const Buffer good = labels("y.local");
  EXPECT_TRUE(writer.record(Section::answer, x, {.type = type::ptr, .flush = false, .ttl = 1, .data = good}));
  EXPECT_EQ(take_apart(writer.finish(), {}, std::nullopt).records.at(0).target, "y.local");
}

/// RFC 1035 4.1.4: a pointer has 14 bits.
TEST(MdnsWire, RFC1035_4_1_4_no_name_points_farther_than_a_pointer_reaches) {
  std::vector<std::uint8_t> room(20000);
  MessageWriter writer(room, 0, flag::response);
  const Name x = *name_from_text("x.local");
  const Buffer filler(1000, 0);
  const MessageWriter::Entry txt{.type = type::txt, .flush = false, .ttl = 1, .data = filler};
  for (int i = 0; i < 17; ++i) ASSERT_TRUE(writer.record(Section::answer, x, txt));
  const Name far = *name_from_text("far.away");
  const Buffer a(4, 1);
  const MessageWriter::Entry address{.type = type::a, .flush = false, .ttl = 1, .data = a};
  ASSERT_GT(writer.finish().size(), 0x4000u);
  const std::size_t before = writer.finish().size();
  ASSERT_TRUE(writer.record(Section::answer, far, address));
  ASSERT_TRUE(writer.record(Section::answer, far, address));
  EXPECT_EQ(writer.finish().size(), before + 2 * (10 + 10 + 4)) << "spelled out both times";
  const Sent parsed = take_apart(writer.finish(), {}, std::nullopt);
  ASSERT_EQ(parsed.records.size(), 19u);
  EXPECT_EQ(parsed.records[16].name, "x.local");
  EXPECT_EQ(parsed.records[18].name, "far.away");
}

TEST(MdnsWire, RFC6762_18_no_part_of_a_message_is_one) {
  const Buffer whole = query_message()
                           .ask("host.local", type::a)
                           .record(labels("host.local"), type::a, 120, {192, 0, 2, 1})
                           .count(6)
                           .finish();
  EXPECT_TRUE(Message::parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Message::parse(Bytes(whole).first(size))) << size;
}

TEST(MdnsWire, RFC6762_6_1_types_of_one_byte_are_told_together_and_those_beyond_255_not) {
  const Name name = host_name(*Label::from("host"));
  std::array<std::uint8_t, 300> room{};
  const std::array<std::uint16_t, 5> types = {33, 35, 255, 256, 300};
  const Bytes nsec = Bytes(room).first(write_nsec(room, name, types));
  EXPECT_EQ(nsec.size(), name.wire().size() + 2 + 32);
  for (std::uint16_t type = 0; type < 256; ++type)
    EXPECT_EQ(denies(nsec, type), type != 33 && type != 35 && type != 255) << type;
}

TEST(MdnsWire, RFC6762_6_1_what_lies_behind_a_bitmap_is_not_read) {
  const Name name = host_name(*Label::from("host"));
  std::array<std::uint8_t, 300> room{};
  room.fill(0xff);
  const std::array<std::uint16_t, 1> types = {type::a};
  const Bytes nsec = Bytes(room).first(write_nsec(room, name, types));
  EXPECT_FALSE(denies(nsec, type::a));
  for (const std::uint16_t type : {std::uint16_t{8}, std::uint16_t{15}, std::uint16_t{255}})
    EXPECT_TRUE(denies(nsec, type)) << type;
}

TEST(MdnsWire, RFC6762_18_no_part_of_a_question_is_one) {
  const Buffer whole = query_message().ask("host.local", type::a).finish();
  EXPECT_TRUE(Message::parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Message::parse(Bytes(whole).first(size))) << size;
}

TEST(MdnsWire, RFC1035_4_1_4_each_end_of_a_name_of_eight_labels_is_pointed_to) {
  std::vector<std::uint8_t> room(600);
  MessageWriter writer(room, 0, 0);
  std::string rest = "a.b.c.d.e.f.g.local";
  ASSERT_TRUE(writer.question(*name_from_text(rest), type::a, false));
  std::size_t before = writer.finish().size();
  for (;; rest.erase(0, 2)) {
    ASSERT_TRUE(writer.question(*name_from_text("x." + rest), type::a, false));
    EXPECT_EQ(writer.finish().size(), before + 2 + 2 + 4) << rest;
    before = writer.finish().size();
    EXPECT_EQ(take_apart(writer.finish(), {}, std::nullopt).questions.back().name, "x." + rest);
    if (rest == "local") break;
  }
}

TEST(MdnsWire, RFC2181_11_a_label_may_begin_with_any_byte) {
  std::vector<std::uint8_t> room(200);
  MessageWriter writer(room, 0, 0);
  const Name odd = *name_from_text("\\000a.\\000b.local");
  ASSERT_TRUE(writer.question(odd, type::a, false));
  ASSERT_TRUE(writer.question(odd, type::aaaa, false));
  EXPECT_EQ(writer.finish().size(), 12u + 3 + 3 + 6 + 1 + 4 + 2 + 4);
  const auto message = Message::parse(writer.finish());
  ASSERT_TRUE(message);
  int questions = 0;
  message->for_each_question([&](const Question& question) {
    ++questions;
    EXPECT_TRUE(question.name.same_as(odd));
    EXPECT_EQ(question.type, questions == 1 ? type::a : type::aaaa);
  });
  EXPECT_EQ(questions, 2);
}

TEST(MdnsWire, RFC1035_4_1_4_the_first_place_that_no_pointer_reaches) {
  for (const std::size_t place : {std::size_t{0x3fff}, std::size_t{0x4000}}) {
    std::vector<std::uint8_t> room(20000);
    MessageWriter writer(room, 0, flag::response);
    const Name x = *name_from_text("x.local");
    const Buffer filler(place - 12 - 9 - 10, 0);
    ASSERT_TRUE(
        writer.record(Section::answer, x, {.type = type::txt, .flush = false, .ttl = 1, .data = filler}));
    ASSERT_EQ(writer.finish().size(), place);
    const Name far = *name_from_text("far");
    const Buffer a(4, 1);
    const MessageWriter::Entry address{.type = type::a, .flush = false, .ttl = 1, .data = a};
    ASSERT_TRUE(writer.record(Section::answer, far, address));
    const std::size_t before = writer.finish().size();
    ASSERT_TRUE(writer.record(Section::answer, far, address));
    EXPECT_EQ(writer.finish().size(), before + (place < 0x4000 ? 2 : 5) + 10 + 4);
    EXPECT_EQ(take_apart(writer.finish(), {}, std::nullopt).records.back().name, "far");
  }
}

TEST(MdnsWire, flags_are_added_to_those_that_are_set) {
  std::array<std::uint8_t, 64> room{};
  MessageWriter writer(room, 0x1234, flag::response);
  const std::uint16_t before = load16(writer.finish().data() + 2);
  writer.add_flags(flag::truncated);
  EXPECT_EQ(load16(writer.finish().data() + 2), before | flag::truncated);
  EXPECT_NE(before, 0);
  EXPECT_EQ(load16(writer.finish().data()), 0x1234);
}

}  // namespace
}  // namespace linnet::mdns
