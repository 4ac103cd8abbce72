// SPDX-License-Identifier: Apache-2.0
// `linnet get URL`: a download by HTTP or HTTPS.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/commands.hpp"
#include "apps/http_client.hpp"
#include "apps/output.hpp"
#include "apps/problem.hpp"
#include "apps/progress.hpp"
#include "apps/sha256.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

constexpr int maximum_redirects = 5;

struct GetOptions {
  DeviceOptions device;
  Url url;
  HttpOptions http;
  std::string output;
  bool head_only = false;
  bool show_head = false;
  bool sha256 = false;
  bool quiet = false;
  bool redirect_to_http = false;
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

class Download {
 public:
  Download(Machine& machine, const GetOptions& options) : machine_(machine), options_(options) {}

  void run() {
    Url url = options_.url;
    for (int redirects = 0;; ++redirects) {
      const HttpResponse response = exchange(url);
      const std::string* location = response.fields.find("location");
      if (!is_redirect(response.status) || location == nullptr) break;
      if (redirects == maximum_redirects)
        throw Problem(fmt::format("more than {} redirects", maximum_redirects));
      const auto next = resolve_url(url, *location);
      if (!next)
        throw Problem(
            fmt::format("redirected to '{}': {}", printable(*location), url_error_text(next.error())));
      // Whoever asks for https means nobody to read along, or to answer in the server's place.
      if (url.secure && !next->secure && !options_.redirect_to_http) {
        throw Problem(
            fmt::format("redirected to '{}', without TLS: --redirect-to-http goes there all the same",
                        printable(*location)));
      }
      url = *next;
    }
    finish();
  }

 private:
  /// What a server sent must not reach the terminal as control sequences.
  static std::string printable(std::string text) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
    }
    return text;
  }

  HttpResponse exchange(const Url& url) {
    const Instant began = machine_.now();
    Progress progress(!options_.quiet && !options_.output.empty(), began);
    std::optional<std::uint64_t> total;
    const auto begin = [&](const HttpResponse& response) {
      if (options_.show_head || options_.head_only) write_head(response);
      if (is_redirect(response.status) && response.fields.find("location") != nullptr) return false;
      if (response.status >= 400) {
        throw Problem(fmt::format("{}: the server says {} {}", url.text(), response.status,
                                  printable(response.reason)));
      }
      total = response.framing.length;
      return true;
    };
    const auto take = [&](Bytes bytes) {
      if (options_.sha256) sha_.add(bytes);
      if (!options_.sha256 || !options_.output.empty()) output().write(bytes);
      received_ += bytes.size();
      progress.update(received_, total, machine_.now());
    };
    HttpResponse response = http_exchange(machine_, url, options_.http, begin, take);
    elapsed_ = machine_.now() - began;
    return response;
  }

  void write_head(const HttpResponse& response) {
    std::string text = response.status_line + "\n";
    for (const HttpField& field : response.fields.all())
      text += fmt::format("{}: {}\n", field.name, field.value);
    text += "\n";
    output().write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  void finish() {
    if (options_.head_only) return;
    if (options_.sha256) fmt::print("{}  {} bytes\n", sha_.finish_hex(), received_);
    if (options_.output.empty() || options_.quiet) {
      if (!options_.sha256) output();
      return;
    }
    output();  // an empty body makes an empty file
    const auto seconds = static_cast<double>(std::max<std::int64_t>(elapsed_.as_microseconds(), 1)) / 1e6;
    fmt::print(stderr, "{}: {} in {:.2f} s, {}/s\n", options_.output, human_size(received_), seconds,
               human_size(static_cast<std::uint64_t>(static_cast<double>(received_) / seconds)));
  }

  /// Made when there is something to write: a failed request must not empty a file.
  Output& output() {
    if (output_ == nullptr) output_ = std::make_unique<Output>(options_.output);
    return *output_;
  }

  Machine& machine_;
  const GetOptions& options_;
  std::unique_ptr<Output> output_;
  Sha256 sha_;
  std::uint64_t received_ = 0;
  Duration elapsed_;
};

void add_options(CLI::App& command, GetOptions& options) {
  command
      .add_option_function<std::string>(
          "URL",
          [&options](const std::string& text) {
            const auto url = parse_url(text);
            if (!url)
              throw CLI::ValidationError("URL", fmt::format("'{}': {}", text, url_error_text(url.error())));
            options.url = *url;
          },
          "http://host[:port][/path], or https://")
      ->required();
  command.add_option("-o,--output", options.output, "Write the body to a file instead of stdout")
      ->type_name("FILE");
  command
      .add_option_function<std::vector<std::string>>(
          "-H,--header",
          [&options](const std::vector<std::string>& lines) {
            for (const std::string& line : lines) {
              if (!parse_http_field(line)) {
                throw CLI::ValidationError(
                    "--header", fmt::format("'{}' is not accepted; accepted is 'Name: value'", line));
              }
              options.http.fields.push_back(line);
            }
          },
          "Send another header field; repeatable")
      ->type_name("'NAME: VALUE'")
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is an argument of its own
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("-i,--include", options.show_head, "Write the response's head before its body");
  command.add_flag("-I,--head", options.head_only, "Ask for the head only");
  command.add_flag("--sha256", options.sha256, "Print the body's SHA-256 and size instead of the body");
  command
      .add_option(
          "--cacert", options.http.https.authorities,
          "https: accept what the certificates in FILE (PEM) vouch for, instead of the system's; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is an argument of its own
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag(
      "--insecure", options.http.https.insecure,
      "https: accept any certificate; what is wrong with it is told, and anybody may read along");
  command.add_flag("--redirect-to-http", options.redirect_to_http,
                   "https: follow a redirect to http, too, where anybody may read along");
  command.add_flag("-q,--quiet", options.quiet, "No progress, no summary");
  add_checked_option(command, "--timeout", "SECONDS", "a time such as 30, 0.5 or 500ms, more than zero",
                     "For the connection, and for each next byte (default: 30)",
                     [&options](const std::string& text) {
                       options.http.patience = parse_seconds(text).value_or(Duration());
                       return options.http.patience > Duration();
                     })
      ->group("Options");
}

}  // namespace

void add_get_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("get", "Download over HTTP or HTTPS");
  auto options = std::make_shared<GetOptions>();
  add_options(*command, *options);
  add_device_options(*command, options->device);
  command->callback([command, options, &exit_code] {
    if (options->head_only) options->http.method = "HEAD";
    options->http.named = options->url;
    options->http.https.warn = [](const std::string& doubts) {
      fmt::print(stderr, "linnet: warning: {}; going on because of --insecure\n", doubts);
    };
    exit_code = run_on_machine(*command, options->device, [&](Machine& machine) {
      Download(machine, *options).run();
      return exit_code::success;
    });
  });
}

}  // namespace linnet::apps
