// SPDX-License-Identifier: Apache-2.0
// Whom the commands' TLS trusts.
#pragma once

#include <string>
#include <vector>

#include "tls/credentials.hpp"

namespace linnet::apps {

/// Those of the machine; false: it has none.
bool load_system_authorities(tls::Trust& trust);
/// The certificates in `files` (that `option` named), or the system's when there are none. Throws Problem.
void load_authorities(const std::vector<std::string>& files, tls::Trust& trust,
                      const char* option = "--cacert");

}  // namespace linnet::apps
