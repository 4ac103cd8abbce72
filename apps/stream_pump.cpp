// SPDX-License-Identifier: Apache-2.0
#include "apps/stream_pump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "apps/interrupt.hpp"
#include "apps/pattern.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {

StreamPump::StreamPump(Machine& machine, const PumpOptions& options)
    : machine_(machine),
      options_(options),
      stdin_(machine),
      stdout_(""),
      input_buffer_(buffer_size),
      output_buffer_(buffer_size) {}

void StreamPump::run(int fd) {
  fd_ = fd;
  output_ = {};
  pattern_at_ = 0;
  input_ended_ = source_ended_ = source_dry_ = output_shut_ = false;
  sha_ = {};
  machine_.sockets().set_non_blocking(fd, true);
  while (!done() && !Interrupt::requested()) {
    moved_ = false;
    refill();
    send();
    receive();
    if (!moved_) wait();
  }
  if (Interrupt::requested()) throw Problem("interrupted", exit_code::interrupted);
  finish();
}

void StreamPump::refill() {
  if (!output_.empty() || source_ended_) return;
  if (options_.pattern_bytes) {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer_size, *options_.pattern_bytes - pattern_at_));
    fill_pattern(MutableBytes(output_buffer_).first(n), pattern_at_);
    pattern_at_ += n;
    output_ = Bytes(output_buffer_).first(n);
    source_ended_ = pattern_at_ == *options_.pattern_bytes;
  } else if (options_.echo) {
    source_ended_ = input_ended_;
  } else if (!options_.use_stdin) {
    source_dry_ = true;
  } else {
    source_dry_ = !stdin_.ready() && !stdin_.ended();
    if (source_dry_) return;
    output_ = Bytes(output_buffer_).first(stdin_.ended() ? 0 : stdin_.read(output_buffer_));
    source_ended_ = stdin_.ended();
  }
}

void StreamPump::send() {
  if (output_.empty() && source_ended_ && !output_shut_) {
    machine_.sockets().shutdown(fd_, sockets::shut::write);
    output_shut_ = true;
  }
  if (output_.empty()) return;
  const std::ptrdiff_t n = machine_.sockets().send(fd_, output_);
  if (n == -sockets::error::try_again) return;
  if (n < 0) throw_socket_error("sending failed", static_cast<int>(n));
  output_ = output_.subspan(static_cast<std::size_t>(n));
  moved_ = true;
}

void StreamPump::receive() {
  if (input_ended_ || (options_.echo && !output_.empty())) return;
  const std::ptrdiff_t n = machine_.sockets().recv(fd_, input_buffer_);
  if (n == -sockets::error::try_again) return;
  if (n < 0) throw_socket_error("receiving failed", static_cast<int>(n));
  moved_ = true;
  input_ended_ = n == 0;
  const Bytes received = Bytes(input_buffer_).first(static_cast<std::size_t>(n));
  if (options_.sha256) sha_.add(received);
  if (options_.echo) output_ = received;
  if (!options_.echo && !options_.sha256) stdout_.write(received);
}

void StreamPump::wait() {
  sockets::PollEntry entry{.fd = fd_, .events = 0};
  if (!input_ended_ && !(options_.echo && !output_.empty())) entry.events |= sockets::event::in;
  if (!output_.empty()) entry.events |= sockets::event::out;
  const bool for_stdin =
      options_.use_stdin && !options_.echo && !options_.pattern_bytes && output_.empty() && !source_ended_;
  if (for_stdin) stdin_.watch();
  // An interruption is one by stdin or by Ctrl-C: the loop finds out.
  static_cast<void>(machine_.sockets().poll({&entry, 1}, std::nullopt));
}

void StreamPump::finish() {
  stdin_.unwatch();
  if (!options_.sha256) return;
  const std::uint64_t size = sha_.size();
  fmt::print("{}  {} bytes\n", sha_.finish_hex(), size);
  std::fflush(stdout);
}

}  // namespace linnet::apps
