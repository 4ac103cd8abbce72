// SPDX-License-Identifier: Apache-2.0
#include "apps/machine.hpp"

#include <fmt/format.h>

#include "apps/machine_config.hpp"
#include "apps/problem.hpp"
#include "platform/linux/clock.hpp"
#include "platform/linux/entropy.hpp"

namespace linnet::apps {

Machine::Machine(const DeviceOptions& options) : options_(options), started_(port_.now()) {
  Device& device = add_middleware(open_network());
  const Config stack = stack_config(options_, device);
  const sockets::Config config = sockets_config(options_);
  host_ = std::make_unique<sockets::Host>(stack, config, memory(sockets::Host::memory_needed(stack, config)),
                                          port_);
  if (!host_->ok()) throw Problem("the stack could not be built: no entropy, or memory misjudged");
  if (clocked_impair_) host_->add(*clocked_impair_);
  if (clocked_capture_) host_->add(*clocked_capture_);
  const auto interface = host_->stack().add_interface(device, {.vlan = options_.vlan});
  if (!interface) throw Problem("the stack has no room for an interface");
  interface_ = *interface;
  if (options_.router.on()) open_lan();
  if (const auto secret = address_secret()) host_->stack().ip().set_address_secret(*secret);
  if (options_.ipv6) host_->stack().ip().enable_ipv6(interface_, port_.now());
  if (options_.clat && !host_->stack().ip().set_clat(interface_, true, port_.now())) {
    throw Problem("--clat: the interface has no IPv6: its MTU is below 1280 bytes");
  }

  dns::Config names = NameService::config();
  names.mix_case = options_.dns_mix_case;
  names.refuse_local_answers = options_.dns_refuse_local;
  Arena names_arena(memory(dns::Resolver::memory_needed(names) + Arena::alignment));
  names_ = std::make_unique<NameService>(*host_, names_arena, options_.name_servers, names);
  names_->set_limits(options_.most_name_servers, options_.last_server);
  names_->set_zones([this](const std::string& host) { return with_numeric_zone(host); });
  if (!options_.ipv6) names_->set_families(dns::Families::v4);
  if (options_.search) names_->set_search(*options_.search);
  for (const std::string& line : options_.hosts) {
    if (names_->resolver().hosts().add_line(line) != dns::HostsError::none) throw Problem("--hosts: too many names");
  }
  if (options_.dns_over_tls.on()) use_dns_over_tls(options_.dns_over_tls);
  host_->add(*names_);
  // On the user-mode network there is nobody else, which only programs that announce something do not mind.
  if (options_.mdns && (options_.network != Network::user || options_.mdns_numbers)) make_mdns();
  if (options_.ipv6) start_dhcpv6();
  if (options_.address && !options_.inform) return;
  const dhcp::Config client = dhcp_config(options_);
  Arena dhcp_arena(memory(dhcp::Client::memory_needed(client) + Arena::alignment));
  dhcp_ = std::make_unique<dhcp::Client>(host_->stack(), interface_, client, dhcp_arena);
  dhcp_service_ = std::make_unique<sockets::ServiceFor<dhcp::Client>>(*dhcp_);
  host_->add(*dhcp_service_);
  names_->follow(*dhcp_);
  if (!options_.dhcp.lease_file.empty()) {
    lease_file_ = std::make_unique<LeaseFile>(options_.dhcp.lease_file, *dhcp_);
    host_->add(*lease_file_);
  }
  if (!options_.link_local_v4 || options_.address) return;
  autoip_ = std::make_unique<AutoipService>(host_->stack(), interface_, *dhcp_, options_.link_local_tries);
  host_->add(*autoip_);
}

void Machine::use_dns_over_tls(const DnsOverTls& options) {
  auto secure = std::make_unique<SecureNames>(*host_, options);
  secure->attach(*names_);
  secure_names_ = std::move(secure);
}

void Machine::make_mdns() {
  const mdns::Config config = mdns_config(options_);
  Arena arena(memory(mdns::Agent::memory_needed(config) + Arena::alignment));
  mdns_ = std::make_unique<mdns::Agent>(host_->stack(), interface_, config, arena);
  mdns_service_ = std::make_unique<sockets::ServiceFor<mdns::Agent>>(*mdns_);
  host_->add(*mdns_service_);
  names_->follow(*mdns_);
}

void Machine::start_dhcpv6() {
  Arena arena(memory(dhcpv6::Client::memory_needed() + Arena::alignment));
  dhcpv6_ = std::make_unique<Dhcpv6Service>(host_->stack(), interface_, arena);
  host_->add(*dhcpv6_);
  names_->follow(dhcpv6_->client());
}

/// RFC 8415 18.2.7: the server is told, and waited for, but not for long.
void Machine::release_dhcpv6() {
  if (dhcpv6_ == nullptr) return;
  {
    const sockets::Host::Lock lock(*host_);
    if (dhcpv6_->client().status().addresses.empty()) return;
    dhcpv6_->client().stop(lock.now(), true);
  }
  const auto released = [this] { return dhcpv6_->client().status().state == dhcpv6::State::stopped; };
  static_cast<void>(host_->wait_until(released, now() + Duration::milliseconds(500)));
}

Machine::~Machine() { shut_down(Duration()); }

MutableBytes Machine::memory(std::size_t bytes) {
  // Not cleared: pages that nothing touches cost nothing.
  memory_.emplace_back(new std::uint8_t[bytes]);
  return {memory_.back().get(), bytes};
}

Device& Machine::add_middleware(Device& device) {
  Device* outermost = &device;
  const std::uint64_t seed = options_.seed.value_or(platform::entropy64());
  if (!options_.impairments.none()) {
    const ImpairConfig config = impair_config(options_, device, seed);
    Arena arena(memory(Impair::memory_needed(config) + Arena::alignment));
    impair_ = std::make_unique<Impair>(arena, *outermost, config);
    clocked_impair_ = std::make_unique<sockets::ClockedFor<Impair>>(*impair_);
    outermost = impair_.get();
  }
  if (!options_.capture.empty()) {
    // In front of the impairments: the capture has what the stack sent and got.
    capture_file_ = std::make_unique<CaptureFile>(options_.capture);
    capture_writer_ = std::make_unique<PcapngWriter>(*capture_file_, "linnet " LINNET_VERSION);
    const CaptureConfig config{.name = options_.host_name,
                               .wall_clock_offset = platform::wall_clock_offset()};
    Arena arena(memory(Capture::memory_needed(config) + Arena::alignment));
    capture_ = std::make_unique<Capture>(arena, *outermost, *capture_writer_, config);
    clocked_capture_ = std::make_unique<sockets::ClockedFor<Capture>>(*capture_);
    outermost = capture_.get();
  }
  return *outermost;
}

bool Machine::configure(Duration patience) {
  configure_ipv6();
  if (!options_.address) return configure_by_dhcp(patience);
  configure_fixed();
  return dhcp_ == nullptr || be_informed();
}

void Machine::configure_fixed() {
  const sockets::Host::Lock lock(*host_);
  ip::Ip& ip = lock.stack().ip();
  bool done = ip.add_address(interface_, *options_.address, false, lock.now());
  if (options_.gateway) done = done && ip.add_route({IpAddress::any_v4(), 0}, *options_.gateway, interface_);
  if (!done) throw Problem("the stack has no room for the address");
}

/// RFC 2131 4.4.3: nobody who answers is no reason not to go on.
bool Machine::be_informed() {
  {
    const sockets::Host::Lock lock(*host_);
    if (!dhcp_->inform(lock.now())) throw Problem("the DHCP client could not begin: no memory, or no socket");
  }
  const auto informed = [this] { return dhcp_->status().lease != nullptr; };
  const Instant until = now() + Duration::seconds(10);
  if (!host_->wait_until(informed, until)) {
    if (now() < until) return false;
    fmt::print(stderr, "linnet: no DHCP server has told anything yet (--dhcp-inform)\n");
    return true;
  }
  const sockets::Host::Lock lock(*host_);
  names_->take_over();
  return true;
}

void Machine::configure_ipv6() {
  const sockets::Host::Lock lock(*host_);
  ip::Ip& ip = lock.stack().ip();
  for (const Prefix& prefix : options_.addresses_v6) {
    if (!ip.add_address(interface_, prefix, true, lock.now())) throw Problem("the stack has no room for an IPv6 address");
  }
  if (options_.gateway_v6 && !ip.add_route({IpAddress::any_v6(), 0}, *options_.gateway_v6, interface_)) {
    throw Problem("the stack has no room for a route");
  }
}

bool Machine::configure_by_dhcp(Duration patience) {
  {
    const sockets::Host::Lock lock(*host_);
    const auto remembered = lease_file_ != nullptr ? lease_file_->remembered() : options_.dhcp.remembered;
    if (!dhcp_->start(lock.now(), remembered))
      throw Problem("the DHCP client could not begin: no memory, or no socket");
  }
  const auto bound = [this] {
    return dhcp_->status().lease != nullptr || (autoip_ != nullptr && autoip_->status().state == autoip::State::bound) ||
           host_->stack().ip().clat().active();
  };
  const Instant until = now() + patience;
  if (host_->wait_until(bound, until)) {
    const sockets::Host::Lock lock(*host_);
    names_->take_over();  // a program may ask for its servers at once
    return true;
  }
  if (now() < until) return false;
  throw Problem(fmt::format(
      "no DHCP server gave an address within {} s: is there one, and is the link up? --ip ADDR/LEN "
      "sets a fixed address",
      patience.as_seconds()));
}

/// By Multicast DNS, while there is an address to say it from.
void Machine::say_goodbye(Duration patience) {
  if (mdns_ == nullptr) return;
  if (patience > Duration()) {
    {
      const sockets::Host::Lock lock(*host_);
      mdns_->leave(lock.now());
    }
    static_cast<void>(host_->wait_until([this] { return !mdns_->leaving(); }, now() + patience));
  }
  const sockets::Host::Lock lock(*host_);
  mdns_->stop(lock.now());
}

void Machine::shut_down(Duration patience) {
  if (std::exchange(shut_down_, true) || host_ == nullptr) return;
  {
    const sockets::Host::Lock lock(*host_);
    names_->resolver().close_streams(lock.now());
  }
  const auto quiet = [this] {
    bool open = false;
    host_->stack().tcp().for_each_connection(
        [&](const tcp::Status& status) { open = open || status.state != tcp::State::time_wait; });
    return !open;
  };
  if (patience > Duration()) static_cast<void>(host_->wait_until(quiet, now() + patience));
  say_goodbye(patience);
  release_dhcpv6();
  {
    const sockets::Host::Lock lock(*host_);
    const bool keeps = options_.dhcp.keep_lease || lease_file_ != nullptr;
    if (dhcp_ != nullptr && !keeps) dhcp_->release(lock.now());
  }
  const auto sent = [this] {
    bool asked = false;
    host_->stack().ethernet().for_each_neighbour(
        [&](const ethernet::NeighbourView& view) { asked = asked || view.state == ethernet::NeighbourState::incomplete; });
    return !asked;
  };
  // The release may have to wait for the server's Ethernet address.
  if (dhcp_ != nullptr && patience > Duration()) static_cast<void>(host_->wait_until(sent, now() + patience));
  const sockets::Host::Lock lock(*host_);
  if (dhcp_ != nullptr) dhcp_->stop(lock.now(), false);
  static_cast<void>(lock.stack().poll(lock.now()));
  // What is still held to be late would never arrive.
  if (capture_ != nullptr) capture_->flush();
}

const ImpairModel::Counters* Machine::transmit_faults() const {
  return impair_ != nullptr ? &impair_->transmit_counters() : nullptr;
}

const ImpairModel::Counters* Machine::receive_faults() const {
  return impair_ != nullptr ? &impair_->receive_counters() : nullptr;
}

IpAddress Machine::address() {
  const sockets::Host::Lock lock(*host_);
  for (const ip::AddressView& view : lock.stack().ip().addresses()) {
    if (view.interface == interface_ && view.usable()) return view.prefix.address;
  }
  return {};
}

void Machine::await_path(const IpAddress& remote) {
  if (remote.is_v4() || !options_.ipv6) return;
  const auto found = [&] { return host_->stack().ip().path(remote).has_value(); };
  static_cast<void>(host_->wait_until(found, now() + Duration::seconds(10)));
}

std::string Machine::interface_name(std::uint8_t interface) const {
  if (interface == Stack::loopback_interface) return "lo";
  return interface == interface_ ? "net0" : fmt::format("net{}", interface - interface_);
}

std::string Machine::with_numeric_zone(const std::string& host) const {
  const std::size_t percent = host.find('%');
  if (percent == std::string::npos) return host;
  const std::string zone = host.substr(percent + 1);
  const bool ours = zone == interface_name(interface_) || (!zone.empty() && zone == options_.interface);
  return ours ? fmt::format("{}%{}", host.substr(0, percent), interface_ + 1) : host;
}

}  // namespace linnet::apps
