// SPDX-License-Identifier: Apache-2.0
// What stands in lwIP's place where it is not installed: the reason.
#ifndef LINNET_BENCH_LWIP
#include "bench/measure.hpp"

namespace linnet::bench {

std::vector<Row> lwip_rows() {
  const std::string reason = "built without lwIP: run tools/install-deps bench and configure again";
  std::vector<Row> rows;
  for (const char* name : {"lwip", "lwip-ping-pong", "lwip-connect-reset"}) {
    rows.push_back({.name = name, .what = "lwIP", .skipped = reason});
  }
  return rows;
}

}  // namespace linnet::bench
#endif
