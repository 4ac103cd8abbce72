// SPDX-License-Identifier: Apache-2.0
// Memory: what mbedTLS allocates, out of one piece of memory that the owner hands in, so that a device's heap
// has no holes after a thousand handshakes. Without one, mbedTLS uses the heap.
#pragma once

#include <cstddef>

#include "core/base/bytes.hpp"

namespace linnet::tls {

/// Held around every call where several threads use TLS; null: one does.
struct MemoryLock {
  void* context = nullptr;
  void (*lock)(void* context) = nullptr;
  void (*unlock)(void* context) = nullptr;
};

/// Blocks side by side, each with its size before it; a block that is given back joins its free neighbours.
/// The first that is large enough is taken, from the lowest address on: what lives long gathers at one end.
class Memory {
 public:
  static constexpr std::size_t alignment = alignof(std::max_align_t);

  /// At most 2 GiB of `area` are used; it must outlive this.
  explicit Memory(MutableBytes area, const MemoryLock& lock = {});
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// `size` bytes of zeros, or null. 0 bytes are a block, too.
  void* allocate(std::size_t size);
  /// What `allocate` gave, or null.
  void release(void* block);
  bool owns(const void* block) const;

  /// Bytes in use with what is before each block: what a smaller memory would need.
  std::size_t used() const { return used_; }
  std::size_t peak() const { return peak_; }
  /// `peak` begins anew with what is in use now.
  void begin_peak() { peak_ = used_; }
  /// Times that `allocate` was called, and that it had nothing.
  std::uint64_t calls() const { return calls_; }
  std::uint64_t failures() const { return failures_; }
  std::size_t largest_free() const;

  /// For tests: of the next calls, the one with this number (1: the very next) and all after it fail, or that
  /// one alone. 0: none.
  void fail_at(std::uint64_t number, bool alone = false) {
    fail_at_ = number == 0 ? 0 : calls_ + number;
    fail_alone_ = alone;
  }

 private:
  struct Head;  // before each block
  class Guard;

  Head* next(const Head& head) const;
  Head* take(std::size_t size);
  bool must_fail() const;

  MutableBytes area_;
  MemoryLock lock_;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t fail_at_ = 0;
  bool fail_alone_ = false;
};

/// From now on mbedTLS's memory comes from `memory`; what it had before stays where it is, until it is given
/// back. One for the process, before other threads use TLS.
void attach(Memory& memory);
/// Back to the heap. False: something in the memory is still in use, and it stays attached.
bool detach_memory();

}  // namespace linnet::tls

// What mbedTLS calls for memory. Its archives are built to call calloc and free; the build renames those
// (cmake/linnet_tls.cmake). A device that compiles mbedTLS itself names them in its configuration
// (MBEDTLS_PLATFORM_MEMORY, MBEDTLS_PLATFORM_CALLOC_MACRO, MBEDTLS_PLATFORM_FREE_MACRO).
extern "C" {
void* linnet_mbedtls_calloc(std::size_t count, std::size_t size);
void linnet_mbedtls_free(void* block);
}
