// SPDX-License-Identifier: Apache-2.0
#include "tests/test_allocations.hpp"

#include <cstdlib>
#include <utility>

#ifdef LINNET_SANITIZED
// As in <sanitizer/allocator_interface.h>, which comes with clang's packages only.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void*, std::size_t),
                                                         void (*freed)(const volatile void*));
#endif

namespace {

thread_local bool counting = false;
thread_local std::uint64_t allocations = 0;

void note_allocation() {
  if (counting) ++allocations;
}

}  // namespace

#ifdef LINNET_SANITIZED
// The sanitizer's allocator tells of each block it hands out, whoever asked.
namespace {
const int hooked = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { note_allocation(); }, [](const volatile void*) {});
}
#else
// In front of the C library's own; operator new comes by here, too.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  note_allocation();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  note_allocation();
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  note_allocation();
  return __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  note_allocation();
  return __libc_memalign(alignment, size);
}
}
#endif

namespace linnet::test {

AllocationsCounted::AllocationsCounted() {
  allocations = 0;
  counting = true;
}
AllocationsCounted::~AllocationsCounted() { counting = false; }
std::uint64_t AllocationsCounted::stop() {
  counting = false;
  return allocations;
}

AllocationsUncounted::AllocationsUncounted() : before_(std::exchange(counting, false)) {}
AllocationsUncounted::~AllocationsUncounted() { counting = before_; }

}  // namespace linnet::test
