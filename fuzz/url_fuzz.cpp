// SPDX-License-Identifier: Apache-2.0
// http URLs: what was understood, written out, is understood again and means the same; so do references.
#include "apps/url.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using apps::Url;

namespace {

bool equal(const Url& a, const Url& b) {
  return a.host == b.host && a.port == b.port && a.target == b.target;
}

void check(const Url& url) {
  require(!url.host.empty() && url.port != 0, "a host and a port");
  require(url.target.starts_with('/'), "a target begins with its path");
  for (const char c : url.target)
    require(c > ' ' && c < 0x7f && c != '#', "only what may stand in a request line");
  for (const char c : url.host) require(c > ' ' && c < 0x7f && c != '/' && c != '@', "and in a Host header");
  const auto again = apps::parse_url(url.text());
  require(again.ok() && equal(*again, url), "written and read again");
}

bool has_dot_segment(std::string_view target) {
  const std::string path = std::string(target.substr(0, target.find('?'))) + "/";
  return path.find("/../") != std::string::npos || path.find("/./") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t cut = input.u8();
  const std::string_view text = input.text();
  const std::string_view first = text.substr(0, std::min<std::size_t>(cut, text.size()));
  const std::string_view second = text.substr(first.size());
  const auto base = apps::parse_url(first);
  if (base) {
    check(*base);
  } else {
    require(base.error() != apps::UrlError::none && !apps::url_error_text(base.error()).empty(),
            "a reason in words");
  }
  Url page{.host = "example", .port = 8080, .target = "/a/b?c"};
  if (base) page = *base;
  const auto resolved = apps::resolve_url(page, second);
  if (!resolved) return 0;
  check(*resolved);
  require(!has_dot_segment(resolved->target), "RFC 3986 5.2.4: no dot segments are left");
  const auto absolute = apps::resolve_url(page, resolved->text());
  require(absolute.ok() && equal(*absolute, *resolved), "an absolute reference means itself");
  return 0;
}
