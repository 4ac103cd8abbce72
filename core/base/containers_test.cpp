// SPDX-License-Identifier: Apache-2.0
// Arena, ObjectPool, IntrusiveList, HashTable.
#include <gtest/gtest.h>

#include <limits>
#include <list>
#include <map>
#include <random>
#include <vector>

#include "core/base/hash_table.hpp"
#include "core/base/intrusive_list.hpp"
#include "core/base/object_pool.hpp"
#include "core/base/test_memory.hpp"

namespace linnet {
namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

TEST(Arena, allocations_are_aligned_and_apart) {
  test::OwnedArena owned(256);
  std::uint8_t* previous = nullptr;
  for (const std::size_t size : {1u, 15u, 16u, 17u, 3u}) {
    std::uint8_t* p = owned.arena.allocate(size);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % Arena::alignment, 0u);
    EXPECT_TRUE(previous == nullptr || p >= previous + 16);
    std::memset(p, 0xff, size);
    previous = p;
  }
  EXPECT_EQ(owned.arena.used(), 16u + 16 + 16 + 32 + 16);
}

TEST(Arena, memory_that_is_not_aligned_is_used_from_where_it_is) {
  for (std::size_t offset = 0; offset < 16; ++offset) {
    alignas(16) std::array<std::uint8_t, 64> memory{};
    Arena arena(MutableBytes(memory).subspan(offset, 40));
    const std::uint8_t* p = arena.allocate(16);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 16, 0u);
    EXPECT_GE(p, memory.data() + offset);
    while (const std::uint8_t* next = arena.allocate(1)) EXPECT_LE(next + 16, memory.data() + offset + 40);
    Arena tiny(MutableBytes(memory).subspan(offset, 3));
    EXPECT_EQ(tiny.allocate(16), nullptr);
  }
}

TEST(Arena, exhaustion_is_told_and_remembered) {
  test::OwnedArena owned(64);
  EXPECT_NE(owned.arena.allocate(48), nullptr);
  EXPECT_FALSE(owned.arena.exhausted());
  EXPECT_EQ(owned.arena.allocate(17), nullptr);
  EXPECT_TRUE(owned.arena.exhausted());
  EXPECT_NE(owned.arena.allocate(16), nullptr) << "what still fits is given";
  EXPECT_TRUE(owned.arena.exhausted());
  Arena nothing({});
  EXPECT_EQ(nothing.allocate(1), nullptr);
  EXPECT_TRUE(nothing.make_array<int>(1).empty());
  EXPECT_TRUE(nothing.exhausted());
}

TEST(Arena, C25_01_sizes_near_the_limits_fail_cleanly) {
  struct Wide {
    std::uint8_t bytes[24];
  };
  for (std::size_t step = 0; step < 40; ++step) {
    test::OwnedArena owned(256);
    EXPECT_EQ(owned.arena.allocate(most - step), nullptr);
    EXPECT_EQ(owned.arena.allocate(most / 2 + step), nullptr);
    EXPECT_TRUE(owned.arena.make_array<Wide>(most - step).empty());
    EXPECT_TRUE(owned.arena.make_array<Wide>(most / sizeof(Wide) + step).empty());
    EXPECT_TRUE(owned.arena.make_array<Wide>(most / sizeof(Wide) - step).empty());
    EXPECT_TRUE(owned.arena.make_array<std::uint8_t>(most - step).empty());
    EXPECT_TRUE(owned.arena.exhausted());
    EXPECT_EQ(owned.arena.used(), 0u);
    EXPECT_GE(Arena::bytes_for<Wide>(most - step), most / 2) << "a need that no memory can meet";
    EXPECT_GE(Arena::bytes_for<Wide>(most / sizeof(Wide) + step), most - 64);
    EXPECT_GE(Arena::bytes_for<std::uint8_t>(most - step), most - 64);
  }
}

TEST(Arena, arrays_are_initialised_and_take_what_bytes_for_says) {
  struct Item {
    int value = 7;
    std::uint8_t rest[3]{};
  };
  test::OwnedArena owned(Arena::bytes_for<Item>(5));
  std::memset(owned.memory.data(), 0xaa, Arena::bytes_for<Item>(5));
  const auto items = owned.arena.make_array<Item>(5);
  ASSERT_EQ(items.size(), 5u);
  for (const Item& item : items) EXPECT_EQ(item.value, 7);
  EXPECT_EQ(owned.arena.used(), Arena::bytes_for<Item>(5));
  EXPECT_FALSE(owned.arena.exhausted());
  EXPECT_TRUE(owned.arena.make_array<Item>(0).empty());
  EXPECT_FALSE(owned.arena.exhausted()) << "nothing was asked for";
}

struct Object {
  explicit Object(int v, int* l = nullptr) : value(v), living(l) {
    if (living != nullptr) ++*living;
  }
  ~Object() {
    if (living != nullptr) --*living;
  }
  int value;
  int* living;
};

template <typename T>
struct OwnedObjects {
  explicit OwnedObjects(std::size_t capacity)
      : owned(ObjectPool<T>::memory_needed(capacity)), pool(owned.arena, capacity) {}
  test::OwnedArena owned;
  ObjectPool<T> pool;
};

TEST(ObjectPool, objects_are_found_by_their_handles) {
  OwnedObjects<Object> objects(3);
  EXPECT_FALSE(objects.owned.arena.exhausted());
  EXPECT_EQ(objects.pool.capacity(), 3u);
  int living = 0;
  Object* a = objects.pool.create(1, &living);
  Object* b = objects.pool.create(2, &living);
  const auto handle = objects.pool.handle_of(*b);
  EXPECT_TRUE(handle);
  EXPECT_EQ(objects.pool.find(handle), b);
  EXPECT_NE(objects.pool.handle_of(*a), handle);
  EXPECT_EQ(objects.pool.used(), 2u);
  EXPECT_EQ(objects.pool.free(), 1u);
  objects.pool.destroy(*a);
  EXPECT_EQ(living, 1) << "destructors run";
  EXPECT_EQ(objects.pool.find(handle), b) << "the others stay where they are";
}

TEST(ObjectPool, a_stale_handle_finds_nothing) {
  OwnedObjects<Object> objects(1);
  std::vector<Handle<Object>> old;
  for (int i = 0; i < 1000; ++i) {
    Object* object = objects.pool.create(i);
    ASSERT_NE(object, nullptr);
    for (const auto& handle : old) ASSERT_EQ(objects.pool.find(handle), nullptr);
    old.push_back(objects.pool.handle_of(*object));
    objects.pool.destroy(*object);
    ASSERT_EQ(objects.pool.find(old.back()), nullptr);
  }
  EXPECT_EQ(objects.pool.find({}), nullptr);
  EXPECT_EQ(objects.pool.find({.index = 1, .generation = 0}), nullptr) << "out of range";
  EXPECT_EQ(objects.pool.find({.index = 0xfffe, .generation = 0}), nullptr);
  EXPECT_FALSE(Handle<Object>{});
}

TEST(ObjectPool, is_exhausted_and_recovers) {
  OwnedObjects<Object> objects(4);
  std::vector<Object*> all;
  for (int i = 0; i < 4; ++i) all.push_back(objects.pool.create(i));
  EXPECT_EQ(objects.pool.create(9), nullptr);
  objects.pool.destroy(*all[2]);
  EXPECT_EQ(objects.pool.create(9), all[2]);
  EXPECT_EQ(objects.pool.create(9), nullptr);
}

TEST(ObjectPool, visits_what_lives) {
  OwnedObjects<Object> objects(5);
  std::vector<Object*> all;
  for (int i = 0; i < 5; ++i) all.push_back(objects.pool.create(i));
  objects.pool.destroy(*all[1]);
  objects.pool.destroy(*all[4]);
  std::vector<int> seen;
  objects.pool.for_each([&seen](const Object& object) { seen.push_back(object.value); });
  EXPECT_EQ(seen, (std::vector{0, 2, 3}));
  objects.pool.for_each([&objects](Object& object) { objects.pool.destroy(object); });
  EXPECT_EQ(objects.pool.used(), 0u);
}

TEST(ObjectPool, an_exhausted_arena_makes_an_empty_pool) {
  test::OwnedArena owned(16);
  ObjectPool<Object> pool(owned.arena, 100);
  EXPECT_TRUE(owned.arena.exhausted());
  EXPECT_EQ(pool.capacity(), 0u);
  EXPECT_EQ(pool.create(1), nullptr);
  EXPECT_EQ(pool.find({.index = 0}), nullptr);
}

TEST(ObjectPool, takes_no_more_than_handles_can_name) {
  struct Small {
    std::uint8_t byte = 0;
  };
  for (const std::size_t capacity : {std::size_t{65'534}, std::size_t{65'535}, std::size_t{70'000}}) {
    OwnedObjects<Small> objects(capacity);
    std::size_t made = 0;
    Handle<Small> last;
    while (const Small* object = objects.pool.create()) {
      ++made;
      last = objects.pool.handle_of(*object);
      ASSERT_TRUE(last);
      ASSERT_EQ(objects.pool.find(last), object);
    }
    EXPECT_EQ(made, std::min<std::size_t>(capacity, 65'535));
  }
}

struct TagA;
struct TagB;
struct Item : ListNode<TagA>, ListNode<TagB> {
  int id = 0;
};

TEST(IntrusiveList, behaves_as_a_list) {
  std::mt19937 random(1);
  std::vector<Item> items(20);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].id = static_cast<int>(i);
  IntrusiveList<Item, TagA> list;
  std::list<int> model;
  for (int step = 0; step < 20'000; ++step) {
    Item& item = items[random() % items.size()];
    const bool linked = item.ListNode<TagA>::linked();
    ASSERT_EQ(linked, std::find(model.begin(), model.end(), item.id) != model.end());
    switch (random() % 4) {
      case 0:
        if (linked) break;
        list.push_back(item);
        model.push_back(item.id);
        break;
      case 1:
        if (linked) break;
        list.push_front(item);
        model.push_front(item.id);
        break;
      case 2:
        item.ListNode<TagA>::unlink();
        model.remove(item.id);
        break;
      default: {
        const Item* front = list.pop_front();
        ASSERT_EQ(front == nullptr, model.empty());
        if (front == nullptr) break;
        ASSERT_EQ(front->id, model.front());
        model.pop_front();
      }
    }
    ASSERT_EQ(list.empty(), model.empty());
    std::list<int> seen;
    for (const Item* each = list.front(); each != nullptr; each = list.next(*each)) seen.push_back(each->id);
    ASSERT_EQ(seen, model);
    ASSERT_EQ(list.back(), model.empty() ? nullptr : &items[static_cast<std::size_t>(model.back())]);
  }
}

TEST(IntrusiveList, one_object_may_be_in_several_lists) {
  Item item;
  IntrusiveList<Item, TagA> a;
  IntrusiveList<Item, TagB> b;
  a.push_back(item);
  b.push_back(item);
  item.ListNode<TagA>::unlink();
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(b.front(), &item);
  const auto& constant = b;
  EXPECT_EQ(constant.front(), &item);
  EXPECT_EQ(constant.next(item), nullptr);
}

struct TableTag;
struct Entry : HashNode<Entry, TableTag> {
  int key = 0;
};

TEST(HashTable, chains_are_a_power_of_two) {
  using Table = HashTable<Entry, TableTag>;
  EXPECT_EQ(Table::chains_for(0), 1u);
  EXPECT_EQ(Table::chains_for(1), 1u);
  EXPECT_EQ(Table::chains_for(5), 8u);
  EXPECT_EQ(Table::chains_for(64), 64u);
  test::OwnedArena owned(Table::memory_needed(5));
  Table table(owned.arena, 5);
  EXPECT_FALSE(owned.arena.exhausted());
}

TEST(HashTable, finds_what_is_in_it_whatever_the_hashes) {
  using Table = HashTable<Entry, TableTag>;
  for (const std::uint32_t spread : {1u, 3u, 100u, 0xffffffffu}) {  // 1: all in one chain with one hash
    std::mt19937 random(spread);
    test::OwnedArena owned(Table::memory_needed(16));
    Table table(owned.arena, 16);
    std::vector<Entry> entries(60);
    std::vector<bool> in(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].key = static_cast<int>(i);
    const auto hash_of = [spread](int key) { return static_cast<std::uint32_t>(key) * 2654435761u % spread; };
    for (int step = 0; step < 20'000; ++step) {
      const std::size_t i = random() % entries.size();
      const int key = entries[i].key;
      Entry* found = table.find(hash_of(key), [key](const Entry& entry) { return entry.key == key; });
      ASSERT_EQ(found, in[i] ? &entries[i] : nullptr);
      if (in[i]) {
        table.remove(entries[i]);
      } else {
        table.insert(entries[i], hash_of(key));
      }
      in[i] = !in[i];
    }
    Entry stranger;
    table.remove(stranger);  // of what is not in it: nothing
  }
}

TEST(Arena, an_array_that_only_other_allocations_left_no_room_for_is_empty) {
  test::OwnedArena owned(64);
  ASSERT_NE(owned.arena.allocate(48), nullptr);
  EXPECT_TRUE(owned.arena.make_array<std::uint64_t>(4).empty());
  EXPECT_TRUE(owned.arena.exhausted());
}

TEST(IntrusiveList, members_are_put_behind_one_another_and_found_before) {
  std::array<Item, 3> items;
  IntrusiveList<Item, TagA> list;
  list.push_back(items[0]);
  list.push_back(items[2]);
  list.insert_after(items[0], items[1]);
  EXPECT_EQ(list.next(items[0]), &items[1]);
  EXPECT_EQ(list.previous(items[2]), &items[1]);
  EXPECT_EQ(list.previous(items[0]), nullptr);
  while (list.pop_front() != nullptr) continue;
}

TEST(ObjectPool, an_allocation_that_is_made_to_fail_leaves_everything_as_it_was) {
  if (!FailingAllocations::possible) GTEST_SKIP() << "only in builds with sanitizers or counters";
  test::OwnedArena owned(ObjectPool<int>::memory_needed(2));
  ObjectPool<int> pool(owned.arena, 2);
  failing_allocations.begin(2);
  int* first = pool.create(1);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(pool.create(2), nullptr) << "the second";
  EXPECT_NE(pool.create(3), nullptr) << "and no other";
  EXPECT_EQ(failing_allocations.seen(), 3u);
  failing_allocations.begin(0);
}

}  // namespace
}  // namespace linnet
