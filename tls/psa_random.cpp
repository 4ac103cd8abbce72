// SPDX-License-Identifier: Apache-2.0
// PSA's random numbers (the keys of TLS 1.3's exchange), where mbedTLS was built to ask for them, as
// tools/mbedtls builds it. PSA's own generator is one for the whole program, seeds itself from the C
// library's machine, and never recovers once it has found no memory to seed itself anew.
#include "tls/clock.hpp"
#include "tls/library.hpp"

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t*, std::uint8_t* out,
                                             std::size_t size, std::size_t* length) {
  if (!linnet::tls::fill_random({out, size})) return PSA_ERROR_INSUFFICIENT_ENTROPY;
  *length = size;
  return PSA_SUCCESS;
}
#endif
