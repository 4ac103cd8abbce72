// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace linnet::apps {

/// `text` with & < > " and ' replaced by character references, fit for an element's content and for a quoted
/// attribute (HTML Living Standard 13.1.4). Control characters but tab and line feed become U+FFFD.
std::string escape_html(std::string_view text);

}  // namespace linnet::apps
