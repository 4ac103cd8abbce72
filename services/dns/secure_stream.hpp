// SPDX-License-Identifier: Apache-2.0
// SecureStream: what carries messages to one server so that nobody on the way reads or changes them (TLS, RFC
// 7858). Its keys and ciphers are not ours: an owner brings it (tls/dns_stream.hpp).
#pragma once

#include <string_view>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace linnet::dns {

enum class StreamState : std::uint8_t {
  closed,   ///< nobody wants it
  opening,  ///< nothing can be sent yet
  open,
  ended,   ///< it was open, and is no more: the server closed it, or it broke
  failed,  ///< it could not be opened: nobody is there, or somebody who does not prove to be the server
};

/// Steps that never wait, all by the thread that polls the resolver.
class SecureStream {
 public:
  /// Begins to connect, again after an end, too.
  virtual void open(const IpAddress& server, Instant now) = 0;
  /// Goes one step further. What is there to be read is to be read before an end is believed.
  virtual StreamState poll(Instant now) = 0;
  /// How many of the bytes, from the front, were taken. Where that is 0 the same bytes are to be given again.
  virtual std::size_t send(Bytes bytes, Instant now) = 0;
  /// Bytes that came; 0: none now.
  virtual std::size_t receive(MutableBytes to, Instant now) = 0;
  /// As far as it goes, the server is told.
  virtual void close(Instant now) = 0;
  /// Where the server is asked.
  virtual std::uint16_t port() const = 0;
  /// Why it failed or ended last, for people; valid until the next call. Empty: it has not.
  virtual std::string_view words() const = 0;

 protected:
  ~SecureStream() = default;
};

/// What is asked of the way to a server (RFC 8310 5).
enum class Privacy : std::uint8_t {
  off,            ///< UDP, and TCP for what is truncated
  opportunistic,  ///< secure streams as far as they can be had, else as without
  strict,         ///< nothing but secure streams
};

}  // namespace linnet::dns
