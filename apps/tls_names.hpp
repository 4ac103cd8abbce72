// SPDX-License-Identifier: Apache-2.0
// Programs that call mbedtls_net_*, and what is built upon it, on a machine.
#pragma once

namespace linnet::apps {

class Machine;

/// From now on these calls use the machine's host, and look names up as its commands do. The machine must
/// outlive them; tls::detach() ends it.
void attach_tls(Machine& machine);

}  // namespace linnet::apps
