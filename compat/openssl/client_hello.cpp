// SPDX-License-Identifier: Apache-2.0
#include "compat/openssl/client_hello.hpp"

#include <algorithm>

#include "core/base/reader.hpp"

namespace linnet::openssl {
namespace {

constexpr std::size_t record_header = 5;
constexpr std::size_t message_header = 4;
constexpr std::uint8_t content_handshake = 22;
constexpr std::uint8_t type_client_hello = 1;
constexpr std::uint16_t extension_alpn = 16;

/// Every name has a length above 0 and all of its bytes.
bool well_formed(Bytes names) {
  Reader r(names);
  while (!r.at_end()) {
    const std::size_t length = r.u8();
    if (length == 0) return false;
    r.skip(length);
  }
  return r.ok() && !names.empty();
}

/// The extension's ProtocolNameList without its own length; empty: there is none, or it makes no sense.
Bytes find_alpn(Bytes hello) {
  Reader r(hello);
  r.skip(message_header);
  r.skip(2 + 32);   // RFC 5246 7.4.1.2: client_version, random
  r.skip(r.u8());   // session_id
  r.skip(r.u16());  // cipher_suites
  r.skip(r.u8());   // compression_methods
  Reader extensions(r.bytes(r.u16()));
  if (!r.ok() || !r.at_end()) return {};
  while (!extensions.at_end()) {
    const std::uint16_t type = extensions.u16();
    const Bytes data = extensions.bytes(extensions.u16());
    if (type != extension_alpn) continue;
    Reader list(data);
    const Bytes names = list.bytes(list.u16());
    return extensions.ok() && list.ok() && list.at_end() && well_formed(names) ? names : Bytes{};
  }
  return {};
}

}  // namespace

std::size_t ClientHello::wanted() const {
  if (done_) return 0;
  const std::size_t have = stream_.size() - record_;
  if (have < record_header) return record_header - have;
  return record_header + load16(&stream_[record_ + 3]) - have;
}

void ClientHello::push(Bytes bytes) {
  if (stream_.size() + bytes.size() > most) give_up();
  stream_.insert(stream_.end(), bytes.begin(), bytes.end());
  const std::size_t have = stream_.size() - record_;
  if (done_ || have < record_header) return;
  const std::size_t length = load16(&stream_[record_ + 3]);
  // RFC 5246 6.2.1: a record of the handshake is not empty.
  if (stream_[record_] != content_handshake || length == 0) return give_up();
  if (have >= record_header + length) take_record();
}

void ClientHello::take_record() {
  const auto begin = stream_.begin() + static_cast<std::ptrdiff_t>(record_ + record_header);
  message_.insert(message_.end(), begin, stream_.end());
  record_ = stream_.size();
  if (message_[0] != type_client_hello) return give_up();
  if (message_.size() < message_header) return;
  const std::size_t length = message_header + (std::size_t{message_[1]} << 16 | load16(&message_[2]));
  if (message_.size() < length) return;
  const Bytes names = find_alpn(Bytes(message_).first(length));
  offered_.assign(names.begin(), names.end());
  message_ = {};
  done_ = true;
}

std::size_t ClientHello::replay(MutableBytes to) {
  const std::size_t count = std::min(to.size(), stream_.size() - replayed_);
  std::copy_n(stream_.begin() + static_cast<std::ptrdiff_t>(replayed_), count, to.begin());
  replayed_ += count;
  if (done_ && replayed_ == stream_.size()) stream_ = {}, replayed_ = 0, record_ = 0;
  return count;
}

}  // namespace linnet::openssl
