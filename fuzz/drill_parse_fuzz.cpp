// SPDX-License-Identifier: Apache-2.0
// The parser of drill's scripts: it yields a script or says what is wrong at which line; expressions read as
// written.
#include <algorithm>

#include "drill/error.hpp"
#include "drill/parser.hpp"
#include "drill/settings.hpp"
#include "drill/shell.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using drill::Script;

namespace {

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
}
/// What `str` can write so that it means the same: no strings with escapes, nothing that a macro might
/// replace.
bool plain(const drill::Expression& e) {
  return printable(e.text) && printable(e.name) &&
         std::all_of(e.items.begin(), e.items.end(),
                     [](const drill::Expression& item) { return plain(item); });
}
bool equal(const drill::Expression& a, const drill::Expression& b) {
  return a.kind == b.kind && a.name == b.name && a.integer == b.integer && a.text == b.text &&
         a.open_end == b.open_end &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equal);
}

void check_call(const drill::SystemCall& call) {
  if (!call.name.empty() && printable(call.name) && !call.blocks) {
    std::string text = "0 " + call.name + "(";
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (!plain(call.arguments[i])) return;
      text += (i == 0 ? "" : ", ") + call.arguments[i].str();
    }
    if (!plain(call.result)) return;
    text += ") = " + call.result.str();
    drill::Definitions none;
    const Script again = drill::parse(text, none);  // a SyntaxError here is a finding
    require(again.events.size() == 1, "one event");
    const auto* read = std::get_if<drill::SystemCall>(&again.events[0].action);
    require(read != nullptr && read->name == call.name, "the same call");
    require(equal(read->result, call.result), "with the same result");
    require(std::equal(read->arguments.begin(), read->arguments.end(), call.arguments.begin(),
                       call.arguments.end(), equal),
            "and the same arguments");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const bool v6 = (input.u8() & 1) != 0;
  const std::string text(input.text());
  const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  drill::Definitions definitions;
  Script script;
  bool parsed = false;
  try {
    script = drill::parse(text, definitions, v6);
    parsed = true;
  } catch (const drill::SyntaxError& error) {
    require(error.line >= 0 && error.line <= lines + 1 && error.what()[0] != '\0',
            "what is wrong, and where");
  } catch (const drill::Unsupported& error) {
    require(error.line >= 0 && error.line <= lines + 1 && error.what()[0] != '\0',
            "what is not known, and where");
  }
  if (parsed) {
    int line = 0;
    for (const drill::Event& event : script.events) {
      require(event.line >= line && event.line <= lines, "events in the order of their lines");
      line = event.line;
      if (const auto* call = std::get_if<drill::SystemCall>(&event.action)) check_call(*call);
    }
    drill::Settings settings;
    for (const drill::Option& option : script.options) {
      static_cast<void>(drill::apply_option(settings, option.name, option.value));
    }
    require(settings.tolerance_usecs >= 0 && settings.prefix_length.value_or(0) <= 32, "settings in their bounds");
    require(settings.link_mtu() >= 68 && settings.mss >= 1 && settings.bind_port > 0 && settings.connect_port > 0,
            "all of them");
  }
  // The words of commands.
  for (const std::string& command : drill::commands_of(text)) {
    for (const std::string& word : drill::words_of(command))
      require(word.size() <= text.size(), "a word is part of a text");
    static_cast<void>(drill::redirections_of(command));
  }
  static_cast<void>(drill::numbers_of(text));
  static_cast<void>(drill::keys_of(text));
  return 0;
}
