// SPDX-License-Identifier: Apache-2.0
// A host on the real clock, for any thread, attached while it lives; it has loopback only. At 127.0.0.5 is a name server,
// which knows "there.example" (192.0.2.7) and nothing else. Its parts are
// hidden: their headers need the operating system's, which lwIP's cannot be mixed with.
#pragma once

#include <memory>

namespace linnet::compat::test {

class ThreadsHost {
 public:
  static constexpr int sockets = 16;

  ThreadsHost();
  ThreadsHost(const ThreadsHost&) = delete;
  ThreadsHost& operator=(const ThreadsHost&) = delete;
  ~ThreadsHost();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace linnet::compat::test
