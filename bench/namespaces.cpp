// SPDX-License-Identifier: Apache-2.0
#include "bench/namespaces.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "bench/measure.hpp"

namespace linnet::bench {
namespace {

constexpr const char* own_namespace = "/proc/thread-self/ns/net";

platform::FileDescriptor current() { return platform::FileDescriptor(::open(own_namespace, O_RDONLY | O_CLOEXEC)); }

}  // namespace

Namespace::Namespace() {
  const platform::FileDescriptor home = current();
  if (!home) throw Failure(fmt::format("no network namespaces: {}", std::strerror(errno)));
  if (::unshare(CLONE_NEWNET) != 0) {
    throw Failure(fmt::format("may not make a network namespace (run as root): {}", std::strerror(errno)));
  }
  fd_ = current();
  const bool up = std::system("ip link set lo up") == 0;
  if (::setns(home.get(), CLONE_NEWNET) != 0) std::abort();  // nothing would be where it belongs
  if (!fd_ || !up) throw Failure("no 'ip' command: install iproute2");
}

std::string Namespace::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_.get()); }

Namespace::Inside::Inside(const Namespace& there) : home_(current()) {
  if (!home_ || ::setns(there.fd_.get(), CLONE_NEWNET) != 0) {
    throw Failure(fmt::format("cannot enter a network namespace: {}", std::strerror(errno)));
  }
}

Namespace::Inside::~Inside() {
  if (::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
}

std::string no_namespaces() {
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) {
    return fmt::format("/dev/net/tun: {} (run as root, with the kernel's module tun)", std::strerror(errno));
  }
  try {
    const Namespace probe;
  } catch (const Failure& failure) {
    return failure.what();
  }
  return {};
}

void run_ip(const std::string& arguments) {
  const int status = std::system(("ip " + arguments).c_str());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Failure("failed: ip " + arguments);
}

}  // namespace linnet::bench
