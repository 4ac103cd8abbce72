// SPDX-License-Identifier: Apache-2.0
// argtable3/argtable3.h: a command line against a table. Names may stand anywhere, "--" ends them; -ab is -a
// -b, -n5 is -n 5,
// --name=5 is --name 5, and the beginning of a long name is enough where it is no other's.
#include <argtable3/argtable3.h>

#include <cstring>
#include <string_view>

#include "compat/esp_idf/argtable.hpp"

namespace {

class Parser {
 public:
  Parser(int argc, char** argv, void** argtable)
      : argc_(argc), argv_(argv), first_(argtable), last_(argtable) {
    while ((header(last_).flag & ARG_TERMINATOR) == 0) ++last_;
  }

  int run() {
    for (void** entry = first_; entry <= last_; ++entry) {
      if (header(entry).resetfn != nullptr) header(entry).resetfn(header(entry).parent);
    }
    bool names = true;
    for (next_ = 1; next_ < argc_;) {
      const char* word = argv_[next_++];
      if (!names || word[0] != '-' || word[1] == 0) {
        untagged(word);
      } else if (word[1] != '-') {
        letters(word);
      } else if (word[2] == 0) {
        names = false;
      } else {
        long_name(word);
      }
    }
    for (void** entry = first_; entry < last_; ++entry) {
      if (header(entry).checkfn == nullptr) continue;
      const int error = header(entry).checkfn(header(entry).parent);
      if (error != 0) remember(header(entry).parent, error, nullptr);
    }
    return end().count;
  }

 private:
  static arg_hdr& header(void** entry) { return *static_cast<arg_hdr*>(*entry); }
  struct arg_end& end() {
    return *static_cast<struct arg_end*>(*last_);
  }

  void remember(void* parent, int error, const char* word) {
    struct arg_end& to = end();
    const bool room = to.count < to.hdr.maxcount;
    const int at = room ? to.count++ : to.hdr.maxcount - 1;
    to.error[at] = room ? error : static_cast<int>(ARG_ELIMIT);
    to.parent[at] = room ? parent : &to;
    to.argval[at] = room ? word : nullptr;
  }

  /// Why it was refused; 0: it was taken.
  static int scan(const arg_hdr& hdr, const char* value) {
    return hdr.scanfn != nullptr ? hdr.scanfn(hdr.parent, value) : 0;
  }

  void take(const arg_hdr& hdr, const char* value) {
    const int error = scan(hdr, value);
    if (error != 0) remember(hdr.parent, error, value);
  }

  /// With the next word, where the value did not come with its name.
  void take_with_value(const arg_hdr& hdr, const char* value, const char* name) {
    if (value == nullptr && next_ < argc_) value = argv_[next_++];
    if (value == nullptr) return remember(&end(), ARG_EMISSARG, name);
    take(hdr, value);
  }

  /// The first that takes it. Where one has room and refuses it, its reason is told.
  void untagged(const char* word) {
    const arg_hdr* refused = nullptr;
    int why = 0;
    for (void** entry = first_; entry < last_; ++entry) {
      const arg_hdr& hdr = header(entry);
      if (hdr.shortopts != nullptr || hdr.longopts != nullptr || hdr.scanfn == nullptr) continue;
      const int error = hdr.scanfn(hdr.parent, word);
      if (error == 0) return;
      if (refused != nullptr || error == linnet::esp::too_many) continue;
      refused = &hdr;
      why = error;
    }
    if (refused != nullptr) return remember(refused->parent, why, word);
    remember(&end(), ARG_ENOMATCH, word);
  }

  void letters(const char* word) {
    for (const char* letter = word + 1; *letter != 0; ++letter) {
      const arg_hdr* hdr = by_letter(*letter);
      if (hdr == nullptr) {
        remember(&end(), *letter, word);
        continue;
      }
      const char* rest = letter[1] != 0 ? letter + 1 : nullptr;
      if ((hdr->flag & ARG_HASVALUE) != 0) return take_with_value(*hdr, rest, word);
      take(*hdr, (hdr->flag & ARG_HASOPTVALUE) != 0 ? rest : nullptr);
      if ((hdr->flag & ARG_HASOPTVALUE) != 0) return;
    }
  }

  void long_name(const char* word) {
    const char* equal = std::strchr(word, '=');
    const std::string_view name =
        equal != nullptr ? std::string_view(word + 2, static_cast<std::size_t>(equal - word - 2)) : word + 2;
    const arg_hdr* hdr = by_name(name);
    const char* value = equal != nullptr ? equal + 1 : nullptr;
    const bool takes = hdr != nullptr && (hdr->flag & (ARG_HASVALUE | ARG_HASOPTVALUE)) != 0;
    if (hdr == nullptr || (value != nullptr && !takes)) return remember(&end(), ARG_ELONGOPT, word);
    if ((hdr->flag & ARG_HASVALUE) != 0) return take_with_value(*hdr, value, word);
    take(*hdr, value);
  }

  const arg_hdr* by_letter(char letter) {
    for (void** entry = first_; entry < last_; ++entry) {
      const char* letters = header(entry).shortopts;
      if (letters != nullptr && std::strchr(letters, letter) != nullptr) return &header(entry);
    }
    return nullptr;
  }

  const arg_hdr* by_name(std::string_view name) {
    const arg_hdr* begun = nullptr;
    bool several = false;
    for (void** entry = first_; entry < last_; ++entry) {
      std::string_view names = header(entry).longopts != nullptr ? header(entry).longopts : "";
      while (!names.empty()) {
        const std::string_view one = names.substr(0, names.find(','));
        names.remove_prefix(one.size() < names.size() ? one.size() + 1 : names.size());
        if (one == name) return &header(entry);
        if (!one.starts_with(name)) continue;
        several = several || (begun != nullptr && begun != &header(entry));
        begun = &header(entry);
      }
    }
    return several ? nullptr : begun;
  }

  int argc_;
  char** argv_;
  void** first_;
  void** last_;
  int next_ = 1;
};

}  // namespace

extern "C" {

int arg_nullcheck(void** argtable) {
  if (argtable == nullptr) return 1;
  for (;; ++argtable) {
    if (*argtable == nullptr) return 1;
    if ((static_cast<const arg_hdr*>(*argtable)->flag & ARG_TERMINATOR) != 0) return 0;
  }
}

int arg_parse(int argc, char** argv, void** argtable) { return Parser(argc, argv, argtable).run(); }

}  // extern "C"
