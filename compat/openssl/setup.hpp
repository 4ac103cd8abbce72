// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/openssl/objects.hpp"

namespace linnet::openssl {

/// There is a version of TLS that the settings allow and mbedTLS speaks.
bool has_version(const SSL& ssl);
/// Makes mbedTLS ready for the handshake; false: the settings do not allow for one, or there is no memory.
bool set_up(SSL& ssl);
/// The suites and the key for a connection without certificates; false: the program has none.
bool set_up_shared_key(SSL& ssl);
/// Asks the program which of the protocols in the ClientHello it speaks, and makes mbedTLS answer that.
void choose_protocol(SSL& ssl);
/// Back to before the handshake, with the settings that were made.
void tear_down(SSL& ssl);

}  // namespace linnet::openssl
