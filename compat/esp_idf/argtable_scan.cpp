// SPDX-License-Identifier: Apache-2.0
// argtable3/argtable3.h: how each kind of entry reads a word. A name without its value (ARG_HASOPTVALUE)
// counts, and leaves what the program put in.
#include <argtable3/argtable3.h>
#include <regex.h>
#include <strings.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "compat/esp_idf/argtable.hpp"

namespace linnet::esp {

namespace {

template <typename Entry>
bool full(const Entry* entry) {
  return entry->count >= entry->hdr.maxcount;
}

/// 1024^n for what may stand behind a number; 0: something else.
long long factor(const char* suffix) {
  if (*suffix == 0) return 1;
  long long value = 1;
  for (const char* name : {"KB", "MB", "GB"}) {
    value *= 1024;
    if (strcasecmp(suffix, name) == 0) return value;
  }
  return 0;
}

int read_integer(const char* word, int& value) {
  const bool negative = *word == '-';
  const char* digits = *word == '-' || *word == '+' ? word + 1 : word;
  int base = 10;
  if (digits[0] == '0' && digits[1] != 0) {
    const int letter = digits[1] | 0x20;
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) digits += 2;
  }
  if (std::strchr(" \t\n+-", *digits) != nullptr)
    return malformed;  // strtoll would take them, and nothing, too
  char* end = nullptr;
  errno = 0;
  const long long number = std::strtoll(digits, &end, base);
  const long long times = factor(end);
  if (end == digits || times == 0) return malformed;
  const long long most = negative ? -static_cast<long long>(INT_MIN) : INT_MAX;
  if (errno == ERANGE || number > most / times) return too_large;
  value = static_cast<int>(negative ? -number * times : number * times);
  return 0;
}

bool matches(const Pattern& pattern, const char* word) {
  regex_t compiled;
  const int flags = REG_EXTENDED | ((pattern.flags & ARG_REX_ICASE) != 0 ? REG_ICASE : 0);
  if (regcomp(&compiled, pattern.text, flags) != 0) return false;
  regmatch_t found;
  const bool whole =
      regexec(&compiled, word, 1, &found, 0) == 0 && found.rm_so == 0 && word[found.rm_eo] == 0;
  regfree(&compiled);
  return whole;
}

}  // namespace

int scan_lit(void* parent, const char* word) {
  auto* entry = static_cast<arg_lit*>(parent);
  if (full(entry)) return too_many;
  static_cast<void>(word);
  ++entry->count;
  return 0;
}

int scan_int(void* parent, const char* word) {
  auto* entry = static_cast<arg_int*>(parent);
  if (full(entry)) return too_many;
  if (word != nullptr) {
    const int refused = read_integer(word, entry->ival[entry->count]);
    if (refused != 0) return refused;
  }
  ++entry->count;
  return 0;
}

int scan_dbl(void* parent, const char* word) {
  auto* entry = static_cast<arg_dbl*>(parent);
  if (full(entry)) return too_many;
  if (word != nullptr) {
    char* end = nullptr;
    const double value = std::strtod(word, &end);
    if (end == word || *end != 0) return malformed;
    entry->dval[entry->count] = value;
  }
  ++entry->count;
  return 0;
}

int scan_str(void* parent, const char* word) {
  auto* entry = static_cast<arg_str*>(parent);
  if (full(entry)) return too_many;
  if (word != nullptr) entry->sval[entry->count] = word;
  ++entry->count;
  return 0;
}

int scan_rex(void* parent, const char* word) {
  auto* entry = static_cast<arg_rex*>(parent);
  if (full(entry)) return too_many;
  if (word != nullptr) {
    if (!matches(*static_cast<const Pattern*>(entry->hdr.priv), word)) return malformed;
    entry->sval[entry->count] = word;
  }
  ++entry->count;
  return 0;
}

int scan_file(void* parent, const char* word) {
  auto* entry = static_cast<arg_file*>(parent);
  if (full(entry)) return too_many;
  if (word != nullptr) {
    const char* slash = std::strrchr(word, '/');
    const char* base = slash != nullptr ? slash + 1 : word;
    const char* dot = std::strrchr(base, '.');
    // A dot in front names a hidden file, one at the end no extension.
    const bool extension = dot != nullptr && dot != base && dot[1] != 0;
    entry->filename[entry->count] = word;
    entry->basename[entry->count] = base;
    entry->extension[entry->count] = extension ? dot : "";
  }
  ++entry->count;
  return 0;
}

int scan_date(void* parent, const char* word) {
  auto* entry = static_cast<arg_date*>(parent);
  if (full(entry)) return too_many;
  if (word != nullptr) {
    struct tm value = entry->tmval[entry->count];
    const char* end = strptime(word, entry->format, &value);
    if (end == nullptr || *end != 0) return malformed;
    entry->tmval[entry->count] = value;
  }
  ++entry->count;
  return 0;
}

}  // namespace linnet::esp
