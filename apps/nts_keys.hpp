// SPDX-License-Identifier: Apache-2.0
// The keys for a time that is proven (NTS, RFC 8915).
#pragma once

#include <string>
#include <vector>

#include "apps/machine.hpp"
#include "tls/nts.hpp"

namespace linnet::apps {

/// Gets keys from `host`, whose certificate `authorities` vouch for (load_authorities); whom to ask for the
/// time then, a name or an address. Throws Problem.
std::string exchange_nts_keys(Machine& machine, const std::string& host,
                              const std::vector<std::string>& authorities, tls::Nts& nts);

}  // namespace linnet::apps
