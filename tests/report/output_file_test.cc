#include "tristab/report/output_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "small_sweep.h"
#include "tristab/base/errors.h"

namespace tristab::output_file_test {

TEST(OutputFile, appears_when_it_is_committed) {
  const TemporaryDirectory directory;
  const std::string path = directory / "new/result.json";
  {
    OutputFile file(path, Appearance::when_complete);
    file.write("abc");
    file.flush();
    EXPECT_FALSE(std::filesystem::exists(path));
    file.commit();
  }
  EXPECT_EQ(read_text(path), "abc");
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST(OutputFile, not_committed_leaves_nothing_and_spares_an_older_file) {
  const TemporaryDirectory directory;
  const std::string path = directory / "result.json";
  {
    OutputFile old(path, Appearance::when_complete);
    old.write("old");
    old.commit();
  }
  {
    OutputFile file(path, Appearance::when_complete);
    file.write("new");
    file.flush();
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST(OutputFile, grows_under_its_name_where_the_format_tells_its_end) {
  const TemporaryDirectory directory;
  const std::string path = directory / "result.ndjson";
  OutputFile file(path, Appearance::at_once);
  file.write("line\n");
  file.flush();
  EXPECT_EQ(read_text(path), "line\n");
}

TEST(OutputFile, what_cannot_be_written_is_an_input_error_that_names_the_file) {
  const TemporaryDirectory directory;
  EXPECT_THROW(OutputFile(directory / "", Appearance::when_complete), InputError);
  try {
    OutputFile file("/dev/full", Appearance::when_complete);
    file.write("x");
    file.commit();
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("/dev/full: cannot write: No space left"), std::string::npos);
  }
}

TEST(OutputFile, a_directory_that_cannot_be_made_is_refused_for_its_reason) {
  const TemporaryDirectory directory;
  const std::filesystem::path kept = std::filesystem::path(directory / "result.json").parent_path();
  std::filesystem::permissions(kept, std::filesystem::perms{0555});
  const bool root = geteuid() == 0;  // root may write everywhere: nobody may not
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  std::string message;
  try {
    const OutputFile file(directory / "results/result.json", Appearance::when_complete);
  } catch (const InputError& error) {
    message = error.what();
  }
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  std::filesystem::permissions(kept, std::filesystem::perms{0755});
  EXPECT_NE(message.find("results/result.json: cannot write: Permission denied;"), std::string::npos) << message;
}

TEST(OutputFile, a_link_to_a_directory_is_a_directory) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "real");
  std::filesystem::create_directory_symlink("real", directory / "link");
  OutputFile file(directory / "link/result.json", Appearance::when_complete);
  file.write("abc");
  file.commit();
  EXPECT_EQ(read_text(directory / "real/result.json"), "abc");
}

}  // namespace tristab::output_file_test
