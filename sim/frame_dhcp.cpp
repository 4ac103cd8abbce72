// SPDX-License-Identifier: Apache-2.0
// What a DHCP client sends: RFC 2131 2, 4.1 and 4.4.1 with its table 5, RFC 2132.
#include "sim/frame_dhcp_options.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t options_offset = 240;
constexpr std::uint32_t magic_cookie = 0x63825363;
constexpr std::uint16_t server_port = 67;
constexpr std::uint16_t client_port = 68;

/// RFC 2131 2: the fixed part, as far as it is the same in all messages.
void check_fixed_part(FrameJudge& judge, Bytes message, const FrameCheckerConfig& config) {
  judge.equal8(Rule::dhcp_operation, message, 0, 1);
  judge.equal16(Rule::dhcp_hardware, message, 1, 0x0106);  // Ethernet, six bytes
  judge.equal8(Rule::dhcp_hops, message, 3, 0);
  judge.equal(Rule::dhcp_flags, message, 10, load16(message.data() + 10) & 0x7fffu, 0);
  judge.zero(Rule::dhcp_zero_address, message, 16, 28);  // yiaddr, siaddr, giaddr
  judge.equal(Rule::dhcp_chaddr, message, 28, station(message.data() + 28), station(config.mac.data()));
  judge.zero(Rule::dhcp_chaddr, message, 34, 44);
  judge.equal32(Rule::dhcp_cookie, message, 236, magic_cookie);
}

/// Table 5: secs, flags and ciaddr by message, and 4.3.2 by what kind of a DHCPREQUEST it is.
void check_fields(FrameJudge& judge, Bytes message, const DhcpOptions& options) {
  const std::uint32_t client = load32(message.data() + 12);
  const bool last_words = options.type() == dhcp_type::decline || options.type() == dhcp_type::release;
  if (last_words) {
    judge.equal16(Rule::dhcp_secs, message, 8, 0);
    judge.equal16(Rule::dhcp_flags, message, 10, 0);
  }
  switch (options.type()) {
    case dhcp_type::discover:
    case dhcp_type::decline:
      judge.equal32(Rule::dhcp_client_address, message, 12, 0);
      break;
    case dhcp_type::release:
    case dhcp_type::inform:
      judge.require(client != 0, Rule::dhcp_client_address, message, 12, 0, "the client's address");
      break;
    default:
      // Who names a server or asks for an address has none yet; the others say which they have.
      if (options.has(dhcp_option::server_identifier))
        judge.equal32(Rule::dhcp_client_address, message, 12, 0);
  }
}

/// 4.1 and 4.4.4: who has no address yet sends from none, to all.
void check_ends(FrameJudge& judge, const Ipv4Parts& ip, std::uint8_t type, std::uint32_t client) {
  const bool to_all = ip.destination == 0xffffffffu;
  judge.equal(Rule::dhcp_source, ip.header, 12, ip.source, client);
  const bool must_be_to_all = client == 0;
  const bool must_be_to_one = type == dhcp_type::release;
  judge.require((!must_be_to_all || to_all) && (!must_be_to_one || !to_all), Rule::dhcp_destination,
                ip.header, 16, ip.destination, must_be_to_all ? "broadcast" : "the server");
}

}  // namespace

std::optional<DhcpParts> check_dhcp(FrameJudge& judge, const Ipv4Parts& ip, const UdpParts& udp,
                                    const FrameCheckerConfig& config) {
  const Bytes message = udp.payload;
  judge.require(udp.source_port == client_port && udp.destination_port == server_port, Rule::dhcp_ports,
                ip.payload, 0, load32(ip.payload.data()), "from port 68 to port 67");
  if (!judge.require(message.size() > options_offset, Rule::dhcp_length, ip.payload, 4, message.size(),
                     "241 bytes at least")) {
    return std::nullopt;
  }
  check_fixed_part(judge, message, config);
  DhcpOptions options;
  options.read(judge, message);
  if (!judge.ok()) return std::nullopt;
  check_fields(judge, message, options);
  options.check_by_type(judge, message);
  const DhcpParts parts{.type = options.type(),
                        .xid = load32(message.data() + 4),
                        .client_address = load32(message.data() + 12)};
  check_ends(judge, ip, parts.type, parts.client_address);
  if (!judge.ok()) return std::nullopt;
  return parts;
}

}  // namespace linnet::sim
