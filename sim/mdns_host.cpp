// SPDX-License-Identifier: Apache-2.0
#include "sim/mdns_host.hpp"

namespace linnet::sim {

namespace {

constexpr mdns::Config config{.hosts = 1, .services = 1, .queries = 6, .lookups = 1, .cache_records = 32};
constexpr std::string_view wished = "sim", service = "_http._tcp";
constexpr Duration pause = Duration::seconds(7);  // longer than a look-up lasts
// With ID 0x4c4e, as a plain DNS client asks: one question, for sim.local's addresses.
constexpr std::array<std::uint8_t, 27> plain_query{0x4c, 0x4e, 0, 0,   0,   1,   0,   0,   0, 0, 0, 0, 3, 's',
                                                   'i',  'm',  5, 'l', 'o', 'c', 'a', 'l', 0, 0, 1, 0, 1};

}  // namespace

MdnsProgram::MdnsProgram(Machine& machine, std::uint64_t seed, Instant joins, const IpAddress& neighbour)
    : machine_(machine), choices_(seed, "mdns"), joins_(joins), asked_{neighbour, 5353} {
  begin();
}

void MdnsProgram::begin() {
  agent_.reset();
  memory_.reset();
  memory_.emplace(mdns::Agent::memory_needed(config) + Arena::alignment);
  arena_.emplace(memory_->bytes());
  agent_.emplace(machine_.stack(), machine_.interface(), config, *arena_);
  looking_ = started_ = false;
  plain_.reset();  // of the stack that was
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
  if (now < joins_) return joins_;
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
  if (choices_.chance(30)) ask_plainly(now);
}

/// RFC 6762 5.5, 6.7: another machine, from a port of its own, and the answer is for that port alone. What it
/// says is the monitor's matter.
void MdnsProgram::ask_plainly(Instant now) {
  udp::Udp& udp = machine_.stack().udp();
  close_plain();
  const auto socket = udp.open(IpAddress::any_v4());
  if (!socket) return;
  plain_ = *socket;
  const Bytes payload{plain_query.data(), plain_query.size()};
  (void)udp.send(*socket, {&payload, 1}, &asked_, {}, now);
}

void MdnsProgram::close_plain() {
  if (plain_) machine_.stack().udp().close(*plain_);
  plain_.reset();
}

void MdnsProgram::stop(Instant now) {
  stopped_ = true;
  close_plain();
  agent_->stop(now);
}

bool MdnsProgram::has_name() const {
  const mdns::Host* host = agent_->machine().responder().host(agent_->host());
  return host != nullptr && host->claim.ours();
}

}  // namespace linnet::sim
