// SPDX-License-Identifier: Apache-2.0
#include "apps/html.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

using namespace std::string_view_literals;

TEST(EscapeHtml, markup_characters_become_references) {
  EXPECT_EQ(escape_html("<script>alert(\"1\" & '2')</script>"),
            "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape_html("&amp;"), "&amp;amp;");
}

TEST(EscapeHtml, ordinary_text_and_utf8_stay) {
  EXPECT_EQ(escape_html(""), "");
  EXPECT_EQ(escape_html("linnet 10.0.2.15\t\xc3\xa9\n"), "linnet 10.0.2.15\t\xc3\xa9\n");
}

TEST(EscapeHtml, control_characters_are_replaced) {
  EXPECT_EQ(escape_html("a\0b\x1b\x7f"sv),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace linnet::apps
