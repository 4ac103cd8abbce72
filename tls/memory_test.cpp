// SPDX-License-Identifier: Apache-2.0
#include "tls/memory.hpp"

#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::carry;
using test::Pair;
using test::TestIdentity;
using test::text_of;

struct alignas(Memory::alignment) Area {
  std::array<std::uint8_t, 4096> bytes{};
};

TEST(TlsMemory, blocks_are_aligned_zeroed_apart_and_counted) {
  Area area;
  area.bytes.fill(0xee);
  Memory memory(area.bytes);
  std::vector<std::uint8_t*> blocks;
  for (const std::size_t size : {1u, 17u, 0u, 300u, 64u}) {
    auto* block = static_cast<std::uint8_t*>(memory.allocate(size));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % Memory::alignment, 0u);
    EXPECT_TRUE(std::all_of(block, block + size, [](std::uint8_t byte) { return byte == 0; }));
    std::fill_n(block, size, std::uint8_t{0xaa});
    blocks.push_back(block);
  }
  EXPECT_GE(memory.used(), 1u + 17 + 300 + 64);
  EXPECT_EQ(memory.calls(), 5u);
  for (std::uint8_t* block : blocks) memory.release(block);
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_GT(memory.peak(), 0u);
  memory.release(nullptr);
}

TEST(TlsMemory, what_is_given_back_in_any_order_is_one_piece_again) {
  for (std::uint8_t seed = 1; seed < 20; ++seed) {
    Area area;
    Memory memory(area.bytes);
    const std::size_t whole = memory.largest_free();
    Random random(test::seed_of(seed));
    std::vector<void*> blocks;
    for (int i = 0; i < 400; ++i) {
      if (blocks.empty() || random.below(3) != 0) {
        if (void* block = memory.allocate(random.below(200))) blocks.push_back(block);
      } else {
        const std::size_t at = random.below(static_cast<std::uint32_t>(blocks.size()));
        memory.release(blocks[at]);
        blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    EXPECT_GT(memory.failures(), 0u) << "it was full at times";
    for (void* block : blocks) memory.release(block);
    EXPECT_EQ(memory.used(), 0u);
    EXPECT_EQ(memory.largest_free(), whole) << int{seed};
  }
}

TEST(TlsMemory, more_than_there_is_is_null) {
  Area area;
  Memory memory(area.bytes);
  EXPECT_EQ(memory.allocate(area.bytes.size()), nullptr);
  EXPECT_EQ(memory.allocate(~std::size_t{0}), nullptr);
  EXPECT_NE(memory.allocate(memory.largest_free()), nullptr);
  EXPECT_EQ(memory.allocate(0), nullptr) << "nothing is left for a block's head";
  Memory none({});
  EXPECT_EQ(none.allocate(1), nullptr);
  EXPECT_EQ(none.largest_free(), 0u);
  Memory odd(MutableBytes(area.bytes).subspan(1, 200));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(odd.allocate(8)) % Memory::alignment, 0u);
}

TEST(TlsMemory, the_lock_is_held_around_each_call) {
  struct Count {
    int depth = 0;
    int locks = 0;
  } count;
  Area area;
  Memory memory(area.bytes, {&count,
                             [](void* c) {
                               EXPECT_EQ(static_cast<Count*>(c)->depth++, 0);
                               ++static_cast<Count*>(c)->locks;
                             },
                             [](void* c) { --static_cast<Count*>(c)->depth; }});
  memory.release(memory.allocate(8));
  EXPECT_EQ(count.depth, 0);
  EXPECT_EQ(count.locks, 2);
}

/// mbedTLS's memory is `memory` while this lives.
class TlsInMemory : public ::testing::Test {
 protected:
  TlsInMemory() {
    // The first connection makes what mbedTLS 3.6 then keeps for all of them.
    const TestIdentity device({"device.example"});
    Pair first({.host_name = "device.example", .trust = &device.trust}, {.identity = &device.identity});
    EXPECT_TRUE(first.shake());
    attach(memory);
  }
  ~TlsInMemory() override {
    if (detach_memory()) return;
    ADD_FAILURE() << memory.used() << " bytes are still in use";
    static_cast<void>(piece.release());  // by somebody who would trample on what comes next
  }

  struct Piece {
    std::vector<std::uint8_t> area = std::vector<std::uint8_t>(256 * 1024);
    Memory memory{area};
  };
  std::unique_ptr<Piece> piece = std::make_unique<Piece>();
  Memory& memory = piece->memory;
};

TEST_F(TlsInMemory, a_connection_takes_nothing_else_and_gives_all_back) {
  const TestIdentity device({"device.example"});
  const std::size_t shared = memory.used();
  EXPECT_GT(shared, 0u);
  EXPECT_FALSE(detach_memory()) << "not while it is in use";
  {
    Pair pair({.host_name = "device.example", .trust = &device.trust}, {.identity = &device.identity});
    ASSERT_TRUE(pair.shake()) << pair.client->words();
    EXPECT_EQ(carry(*pair.client, *pair.server, text_of(5000)), text_of(5000));
    // Two connections, each with two buffers for records of 16 KiB.
    EXPECT_GT(memory.used() - shared, 4u * 16384);
    EXPECT_LT(memory.peak() - shared, 100u * 1024);
  }
  EXPECT_EQ(memory.used(), shared);
}

/// A machine whose source of entropy leaves alone what it should fill, or fills it with one byte.
class Stuck final : public sockets::Port {
 public:
  explicit Stuck(std::optional<std::uint8_t> byte) : byte_(byte) {}
  Instant now() override { return Instant::from_microseconds(1); }
  Duration wall_clock() override { return Duration::seconds(test::year_2026); }
  void fill_entropy(MutableBytes out) override {
    if (byte_) std::ranges::fill(out, *byte_);
  }
  void lock() override {}
  void unlock() override {}
  void yield() override {}
  void wait(Instant) override {}
  void wake() override {}
  bool take_interrupt() override { return false; }
  Thread current_thread() override { return this; }
  void park(Instant) override {}
  void unpark(Thread) override {}

 private:
  std::optional<std::uint8_t> byte_;
};

TEST_F(TlsInMemory, SP800_90B_4_4_1_a_source_of_entropy_that_is_stuck_is_the_end_of_it) {
  const TestIdentity device({"device.example"});
  const std::size_t shared = memory.used();
  for (const std::optional<std::uint8_t> byte : {std::optional<std::uint8_t>(), {0}, {0xff}, {0x55}}) {
    Stuck machine(byte);
    test::Queue in;
    test::Queue out;
    test::End end{&in, &out, nullptr};
    for (const Role role : {Role::client, Role::server}) {
      Connection connection(
          machine,
          {.role = role, .host_name = "device.example", .trust = &device.trust, .identity = &device.identity},
          end.transport());
      std::size_t count = 0;
      EXPECT_EQ(connection.handshake(), Step::failed);
      EXPECT_EQ(connection.write(test::bytes_of("secret"), count), Step::failed);
      EXPECT_EQ(connection.error(), Error::setup);
      EXPECT_EQ(connection.words(),
                "this machine's source of entropy has failed: there are no secret keys without it");
    }
    EXPECT_TRUE(out.bytes.empty());
    EXPECT_EQ(memory.used(), shared);
  }
}

TEST_F(TlsInMemory, many_handshakes_later_there_are_no_holes) {
  const TestIdentity device({"device.example"});
  const std::size_t shared = memory.used();
  const std::size_t largest = memory.largest_free();
  for (int i = 0; i < 30; ++i) {
    Pair pair({.host_name = i % 3 != 0 ? "device.example" : "other.example", .trust = &device.trust},
              {.identity = &device.identity});
    EXPECT_EQ(pair.shake(), i % 3 != 0);
  }
  EXPECT_EQ(memory.used(), shared);
  EXPECT_EQ(memory.largest_free(), largest);
}

class TlsFailingMemory : public TlsInMemory {
 protected:
  void SetUp() override {
    if (!library::asks_for_random) GTEST_SKIP() << "PSA's own generator does not survive it";
  }

  /// A handshake, some bytes, the end. True: all of it worked.
  bool converse() {
    Options server{.client_certificate = ClientCertificate::required,
                   .trust = &device.trust,
                   .identity = &device.identity,
                   .tickets = &tickets};
    Pair pair({.host_name = "device.example", .trust = &device.trust, .identity = &device.identity}, server);
    if (!pair.shake(1000)) {
      const Error c = pair.client->error();
      const Error s = pair.server->error();
      EXPECT_TRUE(c != Error::none || s != Error::none) << "nobody says why it goes no further";
      EXPECT_EQ(c == Error::none, pair.client->words().empty());
      EXPECT_EQ(s == Error::none, pair.server->words().empty());
      return false;
    }
    if (carry(*pair.client, *pair.server, "there") != "there") return false;
    std::vector<std::uint8_t> saved(4096);
    pair.client->save_session(saved);
    return pair.client->close() == Step::done;
  }

  /// Each of the first allocations fails, which make the connections, and every `step`-th of the rest, most
  /// of which are numbers of the key exchange.
  void fail_each(std::uint64_t step) {
    const std::size_t shared = memory.used();
    const std::uint64_t before = memory.calls();
    ASSERT_TRUE(converse());
    const std::uint64_t calls = memory.calls() - before;
    RecordProperty("allocations", static_cast<int>(calls));
    ASSERT_GT(calls, 50u);
    std::uint64_t failed = 0;
    for (std::uint64_t number = 1; number <= calls; number += number < 80 ? 1 : step) {
      for (const bool alone : {true, false}) {
        memory.fail_at(number, alone);
        failed += converse() ? 0u : 1u;
        memory.fail_at(0);
        ASSERT_EQ(memory.used(), shared) << "allocation " << number << " of " << calls;
      }
    }
    EXPECT_GT(failed, 0u);
    EXPECT_TRUE(converse()) << "afterwards all is well";
  }

  TestIdentity device{{"device.example"}};
  Tickets tickets{test::seed_of(3)};
};

TEST_F(TlsFailingMemory, an_allocation_that_fails_is_a_clean_error) { fail_each(997); }

TEST_F(TlsFailingMemory, each_allocation_that_fails_is_a_clean_error_Heavy) { fail_each(1); }

}  // namespace
}  // namespace linnet::tls
