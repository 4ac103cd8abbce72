// SPDX-License-Identifier: Apache-2.0
// argtable3/argtable3.h: the kinds of entries, and how each reads a word.
#include <argtable3/argtable3.h>
#include <regex.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "compat/esp_idf/argtable.hpp"

namespace {

using namespace linnet::esp;

/// Where its values begin behind an entry.
template <typename Entry>
constexpr std::size_t begin_of_values = (sizeof(Entry) + alignof(std::max_align_t) - 1) /
                                        alignof(std::max_align_t) * alignof(std::max_align_t);

/// An entry and, in the same block, room for `values` bytes behind it; all of it zero.
template <typename Entry>
Entry* make(const arg_hdr& hdr, std::size_t values) {
  auto* entry = static_cast<Entry*>(std::calloc(1, begin_of_values<Entry> + values));
  if (entry == nullptr) return nullptr;
  entry->hdr = hdr;
  entry->hdr.parent = entry;
  return entry;
}

template <typename Value, typename Entry>
Value* room_behind(Entry* entry) {
  return reinterpret_cast<Value*>(reinterpret_cast<char*>(entry) + begin_of_values<Entry>);
}

template <typename Entry>
void reset(void* parent) {
  static_cast<Entry*>(parent)->count = 0;
}

template <typename Entry>
int check(void* parent) {
  const auto* entry = static_cast<Entry*>(parent);
  return entry->count < entry->hdr.mincount ? too_few : 0;
}

/// A name without its value (ARG_HASOPTVALUE) counts and leaves what the program put in.
template <typename Entry>
bool full(const Entry* entry) {
  return entry->count >= entry->hdr.maxcount;
}

void tell(void* parent, FILE* fp, int error, const char* word, const char* program) {
  const auto* hdr = static_cast<const arg_hdr*>(parent);
  const std::string option = print_option(hdr->shortopts, hdr->longopts, hdr->datatype, "|");
  const char* text = word != nullptr ? word : "";
  switch (error) {
    case too_few:
      std::fprintf(fp, "%s: %s is missing\n", program, option.c_str());
      break;
    case too_many:
      std::fprintf(fp, "%s: one %s too many: %s\n", program, option.c_str(), text);
      break;
    case too_large:
      std::fprintf(fp, "%s: %s: the number is too large: %s\n", program, option.c_str(), text);
      break;
    default:
      std::fprintf(fp, "%s: %s does not take \"%s\"\n", program, option.c_str(), text);
      break;
  }
}

struct Names {
  const char* shortopts;
  const char* longopts;
  const char* datatype;
  const char* glossary;
};

template <typename Entry>
arg_hdr header(const Names& names, int mincount, int maxcount, arg_scanfn* scan) {
  return {.flag = ARG_HASVALUE,
          .shortopts = names.shortopts,
          .longopts = names.longopts,
          .datatype = names.datatype,
          .glossary = names.glossary,
          .mincount = mincount,
          .maxcount = std::max(mincount, maxcount),
          .parent = nullptr,
          .resetfn = reset<Entry>,
          .scanfn = scan,
          .checkfn = check<Entry>,
          .errorfn = tell,
          .priv = nullptr};
}

Names named(const char* shortopts, const char* longopts, const char* datatype, const char* otherwise,
            const char* glossary) {
  return {shortopts, longopts, datatype != nullptr ? datatype : otherwise, glossary};
}

int scan_lit(void* parent, const char* word) {
  auto* entry = static_cast<arg_lit*>(parent);
  if (full(entry)) return too_many;
  static_cast<void>(word);
  ++entry->count;
  return 0;
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

struct Pattern {
  const char* text;
  int flags;
};

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

}  // namespace

extern "C" {

struct arg_rem* arg_rem(const char* datatype, const char* glossary) {
  arg_hdr hdr{};
  hdr.datatype = datatype;
  hdr.glossary = glossary;
  hdr.mincount = hdr.maxcount = 1;
  return make<struct arg_rem>(hdr, 0);
}

struct arg_lit* arg_litn(const char* shortopts, const char* longopts, int mincount, int maxcount,
                         const char* glossary) {
  arg_hdr hdr = header<arg_lit>({shortopts, longopts, nullptr, glossary}, mincount, maxcount, scan_lit);
  hdr.flag = 0;
  return make<arg_lit>(hdr, 0);
}

struct arg_int* arg_intn(const char* shortopts, const char* longopts, const char* datatype, int mincount,
                         int maxcount, const char* glossary) {
  const Names names = named(shortopts, longopts, datatype, "<int>", glossary);
  const arg_hdr hdr = header<arg_int>(names, mincount, maxcount, scan_int);
  auto* entry = make<arg_int>(hdr, static_cast<std::size_t>(hdr.maxcount) * sizeof(int));
  if (entry != nullptr) entry->ival = room_behind<int>(entry);
  return entry;
}

struct arg_dbl* arg_dbln(const char* shortopts, const char* longopts, const char* datatype, int mincount,
                         int maxcount, const char* glossary) {
  const Names names = named(shortopts, longopts, datatype, "<double>", glossary);
  const arg_hdr hdr = header<arg_dbl>(names, mincount, maxcount, scan_dbl);
  auto* entry = make<arg_dbl>(hdr, static_cast<std::size_t>(hdr.maxcount) * sizeof(double));
  if (entry != nullptr) entry->dval = room_behind<double>(entry);
  return entry;
}

struct arg_str* arg_strn(const char* shortopts, const char* longopts, const char* datatype, int mincount,
                         int maxcount, const char* glossary) {
  const Names names = named(shortopts, longopts, datatype, "<string>", glossary);
  const arg_hdr hdr = header<arg_str>(names, mincount, maxcount, scan_str);
  auto* entry = make<arg_str>(hdr, static_cast<std::size_t>(hdr.maxcount) * sizeof(char*));
  if (entry == nullptr) return nullptr;
  entry->sval = room_behind<const char*>(entry);
  std::fill_n(entry->sval, hdr.maxcount, "");
  return entry;
}

struct arg_rex* arg_rexn(const char* shortopts, const char* longopts, const char* pattern,
                         const char* datatype, int mincount, int maxcount, int flags, const char* glossary) {
  if (pattern == nullptr) return nullptr;
  const Names names = named(shortopts, longopts, datatype, pattern, glossary);
  const arg_hdr hdr = header<arg_rex>(names, mincount, maxcount, scan_rex);
  const auto values = static_cast<std::size_t>(hdr.maxcount);
  auto* entry = make<arg_rex>(hdr, values * sizeof(char*) + sizeof(Pattern));
  if (entry == nullptr) return nullptr;
  entry->sval = room_behind<const char*>(entry);
  std::fill_n(entry->sval, hdr.maxcount, "");
  auto* own = reinterpret_cast<Pattern*>(entry->sval + values);
  *own = {pattern, flags};
  entry->hdr.priv = own;
  return entry;
}

struct arg_file* arg_filen(const char* shortopts, const char* longopts, const char* datatype, int mincount,
                           int maxcount, const char* glossary) {
  const Names names = named(shortopts, longopts, datatype, "<file>", glossary);
  const arg_hdr hdr = header<arg_file>(names, mincount, maxcount, scan_file);
  const auto values = static_cast<std::size_t>(hdr.maxcount);
  auto* entry = make<arg_file>(hdr, 3 * values * sizeof(char*));
  if (entry == nullptr) return nullptr;
  entry->filename = room_behind<const char*>(entry);
  entry->basename = entry->filename + values;
  entry->extension = entry->basename + values;
  std::fill_n(entry->filename, 3 * values, "");
  return entry;
}

struct arg_date* arg_daten(const char* shortopts, const char* longopts, const char* format,
                           const char* datatype, int mincount, int maxcount, const char* glossary) {
  const char* own = format != nullptr ? format : "%x";
  const Names names = named(shortopts, longopts, datatype, own, glossary);
  const arg_hdr hdr = header<arg_date>(names, mincount, maxcount, scan_date);
  auto* entry = make<arg_date>(hdr, static_cast<std::size_t>(hdr.maxcount) * sizeof(struct tm));
  if (entry == nullptr) return nullptr;
  entry->format = own;
  entry->tmval = room_behind<struct tm>(entry);
  return entry;
}

struct arg_end* arg_end(int maxcount) {
  const std::size_t errors = static_cast<std::size_t>(std::max(maxcount, 1));
  arg_hdr hdr{};
  hdr.flag = ARG_TERMINATOR;
  hdr.mincount = 1;
  hdr.maxcount = static_cast<int>(errors);
  hdr.resetfn = reset<struct arg_end>;
  hdr.errorfn = linnet::esp::tell_of_table;
  auto* entry = make<struct arg_end>(hdr, errors * (2 * sizeof(void*) + sizeof(int)));
  if (entry == nullptr) return nullptr;
  entry->parent = room_behind<void*>(entry);
  entry->argval = room_behind<const char*>(entry) + errors;
  entry->error = reinterpret_cast<int*>(entry->argval + errors);
  return entry;
}

// At most one, and exactly one.
struct arg_lit* arg_lit0(const char* s, const char* l, const char* g) {
  return arg_litn(s, l, 0, 1, g);
}
struct arg_lit* arg_lit1(const char* s, const char* l, const char* g) {
  return arg_litn(s, l, 1, 1, g);
}
struct arg_int* arg_int0(const char* s, const char* l, const char* d, const char* g) {
  return arg_intn(s, l, d, 0, 1, g);
}
struct arg_int* arg_int1(const char* s, const char* l, const char* d, const char* g) {
  return arg_intn(s, l, d, 1, 1, g);
}
struct arg_dbl* arg_dbl0(const char* s, const char* l, const char* d, const char* g) {
  return arg_dbln(s, l, d, 0, 1, g);
}
struct arg_dbl* arg_dbl1(const char* s, const char* l, const char* d, const char* g) {
  return arg_dbln(s, l, d, 1, 1, g);
}
struct arg_str* arg_str0(const char* s, const char* l, const char* d, const char* g) {
  return arg_strn(s, l, d, 0, 1, g);
}
struct arg_str* arg_str1(const char* s, const char* l, const char* d, const char* g) {
  return arg_strn(s, l, d, 1, 1, g);
}
struct arg_rex* arg_rex0(const char* s, const char* l, const char* p, const char* d, int f, const char* g) {
  return arg_rexn(s, l, p, d, 0, 1, f, g);
}
struct arg_rex* arg_rex1(const char* s, const char* l, const char* p, const char* d, int f, const char* g) {
  return arg_rexn(s, l, p, d, 1, 1, f, g);
}
struct arg_file* arg_file0(const char* s, const char* l, const char* d, const char* g) {
  return arg_filen(s, l, d, 0, 1, g);
}
struct arg_file* arg_file1(const char* s, const char* l, const char* d, const char* g) {
  return arg_filen(s, l, d, 1, 1, g);
}
struct arg_date* arg_date0(const char* s, const char* l, const char* f, const char* d, const char* g) {
  return arg_daten(s, l, f, d, 0, 1, g);
}
struct arg_date* arg_date1(const char* s, const char* l, const char* f, const char* d, const char* g) {
  return arg_daten(s, l, f, d, 1, 1, g);
}

}  // extern "C"
