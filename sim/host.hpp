// SPDX-License-Identifier: Apache-2.0
// Host: a stack and the memory that it lives in; Program: what runs beside the stacks.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/stack.hpp"
#include "sim/choices.hpp"

namespace linnet::sim {

/// Memory that is a stack's, or a device's, for as long as it is needed; not cleared. Worlds come and go by
/// the thousand, so each thread keeps what was given back for the next one of the same size.
class Memory {
 public:
  explicit Memory(std::size_t size);
  ~Memory();
  Memory(Memory&& other) noexcept = default;
  Memory& operator=(Memory&&) = delete;
  MutableBytes bytes() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
};

/// A stack and the memory that it lives in.
class Host {
 public:
  Host(const Config& config, std::uint64_t seed);
  Stack& stack() { return *stack_; }
  tcp::Tcp& tcp() { return stack_->tcp(); }
  /// Ends the stack, which forgets everything, and begins another, without interfaces.
  void reboot(std::uint64_t seed);
  const Config& config() const { return config_; }

 private:
  Config config_;
  Memory memory_;
  std::optional<Stack> stack_;
};

/// A program that runs in the world beside the stacks.
class Program {
 public:
  /// Does what can be done now, and yields when it wants its next turn: `now` when it did something, so that
  /// others have theirs first.
  virtual Instant step(Instant now) = 0;

 protected:
  ~Program() = default;
};

}  // namespace linnet::sim
