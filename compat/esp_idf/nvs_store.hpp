// SPDX-License-Identifier: Apache-2.0
// NvsStore: the values of nvs.h, and the file that has them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nvs.h>

namespace linnet::esp {

/// Not thread safe.
class NvsStore {
 public:
  static constexpr std::size_t page_entries = 126;
  static constexpr std::size_t total_entries = 6 * page_entries;  // of 24 KiB

  using Value = std::vector<std::uint8_t>;
  struct Entry {
    nvs_type_t type = NVS_TYPE_U8;
    Value value;
    bool operator==(const Entry&) const = default;
  };
  struct Name {
    std::string space;
    std::string key;
    auto operator<=>(const Name&) const = default;
  };

  /// Empty: memory alone.
  void use_file(std::string file) { file_ = std::move(file); }
  /// False: the file is something else than save() writes, or cannot be read.
  bool load();
  /// The whole file is written anew and takes the other's place. False: it could not be.
  bool save() const;

  const Entry* find(const Name& name) const;
  /// False: no room.
  bool set(const Name& name, Entry entry);
  bool erase(const Name& name) { return entries_.erase(name) != 0; }
  void erase_space(const std::string& space);
  void clear();

  bool has_space(const std::string& space) const { return spaces_.count(space) != 0; }
  bool make_space(const std::string& space);
  std::size_t spaces() const { return spaces_.size(); }
  /// Of a namespace, without its own; an empty name: of all, with theirs.
  std::size_t used(const std::string& space) const;
  const std::map<Name, Entry>& all() const { return entries_; }

 private:
  std::string file_;
  std::set<std::string> spaces_;
  std::map<Name, Entry> entries_;
};

}  // namespace linnet::esp
