// SPDX-License-Identifier: Apache-2.0
// The status page: HTML made here for the first view and for browsers without scripts; a script then keeps it
// up to date from /status.json.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace linnet::apps {

/// The whole page for a report as `status_report` makes it. Every text of the report is escaped.
std::string status_page(const nlohmann::json& report);

/// How a value of the report is shown: "bytes" (1.5 MiB), "count", "us" (0.214 ms), "s" (1 h 2 min), else as
/// it is. The page's script has the same rules.
std::string format_value(const nlohmann::json& value, std::string_view format);

/// The drawing beside the page's title, an SVG file.
std::string_view status_icon();

}  // namespace linnet::apps
