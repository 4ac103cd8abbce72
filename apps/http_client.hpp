// SPDX-License-Identifier: Apache-2.0
// One HTTP exchange of `linnet get`.
#pragma once

#include <functional>

#include "apps/http_response.hpp"
#include "apps/stream.hpp"
#include "apps/url.hpp"

namespace linnet::apps {

/// Of https.
struct HttpsOptions {
  std::vector<std::string> authorities;  ///< files of certificates; none: those that the system trusts
  bool insecure = false;                 ///< any certificate will do; `warn` is told what is wrong with it
  std::function<void(const std::string&)> warn;
};

struct HttpOptions {
  std::string method = "GET";
  Url named{};                                ///< by the user: who may get what proves who he is
  std::vector<std::string> fields;            ///< more of them, as "Name: value"
  Duration patience = Duration::seconds(30);  ///< for the connection, and for each next byte
  HttpsOptions https{};
};

/// Asks for `url` and hands the body to `take` piece by piece; before its first piece `begin` is called with
/// the response, and may refuse the body by false. Throws Problem.
HttpResponse http_exchange(Machine& machine, const Url& url, const HttpOptions& options,
                           const std::function<bool(const HttpResponse&)>& begin,
                           const std::function<void(Bytes)>& take);

}  // namespace linnet::apps
