// SPDX-License-Identifier: Apache-2.0
#include "apps/url.hpp"

#include <algorithm>
#include <vector>

#include "apps/text.hpp"

namespace linnet::apps {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_';
}

bool is_address_character(char c) {  // of an IPv6 literal, zone included
  return is_name_character(c) || c == ':' || c == '%';
}

/// The scheme of an absolute reference (RFC 3986 3.1), or empty. "localhost:8080" has none: a port is no
/// scheme.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return {};
  const std::string_view scheme = text.substr(0, colon);
  const bool possible = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  });
  return possible ? scheme : std::string_view{};
}

UrlError parse_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) return UrlError::user_info;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return UrlError::host;
    url.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (url.host.find(':') == std::string::npos) return UrlError::host;
    if (!std::all_of(url.host.begin(), url.host.end(), is_address_character)) return UrlError::host;
  } else {
    const std::size_t colon = text.find(':');
    url.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    if (url.host.empty() || !std::all_of(url.host.begin(), url.host.end(), is_name_character))
      return UrlError::host;
  }
  if (rest.empty() || rest == ":") return UrlError::none;  // RFC 3986 3.2.3: an empty port is the default
  if (rest[0] != ':') return UrlError::host;
  const auto port = parse_port(rest.substr(1));
  if (!port) return UrlError::port;
  url.port = *port;
  return UrlError::none;
}

UrlError set_target(std::string_view text, Url& url) {
  text = text.substr(0, text.find('#'));
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return c <= ' ' || c == 0x7f || (c & 0x80) != 0; })) {
    return UrlError::character;
  }
  url.target = text;
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return UrlError::none;
}

/// RFC 3986 5.2.4, for the path part of `target`; the query stays as it is.
std::string without_dot_segments(std::string_view target) {
  const std::size_t query = target.find('?');
  std::string_view path = target.substr(0, query);
  std::vector<std::string_view> segments;
  bool trailing_slash = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash in front of each segment
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    const bool up = segment == "..";
    trailing_slash = up || segment == ".";
    if (up && !segments.empty()) segments.pop_back();
    if (!trailing_slash) segments.push_back(segment);
  }
  std::string clean;
  for (const std::string_view segment : segments) clean.append("/").append(segment);
  if (trailing_slash || clean.empty()) clean += '/';
  if (query != std::string_view::npos) clean += target.substr(query);
  return clean;
}

}  // namespace

std::string_view url_error_text(UrlError error) {
  switch (error) {
    case UrlError::none:
      return "";
    case UrlError::scheme:
      return "only http:// and https:// are spoken here";
    case UrlError::user_info:
      return "a user name or password in a URL is not supported";
    case UrlError::host:
      return "the host is missing or has characters that no host name has";
    case UrlError::port:
      return "the port is not 1 to 65535";
    case UrlError::character:
      return "a space, control or non-ASCII character must be percent-encoded";
  }
  return "";
}

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = v6 ? '[' + host + ']' : host;
  if (port != scheme_port()) text += ':' + std::to_string(port);
  return text;
}

std::string Url::host_field() const {
  Url without_zone = *this;
  without_zone.host = host.substr(0, host.find('%'));
  return without_zone.authority();
}

Result<Url, UrlError> parse_url(std::string_view text) {
  Url url;
  const std::string_view scheme = scheme_of(text);
  if (!scheme.empty()) {
    url.secure = equal_ignoring_case(scheme, "https");
    if (!url.secure && !equal_ignoring_case(scheme, "http")) return Failure{UrlError::scheme};
    text.remove_prefix(scheme.size() + 3);
  } else if (text.starts_with("//")) {
    text.remove_prefix(2);
  }
  url.port = url.scheme_port();
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (const UrlError error = parse_authority(text.substr(0, end), url); error != UrlError::none)
    return Failure{error};
  if (const UrlError error = set_target(text.substr(end), url); error != UrlError::none)
    return Failure{error};
  return url;
}

Result<Url, UrlError> resolve_url(const Url& base, std::string_view reference) {
  const std::size_t colon = reference.find_first_of(":/?#");
  const bool absolute = colon != std::string_view::npos && colon > 0 && reference[colon] == ':';
  if (absolute && scheme_of(reference).empty()) return Failure{UrlError::scheme};  // mailto:, javascript:
  if (absolute || reference.starts_with("//")) {
    // RFC 3986 5.2.2: without a scheme, that of the page.
    const std::string text =
        absolute ? std::string(reference) : (base.secure ? "https:" : "http:") + std::string(reference);
    auto url = parse_url(text);
    if (url) url->target = without_dot_segments(url->target);
    return url;
  }
  Url url = base;
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string target;
  if (reference.empty() || reference[0] == '#') {
    target = base.target;
  } else if (reference[0] == '?') {
    target = std::string(base_path).append(reference);
  } else if (reference[0] == '/') {
    target = reference;
  } else {
    target = std::string(base_path.substr(0, base_path.rfind('/') + 1)).append(reference);
  }
  if (const UrlError error = set_target(target, url); error != UrlError::none) return Failure{error};
  url.target = without_dot_segments(url.target);
  return url;
}

}  // namespace linnet::apps
