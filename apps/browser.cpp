// SPDX-License-Identifier: Apache-2.0
#include "apps/browser.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>
#include <vector>

namespace linnet::apps {

namespace {

// All that is known is looked at: where there are thousands of services, not with each packet.
constexpr Duration pause = Duration::milliseconds(25);

std::optional<mdns::Name> name_in(Bytes data, std::size_t at) {
  if (data.size() < at) return std::nullopt;
  return mdns::Name::read(data, at, dns::Letters::as_written);
}

std::string text_of(const mdns::Name& name) { return std::string(mdns::NameText(name).view()); }

/// What is at the end of a service's name: type and domain.
std::string type_text(const mdns::Name& type) {
  const std::string text = text_of(type);
  const std::size_t dot = text.rfind('.');
  return fmt::format("{:<20} {}", text.substr(0, dot), dot == std::string::npos ? "" : text.substr(dot + 1));
}

/// A terminal is not told to do things by those on the link.
void append_printable(std::string& text, std::uint8_t c) {
  if (c < 0x20 || c == 0x7f) {
    text += fmt::format("\\{:03}", c);
  } else {
    text += static_cast<char>(c);
  }
}

bool is_utf8(Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::uint8_t c = bytes[i++];
    std::size_t more = c < 0x80             ? 0
                       : (c & 0xe0) == 0xc0 ? 1
                       : (c & 0xf0) == 0xe0 ? 2
                       : (c & 0xf8) == 0xf0 ? 3
                                            : 9;
    for (; more > 0; --more) {
      if (i >= bytes.size() || (bytes[i++] & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

}  // namespace

std::string label_text(Bytes label) {
  std::string text;
  for (const std::uint8_t c : label) append_printable(text, c);
  return text;
}

std::string txt_text(Bytes txt) {
  std::string text;
  for (std::size_t at = 0; at < txt.size() && txt.size() - at > txt[at]; at += 1 + std::size_t{txt[at]}) {
    const Bytes string = txt.subspan(at + 1, txt[at]);
    if (string.empty()) continue;
    const bool readable = is_utf8(string);
    text += text.empty() ? "\"" : " \"";
    for (const std::uint8_t c : string) {
      if (c >= 0x80 && !readable) {
        text += fmt::format("\\{:03}", c);
      } else {
        append_printable(text, c);
      }
    }
    text += '"';
  }
  return text;
}

std::optional<mdns::Name> browsed_type(const std::string& text) {
  constexpr std::string_view between = "._sub.";
  const std::size_t sub = text.find(between);
  if (sub == std::string::npos) return mdns::service_type(text);
  const auto type = mdns::service_type(std::string_view(text).substr(sub + between.size()));
  const auto label = mdns::Label::from(std::string_view(text).substr(0, sub));
  if (!type || !label) return std::nullopt;
  return mdns::subtype_name(*label, *type);
}

void Browser::begin(const std::optional<mdns::Name>& type, Instant now) {
  if (type) return add_type(*type, now);
  const auto query = agent_->machine().querier().query(mdns::enumeration_name(), mdns::type::ptr, now);
  if (query) all_types_ = *query;
}

void Browser::add_type(const mdns::Name& type, Instant now) {
  const std::string text = text_of(type);
  if (types_.contains(text)) return;
  const auto query = agent_->machine().querier().query(type, mdns::type::ptr, now);
  if (query) types_[text] = *query;
}

void Browser::tell(char sign, const std::string& family, const Service& service) {
  fmt::print("{} {:>6} {} {}\n", sign, interface_, family, service.columns);
}

Instant Browser::poll(Instant now) {
  if (all_types_) {
    std::vector<mdns::Name> types;
    std::as_const(agent_->machine()).for_each_answer(*all_types_, now, [&](const mdns::RecordView& view) {
      if (const auto type = name_in(view.data, 0)) types.push_back(*type);
    });
    for (const mdns::Name& type : types) add_type(type, now);
  }
  if (now < look_at_) return look_at_;
  look_at_ = now + pause;
  look(now);
  if (resolve_) {
    for (auto& [name, service] : services_) resolve(service, now);
  }
  tell_of_the_bound();
  std::fflush(stdout);
  return std::as_const(agent_->machine()).next_deadline();  // of what was asked just now
}

void Browser::look(Instant now) {
  std::set<std::pair<std::string, std::string>> there;
  for (const auto& [type, query] : types_) {
    std::as_const(agent_->machine()).for_each_answer(query, now, [&](const mdns::RecordView& view) {
      const auto name = name_in(view.data, 0);
      if (view.type != mdns::type::ptr || !name || name->is_root()) return;
      const std::string text = text_of(*name);
      Service& service = services_[text];
      service.name = *name;
      service.columns = fmt::format("{:<40} {}", label_text(name->first_label()), type_text(name->parent()));
      if (view.over_v4) there.emplace(text, "IPv4");
      if (view.over_v6) there.emplace(text, "IPv6");
    });
  }
  for (const auto& one : there) {
    if (!told_.contains(one)) tell('+', one.second, services_[one.first]);
  }
  for (const auto& one : told_) {
    if (there.contains(one)) continue;
    Service& service = services_[one.first];
    tell('-', one.second, service);
    service.told.clear();
  }
  told_ = std::move(there);
  std::erase_if(services_, [&](const auto& entry) {
    for (const auto& one : told_) {
      if (one.first == entry.first) return false;
    }
    mdns::Querier& querier = agent_->machine().querier();
    querier.release(entry.second.srv);
    querier.release(entry.second.txt);
    for (const auto& [key, query] : entry.second.hosts) querier.release(query);
    return true;
  });
}

/// Once: the cache has an end, and the link has more; and so have the questions that are asked at a time.
void Browser::tell_of_the_bound() {
  if (unresolved_ && !std::exchange(told_unresolved_, true)) {
    fmt::print(
        "! {:>6} there are more services than can be asked about at once: of some no details are shown\n",
        interface_);
  }
  const mdns::Cache& cache = std::as_const(agent_->machine()).querier().cache();
  if (cache.missed() == 0 || std::exchange(told_bound_, true)) return;
  fmt::print("! {:>6} the link has more than the {} records that there is room for: services may be missing here\n",
             interface_, cache.size());
}

void Browser::resolve(Service& service, Instant now) {
  const auto ask = [&](const mdns::Name& name, std::uint16_t type) {
    const auto query = agent_->machine().querier().query(name, type, now);
    unresolved_ = unresolved_ || !query;
    return query ? *query : mdns::QueryHandle{};
  };
  if (!service.srv) service.srv = ask(service.name, mdns::type::srv);
  if (!service.txt) service.txt = ask(service.name, mdns::type::txt);
  std::optional<mdns::Name> target;
  std::uint16_t port = 0;
  const mdns::Machine& machine = agent_->machine();
  machine.for_each_answer(service.srv, now, [&](const mdns::RecordView& view) {
    target = name_in(view.data, 6);
    port = target ? load16(view.data.data() + 4) : std::uint16_t{0};
  });
  if (!target) return;
  for (const std::uint16_t type : {mdns::type::aaaa, mdns::type::a}) {
    mdns::QueryHandle& query = service.hosts[fmt::format("{} {}", text_of(*target), type)];
    if (!query) query = ask(*target, type);
  }
  std::optional<std::string> txt;
  machine.for_each_answer(service.txt, now, [&](const mdns::RecordView& view) { txt = txt_text(view.data); });
  std::set<std::string> addresses;
  for (const std::uint16_t type : {mdns::type::a, mdns::type::aaaa}) {
    const mdns::QueryHandle query = service.hosts[fmt::format("{} {}", text_of(*target), type)];
    machine.for_each_answer(query, now, [&](const mdns::RecordView& view) {
      const IpAddress address =
          type == mdns::type::a ? IpAddress::v4(view.data.first<4>()) : IpAddress::v6(view.data.first<16>());
      addresses.emplace(AddressText(address).view());
    });
  }
  if (!txt || addresses.empty()) return;
  std::string lines =
      fmt::format("= {:>6} {}\n     hostname = [{}]\n", interface_, service.columns, text_of(*target));
  for (const std::string& address : addresses) lines += fmt::format("     address = [{}]\n", address);
  lines += fmt::format("     port = [{}]\n     txt = [{}]\n", port, *txt);
  if (lines == service.told) return;
  service.told = lines;
  fmt::print("{}", lines);
}

}  // namespace linnet::apps
