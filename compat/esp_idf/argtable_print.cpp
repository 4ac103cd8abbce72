// SPDX-License-Identifier: Apache-2.0
// argtable3/argtable3.h: what is printed of a table.
#include <argtable3/argtable3.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "compat/esp_idf/argtable.hpp"

namespace linnet::esp {
namespace {

bool is_end(const void* entry) { return (static_cast<const arg_hdr*>(entry)->flag & ARG_TERMINATOR) != 0; }

/// Calls it with each entry's header but that of the end.
template <typename Function>
void for_each(void** argtable, Function&& function) {
  for (; !is_end(*argtable); ++argtable) function(*static_cast<const arg_hdr*>(*argtable));
}

bool is_plain(const arg_hdr& hdr) { return hdr.flag == 0 && hdr.shortopts != nullptr && hdr.maxcount > 0; }

/// An entry as often as it has to be there, and how often it may be there beside.
std::string repeated(const std::string& option, int mincount, int maxcount) {
  std::string text;
  for (int i = 0; i < mincount; ++i) text += " " + option;
  const int others = maxcount - mincount;
  for (int i = 0; i < std::min(others, 2); ++i) text += " [" + option + "]";
  if (others > 2) text += "...";
  return text;
}

/// The letters of what has no value, in one word: " -ab [-cd]".
std::string letters(void** argtable) {
  std::string needed;
  std::string others;
  for_each(argtable, [&](const arg_hdr& hdr) {
    if (is_plain(hdr)) (hdr.mincount > 0 ? needed : others) += hdr.shortopts[0];
  });
  return (needed.empty() ? "" : " -" + needed) + (others.empty() ? "" : " [-" + others + "]");
}

std::string first_name(const arg_hdr& hdr) {
  const std::string_view longopts = hdr.longopts != nullptr ? hdr.longopts : "";
  const std::string name(longopts.substr(0, longopts.find(',')));
  const std::string letter =
      hdr.shortopts != nullptr && hdr.shortopts[0] != 0 ? std::string(1, hdr.shortopts[0]) : "";
  const std::string value = hdr.datatype != nullptr ? hdr.datatype : "";
  const bool optional = (hdr.flag & ARG_HASOPTVALUE) != 0 && !value.empty();
  if (!letter.empty())
    return "-" + letter + (value.empty() ? "" : optional ? " [" + value + "]" : " " + value);
  if (!name.empty()) return "--" + name + (value.empty() ? "" : optional ? "[=" + value + "]" : "=" + value);
  return value;
}

}  // namespace

std::string print_option(const char* shortopts, const char* longopts, const char* datatype,
                         const char* between) {
  std::string text;
  for (const char* letter = shortopts; letter != nullptr && *letter != 0; ++letter)
    text += (text.empty() ? "-" : std::string(between) + "-") + *letter;
  std::string_view names = longopts != nullptr ? longopts : "";
  const bool named = !names.empty();
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    text += (text.empty() ? "--" : std::string(between) + "--") + std::string(name);
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  if (datatype == nullptr) return text;
  return text + (text.empty() ? "" : named ? "=" : " ") + datatype;
}

std::string syntax(void** argtable, bool all) {
  std::string text = all ? "" : letters(argtable);
  for_each(argtable, [&](const arg_hdr& hdr) {
    if (!all && is_plain(hdr)) return;
    const std::string option =
        all ? print_option(hdr.shortopts, hdr.longopts, hdr.datatype, "|") : first_name(hdr);
    if (!option.empty()) text += repeated(option, hdr.mincount, hdr.maxcount);
  });
  return text;
}

void tell_of_table(void*, FILE* fp, int error, const char* word, const char* program) {
  const char* text = word != nullptr ? word : "";
  switch (error) {
    case ARG_ELIMIT:
      std::fprintf(fp, "%s: further errors are not shown\n", program);
      break;
    case ARG_EMALLOC:
      std::fprintf(fp, "%s: no memory\n", program);
      break;
    case ARG_ENOMATCH:
      std::fprintf(fp, "%s: nothing takes \"%s\"\n", program, text);
      break;
    case ARG_EMISSARG:
      std::fprintf(fp, "%s: %s needs a value\n", program, text);
      break;
    case ARG_ELONGOPT:
      std::fprintf(fp, "%s: %s is not an option\n", program, text);
      break;
    default:
      std::fprintf(fp, "%s: -%c is not an option\n", program, error);
      break;
  }
}

}  // namespace linnet::esp

extern "C" {

void arg_print_option(FILE* fp, const char* shortopts, const char* longopts, const char* datatype,
                      const char* suffix) {
  std::fprintf(fp, "%s%s", linnet::esp::print_option(shortopts, longopts, datatype, "|").c_str(),
               suffix != nullptr ? suffix : "");
}

void arg_print_syntax(FILE* fp, void** argtable, const char* suffix) {
  std::fprintf(fp, "%s%s", linnet::esp::syntax(argtable, false).c_str(), suffix != nullptr ? suffix : "");
}

void arg_print_syntaxv(FILE* fp, void** argtable, const char* suffix) {
  std::fprintf(fp, "%s%s", linnet::esp::syntax(argtable, true).c_str(), suffix != nullptr ? suffix : "");
}

void arg_print_glossary(FILE* fp, void** argtable, const char* format) {
  const char* line = format != nullptr ? format : "  %-20s %s\n";
  linnet::esp::for_each(argtable, [&](const arg_hdr& hdr) {
    if (hdr.glossary == nullptr) return;
    const std::string option = linnet::esp::print_option(hdr.shortopts, hdr.longopts, hdr.datatype, ", ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::fprintf(fp, line, option.c_str(), hdr.glossary);
#pragma GCC diagnostic pop
  });
}

void arg_print_glossary_gnu(FILE* fp, void** argtable) {
  linnet::esp::for_each(argtable, [&](const arg_hdr& hdr) {
    if (hdr.glossary == nullptr) return;
    // Long names stand below each other whether there is a letter or not.
    const std::string option = linnet::esp::print_option(hdr.shortopts, hdr.longopts, hdr.datatype, ", ");
    const bool only_long = hdr.shortopts == nullptr && hdr.longopts != nullptr;
    std::fprintf(fp, "  %-24s %s\n", (only_long ? "    " + option : option).c_str(), hdr.glossary);
  });
}

void arg_print_errors(FILE* fp, struct arg_end* end, const char* progname) {
  for (int i = 0; i < end->count; ++i) {
    const auto* hdr = static_cast<const arg_hdr*>(end->parent[i]);
    if (hdr->errorfn != nullptr)
      hdr->errorfn(end->parent[i], fp, end->error[i], end->argval[i], progname != nullptr ? progname : "");
  }
}

void arg_freetable(void** argtable, size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::free(argtable[i]);
    argtable[i] = nullptr;
  }
}

void arg_free(void** argtable) {
  if (arg_nullcheck(argtable) != 0) return;  // where it ends is not known
  std::size_t count = 1;
  while (!linnet::esp::is_end(argtable[count - 1])) ++count;
  arg_freetable(argtable, count);
}

}  // extern "C"
