// SPDX-License-Identifier: Apache-2.0
// Scenario: everything that happens in one run, made from a seed and nothing else: machines, cables, faults,
// programs, and what befalls them when.
#pragma once

#include "sim/adversary.hpp"
#include "sim/datagrams.hpp"
#include "sim/services.hpp"
#include "sim/simulation.hpp"

namespace linnet::sim {

enum class Length : std::uint8_t {
  brief,   ///< two machines, some kilobytes, seconds of faults
  medium,  ///< three to five machines, services, an adversary
  longer,  ///< hours: idle timers, keep-alive, leases
  soak,    ///< thirty days
  flow,    ///< one transfer over a fair link, judged by its goodput (single_flow.hpp)
};
inline constexpr std::size_t lengths = 5;
std::string_view length_text(Length length);
/// The length of that name, if there is one.
std::optional<Length> length_named(std::string_view text);

/// Parts that are left out, for finding the smallest scenario that still fails.
struct Omissions {
  FaultSet faults{};                 ///< these are off
  std::vector<unsigned> programs{};  ///< transfers and datagram flows, by number
  unsigned halvings = 0;             ///< of how much is transferred
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      events{};        ///< fault events [first, last) do not happen
  bool plain = false;  ///< no SNTP, DHCP server of ours, late host or rest: what seeds were before there was any
  bool none() const { return faults.empty() && programs.empty() && halvings == 0 && events.empty() && !plain; }
};

struct TcpPlan {
  unsigned number = 0;
  unsigned client = 0;  ///< machine
  unsigned server = 0;
  std::uint16_t port = 0;
  SideConfig client_side{};
  SideConfig server_side{};
  tcp::Options client_options{};
  tcp::Options server_options{};
  Duration begins{};  ///< after the chaos began
};

struct UdpPlan {
  unsigned number = 0;
  unsigned client = 0;
  unsigned server = 0;
  DatagramPlan datagrams{};
};

struct ChaosEvent {
  enum class Kind : std::uint8_t {
    link_down,        ///< for `length`
    crash,            ///< away for `length`, then boots; with another MAC address when `value` is odd
    pause,            ///< not polled for `length`
    hog,              ///< `value` percent of the free blocks are taken for `length`
    address_lost,     ///< removed, and added again after `length`
    address_claimed,  ///< another station says that it has it
    storm,            ///< `value` frames at once
    faults_change,    ///< others on the way from then on, by seed `value`
    service_mode,     ///< of both servers, `value`
  };
  Duration at{};
  Kind kind = Kind::link_down;
  unsigned machine = 0;
  Duration length{};
  std::uint64_t value = 0;
};

struct ServicePlan {
  bool dhcp = false;  ///< the last machine but one serves addresses, and the last has its own from there
  std::uint32_t lease_seconds = 3600;
  bool dns = false;  ///< machine 0 answers, the others ask
  unsigned names = 0;
  Duration interval = Duration::seconds(5);
  ServiceMode mode = ServiceMode::right;
  bool mdns = false;  ///< all machines speak Multicast DNS, and want the same names
  /// The last machine does so only then: it has heard nothing of what the others announced, and asks for it.
  Duration mdns_late{};
  /// Addresses are served by services/dhcps, of a pool of so many; 0: by a server that is written apart from it. With
  /// more than three machines there is another client then.
  std::uint8_t pool = 0;
  bool sntp = false;           ///< machine 0 has the time; the machines without a server of it want to know it
  bool sntp_scripted = false;  ///< machine 1, or 0 where there are but two, serves it by a server of the world
  Duration sntp_interval = Duration::seconds(15);
  bool sntp_impatient = false;  ///< the time is asked for anew as often as may be
  std::int64_t sntp_epoch = 0;  ///< seconds since 1970 at the world's start
};

struct Scenario {
  std::uint64_t seed = 0;
  Length length = Length::brief;
  Instant start{};
  Duration chaos{};  ///< how long the faults last
  FaultSet faults{};
  Omissions omissions{};
  std::vector<MachineConfig> machines{};
  std::vector<TcpPlan> transfers{};
  std::vector<UdpPlan> flows{};
  std::vector<ChaosEvent> events{};
  ServicePlan services{};
  AdversaryPlan adversary{};
  bool breakable = false;   ///< connections may rightly end early
  bool forgeable = false;   ///< an attacker can change what arrives
  bool copies = false;      ///< datagrams may come twice
  bool acquainted = false;  ///< the machines know each other's stations before the faults begin
  bool ipv6 = false;        ///< the machines speak IPv6 as well, and programs speak it; services keep to IPv4
  /// The take of a pool that is the first to fail, 1 being the next after the set-up; 0: none (FailingAllocations).
  std::uint64_t failing_allocation = 0;
  std::uint64_t failing_in_a_row = 1;

  /// For so long nobody polls it, all in all.
  Duration pauses_of(unsigned machine) const;
  static IpAddress address(unsigned machine) {
    return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(machine + 1));
  }
  /// In fd00:0:0:1::/64.
  static IpAddress address_v6(unsigned machine) {
    return IpAddress::v6(std::array<std::uint8_t, 16>{0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                                                      static_cast<std::uint8_t>(machine + 1)});
  }
  /// The last machine, and where our own server serves one more.
  bool by_dhcp(unsigned machine) const {
    const bool another = services.pool != 0 && machines.size() > 3 && machine + 3 == machines.size();
    return services.dhcp && (machine + 1 == machines.size() || another);
  }
  /// Of the server's pool, where there is one.
  static IpAddress pool_address(unsigned number) {
    return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(150 + number));
  }
  /// Machines that serve the time with our own server, and with the world's.
  bool serves_time(unsigned machine) const {
    if (!services.sntp || sntp_scripted_at(machine) || by_dhcp(machine)) return false;
    return machine == 0 || (machine == 2 && machines.size() == 5);
  }
  bool sntp_scripted_at(unsigned machine) const {
    return services.sntp && services.sntp_scripted && machine == (machines.size() > 2 ? 1u : 0u) && !by_dhcp(machine);
  }
};

/// The length that a seed has in a mixed campaign: 93 of 100 are brief, one is a flow, four of 1,000 last hours, one of
/// 10,000 is a soak.
Length length_of(std::uint64_t seed);
/// Every fault is on with an even chance; parameters are drawn log-uniform.
Scenario make_scenario(std::uint64_t seed, Length length, const Omissions& omissions = {});
/// What the link of a machine does by the scenario's faults and a seed.
PortFaults port_faults(std::uint64_t seed, const FaultSet& faults, Length length);

}  // namespace linnet::sim
