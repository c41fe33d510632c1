#include "tristab/base/file_ledger.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tristab/base/errors.h"

namespace tristab::file_ledger_test {

namespace fs = std::filesystem;

class FileLedger : public ::testing::Test {
 protected:
  FileLedger() {
    std::string name = (fs::temp_directory_path() / "tristab-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~FileLedger() override {
    for (const std::string& output : outputs_) forget_output(output);
    fs::remove_all(directory_);
  }

  std::string file(const std::string& name) const { return (directory_ / name).string(); }
  std::string put(const std::string& name) const {
    std::ofstream(directory_ / name) << name;
    return file(name);
  }
  std::string refusal(const std::string& output, const std::string& option = "-o") {
    outputs_.push_back(output);
    try {
      note_output(output, option);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  fs::path directory_;
  std::vector<std::string> outputs_;
};

TEST_F(FileLedger, an_input_under_any_name_is_no_output) {
  const std::string input = put("in.json");
  note_input(input);
  fs::create_symlink("in.json", directory_ / "link");
  fs::create_symlink("link", directory_ / "link-to-link");
  fs::create_hard_link(input, directory_ / "hard");
  fs::create_directory_symlink(".", directory_ / "here");
  for (const char* name : {"in.json", "./in.json", "link", "link-to-link", "hard", "here/in.json"})
    EXPECT_NE(refusal(file(name)).find("which the command reads"), std::string::npos) << name;
  EXPECT_EQ(refusal(put("other.json")), "");
  EXPECT_EQ(refusal(file("new.json")), "");
}

TEST_F(FileLedger, an_output_that_is_noted_first_is_no_input) {
  const std::string path = put("a.npy");
  EXPECT_EQ(refusal(path), "");
  EXPECT_THROW(note_input(file("./a.npy")), UsageError);
  forget_output(path);  // written
  note_input(path);
}

TEST_F(FileLedger, two_outputs_are_two_files) {
  EXPECT_EQ(refusal(file("r.json"), "-o"), "");
  EXPECT_EQ(refusal(file("r.json"), "-o"), "");  // the same one
  EXPECT_NE(refusal(file("r.json"), "--html").find("found the file of -o"), std::string::npos);
  EXPECT_NE(refusal(file("./r.json"), "--html").find("found the file of -o"), std::string::npos);
  EXPECT_NE(refusal(file("R.json"), "--html").find("found the file of -o"), std::string::npos);  // on some file systems
  fs::create_symlink("r.json", directory_ / "dangling");
  EXPECT_NE(refusal(file("dangling"), "--html").find("found the file of -o"), std::string::npos);
  EXPECT_EQ(refusal("/dev/null", "--csv") + refusal("/dev/null", "--ndjson"), "");
}

TEST_F(FileLedger, only_plain_files_are_replaced_by_renaming) {
  const std::string plain = put("plain");
  EXPECT_FALSE(is_written_through(plain));
  EXPECT_FALSE(is_written_through(file("missing")));
  EXPECT_TRUE(is_written_through("/dev/null"));
  const int open = ::open(plain.c_str(), O_WRONLY);
  EXPECT_TRUE(is_written_through("/proc/self/fd/" + std::to_string(open)));  // what /dev/stdout is a link to
  ::close(open);
}

TEST_F(FileLedger, standard_output_is_known_by_its_other_names) {
  EXPECT_TRUE(names_standard_output("-"));
  EXPECT_TRUE(names_standard_output("/proc/self/fd/1") || isatty(STDOUT_FILENO) == 0);
  EXPECT_FALSE(names_standard_output("/dev/null"));
  EXPECT_FALSE(names_standard_output(put("plain")));
}

}  // namespace tristab::file_ledger_test
