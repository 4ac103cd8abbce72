// SPDX-License-Identifier: Apache-2.0
// Opening the network that a machine is on, with errors that say what to do.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "apps/machine.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

[[noreturn]] void fail(const platform::OpenError& error) {
  const bool wrong_name = error.failure == platform::OpenFailure::bad_name;
  throw Problem(error.text, wrong_name ? exit_code::usage : exit_code::failure);
}

}  // namespace

Device& Machine::open_network() {
  switch (options_.network) {
    case Network::tap:
      return open_tap();
    case Network::packet:
      return open_packet_socket();
    case Network::user:
      break;
  }
  return open_user_network();
}

std::unique_ptr<platform::Tap> Machine::open_tap(const std::string& name) {
  // Faults befall packets of the link's own size, so super-segments are not asked for when there are to be
  // faults. Each interface has an address of its own, also where a seed or the command line names the first's.
  const bool first = name == options_.interface;
  auto tap = platform::Tap::open(
      name, {.mac = first ? options_.mac : std::nullopt,
             .mac_seed = first || !options_.seed ? options_.seed : std::optional(*options_.seed + 1),
             .offload = options_.impairments.none() && options_.profile == Profile::linux_host});
  if (!tap) fail(tap.error());
  port_.poller().add(**tap);
  return std::move(*tap);
}

Device& Machine::open_tap() {
  tap_ = open_tap(options_.interface);
  return *tap_;
}

void Machine::open_lan() {
  lan_tap_ = open_tap(options_.router.lan);
  const auto interface = host_->stack().add_interface(*lan_tap_, {});
  if (!interface) throw Problem("the stack has no room for a second interface");
  lan_interface_ = *interface;
}

Device& Machine::open_packet_socket() {
  auto socket = platform::PacketSocket::open(
      options_.interface,
      {.mac = options_.mac,
       .mac_seed = options_.seed,
       .offload = options_.impairments.none() && options_.profile == Profile::linux_host});
  if (!socket) fail(socket.error());
  packet_socket_ = std::move(*socket);
  port_.poller().add(*packet_socket_);
  return *packet_socket_;
}

Device& Machine::open_user_network() {
  platform::UserNetworkOptions options;
  options.mtu = options_.mtu;
  options.mac = options_.mac;
  options.ipv6 = options_.ipv6 && options_.mtu >= 1280;
  options.mac_seed = options_.seed;
  auto network = platform::UserNetwork::open(options);
  if (!network) fail(network.error());
  user_network_ = std::move(*network);
  port_.poller().add(*user_network_);
  for (const Forward& forward : options_.forwards) add_forward(forward);
  return *user_network_;
}

void Machine::add_forward(const Forward& forward) {
  const auto protocol = forward.udp ? platform::ForwardProtocol::udp : platform::ForwardProtocol::tcp;
  const IpAddress guest = options_.address ? options_.address->address : IpAddress::any_v4();
  const auto added =
      user_network_->add_forward(protocol, {forward.host_address, forward.host_port}, {guest, forward.port});
  if (added) return;
  throw Problem(fmt::format("{}; give another one: --forward {}HOST_PORT:{}", added.error().text,
                            forward.udp ? "udp:" : "", forward.port));
}

CaptureFile::CaptureFile(const std::string& name) : name_(name), file_(std::fopen(name.c_str(), "wbe")) {
  if (file_ == nullptr) {
    throw Problem(fmt::format("--capture: cannot write {}: {}", name, std::strerror(errno)),
                  exit_code::usage);
  }
  std::setvbuf(file_, nullptr, _IOFBF, 1 << 18);
}

CaptureFile::~CaptureFile() {
  failed_ |= std::fclose(file_) != 0;
  if (failed_) fmt::print(stderr, "linnet: {} is not complete: it could not be written\n", name_);
}

void CaptureFile::write(Bytes bytes) {
  failed_ = failed_ || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size();
}

}  // namespace linnet::apps
