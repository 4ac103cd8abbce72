// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace linnet::tls {

/// What an alert of the peer means (RFC 5246 7.2).
std::string alert_words(int description);
/// What an error number of mbedTLS means to somebody who has never heard of it.
std::string error_words(int error);

}  // namespace linnet::tls
