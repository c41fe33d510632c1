#include "tristab/base/output_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"

namespace tristab::output_file_test {

namespace fs = std::filesystem;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() {
    std::string name = (fs::temp_directory_path() / "tristab-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~OutputFileTest() override { fs::remove_all(directory_); }

  std::string file(const std::string& name) const { return (directory_ / name).string(); }
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
    return file(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(directory_))
      all.push_back(entry.path().lexically_relative(directory_).string());
    std::ranges::sort(all);
    return all;
  }

  fs::path directory_;
};

std::string text_of(const fs::path& path) { return beginning_of_file(path, 1000); }

std::string any(const fs::path&) { return ""; }
std::string none(const fs::path&) { return "somebody's data"; }
const JournalCheck anew = [](const fs::path&) { return 0; };

template <class Error, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void write_whole(const std::string& path, const std::string& text) {
  OutputFile file(path, any);
  file.write(text);
  file.commit();
}

TEST_F(OutputFileTest, appears_when_it_is_committed) {
  const std::string path = file("new/result.json");
  {
    OutputFile output(path, any);
    output.write("abc");
    output.flush();
    EXPECT_FALSE(fs::exists(path));
    output.commit();
  }
  EXPECT_EQ(text_of(path), "abc");
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "new/result.json"}));
}

TEST_F(OutputFileTest, not_committed_leaves_nothing_and_spares_an_older_file) {
  for (const JournalCheck& journal : {JournalCheck(), anew}) {
    const std::string path = put("result", "old");
    {
      OutputFile output(path, any, journal);
      output.write("new");
      output.flush();
      EXPECT_EQ(text_of(path), "old");
    }
    EXPECT_EQ(text_of(path), "old");
    EXPECT_EQ(names(), (std::vector<std::string>{"result"}));
  }
}

TEST_F(OutputFileTest, two_at_once_are_each_whole_and_the_last_wins) {
  const std::string path = file("r.json");
  OutputFile first(path, any), second(path, any);
  first.write("first");
  second.write("second");
  first.flush();
  second.commit();
  EXPECT_EQ(text_of(path), "second");
  first.commit();
  EXPECT_EQ(text_of(path), "first");
  EXPECT_EQ(names(), (std::vector<std::string>{"r.json"}));
}

TEST_F(OutputFileTest, a_journal_is_read_while_it_grows_and_has_one_writer) {
  const std::string path = file("r.ndjson");
  {
    OutputFile output(path, any, anew);
    output.write("line\n");
    output.flush();
    EXPECT_EQ(text_of(path + ".partial"), "line\n");
    EXPECT_NE(message_of<InputError>([&] { OutputFile(path, any, anew); }).find("another run"), std::string::npos);
    EXPECT_EQ(text_of(path + ".partial"), "line\n");
    output.commit();
  }
  EXPECT_EQ(text_of(path), "line\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"r.ndjson"}));
}

TEST_F(OutputFileTest, a_kept_journal_stays_and_the_next_run_goes_on) {
  const std::string path = put("r.ndjson", "old");
  {
    OutputFile output(path, any, anew);
    output.write("whole torn");
    output.keep("2 cases are kept");
  }
  EXPECT_EQ(kept_journals().back().text, "2 cases are kept in " + path + ".partial");
  EXPECT_EQ(text_of(path + ".partial"), "whole torn");
  EXPECT_EQ(text_of(path), "old");
  const JournalCheck refusing = [](const fs::path& file) -> std::uint64_t { throw UsageError(text_of(file)); };
  EXPECT_EQ(message_of<UsageError>([&] { OutputFile(path, any, refusing); }), "whole torn");
  EXPECT_EQ(text_of(path + ".partial"), "whole torn");
  {
    OutputFile output(path, any, [](const fs::path&) { return 6; });
    output.write("rest");
    output.flush();
    EXPECT_EQ(text_of(path + ".partial"), "whole rest");
    output.discard();
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"r.ndjson"}));
  EXPECT_EQ(text_of(path), "old");
}

// Who takes a journal for a stale lock removes it, and starts another run.
TEST_F(OutputFileTest, a_journal_that_was_removed_is_read_to_its_end_and_spares_its_successor) {
  const std::string path = file("r.ndjson");
  for (const bool successor : {false, true}) {
    const std::size_t before = kept_journals().size();
    {
      OutputFile output(path, any, anew);
      output.write("mine");
      output.keep("1 case is kept");
      fs::remove(path + ".partial");
      if (successor) put("r.ndjson.partial", "theirs");
      output.flush();
      EXPECT_EQ(text_of(output.readable()), "mine");
    }
    EXPECT_EQ(kept_journals().size(), before);  // nothing of it is there
    OutputFile(path, any, [](const fs::path&) { return 6; }).discard();
    EXPECT_EQ(names(), std::vector<std::string>{});
  }
  {
    OutputFile output(path, any, anew);
    fs::remove(path + ".partial");
    put("r.ndjson.partial", "theirs");
    output.discard();
  }
  EXPECT_EQ(text_of(path + ".partial"), "theirs");
}

TEST_F(OutputFileTest, of_several_files_none_is_replaced_until_all_are_written) {
  const std::string first = put("a", "old"), second = put("b", "old");
  OutputFile a(first, any), b(second, any);
  a.write("new");
  b.write("new");
  a.prepare();
  b.prepare();
  EXPECT_EQ(text_of(first) + text_of(second), "oldold");
  a.commit();
  b.commit();
  EXPECT_EQ(text_of(first) + text_of(second), "newnew");
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(OutputFileTest, a_file_that_may_not_be_replaced_is_spared) {
  const std::string path = put("data", "precious");
  EXPECT_EQ(message_of<UsageError>([&] { OutputFile(path, none); }),
            path + ": found somebody's data; allowed: another name, or --force to replace it");
  OutputFile empty(put("empty", ""), none);
  EXPECT_EQ(text_of(path), "precious");
}

TEST_F(OutputFileTest, a_file_that_came_meanwhile_is_spared_and_the_output_kept) {
  const std::string path = file("r.json");
  {
    OutputFile output(path, none);
    output.write("mine");
    put("r.json", "theirs");
    EXPECT_NE(message_of<UsageError>([&] { output.commit(); }).find("somebody's data"), std::string::npos);
  }
  EXPECT_EQ(text_of(path), "theirs");
  const std::string kept = kept_journals().back().text;
  ASSERT_TRUE(kept.starts_with("the result is in ")) << kept;
  EXPECT_EQ(text_of(kept.substr(17)), "mine");
}

// The temporary file of every version but this one had a name that anybody could guess.
TEST_F(OutputFileTest, files_that_stand_where_a_temporary_one_might_are_spared) {
  put("victim", "precious");
  fs::create_symlink("victim", directory_ / "r.json.partial");
  write_whole(file("r.json"), "new");
  EXPECT_EQ(text_of(file("victim")), "precious");
  EXPECT_FALSE(fs::is_symlink(directory_ / "r.json"));
  EXPECT_NE(message_of<InputError>([&] { OutputFile(file("r.json"), any, anew); }).find("link"), std::string::npos);
  ASSERT_EQ(mkfifo(file("pipe.partial").c_str(), 0600), 0);
  EXPECT_NE(message_of<InputError>([&] { OutputFile(file("pipe"), any, anew); }).find("plain"), std::string::npos);
  EXPECT_EQ(text_of(file("victim")), "precious");
}

TEST_F(OutputFileTest, the_mode_of_a_replaced_file_and_a_link_to_it_stay) {
  const std::string path = put("secret", "old");
  fs::permissions(path, fs::perms{0600});
  fs::create_symlink("secret", directory_ / "link");
  write_whole(file("link"), "new");
  EXPECT_TRUE(fs::is_symlink(directory_ / "link"));
  EXPECT_EQ(text_of(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0600});
  const mode_t mask = umask(0027);
  write_whole(file("fresh"), "new");
  umask(mask);
  EXPECT_EQ(fs::status(directory_ / "fresh").permissions(), fs::perms{0640});
}

TEST_F(OutputFileTest, a_write_protected_file_is_spared) {
  const std::string path = put("kept", "old");
  fs::permissions(path, fs::perms{0444});
  EXPECT_NE(message_of<InputError>([&] { OutputFile(path, any); }).find("write-protected"), std::string::npos);
  EXPECT_EQ(text_of(path), "old");
}

TEST_F(OutputFileTest, names_as_long_as_the_file_system_takes_are_written) {
  const std::string path = file(std::string(255, 'x'));
  write_whole(path, "abc");
  EXPECT_EQ(text_of(path), "abc");
  const std::string other = journal_of(file(std::string(254, 'x') + "2"));
  EXPECT_NE(journal_of(path), other);
  EXPECT_EQ(fs::path(other).filename().string().size(), 255u);
  EXPECT_EQ(other, journal_of(file(std::string(254, 'x') + "2")));
}

TEST_F(OutputFileTest, a_name_that_can_never_be_given_is_refused_before_the_work) {
  const std::string longer = file(std::string(300, 'x'));
  EXPECT_NE(message_of<InputError>([&] { OutputFile(longer, any); }).find("a shorter name"), std::string::npos);
  const std::string loop = file("loop");
  fs::create_symlink(loop, loop);
  EXPECT_NE(message_of<InputError>([&] { OutputFile(loop, any); }).find("a link that leads to one"), std::string::npos);
  EXPECT_EQ(names(), (std::vector<std::string>{"loop"}));
}

TEST_F(OutputFileTest, what_cannot_be_written_is_an_input_error_that_names_the_file) {
  EXPECT_THROW(OutputFile(directory_ / "", any), InputError);
  const std::string message = message_of<InputError>([] { write_whole("/dev/full", "x"); });
  EXPECT_NE(message.find("/dev/full: cannot write: No space left"), std::string::npos) << message;
}

TEST_F(OutputFileTest, a_directory_that_cannot_be_made_is_refused_for_its_reason) {
  const fs::path kept = directory_;
  fs::permissions(kept, fs::perms{0555});
  const bool root = geteuid() == 0;  // root may write everywhere: nobody may not
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  std::string message;
  try {
    const OutputFile output(directory_ / "results/result.json", any);
  } catch (const InputError& error) {
    message = error.what();
  }
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  fs::permissions(kept, fs::perms{0755});
  EXPECT_NE(message.find("results/result.json: cannot write: Permission denied;"), std::string::npos) << message;
}

TEST_F(OutputFileTest, a_link_to_a_directory_is_a_directory) {
  fs::create_directory(directory_ / "real");
  fs::create_directory_symlink("real", directory_ / "link");
  OutputFile output(directory_ / "link/result.json", any);
  output.write("abc");
  output.commit();
  EXPECT_EQ(text_of(directory_ / "real/result.json"), "abc");
}

}  // namespace tristab::output_file_test
