// SPDX-License-Identifier: Apache-2.0
// Hosts: names whose addresses are set by hand, as hosts(5) has them.
#pragma once

#include "core/base/address.hpp"
#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "services/dns/config.hpp"
#include "services/dns/types.hpp"

namespace linnet::dns {

/// Of a line or a pair that could not be added.
enum class HostsError : std::uint8_t {
  none,
  bad_address,  ///< the line does not begin with one
  bad_name,     ///< one is no host name, or there is none
  no_room,      ///< Config::hosts or Config::hosts_size is used up
};
std::string_view error_text(HostsError error);

/// Pairs of an address and a name in memory of a fixed size. A name may have several addresses of both
/// families, an address several names, of which the first is the host's own.
class Hosts {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Entry>(config.hosts) + Arena::bytes_for<std::uint8_t>(config.hosts_size);
  }
  Hosts(const Config& config, Arena& arena)
      : entries_(arena.make_array<Entry>(config.hosts)),
        names_(arena.make_array<std::uint8_t>(config.hosts_size)) {}

  /// A pair that is there already is not taken twice. Names under "localhost" have their own addresses
  /// whatever is put here (RFC 6761 6.3): they are passed over. `bad_name` for the root, else `none` or
  /// `no_room`.
  HostsError add(const IpAddress& address, const Name& name);
  /// "ADDRESS NAME [NAME...]", separated by spaces and tabs; what follows a '#' is a comment, and a line may
  /// be empty. What was in front of a mistake stays added.
  HostsError add_line(std::string_view line);
  /// Takes away the pairs of that name and that address, whichever where nothing is given: how many there
  /// were.
  std::size_t remove(const std::optional<Name>& name, const std::optional<IpAddress>& address);
  void clear() { count_ = used_ = 0; }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }

  /// Up to Answer::capacity addresses of these families, in their order; empty when there are none.
  Answer find(const Name& name, Families families) const;
  /// The first name that an address has. A zone counts where the table has one.
  std::optional<Name> name_of(const IpAddress& address) const;
  /// Calls `visit(address, name)` for each pair in the order in which they came.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Entry& entry : entries_.first(count_)) {
      if (const std::optional<Name> name = name_at(entry)) visit(entry.address, *name);
    }
  }
  void digest(Digest& digest) const;

 private:
  struct Entry {
    IpAddress address;
    std::uint16_t at = 0;  ///< in `names_`
    std::uint8_t size = 0;
  };
  std::optional<Name> name_at(const Entry& entry) const;
  void drop_name(const Entry& entry);
  Bytes wire(const Entry& entry) const { return Bytes(names_).subspan(entry.at, entry.size); }

  std::span<Entry> entries_;
  MutableBytes names_;  // Name::wire(), once for all addresses of a name
  std::size_t count_ = 0;
  std::size_t used_ = 0;
};

}  // namespace linnet::dns
