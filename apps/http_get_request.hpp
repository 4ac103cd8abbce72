// SPDX-License-Identifier: Apache-2.0
// The head of the request that `linnet get` sends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/url.hpp"

namespace linnet::apps {

/// RFC 6454 4: scheme, host and port are the same.
bool same_origin(const Url& a, const Url& b);

/// `fields` are the user's, as "Name: value". What proves who he is goes to the origin that he named and to
/// no other, wherever that one redirects (RFC 9110 15.4); so does a Host of his.
std::string http_request_text(std::string_view method, const Url& url, const Url& named,
                              const std::vector<std::string>& fields);

}  // namespace linnet::apps
