// SPDX-License-Identifier: Apache-2.0
#include "sim/mdns_message.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

constexpr std::uint8_t protocol_udp = 17;

/// RFC 1071.
bool sums_up(Bytes bytes, std::uint64_t sum) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load16(bytes.data() + i);
  if (bytes.size() % 2 != 0) sum += std::uint64_t{bytes.back()} << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

std::uint64_t words(Bytes bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load16(bytes.data() + i);
  return sum;
}

std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// What UDP has in it, and the sum of the pseudo header's addresses.
std::optional<Bytes> udp_of(Bytes ip, MdnsDatagram& datagram, std::uint64_t& sum) {
  if (datagram.ipv6) {
    if (ip.size() < 40 || ip[6] != protocol_udp) return std::nullopt;
    const std::size_t length = load16(ip.data() + 4);
    if (length + 40 > ip.size()) return std::nullopt;
    datagram.hops = ip[7];
    datagram.source = text_of(ip.subspan(8, 16));
    datagram.destination = text_of(ip.subspan(24, 16));
    sum = words(ip.subspan(8, 32));
    return ip.subspan(40, length);
  }
  if (ip.size() < 20 || ip[9] != protocol_udp) return std::nullopt;
  const std::size_t header = std::size_t{ip[0]} % 16 * 4;
  const std::size_t total = load16(ip.data() + 2);
  const bool whole = (load16(ip.data() + 6) & 0x3fff) == 0;
  if (header < 20 || total < header || total > ip.size() || !whole || !sums_up(ip.first(header), 0))
    return std::nullopt;
  datagram.hops = ip[8];
  datagram.source = text_of(ip.subspan(12, 4));
  datagram.destination = text_of(ip.subspan(16, 4));
  sum = words(ip.subspan(12, 8));
  return ip.subspan(header, total - header);
}

/// A name at `at`, which moves behind it; as it is written.
std::optional<std::string> read_name(Bytes message, std::size_t& at) {
  std::string name;
  std::size_t position = at;
  bool jumped = false;
  while (position < message.size() && name.size() <= 255) {
    const std::uint8_t length = message[position];
    if (length >= 0xc0) {
      if (position + 1 >= message.size()) return std::nullopt;
      const std::size_t target = (length & 0x3fu) * std::size_t{256} + message[position + 1];
      if (!jumped) at = position + 2;
      jumped = true;
      if (target >= position) return std::nullopt;  // pointers go back
      position = target;
      continue;
    }
    if (length > 63 || position + length >= message.size()) return std::nullopt;
    name += text_of(message.subspan(position, std::size_t{1} + length));
    position += std::size_t{1} + length;
    if (length != 0) continue;
    if (!jumped) at = position;
    return name.size() <= 255 ? std::optional(name) : std::nullopt;
  }
  return std::nullopt;
}

std::string lower(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return name;
}

/// The data with its name spelled out.
std::optional<std::string> read_data(Bytes message, std::uint16_t type, std::size_t at, std::size_t length) {
  using namespace mdns_type;
  if (type != ptr && type != srv && type != nsec) return text_of(message.subspan(at, length));
  const std::size_t before = type == srv ? 6 : 0;
  if (length < before + 1) return std::nullopt;
  std::string data = text_of(message.subspan(at, before));
  std::size_t position = at + before;
  const auto name = read_name(message, position);
  if (!name || position > at + length || (type != nsec && position != at + length)) return std::nullopt;
  return data + *name + text_of(message.subspan(position, at + length - position));
}

bool read_question(Bytes message, std::size_t& at, MdnsQuestion& question) {
  const auto name = read_name(message, at);
  if (!name || at + 4 > message.size()) return false;
  question.name = lower(*name);
  question.type = load16(message.data() + at);
  const std::uint16_t with_bit = load16(message.data() + at + 2);
  question.record_class = with_bit & 0x7fff;
  question.unicast = (with_bit & 0x8000) != 0;
  at += 4;
  return true;
}

bool read_record(Bytes message, std::size_t& at, MdnsRecord& record) {
  const auto name = read_name(message, at);
  if (!name || at + 10 > message.size()) return false;
  record.fact.name = lower(*name);
  record.fact.type = load16(message.data() + at);
  const std::uint16_t with_bit = load16(message.data() + at + 2);
  record.record_class = with_bit & 0x7fff;
  record.flush = (with_bit & 0x8000) != 0;
  record.ttl = load32(message.data() + at + 4);
  const std::size_t length = load16(message.data() + at + 8);
  at += 10;
  if (at + length > message.size()) return false;
  const auto data = read_data(message, record.fact.type, at, length);
  if (!data) return false;
  record.fact.data = *data;
  at += length;
  return true;
}

}  // namespace

std::optional<MdnsDatagram> read_mdns_datagram(Bytes frame) {
  if (frame.size() < 14) return std::nullopt;
  const std::uint16_t type = load16(frame.data() + 12);
  if (type != 0x0800 && type != 0x86dd) return std::nullopt;
  MdnsDatagram datagram;
  datagram.ipv6 = type == 0x86dd;
  std::uint64_t sum = 0;
  const auto udp = udp_of(frame.subspan(14), datagram, sum);
  if (!udp || udp->size() < 8) return std::nullopt;
  datagram.source_port = load16(udp->data());
  datagram.destination_port = load16(udp->data() + 2);
  if (datagram.source_port != mdns_port && datagram.destination_port != mdns_port) return std::nullopt;
  const std::size_t length = load16(udp->data() + 4);
  if (length < 8 || length > udp->size()) return std::nullopt;
  const bool unsummed = load16(udp->data() + 6) == 0 && !datagram.ipv6;
  if (!unsummed && !sums_up(udp->first(length), sum + protocol_udp + length)) return std::nullopt;
  datagram.payload = udp->subspan(8, length - 8);
  const std::string group = datagram.ipv6 ? std::string("\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb", 16)
                                          : std::string("\xe0\0\0\xfb", 4);
  datagram.to_group = datagram.destination == group;
  return datagram;
}

bool MdnsQuestion::asks(const std::string& record_name, std::uint16_t record_type) const {
  const bool of_type = type == mdns_type::any || type == record_type || record_type == mdns_type::nsec;
  return of_type && name == record_name;
}

bool MdnsMessage::has_authority() const {
  return std::any_of(records.begin(), records.end(),
                     [](const MdnsRecord& r) { return r.part == MdnsPart::authority; });
}

std::optional<MdnsMessage> parse_mdns(Bytes payload) {
  if (payload.size() < 12) return std::nullopt;
  const auto word = [&payload](std::size_t at) { return load16(payload.data() + at); };
  MdnsMessage message;
  message.id = word(0);
  message.flags = word(2);
  std::size_t at = 12;
  for (unsigned i = 0; i < word(4); ++i) {
    if (!read_question(payload, at, message.questions.emplace_back())) return std::nullopt;
  }
  const unsigned answers = word(6);
  const unsigned authorities = answers + word(8);
  for (unsigned i = 0; i < authorities + word(10); ++i) {
    MdnsRecord& record = message.records.emplace_back();
    record.part = i < answers       ? MdnsPart::answer
                  : i < authorities ? MdnsPart::authority
                                    : MdnsPart::additional;
    if (!read_record(payload, at, record)) return std::nullopt;
  }
  return at == payload.size() ? std::optional(std::move(message)) : std::nullopt;
}

std::string mdns_name_text(const std::string& name) {
  std::string text;
  for (std::size_t at = 0; at < name.size() && name[at] != 0;) {
    const std::size_t length = static_cast<unsigned char>(name[at]);
    text += (text.empty() ? "" : ".") + name.substr(at + 1, length);
    at += length + 1;
  }
  return text;
}

}  // namespace linnet::sim
