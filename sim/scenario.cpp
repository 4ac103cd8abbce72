// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario.hpp"

#include <algorithm>

#include "sim/single_flow.hpp"

namespace linnet::sim {

namespace {

/// Connections survive it: handshakes and retransmissions are given up later.
constexpr Duration longest_brief_chaos = Duration::seconds(30);

FaultSet drawn_faults(std::uint64_t seed, Length length) {
  Choices choices(seed, "faults");
  FaultSet faults;
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto fault = static_cast<Fault>(i);
    // What breaks connections, or is for worlds with more in them, comes more seldom where there is little.
    const bool rare = fault == Fault::peer_crash || fault == Fault::own_crash || fault == Fault::address;
    const bool large = fault == Fault::adversary || fault == Fault::service;
    // With any of these on, TCP cannot be judged from outside (monitors.cpp): so they are on less often.
    const bool blinds =
        fault == Fault::clock || fault == Fault::flap || fault == Fault::driver || fault == Fault::pool;
    const std::uint32_t percent = length == Length::brief && large ? 5 : rare ? 10 : blinds ? 35 : 50;
    if (choices.chance(percent)) faults.add(fault);
  }
  return faults;
}

Config stack_config(Choices& choices, const FaultSet& faults) {
  Config config;
  config.blocks.small_count =
      faults.has(Fault::pool) ? choices.log_between32(24, 128) : choices.log_between32(64, 256);
  config.ip.raw_queue = 4;
  config.tcp.send_buffer = choices.log_between32(1024, 65535);
  config.tcp.receive_buffer = choices.log_between32(1024, 65535);
  config.tcp.maximum_segment_size = static_cast<std::uint16_t>(choices.between(536, 1460));
  config.tcp.timestamps = choices.chance(60);
  config.tcp.window_scaling = choices.chance(60);
  config.tcp.selective_acknowledgment = choices.chance(60);
  config.tcp.duplicate_sack = choices.chance(70);
  config.tcp.congestion = choices.chance(70) ? tcp::CongestionControl::cubic : tcp::CongestionControl::reno;
  config.tcp.hystart = choices.chance(70);
  config.tcp.tail_loss_probe = choices.chance(70);
  config.tcp.forward_rto = choices.chance(70);
  config.tcp.pacing = choices.chance(70);
  config.tcp.ecn = static_cast<tcp::Ecn>(choices.between(0, 2));
  config.tcp.initial_window = static_cast<std::uint8_t>(choices.between(2, 10));
  config.tcp.bare_window_probes = choices.chance(20);
  config.tcp.path_mtu_probing = static_cast<tcp::PathMtuProbing>(choices.between(0, 2));
  config.tcp.delayed_ack = Duration::milliseconds(static_cast<std::int64_t>(choices.between(1, 200)));
  config.tcp.backlog_policy = choices.chance(50) ? tcp::BacklogPolicy::refuse : tcp::BacklogPolicy::drop;
  if (faults.has(Fault::adversary)) config.tcp.backlog_policy = tcp::BacklogPolicy::drop;
  if (choices.chance(30)) config.tcp.maximum_receive_buffer = config.tcp.receive_buffer * 8;
  if (choices.chance(30)) config.tcp.maximum_send_buffer = config.tcp.send_buffer * 8;
  // With silence on the way, only a search finds the size that passes (RFC 4821).
  if (faults.has(Fault::mtu) && config.tcp.path_mtu_probing == tcp::PathMtuProbing::off) {
    config.tcp.path_mtu_probing = tcp::PathMtuProbing::on_black_hole;
  }
  return config;
}

/// From choices of its own: scenarios of IPv4 are what they were before there were others.
void add_ipv6(Scenario& scenario) {
  scenario.ipv6 = Choices(scenario.seed, "IPv6").chance(25);
  if (!scenario.ipv6) return;
  scenario.adversary.ipv6 = true;
  for (std::size_t i = 0; i < scenario.machines.size(); ++i) {
    Choices own(mixed(scenario.seed, i), "IPv6 machine");
    ip::Config& config = scenario.machines[i].stack.ip;
    config.duplicate_detection_transmits = static_cast<std::uint8_t>(own.between(0, 2));
    config.optimistic_detection = own.chance(20);
  }
}

ClockConfig clock_config(Choices& choices, const FaultSet& faults, Instant world_start) {
  ClockConfig clock{.start = world_start};
  if (faults.has(Fault::skew)) {
    clock.skew_ppm = static_cast<std::int32_t>(choices.between(0, 1000)) - 500;
    constexpr std::array<std::int64_t, 4> grains{1, 1000, 10000, 250000};
    clock.granularity = Duration::microseconds(grains[choices.between(0, grains.size() - 1)]);
  }
  if (faults.has(Fault::clock)) {
    constexpr std::array<std::int64_t, 6> starts{0,
                                                 (1LL << 31) - 10000000,
                                                 (1LL << 32) - 10000000,
                                                 ((1LL << 31) - 11) * 1000,
                                                 ((1LL << 32) - 11) * 1000,
                                                 ((1LL << 32) - 11) * 1000000};
    const std::int64_t near = starts[choices.between(0, starts.size() - 1)];
    clock.start = Instant::from_microseconds(near + static_cast<std::int64_t>(choices.between(0, 2000000)));
  }
  return clock;
}

SideConfig side_config(Choices& choices, const Scenario& scenario, std::uint64_t most) {
  SideConfig side;
  side.to_send = choices.chance(15) ? 0
                                    : std::max<std::uint64_t>(
                                          choices.log_between(1, most) >> scenario.omissions.halvings, 1);
  side.largest_write = static_cast<std::size_t>(choices.log_between(512, 8192));
  side.largest_read = static_cast<std::size_t>(choices.log_between(512, 8192));
  const std::uint64_t ending = choices.between(0, 99);
  if (!scenario.faults.has(Fault::application)) return side;
  if (choices.chance(30)) {
    side.largest_write = static_cast<std::size_t>(choices.log_between(1, 64));
    side.to_send = std::min<std::uint64_t>(side.to_send, side.largest_write * 300);
  }
  if (choices.chance(30)) side.largest_read = static_cast<std::size_t>(choices.log_between(16, 512));
  if (scenario.length == Length::longer || scenario.length == Length::soak) {
    // A few bytes now and then, for hours.
    side.largest_write = 64;
    side.to_send = std::min<std::uint64_t>(side.to_send, 1500);
    side.pause_percent = 70;
    side.longest_pause = scenario.chaos / 20;
    return side;
  }
  if (choices.chance(40)) {
    side.pause_percent = static_cast<std::uint32_t>(choices.between(1, 30));
    side.longest_pause = choices.time_between(Duration::microseconds(10), Duration::milliseconds(500));
  }
  side.ending = ending < 60   ? Ending::shutdown
                : ending < 78 ? Ending::after_eof
                : ending < 90 ? Ending::abort
                              : Ending::rude;
  return side;
}

tcp::Options tcp_options(Choices& choices, bool needs_keepalive) {
  tcp::Options options;
  options.no_delay = choices.chance(30);
  options.fast_open = choices.chance(20);
  options.fast_open_queue = 4;
  // A reset that is lost leaves a connection that only a probe can end (RFC 9293 3.8.4).
  options.keepalive = needs_keepalive;
  options.keepalive_idle = Duration::seconds(30);
  options.keepalive_interval = Duration::seconds(10);
  options.keepalive_count = 20;
  return options;
}

TcpPlan tcp_plan(const Scenario& scenario, unsigned number, std::uint64_t most) {
  Choices choices(mixed(scenario.seed, number), "transfer");
  TcpPlan plan;
  plan.number = number;
  plan.port = static_cast<std::uint16_t>(1000 + number);
  const std::uint64_t machines = scenario.machines.size();
  plan.client = static_cast<unsigned>(choices.between(0, machines - 1));
  plan.server = static_cast<unsigned>((plan.client + choices.between(1, machines - 1)) % machines);
  plan.client_side = side_config(choices, scenario, most);
  plan.server_side = side_config(choices, scenario, most);
  SideConfig& client = plan.client_side;
  SideConfig& server = plan.server_side;
  // Two that wait for each other's FIN, or fill each other's windows and read nothing, would wait for ever.
  const bool stubborn = client.ending == Ending::after_eof || client.ending == Ending::rude;
  if (stubborn && server.ending == client.ending) server.ending = Ending::shutdown;
  const auto resets = [](Ending ending) { return ending == Ending::abort || ending == Ending::rude; };
  client.peer_may_reset = resets(server.ending);
  server.peer_may_reset = resets(client.ending);
  client.stream = server.peer_stream = mixed(scenario.seed, number * 2 + 1);
  server.stream = client.peer_stream = mixed(scenario.seed, number * 2 + 2);
  client.peer_sends = server.to_send;
  server.peer_sends = client.to_send;
  for (SideConfig* side : {&client, &server}) {
    side->abort_after = choices.between(0, side->to_send + side->peer_sends);
    side->may_break = scenario.breakable;
  }
  plan.client_options = tcp_options(choices, scenario.breakable || client.peer_may_reset);
  plan.server_options = tcp_options(choices, scenario.breakable || server.peer_may_reset);
  plan.begins = number == 0 ? Duration() : choices.time_between(Duration::microseconds(1), scenario.chaos);
  return plan;
}

bool omitted(const Scenario& scenario, unsigned number) {
  const auto& out = scenario.omissions.programs;
  return std::find(out.begin(), out.end(), number) != out.end();
}

/// Who has an address of a pool is found by nobody, and connects to others itself.
template <typename Plan>
void begin_with_the_pool(const Scenario& scenario, Plan& plan) {
  if (scenario.services.pool == 0 || !scenario.by_dhcp(plan.server)) return;
  if (scenario.by_dhcp(plan.client)) {
    plan.server = static_cast<unsigned>(scenario.machines.size()) - 2;
  } else {
    std::swap(plan.client, plan.server);
  }
}

void add_programs(Scenario& scenario, Choices& choices) {
  const bool brief = scenario.length == Length::brief;
  const auto transfers = static_cast<unsigned>(brief ? choices.between(1, 2) : choices.between(2, 6));
  const auto flows = static_cast<unsigned>(brief ? (choices.chance(25) ? 1 : 0) : choices.between(1, 2));
  for (unsigned i = 0; i < transfers; ++i) {
    TcpPlan plan = tcp_plan(scenario, i, brief ? 30000 : 100000);
    begin_with_the_pool(scenario, plan);
    if (!omitted(scenario, i)) scenario.transfers.push_back(plan);
  }
  for (unsigned i = transfers; i < transfers + flows; ++i) {
    Choices own(mixed(scenario.seed, i), "flow");
    UdpPlan plan{.number = i};
    plan.client = static_cast<unsigned>(own.between(0, scenario.machines.size() - 1));
    plan.server = static_cast<unsigned>((plan.client + 1) % scenario.machines.size());
    plan.datagrams = {.flow = i,
                      .count = own.log_between32(1, 40) >> std::min(scenario.omissions.halvings, 5u),
                      .largest = own.log_between32(16, 1450),
                      .interval = own.time_between(Duration::milliseconds(1), Duration::milliseconds(500)),
                      .idle_interval = std::max(Duration::seconds(1), scenario.chaos / 200),
                      .copies_may_come = scenario.copies,
                      .may_be_forged = scenario.forgeable};
    begin_with_the_pool(scenario, plan);
    if (!omitted(scenario, i)) scenario.flows.push_back(plan);
  }
}

/// From choices of its own: a program that lets its peer fill the window and probe it again and again.
void add_rest(Scenario& scenario) {
  Choices choices(scenario.seed, "rest");
  const bool brief = scenario.length == Length::brief;
  const bool wanted = choices.chance(brief ? 12 : 30) && (brief || scenario.length == Length::medium);
  if (!wanted || scenario.omissions.plain || !scenario.faults.has(Fault::application) || scenario.transfers.empty())
    return;
  TcpPlan& plan = scenario.transfers.front();
  const bool client_rests = choices.chance(50);
  SideConfig& side = client_rests ? plan.client_side : plan.server_side;
  SideConfig& peer = client_rests ? plan.server_side : plan.client_side;
  tcp::Config& config = scenario.machines[client_rests ? plan.client : plan.server].stack.tcp;
  config.receive_buffer = std::min(config.receive_buffer, 8192u);
  config.maximum_receive_buffer = 0;
  peer.to_send = std::max<std::uint64_t>(peer.to_send, 20000 >> scenario.omissions.halvings);
  peer.largest_write = std::max<std::size_t>(peer.largest_write, 512);
  side.peer_sends = peer.to_send;
  side.rest = choices.time_between(Duration::seconds(10), Duration::seconds(25));
  scenario.chaos = std::max(scenario.chaos, longest_brief_chaos);
}

class Events {
 public:
  Events(Scenario& scenario, Choices& choices) : scenario_(scenario), choices_(choices) {}
  /// One of a kind when its fault is on; `chance` in percent.
  void maybe(Fault fault, std::uint32_t chance, ChaosEvent::Kind kind, Duration least, Duration most,
             std::uint64_t value) {
    // Drawn in any case, so that leaving a fault out does not shift the others.
    const bool wanted = choices_.chance(chance);
    ChaosEvent event{.at = choices_.time_between(Duration::milliseconds(1), scenario_.chaos),
                     .kind = kind,
                     .machine = static_cast<unsigned>(choices_.between(0, scenario_.machines.size() - 1)),
                     .length = choices_.time_between(least, most),
                     .value = value};
    if (wanted && scenario_.faults.has(fault)) scenario_.events.push_back(event);
  }

 private:
  Scenario& scenario_;
  Choices& choices_;
};

void add_events(Scenario& scenario, Choices& choices) {
  using Kind = ChaosEvent::Kind;
  Events events(scenario, choices);
  const Duration blink = Duration::milliseconds(1);
  const bool brief = scenario.length == Length::brief;
  const Duration outage = brief ? Duration::seconds(20) : Duration::seconds(600);
  for (unsigned round = brief ? 1 : 4; round > 0; --round) {
    events.maybe(Fault::flap, 70, Kind::link_down, blink, outage, 0);
    events.maybe(Fault::peer_crash, 70, Kind::crash, blink,
                 brief ? Duration::seconds(30) : Duration::seconds(300), choices.next() % 4);
    events.maybe(Fault::own_crash, 70, Kind::crash, Duration::microseconds(1), Duration::microseconds(2), 2);
    events.maybe(Fault::clock, 70, Kind::pause, blink, Duration::seconds(brief ? 5 : 30), 0);
    events.maybe(Fault::pool, 70, Kind::hog, blink, Duration::seconds(10), choices.between(50, 100));
    events.maybe(Fault::address, 60, Kind::address_lost, blink, Duration::seconds(30), 0);
    events.maybe(Fault::address, 60, Kind::address_claimed, blink, Duration::seconds(1), 0);
    events.maybe(Fault::driver, 40, Kind::storm, blink, Duration::seconds(1), brief ? 200 : 1000);
    events.maybe(Fault::mtu, 50, Kind::faults_change, blink, Duration::seconds(1), choices.next());
    events.maybe(Fault::service, 90, Kind::service_mode, blink, Duration::seconds(1), choices.between(0, 4));
  }
  std::stable_sort(scenario.events.begin(), scenario.events.end(),
                   [](const ChaosEvent& a, const ChaosEvent& b) { return a.at < b.at; });
}

void settle_consequences(Scenario& scenario) {
  const auto has = [&scenario](auto&& matches) {
    return std::any_of(scenario.events.begin(), scenario.events.end(), matches);
  };
  using Kind = ChaosEvent::Kind;
  scenario.forgeable = scenario.adversary.present && scenario.adversary.on_path;
  // Long outages end connections (RFC 9293 3.8.3 R2; a handshake has less time), and so does the loss of an
  // address.
  scenario.breakable = scenario.forgeable || has([](const ChaosEvent& e) {
                         return e.kind == Kind::crash || e.kind == Kind::address_lost ||
                                e.kind == Kind::address_claimed ||
                                (e.kind == Kind::link_down && e.length > Duration::seconds(15));
                       }) ||
                       scenario.services.dhcp || scenario.length != Length::brief;
  scenario.copies = scenario.faults.has(Fault::duplicate) || scenario.faults.has(Fault::reorder) ||
                    scenario.adversary.present;
}

Duration chaos_length(Choices& choices, Length length) {
  switch (length) {
    case Length::brief:
      return choices.time_between(Duration::seconds(1), longest_brief_chaos);
    case Length::medium:
      return choices.time_between(Duration::seconds(10), Duration::seconds(300));
    case Length::longer:
      return choices.time_between(Duration::seconds(3600), Duration::seconds(24 * 3600));
    case Length::soak:
      return Duration::seconds(30 * 86400);
    case Length::flow:
      break;
  }
  return {};
}

/// From choices of its own: scenarios without it are what they were before there was any.
void add_time(Scenario& scenario, bool brief) {
  Choices choices(scenario.seed, "sntp");
  ServicePlan& services = scenario.services;
  // Among two machines, mostly where its server can be wrong.
  services.sntp = choices.chance(!brief ? 40 : scenario.faults.has(Fault::service) ? 60 : 4);
  services.sntp_scripted = choices.chance(brief ? 50 : 70);
  const bool hours = scenario.length == Length::longer || scenario.length == Length::soak;
  services.sntp_interval = choices.time_between(Duration::seconds(15), Duration::seconds(hours ? 1024 : 30));
  services.sntp_impatient = !hours && choices.chance(30);
  // A day in 2026, or the minute before 32 bits of seconds since 1900 begin anew.
  services.sntp_epoch = choices.chance(70) ? 1795694400 : 2085978496 - 60;
}

void add_services(Scenario& scenario, Choices& choices) {
  const bool brief = scenario.length == Length::brief;
  const bool wanted = !brief || scenario.faults.has(Fault::service);
  scenario.services.dns = wanted && choices.chance(70);
  scenario.services.dhcp = wanted && choices.chance(60);
  scenario.services.lease_seconds =
      choices.log_between32(60, scenario.length == Length::soak ? 864000 : 7200);
  scenario.services.names = static_cast<unsigned>(choices.between(1, brief ? 4 : 20));
  scenario.services.interval = brief ? Duration::seconds(1) : scenario.chaos / 40;
  scenario.services.mdns = Choices(scenario.seed, "mdns").chance(brief ? 10 : 40);
  if (scenario.faults.has(Fault::service))
    scenario.services.mode = static_cast<ServiceMode>(choices.between(1, 4));
  if (scenario.omissions.plain) return;
  add_time(scenario, brief);
  Choices late(scenario.seed, "mdns late");
  if (scenario.services.mdns && late.chance(50))
    scenario.services.mdns_late = late.time_between(Duration::seconds(15), Duration::seconds(60));
  Choices server(scenario.seed, "dhcps");
  if (scenario.services.dhcp && server.chance(50)) scenario.services.pool = static_cast<std::uint8_t>(server.between(2, 5));
}

/// Programs that read nothing before they have sent everything can fill a small pool with what they leave
/// unread, and then have no memory to send from: with such, no more is promised than the pool holds.
void leave_room_for_the_rude(Scenario& scenario) {
  const auto rude = [](const TcpPlan& p) {
    return p.client_side.ending == Ending::rude || p.server_side.ending == Ending::rude;
  };
  if (!std::any_of(scenario.transfers.begin(), scenario.transfers.end(), rude)) return;
  for (MachineConfig& machine : scenario.machines) {
    machine.stack.blocks.small_count = std::max(machine.stack.blocks.small_count, 128u);
    machine.stack.tcp.send_buffer = std::min(machine.stack.tcp.send_buffer, 8192u);
    machine.stack.tcp.receive_buffer = std::min(machine.stack.tcp.receive_buffer, 8192u);
    machine.stack.tcp.maximum_send_buffer = 0;
    machine.stack.tcp.maximum_receive_buffer = 0;
  }
}

}  // namespace

std::string_view length_text(Length length) {
  constexpr std::array<std::string_view, lengths> texts{"short", "medium", "long", "soak", "flow"};
  return texts[static_cast<std::size_t>(length)];
}

std::optional<Length> length_named(std::string_view text) {
  for (std::size_t i = 0; i < lengths; ++i) {
    if (length_text(static_cast<Length>(i)) == text) return static_cast<Length>(i);
  }
  return std::nullopt;
}

Length length_of(std::uint64_t seed) {
  const std::uint64_t draw = Choices(seed, "length").between(0, 9999);
  return draw < 100    ? Length::flow
         : draw < 9400 ? Length::brief
         : draw < 9960 ? Length::medium
         : draw < 9999 ? Length::longer
                       : Length::soak;
}

Scenario make_scenario(std::uint64_t seed, Length length, const Omissions& omissions) {
  if (length == Length::flow) {
    Scenario scenario = make_scenario(seed, Length::brief, omissions);
    make_single_flow(scenario);
    return scenario;
  }
  Choices choices(seed, "scenario");
  Scenario scenario{.seed = seed, .length = length, .omissions = omissions};
  scenario.faults = drawn_faults(seed, length);
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (omissions.faults.has(static_cast<Fault>(i))) scenario.faults.remove(static_cast<Fault>(i));
  }
  scenario.start = Instant::from_microseconds(static_cast<std::int64_t>(choices.between(0, 1000000000)));
  scenario.chaos = chaos_length(choices, length);
  const std::uint64_t machines = length == Length::brief ? 2 : choices.between(3, 5);
  for (std::uint64_t i = 0; i < machines; ++i) {
    Choices own(mixed(seed, i), "machine");
    MachineConfig machine;
    machine.stack = stack_config(own, scenario.faults);
    machine.clock = clock_config(own, scenario.faults, scenario.start);
    machine.faults = port_faults(mixed(seed, i), scenario.faults, length);
    if (scenario.faults.has(Fault::clock))
      machine.poll_twice = own.log_between32(1000, 100000);
    scenario.machines.push_back(machine);
  }
  add_services(scenario, choices);
  if (scenario.faults.has(Fault::adversary)) {
    scenario.adversary = {.present = true,
                          .on_path = choices.chance(30),
                          .gap = choices.time_between(Duration::milliseconds(20), Duration::seconds(1))};
    // Over hours, as many frames as in minutes.
    if (length == Length::longer) scenario.adversary.gap = scenario.adversary.gap * 100;
  }
  // Whose clock is coarse has not the time to give: a server tells others how exact it is.
  for (unsigned i = 0; i < machines; ++i) {
    if (scenario.serves_time(i)) scenario.machines[i].clock.granularity = Duration::microseconds(1);
  }
  if (length == Length::soak) scenario.adversary = {};
  add_ipv6(scenario);
  scenario.acquainted = Choices(seed, "acquainted").chance(60);
  Choices events(seed, "events");
  add_events(scenario, events);
  settle_consequences(scenario);
  Choices programs(seed, "programs");
  add_programs(scenario, programs);
  add_rest(scenario);
  leave_room_for_the_rude(scenario);
  return scenario;
}

Duration Scenario::pauses_of(unsigned machine) const {
  Duration all{};
  for (const ChaosEvent& event : events) {
    if (event.kind == ChaosEvent::Kind::pause && event.machine == machine) all = all + event.length;
  }
  return all;
}

}  // namespace linnet::sim
