// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/tun_file.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "platform/linux/interface_info.hpp"
#include "platform/linux/vnet_header.hpp"

namespace linnet::platform {
namespace {

std::string ways_out(const std::string& name) {
  return ": run as root, or let an administrator make the tap yours (ip tuntap add dev " + name +
         " mode tap user $USER; chmod 0666 /dev/net/tun), or use the user-mode network, which needs no "
         "privileges";
}

OpenError open_failed(const std::string& name, int error) {
  const std::string reason = std::strerror(error);
  if (error == EACCES || error == EPERM) {
    return {OpenFailure::permission, "no permission to open /dev/net/tun" + ways_out(name)};
  }
  if (error == ENOENT || error == ENXIO || error == ENODEV) {
    return {OpenFailure::no_driver,
            "there is no /dev/net/tun (" + reason +
                "): load the kernel's module (modprobe tun), or use the user-mode network"};
  }
  return {OpenFailure::system, "cannot open /dev/net/tun: " + reason};
}

OpenError attach_failed(const std::string& name, int error) {
  const std::string reason = std::strerror(error);
  if (error == EPERM || error == EACCES) {
    return {OpenFailure::permission, "no permission for the tap device " + name + ways_out(name)};
  }
  if (error == EBUSY) return {OpenFailure::busy, "the tap device " + name + " is in use by another process"};
  if (error == EINVAL) {
    return {OpenFailure::bad_name,
            "the interface " + name + " exists already, and is not a tap device for one process"};
  }
  return {OpenFailure::system, "cannot attach to the tap device " + name + ": " + reason};
}

void set_queue(const std::string& name, int frames) {
  const FileDescriptor control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_qlen = frames;
  ::ioctl(control.get(), SIOCSIFTXQLEN, &request);
}

/// The calling thread is in another network namespace while this lives.
class Excursion {
 public:
  explicit Excursion(const std::string& network_namespace) {
    const std::string path = "/var/run/netns/" + network_namespace;
    const FileDescriptor there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    home_ = FileDescriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!there || !home_ || ::setns(there.get(), CLONE_NEWNET) != 0) {
      error_ = errno;
      home_.reset();
    }
  }
  ~Excursion() {
    if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();  // nothing would be where it belongs
  }
  int error() const { return error_; }

 private:
  FileDescriptor home_;
  int error_ = 0;
};

}  // namespace

Result<TunFile, OpenError> open_tap_in(const std::string& network_namespace, const std::string& name,
                                       const TunOptions& options) {
  if (network_namespace.empty() || network_namespace.find('/') != std::string::npos ||
      network_namespace[0] == '.') {
    return Failure{
        OpenError{OpenFailure::bad_name, "'" + network_namespace + "' cannot be a network namespace's name"}};
  }
  const Excursion excursion(network_namespace);
  if (excursion.error() == ENOENT) {
    return Failure{OpenError{OpenFailure::no_interface, "there is no network namespace '" +
                                                            network_namespace + "' (ip netns add " +
                                                            network_namespace + " makes one)"}};
  }
  if (excursion.error() != 0) {
    const bool forbidden = excursion.error() == EPERM || excursion.error() == EACCES;
    return Failure{OpenError{forbidden ? OpenFailure::permission : OpenFailure::system,
                             "cannot enter the network namespace '" + network_namespace + "': " +
                                 std::strerror(excursion.error()) + (forbidden ? " (run as root)" : "")}};
  }
  return open_tap(name, options);
}

Result<TunFile, OpenError> open_tap(const std::string& name, const TunOptions& options) {
  if (!name.empty() && !valid_interface_name(name)) {
    return Failure{OpenError{OpenFailure::bad_name, "'" + name +
                                                        "' cannot be an interface's name: 1 to 15 characters "
                                                        "without '/', ':' and white space"}};
  }
  FileDescriptor fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return Failure{open_failed(name, errno)};

  ifreq request{};
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | (options.vnet_header ? IFF_VNET_HDR : 0));
  std::memcpy(request.ifr_name, name.data(), name.size());
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return Failure{attach_failed(name, errno)};
  TunFile file{std::move(fd), request.ifr_name};
  // A tap that another process used before us may have kept its offloads.
  if (::ioctl(file.fd.get(), TUNSETOFFLOAD, 0UL) != 0) return Failure{attach_failed(file.name, errno)};
  if (options.queue > 0) set_queue(file.name, options.queue);
  if (options.vnet_header) {
    int size = sizeof(VnetHeader);
    if (::ioctl(file.fd.get(), TUNSETVNETHDRSZ, &size) != 0) return Failure{attach_failed(file.name, errno)};
  }
  return file;
}

}  // namespace linnet::platform
