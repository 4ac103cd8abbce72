// SPDX-License-Identifier: Apache-2.0
// ServedFiles: a directory whose files the HTTP server gives out, and nothing outside of it.
#pragma once

#include <optional>

#include "apps/http_site.hpp"
#include "platform/linux/file_descriptor.hpp"

namespace linnet::apps {

class ServedFiles {
 public:
  /// Throws Problem when `directory` cannot be opened.
  explicit ServedFiles(const std::string& directory);

  /// The answer to GET for the file `path` ("a.txt", "sub/b.bin", percent-decoded already): its content, or
  /// 403 or 404. Paths with empty, "." or ".." segments and whatever is reached by a symbolic link do not
  /// exist; only regular files are given out. An empty path: a page that lists the directory's files.
  HttpReply reply(const std::string& path) const;

 private:
  HttpReply list() const;

  platform::FileDescriptor directory_;
};

/// The media type of a file by its name's ending; "application/octet-stream" when it is not known.
std::string_view content_type_of(std::string_view name);

}  // namespace linnet::apps
