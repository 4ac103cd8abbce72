// SPDX-License-Identifier: Apache-2.0
#include "apps/mdns_news.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>

namespace linnet::apps {

void MdnsNews::begin(const std::string& name, std::uint16_t http_port,
                     const std::vector<AnnouncedService>& others, Instant now) {
  if (agent_ == nullptr) return;
  if (!agent_->start(name, now)) {
    fmt::print("  {:<13}{}\n", "name", "none by Multicast DNS: its port is taken");
    return;
  }
  std::array<std::uint8_t, 16> room{};
  mdns::TxtWriter txt(room);
  static constexpr std::array<std::uint8_t, 1> root = {'/'};
  txt.add("path", root);
  const auto site = agent_->machine().responder().add_service(
      {.instance = name, .type = "_http._tcp", .port = http_port, .txt = txt.finish()}, now);
  if (site) site_ = *site;
  for (const AnnouncedService& other : others) {
    const auto added = agent_->machine().responder().add_service(
        {.instance = other.instance, .type = other.type, .port = other.port, .txt = other.txt}, now);
    if (added) {
      others_.push_back(*added);
    } else {
      fmt::print("  {:<13}\"{}\" of {} is not announced: it is there twice, or too long\n", "service",
                 other.instance, other.type);
    }
  }
}

/// Once, when all names are ours.
void MdnsNews::tell_of_others(const mdns::Responder& responder) {
  if (told_of_others_ || others_.empty()) return;
  for (const mdns::ServiceHandle handle : others_) {
    const mdns::Service* service = responder.service(handle);
    if (service == nullptr || !service->claim.ours()) return;
  }
  told_of_others_ = true;
  fmt::print("  {:<13}{} announced beside it\n", "services", others_.size());
  std::fflush(stdout);
}

Instant MdnsNews::poll(Instant) {
  if (agent_ == nullptr || !agent_->running()) return Instant::never();
  const mdns::Responder& responder = std::as_const(agent_->machine()).responder();
  const mdns::Host* host = responder.host(agent_->host());
  if (host == nullptr || !host->claim.ours()) return Instant::never();
  tell_of_others(responder);
  const mdns::Service* site = responder.service(site_);
  const bool has_site = site != nullptr && site->claim.ours();
  std::string text(host->label.text());
  text += ".local";
  if (has_site) text += fmt::format(" (web site \"{}\")", site->label.text());
  if (text == told_) return Instant::never();
  told_ = text;
  fmt::print("  {:<13}{}\n", "name", text);
  std::fflush(stdout);
  return Instant::never();
}

}  // namespace linnet::apps
