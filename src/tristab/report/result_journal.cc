#include "tristab/report/result_journal.h"

#include <fmt/format.h>

#include <filesystem>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json_text.h"
#include "tristab/report/result_head.h"
#include "tristab/report/result_text.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

// After a crash of the machine, at most the work of this time is lost.
constexpr std::chrono::seconds between_syncs{5};

std::string scratch_path() { return (std::filesystem::temp_directory_path() / "tristab-result").string(); }

std::string any(const std::filesystem::path&) { return ""; }

}  // namespace

std::string header_line(const RunHeader& header) {
  JsonObject line;
  line.text("type", "header").text("schema", results_schema).raw("tool", tool_text());
  if (header.shard) line.raw("shard", shard_text(*header.shard));
  line.json("config", header.config).integer("expected_cases", header.cases);
  return line.str() + "\n";
}

bool has_journal(const std::string& path, const RunHeader& header) {
  return header.plan != nullptr && path != "-" && !is_written_through(path);
}

ResultJournal::ResultJournal(const std::string& path, const RunHeader& header, ReplaceCheck replaces)
    : cases_(header.cases),
      file_(has_journal(path, header) ? path : scratch_path(), has_journal(path, header) ? std::move(replaces) : any,
            has_journal(path, header)
                ? JournalCheck([&](const std::filesystem::path& journal) { return check(journal, header); })
                : JournalCheck()),
      synced_(std::chrono::steady_clock::now()) {
  if (found_.bytes == 0) file_.write(header_line(header));
  file_.flush();
  if (found_.units > 0) {
    kept_ = std::make_unique<KeptUnits>(*header.plan, file_.partial(), found_.units);
    left_ = found_.units;
    records_ = found_.records;
    file_.keep(fmt::format("{} of {} cases are kept", records_, cases_));
  }
}

// Reads until something is not what a run of this configuration writes: the rest was torn off, or damaged.
ResultJournal::Found ResultJournal::whole_units(const std::filesystem::path& journal, const RunHeader& header) {
  LineFile file(journal.string());
  std::string line;
  Found found;
  if (!file.next(line)) return found;
  found.bytes = file.offset();
  const auto next_is = [&](const std::string& beginning) {
    return file.next(line) && line.starts_with(beginning) && line.ends_with('}') &&
           line.find('\0') == std::string::npos;
  };
  const std::string matrix = line_beginning("matrix"), record = line_beginning("record"),
                    layer = line_beginning("layer");
  for (const Unit& unit : units_of(*header.plan, header.shard)) {
    const int settings = header.plan->groups[unit.group].settings;
    bool whole = unit.is_sequence || next_is(matrix);
    for (int k = 0; whole && k < settings; ++k) whole = next_is(unit.is_sequence ? layer : record);
    if (!whole) break;
    found.bytes = file.offset();
    ++found.units;
    found.records += unit.is_sequence ? 0 : settings;
  }
  return found;
}

std::uint64_t ResultJournal::check(const std::filesystem::path& journal, const RunHeader& header) {
  const std::string place = journal.string();
  if (may_replace() && !header.resume) return 0;
  const auto head = result_beginning(journal);
  if (!head) {
    // A run that was killed at once leaves a part of its first line.
    const std::string beginning = line_beginning("header");
    std::string line;
    if (beginning.starts_with(beginning_of_file(journal, beginning.size())) && !LineFile(place).next(line)) return 0;
    refuse(place, "a file that is no journal of tristab", "another name, or --force to replace it");
  }
  const std::string instead = "another name, or --force to begin anew";
  if (const std::string other = config_differences(head->config, header.config.json()); !other.empty())
    refuse(place, fmt::format("the journal of another configuration ({})", other), instead);
  if (head->shard != header.shard) {
    const auto named = [](const std::optional<Shard>& shard) {
      return shard ? "shard " + shard->text() : "a whole run";
    };
    refuse(place, fmt::format("the journal of {} instead of {}", named(head->shard), named(header.shard)), instead);
  }
  const Found found = whole_units(journal, header);
  if (found.units == 0) return 0;
  if (!header.resume) {
    refuse(place, fmt::format("{} of {} cases of a run that was stopped", found.records, header.cases),
           "--resume to go on from there, or --force to begin anew");
  }
  if (tool_name(head->tool) != tool_name()) {
    refuse(place, fmt::format("cases of {}, but this is {}", tool_name(head->tool), tool_name()),
           "the same version, or --force without --resume to begin anew");
  }
  found_ = found;
  return found.bytes;
}

void ResultJournal::append(std::initializer_list<std::string_view> lines, std::size_t records) {
  if (left_ > 0) {
    --left_;
    return;
  }
  for (const std::string_view part : lines) file_.write(part);
  file_.flush();  // after a crash of the program the journal has whole units
  records_ += static_cast<std::int64_t>(records);
  file_.keep(fmt::format("{} of {} cases are kept", records_, cases_));
  const auto now = std::chrono::steady_clock::now();
  if (now - synced_ < between_syncs) return;
  file_.sync();
  synced_ = now;
}

const std::string& ResultJournal::file() {
  file_.flush();
  return file_.partial();
}

}  // namespace tristab
