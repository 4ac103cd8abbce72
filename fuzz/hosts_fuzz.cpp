// SPDX-License-Identifier: Apache-2.0
// Lines of a hosts table, as hosts(5) has them: what is taken and what is found is what a second reader of
// the lines says, however little room there is.
#include <cctype>
#include <string>
#include <vector>

#include "fuzz/input.hpp"
#include "services/dns/hosts.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dns::HostsError;

namespace {

struct Pair {
  IpAddress address;
  std::string name;  // in small letters, without the root's dot
};

/// RFC 1123 2.1, and '_': what may be a host's name; in small letters and without the root's dot, or empty.
std::string host_name(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  if (text.empty() || text.size() > 253) return {};
  std::size_t begin = 0;
  bool digits = false;
  for (;;) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    if (end == begin || end - begin > 63) return {};
    digits = true;
    for (std::size_t i = begin; i < end; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 128 || (!std::isalnum(c) && c != '-' && c != '_')) return {};
      digits = digits && std::isdigit(c);
      text[i] = static_cast<char>(std::tolower(c));
    }
    if (end == text.size()) break;
    begin = end + 1;
  }
  return digits ? std::string() : text;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  bool within = false;
  for (const char c : line) {
    if (c == '#') break;
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank && !within) words.emplace_back();
    if (!blank) words.back() += c;
    within = !blank;
  }
  return words;
}

/// The table as lists of strings.
class Model {
 public:
  Model(std::size_t most, std::size_t room) : most_(most), room_(room) {}

  HostsError add_line(std::string_view line) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) return HostsError::none;
    const auto address = IpAddress::parse(words[0]);
    if (!address) return HostsError::bad_address;
    if (words.size() == 1) return HostsError::bad_name;
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string name = host_name(words[i]);
      if (name.empty()) return HostsError::bad_name;
      if (name == "localhost" || name.ends_with(".localhost")) continue;
      if (!add({*address, name})) return HostsError::no_room;
    }
    return HostsError::none;
  }
  std::size_t remove(const std::string& name, const std::optional<IpAddress>& address) {
    return std::erase_if(pairs, [&](const Pair& pair) {
      return (name.empty() || pair.name == name) && (!address || pair.address == *address);
    });
  }

  std::vector<Pair> pairs;

 private:
  bool add(const Pair& pair) {
    std::size_t used = 0;
    bool known = false;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].name == pair.name && pairs[i].address == pair.address) return true;
      known = known || pairs[i].name == pair.name;
      bool first = true;
      for (std::size_t k = 0; k < i; ++k) first = first && pairs[k].name != pairs[i].name;
      if (first) used += pairs[i].name.size() + 2;  // a length in front, the root behind
    }
    if (pairs.size() == most_ || (!known && used + pair.name.size() + 2 > room_)) return false;
    pairs.push_back(pair);
    return true;
  }
  std::size_t most_;
  std::size_t room_;
};

std::string text_of(const dns::Name& name) {
  std::string text;
  const Bytes wire = name.wire();
  for (std::size_t i = 0; wire[i] != 0; i += 1u + wire[i]) {
    if (!text.empty()) text += '.';
    text.append(reinterpret_cast<const char*>(wire.data()) + i + 1, wire[i]);
  }
  return text;
}

void compare(const dns::Hosts& hosts, const Model& model) {
  require(hosts.size() == model.pairs.size() && hosts.empty() == model.pairs.empty(), "as many pairs");
  std::size_t at = 0;
  hosts.for_each([&](const IpAddress& address, const dns::Name& name) {
    const Pair& pair = model.pairs[at++];
    require(address == pair.address && text_of(name) == pair.name, "the same pairs, as they came");
  });
  require(at == model.pairs.size(), "each of them");
  for (const Pair& pair : model.pairs) {
    const auto name = dns::Name::from_text(pair.name);
    require(name.has_value(), "a name of the table is a name");
    std::vector<IpAddress> wanted;
    for (const Pair& other : model.pairs) {
      if (other.name == pair.name && wanted.size() < dns::Answer::capacity) wanted.push_back(other.address);
    }
    require(std::ranges::equal(hosts.find(*name, dns::Families::both).addresses(), wanted),
            "a name has its addresses in their order");
    const auto family = pair.address.is_v4() ? dns::Families::v4 : dns::Families::v6;
    const dns::Answer of_family = hosts.find(*name, family);
    for (const IpAddress& address : of_family.addresses())
      require(address.is_v4() == pair.address.is_v4(), "of the family that is wanted");
    const auto first = hosts.name_of(pair.address);
    require(first.has_value(), "an address of the table has a name");
    for (const Pair& other : model.pairs) {
      if (other.address != pair.address && other.address != pair.address.with_zone(0)) continue;
      require(text_of(*first) == other.name, "the first that it was given");
      break;
    }
  }
}

}  // namespace

/// Lines; '!' in front of a name or an address takes that away again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t how = input.u8();
  dns::Config config;
  config.hosts = static_cast<std::uint16_t>(how % 12);
  config.hosts_size = static_cast<std::uint16_t>(how * 2);
  std::vector<std::uint8_t> memory(dns::Hosts::memory_needed(config) + Arena::alignment);
  Arena arena(memory);
  dns::Hosts hosts(config, arena);
  require(!arena.exhausted(), "memory_needed is enough");
  Model model(config.hosts, config.hosts_size);
  std::string_view text = input.text();
  while (!text.empty()) {
    const std::string_view found = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(found.size() + 1, text.size()));
    const std::string line(found);  // so that a read past its end is seen
    if (line.starts_with('!')) {
      const auto name = dns::Name::from_text(std::string_view(line).substr(1));
      const auto address = IpAddress::parse(std::string_view(line).substr(1));
      require(name.has_value() == !host_name(line.substr(1)).empty(), "what is a host's name");
      if (!name && !address) continue;
      require(hosts.remove(name, address) == model.remove(host_name(line.substr(1)), address),
              "as many are taken away");
    } else {
      const HostsError error = hosts.add_line(line);
      require(error == model.add_line(line), "a line is good or bad for the same reason");
      require(!dns::error_text(error).empty(), "which has words");
    }
    compare(hosts, model);
  }
  hosts.clear();
  require(hosts.empty(), "nothing is left");
  return 0;
}
