// SPDX-License-Identifier: Apache-2.0
// argtable3/argtable3.h: words to values, errors, and what is printed.
#include <argtable3/argtable3.h>
#include <gtest/gtest.h>

#include <climits>
#include <cstdlib>
#include <string>
#include <vector>

#include <esp_console.h>

namespace {

/// What a call prints.
template <typename Function>
std::string printed(Function&& function) {
  char* text = nullptr;
  std::size_t size = 0;
  FILE* file = open_memstream(&text, &size);
  function(file);
  std::fclose(file);
  std::string copy(text, size);
  std::free(text);
  return copy;
}

struct Table {
  arg_lit_t* quiet = arg_lit0("q", "quiet", "say nothing");
  arg_lit_t* more = arg_litn("v", "verbose,quick", 0, 3, nullptr);
  arg_int_t* size = arg_int0("sS", "size", "<n>", "how much");
  arg_dbl_t* wait = arg_dbl0("W", "wait,timeout", "<t>", "how long");
  arg_str_t* name = arg_str0(nullptr, "name", nullptr, "who");
  arg_int_t* first = arg_int1(nullptr, nullptr, "<first>", "a number");
  arg_str_t* others = arg_strn(nullptr, nullptr, "<other>", 0, 2, nullptr);
  arg_end_t* end = arg_end(3);

  void** all() { return reinterpret_cast<void**>(this); }
  ~Table() { arg_freetable(all(), sizeof(Table) / sizeof(void*)); }

  /// Keeps the words, which the entries point to.
  int parse(std::vector<std::string> words) {
    words_ = std::move(words);
    words_.insert(words_.begin(), "program");
    argv_.clear();
    for (std::string& word : words_) argv_.push_back(word.data());
    argv_.push_back(nullptr);
    return arg_parse(static_cast<int>(words_.size()), argv_.data(), all());
  }
  std::string errors() {
    return printed([this](FILE* file) { arg_print_errors(file, end, "program"); });
  }

 private:
  static inline std::vector<std::string> words_;
  static inline std::vector<char*> argv_;
};

TEST(Argtable, NamesAndValuesAreFoundInEachForm) {
  Table table;
  ASSERT_EQ(arg_nullcheck(table.all()), 0);
  ASSERT_EQ(table.parse({"-qs5", "7", "--wait=0.25", "-v", "one", "--verb", "--name", "me", "--", "-two"}), 0)
      << table.errors();
  EXPECT_EQ(table.quiet->count, 1);
  EXPECT_EQ(table.more->count, 2) << "the beginning of a name is enough";
  EXPECT_EQ(table.size->ival[0], 5);
  EXPECT_EQ(table.wait->dval[0], 0.25);
  EXPECT_STREQ(table.name->sval[0], "me");
  EXPECT_EQ(table.first->ival[0], 7);
  ASSERT_EQ(table.others->count, 2);
  EXPECT_STREQ(table.others->sval[0], "one");
  EXPECT_STREQ(table.others->sval[1], "-two") << "after -- nothing is a name";

  ASSERT_EQ(table.parse({"-S", "9", "--timeout", "2e1", "-3", "1"}), 1) << "-3 is a name";
  EXPECT_EQ(table.errors(), "program: -3 is not an option\n");
  EXPECT_EQ(table.size->ival[0], 9);
  EXPECT_EQ(table.wait->dval[0], 20);
  EXPECT_EQ(table.quiet->count, 0) << "each time from the beginning";
}

TEST(Argtable, WhatIsNotGivenKeepsTheProgramsValue) {
  Table table;
  table.size->ival[0] = 64;
  ASSERT_EQ(table.parse({"1"}), 0);
  EXPECT_EQ(table.size->count, 0);
  EXPECT_EQ(table.size->ival[0], 64);
  EXPECT_STREQ(table.name->sval[0], "");
}

TEST(Argtable, NumbersHaveBasesSuffixesAndEnds) {
  Table table;
  struct Case {
    const char* word;
    int value;
  };
  for (const Case& one : {Case{"0x1F", 31},
                          {"0b101", 5},
                          {"0o17", 15},
                          {"010", 10},
                          {"2kb", 2048},
                          {"1MB", 1 << 20},
                          {"+4", 4},
                          {"2147483647", INT_MAX},
                          {"0", 0}}) {
    EXPECT_EQ(table.parse({one.word}), 0) << one.word;
    EXPECT_EQ(table.first->ival[0], one.value) << one.word;
  }
  EXPECT_EQ(table.parse({"--", "-2147483648"}), 0);
  EXPECT_EQ(table.first->ival[0], INT_MIN);
  for (const char* word : {"0x", "+-1", "1x"}) {
    EXPECT_NE(table.parse({"-s", word, "1"}), 0) << word;
    EXPECT_EQ(table.errors(), std::string("program: -s|-S|--size=<n> does not take \"") + word + "\"\n");
  }
  for (const char* word : {"2147483648", "2GB", "99999999999999999999"}) {
    EXPECT_EQ(table.parse({"-s", word, "1"}), 1) << word;
    EXPECT_EQ(table.errors(),
              std::string("program: -s|-S|--size=<n>: the number is too large: ") + word + "\n");
  }
}

TEST(Argtable, ErrorsAreToldOnceForEachAndToALimit) {
  Table table;
  EXPECT_EQ(table.parse({}), 1);
  EXPECT_EQ(table.errors(), "program: <first> is missing\n");
  EXPECT_EQ(table.parse({"1", "a", "b", "c"}), 1);
  EXPECT_EQ(table.errors(), "program: nothing takes \"c\"\n");
  EXPECT_EQ(table.parse({"1", "-qq", "--name"}), 2);
  EXPECT_EQ(table.errors(), "program: one -q|--quiet too many: \nprogram: --name needs a value\n");
  EXPECT_EQ(table.parse({"1", "--quiet=5", "-x", "--none", "-y"}), 3);
  EXPECT_EQ(table.errors(),
            "program: --quiet=5 is not an option\nprogram: -x is not an option\n"
            "program: further errors are not shown\n");
  EXPECT_EQ(table.parse({"1", "--qui"}), 1) << "quiet, or quick?";
  EXPECT_EQ(table.errors(), "program: --qui is not an option\n");
  EXPECT_EQ(table.parse({"1", "--quie"}), 0);
  EXPECT_EQ(table.parse({"1", "-"}), 0) << "a word";
}

TEST(Argtable, TextsFilesAndDatesAreChecked) {
  arg_rex_t* pattern = arg_rexn(nullptr, nullptr, "ab+", nullptr, 0, 2, ARG_REX_ICASE, nullptr);
  arg_file_t* file = arg_file0("f", nullptr, nullptr, nullptr);
  arg_date_t* date = arg_date0("d", nullptr, "%Y-%m-%d", nullptr, nullptr);
  arg_end_t* end = arg_end(5);
  void* table[] = {pattern, file, date, end};
  std::vector<std::string> words{"x", "ABB", "-f", "/a.b/c.tar.gz", "-d2026-11-27", "abc"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  EXPECT_EQ(arg_parse(static_cast<int>(argv.size()), argv.data(), table), 1) << "abc is not matched whole";
  EXPECT_EQ(end->parent[0], pattern);
  EXPECT_EQ(pattern->count, 1);
  EXPECT_STREQ(pattern->sval[0], "ABB");
  EXPECT_STREQ(file->filename[0], "/a.b/c.tar.gz");
  EXPECT_STREQ(file->basename[0], "c.tar.gz");
  EXPECT_STREQ(file->extension[0], ".gz");
  EXPECT_EQ(date->tmval[0].tm_year, 126);
  EXPECT_EQ(date->tmval[0].tm_mday, 27);
  arg_free(table);
  EXPECT_EQ(table[3], nullptr);
}

TEST(Argtable, SyntaxAndGlossaryArePrinted) {
  Table table;
  EXPECT_EQ(printed([&](FILE* file) { arg_print_syntax(file, table.all(), "\n"); }),
            " [-qv] [-s <n>] [-W <t>] [--name=<string>] <first> [<other>] [<other>]\n");
  EXPECT_EQ(printed([&](FILE* file) { arg_print_syntaxv(file, table.all(), nullptr); }),
            " [-q|--quiet] [-v|--verbose|--quick] [-v|--verbose|--quick]... [-s|-S|--size=<n>] "
            "[-W|--wait|--timeout=<t>]"
            " [--name=<string>] <first> [<other>] [<other>]");
  EXPECT_EQ(printed([&](FILE* file) { arg_print_glossary(file, table.all(), "%s: %s\n"); }),
            "-q, --quiet: say nothing\n-s, -S, --size=<n>: how much\n-W, --wait, --timeout=<t>: how long\n"
            "--name=<string>: who\n<first>: a number\n");
  EXPECT_EQ(printed([](FILE* file) { arg_print_option(file, "x", nullptr, "<n>", "!"); }), "-x <n>!");
}

int width = 0;

TEST(Argtable, TheConsoleShowsATableByHelp) {
  static Table table;
  esp_console_config_t config = ESP_CONSOLE_CONFIG_DEFAULT();
  ASSERT_EQ(esp_console_init(&config), ESP_OK);
  ASSERT_EQ(esp_console_register_help_command(), ESP_OK);
  esp_console_cmd_t command{};
  command.command = "draw";
  command.help = "Draws it";
  command.func = [](int argc, char** argv) {
    if (arg_parse(argc, argv, table.all()) != 0) return 1;
    width = table.first->ival[0];
    return 0;
  };
  command.argtable = &table;
  ASSERT_EQ(esp_console_cmd_register(&command), ESP_OK);
  int result = -1;
  EXPECT_EQ(esp_console_run("draw 0x20", &result), ESP_OK);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(width, 32);
  testing::internal::CaptureStdout();
  EXPECT_EQ(esp_console_run("help draw", &result), ESP_OK);
  std::fflush(stdout);
  EXPECT_EQ(
      testing::internal::GetCapturedStdout(),
      "draw  [-qv] [-s <n>] [-W <t>] [--name=<string>] <first> [<other>] [<other>]\n  Draws it\n"
      "   -q, --quiet  say nothing\n  -s, -S, --size=<n>  how much\n  -W, --wait, --timeout=<t>  how long\n"
      "  --name=<string>  who\n       <first>  a number\n\n");
  EXPECT_EQ(esp_console_deinit(), ESP_OK);
}

/// The calls whose names say how often: ...1 once, ...n as often as said.
TEST(Argtable, EachKindOnceOrOften) {
  arg_lit_t* sure = arg_lit1("y", nullptr, "be sure");
  arg_int_t* numbers = arg_intn("n", nullptr, "<n>", 1, 2, "numbers");
  arg_dbl_t* length = arg_dbl1("l", nullptr, "<m>", "a length");
  arg_dbl_t* more = arg_dbln("m", nullptr, "<m>", 0, 2, "lengths");
  arg_rex_t* word = arg_rex1(nullptr, "word", "[a-c]+", "<abc>", 0, "letters");
  arg_rex_t* other = arg_rex0(nullptr, "other", "x+", "<x>", 0, nullptr);
  arg_file_t* file = arg_file1("f", nullptr, "<file>", "a file");
  arg_file_t* files = arg_filen("g", nullptr, "<file>", 0, 2, nullptr);
  arg_date_t* day = arg_date1("d", nullptr, "%Y-%m-%d", "<day>", "a day");
  arg_date_t* days = arg_daten("e", nullptr, "%Y-%m-%d", "<day>", 0, 2, nullptr);
  struct arg_rem* note = arg_rem("-- and so on", "only printed");
  arg_end_t* end = arg_end(20);
  void* table[] = {sure, numbers, length, more, word, other, file, files, day, days, note, end};
  ASSERT_EQ(arg_nullcheck(table), 0);
  const auto parse = [&table](std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& one : words) argv.push_back(one.data());
    argv.push_back(nullptr);
    return arg_parse(static_cast<int>(words.size()), argv.data(), table);
  };
  static std::vector<std::string> words = {"program", "-y",         "-n1",    "-n",        "2",  "-l",
                                           "1.5",     "-m2.5",      "--word", "abc",       "-f", "/a/b.txt",
                                           "-d",      "2026-11-27", "-e",     "2000-02-29"};
  std::vector<char*> argv;
  for (std::string& one : words) argv.push_back(one.data());
  argv.push_back(nullptr);
  ASSERT_EQ(arg_parse(static_cast<int>(words.size()), argv.data(), table), 0);
  EXPECT_EQ(sure->count, 1);
  ASSERT_EQ(numbers->count, 2);
  EXPECT_EQ(numbers->ival[1], 2);
  EXPECT_EQ(length->dval[0], 1.5);
  EXPECT_EQ(more->dval[0], 2.5);
  EXPECT_STREQ(word->sval[0], "abc");
  EXPECT_EQ(other->count, 0);
  EXPECT_STREQ(file->basename[0], "b.txt");
  EXPECT_EQ(files->count, 0);
  EXPECT_EQ(day->tmval[0].tm_mday, 27);
  EXPECT_EQ(days->tmval[0].tm_mon, 1);
  EXPECT_EQ(parse({"program"}), 6) << "each that has to be there, once";
  EXPECT_EQ(parse({"program", "-yy", "-n1", "-l1", "--word", "abd", "-fa", "-d2026-01-01"}), 3)
      << "once too often, no match, and so not there";
  const std::string glossary = printed([&](FILE* to) { arg_print_glossary_gnu(to, table); });
  EXPECT_NE(glossary.find("only printed"), std::string::npos);
  EXPECT_NE(glossary.find("a length"), std::string::npos);
  arg_freetable(table, std::size(table));
  EXPECT_EQ(table[0], nullptr);
}

}  // namespace
