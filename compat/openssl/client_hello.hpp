// SPDX-License-Identifier: Apache-2.0
// ClientHello: what a client offers by ALPN, found before mbedTLS answers it: mbedTLS's server chooses from a
// list of its own and shows nobody the client's. mbedTLS gets the same bytes afterwards and alone judges
// them; what cannot be read here is left to it, as a client's that offers nothing.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"

namespace linnet::openssl {

class ClientHello {
 public:
  /// A longer one, or one in so many small records, is not read.
  static constexpr std::size_t most = 20000;

  /// How many bytes of the stream are to be asked for next, at most; 0: it is done. Never past the end of a
  /// record.
  std::size_t wanted() const;
  /// The next bytes of the stream, `wanted()` at most.
  void push(Bytes bytes);
  void give_up() { done_ = true; }
  bool done() const { return done_; }

  /// RFC 7301 3.1: each name behind its length, none of them empty or cut short. Empty: nothing is offered.
  const std::vector<std::uint8_t>& offered() const { return offered_; }

  /// The bytes that were pushed and not replayed yet, for mbedTLS; how many.
  std::size_t replay(MutableBytes to);

 private:
  void take_record();

  std::vector<std::uint8_t> stream_;
  std::size_t record_ = 0;    // where in stream_ the record begins that is not whole yet
  std::size_t replayed_ = 0;  // bytes of stream_
  std::vector<std::uint8_t> message_;
  std::vector<std::uint8_t> offered_;
  bool done_ = false;
};

}  // namespace linnet::openssl
