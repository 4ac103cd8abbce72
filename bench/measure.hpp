// SPDX-License-Identifier: Apache-2.0
// What a row of the table is made of: work, and the time that it took.
#pragma once

#include <time.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace linnet::bench {

/// A transfer went wrong: a byte or a connection was lost. No figure is worth anything then.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline double seconds_of(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
inline double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }
/// Of all threads of the process, user and system time: both ends of each connection here.
inline double cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

struct Measurement {
  double amount = 0;  ///< bytes, round trips, connections
  double cpu = 0;     ///< seconds
  double wall = 0;    ///< seconds
};

/// Both clocks, started by its construction.
class Meter {
 public:
  double wall() const { return wall_seconds() - wall_; }
  Measurement stop(double amount) const { return {amount, cpu_seconds() - cpu_, wall()}; }

 private:
  double wall_ = wall_seconds();
  double cpu_ = cpu_seconds();
};

enum class Unit : std::uint8_t {
  gigabits,     ///< Gbit of payload per second
  nanoseconds,  ///< ns of CPU time per round trip
  thousands,    ///< thousand connections per second
};

struct Row {
  std::string name;
  std::string what;
  Unit unit = Unit::gigabits;
  bool wall = false;  ///< more than one thread, so that wall-clock time says something of its own
  /// Works for about so many seconds. Throws Failure.
  std::function<Measurement(double seconds)> measure{};
  /// A round that nobody measures, in which each byte is compared with what was sent. May be empty. Throws Failure.
  std::function<void()> check{};
  std::string skipped{};  ///< why it cannot be measured here; empty: it can
};

/// In the row's unit.
double per_cpu(const Row& row, const Measurement& m);
double per_wall(const Row& row, const Measurement& m);

/// The rows of each subject, in the table's order.
std::vector<Row> memory_rows();
/// `buffer`: bytes that each of our connections may hold, send and receive each.
std::vector<Row> wire_rows(std::uint32_t buffer);
std::vector<Row> lwip_rows();
std::vector<Row> kernel_rows(std::uint32_t buffer);

}  // namespace linnet::bench
