// SPDX-License-Identifier: Apache-2.0
#include "apps/served_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "apps/html.hpp"
#include "apps/problem.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

using platform::FileDescriptor;

class FileContent final : public HttpContent {
 public:
  FileContent(FileDescriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::size_t read(MutableBytes to) override {
    ssize_t n = 0;
    do {
      n = ::read(file_.get(), to.data(), to.size());
    } while (n < 0 && errno == EINTR);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

 private:
  FileDescriptor file_;
  std::uint64_t size_;
};

HttpReply not_found() { return plain_reply(404, "no such file"); }

/// Opens `path` below `directory` segment by segment, following no symbolic link.
FileDescriptor open_beneath(int directory, std::string_view path) {
  FileDescriptor at;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string segment(path.substr(0, slash));
    const bool last = slash == std::string_view::npos;
    if (segment.empty() || segment == "." || segment == ".." || segment.find('\0') != std::string::npos) {
      errno = ENOENT;
      return {};
    }
    // Not blocking: opening a FIFO that nobody writes to would wait for ever.
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY);
    at = FileDescriptor(::openat(at.get() >= 0 ? at.get() : directory, segment.c_str(), flags));
    if (at.get() < 0 || last) return at;
    path.remove_prefix(slash + 1);
  }
}

std::string percent_encoded(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

ServedFiles::ServedFiles(const std::string& directory)
    : directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (directory_.get() < 0) {
    throw Problem(fmt::format("--serve: cannot open the directory {}: {}", directory, std::strerror(errno)),
                  exit_code::usage);
  }
}

HttpReply ServedFiles::reply(const std::string& path) const {
  if (path.empty()) return list();
  FileDescriptor file = open_beneath(directory_.get(), path);
  if (file.get() < 0) return errno == EACCES ? plain_reply(403, "the file may not be read") : not_found();
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return not_found();
  return {
      .content_type = std::string(content_type_of(path)),
      .content = std::make_unique<FileContent>(std::move(file), static_cast<std::uint64_t>(info.st_size))};
}

HttpReply ServedFiles::list() const {
  const int copy = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (directory == nullptr) return not_found();
  std::vector<std::pair<std::string, std::uint64_t>> files;
  while (const dirent* entry = ::readdir(directory)) {
    struct stat info {};
    const bool regular =
        ::fstatat(copy, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
    if (regular) files.emplace_back(entry->d_name, static_cast<std::uint64_t>(info.st_size));
  }
  ::closedir(directory);
  std::sort(files.begin(), files.end());
  std::string html =
      "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Files</title><h1>Files</h1><ul>\n";
  for (const auto& [name, size] : files) {
    html += fmt::format("<li><a href=\"/files/{}\">{}</a> {}\n", percent_encoded(name), escape_html(name),
                        human_size(size));
  }
  return {.content_type = "text/html; charset=utf-8",
          .content = std::make_unique<TextContent>(html + "</ul></html>\n")};
}

std::string_view content_type_of(std::string_view name) {
  struct Row {
    std::string_view ending;
    std::string_view type;
  };
  constexpr std::array<Row, 12> rows = {{{".html", "text/html; charset=utf-8"},
                                         {".txt", "text/plain; charset=utf-8"},
                                         {".md", "text/plain; charset=utf-8"},
                                         {".css", "text/css; charset=utf-8"},
                                         {".js", "text/javascript; charset=utf-8"},
                                         {".json", "application/json"},
                                         {".svg", "image/svg+xml"},
                                         {".png", "image/png"},
                                         {".jpg", "image/jpeg"},
                                         {".gif", "image/gif"},
                                         {".pdf", "application/pdf"},
                                         {".wasm", "application/wasm"}}};
  const std::string lowered = to_lower(name);
  for (const Row& row : rows) {
    if (lowered.ends_with(row.ending)) return row.type;
  }
  return "application/octet-stream";
}

}  // namespace linnet::apps
