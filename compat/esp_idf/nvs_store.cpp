// SPDX-License-Identifier: Apache-2.0
#include "compat/esp_idf/nvs_store.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace linnet::esp {
namespace {

constexpr const char* first_line = "linnet nvs 1";

/// A line's words are in hexadecimal: names and values may have any bytes.
std::string text_of(const std::uint8_t* bytes, std::size_t size) {
  std::string text = "x";
  for (std::size_t i = 0; i < size; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    text += digits;
  }
  return text;
}
std::string text_of(const std::string& name) {
  return text_of(reinterpret_cast<const std::uint8_t*>(name.data()), name.size());
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bytes_of(const std::string& text, std::vector<std::uint8_t>& bytes) {
  if (text.size() % 2 == 0 || text[0] != 'x') return false;
  bytes.clear();
  for (std::size_t i = 1; i < text.size(); i += 2) {
    const int high = digit_of(text[i]);
    const int low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return true;
}

bool name_of(const std::string& text, std::string& name) {
  std::vector<std::uint8_t> bytes;
  if (!bytes_of(text, bytes) || bytes.empty() || bytes.size() >= NVS_KEY_NAME_MAX_SIZE) return false;
  name.assign(bytes.begin(), bytes.end());
  return name.find('\0') == std::string::npos;
}

/// As many as ESP-IDF takes: an integer is in its entry, what is longer is behind it, and blobs have an
/// index.
std::size_t entries_of(const NvsStore::Entry& entry) {
  const std::size_t more = (entry.value.size() + 31) / 32;
  if (entry.type == NVS_TYPE_STR) return 1 + more;
  return entry.type == NVS_TYPE_BLOB ? 2 + more : 1;
}

/// The type's number, and whether a value can be its.
bool fits(unsigned type, const NvsStore::Value& value) {
  switch (type) {
    case NVS_TYPE_STR:
      return !value.empty() && value.back() == 0;
    case NVS_TYPE_BLOB:
      return true;
    case NVS_TYPE_U8:
    case NVS_TYPE_I8:
    case NVS_TYPE_U16:
    case NVS_TYPE_I16:
    case NVS_TYPE_U32:
    case NVS_TYPE_I32:
    case NVS_TYPE_U64:
    case NVS_TYPE_I64:
      return value.size() == (type & 0x0f);
    default:
      return false;
  }
}

}  // namespace

bool NvsStore::load() {
  clear();
  std::ifstream file(file_);
  if (file_.empty() || (!file && access(file_.c_str(), F_OK) != 0)) return true;
  std::string line;
  if (!std::getline(file, line) || line != first_line) return false;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string space_word, key_word, value_word;
    unsigned type = 0;
    Name name;
    Entry entry;
    if (!(words >> space_word) || !name_of(space_word, name.space) || !make_space(name.space)) return false;
    if (!(words >> key_word)) continue;  // a namespace
    const bool whole = static_cast<bool>(words >> type >> value_word);
    if (!whole || !name_of(key_word, name.key) || !bytes_of(value_word, entry.value)) return false;
    if (!fits(type, entry.value)) return false;
    entry.type = static_cast<nvs_type_t>(type);
    if (!set(name, std::move(entry))) return false;
  }
  return true;
}

bool NvsStore::save() const {
  if (file_.empty()) return true;
  const std::string next = file_ + ".new";
  {
    std::ofstream file(next, std::ios::trunc);
    file << first_line << '\n';
    for (const std::string& space : spaces_) file << text_of(space) << '\n';
    for (const auto& [name, entry] : entries_) {
      file << text_of(name.space) << ' ' << text_of(name.key) << ' ' << static_cast<unsigned>(entry.type)
           << ' ' << text_of(entry.value.data(), entry.value.size()) << '\n';
    }
    file.close();
    if (!file) return false;
  }
  return std::rename(next.c_str(), file_.c_str()) == 0;
}

const NvsStore::Entry* NvsStore::find(const Name& name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() ? &found->second : nullptr;
}

bool NvsStore::set(const Name& name, Entry entry) {
  const Entry* old = find(name);
  const std::size_t before = used("") - (old != nullptr ? entries_of(*old) : 0);
  if (before + entries_of(entry) > total_entries - page_entries) return false;
  entries_[name] = std::move(entry);
  return true;
}

void NvsStore::erase_space(const std::string& space) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    it = it->first.space == space ? entries_.erase(it) : std::next(it);
  }
}

void NvsStore::clear() {
  spaces_.clear();
  entries_.clear();
}

bool NvsStore::make_space(const std::string& space) {
  if (has_space(space)) return true;
  if (used("") + 1 > total_entries - page_entries) return false;
  spaces_.insert(space);
  return true;
}

std::size_t NvsStore::used(const std::string& space) const {
  std::size_t count = space.empty() ? spaces_.size() : 0;
  for (const auto& [name, entry] : entries_) {
    if (space.empty() || name.space == space) count += entries_of(entry);
  }
  return count;
}

}  // namespace linnet::esp
