// SPDX-License-Identifier: Apache-2.0
// The table alone: who gets which row, and what is kept of it over a restart.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "services/dhcps/lease_table.hpp"

namespace linnet::dhcps {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr Instant now = Instant::from_microseconds(1'000'000'000);
constexpr Duration hour = Duration::seconds(3600);

constexpr IpAddress at(int last) { return IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(last)); }
constexpr MacAddress mac_of(int client) { return {{0x02, 0, 0, 0, 2, static_cast<std::uint8_t>(client)}}; }
ClientKey key_of(int client) { return ClientKey::of(mac_of(client)); }

class LeaseTableTest : public ::testing::Test {
 protected:
  LeaseTableTest() { make({.first = at(10), .last = at(12), .leases = 3}); }
  void make(const Config& config) {
    memory.assign(LeaseTable::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    table.emplace(config, arena);
    ASSERT_FALSE(arena.exhausted());
  }
  /// The next address for a client without one; unspecified: none.
  IpAddress bind(int client, const std::optional<IpAddress>& wanted = std::nullopt,
                 Instant until = now + hour) {
    Lease* lease = table->assign(key_of(client), mac_of(client), wanted);
    if (lease == nullptr) return {};
    lease->state = LeaseState::bound;
    lease->until = until;
    return lease->address;
  }
  void free(const IpAddress& address, Instant since) {
    Lease& lease = *table->find(address);
    lease.state = LeaseState::free;
    lease.until = since;
  }
  Buffer saved(Instant when = now) const {
    Buffer bytes(1000);
    bytes.resize(table->save(bytes, when));
    return bytes;
  }
  std::size_t bound() const {
    std::size_t count = 0;
    for (const Lease& lease : table->all()) count += lease.state == LeaseState::bound ? 1 : 0;
    return count;
  }

  std::vector<std::uint8_t> memory;
  std::optional<LeaseTable> table;
};

TEST_F(LeaseTableTest, identifiers_longer_than_32_bytes_are_cut) {
  Buffer id(33, 7);
  const ClientKey key = ClientKey::of(id);
  EXPECT_EQ(key.size, 32);
  id[32] = 8;
  EXPECT_EQ(ClientKey::of(id), key) << "the same first 32 bytes: the same client";
  id[31] = 8;
  EXPECT_FALSE(ClientKey::of(id) == key);
}

TEST_F(LeaseTableTest, an_address_that_is_free_is_given_to_who_wants_it) {
  ASSERT_EQ(bind(1), at(10));
  free(at(10), now);
  EXPECT_EQ(bind(2, at(10)), at(10)) << "before those never given";
  EXPECT_EQ(table->find(key_of(1), mac_of(1)), nullptr) << "the row is another client's";
  EXPECT_EQ(bind(3, at(10)), at(11)) << "in force";
  free(at(11), now);
  ASSERT_TRUE(table->fix(mac_of(3), at(11)));
  EXPECT_EQ(bind(4, at(11)), at(12)) << "free, but that client's for ever";
}

TEST_F(LeaseTableTest, who_gets_a_row_gets_nothing_of_who_had_it) {
  for (const bool fixed : {false, true}) {
    make({.first = at(10), .last = at(10), .leases = 1});
    ASSERT_EQ(bind(1), at(10));
    Lease& row = *table->find(at(10));
    row.host_name.assign("one");
    row.xid = 7;
    row.flags = dhcp::flag_broadcast;
    row.giaddr = at(1);
    free(at(10), now);
    if (fixed) {
      ASSERT_TRUE(table->fix(mac_of(2), at(10)));
    } else {
      ASSERT_EQ(bind(2), at(10));
    }
    EXPECT_EQ(row.mac, mac_of(2));
    EXPECT_EQ(row.client, key_of(2));
    EXPECT_TRUE(row.host_name.empty());
    EXPECT_EQ(row.xid, 0u);
    EXPECT_EQ(row.flags, 0);
    EXPECT_TRUE(row.giaddr.is_unspecified());
    EXPECT_EQ(row.fixed, fixed);
  }
}

TEST_F(LeaseTableTest, wishes_that_are_no_address_of_the_pool_do_not_count) {
  EXPECT_EQ(bind(1, at(9)), at(10));
  EXPECT_EQ(bind(2, at(13)), at(11));
  EXPECT_EQ(bind(3, *IpAddress::parse("2001:db8::10")), at(12));
}

TEST_F(LeaseTableTest, with_fewer_rows_than_addresses_who_is_gone_for_the_longest_makes_room) {
  make({.first = at(10), .last = at(20), .leases = 2});
  ASSERT_EQ(bind(1), at(10));
  ASSERT_EQ(bind(2), at(11));
  EXPECT_EQ(bind(3), IpAddress()) << "no row";
  free(at(10), now + Duration::seconds(2));
  free(at(11), now + Duration::seconds(1));
  EXPECT_EQ(bind(3), at(12)) << "never given: before one that somebody may come back for";
  EXPECT_EQ(table->find(key_of(2), mac_of(2)), nullptr);
  EXPECT_NE(table->find(key_of(1), mac_of(1)), nullptr);
}

TEST_F(LeaseTableTest, where_all_were_given_the_one_that_is_free_for_the_longest) {
  for (int client = 1; client <= 3; ++client) ASSERT_EQ(bind(client), at(9 + client));
  free(at(12), now + Duration::seconds(1));
  free(at(11), now + Duration::seconds(2));
  EXPECT_EQ(bind(4), at(12));
  EXPECT_EQ(bind(5), at(11));
  EXPECT_EQ(bind(6), IpAddress());
}

TEST_F(LeaseTableTest, a_pool_may_end_at_the_last_address_there_is) {
  const IpAddress last = IpAddress::broadcast_v4();
  make({.first = IpAddress::v4(255, 255, 255, 254), .last = last, .leases = 4});
  EXPECT_EQ(bind(1), IpAddress::v4(255, 255, 255, 254));
  EXPECT_EQ(bind(2), last);
  EXPECT_EQ(bind(3), IpAddress()) << "not 0.0.0.0";
}

TEST_F(LeaseTableTest, a_static_entry_goes_before_what_its_client_got_without_one) {
  ASSERT_EQ(bind(1), at(10));
  ASSERT_TRUE(table->fix(mac_of(1), at(11)));
  EXPECT_EQ(table->find(key_of(1), mac_of(1))->address, at(11));
  Buffer other = {0, 'i', 'd'};
  EXPECT_EQ(table->find(ClientKey::of(other), mac_of(1))->address, at(11)) << "by hardware address alone";
  EXPECT_EQ(table->find(ClientKey::of(other), mac_of(2)), nullptr);
}

TEST_F(LeaseTableTest, static_entries_take_what_nobody_has_and_need_a_row) {
  ASSERT_EQ(bind(1), at(10));
  EXPECT_FALSE(table->fix(mac_of(2), at(10))) << "in force";
  free(at(10), now);
  EXPECT_TRUE(table->fix(mac_of(2), at(10))) << "free again";
  EXPECT_EQ(table->find(at(10))->mac, mac_of(2));
  EXPECT_TRUE(table->fix(mac_of(3), at(200)));
  ASSERT_EQ(bind(4), at(11));
  EXPECT_FALSE(table->fix(mac_of(5), at(201))) << "no row";
  EXPECT_EQ(table->find(at(201)), nullptr);
}

TEST_F(LeaseTableTest, what_was_declined_is_no_lease_of_its_client) {
  ASSERT_EQ(bind(1), at(10));
  table->declined(*table->find(at(10)), now + hour);
  EXPECT_EQ(table->find(key_of(1), mac_of(1)), nullptr);
  EXPECT_EQ(bind(2, at(10)), at(11)) << "and is not given to others";
}

TEST_F(LeaseTableTest, expire_says_when_the_next_state_ends) {
  std::vector<IpAddress> ended;
  const auto note = [&](const Lease& lease) { ended.push_back(lease.address); };
  EXPECT_TRUE(table->expire(now, note).is_never());
  ASSERT_EQ(bind(1, {}, now + Duration::seconds(30)), at(10));
  ASSERT_EQ(bind(2, {}, now + Duration::seconds(20)), at(11));
  ASSERT_EQ(bind(3), at(12));
  table->declined(*table->find(at(12)), now + Duration::seconds(20));
  EXPECT_EQ(table->expire(now, note), now + Duration::seconds(20));
  EXPECT_EQ(table->expire(now + Duration::seconds(20), note), now + Duration::seconds(30));
  EXPECT_EQ(ended, std::vector<IpAddress>{at(11)}) << "a lease that ended is told, a ban is not";
  EXPECT_EQ(table->find(at(12))->state, LeaseState::free);
  EXPECT_TRUE(table->expire(now + Duration::seconds(30), note).is_never());
  EXPECT_EQ(ended.size(), 2u);
}

// --- persistence ---

TEST_F(LeaseTableTest, only_what_is_in_force_is_saved) {
  ASSERT_EQ(bind(1), at(10));
  ASSERT_EQ(bind(2, {}, now), at(11));  // over, and not yet looked at
  ASSERT_EQ(bind(3), at(12));
  free(at(12), now);
  const Buffer one = {1, 192, 0, 2, 10, 2, 0, 0, 0, 2, 1, 0, 0, 0x0e, 0x10, 7, 1, 2, 0, 0, 0, 2, 1, 0};
  EXPECT_EQ(saved(), one);
  EXPECT_EQ(saved(now + hour), Buffer{1});
}

TEST_F(LeaseTableTest, what_does_not_fit_is_left_out) {
  ASSERT_EQ(bind(1), at(10));
  ASSERT_EQ(bind(2), at(11));
  const std::size_t record = 4 + 6 + 4 + 1 + 7 + 1;
  ASSERT_EQ(saved().size(), 1 + 2 * record);
  for (std::size_t room = 0; room <= 1 + 2 * record; ++room) {
    Buffer bytes(room);
    const std::size_t used = table->save(bytes, now);
    EXPECT_EQ(used, room == 0 ? 0 : 1 + (room - 1) / record * record) << room;
  }
}

TEST_F(LeaseTableTest, what_was_saved_is_restored) {
  Lease* named = table->assign(ClientKey::of(Buffer(32, 9)), mac_of(7), at(12));
  named->state = LeaseState::bound;
  named->until = now + hour;
  ASSERT_TRUE(named->host_name.assign(std::string(63, 'n')));
  ASSERT_EQ(bind(1), at(10));
  const Buffer kept = saved();
  EXPECT_LE(kept.size(), LeaseTable::save_size({.leases = 2})) << "the largest there is";
  make({.first = at(10), .last = at(12), .leases = 3});
  ASSERT_TRUE(table->restore(kept, Duration::seconds(600), now));
  const Lease* again = table->find(at(12));
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->client, ClientKey::of(Buffer(32, 9)));
  EXPECT_EQ(again->mac, mac_of(7));
  EXPECT_EQ(again->host_name.view(), std::string(63, 'n'));
  EXPECT_EQ(again->until, now + Duration::seconds(3000));
  EXPECT_FALSE(again->fixed);
  EXPECT_EQ(bound(), 2u);
}

TEST_F(LeaseTableTest, what_was_saved_lasts_to_its_last_second) {
  ASSERT_EQ(bind(1), at(10));
  table->find(at(10))->until = now + Duration::milliseconds(9900);
  const Buffer kept = saved();
  make({.first = at(10), .last = at(12), .leases = 3});
  ASSERT_TRUE(table->restore(kept, Duration::seconds(5), now));
  ASSERT_NE(table->find(at(10)), nullptr);
  EXPECT_GE(table->find(at(10))->until, now + Duration::milliseconds(4900)) << "the client has it as long as that";
}

TEST_F(LeaseTableTest, bytes_that_make_no_sense_are_refused_as_a_whole) {
  ASSERT_EQ(bind(1), at(10));
  table->find(at(10))->host_name.assign("one");
  const Buffer good = saved();
  const std::size_t id_size = 15;
  const std::size_t name = 24;
  struct Row {
    const char* what;
    std::function<void(Buffer&)> change;
  };
  const Row rows[] = {
      {"nothing", [](Buffer& bytes) { bytes.clear(); }},
      {"another version", [](Buffer& bytes) { bytes[0] = 2; }},
      {"an identifier longer than any",
       [&](Buffer& bytes) {
         bytes[id_size] = 33;
         bytes.resize(200);
       }},
      {"an identifier that is cut", [&](Buffer& bytes) { bytes[id_size] = 32; }},
      {"a name that is cut", [](Buffer& bytes) { bytes.pop_back(); }},
      {"no host name", [&](Buffer& bytes) { bytes[name] = ';'; }},
      {"a host name of 64 characters",
       [&](Buffer& bytes) {
         bytes.resize(name);
         bytes[name - 1] = 64;
         for (int i = 0; i < 64; ++i) bytes.push_back(i == 32 ? '.' : 'n');
       }},
      {"half a record behind a whole one", [](Buffer& bytes) { bytes.resize(bytes.size() + 5); }},
  };
  for (const Row& row : rows) {
    Buffer bytes = good;
    row.change(bytes);
    bytes.shrink_to_fit();
    make({.first = at(10), .last = at(12), .leases = 3});
    EXPECT_FALSE(table->restore(bytes, Duration(), now)) << row.what;
    EXPECT_EQ(bound(), 0u) << row.what;
  }
  EXPECT_TRUE(table->restore(good, Duration(), now));
  EXPECT_EQ(bound(), 1u);
}

TEST_F(LeaseTableTest, addresses_that_are_no_longer_of_the_pool_are_not_restored) {
  ASSERT_EQ(bind(1), at(10));
  ASSERT_EQ(bind(2), at(11));
  const Buffer kept = saved();
  make({.first = at(100), .last = at(101), .leases = 3});
  ASSERT_TRUE(table->fix(mac_of(2), at(11)));
  EXPECT_TRUE(table->restore(kept, Duration(), now));
  EXPECT_EQ(table->find(at(10)), nullptr);
  EXPECT_EQ(table->find(at(11))->state, LeaseState::bound) << "but those of static entries are";
  EXPECT_TRUE(table->find(at(11))->fixed);
}

TEST_F(LeaseTableTest, nobody_loses_an_address_to_what_is_restored) {
  for (int client = 1; client <= 3; ++client) ASSERT_EQ(bind(client), at(9 + client));
  const Buffer kept = saved();
  make({.first = at(10), .last = at(12), .leases = 2});
  ASSERT_EQ(bind(9, at(10)), at(10));
  ASSERT_TRUE(table->fix(mac_of(8), at(11)));
  EXPECT_TRUE(table->restore(kept, Duration(), now));
  EXPECT_EQ(table->find(at(10))->mac, mac_of(9)) << "given since";
  EXPECT_EQ(table->find(at(11))->mac, mac_of(8)) << "another's for ever";
  EXPECT_EQ(table->find(at(11))->state, LeaseState::free);
  EXPECT_EQ(table->find(at(12)), nullptr) << "no row";
}

TEST_F(LeaseTableTest, a_lease_that_ended_while_away_is_not_restored) {
  ASSERT_EQ(bind(1), at(10));
  const Buffer kept = saved();
  make({.first = at(10), .last = at(12), .leases = 3});
  EXPECT_TRUE(table->restore(kept, hour, now));
  EXPECT_EQ(bound(), 0u);
  EXPECT_TRUE(table->restore(kept, hour - Duration::seconds(1), now));
  EXPECT_EQ(bound(), 1u);
}

}  // namespace
}  // namespace linnet::dhcps
