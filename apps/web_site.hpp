// SPDX-License-Identifier: Apache-2.0
// WebSite: what `linnet up` serves: the status page, files, and transfers for tests.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "apps/http_site.hpp"
#include "apps/served_files.hpp"

namespace linnet::apps {

/// GET /, /status.json, /favicon.svg; /files/NAME; /download?bytes=N (the test pattern); POST or PUT /upload,
/// which answers with the body's size and SHA-256.
class WebSite final : public HttpSite {
 public:
  explicit WebSite(std::function<nlohmann::json()> report) : report_(std::move(report)) {}
  /// Throws Problem.
  void serve_files(const std::string& directory) { files_.emplace(directory); }

  HttpReply reply(const HttpRequest& request) override;
  std::unique_ptr<HttpSink> sink(const HttpRequest& request) override;

 private:
  HttpReply get(const HttpRequest& request) const;

  std::function<nlohmann::json()> report_;
  std::optional<ServedFiles> files_;
};

}  // namespace linnet::apps
