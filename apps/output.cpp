// SPDX-License-Identifier: Apache-2.0
#include "apps/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "apps/interrupt.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {

Output::Output(const std::string& name) : name_(name == "-" ? "" : name), fd_(STDOUT_FILENO) {
  if (name_.empty()) return;
  fd_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0)
    throw Problem(fmt::format("cannot write {}: {}", name_, std::strerror(errno)), exit_code::usage);
}

Output::~Output() {
  if (fd_ != STDOUT_FILENO) ::close(fd_);
}

void Output::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // whoever started us may have made it non-blocking
      pollfd entry{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&entry, 1, 1000);
    } else if (errno != EINTR) {
      throw Problem(
          fmt::format("cannot write {}: {}", name_.empty() ? "to stdout" : name_, std::strerror(errno)));
    }
    // A signal may also end a write half-way, which is no error: the rest would wait for a reader for ever.
    if (!bytes.empty() && Interrupt::requested()) throw Problem("interrupted", exit_code::interrupted);
  }
}

}  // namespace linnet::apps
