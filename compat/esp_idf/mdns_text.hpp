// SPDX-License-Identifier: Apache-2.0
// C strings of mdns.h's calls.
#pragma once

#include <string>

namespace linnet::esp {

/// Null is empty, which stands for any.
inline std::string text_of(const char* text) { return text != nullptr ? text : ""; }
inline bool is_empty(const char* text) { return text == nullptr || *text == '\0'; }

}  // namespace linnet::esp
