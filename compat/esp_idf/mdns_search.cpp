// SPDX-License-Identifier: Apache-2.0
#include "compat/esp_idf/mdns_search.hpp"

#include <algorithm>

namespace linnet::esp {

namespace {

namespace type = mdns::type;

std::string text_of(const mdns::Name& name) { return std::string(mdns::NameText(name).view()); }
std::string text_of(Bytes label) { return {reinterpret_cast<const char*>(label.data()), label.size()}; }

std::optional<mdns::Name> name_in(Bytes data, std::size_t at) {
  if (data.size() < at) return std::nullopt;
  return mdns::Name::read(data, at, dns::Letters::as_written);
}

/// "instance._http._tcp.local" or "_http._tcp.local".
void fill_names(MdnsFound& found, const mdns::Name& whole, bool has_instance) {
  mdns::Name rest = whole;
  if (has_instance) {
    found.instance = text_of(rest.first_label());
    rest = rest.parent();
  }
  found.type = text_of(rest.first_label());
  found.protocol = text_of(rest.parent().first_label());
}

bool is_host_type(std::uint16_t record_type) {
  return record_type == type::a || record_type == type::aaaa || record_type == type::any;
}

}  // namespace

std::vector<TxtItem> txt_items(Bytes txt) {
  std::vector<TxtItem> items;
  for (std::size_t at = 0; at < txt.size() && txt.size() - at > txt[at]; at += 1 + std::size_t{txt[at]}) {
    const std::string string = text_of(txt.subspan(at + 1, txt[at]));
    const std::size_t sign = string.find('=');
    if (string.empty() || sign == 0) continue;  // RFC 6763 6.4: no key, no meaning
    if (sign == std::string::npos) {
      items.push_back({.key = string, .value = std::nullopt});
    } else {
      items.push_back({.key = string.substr(0, sign), .value = string.substr(sign + 1)});
    }
  }
  return items;
}

bool MdnsSearch::begin(Instant now, Instant until) {
  until_ = until;
  const bool of_host = wanted_.type.empty();
  if (of_host && !is_host_type(wanted_.record_type)) return false;
  const auto end = of_host ? mdns::name_from_text("local")
                           : mdns::name_from_text(wanted_.type + "." + wanted_.protocol + ".local");
  const auto label = mdns::Label::from(wanted_.name);
  if (!end || (!label && (of_host || !wanted_.name.empty()))) return false;
  if (wanted_.name.empty()) wanted_.record_type = type::ptr;
  if (!label) {
    name_ = *end;
  } else if (wanted_.record_type == type::ptr) {
    name_ = mdns::subtype_name(*label, *end);
  } else if (!name_.add_label(label->bytes()) || !name_.add_labels(*end)) {
    return false;
  }
  if (of_host && wanted_.record_type == type::any) {
    if (!ask(name_, type::a, now) || !ask(name_, type::aaaa, now)) return false;
  } else if (!ask(name_, wanted_.record_type, now)) {
    return false;
  }
  return true;
}

void MdnsSearch::end() {
  unlink();
  for (const auto& [key, query] : queries_) agent_->machine().querier().release(query);
  queries_.clear();
}

bool MdnsSearch::ask(const mdns::Name& name, std::uint16_t record_type, Instant now) {
  const Key key{text_of(name), record_type};
  if (queries_.contains(key)) return true;
  const auto query = agent_->machine().querier().query(name, record_type, now);
  if (query) queries_[key] = *query;
  return query.ok();
}

template <typename Visit>
void MdnsSearch::answers(const mdns::Name& name, std::uint16_t record_type, Instant now,
                         Visit&& visit) const {
  const auto query = queries_.find({text_of(name), record_type});
  if (query == queries_.end()) return;
  std::as_const(*agent_).machine().for_each_answer(query->second, now, visit);
}

/// Where a service is said to be.
void MdnsSearch::ask_for_host(const mdns::Name& service, Instant now) {
  std::optional<mdns::Name> host;
  for (const std::uint16_t record_type : {type::srv, type::any}) {
    answers(service, record_type, now, [&](const mdns::RecordView& view) {
      if (view.type == type::srv) host = name_in(view.data, 6);
    });
  }
  if (!host) return;
  static_cast<void>(ask(*host, type::a, now));
  static_cast<void>(ask(*host, type::aaaa, now));
}

Instant MdnsSearch::poll(Instant now) {
  if (done_ || queries_.empty()) return Instant::never();
  if (wanted_.record_type == type::srv || wanted_.record_type == type::any) ask_for_host(name_, now);
  if (wanted_.record_type == type::ptr) {
    std::vector<mdns::Name> services;
    answers(name_, type::ptr, now, [&](const mdns::RecordView& view) {
      const auto service = name_in(view.data, 0);
      if (service && !view.own) services.push_back(*service);
    });
    for (const mdns::Name& service : services) {
      if (name_.same_as(mdns::enumeration_name())) break;  // types have no SRV
      static_cast<void>(ask(service, type::srv, now));
      static_cast<void>(ask(service, type::txt, now));
      ask_for_host(service, now);
    }
  }
  const std::vector<MdnsFound> all = found(now);
  const auto complete =
      std::count_if(all.begin(), all.end(), [this](const MdnsFound& one) { return whole(one); });
  done_ = now >= until_ || (wanted_.most != 0 && static_cast<std::size_t>(complete) >= wanted_.most);
  // What was asked just now has a deadline of its own.
  return done_ ? Instant::never() : earlier(until_, std::as_const(*agent_).machine().next_deadline());
}

/// What belongs to it has come.
bool MdnsSearch::whole(const MdnsFound& found) const {
  if (wanted_.record_type != type::ptr || name_.same_as(mdns::enumeration_name())) return true;
  return !found.host.empty() && found.has_txt && !found.addresses.empty();
}

void MdnsSearch::fill_addresses(MdnsFound& found, const mdns::Name& host, Instant now) const {
  found.host = text_of(host.first_label());
  for (const std::uint16_t record_type : {type::a, type::aaaa}) {
    answers(host, record_type, now, [&](const mdns::RecordView& view) {
      IpAddress address =
          record_type == type::a ? IpAddress::v4(view.data.first<4>()) : IpAddress::v6(view.data.first<16>());
      if (address.is_v6() && address.is_link_local())
        address = address.with_zone(static_cast<std::uint8_t>(agent_->interface() + 1));
      found.addresses.push_back(address);
    });
  }
}

void MdnsSearch::fill_service(MdnsFound& found, const mdns::Name& service, Instant now) const {
  fill_names(found, service, true);
  std::optional<mdns::Name> host;
  const auto take = [&](const mdns::RecordView& view) {
    if (view.type == type::srv && view.data.size() >= 6) {
      found.priority = load16(view.data.data());
      found.weight = load16(view.data.data() + 2);
      found.port = load16(view.data.data() + 4);
      host = name_in(view.data, 6);
    } else if (view.type == type::txt) {
      found.has_txt = true;
      found.txt = txt_items(view.data);
    }
  };
  for (const std::uint16_t record_type : {type::srv, type::txt, type::any})
    answers(service, record_type, now, take);
  if (host) fill_addresses(found, *host, now);
}

std::vector<MdnsFound> MdnsSearch::instances(Instant now) const {
  std::vector<MdnsFound> all;
  std::vector<mdns::Name> services;
  answers(name_, type::ptr, now, [&](const mdns::RecordView& view) {
    const auto service = name_in(view.data, 0);
    if (!service || view.own) return;  // who asks knows what he has himself
    services.push_back(*service);
    all.push_back({.ttl = static_cast<std::uint32_t>(view.ttl.as_seconds()),
                   .over_v4 = view.over_v4,
                   .over_v6 = view.over_v6});
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (name_.same_as(mdns::enumeration_name())) {
      fill_names(all[i], services[i], false);
    } else {
      fill_service(all[i], services[i], now);
    }
  }
  return all;
}

std::vector<MdnsFound> MdnsSearch::found(Instant now) const {
  if (wanted_.record_type == type::ptr) return instances(now);
  MdnsFound one;
  bool any = false;
  for (const std::uint16_t record_type : {wanted_.record_type, type::a, type::aaaa}) {
    answers(name_, record_type, now, [&](const mdns::RecordView& view) {
      any = true;
      one.ttl = static_cast<std::uint32_t>(view.ttl.as_seconds());
      one.over_v4 = one.over_v4 || view.over_v4 || view.own;
      one.over_v6 = one.over_v6 || view.over_v6;
    });
  }
  if (!any) return {};
  if (wanted_.type.empty()) {
    fill_addresses(one, name_, now);
  } else {
    fill_service(one, name_, now);
  }
  return {one};
}

}  // namespace linnet::esp
