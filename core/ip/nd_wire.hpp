// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery (RFC 4861 4) on the wire. A message that was parsed is valid as 6.1, 7.1 and 8.1 say,
// as far as it and its IP header tell; its checksum is the caller's to verify.
#pragma once

#include "core/base/drop.hpp"
#include "core/ethernet/advertisement_flags.hpp"
#include "core/ip/icmpv6_wire.hpp"
#include "core/ip/nd_options.hpp"
#include "core/ip/well_known_group.hpp"

namespace linnet::ip::nd {

/// What the IP header of a message says.
struct Envelope {
  IpAddress source{};
  IpAddress destination{};
  std::uint8_t hop_limit = 0;
};

/// RFC 4291 2.7.1: ff02::1:ffXX:XXXX of a unicast address.
constexpr IpAddress solicited_node(const IpAddress& address) {
  std::array<std::uint8_t, 16> group = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  for (std::size_t i = 13; i < 16; ++i) group[i] = address.bytes()[i];
  return IpAddress::v6(group);
}

// RFC 4291 2.7.1.
constexpr IpAddress all_nodes = well_known_group(2, 1);
constexpr IpAddress all_routers = well_known_group(2, 2);
constexpr IpAddress all_routers_site = well_known_group(5, 2);

// Each `parse` gets an ICMPv6 message of its type, and tells in `reason` why it yields none.

/// RFC 4861 4.1, 6.1.1.
class RouterSolicitation {
 public:
  static constexpr std::size_t size = 8;
  static std::optional<RouterSolicitation> parse(Bytes message, const Envelope& envelope, Drop& reason);
  Bytes options() const { return options_; }
  /// No address to be ours while `source_address` is not set.
  static void write(Writer& writer, const std::optional<MacAddress>& source_address);

 private:
  explicit RouterSolicitation(Bytes message) : options_(message.subspan(size)) {}
  Bytes options_;
};

/// RFC 4861 4.2, 6.1.2.
class RouterAdvertisement {
 public:
  static constexpr std::size_t size = 16;
  static std::optional<RouterAdvertisement> parse(Bytes message, const Envelope& envelope, Drop& reason);
  /// 0: unspecified by this router, and so are the times below.
  std::uint8_t hop_limit() const { return fields_.get8<4>(); }
  bool managed() const { return (fields_.get8<5>() & 0x80) != 0; }
  bool other_configuration() const { return (fields_.get8<5>() & 0x40) != 0; }
  /// RFC 4191 2.2: the reserved value is medium; without a lifetime, it has no meaning.
  Preference preference() const;
  std::uint16_t lifetime() const { return fields_.get16<6>(); }           ///< seconds; 0: no default router
  std::uint32_t reachable_time() const { return fields_.get32<8>(); }     ///< milliseconds
  std::uint32_t retransmit_timer() const { return fields_.get32<12>(); }  ///< milliseconds
  Bytes options() const { return options_; }

 private:
  explicit RouterAdvertisement(Bytes message) : fields_(message.data()), options_(message.subspan(size)) {}
  Fields<size> fields_;
  Bytes options_;
};

/// RFC 4861 4.3, 7.1.1.
class NeighbourSolicitation {
 public:
  static constexpr std::size_t size = 24;
  static std::optional<NeighbourSolicitation> parse(Bytes message, const Envelope& envelope, Drop& reason);
  IpAddress target() const { return IpAddress::v6(fields_.get_bytes<8, 16>()); }
  Bytes options() const { return options_; }
  /// Options are for the caller to append: none from ::, but for a nonce (RFC 7527 4.1).
  static void write(Writer& writer, const IpAddress& target);

 private:
  explicit NeighbourSolicitation(Bytes message) : fields_(message.data()), options_(message.subspan(size)) {}
  Fields<size> fields_;
  Bytes options_;
};

/// RFC 4861 4.4, 7.1.2.
class NeighbourAdvertisement {
 public:
  static constexpr std::size_t size = 24;
  using Flags = ethernet::AdvertisementFlags;
  static std::optional<NeighbourAdvertisement> parse(Bytes message, const Envelope& envelope, Drop& reason);
  Flags flags() const {
    const std::uint8_t bits = fields_.get8<4>();
    return {(bits & 0x80) != 0, (bits & 0x40) != 0, (bits & 0x20) != 0};
  }
  IpAddress target() const { return IpAddress::v6(fields_.get_bytes<8, 16>()); }
  Bytes options() const { return options_; }
  static void write(Writer& writer, const IpAddress& target, const Flags& flags);

 private:
  explicit NeighbourAdvertisement(Bytes message) : fields_(message.data()), options_(message.subspan(size)) {}
  Fields<size> fields_;
  Bytes options_;
};

/// RFC 4861 4.5, 8.1. Whether it comes from the router in use for the destination, the machine knows.
class Redirect {
 public:
  static constexpr std::size_t size = 40;
  static std::optional<Redirect> parse(Bytes message, const Envelope& envelope, Drop& reason);
  IpAddress target() const { return IpAddress::v6(fields_.get_bytes<8, 16>()); }
  IpAddress destination() const { return IpAddress::v6(fields_.get_bytes<24, 16>()); }
  /// RFC 4861 4.5: the target is the destination itself, a neighbour; otherwise a better router.
  bool on_link() const { return target() == destination(); }
  Bytes options() const { return options_; }

 private:
  explicit Redirect(Bytes message) : fields_(message.data()), options_(message.subspan(size)) {}
  Fields<size> fields_;
  Bytes options_;
};

}  // namespace linnet::ip::nd
