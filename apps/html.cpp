// SPDX-License-Identifier: Apache-2.0
#include "apps/html.hpp"

namespace linnet::apps {

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
        control ? escaped += "\xef\xbf\xbd" : escaped += c;
    }
  }
  return escaped;
}

}  // namespace linnet::apps
