// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace linnet::mdns {

/// How much there is room for. All of it is per interface.
struct Config {
  std::uint8_t hosts = 1;      ///< the own one, and those that are spoken for (delegated)
  std::uint8_t addresses = 8;  ///< of each host
  std::uint16_t services = 4;
  std::uint8_t subtypes = 2;          ///< of each service
  std::uint16_t txt_size = 256;       ///< bytes of a service's TXT record, at most 900
  std::uint16_t queries = 8;          ///< going on at once
  std::uint16_t lookups = 4;          ///< of host names, of two queries each
  std::uint16_t cache_records = 32;   ///< of others
  std::uint16_t record_size = 320;    ///< bytes of name and data of a record that is kept
  std::uint16_t message_size = 1440;  ///< largest message sent, at least 1232: RFC 6762 17, less the headers
};

}  // namespace linnet::mdns
