// SPDX-License-Identifier: Apache-2.0
// RFC 3376 3.2 and RFC 3810 4.2: from the filters of sockets to that of their interface.
#include "core/ip/source_filter.hpp"

#include "core/ip/test_groups.hpp"

namespace linnet::ip::test {
namespace {

/// Of sockets with these filters, the interface's.
Filter merged(const std::vector<Filter>& filters) {
  std::vector<std::vector<IpAddress>> lists;
  for (const Filter& filter : filters) lists.push_back(filter.addresses(true));
  Filter result;
  result.mode = merge_filters(
      [&](const auto& visit) {
        for (std::size_t i = 0; i < filters.size(); ++i) visit(SourceFilter{filters[i].mode, lists[i]});
      },
      [&](const IpAddress& address) {
        const std::uint8_t n = address.bytes()[15];
        if (std::find(result.sources.begin(), result.sources.end(), n) == result.sources.end())
          result.sources.push_back(n);
      });
  return result;
}

std::string text_of(const Filter& filter) {
  return text(filter.mode == FilterMode::include ? "INCLUDE" : "EXCLUDE", filter.sources);
}

TEST(SourceFilter, RFC3376_3_2_and_RFC3810_4_2_the_examples) {
  struct Row {
    std::vector<Filter> sockets;
    const char* interface;
  };
  // a to g of the examples are 1 to 7.
  for (const Row& row :
       {Row{{exclude({1, 2, 3, 4}), exclude({2, 3, 4, 5})}, "EXCLUDE(2 3 4)"},
        Row{{exclude({1, 2, 3, 4}), exclude({2, 3, 4, 5}), include({4, 5, 6})}, "EXCLUDE(2 3)"},
        Row{{include({1, 2, 3}), include({2, 3, 4}), include({5, 6})}, "INCLUDE(1 2 3 4 5 6)"},
        Row{{exclude()}, "EXCLUDE()"}, Row{{exclude({1}), exclude()}, "EXCLUDE()"},
        Row{{include({1}), exclude()}, "EXCLUDE()"}, Row{{}, "INCLUDE()"}})
    EXPECT_EQ(text_of(merged(row.sockets)), row.interface);
}

TEST(SourceFilter, RFC3376_3_2_an_interface_permits_what_any_of_its_sockets_does) {
  const std::vector<Filter> filters = all_filters(3);
  for (const Filter& a : filters) {
    for (const Filter& b : filters) {
      for (const Filter& c : filters) {
        const Filter interface = merged({a, b, c});
        for (std::uint8_t n = 1; n <= 4; ++n)
          ASSERT_EQ(interface.permits(n), a.permits(n) || b.permits(n) || c.permits(n))
              << text_of(a) << text_of(b) << text_of(c) << int{n};
        EXPECT_EQ(interface.mode == FilterMode::exclude, a.mode == FilterMode::exclude ||
                                                             b.mode == FilterMode::exclude ||
                                                             c.mode == FilterMode::exclude);
      }
    }
  }
}

TEST(SourceFilter, a_list_is_a_bounded_set) {
  std::array<IpAddress, 2> room;
  SourceList list(room);
  EXPECT_TRUE(list.add(source(true, 1)));
  EXPECT_TRUE(list.add(source(true, 1))) << "there already";
  EXPECT_TRUE(list.add(source(true, 2)));
  EXPECT_FALSE(list.add(source(true, 3)));
  EXPECT_FALSE(list.remove(source(true, 3)));
  EXPECT_TRUE(list.remove(source(true, 1)));
  ASSERT_EQ(list.all().size(), 1u);
  EXPECT_EQ(list.all()[0], source(true, 2));
}

}  // namespace
}  // namespace linnet::ip::test
