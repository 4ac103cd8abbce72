// SPDX-License-Identifier: Apache-2.0
#include "services/dns/hosts.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace linnet::dns {

namespace {

constexpr std::string_view blank = " \t\r\n";

/// Takes the next word off the text; empty at its end.
std::string_view next_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(blank), text.size());
  text.remove_prefix(begin);
  const std::string_view word = slice(text, 0, text.find_first_of(blank));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::string_view error_text(HostsError error) {
  constexpr std::array<std::string_view, 4> texts = {"no error", "it does not begin with an address",
                                                     "no host name behind the address", "no room for more"};
  return texts[static_cast<std::size_t>(error)];
}

HostsError Hosts::add(const IpAddress& address, const Name& name) {
  if (name.is_root()) return HostsError::bad_name;
  if (name.is_within("localhost")) return HostsError::none;
  const Entry* same_name = nullptr;
  for (const Entry& entry : entries_.first(count_)) {
    if (!std::ranges::equal(wire(entry), name.wire())) continue;
    if (entry.address == address) return HostsError::none;
    same_name = &entry;
  }
  if (count_ == entries_.size()) return HostsError::no_room;
  const std::size_t size = name.wire().size();
  std::size_t at = used_;
  if (same_name != nullptr) {
    at = same_name->at;
  } else {
    if (size > names_.size() - used_) return HostsError::no_room;
    copy_bytes(names_.data() + used_, name.wire());
    used_ += size;
  }
  entries_[count_++] = {address, static_cast<std::uint16_t>(at), static_cast<std::uint8_t>(size)};
  return HostsError::none;
}

HostsError Hosts::add_line(std::string_view line) {
  line = slice(line, 0, line.find('#'));
  const std::string_view first = next_word(line);
  if (first.empty()) return HostsError::none;
  const std::optional<IpAddress> address = IpAddress::parse(first);
  if (!address) return HostsError::bad_address;
  std::string_view word = next_word(line);
  if (word.empty()) return HostsError::bad_name;
  for (; !word.empty(); word = next_word(line)) {
    const std::optional<Name> name = Name::from_text(word);
    const HostsError error = name ? add(*address, *name) : HostsError::bad_name;
    if (error != HostsError::none) return error;
  }
  return HostsError::none;
}

Answer Hosts::find(const Name& name, Families families) const {
  Answer answer;
  for (const Entry& entry : entries_.first(count_)) {
    if (!has(families, entry.address.is_v4() ? Families::v4 : Families::v6)) continue;
    if (std::ranges::equal(wire(entry), name.wire())) answer.add(entry.address);
  }
  return answer;
}

std::optional<Name> Hosts::name_of(const IpAddress& address) const {
  for (const Entry& entry : entries_.first(count_)) {
    const IpAddress asked = entry.address.zone() == 0 ? address.with_zone(0) : address;
    if (entry.address == asked) return name_at(entry);
  }
  return std::nullopt;
}

std::optional<Name> Hosts::name_at(const Entry& entry) const {
  Name name;
  static_cast<void>(name.add_labels(wire(entry)));  // it was a name
  return name;
}

std::size_t Hosts::remove(const std::optional<Name>& name, const std::optional<IpAddress>& address) {
  const std::size_t before = count_;
  for (std::size_t i = 0; i < count_;) {
    const Entry entry = entries_[i];
    const bool is_it =
        (!name || std::ranges::equal(wire(entry), name->wire())) && (!address || entry.address == *address);
    if (!is_it) {
      ++i;
      continue;
    }
    std::ranges::copy(entries_.subspan(i + 1, count_ - i - 1),
                      entries_.begin() + static_cast<std::ptrdiff_t>(i));
    --count_;
    drop_name(entry);
  }
  return before - count_;
}

/// Unless another address has that name, too.
void Hosts::drop_name(const Entry& gone) {
  const auto pairs = entries_.first(count_);
  if (std::ranges::any_of(pairs, [&](const Entry& entry) { return entry.at == gone.at; })) return;
  const auto rest = names_.subspan(gone.at + gone.size, used_ - gone.at - gone.size);
  std::ranges::copy(rest, names_.begin() + gone.at);
  used_ -= gone.size;
  for (Entry& entry : pairs) {
    if (entry.at > gone.at) entry.at = static_cast<std::uint16_t>(entry.at - gone.size);
  }
}

void Hosts::digest(Digest& digest) const {
  for (const Entry& entry : entries_.first(count_)) {
    digest.add(entry.address.bytes());
    digest.add(entry.address.zone());
    digest.add(wire(entry));
  }
}

}  // namespace linnet::dns
