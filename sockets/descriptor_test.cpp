// SPDX-License-Identifier: Apache-2.0
#include "sockets/descriptor.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "sockets/fd_set.hpp"

namespace linnet::sockets {
namespace {

constexpr SocketState stream{.kind = Kind::stream};

struct Table {
  explicit Table(std::size_t count, int first = 0)
      : memory(DescriptorTable::memory_needed(count) + Arena::alignment),
        arena(memory),
        table(arena, count, first) {}
  std::vector<std::uint8_t> memory;
  Arena arena;
  DescriptorTable table;
};

TEST(DescriptorTable, gives_the_lowest_free_number) {
  Table t(70);
  EXPECT_FALSE(t.arena.exhausted());
  for (int i = 0; i < 70; ++i) {
    Descriptor* row = t.table.allocate(stream);
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(t.table.number_of(*row), i);
  }
  EXPECT_EQ(t.table.allocate(stream), nullptr);
  t.table.release(*t.table.find(66));
  t.table.release(*t.table.find(3));
  EXPECT_EQ(t.table.used(), 68u);
  EXPECT_EQ(t.table.number_of(*t.table.allocate(stream)), 3);
  EXPECT_EQ(t.table.number_of(*t.table.allocate(stream)), 66);
  EXPECT_EQ(t.table.allocate(stream), nullptr);
}

TEST(DescriptorTable, random_use_agrees_with_a_set) {
  for (const std::size_t capacity : {1u, 31u, 32u, 33u, 100u}) {
    Table t(capacity);
    std::set<int> open;
    std::mt19937 random(static_cast<unsigned>(capacity));
    for (int step = 0; step < 5000; ++step) {
      if (random() % 2 == 0) {
        int lowest = 0;
        while (open.contains(lowest)) ++lowest;
        Descriptor* row = t.table.allocate(stream);
        if (open.size() == capacity) {
          ASSERT_EQ(row, nullptr);
        } else {
          ASSERT_NE(row, nullptr);
          ASSERT_EQ(t.table.number_of(*row), lowest);
          open.insert(lowest);
        }
      } else if (!open.empty()) {
        auto victim = open.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(random() % open.size()));
        t.table.release(*t.table.find(*victim));
        EXPECT_EQ(t.table.find(*victim), nullptr);
        open.erase(victim);
      }
      ASSERT_EQ(t.table.used(), open.size());
    }
  }
}

TEST(DescriptorTable, finds_only_open_descriptors) {
  Table t(4, 100);
  Descriptor* row = t.table.allocate(stream);
  EXPECT_EQ(t.table.find(100), row);
  for (const int fd : {-1, 0, 99, 101, 104, 2147483647, -2147483647 - 1})
    EXPECT_EQ(t.table.find(fd), nullptr) << fd;
  EXPECT_EQ(t.table.of_tag(t.table.tag_of(*row)), row);
  EXPECT_EQ(t.table.of_tag(0), nullptr);
  EXPECT_EQ(t.table.of_tag(5), nullptr);
  EXPECT_EQ(t.table.of_tag(0xffffffffu), nullptr);
  row->kind = Kind::lingering;
  EXPECT_EQ(t.table.find(100), nullptr) << "a descriptor whose close still waits is closed to everybody else";
  t.table.release(*row);
  EXPECT_EQ(t.table.of_tag(1), nullptr);
}

TEST(DescriptorTable, a_new_socket_has_nothing_of_the_old_one) {
  Table t(1);
  Descriptor* row = t.table.allocate(stream);
  row->non_blocking = true;
  row->last_error = 5;
  row->options.no_delay = true;
  t.table.release(*row);
  row = t.table.allocate(stream);
  EXPECT_FALSE(row->non_blocking);
  EXPECT_EQ(row->last_error, 0);
  EXPECT_FALSE(row->options.no_delay);
}

TEST(FdSet, members_and_numbers_outside) {
  FdSet set;
  for (const int fd : {0, 31, 32, 1023}) {
    EXPECT_FALSE(set.contains(fd));
    set.add(fd);
    EXPECT_TRUE(set.contains(fd));
    EXPECT_FALSE(set.contains(fd + 1));
  }
  for (const int fd : {-1, 1024, 2147483647}) {
    set.add(fd);
    set.remove(fd);
    EXPECT_FALSE(set.contains(fd));
  }
  set.remove(31);
  EXPECT_FALSE(set.contains(31));
  EXPECT_TRUE(set.contains(32));
  set.clear();
  EXPECT_EQ(set, FdSet());
}

}  // namespace
}  // namespace linnet::sockets
