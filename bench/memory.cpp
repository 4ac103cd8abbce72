// SPDX-License-Identifier: Apache-2.0
// The floor under everything: copying bytes and summing them, over a working set that fits the L2 cache.
#include <cstring>

#include "bench/stream.hpp"
#include "core/base/checksum.hpp"

namespace linnet::bench {
namespace {

constexpr std::size_t working_set = 262144;
// Source and destination must not be equal modulo 4096: some processors then take loads for dependent on the stores.
constexpr std::size_t skew = 832;

/// Lets the compiler believe that somebody looks at `p`.
inline void touch(const void* p) { asm volatile("" : : "r"(p) : "memory"); }

/// Calls `work(to, from, chunk)` for all chunks of the working set, over and over.
template <typename Work>
Measurement repeat(double seconds, std::size_t chunk, Work work) {
  std::vector<std::uint8_t> from(working_set + chunk);
  std::vector<std::uint8_t> to(working_set + chunk + skew);
  apps::fill_pattern(from, 0);
  double bytes = 0;
  const Meter meter;
  while (meter.wall() < seconds) {
    for (std::size_t at = 0; at < working_set; at += chunk) {
      work(to.data() + skew + at, from.data() + at, chunk);
      bytes += static_cast<double>(chunk);
    }
  }
  return meter.stop(bytes);
}

Measurement copy(double seconds, std::size_t chunk) {
  return repeat(seconds, chunk, [](std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
    std::memcpy(to, from, size);
    touch(to);
  });
}

Measurement sum(double seconds, std::size_t chunk) {
  std::uint32_t all = 0;
  const Measurement m = repeat(seconds, chunk, [&](std::uint8_t*, const std::uint8_t* from, std::size_t size) {
    all += checksum_sum({from, size});
  });
  touch(&all);
  return m;
}

Measurement copy_and_sum(double seconds, std::size_t chunk) {
  std::uint32_t all = 0;
  const Measurement m = repeat(seconds, chunk, [&](std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
    all += checksum_copy(to, {from, size});
  });
  touch(&all);
  return m;
}

}  // namespace

std::vector<Row> memory_rows() {
  const auto row = [](std::string name, std::string what, auto work, std::size_t chunk) {
    return Row{.name = std::move(name),
               .what = std::move(what),
               .measure = [=](double seconds) { return work(seconds, chunk); }};
  };
  return {row("memcpy-1460", "memcpy, 1,460 bytes at a time", copy, 1460),
          row("memcpy-64k", "memcpy, 64 KiB at a time", copy, 65536),
          row("checksum-1460", "our Internet checksum, 1,460 bytes at a time", sum, 1460),
          row("checksum-64k", "our Internet checksum, 64 KiB at a time", sum, 65536),
          row("copy-sum-1460", "our fused copy and checksum, 1,460 bytes at a time", copy_and_sum, 1460)};
}

}  // namespace linnet::bench
