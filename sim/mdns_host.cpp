// SPDX-License-Identifier: Apache-2.0
#include "sim/mdns_host.hpp"

namespace linnet::sim {

namespace {

constexpr mdns::Config config{.hosts = 1, .services = 1, .queries = 6, .lookups = 1, .cache_records = 32};
constexpr std::string_view wished = "sim", service = "_http._tcp";
constexpr Duration pause = Duration::seconds(7);  // longer than a look-up lasts

}  // namespace

MdnsProgram::MdnsProgram(Machine& machine, std::uint64_t seed) : machine_(machine), choices_(seed, "mdns") {
  begin();
}

void MdnsProgram::begin() {
  agent_.reset();
  memory_.reset();
  memory_.emplace(mdns::Agent::memory_needed(config) + Arena::alignment);
  arena_.emplace(memory_->bytes());
  agent_.emplace(machine_.stack(), machine_.interface(), config, *arena_);
  looking_ = started_ = types_asked_ = false;
}

bool MdnsProgram::start(Instant now) {
  if (!agent_->start(wished, now)) return false;
  (void)agent_->machine().responder().add_service({.instance = "Sim", .type = service, .port = 80}, now);
  (void)agent_->machine().querier().query(*mdns::service_type(service), mdns::type::ptr, now);
  due_ = now + pause;
  return true;
}

Instant MdnsProgram::step(Instant now) {
  if (stopped_) return Instant::never();
  if (!started_) {
    started_ = start(now);
    if (!started_) return now + Duration::seconds(1);
  }
  if (now >= due_) look_up(now);
  return earlier(due_, agent_->poll(now));
}

void MdnsProgram::look_up(Instant now) {
  due_ = now + pause;
  if (looking_) agent_->machine().release(lookup_);
  const auto number = static_cast<std::uint32_t>(choices_.between(1, 4));
  const auto label = mdns::numbered(*mdns::Label::host(wished), number, mdns::Numbering::host);
  const auto lookup = agent_->machine().lookup(mdns::host_name(label), dns::Families::both, now);
  looking_ = lookup.ok();
  if (lookup) lookup_ = *lookup;
  // Once, what types there are: shared records that nobody has announced, so all answer to all (RFC 6763 9).
  if (!types_asked_) (void)agent_->machine().querier().query(mdns::enumeration_name(), mdns::type::ptr, now);
  types_asked_ = true;
}

void MdnsProgram::stop(Instant now) {
  stopped_ = true;
  agent_->stop(now);
}

bool MdnsProgram::has_name() const {
  const mdns::Host* host = agent_->machine().responder().host(agent_->host());
  return host != nullptr && host->claim.ours();
}

}  // namespace linnet::sim
