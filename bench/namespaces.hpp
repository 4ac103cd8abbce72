// SPDX-License-Identifier: Apache-2.0
// Network namespaces of this process's own: nothing of the machine's network is touched.
#pragma once

#include <string>

#include "platform/linux/file_descriptor.hpp"

namespace linnet::bench {

/// Fresh and empty, with loopback up. It ends with its last descriptor, socket and thread.
class Namespace {
 public:
  /// Throws Failure, whose text says what is missing.
  Namespace();
  /// A path by which `ip` finds it.
  std::string path() const;

  /// The calling thread is in the namespace while this lives.
  class Inside {
   public:
    explicit Inside(const Namespace& there);
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside();

   private:
    platform::FileDescriptor home_;
  };

 private:
  platform::FileDescriptor fd_;
};

/// Why this process can have no namespaces with taps in them; empty when it can.
std::string no_namespaces();

/// Runs `ip` with arguments in the calling thread's namespace. Throws Failure when it fails.
void run_ip(const std::string& arguments);

}  // namespace linnet::bench
