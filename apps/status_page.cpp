// SPDX-License-Identifier: Apache-2.0
#include "apps/status_page.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "apps/html.hpp"
#include "apps/status_page_assets.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

using nlohmann::json;

struct Column {
  std::string_view key;
  std::string_view label;
  std::string_view format = "";
};

struct Table {
  std::string_view rows;  // key of the report's array
  std::string_view title;
  std::string_view empty;  // what stands there when there are no rows; none: the section is hidden then
  std::span<const Column> columns;
};

constexpr std::array<Column, 6> interface_columns = {{{"name", "Interface"},
                                                      {"kind", "Kind"},
                                                      {"state", "State", "state"},
                                                      {"mac", "MAC address"},
                                                      {"mtu", "MTU", "count"},
                                                      {"vlan", "VLAN"}}};
constexpr std::array<Column, 4> address_columns = {
    {{"address", "Address"}, {"interface", "Interface"}, {"state", "State", "state"}, {"origin", "From"}}};
constexpr std::array<Column, 4> route_columns = {{{"destination", "Destination"},
                                                  {"gateway", "By"},
                                                  {"interface", "Interface"},
                                                  {"metric", "Metric", "count"}}};
constexpr std::array<Column, 5> neighbour_columns = {{{"address", "Address"},
                                                      {"mac", "MAC address"},
                                                      {"interface", "Interface"},
                                                      {"state", "State", "state"},
                                                      {"confirmed_s", "Confirmed", "ago"}}};
constexpr std::array<Column, 11> connection_columns = {{{"local", "Local"},
                                                        {"remote", "Remote"},
                                                        {"state", "State", "state"},
                                                        {"receive_queue", "Recv-Q", "bytes"},
                                                        {"send_queue", "Send-Q", "bytes"},
                                                        {"rtt_us", "RTT", "us"},
                                                        {"rto_us", "RTO", "us"},
                                                        {"congestion_window", "cwnd", "bytes"},
                                                        {"bytes_in", "In", "bytes"},
                                                        {"bytes_out", "Out", "bytes"},
                                                        {"retransmissions", "Retrans.", "count"}}};
constexpr std::array<Column, 5> listener_columns = {{{"local", "Local"},
                                                     {"state", "State", "state"},
                                                     {"waiting", "Waiting", "count"},
                                                     {"handshakes", "Handshakes", "count"},
                                                     {"backlog", "Backlog", "count"}}};
constexpr std::array<Column, 5> udp_columns = {{{"local", "Local"},
                                                {"remote", "Remote"},
                                                {"queued", "Datagrams", "count"},
                                                {"queued_bytes", "Recv-Q", "bytes"},
                                                {"dropped", "Dropped", "count"}}};
constexpr std::array<Column, 2> drop_columns = {{{"reason", "Reason"}, {"count", "Packets", "count"}}};
constexpr std::array<Column, 4> pool_columns = {
    {{"name", "Pool"}, {"size", "Block", "bytes"}, {"used", "In use", "count"}, {"total", "Of", "count"}}};
constexpr std::array<Column, 7> fault_columns = {{{"direction", "Direction"},
                                                  {"packets", "Packets", "count"},
                                                  {"lost", "Lost", "count"},
                                                  {"overflow", "Overflow", "count"},
                                                  {"reordered", "Reordered", "count"},
                                                  {"duplicated", "Duplicated", "count"},
                                                  {"corrupted", "Corrupted", "count"}}};

const std::array<Table, 10> tables = {{
    {"connections", "TCP connections", "No connections.", connection_columns},
    {"listeners", "TCP listeners", "Nobody listens.", listener_columns},
    {"udp", "UDP sockets", "No UDP sockets.", udp_columns},
    {"addresses", "Addresses", "No addresses yet.", address_columns},
    {"interfaces", "Interfaces", "No interfaces.", interface_columns},
    {"routes", "Routes", "No routes.", route_columns},
    {"neighbours", "Neighbours", "Nobody was met yet.", neighbour_columns},
    {"pool", "Memory", "No blocks.", pool_columns},
    {"drops", "Dropped packets", "None dropped.", drop_columns},
    {"faults", "Impairments", "", fault_columns},
}};

bool is_number(std::string_view format) {
  return format == "bytes" || format == "count" || format == "us" || format == "s" || format == "ago";
}

std::string cell(const json& row, const Column& column) {
  const json value = row.value(column.key, json());
  const std::string shown = escape_html(format_value(value, column.format));
  if (column.format == "state")
    return fmt::format("<td><span class=\"state {}\">{}</span></td>", shown, shown);
  return fmt::format("<td{}>{}</td>", is_number(column.format) ? " class=\"number\"" : "", shown);
}

std::string section(const json& report, const Table& table) {
  const json& rows = report.at(std::string(table.rows));
  const bool hidden = rows.empty() && table.empty.empty();
  std::string html = fmt::format(
      "<section{}><h2>{}</h2><div class=\"scroll\"><table data-rows=\"{}\" data-empty=\"{}\"><thead><tr>",
      hidden ? " hidden" : "", table.title, table.rows, table.empty);
  for (const Column& column : table.columns) {
    html += fmt::format("<th data-key=\"{}\" data-format=\"{}\"{}>{}</th>", column.key, column.format,
                        is_number(column.format) ? " class=\"number\"" : "", column.label);
  }
  html += "</tr></thead><tbody>";
  for (const json& row : rows) {
    html += "<tr>";
    for (const Column& column : table.columns) html += cell(row, column);
    html += "</tr>";
  }
  if (rows.empty())
    html +=
        fmt::format("<tr><td class=\"empty\" colspan=\"{}\">{}</td></tr>", table.columns.size(), table.empty);
  return html + "</tbody></table></div></section>\n";
}

/// A figure in the row of tiles; `path` is where the script finds it in the report.
std::string tile(const json& report, std::string_view label, std::string_view path, std::string_view format) {
  const json::json_pointer pointer{std::string(path)};
  const json value = report.contains(pointer) ? report.at(pointer) : json();
  const bool list = value.is_array();
  const std::string shown =
      escape_html(list && format == "length" ? std::to_string(value.size()) : format_value(value, format));
  return fmt::format(
      "<div class=\"tile\"><div class=\"label\">{}</div><div class=\"value\" data-path=\"{}\" "
      "data-format=\"{}\">{}</div></div>\n",
      label, path, format, shown);
}

std::string first_address(const json& report) {
  for (const json& row : report.at("addresses")) {
    if (row.at("interface") != "lo") return row.at("address");
  }
  return "no address yet";
}

std::string duration_text(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

}  // namespace

std::string format_value(const json& value, std::string_view format) {
  if (value.is_null()) return "–";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    std::string list;
    for (const json& item : value) list += (list.empty() ? "" : ", ") + format_value(item, format);
    return list.empty() ? "–" : list;
  }
  if (!value.is_number()) return value.dump();
  if (format == "bytes") return human_size(value.get<std::uint64_t>());
  if (format == "us")
    return value.get<std::int64_t>() == 0 ? "–" : fmt::format("{:.3f} ms", value.get<double>() / 1000);
  if (format == "s") return duration_text(value.get<std::int64_t>());
  if (format == "ago") return duration_text(value.get<std::int64_t>()) + " ago";
  return value.dump();
}

std::string status_page(const json& report) {
  const std::string host = escape_html(report.at("host_name").get<std::string>());
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{} · linnet</title>"
      "<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"><style>{}</style></head><body>\n"
      "<header>{}<div class=\"title\"><h1>{}</h1><p>linnet {} · <span data-address>{}</span></p></div>"
      "<p class=\"live\" data-live><span class=\"dot\"></span><span data-live-text>as of the last "
      "reload</span></p></header>\n"
      "<main><div class=\"tiles\">\n",
      host, status_page_style, status_icon(), host, escape_html(report.at("version").get<std::string>()),
      escape_html(first_address(report)));
  html += tile(report, "Up for", "/uptime_s", "s");
  html += tile(report, "Connections", "/connections", "length");
  html += tile(report, "Descriptors in use", "/descriptors/used", "count");
  html += tile(report, "Packets dropped", "/dropped_total", "count");
  html += tile(report, "DNS servers", "/dns_servers", "");
  html += tile(report, "Search list", "/search_domains", "");
  html += tile(report, "464XLAT", "/clat/state", "");
  html += tile(report, "DHCP", "/dhcp/state", "");
  html += tile(report, "Lease ends in", "/dhcp/expires_s", "s");
  html += "</div>\n<div class=\"sections\">\n";
  for (const Table& table : tables) html += section(report, table);
  html += fmt::format(
      "</div></main>\n<footer>Served by linnet's own TCP. <a href=\"/status.json\">status.json</a></footer>\n"
      "<script>{}</script></body></html>\n",
      status_page_script);
  return html;
}

std::string_view status_icon() { return status_page_icon; }

}  // namespace linnet::apps
