#include "tristab/report/result_journal.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>

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

// The hash of the standard library takes eight bytes at a time. Byte by byte (hash_text) it takes as long as all else
// that is done with the lines.
std::string unit_line(std::string_view lines) {
  const std::uint64_t hash = std::hash<std::string_view>()(lines);
  return JsonObject().text("type", "unit").text("hash", fmt::format("{:016x}", hash)).str();
}

bool has_only_header(const std::string& journal) {
  LineFile lines(journal);
  std::string_view line;
  return lines.next(line) && !lines.next(line);
}

bool is_of_this_run(const ResultBeginning& head, const RunHeader& header) {
  return head.shard == header.shard && config_differences(head.config, header.config.json()).empty();
}

// FILE.partial~, or with a number behind it: the first name that nobody has, or that a journal of this run has.
std::string aside_of(const std::string& journal, const RunHeader& header) {
  for (int k = 1;; ++k) {
    std::string name = beside(journal, k == 1 ? "~" : fmt::format("~{}", k));
    std::error_code none;
    if (!std::filesystem::exists(std::filesystem::symlink_status(name, none))) return name;
    const auto head = std::filesystem::is_regular_file(name, none) ? result_beginning(name) : std::nullopt;
    if (head && is_of_this_run(*head, header)) return name;
  }
}

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
    : cases_(header.cases), synced_(std::chrono::steady_clock::now()) {
  if (!has_journal(path, header)) return;
  aside_ = aside_of(journal_of(path), header);
  file_ = std::make_unique<OutputFile>(path, std::move(replaces),
                                       [&](const std::filesystem::path& journal) { return check(journal, header); });
  if (std::error_code none; !std::filesystem::exists(aside_, none))
    aside_.clear();  // nothing was set aside, and a later file is not ours
  if (found_.bytes == 0) file_->write(header_line(header));
  file_->flush();
  if (found_.units == 0) return;
  kept_ = std::make_unique<KeptUnits>(*header.plan, file_->readable(), file_->partial(), found_.units);
  left_ = found_.units;
  records_ = found_.records;
  keep();
}

// Reads until a unit is not what was written: the rest was torn off, or damaged.
ResultJournal::Found ResultJournal::whole_units(const std::filesystem::path& journal, const RunHeader& header) {
  LineFile file(journal.string());
  std::string lines;
  std::string_view line;
  Found found;
  if (!file.next(line)) return found;
  found.bytes = file.offset();
  const std::string end = line_beginning("unit");
  for (const Unit& unit : units_of(*header.plan, header.shard)) {
    lines.clear();
    while (file.next(line) && !line.starts_with(end)) (lines += line) += '\n';
    if (line != unit_line(lines)) break;
    found.bytes = file.offset();
    ++found.units;
    found.records += unit.is_sequence ? 0 : header.plan->groups[unit.group].settings;
  }
  return found;
}

OldJournal ResultJournal::check(const std::filesystem::path& journal, const RunHeader& header) {
  const std::string place = journal.string();
  if (may_replace() && !header.resume) return 0;
  const std::string instead = header.resume ? "another name, or --force without --resume to begin anew"
                                            : "another name, or --force to begin anew";
  const auto head = result_beginning(journal);
  if (!head) {
    // A run that was killed at once leaves a part of its first line.
    const std::string beginning = line_beginning("header");
    std::string_view line;
    if (beginning.starts_with(beginning_of_file(journal, beginning.size())) && !LineFile(place).next(line)) return 0;
    refuse(place, "a file that is no journal of tristab", instead);
  }
  if (has_only_header(place)) return 0;
  if (const std::string other = config_differences(head->config, header.config.json()); !other.empty())
    refuse(place, fmt::format("the journal of another configuration ({})", other), instead);
  if (head->shard != header.shard)
    refuse(place, fmt::format("the journal of {} instead of {}", name_of(head->shard), name_of(header.shard)), instead);
  const Found found = whole_units(journal, header);
  if (found.units == 0) return 0;
  if (!header.resume) {
    // Of two stopped runs the longer one stays.
    std::error_code none;
    const auto older = std::filesystem::file_size(aside_, none);
    const bool longer = !none && older > std::filesystem::file_size(journal);
    std::fputs(fmt::format("tristab: note: {} of a run that was stopped are {} {}; to go on with them, rename it to {} "
                           "and say --resume\n",
                           longer ? "the cases" : fmt::format("{} of {} cases", found.records, header.cases),
                           longer ? "still in" : "set aside in", aside_, place)
                   .c_str(),
               stderr);
    return longer ? OldJournal(0) : OldJournal(aside_);
  }
  if (tool_name(head->tool) != tool_name())
    refuse(place, fmt::format("cases of {}, but this is {}", tool_name(head->tool), tool_name()), instead);
  found_ = found;
  return found.bytes;
}

void ResultJournal::keep() { file_->keep(fmt::format("{} of {} cases are kept", records_, cases_)); }

void ResultJournal::append(const std::string& lines, std::size_t records) {
  if (file_ == nullptr) return spool_.append(lines);
  if (left_ > 0) {
    --left_;
    return;
  }
  file_->write(lines);
  file_->write(unit_line(lines) + "\n");
  file_->flush();  // after a crash of the program the journal has whole units
  records_ += static_cast<std::int64_t>(records);
  keep();
  const auto now = std::chrono::steady_clock::now();
  if (now - synced_ < between_syncs) return;
  file_->sync();
  synced_ = now;
}

void ResultJournal::for_each(const std::function<void(std::string_view)>& visit) {
  if (file_ != nullptr) {
    file_->flush();
    LineFile lines(file_->readable());
    const std::string header = line_beginning("header"), unit = line_beginning("unit");
    for (std::string_view line; lines.next(line);) {
      if (!line.starts_with(header) && !line.starts_with(unit)) visit(line);
    }
    return;
  }
  std::string rest;  // of a line whose end is in the next block
  spool_.for_each_block([&](std::string_view block) {
    for (std::size_t end = block.find('\n'); end != std::string_view::npos; end = block.find('\n')) {
      rest += block.substr(0, end);
      visit(rest);
      rest.clear();
      block.remove_prefix(end + 1);
    }
    rest += block;
  });
}

void ResultJournal::for_each(const std::string& type, const std::function<void(std::string_view)>& visit) {
  const std::string beginning = line_beginning(type);
  for_each([&](std::string_view line) {
    if (line.starts_with(beginning)) visit(line.substr(beginning.size()));
  });
}

void ResultJournal::discard() {
  if (file_ == nullptr) return;
  file_->discard();
  std::error_code ignored;
  if (!aside_.empty()) std::filesystem::remove(aside_, ignored);  // the result has its cases
}

}  // namespace tristab
