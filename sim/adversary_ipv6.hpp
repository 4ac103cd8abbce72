// SPDX-License-Identifier: Apache-2.0
// Ipv6Attacks: the frames of an adversary that only IPv6 knows. Who is on the link may say what he wants in
// neighbour discovery (RFC 3756): off the path it therefore says only what a right host refuses, or what concerns
// nobody; on the path also what turns its victims' traffic away.
#pragma once

#include <vector>

#include "sim/frames.hpp"
#include "sim/lan.hpp"

namespace linnet::sim {

class Ipv6Attacks {
 public:
  struct Victim {
    IpAddress ipv4;
    IpAddress ipv6;  ///< ::, where nobody speaks it
    MacAddress mac;
  };
  /// `victims` must outlive it.
  Ipv6Attacks(const std::vector<Victim>& victims, const MacAddress& mac, bool on_path, std::uint64_t seed)
      : victims_(victims), mac_(mac), on_path_(on_path), choices_(seed, "IPv6 attacks") {}

  /// An address in the victims' prefix that no host has.
  IpAddress nobody(std::uint32_t host) const;
  Buffer neighbour_discovery();
  Buffer fragment();
  Buffer extensions();
  Buffer icmp_error();
  Buffer martian();
  Buffer listener_query();

 private:
  const Victim& victim() { return victims_[choices_.between(0, victims_.size() - 1)]; }
  FrameEnds between(const Victim& from, const Victim& to) const;
  /// From one victim to one, in an order that is not the compiler's.
  FrameEnds between_any();
  FrameEnds to_all(const IpAddress& source) const;
  std::uint32_t some_host() { return static_cast<std::uint32_t>(200 + choices_.between(0, 50)); }
  Buffer solicitation();
  Buffer advertisement();
  Buffer router();
  Buffer redirect();
  void append_prefix(Buffer& message);
  void append_extension(Buffer& chain, std::uint8_t type, std::uint8_t next);
  Buffer damaged(Buffer frame);

  const std::vector<Victim>& victims_;
  MacAddress mac_;
  bool on_path_;
  Choices choices_;
};

}  // namespace linnet::sim
