// SPDX-License-Identifier: Apache-2.0
// Names, their text, TXT records, and messages as they are written.
#include "services/mdns/names.hpp"

#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

std::string text(const Name& name) { return std::string(NameText(name).view()); }

TEST(MdnsNames, RFC6763_7_service_types) {
  for (const std::string_view good :
       {"_http._tcp", "_http._udp", "_a-1._TCP", "_abcdefghijklmno._tcp", "_1a._udp"}) {
    EXPECT_TRUE(service_type(good)) << good;
  }
  for (const std::string_view bad : {"",
                                     "_",
                                     "http._tcp",
                                     "_http",
                                     "_http._sctp",
                                     "_._tcp",
                                     "_abcdefghijklmnop._tcp",
                                     "_-a._tcp",
                                     "_a-._tcp",
                                     "_a--b._tcp",
                                     "_123._tcp",
                                     "_a b._tcp",
                                     "_http._tcp.local",
                                     "_http.tcp",
                                     ".",
                                     "_http._",
                                     "_a{b._tcp",
                                     "_http.tcp_",
                                     "_http._xcp",
                                     "_http._tdp",
                                     "_http._ucp",
                                     "_http._tcx",
                                     "_http._udx"}) {
    EXPECT_FALSE(service_type(bad)) << bad;
  }
  EXPECT_EQ(text(*service_type("_http._tcp")), "_http._tcp.local");
}

TEST(MdnsNames, RFC6762_4_and_RFC3596_2_5_reverse_names) {
  EXPECT_EQ(text(reverse_name(IpAddress::v4(192, 0, 2, 50))), "50.2.0.192.in-addr.arpa");
  EXPECT_EQ(text(reverse_name(*IpAddress::parse("fe80::1"))),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa");
}

TEST(MdnsNames, RFC6762_3_and_4_which_names_are_of_the_link) {
  for (const std::string_view local :
       {"host.local", "HOST.LOCAL", "a.b.local", "local", "1.0.254.169.in-addr.arpa", "0.8.e.f.ip6.arpa",
        "9.e.f.ip6.arpa", "a.e.f.ip6.arpa", "0.B.E.F.IP6.ARPA"}) {
    EXPECT_TRUE(is_local(*name_from_text(local))) << local;
  }
  for (const std::string_view other :
       {"local.example", "localhost", "host.xlocal", "1.0.168.192.in-addr.arpa", "0.7.e.f.ip6.arpa",
        "0.c.e.f.ip6.arpa", "88.e.f.ip6.arpa", "0.e.f.ip6.arpa"}) {
    EXPECT_FALSE(is_local(*name_from_text(other))) << other;
  }
  EXPECT_FALSE(is_local(Name())) << "the root";
}

TEST(MdnsNames, RFC6763_4_3_text_of_names_and_back) {
  const Name name = instance_name(*Label::from("a.b\\c d"), *service_type("_http._tcp"));
  EXPECT_EQ(text(name), "a\\.b\\\\c d._http._tcp.local");
  EXPECT_TRUE(*name_from_text(text(name)) == name);
  EXPECT_EQ(name_from_text("a\\.b\\.")->first_label().size(), 4u);
  for (const std::string_view bad : {"", ".", "a..b", "a\\", "a\\25", "a\\256", ".a", "a\\2x5", "a\\25x"})
    EXPECT_FALSE(name_from_text(bad)) << bad;
  EXPECT_EQ(name_from_text("\\255\\000")->first_label().size(), 2u);
  EXPECT_TRUE(name_from_text("a.")) << "with the root's dot";
  EXPECT_FALSE(name_from_text(std::string(64, 'x')));
  // RFC 1035 3.1: 255 bytes with the root and the lengths of labels.
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_TRUE(name_from_text(longest));
  EXPECT_FALSE(name_from_text(longest + "b"));
  EXPECT_FALSE(name_from_text(longest + "b."));
}

TEST(MdnsNames, RFC6762_16_host_labels) {
  for (const std::string_view good : {"a", "host-1", "B\xc3\xbcro"}) EXPECT_TRUE(Label::host(good)) << good;
  for (const std::string_view bad : {"", "a.b", "a b", "a_b", "a{", "a\n"})
    EXPECT_FALSE(Label::host(bad)) << bad;
  for (const std::string_view bad : {"a\n", "\x1f", "a\x7f"})
    EXPECT_FALSE(Label::from(bad)) << "RFC 6763 4.1.1";
  EXPECT_TRUE(Label::from(std::string(63, 'x')));
  EXPECT_FALSE(Label::from(std::string(64, 'x')));
}

TEST(MdnsNames, RFC6763_D_numbered_labels_end_where_a_character_does) {
  const auto numbered_text = [](const std::string& base, std::uint32_t number, Numbering style) {
    return std::string(numbered(*Label::from(base), number, style).text());
  };
  EXPECT_EQ(numbered_text("host", 1, Numbering::host), "host");
  EXPECT_EQ(numbered_text("host", 2, Numbering::host), "host-2");
  EXPECT_EQ(numbered_text("Web", 12, Numbering::instance), "Web (12)");
  std::string umlauts;
  while (umlauts.size() < 62) umlauts += "\xc3\xbc";
  EXPECT_EQ(numbered_text(umlauts, 2, Numbering::instance), umlauts.substr(0, 58) + " (2)");
  EXPECT_EQ(numbered_text("x" + umlauts, 2, Numbering::instance), "x" + umlauts.substr(0, 58) + " (2)");
  EXPECT_EQ(numbered_text(std::string(63, '\x80'), 2, Numbering::host), "-2") << "where no character begins";
}

TEST(MdnsNames, RFC6763_D_the_number_of_a_label_is_read_back) {
  struct Row {
    const char* label;
    Numbering style;
    std::optional<std::uint32_t> number;
  };
  using enum Numbering;
  const Row rows[] = {
      {"host", host, 1},
      {"host-2", host, 2},
      {"host-9999", host, 9999},
      {"host-10000", host, std::nullopt},
      {"host-1", host, std::nullopt},
      {"host-0", host, std::nullopt},
      {"host-", host, std::nullopt},
      {"host-2x", host, std::nullopt},
      {"host-/", host, std::nullopt},
      {"hos", host, std::nullopt},
      {"host (2)", instance, 2},
      {"host (9999)", instance, 9999},
      {"host (10000)", instance, std::nullopt},
      {"host ()", instance, std::nullopt},
      {"host (x)", instance, std::nullopt},
  };
  const Label base = *Label::from("host");
  for (const Row& row : rows) {
    const auto label = Label::from(row.label);
    EXPECT_EQ(number_of(label->bytes(), base, row.style), row.number) << row.label;
  }
}

TEST(MdnsTxt, RFC6763_6_keys_and_values_of_any_bytes) {
  std::array<std::uint8_t, 40> room{};
  TxtWriter writer(room);
  const Buffer binary{0, '=', 0xff};
  EXPECT_TRUE(writer.add("flag"));
  EXPECT_TRUE(writer.add("Bin", binary));
  EXPECT_TRUE(writer.add("empty", Bytes()));
  EXPECT_TRUE(writer.add("bin", Bytes()));
  EXPECT_FALSE(writer.add("")) << "RFC 6763 6.4";
  EXPECT_FALSE(writer.add("a=b"));
  EXPECT_FALSE(writer.add("a\n"));
  EXPECT_FALSE(writer.add("a\x7f"));
  EXPECT_FALSE(writer.add("a", Buffer(254)));
  const Bytes txt = writer.finish();
  EXPECT_TRUE(is_txt(txt));
  ASSERT_TRUE(txt_value(txt, "flag"));
  EXPECT_TRUE(txt_value(txt, "FLAG")->empty());
  const Bytes found = *txt_value(txt, "bin");
  EXPECT_EQ(Buffer(found.begin(), found.end()), binary) << "the first counts";
  EXPECT_TRUE(txt_value(txt, "empty"));
  EXPECT_FALSE(txt_value(txt, "fla"));
  EXPECT_FALSE(txt_value(txt, "flags"));
  EXPECT_FALSE(txt_value(txt, ""));
  EXPECT_FALSE(txt_value(Buffer{5, 'a'}, "a")) << "a string that is not all there";
}

TEST(MdnsTxt, RFC6763_6_1_a_string_has_255_bytes_at_most) {
  std::array<std::uint8_t, 600> room{};
  TxtWriter writer(room);
  EXPECT_TRUE(writer.add(std::string(255, 'k')));
  EXPECT_FALSE(writer.add(std::string(256, 'k')));
  EXPECT_TRUE(writer.add("k", Buffer(253)));
  EXPECT_FALSE(writer.add("k", Buffer(254)));
  EXPECT_FALSE(writer.add("k", Buffer(255)));
  EXPECT_EQ(writer.finish().size(), 512u);
  EXPECT_FALSE(writer.add("k", Buffer(90))) << "no room";
  EXPECT_TRUE(writer.add("key[", Buffer(80)));
  EXPECT_TRUE(txt_value(writer.finish(), "KEY["));
  EXPECT_FALSE(txt_value(writer.finish(), "KEY{")) << "only the case of letters does not count";
}

TEST(MdnsWire, RFC6762_18_14_names_are_compressed_in_data_too) {
  std::array<std::uint8_t, 512> room{};
  MessageWriter writer(room, 0, flag::response);
  const Name type_name = *service_type("_http._tcp");
  const Name instance = instance_name(*Label::from("Web"), type_name);
  const Buffer srv = srv_data("host.local", 80);
  EXPECT_TRUE(writer.record(Section::answer, type_name,
                            {.type = type::ptr, .flush = false, .ttl = 1, .data = instance.wire()}));
  EXPECT_TRUE(
      writer.record(Section::answer, instance, {.type = type::srv, .flush = true, .ttl = 1, .data = srv}));
  const Bytes message = writer.finish();
  // 12; the type and its pointer: 18 + 10 + (4 + 2); the service: 2 + 10 + 6 + (5 + 2).
  EXPECT_EQ(message.size(), 12u + 18 + 10 + 6 + 2 + 10 + 6 + 7);
  const Sent parsed = take_apart(message, {}, std::nullopt);
  EXPECT_EQ(parsed.records.at(0).target, "Web._http._tcp.local");
  EXPECT_EQ(parsed.records.at(1).target, "host.local");
}

TEST(MdnsWire, what_does_not_fit_is_not_written_at_all) {
  std::array<std::uint8_t, 60> room{};
  MessageWriter writer(room, 0, flag::response);
  const Name name = host_name(*Label::from("host"));
  const Buffer data(4);
  EXPECT_TRUE(writer.record(Section::answer, name, {.type = type::a, .flush = true, .ttl = 1, .data = data}));
  const std::size_t before = writer.finish().size();
  EXPECT_FALSE(writer.record(Section::answer, host_name(*Label::from("another")),
                             {.type = type::txt, .flush = true, .ttl = 1, .data = Buffer(30)}));
  EXPECT_EQ(writer.finish().size(), before);
  EXPECT_TRUE(writer.record(Section::answer, name, {.type = type::a, .flush = true, .ttl = 1, .data = data}));
  EXPECT_EQ(take_apart(writer.finish(), {}, std::nullopt).records.size(), 2u);
}

TEST(MdnsWire, RFC6762_6_1_what_an_nsec_record_denies) {
  const Name name = host_name(*Label::from("host"));
  std::array<std::uint8_t, 300> room{};
  const std::array<std::uint16_t, 2> types = {type::a, type::srv};
  const Bytes nsec = Bytes(room).first(write_nsec(room, name, types));
  EXPECT_FALSE(denies(nsec, type::a));
  EXPECT_FALSE(denies(nsec, type::srv));
  EXPECT_TRUE(denies(nsec, type::aaaa));
  EXPECT_TRUE(denies(nsec, type::txt));
  EXPECT_TRUE(denies(nsec, 200)) << "behind the bitmap's end";
  EXPECT_FALSE(denies(nsec, 256)) << "another block";
  for (std::size_t size = name.wire().size() + 1; size < nsec.size(); ++size)
    EXPECT_FALSE(denies(nsec.first(size), type::aaaa));
}

TEST(MdnsNames, RFC1035_5_1_a_byte_is_written_with_three_digits_or_not_at_all) {
  EXPECT_TRUE(name_from_text("a\\049b.local")->same_as(*name_from_text("a1b.local")));
  for (const char* bad :
       {"a\\0", "a\\04", "a\\0x9b", "a\\04xb", "a\\0xxb", "a\\04.local", "a\\256b", "a\\1/9"})
    EXPECT_FALSE(name_from_text(bad)) << bad;
}

TEST(MdnsTxt, RFC6763_6_1_a_string_may_fill_the_room) {
  std::array<std::uint8_t, 10> room{};
  TxtWriter writer(room);
  EXPECT_TRUE(writer.add("flag"));
  EXPECT_FALSE(writer.add("flags"));
  EXPECT_TRUE(writer.add("half"));
  EXPECT_EQ(writer.finish().size(), room.size());
}

TEST(MdnsTxt, RFC6763_6_4_nothing_is_found_behind_the_end_of_a_string_or_of_them_all) {
  const auto finds = [](const Buffer& bytes, std::size_t size, std::string_view key) {
    return txt_value(Bytes(bytes).first(size), key).has_value();
  };
  const Buffer cut{1, 'a', 5, 'b', '=', 'c', 'd', 'e'};
  EXPECT_TRUE(finds(cut, cut.size(), "b"));
  for (std::size_t size = 3; size < cut.size(); ++size) {
    EXPECT_FALSE(finds(cut, size, "b")) << size;
    EXPECT_TRUE(finds(cut, size, "a")) << size;
  }
  const Buffer first{3, 'k', '=', 'v'};
  EXPECT_FALSE(finds(first, 3, "k"));
  // The length of the next string is no letter of this one.
  Buffer next{3, 'f', 'l', 'a', 'a', '='};
  next.resize(5 + 'a', 'x');
  EXPECT_TRUE(is_txt(next));
  EXPECT_FALSE(finds(next, next.size(), "flaa"));
  EXPECT_FALSE(finds({2, '=', 'x'}, 3, "")) << "RFC 6763 6.4: without a key it is ignored";
}

}  // namespace
}  // namespace linnet::mdns
