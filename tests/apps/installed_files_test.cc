#include <fmt/format.h>
#include <gtest/gtest.h>

#include "shell.h"

namespace tristab::installed_files_test {

struct InstalledFile {
  const char* path;
  const char* arguments;  // with which the program prints it
};

TEST(InstalledFiles, are_what_the_program_prints) {
  const Workplace place;
  const ProgramResult installation = run_command(
      fmt::format("'{}' --install '{}' --prefix \"$PWD/prefix\"", TRISTAB_CMAKE, TRISTAB_BUILD_DIR), place.file("."));
  ASSERT_EQ(installation.status, 0) << installation.err << installation.out;
  for (const auto& [path, arguments] :
       {InstalledFile{"share/bash-completion/completions/tristab", "completion bash"},
        InstalledFile{"share/zsh/site-functions/_tristab", "completion zsh"},
        InstalledFile{"share/fish/vendor_completions.d/tristab.fish", "completion fish"},
        InstalledFile{"share/man/man1/tristab.1", "man"},
        InstalledFile{"share/tristab/configs/sweep.schema.json", "schema sweep"},
        InstalledFile{"share/tristab/configs/results.schema.json", "schema results"},
        InstalledFile{"share/tristab/configs/kernel.schema.json", "schema kernel"},
        InstalledFile{"share/tristab/configs/suite.schema.json", "schema suite"}}) {
    const std::string text = place.read(fmt::format("prefix/{}", path));
    EXPECT_FALSE(text.empty()) << path;
    EXPECT_TRUE(text == place.run(arguments).out) << path << " is not what tristab " << arguments << " prints";
  }
}

TEST(InstalledFiles, bash_finds_its_completion_and_man_its_page) {
  const Workplace place;
  ASSERT_EQ(run_command(fmt::format("'{}' --install '{}' --prefix \"$PWD/prefix\"", TRISTAB_CMAKE, TRISTAB_BUILD_DIR),
                        place.file("."))
                .status,
            0);
  const ProgramResult bash = run_command(
      "source prefix/share/bash-completion/completions/tristab\ncomplete -p tristab\n"
      "COMP_LINE='tristab sweep --methods mxr,m' COMP_POINT=29\n"
      "COMP_WORDS=(tristab sweep --methods mxr,m) COMP_CWORD=3\n_tristab\necho \"${COMPREPLY[*]}\"",
      place.file("."));
  EXPECT_EQ(bash.err, "");
  EXPECT_NE(bash.out.find("-F _tristab tristab"), std::string::npos) << bash.out;
  EXPECT_NE(bash.out.find("mxr,mbh"), std::string::npos) << bash.out;
  if (!is_installed("man")) return;
  const ProgramResult man =
      run_command("export LC_ALL=C.UTF-8\nMANPATH=$PWD/prefix/share/man man -P cat tristab", place.file("."));
  EXPECT_EQ(man.status, 0) << man.err;
  EXPECT_NE(man.out.find("tristab completion SHELL"), std::string::npos) << man.out;
}

}  // namespace tristab::installed_files_test
