// SPDX-License-Identifier: Apache-2.0
// Name: a domain name (RFC 1035 3.1), uncompressed; in lower case, unless it says otherwise where it is made.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::dns {

/// What becomes of ASCII letters: DNS compares names without regard to them (RFC 1035 2.3.3), and Multicast
/// DNS shows them as they were written (RFC 6762 16).
enum class Letters : std::uint8_t { small, as_written };

class Name {
 public:
  static constexpr std::size_t maximum_size = 255;  ///< RFC 1035 2.3.4, lengths and the root's zero included
  static constexpr std::size_t maximum_label = 63;
  static constexpr std::size_t maximum_jumps = 16;  ///< compression pointers followed in one name

  constexpr Name() = default;  // the root

  /// A host name as users write it: labels of 1 to 63 letters, digits, '-' or '_', at most 253 characters,
  /// with or without the root's dot. Nothing for anything else, such as "", ".", "a..b", bytes beyond ASCII,
  /// or a last label of digits only, which no host has (RFC 1123 2.1) but a mistyped address does.
  static std::optional<Name> from_text(std::string_view text);

  /// The name at `position` of a message, which moves behind it. Nothing when it breaks a rule of RFC 9267 2
  /// to 4: a pointer that does not point in front of where this part of the name began, more than 16 of them,
  /// a label type other than 00 and 11, more than 255 bytes, or no end within the message. ASCII letters
  /// become small.
  static std::optional<Name> read(Bytes message, std::size_t& position, Letters letters = Letters::small);

  /// Puts a label of 1 to 63 bytes, any bytes, behind the others, as it is written. False, and nothing
  /// changed, when it does not fit.
  bool add_label(Bytes label) { return !label.empty() && append_label(label, Letters::as_written); }
  bool add_label(std::string_view label) {
    return add_label(Bytes(reinterpret_cast<const std::uint8_t*>(label.data()), label.size()));
  }
  /// Likewise all labels of another name, or of one as `wire` gives it. False when they do not all fit.
  bool add_labels(const Name& other) { return add_labels(other.wire()); }
  bool add_labels(Bytes wire);

  /// Length, label, length, label, ..., 0.
  Bytes wire() const { return Bytes(bytes_).first(size_); }
  /// True for `zone` itself and everything below it. `zone`: one label in small letters.
  bool is_within(std::string_view zone) const;
  /// The same name but for the case of ASCII letters (RFC 1035 2.3.3, RFC 6762 16).
  bool same_as(const Name& other) const;
  bool is_root() const { return size_ == 1; }
  /// Empty for the root.
  Bytes first_label() const { return Bytes(bytes_).subspan(1, bytes_[0]); }
  /// Without its first label; the root's is the root.
  Name parent() const;
  std::size_t labels() const;  ///< the root's not counted
  /// True when the other's labels are its first ones.
  bool begins_with(const Name& other) const {
    return other.size_ <= size_ && std::memcmp(bytes_.data(), other.bytes_.data(), other.size_ - 1u) == 0;
  }
  /// Its first labels, of a name within it whose wire() had so many bytes.
  Name beginning(std::size_t size) const;

  bool operator==(const Name& other) const {
    return size_ == other.size_ && std::memcmp(bytes_.data(), other.bytes_.data(), size_) == 0;
  }

 private:
  bool append_label(Bytes label, Letters letters);

  std::array<std::uint8_t, maximum_size> bytes_{};
  std::uint8_t size_ = 1;
};

}  // namespace linnet::dns
