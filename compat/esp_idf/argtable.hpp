// SPDX-License-Identifier: Apache-2.0
// What the parts of argtable3/argtable3.h share.
#pragma once

#include <cstdio>
#include <string>

struct arg_hdr;

namespace linnet::esp {

/// Why an entry does not take a word, or that it had too few; the numbers of the whole table are of the
/// header.
enum Refusal { too_few = 1, too_many, malformed, too_large };

/// What an arg_rex has at `priv`.
struct Pattern {
  const char* text;
  int flags;
};

/// Each an arg_scanfn: takes a word into the entry `parent`; 0, or a Refusal.
int scan_lit(void* parent, const char* word);
int scan_int(void* parent, const char* word);
int scan_dbl(void* parent, const char* word);
int scan_str(void* parent, const char* word);
int scan_rex(void* parent, const char* word);
int scan_file(void* parent, const char* word);
int scan_date(void* parent, const char* word);

/// The names with `between` between them, and the type of the value: "-W|--timeout=<t>". NULL: none.
std::string print_option(const char* shortopts, const char* longopts, const char* datatype,
                         const char* between);

/// An errorfn: of the errors that belong to no entry.
void tell_of_table(void* parent, FILE* fp, int error, const char* word, const char* program);

/// A table's line of syntax; with `all` every name of an entry.
std::string syntax(void** argtable, bool all);

}  // namespace linnet::esp
