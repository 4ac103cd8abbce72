// SPDX-License-Identifier: Apache-2.0
// The rows in which the kernel's TCP is at one end or at both.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "bench/kernel_peer.hpp"
#include "platform/linux/sockets_port.hpp"
#include "platform/linux/tap.hpp"
#include "sockets/host.hpp"
#include "tests/fixed_buffers.hpp"

namespace linnet::bench {
namespace {

constexpr std::uint16_t port_number = 5001;
constexpr const char* kernel_address = "10.0.0.1";
constexpr const char* our_address = "10.0.0.2";
constexpr double settling_time = 0.1;  // seconds: until windows and buffers have grown
const Duration patience = Duration::seconds(20);

using sockets::Host;
using sockets::Sockets;

void require(bool good, const char* what) {
  if (!good) throw Failure(what);
}

/// One of our hosts behind a tap in a network namespace of its own, with the kernel at the tap's other end.
class TapWorld {
 public:
  explicit TapWorld(std::uint32_t buffer) {
    {
      const Namespace::Inside inside(namespace_);
      auto tap = platform::Tap::open("bench0", {.mac_seed = 1});
      if (!tap) throw Failure(tap.error().text);
      tap_ = std::move(*tap);
      run_ip(fmt::format("address add {}/24 dev bench0", kernel_address));
      run_ip("link set bench0 up");
    }
    const Config stack = test::fixed_buffers(buffer);
    const sockets::Config config = sockets::Config::linux_host();
    const std::size_t size = Host::memory_needed(stack, config);
    memory_.reset(new std::uint8_t[size]);
    host_ = std::make_unique<Host>(stack, config, MutableBytes(memory_.get(), size), port_);
    require(host_->ok(), "the stack could not be built");
    const auto interface = host_->stack().add_interface(*tap_);
    const auto address = IpAddress::parse(our_address);
    require(interface && address && host_->stack().ip().add_address(*interface, {*address, 24}, false, port_.now()),
            "the stack has no room for an interface and its address");
    port_.poller().add(*tap_);
    // That the kernel's end is up reaches us as a message.
    const auto reachable = [&] { return host_->stack().ip().path(*IpAddress::parse(kernel_address)).has_value(); };
    require(host_->wait_until(reachable, port_.now() + patience), "the tap did not come up");
  }
  ~TapWorld() { port_.poller().remove(*tap_); }

  const Namespace& network() const { return namespace_; }
  Sockets& sockets() { return host_->sockets(); }

  int socket() {
    const int fd = sockets().socket(sockets::af::inet, sockets::sock::stream);
    require(fd >= 0, "no descriptor");
    sockets().set_option(fd, sockets::sol::socket, sockets::so::reuse_address, 1);  // the row's last connection may still close
    sockets().set_receive_timeout(fd, patience);
    sockets().set_send_timeout(fd, patience);
    return fd;
  }

 private:
  Namespace namespace_;
  platform::SocketsPort port_;
  std::unique_ptr<platform::Tap> tap_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::unique_ptr<Host> host_;
};

/// Sees to it that the clocks run from the settling's end to the goal's.
class Window {
 public:
  explicit Window(const Goal& goal) : goal_(goal) {}
  /// Call it often with the bytes that have arrived so far. True once the measurement is over.
  bool over(std::uint64_t arrived) {
    if (goal_.checks()) return false;
    const double since = meter_.wall();
    switch (stage_) {
      case Stage::settling:
        if (arrived == 0) meter_ = Meter();  // still connecting
        if (since < settling_time || arrived == 0) return false;
        before_ = arrived;
        meter_ = Meter();
        stage_ = Stage::measuring;
        return false;
      case Stage::measuring:
        if (since < goal_.seconds) return false;
        result_ = meter_.stop(static_cast<double>(arrived - before_));
        stage_ = Stage::over;
        return true;
      case Stage::over: break;
    }
    return true;
  }
  const Measurement& result() const { return result_; }

 private:
  enum class Stage : std::uint8_t { settling, measuring, over };
  Goal goal_;
  Stage stage_ = Stage::settling;
  Meter meter_;
  std::uint64_t before_ = 0;
  Measurement result_;
};

/// (c): a kernel socket sends, ours receives.
Measurement kernel_to_stack(TapWorld& world, const Goal& goal) {
  Sockets& s = world.sockets();
  const int listening = world.socket();
  require(s.bind(listening, {IpAddress::any_v4(), port_number}) == 0 && s.listen(listening, 4) == 0,
          "our socket cannot listen");
  KernelSender sender(world.network(), our_address, port_number, goal);
  const int fd = s.accept(listening);
  require(fd >= 0, "our socket accepted nothing");
  s.set_receive_timeout(fd, patience);
  s.close(listening);
  Sink sink(goal);
  Window window(goal);
  for (;;) {
    const std::ptrdiff_t count = s.recv(fd, sink.room());
    if (count < 0) throw Failure(fmt::format("our recv: {}", -count));
    if (count == 0) break;
    sink.got(static_cast<std::size_t>(count));
    if (window.over(sink.total())) sender.stop();
  }
  s.close(fd);
  require_equal(sender.finish(), sink.total());
  return window.result();
}

/// (d): our socket sends, a kernel socket receives.
Measurement stack_to_kernel(TapWorld& world, const Goal& goal) {
  Sockets& s = world.sockets();
  KernelReceiver receiver(world.network(), port_number, goal);
  const int fd = world.socket();
  const int connected = s.connect(fd, {*IpAddress::parse(kernel_address), port_number});
  if (connected != 0) throw Failure(fmt::format("our connect: {}", -connected));
  Source source(goal);
  Window window(goal);
  while (goal.checks() ? source.total() < goal.checked_bytes : !window.over(receiver.received())) {
    const std::ptrdiff_t count = s.send(fd, source.bytes());
    if (count < 0) throw Failure(fmt::format("our send: {}", -count));
    source.taken(static_cast<std::size_t>(count));
  }
  s.shutdown(fd, sockets::shut::write);
  std::uint8_t byte = 0;
  require(s.recv(fd, {&byte, 1}) == 0, "the kernel did not end the connection");
  s.close(fd);
  require_equal(source.total(), receiver.finish());
  return window.result();
}

/// Two namespaces and a virtual Ethernet between them.
class VethWorld {
 public:
  VethWorld() {
    {
      const Namespace::Inside inside(left_);
      run_ip("link add veth0 type veth peer name veth1");
      run_ip("link set veth1 netns " + right_.path());
      run_ip("address add 10.0.0.1/24 dev veth0");
      run_ip("link set veth0 up");
    }
    const Namespace::Inside inside(right_);
    run_ip("address add 10.0.0.2/24 dev veth1");
    run_ip("link set veth1 up");
  }
  const Namespace& left() const { return left_; }
  const Namespace& right() const { return right_; }

 private:
  Namespace left_;
  Namespace right_;
};

/// Nothing but the kernel: what its own TCP reaches between two namespaces.
Measurement kernel_to_kernel(const VethWorld& world, const Goal& goal) {
  KernelReceiver receiver(world.right(), port_number, goal);
  KernelSender sender(world.left(), "10.0.0.2", port_number, goal);
  Window window(goal);
  while (!goal.checks() && !window.over(receiver.received())) ::usleep(1000);
  const std::uint64_t sent = sender.finish();
  require_equal(sent, receiver.finish());
  return window.result();
}

template <typename World, typename... Arguments>
std::function<World&()> lazily(Arguments... arguments) {
  auto world = std::make_shared<std::unique_ptr<World>>();
  return [=]() -> World& {
    if (*world == nullptr) *world = std::make_unique<World>(arguments...);
    return **world;
  };
}

}  // namespace

std::vector<Row> kernel_rows(std::uint32_t buffer) {
  const std::string reason = no_namespaces();
  const auto tap = lazily<TapWorld>(buffer);
  const auto veth = lazily<VethWorld>();
  const auto row = [&](std::string name, std::string what, auto world, auto transfer) {
    return Row{.name = std::move(name),
               .what = std::move(what),
               .wall = true,
               .measure = [=](double seconds) { return transfer(world(), Goal{.seconds = seconds}); },
               .check = [=] { transfer(world(), check_goal); },
               .skipped = reason};
  };
  return {row("c", fmt::format("(c) kernel ({}) to stack, over tap", congestion_control), tap, kernel_to_stack),
          row("d", "(d) stack to kernel, over tap", tap, stack_to_kernel),
          row("veth", fmt::format("kernel ({}) to kernel, over veth", congestion_control), veth, kernel_to_kernel)};
}

}  // namespace linnet::bench
