// SPDX-License-Identifier: Apache-2.0
// lwip/err.h, lwip/errno.h.
#include "compat/lwip/calls.hpp"

extern "C" {

int err_to_errno(err_t err) {
  static constexpr int numbers[] = {0,      ENOMEM,       ENOBUFS,    EWOULDBLOCK, EHOSTUNREACH, EINPROGRESS,
                                    EINVAL, EWOULDBLOCK,  EADDRINUSE, EALREADY,    EISCONN,      ENOTCONN,
                                    -1,     ECONNABORTED, ECONNRESET, ENOTCONN,    EIO};
  return err <= 0 && err >= ERR_ARG ? numbers[-err] : -1;
}

const char* lwip_strerr(err_t err) {
  static constexpr const char* texts[] = {"Ok",
                                          "Out of memory",
                                          "No buffer",
                                          "Timed out",
                                          "No route",
                                          "In progress",
                                          "Illegal value",
                                          "Would block",
                                          "Address in use",
                                          "Already connecting",
                                          "Already connected",
                                          "Not connected",
                                          "Interface",
                                          "Aborted",
                                          "Reset",
                                          "Closed",
                                          "Illegal argument"};
  return err <= 0 && err >= ERR_ARG ? texts[-err] : "Unknown error";
}

const char* lwip_strerror(int number) { return linnet::sockets::error_text(number).data(); }

}  // extern "C"
