// SPDX-License-Identifier: Apache-2.0
// Conversation: the messages to and from one server over a secure stream, each with its length in front (RFC
// 7858 3.3, RFC 7766 8), any number of them on their way at once.
#pragma once

#include "core/base/arena.hpp"
#include "services/dns/secure_stream.hpp"
#include "services/dns/wire.hpp"

namespace linnet::dns {

class Conversation {
 public:
  static constexpr std::size_t memory_needed(std::size_t message_size) {
    return Arena::bytes_for<std::uint8_t>(message_size) + Arena::bytes_for<std::uint8_t>(out_size);
  }
  Conversation() = default;
  Conversation(Arena& arena, std::size_t message_size)
      : in_(arena.make_array<std::uint8_t>(message_size)), out_(arena.make_array<std::uint8_t>(out_size)) {}

  /// Null: there is none.
  SecureStream* stream() const { return stream_; }
  /// Closes the one before.
  void set_stream(SecureStream* stream, Instant now);
  bool has_room() const { return !in_.empty() && !out_.empty(); }

  /// Opens the stream unless it is open, or about to be.
  void want(const IpAddress& server, Instant now);
  StreamState state() const { return state_; }
  /// It was not polled since it was wanted.
  bool fresh() const { return fresh_; }
  /// Goes a step further; the state.
  StreamState poll(Instant now);
  void close(Instant now);

  /// Whether a message can be written now: then into room(), without its length, and sent by `send`.
  bool can_send() const { return state_ == StreamState::open && out_left_.empty(); }
  MutableBytes room() const { return out_.subspan(length_size); }
  void send(std::size_t size, Instant now);

  struct Incoming {
    Bytes message;     ///< valid until the next call
    bool cut = false;  ///< the message is longer than the room for it: its beginning
  };
  /// The next message that is there whole.
  std::optional<Incoming> receive(Instant now);

  Instant since() const { return since_; }        ///< when the stream was wanted
  Instant heard_at() const { return heard_at_; }  ///< when it was open, or brought a message, last
  Instant idle_at = Instant::never();             ///< then it is closed, where nobody asks anything
  Instant avoid_until = Instant();  ///< others are asked first, or it is asked otherwise: it failed

 private:
  static constexpr std::size_t length_size = 2;
  static constexpr std::size_t out_size = length_size + maximum_padded_query;
  MutableBytes next_bytes();
  bool complete() const;
  void flush(Instant now);

  SecureStream* stream_ = nullptr;
  StreamState state_ = StreamState::closed;
  MutableBytes in_;
  MutableBytes out_;
  Bytes out_left_{};  // of a message that the stream has not taken whole
  std::array<std::uint8_t, length_size> length_{};
  std::array<std::uint8_t, 16> rest_{};  // where what has no room goes
  bool fresh_ = false;
  std::size_t have_ = 0;  // bytes of the incoming message, its length included
  Instant since_;
  Instant heard_at_;
};

}  // namespace linnet::dns
