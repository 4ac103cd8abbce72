// SPDX-License-Identifier: Apache-2.0
#include "sim/run.hpp"

#include <algorithm>
#include <deque>

namespace linnet::sim {

namespace {

constexpr Duration settling = Duration::seconds(10);
constexpr Duration quiet = Duration::seconds(3000);

/// Everything that passes goes through here: into the run's digest, to the adversary, to who watches.
class Taps final : public Tap {
 public:
  explicit Taps(Tap* watch) : watch_(watch) {}
  void set_adversary(Adversary* adversary) { adversary_ = adversary; }
  /// What judges the machine that is at a port; null while it is off.
  void set_monitors(std::size_t port, MachineMonitors* monitors) {
    if (monitors_.size() <= port) monitors_.resize(port + 1);
    monitors_[port] = monitors;
  }
  void sent(std::size_t port, Bytes frame, const Moment& at) override {
    passed_ = mixed(passed_ ^ static_cast<std::uint64_t>(at.world.as_microseconds()), port * 65536 + frame.size());
    if (frame.size() >= 42) passed_ = mixed(passed_, load64(frame.data() + 34));
    if (adversary_ != nullptr) adversary_->saw(frame);
    if (watch_ != nullptr) watch_->sent(port, frame, at);
    if (MachineMonitors* monitors = at.by_host ? monitors_of(port) : nullptr) monitors->sent(frame, at);
  }
  void busy(std::size_t port, const Moment& at) override {
    if (MachineMonitors* monitors = monitors_of(port)) monitors->busy(at.local);
  }
  void link_up(std::size_t port) override {
    if (MachineMonitors* monitors = monitors_of(port)) monitors->link_came_up();
  }
  void received(std::size_t port, Bytes frame, const Moment& at) override {
    if (MachineMonitors* monitors = monitors_of(port)) monitors->received(frame, at);
    if (watch_ != nullptr) watch_->received(port, frame, at);
  }
  void fault(std::size_t port, Fault fault, Bytes frame, const Moment& at) override {
    if (watch_ != nullptr) watch_->fault(port, fault, frame, at);
  }
  std::uint64_t passed() const { return passed_; }

 private:
  MachineMonitors* monitors_of(std::size_t port) { return port < monitors_.size() ? monitors_[port] : nullptr; }
  Tap* watch_;
  std::vector<MachineMonitors*> monitors_;
  Adversary* adversary_ = nullptr;
  std::uint64_t passed_ = 1;
};

/// The state of a stack, layer by layer.
constexpr std::size_t layers = 5;
constexpr std::array<const char*, layers> layer_names{"link", "IP", "raw sockets", "UDP", "TCP"};
using LayerDigests = std::array<Digest::Value, layers>;

LayerDigests digests_of(Stack& stack) {
  const auto digest_of = [](const auto& layer) {
    Digest digest;
    layer.digest(digest);
    return digest.value();
  };
  return {digest_of(stack.ethernet()), digest_of(stack.ip()), digest_of(stack.raw()), digest_of(stack.udp()),
          digest_of(stack.tcp())};
}

/// Who has blocks, as far as the layers tell.
std::string holders_of(Stack& stack) {
  std::string text;
  stack.udp().for_each([&](const udp::SocketView& socket) {
    if (socket.queued > 0) text += "; UDP port " + std::to_string(socket.local.port) + " has " + std::to_string(socket.queued);
  });
  if (stack.ethernet().neighbour_count() > 0) text += "; neighbours are left";
  if (stack.ip().reassemblies() > 0) text += "; in reassembly are " + std::to_string(stack.ip().reassemblies());
  return text;
}

class Run;

/// Opens the connection of a plan when its time has come and its machine has an address.
class Opener final : public Program {
 public:
  Opener(Machine& machine, Side& client, const TcpPlan& plan, const Endpoint& remote, Instant local_at)
      : machine_(machine), client_(client), plan_(plan), remote_(remote), at_(local_at) {}
  Instant step(Instant now) override {
    if (opened_ || client_.done()) return Instant::never();
    if (now < at_) return at_;
    if (!machine_.stack().ip().path(remote_.address)) return now + Duration::milliseconds(500);
    opened_ = true;
    client_.connect(remote_, plan_.client_options, now);
    return now;
  }
  bool opened() const { return opened_; }

 private:
  Machine& machine_;
  Side& client_;
  const TcpPlan& plan_;
  Endpoint remote_;
  Instant at_;
  bool opened_ = false;
};

struct Transfer {
  const TcpPlan* plan;
  Side* client;
  Side* server;
  Opener* opener;
};

struct Flow {
  const UdpPlan* plan;
  EchoClient* client;
  EchoServer* server;
};

class Run {
 public:
  Run(const Scenario& scenario, Tap* watch);
  Outcome play();

 private:
  friend class Chaos;
  void add_machines();
  void add_services();
  void add_transfers();
  void add_flows();
  void acquaint();
  void begin_monitors(Machine& machine, bool first_boot);
  void end_monitors(Machine& machine);
  void give_address(Machine& machine);
  void restore_address(Machine& machine);
  IpAddress address_of(unsigned machine) const;
  void host_lost(unsigned machine);
  void host_booted(unsigned machine, bool remembers);
  void heal();
  bool all_over();
  bool transfer_over(const Transfer& transfer);
  void quiesce();
  void check_machine(Machine& machine);
  void check_fresh(Machine& machine);
  void note_drops(const Stack& stack);
  void fail(std::string rule, std::string problem);
  Duration healing_time() const;
  Outcome report();

  const Scenario& scenario_;
  Simulation simulation_;
  Taps taps_;
  std::deque<Side> sides_;
  std::deque<Opener> openers_;
  std::deque<EchoServer> echo_servers_;
  std::deque<EchoClient> echo_clients_;
  std::vector<Transfer> transfers_;
  std::vector<Flow> flows_;
  std::optional<DhcpServer> dhcp_server_;
  std::optional<DnsServer> dns_server_;
  std::optional<DhcpProgram> dhcp_;
  std::deque<DnsProgram> resolvers_;
  std::optional<Adversary> adversary_;
  std::vector<std::unique_ptr<MachineMonitors>> monitors_;
  std::vector<LayerDigests> fresh_;
  bool healed_ = false;
  std::vector<bool> same_station_;  ///< the machine still has its first MAC address
  Outcome outcome_;
};

/// Lets happen what the scenario has planned, each at its time.
class Chaos final : public Program {
 public:
  Chaos(Run& run, Instant begins) : run_(run), begins_(begins) {}
  Instant step(Instant now) override {
    const auto& events = run_.scenario_.events;
    while (next_ < events.size() && begins_ + events[next_].at <= now) happen(events[next_++], now);
    std::vector<Later> due;
    std::erase_if(later_, [&](const Later& later) {
      if (later.at > now) return false;
      due.push_back(later);
      return true;
    });
    for (const Later& later : due) undo(later);
    Instant wanted = next_ < events.size() ? begins_ + events[next_].at : Instant::never();
    for (const Later& later : later_) wanted = earlier(wanted, later.at);
    return wanted;
  }
  /// Everything that was taken away is given back.
  void end() {
    next_ = run_.scenario_.events.size();
    const std::vector<Later> left = std::move(later_);
    later_.clear();
    for (const Later& later : left) undo(later);
  }

 private:
  struct Later {
    Instant at;
    ChaosEvent event;
  };
  void happen(const ChaosEvent& event, Instant now);
  void undo(const Later& later);
  void crash(const ChaosEvent& event, Instant now);
  void hog(Machine& machine, std::uint64_t percent);
  void claim_address(const Machine& machine);
  void storm(Machine& machine, std::uint64_t frames);

  Run& run_;
  Instant begins_;
  std::size_t next_ = 0;
  std::vector<Later> later_;
  std::map<unsigned, std::vector<Block>> hogged_;
};

void Chaos::happen(const ChaosEvent& event, Instant now) {
  using Kind = ChaosEvent::Kind;
  Machine& machine = run_.simulation_.machine(event.machine);
  Lan& lan = run_.simulation_.lan();
  const std::size_t port = event.machine;
  if (!machine.running()) return;
  switch (event.kind) {
    case Kind::link_down:
      if (lan.fires(port, Fault::flap)) lan.take_down(port, event.length);
      break;
    case Kind::crash:
      crash(event, now);
      break;
    case Kind::pause:
      if (lan.fires(port, Fault::clock)) machine.pause(now + event.length);
      break;
    case Kind::hog:
      if (!lan.fires(port, Fault::pool)) return;
      hog(machine, event.value);
      later_.push_back({now + event.length, event});
      break;
    case Kind::address_lost:
      if (run_.scenario_.by_dhcp(event.machine) || !lan.fires(port, Fault::address)) return;
      machine.stack().ip().remove_address(machine.interface(), run_.address_of(event.machine));
      run_.monitors_[event.machine]->address_removed(run_.address_of(event.machine));
      later_.push_back({now + event.length, event});
      break;
    case Kind::address_claimed:
      if (lan.fires(port, Fault::address)) claim_address(machine);
      break;
    case Kind::storm:
      if (lan.fires(port, Fault::driver)) storm(machine, event.value);
      break;
    case Kind::faults_change:
      if (lan.fires(port, Fault::mtu)) {
        machine.port().change(port_faults(event.value, run_.scenario_.faults, run_.scenario_.length));
      }
      break;
    case Kind::service_mode:
      if (run_.dhcp_server_) run_.dhcp_server_->set_mode(static_cast<ServiceMode>(event.value));
      if (run_.dns_server_) run_.dns_server_->set_mode(static_cast<ServiceMode>(event.value));
      break;
  }
  run_.simulation_.wake(machine);
}

void Chaos::crash(const ChaosEvent& event, Instant now) {
  Machine& machine = run_.simulation_.machine(event.machine);
  const Fault fault = event.length < Duration::milliseconds(1) ? Fault::own_crash : Fault::peer_crash;
  if (!run_.simulation_.lan().fires(event.machine, fault)) return;
  hogged_.erase(event.machine);
  run_.note_drops(machine.stack());
  run_.end_monitors(machine);
  machine.crash();
  run_.host_lost(event.machine);
  later_.push_back({now + event.length, event});
}

void Chaos::undo(const Later& later) {
  using Kind = ChaosEvent::Kind;
  Machine& machine = run_.simulation_.machine(later.event.machine);
  if (later.event.kind == Kind::hog) hogged_.erase(later.event.machine);
  if (later.event.kind == Kind::address_lost && machine.running()) run_.give_address(machine);
  if (later.event.kind == Kind::crash) {
    std::optional<MacAddress> mac;
    if (later.event.value % 2 == 1) {
      mac = machine.port().mac();
      mac->bytes[4] = static_cast<std::uint8_t>(machine.boots());
      run_.same_station_[later.event.machine] = false;
    }
    machine.boot(mixed(run_.scenario_.seed, 1000 + machine.boots() * 16 + later.event.machine), mac);
    run_.begin_monitors(machine, false);
    run_.host_booted(later.event.machine, later.event.value >= 2);
  }
  run_.simulation_.wake(machine);
}

void Chaos::hog(Machine& machine, std::uint64_t percent) {
  BlockPool& pool = machine.stack().pool();
  const std::uint64_t wanted = pool.small_free() * percent / 100;
  std::vector<Block>& blocks = hogged_[static_cast<unsigned>(machine.index())];
  for (std::uint64_t i = 0; i < wanted; ++i) {
    if (Block block = pool.allocate(1)) blocks.push_back(std::move(block));
  }
}

void Chaos::claim_address(const Machine& machine) {
  const MacAddress somebody{{0x02, 0, 0, 0, 0x66, 0x66}};
  const std::uint32_t address = run_.address_of(static_cast<unsigned>(machine.index())).v4_value();
  const Buffer frame = arp_frame(1,
                                 {.source_mac = somebody,
                                  .destination_mac = MacAddress::broadcast(),
                                  .source = address,
                                  .destination = address},
                                 {});
  Lan& lan = run_.simulation_.lan();
  lan.port((machine.index() + 1) % run_.simulation_.machines()).inject(frame);
}

void Chaos::storm(Machine& machine, std::uint64_t frames) {
  // Of a protocol that nobody speaks, to all.
  Buffer frame(60);
  frame[0] = frame[1] = frame[2] = frame[3] = frame[4] = frame[5] = 0xff;
  frame[6] = 0x02;
  frame[10] = 0x77;
  store16(frame.data() + 12, 0x88b5);  // IEEE 802: for experiments
  Lan& lan = run_.simulation_.lan();
  Port& from = lan.port((machine.index() + 1) % run_.simulation_.machines());
  for (std::uint64_t i = 0; i < frames; ++i) from.inject(frame);
}

Run::Run(const Scenario& scenario, Tap* watch)
    : scenario_(scenario), simulation_(scenario.start, scenario.seed), taps_(watch) {
  simulation_.lan().set_tap(&taps_);
  for (const auto& [first, last] : scenario.omissions.events) simulation_.lan().suppress(first, last);
  simulation_.shuffle(scenario.faults.has(Fault::scheduling));
  simulation_.after_turn = [this](Machine& machine) { check_machine(machine); };
  add_machines();
}

void Run::add_machines() {
  for (std::size_t i = 0; i < scenario_.machines.size(); ++i) {
    MachineConfig config = scenario_.machines[i];
    const PortFaults faults = config.faults;
    // Quiet at first: addresses are announced, and then everything is as it must be in the end.
    config.faults = {};
    Machine& machine = simulation_.add_machine(config, mixed(scenario_.seed, i));
    monitors_.emplace_back();
    begin_monitors(machine, true);
    if (!scenario_.by_dhcp(static_cast<unsigned>(i))) give_address(machine);
    same_station_.push_back(true);
  }
  simulation_.run_until(simulation_.now() + settling);
  for (std::size_t i = 0; i < scenario_.machines.size(); ++i) {
    fresh_.push_back(digests_of(simulation_.machine(i).stack()));
  }
  if (scenario_.acquainted) acquaint();
  for (std::size_t i = 0; i < scenario_.machines.size(); ++i) {
    simulation_.machine(i).port().change(scenario_.machines[i].faults);
  }
}

IpAddress Run::address_of(unsigned machine) const {
  if (!scenario_.by_dhcp(machine)) return Scenario::address(machine);
  return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(100 + machine + 1));
}

/// Each sends a datagram to each.
void Run::acquaint() {
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Machine& machine = simulation_.machine(i);
    const auto socket = machine.stack().udp().open();
    for (unsigned other = 0; socket && other < simulation_.machines(); ++other) {
      if (other == i || scenario_.by_dhcp(other)) continue;
      const Endpoint to{address_of(other), 9};
      const std::array<std::uint8_t, 1> byte{};
      const Bytes payload = byte;
      (void)machine.stack().udp().send(*socket, {&payload, 1}, &to, {}, machine.local(simulation_.now()));
    }
    if (socket) machine.stack().udp().close(*socket);
    simulation_.wake(machine);
    simulation_.run_until(simulation_.now() + Duration::seconds(1));
  }
}

void Run::begin_monitors(Machine& machine, bool first_boot) {
  monitors_[machine.index()] = std::make_unique<MachineMonitors>(scenario_, static_cast<unsigned>(machine.index()),
                                                                 machine.port().mac(), first_boot);
  taps_.set_monitors(machine.index(), monitors_[machine.index()].get());
}

void Run::end_monitors(Machine& machine) {
  if (monitors_[machine.index()] == nullptr) return;
  monitors_[machine.index()]->add_to(outcome_.monitors);
  taps_.set_monitors(machine.index(), nullptr);
  monitors_[machine.index()].reset();
}

void Run::give_address(Machine& machine) {
  monitors_[machine.index()]->address_added(address_of(static_cast<unsigned>(machine.index())));
  machine.stack().ip().add_address(machine.interface(), {address_of(static_cast<unsigned>(machine.index())), 24}, false,
                                   machine.local(simulation_.now()));
}

/// What another station claimed is the machine's again.
void Run::restore_address(Machine& machine) {
  const auto index = static_cast<unsigned>(machine.index());
  const ethernet::AddressState state = machine.stack().ip().address_state(machine.interface(), address_of(index));
  if (scenario_.by_dhcp(index) || state == ethernet::AddressState::usable) return;
  give_address(machine);
  simulation_.wake(machine);
}

void Run::add_services() {
  const auto last = static_cast<unsigned>(scenario_.machines.size() - 1);
  if (scenario_.services.dhcp) {
    Machine& server = simulation_.machine(last - 1);
    dhcp_server_.emplace(server, address_of(last - 1).v4_value(), scenario_.services.lease_seconds, scenario_.seed);
    dhcp_server_->set_mode(scenario_.services.mode);
    simulation_.add_program(server, *dhcp_server_);
    dhcp_.emplace(simulation_.machine(last), dhcp::Config{});
    simulation_.add_program(simulation_.machine(last), *dhcp_);
  }
  if (!scenario_.services.dns) return;
  dns_server_.emplace(simulation_.machine(0), scenario_.seed);
  dns_server_->set_mode(scenario_.services.mode);
  simulation_.add_program(simulation_.machine(0), *dns_server_);
  // The first server that some are told is not there.
  for (unsigned i = 1; i <= last; ++i) {
    std::vector<IpAddress> servers{address_of(0)};
    if (scenario_.faults.has(Fault::service) && i % 2 == 0) servers.insert(servers.begin(), IpAddress::v4(10, 0, 0, 77));
    DnsProgram& program = resolvers_.emplace_back(simulation_.machine(i), servers, scenario_.services.names,
                                                  scenario_.services.interval, mixed(scenario_.seed, i));
    simulation_.add_program(simulation_.machine(i), program);
  }
}

void Run::add_transfers() {
  for (const TcpPlan& plan : scenario_.transfers) {
    Machine& client_machine = simulation_.machine(plan.client);
    Machine& server_machine = simulation_.machine(plan.server);
    const std::uint64_t seed = mixed(scenario_.seed, plan.number);
    Side& server = sides_.emplace_back(server_machine.host(), plan.server_side, mixed(seed, 1));
    Side& client = sides_.emplace_back(client_machine.host(), plan.client_side, mixed(seed, 2));
    server.listen(plan.port, plan.server_options, 4);
    Opener& opener = openers_.emplace_back(client_machine, client, plan, Endpoint{address_of(plan.server), plan.port},
                                           client_machine.local(simulation_.now()) + plan.begins);
    simulation_.add_program(client_machine, opener);
    simulation_.add_program(server_machine, server);
    simulation_.add_program(client_machine, client);
    transfers_.push_back({&plan, &client, &server, &opener});
  }
}

void Run::add_flows() {
  for (const UdpPlan& plan : scenario_.flows) {
    Machine& client = simulation_.machine(plan.client);
    Machine& server = simulation_.machine(plan.server);
    const auto port = static_cast<std::uint16_t>(2000 + plan.number);
    EchoServer& echo = echo_servers_.emplace_back(server.host(), port);
    EchoClient& asks = echo_clients_.emplace_back(client.host(), Endpoint{address_of(plan.server), port}, plan.datagrams,
                                                  mixed(scenario_.seed, plan.number));
    simulation_.add_program(server, echo);
    simulation_.add_program(client, asks);
    flows_.push_back({&plan, &asks, &echo});
  }
}

void Run::host_lost(unsigned machine) {
  for (const Transfer& transfer : transfers_) {
    if (transfer.plan->client == machine && transfer.opener->opened()) transfer.client->host_lost();
    if (transfer.plan->server == machine) transfer.server->host_lost();
    // A server that is gone answers nobody: its client will never come to an end by itself if it never began.
    if (transfer.plan->server == machine && !transfer.opener->opened()) transfer.client->host_lost();
  }
  for (const Flow& flow : flows_) {
    if (flow.plan->client == machine) flow.client->host_lost();
    if (flow.plan->server == machine) flow.server->host_lost();
  }
  if (machine == 0 && dns_server_) dns_server_->host_lost();
  if (machine + 2 == scenario_.machines.size() && dhcp_server_) dhcp_server_->host_lost();
}

void Run::host_booted(unsigned machine, bool remembers) {
  if (!scenario_.by_dhcp(machine)) give_address(simulation_.machine(machine));
  if (scenario_.by_dhcp(machine) && dhcp_) dhcp_->host_booted(remembers);
  if (scenario_.services.dns && machine > 0) resolvers_[machine - 1].host_booted();
}

void Run::fail(std::string rule, std::string problem) {
  if (!outcome_.problem.empty()) return;
  outcome_.rule = std::move(rule);
  outcome_.problem = std::move(problem);
}

/// What must hold at every event: the monitors have found nothing, and (S7) what is free and what the pool counts agree.
void Run::check_machine(Machine& machine) {
  MachineMonitors& monitors = *monitors_[machine.index()];
  monitors.turn(machine.local(simulation_.now()));
  if (const auto finding = monitors.take_finding(); finding && outcome_.problem.empty()) {
    fail(finding->rule, "machine " + std::to_string(machine.index()) + ": " + finding->text);
  }
  const BlockPool& pool = machine.stack().pool();
  if (pool.small_free() > pool.small_count()) fail("S7", "a pool has more free blocks than it has");
}

void Run::heal() {
  healed_ = true;
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Port& port = simulation_.machine(i).port();
    PortFaults calm;
    // What is slow stays slow: a link that is faster from one moment to the next would reorder.
    calm.link.delay = port.faults().link.delay;
    calm.link.jitter = port.faults().link.jitter;
    calm.link.rate = port.faults().link.rate;
    calm.link.queue = std::max<std::uint32_t>(port.faults().link.queue, 64);
    calm.receive_ring = 4096;
    port.change(calm);
    port.set_up(true);
  }
  if (adversary_) adversary_->stop();
  if (dhcp_server_) dhcp_server_->set_mode(ServiceMode::right);
  if (dns_server_) dns_server_->set_mode(ServiceMode::right);
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Machine& machine = simulation_.machine(i);
    machine.pause(simulation_.now());
    restore_address(machine);
    simulation_.wake(machine);
  }
  for (Side& side : sides_) side.hurry();
  for (EchoClient& client : echo_clients_) client.heal();
  for (DnsProgram& resolver : resolvers_) resolver.heal();
}

bool Run::transfer_over(const Transfer& transfer) {
  for (Side* side : {transfer.server, transfer.client}) {
    if (!side->failed() || side->done()) continue;
    if (scenario_.forgeable) {
      Machine& machine = simulation_.machine(side == transfer.server ? transfer.plan->server : transfer.plan->client);
      side->give_up(machine.local(simulation_.now()));
      simulation_.wake(machine);
      continue;
    }
    fail("S1", std::string(side == transfer.server ? "server " : "client ") + std::to_string(transfer.plan->number) +
                   ": " + side->problem());
    return true;
  }
  // A client that ended its connection before the server's handshake was over leaves nothing to accept.
  if (transfer.client->done() &&
      transfer.server->stop_waiting(simulation_.machine(transfer.plan->server).local(simulation_.now()))) {
    return true;
  }
  return transfer.server->done() && transfer.client->done();
}

bool Run::all_over() {
  bool over = true;
  // A claim that was still under way when the faults ended can take an address (RFC 5227 2.4).
  for (std::size_t i = 0; healed_ && i < simulation_.machines(); ++i) restore_address(simulation_.machine(i));
  for (const Transfer& transfer : transfers_) over = transfer_over(transfer) && over;
  for (const Flow& flow : flows_) {
    if (flow.client->failed()) fail("S1", "flow " + std::to_string(flow.plan->number) + ": " + flow.client->problem());
    over = over && flow.client->done();
  }
  for (const DnsProgram& resolver : resolvers_) {
    if (!resolver.problem().empty() && !scenario_.forgeable) fail("S12", "DNS: " + resolver.problem());
    over = over && (resolver.done() || !resolver.problem().empty());
  }
  if (dhcp_ && dhcp_->client().status().state != dhcp::State::bound) over = false;
  return over || !outcome_.problem.empty();
}

/// L1: four times what the transfers need, and what back-off, keep-alive and the end of a lease may add.
Duration Run::healing_time() const {
  std::uint64_t bytes = 100000;
  for (const TcpPlan& plan : scenario_.transfers) bytes += plan.client_side.to_send + plan.server_side.to_send;
  Duration slowest;
  for (const MachineConfig& machine : scenario_.machines) {
    const Impairments& link = machine.faults.link;
    Duration needed = (link.delay + link.jitter) * 200;
    if (link.rate != 0) {
      needed = needed + Duration::microseconds(static_cast<std::int64_t>(bytes * 8 * 1000000 / link.rate));
    }
    slowest = std::max(slowest, needed);
  }
  return Duration::seconds(1200) + slowest * static_cast<std::int64_t>(4 * (scenario_.transfers.size() + 1)) +
         Duration::seconds(scenario_.services.dhcp ? std::int64_t{scenario_.services.lease_seconds} : 0);
}

void Run::quiesce() {
  for (Flow& flow : flows_) flow.client->close();
  std::vector<bool> checked;
  if (dhcp_) {
    Machine& machine = simulation_.machine(simulation_.machines() - 1);
    dhcp_->stop(machine.local(simulation_.now()));
    simulation_.wake(machine);
  }
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Port& port = simulation_.machine(i).port();
    port.change({});
  }
  // A claim on an address that was still under way can have taken it (RFC 5227 2.4): that is right, and over now.
  simulation_.run_until(simulation_.now() + Duration::seconds(200));
  for (std::size_t i = 0; i < simulation_.machines(); ++i) restore_address(simulation_.machine(i));
  const std::uint64_t before = simulation_.turns();
  if (simulation_.run_until(simulation_.now() + quiet) == Simulation::End::spins) return fail("S8", "the world spins");
  // What still runs: keep-alive, neighbours that expire, announcements; no periodic ticks (S8).
  if (simulation_.turns() - before > 5000 * simulation_.machines()) fail("S8", "a stack without work is never idle");
  for (std::size_t i = 0; i < simulation_.machines(); ++i) check_fresh(simulation_.machine(i));
  if (!simulation_.lan().idle()) fail("L6", "frames are still under way");
}

/// L2, L6: no connection is immortal, and nothing is left of what happened.
void Run::check_fresh(Machine& machine) {
  const std::string name = "machine " + std::to_string(machine.index()) + ": ";
  Stack& stack = machine.stack();
  unsigned connections = 0;
  std::string states;
  stack.tcp().for_each_connection([&](const tcp::Status& status) {
    ++connections;
    states += " " + std::string(tcp::state_text(status.state));
  });
  if (connections != 0) fail("L2", name + std::to_string(connections) + " connections are left:" + states);
  if (!stack.pool().full()) {
    fail("S7", name + std::to_string(stack.pool().small_free()) + " of " + std::to_string(stack.pool().small_count()) +
                   " blocks are free" + holders_of(stack));
  }
  // Servers of the world keep their sockets.
  const bool serves = machine.index() == 0 && dns_server_;
  const bool grants = machine.index() + 2 == simulation_.machines() && dhcp_server_;
  const bool echoes = std::any_of(flows_.begin(), flows_.end(), [&](const Flow& flow) { return flow.plan->server == machine.index(); });
  if (serves || grants || echoes || !same_station_[machine.index()]) return;
  const LayerDigests now = digests_of(stack);
  for (std::size_t i = 0; i < layers; ++i) {
    if (now[i] != fresh_[machine.index()][i]) fail("L6", name + "its " + layer_names[i] + " state is not that of a fresh stack");
  }
}

Outcome Run::play() {
  add_services();
  add_transfers();
  add_flows();
  if (scenario_.adversary.present) {
    std::vector<Adversary::Victim> victims;
    for (std::size_t i = 0; i < simulation_.machines(); ++i) {
      victims.push_back({address_of(static_cast<unsigned>(i)).v4_value(), simulation_.machine(i).port().mac()});
    }
    adversary_.emplace(simulation_.lan(), scenario_.adversary, victims, scenario_.seed);
    taps_.set_adversary(&*adversary_);
    simulation_.add_program(*adversary_);
  }
  Chaos chaos(*this, simulation_.now());
  simulation_.add_program(chaos);
  const Instant healed = simulation_.now() + scenario_.chaos;
  Simulation::End end = simulation_.run(healed, [this] {
    all_over();
    return !outcome_.problem.empty();
  });
  if (end == Simulation::End::spins) fail("S8", "the world spins in chaos");
  if (outcome_.problem.empty()) {
    chaos.end();
    heal();
    end = simulation_.run(simulation_.now() + healing_time(), [this] { return all_over(); });
    if (end == Simulation::End::spins) fail("S8", "the world spins after the faults");
    if (end == Simulation::End::late) {
      std::string what = "not over in time";
      for (const Transfer& t : transfers_) {
        for (const Side* side : {t.client, t.server}) {
          if (!side->done()) what += std::string("; ") + (side == t.client ? "client " : "server ") + std::to_string(t.plan->number) + " " + side->problem();
        }
      }
      for (const Flow& flow : flows_) what += flow.client->done() ? "" : "; flow " + std::to_string(flow.plan->number) + " " + flow.client->problem();
      for (const DnsProgram& resolver : resolvers_) what += resolver.done() ? "" : "; a resolver";
      if (dhcp_ && dhcp_->client().status().state != dhcp::State::bound) what += "; no lease";
      fail("L1", what);
    }
  }
  if (outcome_.problem.empty()) quiesce();
  return report();
}

void Run::note_drops(const Stack& stack) {
  for (std::size_t i = 0; i < outcome_.drops.size(); ++i) outcome_.drops[i] += stack.drops().of(static_cast<Drop>(i));
}

Outcome Run::report() {
  outcome_.end = simulation_.now();
  outcome_.simulated = simulation_.now() - scenario_.start;
  outcome_.turns = simulation_.turns();
  outcome_.frames = simulation_.lan().frames();
  outcome_.faults.add(simulation_.lan().faults());
  outcome_.fault_events = simulation_.lan().fault_events();
  if (scenario_.faults.has(Fault::skew)) outcome_.faults.add(Fault::skew);
  if (scenario_.faults.has(Fault::application)) outcome_.faults.add(Fault::application);
  Digest digest;
  digest.add(taps_.passed());
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Stack& stack = simulation_.machine(i).stack();
    note_drops(stack);
    digest.add(stack.digest().high);
  }
  for (const Side& side : sides_) {
    outcome_.bytes += side.received();
    outcome_.broken += side.was_reset() ? 1 : 0;
  }
  for (const EchoClient& client : echo_clients_) outcome_.bytes += client.bytes();
  if (adversary_) outcome_.attacks = adversary_->sent();
  for (std::size_t i = 0; i < simulation_.machines(); ++i) end_monitors(simulation_.machine(i));
  outcome_.digest = digest.value();
  return outcome_;
}

}  // namespace

Outcome run_scenario(const Scenario& scenario, Tap* watch) { return Run(scenario, watch).play(); }

}  // namespace linnet::sim
