// SPDX-License-Identifier: Apache-2.0
// SearchList: the domains that short names are completed with.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/time.hpp"
#include "services/dns/config.hpp"
#include "services/dns/name.hpp"

namespace linnet::dns {

/// Domains in the order in which they are tried, in memory of a fixed size: one beside the other, so that a
/// few long ones or many short ones cost the same. Only what was put in is there: no domain is derived from
/// the name of this host or from another domain (RFC 1535 6).
class SearchList {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Entry>(config.search_domains) +
           Arena::bytes_for<std::uint8_t>(config.search_size);
  }
  SearchList(const Config& config, Arena& arena)
      : entries_(arena.make_array<Entry>(config.search_domains)),
        names_(arena.make_array<std::uint8_t>(config.search_size)) {}

  /// Puts a domain behind the others, until `expires`; of one that is there, the later time counts. False,
  /// and nothing changed, when there is no room, or it is the root, which stands for names as they are.
  bool add(const Name& domain, Instant expires = Instant::never());
  void clear() { count_ = used_ = 0; }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }

  /// `name` within the first domain at `index` or behind it that has not expired and leaves a name that is
  /// not too long; `index` moves behind that domain. Nothing when there is none.
  std::optional<Name> complete(const Name& name, std::size_t& index, Instant now) const;
  void digest(Digest& digest) const;

 private:
  struct Entry {
    std::uint16_t at = 0;  ///< in `names_`
    std::uint8_t size = 0;
    Instant expires;
  };
  Bytes wire(const Entry& entry) const { return Bytes(names_).subspan(entry.at, entry.size); }

  std::span<Entry> entries_;
  MutableBytes names_;  // Name::wire() of each
  std::size_t count_ = 0;
  std::size_t used_ = 0;
};

}  // namespace linnet::dns
