// SPDX-License-Identifier: Apache-2.0
#include "drill/drill.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "drill/error.hpp"
#include "drill/runner.hpp"

namespace linnet::drill {
namespace {

namespace fs = std::filesystem;

std::string text_of(OptionResult result, const Option& option) {
  const std::string shown = "--" + option.name + (option.value ? "=" + *option.value : "");
  if (result == OptionResult::unknown) return "the option " + shown + " is not known";
  if (result == OptionResult::wrong_value) return "the option " + shown + " has a wrong value";
  return "the option " + shown;
}

void apply_options(Settings& settings, const Script& script) {
  for (const Option& option : script.options) {
    const OptionResult result = apply_option(settings, option.name, option.value);
    if (result == OptionResult::taken) continue;
    if (result == OptionResult::unsupported) throw Unsupported(option.line, text_of(result, option));
    throw SyntaxError(option.line, text_of(result, option));
  }
}

}  // namespace

std::string report_text(const Report& report) {
  std::string text = report.path;
  if (report.line > 0) text += ":" + std::to_string(report.line);
  text += report.outcome == Outcome::unsupported ? ": not supported: " : ": ";
  text += report.text;
  if (!report.capture.empty()) text += "\n    capture: " + report.capture;
  return text;
}

std::vector<std::string> find_scripts(const std::vector<std::string>& paths) {
  std::vector<std::string> scripts;
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw std::runtime_error("'" + path + "' is not there");
    if (!fs::is_directory(path)) {
      scripts.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().extension() == ".pkt")
        found.push_back(entry.path().string());
    }
    if (found.empty()) throw std::runtime_error("'" + path + "' holds no *.pkt");
    std::sort(found.begin(), found.end());
    scripts.insert(scripts.end(), found.begin(), found.end());
  }
  return scripts;
}

std::string Drill::capture_path(const std::string& path) const {
  if (captures_.empty() || captures_.ends_with(".pcapng")) return captures_;
  std::string name = fs::path(path).lexically_normal().relative_path().replace_extension("pcapng").string();
  std::replace(name.begin(), name.end(), '/', '_');
  return (fs::path(captures_) / name).string();
}

Report Drill::run_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return {.path = path, .outcome = Outcome::failed, .text = "cannot be read"};
  return run_text(text.str(), path);
}

Report Drill::run_text(const std::string& text, const std::string& path) {
  Report report{.path = path};
  Settings settings = settings_;
  Script script;
  std::unique_ptr<Runner> runner;
  const auto failed = [&](Outcome outcome, int line, const std::string& why) {
    report.outcome = outcome;
    report.line = line;
    report.text = why;
  };
  try {
    script = parse(text, settings.definitions, settings.ip_version == IpVersion::ipv6);
    apply_options(settings, script);
    if (settings.dry_run) return report;
    runner = std::make_unique<Runner>(script, settings, memory_, python_);
    runner->run();
  } catch (const Unsupported& problem) {
    failed(Outcome::unsupported, problem.line, problem.what());
  } catch (const SyntaxError& problem) {
    failed(Outcome::failed, problem.line, std::string("syntax: ") + problem.what());
  } catch (const ScriptError& problem) {
    failed(Outcome::failed, problem.line, problem.what());
  } catch (const std::exception& problem) {
    failed(Outcome::failed, 0, problem.what());
  }
  if (runner) report.time = runner->time();
  if (runner && settings.trace && report.outcome == Outcome::failed)
    report.text += "\n    all packets:" + runner->trace();
  const bool capture = report.outcome == Outcome::failed && runner && runner->network() != nullptr;
  if (capture && !capture_path(path).empty()) {
    if (!captures_.ends_with(".pcapng")) fs::create_directories(captures_);
    if (runner->network()->write_capture(capture_path(path))) report.capture = capture_path(path);
  }
  return report;
}

}  // namespace linnet::drill
