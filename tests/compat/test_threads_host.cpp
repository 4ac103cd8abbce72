// SPDX-License-Identifier: Apache-2.0
#include "tests/compat/test_threads_host.hpp"

#include <sys/select.h>

#include <thread>
#include <vector>

#include "compat/lwip/host.hpp"
#include "compat/lwip/test_name_server.hpp"
#include "platform/linux/sockets_port.hpp"

namespace linnet::compat::test {

namespace {

sockets::Config sockets_config() {
  sockets::Config config = sockets::Config::device();
  config.max_sockets = ThreadsHost::sockets;
  config.first_descriptor = FD_SETSIZE - ThreadsHost::sockets;
  return config;
}

dns::test::Buffer say(const AskedServer& asked) {
  if (asked.name != "there.example") return reply_to(asked).rcode(3).finish();
  if (asked.record_type != dns::type::a) return reply_to(asked).soa(60, 60).finish();
  return reply_to(asked).a(asked.name, IpAddress::v4(192, 0, 2, 7)).finish();
}

}  // namespace

struct ThreadsHost::Parts {
  platform::SocketsPort port;
  sockets::Config config = sockets_config();
  linnet::Config stack_config = linnet::Config::linux_host();
  std::vector<std::uint8_t> memory =
      std::vector<std::uint8_t>(sockets::Host::memory_needed(stack_config, config));
  sockets::Host host{stack_config, config, memory, port};
  std::vector<std::uint8_t> names_memory =
      std::vector<std::uint8_t>(dns::Resolver::memory_needed({}) + Arena::alignment);
  Arena names_arena{names_memory};
  // A server that is not there is given up soon.
  dns::Resolver resolver{host.stack(), {.first_gap = Duration::milliseconds(20)}, names_arena};
  sockets::ServiceFor<dns::Resolver> service{resolver};
  NameServer name_server{host.stack(), IpAddress::v4(127, 0, 0, 5), say};
  std::thread background;
};

ThreadsHost::ThreadsHost() : parts_(std::make_unique<Parts>()) {
  parts_->host.add(parts_->service);
  parts_->host.add(parts_->name_server);
  attach(parts_->host, &parts_->resolver, {.first_descriptor = parts_->config.first_descriptor, .sntp_startup = Duration()});
  parts_->background = std::thread([this] { parts_->host.run_background(); });
}

ThreadsHost::~ThreadsHost() {
  parts_->host.stop_background();
  parts_->background.join();
  detach();
}

}  // namespace linnet::compat::test
