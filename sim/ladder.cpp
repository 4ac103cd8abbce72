// SPDX-License-Identifier: Apache-2.0
#include "sim/ladder.hpp"

#include <algorithm>
#include <map>

#include "sim/describe.hpp"

namespace linnet::sim {

namespace {

constexpr std::size_t column = 14;  // characters from one machine's line to the next

bool is_lost(const Passage& passage) { return !passage.to.has_value(); }
bool is_event(const Passage& passage) { return passage.to == passage.from; }

/// Groups and floods go to all: drawn to the next machine.
std::size_t target_of(const Passage& passage, std::size_t ports) {
  return passage.to.value_or(passage.from + 1 < ports ? passage.from + 1 : passage.from - 1);
}

std::string arrow(const Passage& passage, std::size_t ports) {
  std::string row((ports - 1) * column + 1, ' ');
  for (std::size_t i = 0; i < ports; ++i) row[i * column] = '|';
  if (is_event(passage)) {
    row[passage.from * column] = '*';
    return row;
  }
  const std::size_t target = target_of(passage, ports);
  const std::size_t left = std::min(passage.from, target) * column;
  const std::size_t right = std::max(passage.from, target) * column;
  for (std::size_t at = left + 1; at < right; ++at) {
    if (row[at] == ' ') row[at] = '-';
  }
  const bool rightward = passage.from < target;
  if (is_lost(passage)) {
    const std::size_t middle = (left + right) / 2;
    row[middle] = 'x';
    for (std::size_t at = rightward ? middle + 1 : left + 1; at < (rightward ? right : middle); ++at)
      row[at] = ' ';
  } else {
    row[rightward ? right - 1 : left + 1] = rightward ? '>' : '<';
  }
  return row;
}

std::string fate(const Passage& passage) {
  std::string text;
  if (is_event(passage)) return "";
  if (passage.fault) text = std::string(fault_text(*passage.fault));
  if (is_lost(passage)) return text.empty() ? "nobody took it" : "lost: " + text;
  const std::string took = "+" + seconds_text(passage.received - passage.sent);
  return text.empty() ? took : took + " " + text;
}

std::string padded(std::string text, std::size_t width, bool right) {
  if (text.size() >= width) return text;
  const std::string space(width - text.size(), ' ');
  return right ? space + text : text + space;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '&'   ? "&amp;"
           : c == '<' ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '"' ? "&quot;"
                      : std::string(1, c);
  }
  return out;
}

/// Rows of the page: every moment at which something was sent or received has one.
std::map<Instant, unsigned> rows_of(const std::vector<Passage>& passages) {
  std::map<Instant, unsigned> rows;
  for (const Passage& passage : passages) {
    ++rows[passage.sent];
    if (passage.to && !is_event(passage)) rows.try_emplace(passage.received, 0);
  }
  return rows;
}

constexpr unsigned row_height = 18;
constexpr unsigned lane = 230;

struct Page {
  std::string svg;
  unsigned height = 60;
  std::map<Instant, unsigned> top;   ///< where a moment begins
  std::map<Instant, unsigned> next;  ///< how many frames were drawn there already
};

unsigned x_of(std::size_t port) { return 120 + static_cast<unsigned>(port) * lane; }

void draw(Page& page, const Passage& passage, std::size_t ports, Instant start) {
  const unsigned y = page.top[passage.sent] + page.next[passage.sent]++ * row_height;
  const auto text = [&](unsigned x, unsigned at, const char* kind, const std::string& what) {
    page.svg += "<text class=\"" + std::string(kind) + "\" x=\"" + std::to_string(x) + "\" y=\"" +
                std::to_string(at) + "\">" + escaped(what) + "</text>\n";
  };
  text(4, y + 4, "time", seconds_text(passage.sent - start));
  if (is_event(passage)) return text(x_of(passage.from) + 6, y + 4, "event", "* " + passage.text);
  const std::size_t target = target_of(passage, ports);
  const unsigned from = x_of(passage.from);
  const unsigned to = is_lost(passage) ? (from + x_of(target)) / 2 : x_of(target);
  const unsigned end = is_lost(passage) ? y : std::max(page.top[passage.received], y);
  page.svg += "<line class=\"" +
              std::string(is_lost(passage) ? "lost"
                          : passage.fault  ? "odd"
                                           : "frame") +
              "\" x1=\"" + std::to_string(from) + "\" y1=\"" + std::to_string(y) + "\" x2=\"" +
              std::to_string(to) + "\" y2=\"" + std::to_string(end) + "\" marker-end=\"url(#" +
              (is_lost(passage) ? "cross" : "head") + ")\"/>\n";
  text(x_of(ports - 1) + 20, y + 4, is_lost(passage) ? "bad" : "label", passage.text + "  " + fate(passage));
}

}  // namespace

std::string ladder_text(const Recorder& recorder, Instant start) {
  const std::size_t ports = std::max<std::size_t>(recorder.ports(), 2);
  std::string text = padded("time", 14, true) + "  ";
  for (std::size_t i = 0; i < ports; ++i)
    text += padded(std::to_string(i), i + 1 < ports ? column : 1, false);
  text += "\n";
  for (const Passage& passage : passages_of(recorder)) {
    text += padded(seconds_text(passage.sent - start), 14, true) + "  " + arrow(passage, ports) + "  " +
            padded(fate(passage), 12, false) + "  " + passage.text + "\n";
  }
  if (recorder.left_out() > 0) text += "and " + std::to_string(recorder.left_out()) + " events more\n";
  return text;
}

std::string ladder_page(const Recorder& recorder, Instant start, const std::string& title) {
  const std::size_t ports = std::max<std::size_t>(recorder.ports(), 2);
  const std::vector<Passage> passages = passages_of(recorder);
  Page page;
  for (const auto& [moment, frames] : rows_of(passages)) {
    page.top[moment] = page.height;
    page.height += std::max(frames, 1u) * row_height;
  }
  for (std::size_t i = 0; i < ports; ++i) {
    const std::string x = std::to_string(x_of(i));
    page.svg += "<line class=\"life\" x1=\"" + x + "\" y1=\"40\" x2=\"" + x + "\" y2=\"" +
                std::to_string(page.height) + "\"/><text class=\"name\" x=\"" + x + "\" y=\"30\">machine " +
                std::to_string(i) + "</text>\n";
  }
  for (const Passage& passage : passages) draw(page, passage, ports, start);
  const std::string width = std::to_string(x_of(ports - 1) + 1000);
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(title) +
         "</title>\n<style>body{font:13px sans-serif;margin:1em}text{font:12px monospace}.life{stroke:#999}"
         ".name{text-anchor:middle;font-weight:bold}.frame{stroke:#1b5e8c}.odd{stroke:#b36b00}.lost{stroke:#"
         "b00020}"
         ".bad,.event{fill:#b00020}.time{fill:#666}</style></head>\n<body><h1>" +
         escaped(title) + "</h1>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width +
         "\" height=\"" + std::to_string(page.height + 20) +
         "\">\n<defs><marker id=\"head\" markerWidth=\"8\" markerHeight=\"8\" refX=\"8\" refY=\"4\" "
         "orient=\"auto\">"
         "<path d=\"M0,0 L8,4 L0,8 z\" fill=\"#1b5e8c\"/></marker><marker id=\"cross\" markerWidth=\"10\" "
         "markerHeight=\"10\" refX=\"5\" refY=\"5\"><path d=\"M1,1 L9,9 M9,1 L1,9\" "
         "stroke=\"#b00020\"/></marker></defs>\n" +
         page.svg + "</svg></body></html>\n";
}

}  // namespace linnet::sim
