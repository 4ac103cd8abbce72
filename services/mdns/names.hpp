// SPDX-License-Identifier: Apache-2.0
// The names of Multicast DNS and of service discovery (RFC 6762 3, RFC 6763 4 and 7), and their text.
#pragma once

#include "core/base/address.hpp"
#include "services/dns/name.hpp"

namespace linnet::mdns {

using dns::Name;

/// One label: 1 to 63 bytes of UTF-8 that no rule of host names binds (RFC 6763 4.1.1).
class Label {
 public:
  constexpr Label() = default;
  /// Nothing when it is empty, too long, or has control characters.
  static std::optional<Label> from(std::string_view text);
  /// What a host may be called: letters, digits and hyphens in ASCII, or any character beyond it (RFC 6762
  /// 16).
  static std::optional<Label> host(std::string_view text);
  Bytes bytes() const { return Bytes(bytes_).first(size_); }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<std::uint8_t, Name::maximum_label> bytes_{};
  std::uint8_t size_ = 0;
};

enum class Numbering : std::uint8_t {
  host,      ///< "name-2"
  instance,  ///< "Name (2)" (RFC 6763 D)
};
/// What something is called whose name others had (RFC 6762 9): the `number`th try, from 2 on; shortened at
/// the end of a UTF-8 character where the number needs the room. The first try is the label itself.
Label numbered(const Label& base, std::uint32_t number, Numbering style);

/// The other way round: which number makes this label of that one; 1: it is the same. Nothing when none does
/// without shortening.
std::optional<std::uint32_t> number_of(Bytes label, const Label& base, Numbering style);

/// "label.local".
Name host_name(const Label& label);
/// "_http._tcp" as "_http._tcp.local". Nothing when it breaks RFC 6763 7: '_' and 1 to 15 letters, digits and
/// single inner hyphens with a letter among them (RFC 6335 5.1), then _tcp or _udp.
std::optional<Name> service_type(std::string_view text);
/// "label.type": of an instance.
Name instance_name(const Label& instance, const Name& type);
/// "label._sub.type" (RFC 6763 7.1).
Name subtype_name(const Label& subtype, const Name& type);
/// "_services._dns-sd._udp.local" (RFC 6763 9).
Name enumeration_name();
/// "4.3.2.1.in-addr.arpa", or the 34 labels of ip6.arpa (RFC 3596 2.5).
Name reverse_name(const IpAddress& address);
/// Whether Multicast DNS is asked about it: "local", and the reverse names of link-local addresses (RFC 6762
/// 3, 4).
bool is_local(const Name& name);

/// A name as text: '.' and '\' in a label are escaped by '\', control characters are "\ddd" (RFC 6763 4.3).
class NameText {
 public:
  explicit NameText(const Name& name);
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  void put(std::uint8_t c);
  std::array<char, 4 * Name::maximum_size> text_{};
  std::size_t size_ = 0;
};
/// The other way round. Nothing when it is no name.
std::optional<Name> name_from_text(std::string_view text);

}  // namespace linnet::mdns
