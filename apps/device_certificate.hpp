// SPDX-License-Identifier: Apache-2.0
// The certificate of `linnet up`: given, kept from an earlier start, or made now.
#pragma once

#include <string>

#include "apps/machine.hpp"
#include "tls/credentials.hpp"

namespace linnet::apps {

struct CertificateFiles {
  std::string certificate;  ///< PEM; empty: a self-made one
  std::string key;
};

/// Loads what `files` names, or the certificate that the device of this name has made for itself in the
/// user's state folder (made now when there is none, or it is about to expire). Gives a word about where it
/// comes from. Throws Problem.
std::string load_certificate(Machine& machine, const CertificateFiles& files, tls::Identity& identity);

}  // namespace linnet::apps
