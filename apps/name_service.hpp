// SPDX-License-Identifier: Apache-2.0
// NameService: the resolver, its servers as DHCP names them, and lookups that wait.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/dhcp/client.hpp"
#include "services/dhcpv6/client.hpp"
#include "services/dns/resolver.hpp"
#include "services/mdns/agent.hpp"
#include "sockets/connect_name.hpp"
#include "sockets/host.hpp"

namespace linnet::apps {

class NameService final : public sockets::Service {
 public:
  /// `fixed`: servers to be used whatever DHCP says, as `set_search` has it for the search list.
  NameService(sockets::Host& host, Arena& arena, std::vector<IpAddress> fixed,
              const dns::Config& wanted = config());
  /// Servers at most, 1 to 4, and the one that has the last place whatever leases and routers say. Before there are threads.
  void set_limits(std::uint8_t servers, const std::optional<IpAddress>& last);

  /// Whose lease names the servers from now on; under the host's lock, or before there are threads.
  void follow(const dhcp::Client& client) { client_ = &client; }
  void follow(const dhcpv6::Client& client) { client_v6_ = &client; }
  /// Who is asked about names under "local" from now on, instead of the servers (RFC 6762 3).
  void follow(mdns::Agent& agent) { agent_ = &agent; }
  /// Who makes zones numbers: "fe80::1%net0" to "fe80::1%2".
  void set_zones(std::function<std::string(const std::string&)> numeric_zone) {
    numeric_zone_ = std::move(numeric_zone);
  }
  /// The search list, whatever leases and routers say: in their place also when it is empty. Before there are threads.
  void set_search(std::vector<std::string> domains) {
    fixed_search_ = std::move(domains);
    version_.reset();
  }
  Instant poll(Instant now) override;

  /// Which addresses are asked for: of IPv4 alone where IPv6 is switched off.
  void set_families(dns::Families families) { families_ = families; }
  /// The addresses of `name`, which may be an address itself, in the order in which they are to be tried (RFC
  /// 6724 6). Names under "local" are looked for in the table of static names, on the link, then by the servers;
  /// others not on the link. Throws Problem saying why there are none.
  dns::Answer resolve(const std::string& name);
  /// Connects to the first of the name's addresses that answers (RFC 8305), each found as by `resolve`. A negated errno
  /// value in `fd` where none does before `deadline`. Throws Problem saying why the name has none.
  sockets::Connected connect(const std::string& name, std::uint16_t port, Instant deadline);
  /// The name of an address: that of the table, or what servers say. Throws Problem saying why there is none.
  std::string name_of(const IpAddress& address);
  /// What a server says about the records of one type of a name.
  struct Said {
    std::vector<std::uint8_t> message;  ///< empty when none has said anything
    dns::Error error = dns::Error::none;
    IpAddress server;
    bool by_stream = false;  ///< by TCP, since UDP had no room for it
    bool by_tls = false;     ///< RFC 7858
    std::uint16_t port = dns::server_port;
    std::string why;         ///< `error` in words, with what each server's secure stream died of
    Duration time;           ///< from the question to the answer, tries that were lost included
  };
  /// `text`: the name in what a Problem says, which is thrown where nobody can be asked.
  Said query(const std::string& text, const dns::Name& name, std::uint16_t record_type);
  /// The names that `text` may stand for, in the order in which they are to be asked about (RFC 1535 6): as
  /// it is, and completed with the search list unless it ends in a dot.
  std::vector<dns::Name> candidates(const std::string& text, const dns::Name& name);
  /// Asks these servers from now on, 1 to 4, and no others, whatever DHCP says.
  void use_only(const std::vector<IpAddress>& servers);
  /// Under the host's lock.
  dns::Resolver& resolver() { return resolver_; }
  std::vector<IpAddress> servers();
  /// The suffixes for short names, without duplicates: those that are fixed, or what leases and routers tell: DHCP's
  /// list (RFC 3397) or else its domain, DHCPv6's list (RFC 3646 4), that of advertisements (RFC 8106 5.2). Under
  /// the host's lock.
  std::vector<std::string> search_domains() const;
  dns::Families families() const { return families_; }
  static dns::Config config() {
    return {.queries = 16,
            .cache_entries = 64,
            .record_queries = 2,
            .beside_after = Duration::milliseconds(1500),
            .message_size = 4096,
            .secure_servers = dns::Resolver::maximum_servers,
            .search_domains = 16,
            .search_size = 2048,
            .hosts = 4096,
            .hosts_size = 65535};
  }

  /// What leases and routers tell by now; poll does it, too. Under the host's lock.
  void take_over();

 private:
  void take_over_servers();
  void set_servers(const std::vector<IpAddress>& servers);
  void take_over_domains();
  Result<dns::QueryHandle, dns::Error> begin(const std::string& name);
  bool await_servers();
  std::string why(dns::Error error) const;
  dns::Answer resolve_by_server(const std::string& name);
  std::optional<dns::Answer> known(const std::string& name);
  std::optional<mdns::Name> local_name(const std::string& name) const;
  Result<dns::Answer, dns::Error> resolve_local(const std::string& name, const mdns::Name& local);
  dns::Answer in_order(const dns::Answer& answer);

  sockets::Host& host_;
  std::vector<IpAddress> fixed_;
  dns::Resolver resolver_;
  const dhcp::Client* client_ = nullptr;
  const dhcpv6::Client* client_v6_ = nullptr;
  mdns::Agent* agent_ = nullptr;
  dns::Families families_ = dns::Families::both;
  std::size_t most_servers_ = dns::Resolver::maximum_servers;
  std::optional<IpAddress> last_server_;
  std::optional<std::vector<std::string>> fixed_search_;
  std::optional<std::uint32_t> version_;  ///< of what leases and routers say
  std::function<std::string(const std::string&)> numeric_zone_;
};

}  // namespace linnet::apps
