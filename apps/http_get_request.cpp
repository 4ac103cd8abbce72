// SPDX-License-Identifier: Apache-2.0
#include "apps/http_get_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "apps/text.hpp"

namespace linnet::apps {
namespace {

constexpr std::array<std::string_view, 5> for_one_origin{"authorization", "cookie", "cookie2", "host",
                                                         "proxy-authorization"};

}  // namespace

bool same_origin(const Url& a, const Url& b) {
  return a.secure == b.secure && a.port == b.port && equal_ignoring_case(a.host, b.host);
}

std::string http_request_text(std::string_view method, const Url& url, const Url& named,
                              const std::vector<std::string>& fields) {
  const bool elsewhere = !same_origin(url, named);
  std::string own;
  bool agent = false;
  bool accept = false;
  bool host = false;
  for (const std::string& field : fields) {
    const std::string name = to_lower(field.substr(0, field.find(':')));
    if (elsewhere && std::ranges::find(for_one_origin, name) != for_one_origin.end()) continue;
    agent = agent || name == "user-agent";
    accept = accept || name == "accept";
    host = host || name == "host";
    own += field + "\r\n";
  }
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", method, url.target);
  if (!host) text += fmt::format("Host: {}\r\n", url.host_field());
  text += own;
  if (!agent) text += "User-Agent: linnet/" LINNET_VERSION "\r\n";
  if (!accept) text += "Accept: */*\r\n";
  return text + "Connection: close\r\n\r\n";
}

}  // namespace linnet::apps
