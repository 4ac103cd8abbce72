// SPDX-License-Identifier: Apache-2.0
// http and https URLs (RFC 3986, RFC 9110 4.2), as `linnet get` takes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace linnet::apps {

struct Url {
  std::string host;  ///< a name or an IPv4 address; an IPv6 address without its brackets
  std::uint16_t port = 80;
  bool secure = false;       ///< https
  std::string target = "/";  ///< path and query, as the request line has it; never a fragment

  /// The port only when it is not the scheme's, an IPv6 address in brackets.
  std::string authority() const;
  /// What the Host header says: the authority without a zone, which is of this machine (RFC 6874 4).
  std::string host_field() const;
  std::string text() const { return (secure ? "https://" : "http://") + authority() + target; }
  std::uint16_t scheme_port() const { return secure ? 443 : 80; }
};

enum class UrlError : std::uint8_t {
  none,
  scheme,     ///< neither http nor https: others are not spoken here
  user_info,  ///< name:password@ (RFC 9110 4.2.4: not to be used)
  host,       ///< missing, or characters that no host name has
  port,       ///< not 1 to 65535
  character,  ///< a space, a control or a non-ASCII character: must be percent-encoded
};
std::string_view url_error_text(UrlError error);

/// `text` is "http://host[:port][/path][?query][#fragment]", or the same with https; without a scheme,
/// "http://" is assumed.
Result<Url, UrlError> parse_url(std::string_view text);

/// What `reference` (a Location header) means on the page `base`: an absolute URL, "//host/path", "/path",
/// "?query", or a relative path (RFC 3986 5.2, dot segments removed).
Result<Url, UrlError> resolve_url(const Url& base, std::string_view reference);

}  // namespace linnet::apps
