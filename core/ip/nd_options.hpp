// SPDX-License-Identifier: Apache-2.0
// Options of neighbour discovery (RFC 4861 4.6) on the wire. A host ignores those that it does not know, and
// those known that are not as they should be: only a length of zero or past the end spoils a whole message
// (RFC 4861 6.1, 7.1).
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/fields.hpp"
#include "core/base/reader.hpp"
#include "core/base/time.hpp"
#include "core/base/writer.hpp"

namespace linnet::ip::nd {

namespace option {
constexpr std::uint8_t source_link_layer_address = 1;
constexpr std::uint8_t target_link_layer_address = 2;
constexpr std::uint8_t prefix_information = 3;
constexpr std::uint8_t redirected_header = 4;
constexpr std::uint8_t mtu = 5;
constexpr std::uint8_t nonce = 14;              // RFC 3971 5.3.2
constexpr std::uint8_t route_information = 24;  // RFC 4191 2.3
constexpr std::uint8_t recursive_dns = 25;      // RFC 8106 5.1
constexpr std::uint8_t dns_search_list = 31;    // RFC 8106 5.2
constexpr std::uint8_t captive_portal = 37;     // RFC 8910 2.3: ignored
constexpr std::uint8_t pref64 = 38;             // RFC 8781 4
}  // namespace option

/// Lifetimes count seconds; this one never ends (RFC 4861 4.6.2).
constexpr std::uint32_t infinite = 0xffffffff;
constexpr Duration lifetime(std::uint32_t seconds) {
  return seconds == infinite ? Duration::max() : Duration::seconds(seconds);
}

/// RFC 4191 2.1: 10 is reserved.
enum class Preference : std::uint8_t { low, medium, high };

/// One option, its type and length included: 8 to 2040 bytes, a multiple of 8.
struct Option {
  std::uint8_t type = 0;
  Bytes bytes{};
};

/// Walks options; a length of zero or past the end is a failure that sticks.
class Options {
 public:
  explicit constexpr Options(Bytes bytes) : reader_(bytes) {}

  constexpr bool ok() const { return reader_.ok(); }
  constexpr std::optional<Option> next() {
    if (reader_.at_end()) return std::nullopt;
    Reader ahead = reader_;
    const std::uint8_t type = ahead.u8();
    const std::size_t length = ahead.u8() * std::size_t{8};
    if (length == 0) reader_.fail();
    const Bytes bytes = reader_.bytes(length);
    if (!reader_.ok()) return std::nullopt;
    return Option{type, bytes};
  }
  /// Whether all of them are well formed.
  static constexpr bool good(Bytes bytes) {
    Options options(bytes);
    while (options.next()) {
    }
    return options.ok();
  }
  /// The first one of a type.
  static constexpr std::optional<Option> find(Bytes bytes, std::uint8_t type) {
    Options options(bytes);
    while (const std::optional<Option> option = options.next()) {
      if (option->type == type) return option;
    }
    return std::nullopt;
  }

 private:
  Reader reader_;
};

// Each of these yields nothing when the option is of another type, of a wrong length, or holds what it may
// not.

/// RFC 4861 4.6.1 with RFC 2464 6: Ethernet's six bytes, of one station.
std::optional<MacAddress> link_layer_address(const Option& option, std::uint8_t type);

/// RFC 4861 4.6.2. What may not be used for an address or a route is left to RFC 4862 5.5.3 and RFC
/// 4861 6.3.4.
struct PrefixInformation {
  Prefix prefix{};  ///< bits behind its length are zero
  bool on_link = false;
  bool autonomous = false;
  std::uint32_t valid_lifetime = 0;
  std::uint32_t preferred_lifetime = 0;

  static std::optional<PrefixInformation> parse(const Option& option);
};

/// RFC 4861 4.6.3: the beginning of the packet that was redirected.
std::optional<Bytes> redirected_packet(const Option& option);

/// RFC 4861 4.6.4.
std::optional<std::uint32_t> link_mtu(const Option& option);

/// RFC 4191 2.3; one with the reserved preference must be ignored.
struct RouteInformation {
  Prefix prefix{};
  Preference preference = Preference::medium;
  std::uint32_t lifetime = 0;

  static std::optional<RouteInformation> parse(const Option& option);
};

/// RFC 8106 5.1: 1 to 127 servers.
class RecursiveDns {
 public:
  static std::optional<RecursiveDns> parse(const Option& option);
  std::uint32_t lifetime() const { return load32(bytes_.data() + 4); }
  std::size_t size() const { return (bytes_.size() - 8) / 16; }
  /// `index` below size(). Any address at all: of a group, or one that means IPv4.
  IpAddress server(std::size_t index) const {
    return IpAddress::v6(std::span<const std::uint8_t, 16>(bytes_.data() + 8 + index * 16, 16));
  }

 private:
  explicit RecursiveDns(Bytes bytes) : bytes_(bytes) {}
  Bytes bytes_;
};

/// RFC 8106 5.2: names as RFC 1035 3.1 writes them, and zeros behind the last.
struct DnsSearchList {
  std::uint32_t lifetime = 0;
  Bytes names{};

  static std::optional<DnsSearchList> parse(const Option& option);
};

/// RFC 8781 4: the prefix of NAT64.
struct Pref64 {
  Prefix prefix{};
  std::uint32_t lifetime = 0;

  static std::optional<Pref64> parse(const Option& option);
};

/// RFC 3971 5.3.2: at least 6 bytes.
std::optional<Bytes> nonce(const Option& option);

void write_link_layer_address(Writer& writer, std::uint8_t type, const MacAddress& address);
/// RFC 7527 4.1: six bytes do.
void write_nonce(Writer& writer, std::span<const std::uint8_t, 6> nonce);

}  // namespace linnet::ip::nd
