#include "common/config/command_tree.h"

#include <memory>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "common/config/completion.h"
#include "common/config/help_formatter.h"
#include "common/config/man_page.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandTreeTest : public ::testing::Test {
 protected:
  CommandTreeTest() : app_("Do things.", "tool") {
    app_.set_help_flag("-h,--help", "print this");
    app_.add_flag("--secret")->group("");
    CLI::App* send = app_.add_subcommand("send", "Send something");
    send->fallthrough();
    send->add_option("WHAT", what_, "it")->required()->type_name("");
    send->add_option("-f,--file", file_, "from there")->type_name("FILE")->envname("TOOL_FILE");
    send->add_option("--as", as_, "how it's written")->type_name("text|json")->capture_default_str();
    send->footer("Example:\n  tool send -f x\n\n.End");
  }

  CLI::App app_;
  std::string what_, file_, as_ = "text";
};

TEST_F(CommandTreeTest, HoldsCommandsAndOptionsButNotHiddenOnes) {
  const CommandTree tree = TreeOf(app_);
  ASSERT_EQ(tree.options.size(), 1u);
  EXPECT_THAT(tree.options[0].names, ElementsAre("-h", "--help"));
  const CommandTree& send = tree.commands.at(0);
  EXPECT_TRUE(send.takes_parents_options);
  EXPECT_EQ(send.Synopsis("tool "), "tool send [OPTIONS] WHAT");
  EXPECT_EQ(send.options.at(1).variable, "TOOL_FILE");
  EXPECT_TRUE(send.options.at(1).IsFile());
  EXPECT_THAT(send.options.at(2).Choices(), ElementsAre("text", "json"));
  EXPECT_EQ(send.options.at(2).default_value, "text");
}

TEST_F(CommandTreeTest, HelpNamesDefaultsVariablesAndExamples) {
  const std::string help = HelpText(TreeOf(app_).commands.at(0), "tool ");
  EXPECT_THAT(help, HasSubstr("Usage: tool send [OPTIONS] WHAT\n"));
  EXPECT_THAT(help, HasSubstr("  -f, --file FILE         from there (else TOOL_FILE)\n"));
  EXPECT_THAT(help, HasSubstr("  --as text|json          how it's written (default text)\n"));
  EXPECT_THAT(help, HasSubstr("Example:\n  tool send -f x\n"));
}

TEST_F(CommandTreeTest, ManPagesEscapeWhatRoffWouldRead) {
  const std::string page = ManPage(TreeOf(app_), "1.0", 1);
  EXPECT_THAT(page, HasSubstr(".TH TOOL 1 \"\" \"Tributary 1.0\"\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-f\\fR, \\fB\\-\\-file\\fR \\fIFILE\\fR\n"));
  EXPECT_THAT(page, HasSubstr("how it\\(aqs written"));
  EXPECT_THAT(page, HasSubstr(".nf\ntool send \\-f x\n.fi\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&.End\n"));
  EXPECT_THAT(page, HasSubstr("\\fBTOOL_FILE\\fR"));
  EXPECT_THAT(page, Not(HasSubstr("secret")));
}

TEST_F(CommandTreeTest, CompletionsOfferWhatMayStand) {
  const std::string bash = BashCompletion(TreeOf(app_));
  EXPECT_THAT(bash, HasSubstr("'tool send') at='tool send' ;;"));
  EXPECT_THAT(bash, HasSubstr("'tool send --as') COMPREPLY=($(compgen -W 'text json' -- \"$current\")); return ;;"));
  EXPECT_THAT(bash, HasSubstr("'tool send -f' | 'tool send --file') COMPREPLY=($(compgen -f -- \"$current\"))"));
  EXPECT_THAT(bash, HasSubstr("complete -o filenames -F _tool tool\n"));
  const std::string zsh = ZshCompletion(TreeOf(app_));
  EXPECT_THAT(zsh, HasSubstr("#compdef tool\n"));
  EXPECT_THAT(zsh, HasSubstr("'--as:how it'\\''s written'"));
  EXPECT_THAT(zsh, HasSubstr("'tool send --as') compadd text json; return ;;"));
}

TEST_F(CommandTreeTest, UnknownWordsAreNamedInTheirOrder) {
  try {
    app_.parse("send a b c", false);
    FAIL() << "it takes one";
  } catch (const CLI::ParseError& error) {
    EXPECT_EQ(ParseErrorText(app_, error), "tool send: does not know 'b c'\nTry 'tool send --help'.\n");
  }
}

}  // namespace
}  // namespace tributary
