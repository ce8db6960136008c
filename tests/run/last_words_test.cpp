// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/last_words.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string_view>

namespace steelyard {
namespace {

TEST(LastWords, KeepsWholeLinesOfTheEnd) {
  EXPECT_EQ(last_lines("one\ntwo\nthree\n", 100), "one\ntwo\nthree");
  EXPECT_EQ(last_lines("one\ntwo\nthree\n", 8), "three");
}

TEST(LastWords, AreValidTextWhateverCame) {
  EXPECT_EQ(last_lines("\x1b[31mred\x1b[0m \xff\xc3 \xec\xa0\x84", 100),
            "?[31mred?[0m ?? \xec\xa0\x84");
  EXPECT_EQ(last_lines("\n\n  \n", 100), "");
}

TEST(LastWords, DrainsMoreThanAPipeHoldsAndKeepsTheEnd) {
  int end = -1;
  LastWords words(end);
  const std::string line(99, 'x');
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(::write(end, (line + "\n").c_str(), 100), 100);
  constexpr std::string_view last = "the end\n";
  ASSERT_EQ(::write(end, last.data(), last.size()), static_cast<ssize_t>(last.size()));
  // The write end stays open, as in a grandchild.
  EXPECT_TRUE(words.finish().ends_with("the end"));
  ::close(end);
}

}  // namespace
}  // namespace steelyard
