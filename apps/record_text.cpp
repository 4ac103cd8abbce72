// SPDX-License-Identifier: Apache-2.0
#include "apps/record_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>

#include "services/mdns/names.hpp"

namespace linnet::apps {
namespace {

namespace type = dns::type;

constexpr std::array<std::pair<std::uint16_t, const char*>, 10> types = {{
    {type::a, "A"},
    {type::aaaa, "AAAA"},
    {type::cname, "CNAME"},
    {type::mx, "MX"},
    {type::ns, "NS"},
    {type::ptr, "PTR"},
    {type::soa, "SOA"},
    {type::srv, "SRV"},
    {type::txt, "TXT"},
    {type::any, "ANY"},
}};

std::string unknown_data(Bytes data) {
  std::string text = fmt::format("\\# {}{}", data.size(), data.empty() ? "" : " ");
  for (const std::uint8_t byte : data) text += fmt::format("{:02x}", byte);
  return text;
}

/// RFC 1035 3.3.14: one string or more, each with its length in front. Nothing where one ends too late.
std::optional<std::string> strings(Bytes data) {
  std::string text;
  while (!data.empty()) {
    const std::size_t length = data[0];
    if (length >= data.size()) return std::nullopt;
    text += text.empty() ? "\"" : " \"";
    for (const std::uint8_t c : data.subspan(1, length)) {
      if (c == '"' || c == '\\') {
        text += fmt::format("\\{}", static_cast<char>(c));
      } else if (c < 0x20 || c > 0x7e) {
        text += fmt::format("\\{:03}", c);
      } else {
        text += static_cast<char>(c);
      }
    }
    text += '"';
    data = data.subspan(1 + length);
  }
  return text;
}

std::optional<std::string> name_with_numbers(Bytes message, const dns::Record& record, std::size_t numbers) {
  const auto name = dns::name_in(message, record, 2 * numbers);
  if (!name) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < numbers; ++i) {
    text += fmt::format("{} ", load16(message.data() + record.data + 2 * i));
  }
  return text + full_name(*name);
}

/// RFC 1035 3.3.13.
std::optional<std::string> start_of_authority(Bytes message, const dns::Record& record) {
  const Bytes until_end = message.first(record.data + record.length);
  std::size_t position = record.data;
  const auto server = dns::Name::read(until_end, position);
  const auto mail = server ? dns::Name::read(until_end, position) : std::nullopt;
  if (!mail || until_end.size() - position != 20) return std::nullopt;
  std::string text = fmt::format("{} {}", full_name(*server), full_name(*mail));
  for (std::size_t at = position; at < until_end.size(); at += 4) {
    text += fmt::format(" {}", load32(message.data() + at));
  }
  return text;
}

std::optional<std::string> known_data(Bytes message, const dns::Record& record) {
  switch (record.type) {
    case type::a:
    case type::aaaa: {
      const auto address = dns::address_in(message, record);
      if (!address) return std::nullopt;
      return std::string(AddressText(*address).view());
    }
    case type::cname:
    case type::ns:
    case type::ptr:
      return name_with_numbers(message, record, 0);
    case type::mx:
      return name_with_numbers(message, record, 1);
    case type::srv:
      return name_with_numbers(message, record, 3);
    case type::soa:
      return start_of_authority(message, record);
    case type::txt:
      return strings(message.subspan(record.data, record.length));
    default:
      return std::nullopt;
  }
}

std::string header_text(const dns::Header& header) {
  std::string flags = header.is_response() ? " qr" : "";
  if (header.authoritative()) flags += " aa";
  if (header.truncated()) flags += " tc";
  if (header.recursion_desired()) flags += " rd";
  if (header.recursion_available()) flags += " ra";
  return fmt::format(
      ";; ->>HEADER<<- opcode: {}, status: {}, id: {}\n"
      ";; flags:{}; QUERY: {}, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}\n",
      header.opcode() == 0 ? "QUERY" : fmt::format("OPCODE{}", header.opcode()), rcode_text(header.rcode()),
      header.id(), flags, header.questions(), header.answers(), header.authorities(), header.additionals());
}

std::string record_line(Bytes message, const dns::Record& record) {
  if (record.type == type::opt) {
    const std::uint32_t extension = load32(message.data() + record.data - 6);
    return fmt::format("; EDNS: version: {}, udp: {}\n", (extension >> 16) & 0xff, record.record_class);
  }
  return fmt::format("{}\t{}\tIN\t{}\t{}\n", full_name(record.owner), record.ttl.as_seconds(),
                     record_type_text(record.type), record_data_text(message, record));
}

}  // namespace

std::string record_type_text(std::uint16_t wanted) {
  for (const auto& [number, name] : types) {
    if (number == wanted) return name;
  }
  return fmt::format("TYPE{}", wanted);
}

std::optional<std::uint16_t> record_type_from(const std::string& text) {
  std::string upper = text;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto& [number, name] : types) {
    if (upper == name) return number;
  }
  return std::nullopt;
}

std::string record_type_names() {
  std::string all;
  for (const auto& [number, name] : types) all += fmt::format("{}{}", all.empty() ? "" : ", ", name);
  return all;
}

std::string rcode_text(unsigned rcode) {
  constexpr std::array<const char*, 6> names = {"NOERROR",  "FORMERR", "SERVFAIL",
                                                "NXDOMAIN", "NOTIMP",  "REFUSED"};
  return rcode < names.size() ? names[rcode] : fmt::format("RCODE{}", rcode);
}

std::string full_name(const dns::Name& name) {
  return name.is_root() ? "." : fmt::format("{}.", mdns::NameText(name).view());
}

std::string record_data_text(Bytes message, const dns::Record& record) {
  return known_data(message, record).value_or(unknown_data(message.subspan(record.data, record.length)));
}

std::vector<dns::Record> answers_of(Bytes message) {
  std::vector<dns::Record> all;
  if (message.size() < dns::header_size) return all;
  const dns::Header header(message.data());
  std::size_t position = dns::header_size;
  if (header.questions() != 1 || !dns::Name::read(message, position)) return all;
  dns::Records records(message, position + 4, header.answers());
  for (dns::Record record; records.next(record) == dns::Next::record;) {
    if (record.record_class == dns::class_in) all.push_back(record);
  }
  return all;
}

std::string message_text(Bytes message) {
  if (message.size() < dns::header_size) return {};
  const dns::Header header(message.data());
  std::string text = header_text(header);
  std::size_t position = dns::header_size;
  const auto question = header.questions() == 1 ? dns::Name::read(message, position) : std::nullopt;
  if (!question || message.size() - position < 4) return text;
  text += fmt::format("\n;; QUESTION SECTION:\n;{}\tIN\t{}\n", full_name(*question),
                      record_type_text(load16(message.data() + position)));
  position += 4;
  const std::array<std::pair<const char*, std::uint16_t>, 3> sections = {
      {{"ANSWER", header.answers()},
       {"AUTHORITY", header.authorities()},
       {"ADDITIONAL", header.additionals()}}};
  for (const auto& [name, count] : sections) {
    if (count == 0) continue;
    text += fmt::format("\n;; {} SECTION:\n", name);
    dns::Records records(message, position, count);
    for (dns::Record record; records.next(record) == dns::Next::record;) text += record_line(message, record);
    position = records.position();
  }
  return text;
}

}  // namespace linnet::apps
