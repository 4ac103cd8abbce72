// SPDX-License-Identifier: Apache-2.0
// A library of its own, below mbedTLS's: see cmake/linnet_tls.cmake.
#include "tls/memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace linnet::tls {
namespace {

Memory* attached = nullptr;

constexpr std::size_t round_up(std::size_t size) {
  return (size + Memory::alignment - 1) / Memory::alignment * Memory::alignment;
}

MutableBytes aligned(MutableBytes area) {
  const std::size_t off = reinterpret_cast<std::uintptr_t>(area.data()) % Memory::alignment;
  const std::size_t skip = off == 0 ? 0 : Memory::alignment - off;
  if (area.size() < skip) return {};
  const std::size_t most = std::min<std::size_t>(area.size() - skip, 0x80000000u);
  return area.subspan(skip, most / Memory::alignment * Memory::alignment);
}

}  // namespace

/// Sizes are those of blocks with their heads, and multiples of the alignment.
struct alignas(Memory::alignment) Memory::Head {
  std::uint32_t size = 0;
  std::uint32_t before_and_taken = 0;  // the size of the block before this one, 0 in the first; bit 0: in use

  void* block() { return this + 1; }
  bool taken() const { return (before_and_taken & 1) != 0; }
  std::uint32_t before() const { return before_and_taken & ~std::uint32_t{1}; }
  void take() { before_and_taken |= 1; }
  void release() { before_and_taken = before(); }
  void set_before(std::uint32_t bytes) { before_and_taken = bytes | (before_and_taken & 1); }
};

class Memory::Guard {
 public:
  explicit Guard(const MemoryLock& lock) : lock_(lock) {
    if (lock_.lock != nullptr) lock_.lock(lock_.context);
  }
  ~Guard() {
    if (lock_.unlock != nullptr) lock_.unlock(lock_.context);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  const MemoryLock& lock_;
};

Memory::Memory(MutableBytes area, const MemoryLock& lock) : area_(aligned(area)), lock_(lock) {
  if (area_.size() < sizeof(Head)) {
    area_ = {};
    return;
  }
  new (area_.data()) Head{.size = static_cast<std::uint32_t>(area_.size())};
}

Memory::Head* Memory::next(const Head& head) const {
  auto* at = reinterpret_cast<std::uint8_t*>(const_cast<Head*>(&head)) + head.size;
  return at < area_.data() + area_.size() ? reinterpret_cast<Head*>(at) : nullptr;
}

bool Memory::owns(const void* block) const {
  const auto* at = static_cast<const std::uint8_t*>(block);
  return !area_.empty() && at >= area_.data() && at < area_.data() + area_.size();
}

bool Memory::must_fail() const {
  return fail_at_ != 0 && (fail_alone_ ? calls_ == fail_at_ : calls_ >= fail_at_);
}

/// The first free block of `size` bytes, head and all; what is left of it becomes a block of its own.
Memory::Head* Memory::take(std::size_t size) {
  if (area_.empty()) return nullptr;
  for (Head* head = reinterpret_cast<Head*>(area_.data()); head != nullptr; head = next(*head)) {
    if (head->taken() || head->size < size) continue;
    if (const std::size_t left = head->size - size; left >= sizeof(Head)) {
      head->size = static_cast<std::uint32_t>(size);
      Head* rest =
          new (next(*head)) Head{.size = static_cast<std::uint32_t>(left), .before_and_taken = head->size};
      if (Head* after = next(*rest)) after->set_before(rest->size);
    }
    return head;
  }
  return nullptr;
}

void* Memory::allocate(std::size_t size) {
  const Guard guard(lock_);
  ++calls_;
  Head* head = must_fail() || size > area_.size() ? nullptr : take(sizeof(Head) + round_up(size));
  if (head == nullptr) {
    ++failures_;
    return nullptr;
  }
  head->take();
  used_ += head->size;
  peak_ = std::max(peak_, used_);
  return std::memset(head->block(), 0, head->size - sizeof(Head));
}

void Memory::release(void* block) {
  if (block == nullptr) return;
  const Guard guard(lock_);
  Head* head = static_cast<Head*>(block) - 1;
  if (!owns(head) || !head->taken()) std::abort();  // not one of ours, or given back twice
  head->release();
  used_ -= head->size;
  if (Head* after = next(*head); after != nullptr && !after->taken()) head->size += after->size;
  if (head->before() != 0) {
    Head* before = reinterpret_cast<Head*>(reinterpret_cast<std::uint8_t*>(head) - head->before());
    if (!before->taken()) {
      before->size += head->size;
      head = before;
    }
  }
  if (Head* after = next(*head)) after->set_before(head->size);
}

std::size_t Memory::largest_free() const {
  const Guard guard(lock_);
  std::size_t largest = 0;
  if (area_.empty()) return largest;
  for (const Head* head = reinterpret_cast<const Head*>(area_.data()); head != nullptr; head = next(*head)) {
    if (!head->taken()) largest = std::max(largest, head->size - sizeof(Head));
  }
  return largest;
}

void attach(Memory& memory) { attached = &memory; }

bool detach_memory() {
  if (attached != nullptr && attached->used() != 0) return false;
  attached = nullptr;
  return true;
}

}  // namespace linnet::tls

void* linnet_mbedtls_calloc(std::size_t count, std::size_t size) {
  if (linnet::tls::attached == nullptr) return std::calloc(count, size);
  if (size != 0 && count > static_cast<std::size_t>(-1) / size) return nullptr;
  return linnet::tls::attached->allocate(count * size);
}

void linnet_mbedtls_free(void* block) {
  if (linnet::tls::attached != nullptr && linnet::tls::attached->owns(block)) {
    linnet::tls::attached->release(block);
  } else {
    std::free(block);
  }
}
