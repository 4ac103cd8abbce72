// SPDX-License-Identifier: Apache-2.0
#include "apps/served_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

namespace fs = std::filesystem;

class ServedFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "linnet-files-XXXXXX";
    root_ = mkdtemp(pattern.data());
    fs::create_directories(root_ / "served/sub");
    std::ofstream(root_ / "secret.txt") << "secret";
    std::ofstream(root_ / "served/a.txt") << "hello";
    std::ofstream(root_ / "served/sub/b.bin") << "bytes";
    std::ofstream(root_ / "served/<b> & c") << "odd";
    fs::create_symlink("../secret.txt", root_ / "served/link");
    fs::create_directory_symlink("..", root_ / "served/up");
    ASSERT_EQ(mkfifo((root_ / "served/fifo").c_str(), 0600), 0);
  }
  void TearDown() override { fs::remove_all(root_); }

  static std::string content_of(const HttpReply& reply) {
    std::string text(reply.content->size(), '\0');
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t n =
          reply.content->read({reinterpret_cast<std::uint8_t*>(text.data()) + at, text.size() - at});
      if (n == 0) break;
      at += n;
    }
    return text.substr(0, at);
  }

  fs::path root_;
};

TEST_F(ServedFilesTest, gives_out_regular_files) {
  const ServedFiles files(root_ / "served");
  const HttpReply a = files.reply("a.txt");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(content_of(a), "hello");
  EXPECT_EQ(content_of(files.reply("sub/b.bin")), "bytes");
}

TEST_F(ServedFilesTest, nothing_outside_of_the_directory_exists) {
  const ServedFiles files(root_ / "served");
  for (const auto& path :
       {"../secret.txt", "sub/../../secret.txt", "..", ".", "./a.txt", "/etc/passwd", "link", "up/secret.txt",
        "sub//b.bin", "sub/", "sub", "fifo", "missing", "a.txt/", "a.txt/x"}) {
    EXPECT_EQ(files.reply(path).status, 404) << path;
  }
  EXPECT_EQ(files.reply(std::string("a.txt\0", 6)).status, 404);
}

TEST_F(ServedFilesTest, the_list_has_the_files_escaped) {
  const std::string list = content_of(ServedFiles(root_ / "served").reply(""));
  EXPECT_THAT(list, testing::HasSubstr("href=\"/files/a.txt\""));
  EXPECT_THAT(list, testing::HasSubstr("href=\"/files/%3Cb%3E%20%26%20c\">&lt;b&gt; &amp; c</a>"));
  EXPECT_THAT(list, testing::Not(testing::HasSubstr("link")));
}

TEST_F(ServedFilesTest, a_file_that_shrinks_yields_what_is_left) {
  const HttpReply reply = ServedFiles(root_ / "served").reply("a.txt");
  fs::resize_file(root_ / "served/a.txt", 2);
  EXPECT_EQ(content_of(reply), "he");
}

TEST_F(ServedFilesTest, a_missing_directory_is_a_usage_error) {
  try {
    const ServedFiles files(root_ / "nowhere");
    FAIL();
  } catch (const Problem& problem) {
    EXPECT_EQ(problem.code, exit_code::usage);
    EXPECT_THAT(problem.what(), testing::HasSubstr("nowhere"));
  }
}

}  // namespace
}  // namespace linnet::apps
