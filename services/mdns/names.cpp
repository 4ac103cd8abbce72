// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/names.hpp"

#include "core/base/text.hpp"

namespace linnet::mdns {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Decimal digits at the end of `room`; yields them.
std::string_view decimal(std::uint32_t value, std::span<char> room) {
  std::size_t at = room.size();
  do {
    room[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return {room.data() + at, room.size() - at};
}

/// RFC 6335 5.1.
bool is_service_name(std::string_view text) {
  if (text.empty() || text.size() > 15 || text.front() == '-' || text.back() == '-') return false;
  bool letter = false;
  char previous = 0;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && (c != '-' || previous == '-')) return false;
    letter = letter || is_letter(c);
    previous = c;
  }
  return letter;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_protocol(std::string_view text) {
  return text.size() == 4 && text[0] == '_' &&
         ((lower(text[1]) == 't' && lower(text[2]) == 'c') ||
          (lower(text[1]) == 'u' && lower(text[2]) == 'd')) &&
         lower(text[3]) == 'p';
}

}  // namespace

std::optional<Label> Label::from(std::string_view text) {
  if (text.empty() || text.size() > Name::maximum_label) return std::nullopt;
  Label label;
  for (const char c : text) {
    if (is_control(c)) return std::nullopt;
    label.bytes_[label.size_++] = static_cast<std::uint8_t>(c);
  }
  return label;
}

std::optional<Label> Label::host(std::string_view text) {
  for (const char c : text) {
    const bool beyond = (static_cast<unsigned char>(c) & 0x80) != 0;
    if (!is_letter(c) && !is_digit(c) && c != '-' && !beyond) return std::nullopt;
  }
  return from(text);
}

Label numbered(const Label& base, std::uint32_t number, Numbering style) {
  if (number < 2) return base;
  std::array<char, 10> digits{};
  const std::string_view text = decimal(number, digits);
  const bool instance = style == Numbering::instance;
  const std::size_t behind = text.size() + (instance ? 3 : 1);
  std::size_t kept = std::min(base.bytes().size(), Name::maximum_label - behind);
  while (kept > 0 && kept < base.bytes().size() && (base.bytes()[kept] & 0xc0) == 0x80) --kept;
  std::array<char, Name::maximum_label> all{};
  std::size_t size = 0;
  const auto put = [&](std::string_view part) {
    for (const char c : part) all[size++] = c;
  };
  put(slice(base.text(), 0, kept));
  put(instance ? " (" : "-");
  put(text);
  if (instance) put(")");
  return Label::from({all.data(), size}).value_or(base);
}

std::optional<std::uint32_t> number_of(Bytes label, const Label& base, Numbering style) {
  const std::size_t same = base.bytes().size();
  if (label.size() < same) return std::nullopt;
  // Whoever asks compares the whole name, in which the case of letters does not count.
  if (label.size() == same) return 1u;
  const std::size_t before = style == Numbering::instance ? 2 : 1;
  const std::size_t behind = style == Numbering::instance ? 1 : 0;
  if (label.size() > same + before + 4 + behind) return std::nullopt;  // without a digit it is 0
  std::uint32_t number = 0;
  for (std::size_t i = same + before; i < label.size() - behind; ++i) {
    if (!is_digit(static_cast<char>(label[i]))) return std::nullopt;
    number = number * 10 + (label[i] - std::uint32_t{'0'});
  }
  return number < 2 ? std::nullopt : std::optional(number);
}

Name host_name(const Label& label) {
  Name name;
  name.add_label(label.bytes());
  name.add_label("local");
  return name;
}

std::optional<Name> service_type(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.front() != '_') return std::nullopt;
  const std::string_view protocol = slice(text, dot + 1);
  if (!is_service_name(slice(text, 1, dot - 1)) || !is_protocol(protocol)) return std::nullopt;
  Name name;
  name.add_label(slice(text, 0, dot));
  name.add_label(protocol);
  name.add_label("local");
  return name;
}

Name instance_name(const Label& instance, const Name& type) {
  Name name;
  name.add_label(instance.bytes());
  name.add_labels(type);
  return name;
}

Name subtype_name(const Label& subtype, const Name& type) {
  Name name;
  name.add_label(subtype.bytes());
  name.add_label("_sub");
  name.add_labels(type);
  return name;
}

Name enumeration_name() {
  Name name;
  for (const std::string_view label : {"_services", "_dns-sd", "_udp", "local"}) name.add_label(label);
  return name;
}

Name reverse_name(const IpAddress& address) {
  Name name;
  std::array<char, 10> digits{};
  if (address.is_v4()) {
    for (std::size_t i = 4; i-- > 0;) name.add_label(decimal(address.v4_bytes()[i], digits));
    name.add_label("in-addr");
  } else {
    constexpr std::string_view hex = "0123456789abcdef";
    for (std::size_t i = 16; i-- > 0;) {
      const std::uint8_t byte = address.bytes()[i];
      name.add_label(slice(hex, byte & 15u, 1));
      name.add_label(slice(hex, byte >> 4, 1));
    }
    name.add_label("ip6");
  }
  name.add_label("arpa");
  return name;
}

bool is_local(const Name& name) {
  Name rest = name;
  Name zone;
  zone.add_label("local");
  Name arpa_v4;
  for (const std::string_view label : {"254", "169", "in-addr", "arpa"}) arpa_v4.add_label(label);
  while (!rest.is_root()) {
    if (rest.same_as(arpa_v4)) return true;
    Name above = rest.parent();
    if (above.is_root()) return rest.same_as(zone);
    // RFC 6762 4: 8.e.f.ip6.arpa to b.e.f.ip6.arpa.
    Name arpa_v6;
    for (const std::string_view label : {"e", "f", "ip6", "arpa"}) arpa_v6.add_label(label);
    const Bytes first = rest.first_label();
    if (above.same_as(arpa_v6) && first.size() == 1) {
      const char c = lower(static_cast<char>(first[0]));
      if (c == '8' || c == '9' || c == 'a' || c == 'b') return true;
    }
    rest = above;
  }
  return false;
}

NameText::NameText(const Name& name) {
  const Bytes wire = name.wire();
  for (std::size_t at = 0; wire[at] != 0; at += 1 + std::size_t{wire[at]}) {
    if (at != 0) text_[size_++] = '.';
    for (const std::uint8_t c : wire.subspan(at + 1, wire[at])) put(c);
  }
}

void NameText::put(std::uint8_t c) {
  if (is_control(static_cast<char>(c))) {
    text_[size_++] = '\\';
    for (const unsigned unit : {100u, 10u, 1u}) text_[size_++] = static_cast<char>('0' + c / unit % 10);
    return;
  }
  if (c == '.' || c == '\\') text_[size_++] = '\\';
  text_[size_++] = static_cast<char>(c);
}

std::optional<Name> name_from_text(std::string_view text) {
  Name name;
  std::array<std::uint8_t, Name::maximum_label> label{};
  std::size_t size = 0;
  const auto end = [&] {
    const bool added = name.add_label(Bytes(label).first(size));
    size = 0;
    return added;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (!end()) return std::nullopt;
      continue;
    }
    unsigned c = static_cast<unsigned char>(text[i]);
    if (text[i] == '\\') {
      if (++i == text.size()) return std::nullopt;
      c = static_cast<unsigned char>(text[i]);
      if (is_digit(text[i])) {
        if (text.size() - i < 3 || !is_digit(text[i + 1]) || !is_digit(text[i + 2])) return std::nullopt;
        c = (c - '0') * 100 + static_cast<unsigned>(text[i + 1] - '0') * 10 +
            static_cast<unsigned>(text[i + 2] - '0');
        if (c > 255) return std::nullopt;
        i += 2;
      }
    }
    if (size == label.size()) return std::nullopt;
    label[size++] = static_cast<std::uint8_t>(c);
  }
  if (size != 0 && !end()) return std::nullopt;
  if (name.is_root()) return std::nullopt;
  return name;
}

}  // namespace linnet::mdns
