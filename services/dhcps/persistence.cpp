// SPDX-License-Identifier: Apache-2.0
// The leases as a value that an owner keeps over a restart: a version, then for each bound lease address,
// hardware address, seconds left, client key and host name.
#include "core/base/reader.hpp"
#include "core/base/writer.hpp"
#include "services/dhcps/lease_table.hpp"

namespace linnet::dhcps {

namespace {
constexpr std::uint8_t format_version = 1;
}

std::size_t LeaseTable::save(MutableBytes bytes, Instant now) const {
  Writer writer(bytes);
  writer.u8(format_version);
  for (const Lease& lease : leases_) {
    if (lease.state != LeaseState::bound || lease.until <= now) continue;
    const std::size_t size = 4 + 6 + 4 + 1 + lease.client.size + 1u + lease.host_name.view().size();
    if (writer.room() < size) break;
    writer.bytes(lease.address.v4_bytes());
    writer.bytes(lease.mac.bytes);
    // Rounded up: the client has its address for the rest of the last second, too.
    writer.u32(static_cast<std::uint32_t>((lease.until - now + Duration::microseconds(999999)).as_seconds()));
    writer.u8(lease.client.size);
    writer.bytes(Bytes(lease.client.bytes).first(lease.client.size));
    writer.u8(static_cast<std::uint8_t>(lease.host_name.view().size()));
    writer.bytes(lease.host_name.bytes());
  }
  return writer.ok() ? writer.size() : 0;
}

namespace {

struct Record {
  Lease lease;
  std::uint32_t seconds = 0;
};

std::optional<Record> read_record(Reader& reader) {
  Record record;
  record.lease.address = IpAddress::v4(reader.u32());
  const Bytes mac = reader.bytes(6);
  record.seconds = reader.u32();
  const std::uint8_t id_size = reader.u8();
  if (id_size > ClientKey::capacity) return std::nullopt;
  const Bytes id = reader.bytes(id_size);
  const Bytes name = reader.bytes(reader.u8());
  if (!reader.ok()) return std::nullopt;
  copy_bytes(record.lease.mac.bytes.data(), mac);
  record.lease.client = ClientKey::of(id);
  const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
  if (!text.empty() && (!dhcp::is_host_name(text) || !record.lease.host_name.assign(text)))
    return std::nullopt;
  return record;
}

}  // namespace

bool LeaseTable::restore(Bytes bytes, Duration away, Instant now) {
  for (const bool take : {false, true}) {  // all of it is read before any of it is taken
    Reader reader(bytes);
    if (reader.u8() != format_version) return false;
    while (!reader.at_end()) {
      const std::optional<Record> record = read_record(reader);
      if (!record) return false;
      if (!take || (!in_pool(record->lease.address) && find(record->lease.address) == nullptr)) continue;
      const Instant until = now + Duration::seconds(record->seconds) - away;
      Lease* lease = row_for(record->lease.address);
      // A static entry, or a lease given since, is not taken away.
      if (lease == nullptr || until <= now || lease->state != LeaseState::free) continue;
      if (lease->fixed && lease->mac != record->lease.mac) continue;
      const bool fixed = lease->fixed;
      *lease = record->lease;
      lease->fixed = fixed;
      lease->state = LeaseState::bound;
      lease->until = until;
    }
  }
  return true;
}

}  // namespace linnet::dhcps
