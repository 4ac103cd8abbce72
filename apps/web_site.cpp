// SPDX-License-Identifier: Apache-2.0
#include "apps/web_site.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/pattern.hpp"
#include "apps/sha256.hpp"
#include "apps/status_page.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

class PatternContent final : public HttpContent {
 public:
  explicit PatternContent(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::size_t read(MutableBytes to) override {
    fill_pattern(to, at_);
    at_ += to.size();
    return to.size();
  }

 private:
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

class Upload final : public HttpSink {
 public:
  void take(Bytes bytes) override { sha_.add(bytes); }
  HttpReply finish() override {
    const std::uint64_t size = sha_.size();
    return {.content_type = "application/json",
            .content = std::make_unique<TextContent>(
                fmt::format("{{\"bytes\": {}, \"sha256\": \"{}\"}}\n", size, sha_.finish_hex()))};
  }

 private:
  Sha256 sha_;
};

HttpReply text_reply(std::string_view type, std::string text) {
  return {.content_type = std::string(type),
          .fields = {{"Cache-Control", "no-store"}},
          .content = std::make_unique<TextContent>(std::move(text))};
}

/// Names that a DHCP server gave may be any bytes: what is no UTF-8 is replaced.
std::string json_text(const nlohmann::json& report) {
  return report.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

HttpReply download(const HttpRequest& request) {
  const auto bytes = parse_decimal(request.query("bytes").value_or(""), INT64_MAX);
  if (!bytes) return plain_reply(400, "say how many bytes: /download?bytes=N");
  return {.content_type = "application/octet-stream", .content = std::make_unique<PatternContent>(*bytes)};
}

bool takes_upload(const HttpRequest& request) {
  return request.path() == "/upload" && (request.method == "POST" || request.method == "PUT");
}

}  // namespace

HttpReply WebSite::reply(const HttpRequest& request) {
  if (takes_upload(request)) return Upload().finish();  // without a body: zero bytes
  if (request.path() == "/upload") return method_not_allowed("POST, PUT");
  if (request.method == "OPTIONS" && request.target == "*") {
    return {.status = 204, .fields = {{"Allow", "GET, HEAD, POST, PUT, OPTIONS"}}};
  }
  HttpReply found = get(request);
  // RFC 9110 15.5.6: what is not there has no methods either.
  if (found.status == 404 || request.method == "GET" || request.method == "HEAD") return found;
  return method_not_allowed("GET, HEAD");
}

HttpReply WebSite::get(const HttpRequest& request) const {
  const std::string_view path = request.path();
  if (path == "/" || path == "/index.html")
    return text_reply("text/html; charset=utf-8", status_page(report_()));
  if (path == "/status.json") return text_reply("application/json", json_text(report_()));
  if (path == "/favicon.svg") return text_reply("image/svg+xml", std::string(status_icon()));
  if (path == "/download") return download(request);
  constexpr std::string_view files = "/files/";
  if (files_ && path.starts_with(files)) {
    const auto name = percent_decoded(path.substr(files.size()));
    return name ? files_->reply(*name) : plain_reply(400, "malformed percent-encoding");
  }
  return plain_reply(404, "there is /, /status.json, /download?bytes=N, /upload, and with --serve /files/");
}

std::unique_ptr<HttpSink> WebSite::sink(const HttpRequest& request) {
  return takes_upload(request) ? std::make_unique<Upload>() : nullptr;
}

}  // namespace linnet::apps
