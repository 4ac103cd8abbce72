// SPDX-License-Identifier: Apache-2.0
// LinkMonitor: follows an interface's state and MTU through the kernel's own notices (rtnetlink), so that
// asking for them costs no system call.
#pragma once

#include <poll.h>

#include <string>

#include "platform/linux/file_descriptor.hpp"
#include "platform/linux/interface_info.hpp"

namespace linnet::platform {

class LinkMonitor {
 public:
  /// `info` is what is known of the interface now. Without a netlink socket the state stays what it is.
  explicit LinkMonitor(const InterfaceInfo& info);

  /// Reads what the kernel has said since; never waits.
  void update();
  /// -1 when there is none.
  int fd() const { return netlink_.get(); }
  /// An interface that went to another network namespace is out of sight, and taken to be up.
  bool up() const { return up_; }
  std::uint16_t mtu() const { return mtu_; }

 private:
  void read_messages(const char* bytes, std::size_t size);
  void requery();

  FileDescriptor netlink_;
  int index_ = 0;
  bool up_ = false;
  std::uint16_t mtu_ = 0;
};

}  // namespace linnet::platform
