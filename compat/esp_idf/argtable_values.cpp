// SPDX-License-Identifier: Apache-2.0
// argtable3/argtable3.h: the kinds of entries, made.
#include <argtable3/argtable3.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

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
