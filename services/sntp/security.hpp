// SPDX-License-Identifier: Apache-2.0
// Security: what makes requests that prove who answers them (NTS, RFC 8915). Its keys and ciphers are not
// ours: an owner brings it (tls/nts.hpp).
#pragma once

#include "core/base/bytes.hpp"

namespace linnet::sntp {

/// For one server. What its calls yield is valid until the next of them.
class Security {
 public:
  /// Where the server answers such requests.
  virtual std::uint16_t port() const = 0;
  /// `message`, a request of 48 bytes, with what makes it secure behind it. Empty: none can be made now.
  virtual Bytes secure(Bytes message) = 0;
  /// Where an answer is to be put.
  virtual MutableBytes room() = 0;
  /// Whether this, in the front of room(), is the server's own answer to the last request. Only then its
  /// first 48 bytes are looked at.
  virtual bool accept(Bytes answer) = 0;

 protected:
  ~Security() = default;
};

}  // namespace linnet::sntp
