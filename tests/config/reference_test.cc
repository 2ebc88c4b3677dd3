// Help, man page, completion and docs/cli.md come from the tables, and the document is up to date.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/output_file.h"
#include "config/flags/command_table.h"
#include "config/flags/completion.h"
#include "config/flags/help.h"
#include "testing/source_dir.h"

namespace blis::config {
namespace {

using ::testing::HasSubstr;

TEST(Reference, DocumentHoldsWhatTheTablesSay) {
  const std::string document = read_file(blis::testing::source_path("docs/cli.md"));
  const std::string marker = "<!-- generated: blis help --markdown -->\n";
  const std::size_t start = document.find(marker);
  ASSERT_NE(start, std::string::npos);
  // If this fails: replace what follows the marker by the output of `blis help --markdown`.
  EXPECT_EQ(document.substr(start + marker.size()), markdown_reference());
}

TEST(Reference, EveryFlagExplainsItselfEverywhere) {
  const std::string man = man_page("1");
  const std::string bash = completion_script("bash");
  for (const CommandRow& row : command_rows()) {
    const std::string help = command_help(row);
    row.with_flags([&](const FlagSet& set) {
      for (const FlagSpec& flag : set.flags()) {
        EXPECT_FALSE(flag.help().empty()) << flag.name();
        EXPECT_FALSE(flag.group().empty()) << flag.name();
        EXPECT_THAT(help, HasSubstr("--" + flag.name()));
        EXPECT_THAT(bash, HasSubstr("--" + flag.name()));
      }
    });
  }
  EXPECT_THAT(man, HasSubstr("\\-\\-max\\-num\\-seqs"));
}

TEST(Reference, OldNamesAreHiddenFromHelp) {
  EXPECT_EQ(command_help(*find_command("run")).find("max-num-running-reqs"), std::string::npos);
}

TEST(Reference, UnknownShellsAreRefused) { EXPECT_THROW(completion_script("tcsh"), ConfigError); }

}  // namespace
}  // namespace blis::config
