#include "tristab/report/result_journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/report/result_head.h"

namespace tristab::result_journal_test {

class ResultJournalTest : public ::testing::Test {
 protected:
  ResultJournalTest() : config_(small_config()), plan_(make_plan(config_)), path_(directory_ / "r.ndjson") {
    whole_ = written(config_, ResultFormat::ndjson, 2);
    // The journal of a run that was stopped at its end.
    {
      const auto writer = make_result_writer(ResultFormat::json, path_, header());
      struct Unfinished : ResultSink {
        explicit Unfinished(ResultSink& to) : sink(to) {}
        SerializedRecords render(const MatrixResult& result) const override { return sink.render(result); }
        void accept(const MatrixResult& result, SerializedRecords rendered) override {
          sink.accept(result, std::move(rendered));
        }
        std::string render_layer(const LayerResult& result) const override { return sink.render_layer(result); }
        void accept_layer(const LayerResult&, std::string) override {}
        void finish(const SweepReport&) override {}
        ResultSink& sink;
      } unfinished(*writer);
      run_sweep(config_, plan_, {2}, unfinished);
    }
    journal_ = read_text(path_ + ".partial");
    std::filesystem::remove(path_ + ".partial");
  }

  RunHeader header(bool resume = true) const {
    RunHeader header = small_header(config_, plan_);
    header.resume = resume;
    return header;
  }
  void put_journal(const std::string& text) const { std::ofstream(path_ + ".partial", std::ios::binary) << text; }
  // A result without what its run says of itself.
  static std::string without_end(const std::string& text) { return text.substr(0, text.rfind('\n', text.size() - 2)); }

  std::string resumed(int* kept = nullptr) const {
    const auto writer = make_result_writer(ResultFormat::ndjson, path_, header());
    class Counter : public ResultSink {
     public:
      explicit Counter(ResultSink& sink) : sink_(sink) {}
      KeptResults* kept() override { return sink_.kept(); }
      SerializedRecords render(const MatrixResult& result) const override { return sink_.render(result); }
      void accept(const MatrixResult& result, SerializedRecords rendered) override {
        sink_.accept(result, std::move(rendered));
      }
      std::string render_layer(const LayerResult& result) const override { return sink_.render_layer(result); }
      void accept_layer(const LayerResult& result, std::string rendered) override {
        sink_.accept_layer(result, std::move(rendered));
      }
      void finish(const SweepReport& report) override {
        kept_records = static_cast<int>(report.kept);
        sink_.finish(report);
      }
      int kept_records = 0;

     private:
      ResultSink& sink_;
    } counter(*writer);
    run_sweep(config_, plan_, {2}, counter);
    if (kept != nullptr) *kept = counter.kept_records;
    return read_text(path_);
  }
  std::string refusal(const RunHeader& header) const {
    try {
      ResultJournal(path_, header, [](const std::filesystem::path&) { return ""; });
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  TemporaryDirectory directory_;
  SweepConfig config_;
  Plan plan_;
  std::string path_, whole_, journal_;
};

TEST_F(ResultJournalTest, a_journal_torn_anywhere_gives_the_same_result) {
  int most_kept = 0;
  for (int k = 0; k <= 12; ++k) {
    put_journal(journal_.substr(0, journal_.size() * static_cast<std::size_t>(k) / 12));
    int kept = 0;
    EXPECT_EQ(without_end(resumed(&kept)), without_end(whole_)) << k;
    EXPECT_GE(kept, most_kept);
    most_kept = kept;
    std::filesystem::remove(path_);
  }
  EXPECT_EQ(most_kept, plan_.cases);  // nothing was left to compute
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / ""));
}

TEST_F(ResultJournalTest, a_unit_whose_last_newline_is_missing_is_not_whole) {
  const auto kept_of = [&](std::size_t bytes) {
    put_journal(journal_.substr(0, bytes));
    int kept = 0;
    EXPECT_EQ(without_end(resumed(&kept)), without_end(whole_));
    std::filesystem::remove(path_);
    return kept;
  };
  const std::size_t before_last = journal_.rfind("{\"type\": \"unit\"", journal_.size() / 2);
  const std::size_t end = journal_.find('\n', before_last);
  EXPECT_GT(kept_of(end + 1), kept_of(end));
  EXPECT_EQ(kept_of(end), kept_of(before_last));
}

// Also what still reads as a record: another digit, a line twice.
TEST_F(ResultJournalTest, damage_in_the_middle_is_computed_again) {
  for (const std::string& damage :
       {std::string(5000, '\0'), std::string("garbage\nmore garbage\n"), std::string("7")}) {
    std::string text = journal_;
    std::size_t at = text.size() / 2;
    if (damage == "7") {
      at = text.find("\"frobenius\": ", at) + 15;
      ASSERT_NE(text[at], '7');
    }
    text.replace(at, damage.size(), damage);
    put_journal(text);
    int kept = 0;
    EXPECT_EQ(without_end(resumed(&kept)), without_end(whole_));
    EXPECT_GT(kept, 0);
    EXPECT_LT(kept, plan_.cases);
    std::filesystem::remove(path_);
  }
}

TEST_F(ResultJournalTest, a_unit_at_the_place_of_another_is_refused) {
  // Matrices 0 and 1 exchanged, each with its hash.
  const std::size_t first = journal_.find('\n') + 1;
  const auto end_of_unit = [&](std::size_t from) {
    return journal_.find('\n', journal_.find("{\"type\": \"unit\"", from)) + 1;
  };
  const std::size_t second = end_of_unit(first), third = end_of_unit(second);
  put_journal(journal_.substr(0, first) + journal_.substr(second, third - second) +
              journal_.substr(first, second - first) + journal_.substr(third));
  EXPECT_THROW(resumed(), InputError);
}

TEST_F(ResultJournalTest, cases_are_not_thrown_away_without_being_asked) {
  put_journal(journal_);
  {
    const auto writer = make_result_writer(ResultFormat::json, path_, header(false));
    EXPECT_EQ(read_text(path_ + ".partial~"), journal_);
    EXPECT_LT(read_text(path_ + ".partial").size(), journal_.size());
  }
  {  // another run that is stopped earlier, and one after it: the longest one stays
    put_journal(journal_.substr(0, journal_.size() / 2));
    const auto writer = make_result_writer(ResultFormat::json, path_, header(false));
    EXPECT_EQ(read_text(path_ + ".partial~"), journal_);
    run_sweep(config_, plan_, {2}, *writer);
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + ".partial~"));  // the result has all of it
  EXPECT_TRUE(std::filesystem::exists(path_));
  for (const char* other : {"\"seed\": 9", "notes"}) {  // what another run set aside, or somebody's own file
    const std::string old = "\"seed\": 1";
    std::string longer = other == std::string("notes") ? "notes\n" : journal_ + journal_;
    if (longer != "notes\n") longer.replace(longer.find(old), old.size(), other);
    std::ofstream(path_ + ".partial~", std::ios::binary) << longer;
    put_journal(journal_);
    {
      const auto writer = make_result_writer(ResultFormat::json, path_, header(false));
      EXPECT_EQ(read_text(path_ + ".partial~2"), journal_);
      run_sweep(config_, plan_, {2}, *writer);
    }
    EXPECT_EQ(read_text(path_ + ".partial~"), longer);
    EXPECT_FALSE(std::filesystem::exists(path_ + ".partial~2"));
  }
  put_journal(journal_.substr(0, journal_.find('\n') + 100));  // no whole matrix
  EXPECT_EQ(refusal(header(false)), "");
}

TEST_F(ResultJournalTest, of_the_longest_name_is_set_aside_too) {
  path_ = directory_ / (std::string(248, 'x') + ".ndjson");
  const std::string journal = journal_of(path_), aside = beside(journal, "~");
  std::ofstream(journal, std::ios::binary) << journal_;
  {
    const auto writer = make_result_writer(ResultFormat::ndjson, path_, header(false));
    EXPECT_EQ(read_text(aside), journal_);
    run_sweep(config_, plan_, {2}, *writer);
  }
  EXPECT_FALSE(std::filesystem::exists(aside));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ResultJournalTest, another_configuration_version_or_shard_is_refused) {
  put_journal(journal_);
  SweepConfig other = make_config(config_.json(), {{"seed", "9"}}, "test", TRISTAB_TEST_DATA, "small");
  RunHeader changed = header();
  changed.config = other.json();
  EXPECT_NE(refusal(changed).find("another configuration (seed 1 instead of 9)"), std::string::npos)
      << refusal(changed);
  RunHeader shard = header();
  shard.shard = Shard{1, 2};
  EXPECT_NE(refusal(shard).find("the journal of a whole run instead of shard 1/2"), std::string::npos);
  std::string older = journal_;
  const std::string version = "\"version\": \"";
  older.insert(older.find(version) + version.size(), "0.");
  put_journal(older);
  EXPECT_NE(refusal(header()).find("but this is tristab"), std::string::npos) << refusal(header());
  put_journal(journal_.substr(0, journal_.find('\n') + 1));  // without a case
  EXPECT_EQ(refusal(changed), "");
  put_journal("my notes\n");
  EXPECT_NE(refusal(header()).find("no journal of tristab"), std::string::npos);
  EXPECT_EQ(read_text(path_ + ".partial"), "my notes\n");
}

TEST_F(ResultJournalTest, a_shard_and_a_whole_result_do_not_replace_each_other) {
  std::ofstream(path_) << whole_;
  RunHeader shard = header();
  shard.shard = Shard{1, 2};
  EXPECT_EQ(replaces_result_of(header())(path_), "");
  EXPECT_EQ(replaces_result_of(shard)(path_), "the result of a whole run instead of shard 1/2");
}

TEST_F(ResultJournalTest, the_end_of_a_result_is_recognised) {
  const auto whole = [&](const std::string& text) {
    put_journal(text);
    const auto beginning = result_beginning(path_ + ".partial");
    return beginning && is_whole(path_ + ".partial", *beginning);
  };
  EXPECT_TRUE(whole(whole_));
  EXPECT_FALSE(whole(whole_.substr(0, whole_.size() - 1)));
  EXPECT_FALSE(whole(without_end(whole_) + "\n"));
  EXPECT_FALSE(whole(""));
  const std::string document = written(config_, ResultFormat::json, 2);
  EXPECT_TRUE(whole(document));
  EXPECT_TRUE(whole(document + "\n"));
  EXPECT_FALSE(whole(document.substr(0, document.size() - 3)));
  const std::size_t record = document.rfind("}", document.size() - 4);  // a record's own end looks like one of all
  EXPECT_FALSE(whole(document.substr(0, record + 1)));
}

}  // namespace tristab::result_journal_test
