// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"

namespace linnet::dns {

struct Config {
  std::uint16_t queries = 4;        ///< names being resolved, or whose result is not released yet
  std::uint16_t cache_entries = 4;  ///< answers that are kept, each of one name and record type; 0: none
  std::uint8_t record_queries = 0;  ///< of these, queries for records, each of which keeps message_size bytes
  std::uint8_t tries = 4;           ///< of one server, before the next one is asked
  Duration first_gap =
      Duration::seconds(1);            ///< from the first try to the second; the nth gap is n times that
  Duration beside_after = Duration();  ///< of silence, the next server is asked beside the one whose turn it
                                       ///< is; whoever says something of use first is heard. Zero: never
  Duration partial_wait = Duration::seconds(2);  ///< for the other family, once one has an answer of use
                                                 ///< (RFC 8305 3 says 50 ms where the user is waiting)
  Duration maximum_ttl =
      Duration::seconds(86400);  ///< answers are kept no longer (RFC 8767 4: a cap is wise)
  Duration maximum_negative_ttl = Duration::seconds(900);  ///< RFC 2308 5: likewise for "there is none"
  Duration failure_ttl =
      Duration::seconds(30);          ///< that one family failed is kept (RFC 2308 7: at most 300 s)
  std::uint16_t message_size = 1232;  ///< bytes of an answer that are read, at least 512 (RFC 1035 2.3.4).
                                      ///< More than that is announced (RFC 6891 6.2.3), but not more than
                                      ///< 1232, so that no answer comes in fragments
  Duration stream_wait =
      Duration::seconds(4);         ///< for the answer by TCP, after one by UDP that was truncated
  std::uint8_t secure_servers = 0;  ///< of the servers, from index 0, that may have a secure stream: each
                                    ///< keeps message_size and 386 bytes
  Duration secure_opening = Duration::seconds(4);  ///< for a secure stream, from the first SYN to the end of
                                                   ///< TLS's handshake
  Duration secure_wait = Duration::seconds(6);   ///< for an answer by it, its opening included; then the next
                                                 ///< server is asked
  Duration secure_idle = Duration::seconds(10);  ///< a stream is kept for further questions (RFC 7858 3.4)
  Duration avoid = Duration::seconds(30);        ///< a server that said nothing to any try is asked after the
                                                 ///< others; with Privacy::strict, one whose stream failed
  Duration secure_without = Duration::seconds(3600);  ///< Privacy::opportunistic: it is asked without one
                                                      ///< (RFC 7858 3.1: an hour is reasonable)
  bool mix_case = false;  ///< random case of the letters of a question, which the answer must keep: more for
                          ///< a forger to guess (draft-vixie-dnsext-dns0x20). Where a server does not keep
                          ///< it, the question is asked again without
  std::uint8_t search_domains = 4;  ///< that short names are completed with
  std::uint16_t search_size = 192;  ///< bytes of their names
  std::uint8_t ndots = 1;   ///< a name with as many dots is asked as it is first, others as they are last
                            ///< (RFC 1535 6)
  std::uint16_t hosts = 8;  ///< addresses of static names
  std::uint16_t hosts_size = 192;  ///< bytes of those names
  bool refuse_local_answers =
      false;  ///< leaves 0/8, 127/8, 169.254/16, ::1 and fe80::/10 out of answers (DNS rebinding)
};

}  // namespace linnet::dns
