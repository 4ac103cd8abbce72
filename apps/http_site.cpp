// SPDX-License-Identifier: Apache-2.0
#include "apps/http_site.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace linnet::apps {

std::size_t TextContent::read(MutableBytes to) {
  const std::size_t n = std::min(to.size(), text_.size() - at_);
  std::memcpy(to.data(), text_.data() + at_, n);
  at_ += n;
  return n;
}

HttpReply plain_reply(int status, std::string_view text) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .content =
              std::make_unique<TextContent>(fmt::format("{} {}: {}\n", status, http_reason(status), text))};
}

HttpReply method_not_allowed(std::string_view allowed) {
  HttpReply reply = plain_reply(405, fmt::format("understood here: {}", allowed));
  reply.fields.push_back({"Allow", std::string(allowed)});
  return reply;
}

std::string_view http_reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace linnet::apps
