// SPDX-License-Identifier: Apache-2.0
// The errno values of the facade: the ESP32 text's table, whose numbers are lwIP's and Linux's (newlib's
// differ).
#pragma once

#include <span>
#include <string_view>

namespace linnet::sockets {

/// The errors that socket calls return, negated. `error_table` has all 122 that the table names.
namespace error {
constexpr int no_entry = 2;                       ///< ENOENT: no congestion control of that name
constexpr int interrupted = 4;                    ///< EINTR
constexpr int no_such_device = 19;                ///< ENODEV
constexpr int bad_descriptor = 9;                 ///< EBADF
constexpr int try_again = 11;                     ///< EAGAIN, EWOULDBLOCK
constexpr int no_memory = 12;                     ///< ENOMEM
constexpr int access = 13;                        ///< EACCES
constexpr int bad_address = 14;                   ///< EFAULT
constexpr int invalid = 22;                       ///< EINVAL
constexpr int file_table_overflow = 23;           ///< ENFILE
constexpr int not_a_typewriter = 25;              ///< ENOTTY: an ioctl that nobody knows
constexpr int broken_pipe = 32;                   ///< EPIPE
constexpr int out_of_domain = 33;                 ///< EDOM: a time-out out of range
constexpr int destination_required = 89;          ///< EDESTADDRREQ
constexpr int message_too_long = 90;              ///< EMSGSIZE
constexpr int wrong_type = 91;                    ///< EPROTOTYPE
constexpr int no_such_option = 92;                ///< ENOPROTOOPT
constexpr int protocol_not_supported = 93;        ///< EPROTONOSUPPORT
constexpr int type_not_supported = 94;            ///< ESOCKTNOSUPPORT
constexpr int not_supported = 95;                 ///< EOPNOTSUPP
constexpr int family_not_supported = 97;          ///< EAFNOSUPPORT
constexpr int address_in_use = 98;                ///< EADDRINUSE
constexpr int address_not_available = 99;         ///< EADDRNOTAVAIL
constexpr int network_down = 100;                 ///< ENETDOWN
constexpr int network_unreachable = 101;          ///< ENETUNREACH
constexpr int connection_aborted = 103;           ///< ECONNABORTED
constexpr int connection_reset = 104;             ///< ECONNRESET
constexpr int no_buffers = 105;                   ///< ENOBUFS
constexpr int is_connected = 106;                 ///< EISCONN
constexpr int not_connected = 107;                ///< ENOTCONN
constexpr int shut_down = 108;                    ///< ESHUTDOWN
constexpr int timed_out = 110;                    ///< ETIMEDOUT
constexpr int connection_refused = 111;           ///< ECONNREFUSED
constexpr int host_unreachable = 113;             ///< EHOSTUNREACH
constexpr int already = 114;                      ///< EALREADY
constexpr int in_progress = 115;                  ///< EINPROGRESS
}  // namespace error

struct ErrorRow {
  int number = 0;
  std::string_view name;  ///< "ECONNREFUSED"; zero-terminated
  std::string_view text;  ///< "Connection refused"; zero-terminated
};

/// All rows, by ascending number.
std::span<const ErrorRow> error_table();
/// The symbol of a (positive) errno value; empty when it has none.
std::string_view error_name(int number);
/// What strerror says, in the text's words; "Unknown error" when the table has no such number.
std::string_view error_text(int number);

}  // namespace linnet::sockets
