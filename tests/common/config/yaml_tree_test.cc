#include "common/config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<YamlValue> Parse(absl::string_view text) {
  std::vector<YamlDuplicate> duplicates;
  return ParseYamlTree(text, "f.yaml", duplicates);
}

std::string ErrorOf(absl::string_view text) { return std::string(Parse(text).status().message()); }

TEST(YamlTreeTest, ValuesCarryTheirLines) {
  const auto tree = Parse("a: 1\n\nb:\n  - x\n  - y: 2\n");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Find("a")->line, 1);
  EXPECT_EQ(tree->Find("b")->line, 3);
  EXPECT_EQ(tree->Find("b")->value.items.at(0).line, 4);
  EXPECT_EQ(tree->Find("b")->value.items.at(1).Find("y")->line, 5);
}

TEST(YamlTreeTest, EmptyTextIsAnEmptyMap) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~"}) {
    const auto tree = Parse(text);
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(tree->kind, YamlValue::Kind::kMap) << text;
    EXPECT_TRUE(tree->entries.empty()) << text;
  }
}

TEST(YamlTreeTest, NothingAndNullAreNull) {
  const auto tree = Parse("a:\nb: null\nc: ~\nd: \"null\"\n");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Find("a")->value.kind, YamlValue::Kind::kNull);
  EXPECT_EQ(tree->Find("b")->value.kind, YamlValue::Kind::kNull);
  EXPECT_EQ(tree->Find("c")->value.kind, YamlValue::Kind::kNull);
  EXPECT_EQ(tree->Find("d")->value.kind, YamlValue::Kind::kScalar);
}

TEST(YamlTreeTest, AliasesStandForTheirValues) {
  const auto tree = Parse("a: &x {k: v}\nb: *x\n");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Find("b")->value.Find("k")->value.scalar, "v");
}

TEST(YamlTreeTest, DuplicatesAreToldWithBothLines) {
  std::vector<YamlDuplicate> duplicates;
  const auto tree = ParseYamlTree("a: 1\nb: 2\na: 3\n", "f.yaml", duplicates);
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Find("a")->value.scalar, "1");
  ASSERT_EQ(duplicates.size(), 1u);
  EXPECT_EQ(duplicates[0].key, "a");
  EXPECT_EQ(duplicates[0].line, 3);
  EXPECT_EQ(duplicates[0].first_line, 1);
}

TEST(YamlTreeTest, BrokenTextIsRefusedWithItsLine) {
  EXPECT_THAT(ErrorOf("a: 1\nb: [1, 2\n"), StartsWith("f.yaml:3: "));
  EXPECT_THAT(ErrorOf("a: 1\n\tb: 2\n"), StartsWith("f.yaml:2: "));
  EXPECT_THAT(ErrorOf("a: *nowhere\n"), StartsWith("f.yaml:1: "));
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"), StartsWith("f.yaml:2: a second document"));
  EXPECT_THAT(ErrorOf("? [a, b]\n: 1\n"), StartsWith("f.yaml:1: a key that is not plain text"));
}

TEST(YamlTreeTest, AnAliasInsideItsOwnValueIsRefused) {
  EXPECT_THAT(ErrorOf("a: &x\n  - *x\n"), HasSubstr("an alias inside the value it stands for"));
}

TEST(YamlTreeTest, AliasesThatMultiplyAreRefused) {
  std::string bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&bomb, j > 0 ? ", " : "", "*a", i - 1);
    absl::StrAppend(&bomb, "]\n");
  }
  EXPECT_THAT(ErrorOf(bomb), HasSubstr("too much data after aliases are expanded"));
}

TEST(YamlTreeTest, LongTextRepeatedByAliasesIsRefused) {
  std::string bomb = absl::StrCat("a: &a ", std::string(1 << 20, 'x'), "\nb: [");
  for (int i = 0; i < 100; ++i) absl::StrAppend(&bomb, i > 0 ? ", " : "", "*a");
  EXPECT_THAT(ErrorOf(absl::StrCat(bomb, "]\n")), HasSubstr("too much data after aliases are expanded"));
}

TEST(YamlTreeTest, DeepNestingIsRefused) {
  const std::string deepest = absl::StrCat(std::string(kMaxYamlDepth, '['), std::string(kMaxYamlDepth, ']'));
  EXPECT_TRUE(Parse(deepest).ok());
  EXPECT_THAT(ErrorOf(absl::StrCat("[", deepest, "]")), HasSubstr("nested deeper than 64"));
  EXPECT_FALSE(Parse(std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace tributary
