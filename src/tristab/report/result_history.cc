#include "tristab/report/result_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <system_error>
#include <tuple>

#include "tristab/base/errors.h"
#include "tristab/base/json_member.h"
#include "tristab/base/random.h"

namespace tristab {
namespace {

// Names of the files of a directory, sorted.
std::vector<std::string> files_of(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  if (error)
    throw InputError(fmt::format("{}: cannot read: {}; allowed: a directory of results", directory, error.message()));
  for (; entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(error)) names.push_back(entry->path().filename().string());
    if (error) break;
  }
  std::ranges::sort(names);
  return names;
}

std::size_t position_of(std::map<std::string, std::size_t>& positions, const std::string& key) {
  return positions.try_emplace(key, positions.size()).first->second;
}

}  // namespace

std::string KeptResult::started() const { return text_or_empty(head.run, "started"); }
std::string KeptResult::version() const { return text_or_empty(head.tool, "version"); }
std::string KeptResult::commit() const { return text_or_empty(head.tool, "commit"); }

ResultHistory::ResultHistory(const std::string& directory, const Field& field, const std::string& page)
    : field_(&field) {
  for (const std::string& name : files_of(directory)) {
    if (name.ends_with(".json") || name.ends_with(".ndjson")) {
      try {
        read((std::filesystem::path(directory) / name).string(), name);
      } catch (const InputError& error) {
        refused_.emplace_back(error.what());
        skipped_.push_back(name);
      }
    } else if (std::error_code absent;
               !std::filesystem::equivalent(std::filesystem::path(directory) / name, page, absent)) {
      skipped_.push_back(name);  // an earlier page is not worth a note
    }
  }
  if (results_.empty())
    refuse_input(directory, "no result", "a directory with results of tristab sweep, .json or .ndjson");
  put_in_order();
}

void ResultHistory::read(const std::string& path, const std::string& name) {
  CaseGroups groups({field_});
  ResultHead head =
      visit_result(path, {"records"}, [&](const std::string& section, const Json& object, const std::string& place) {
        groups.add(section, object, place);
      });
  if (head.records == 0) refuse_input(path, "no records", "a result that has them");
  for (const CaseGroup& group : groups.groups()) {
    std::string values;
    for (const double value : groups.values(group, 0)) values += fmt::format("{} ", value);
    points_.push_back({results_.size(), line_at(groups.input_of(group), groups.setting_of(group), group.n),
                       group.statistics, groups.distribution(group, 0), hash_text(values)});
  }
  results_.push_back({name, std::move(head)});
}

std::size_t ResultHistory::line_at(const CaseInput& input, const CaseSetting& setting, int n) {
  const std::size_t at = position_of(input_at_, input.title()), of = position_of(setting_at_, setting.label());
  if (at == inputs_.size()) inputs_.push_back(input);
  if (of == settings_.size()) settings_.push_back(setting);
  const std::size_t line = position_of(line_at_, fmt::format("{}/{}/{}", at, of, n));
  if (line == lines_.size()) lines_.push_back({at, of, n});
  return line;
}

void ResultHistory::put_in_order() {
  std::vector<std::size_t> order(results_.size()), place(results_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {},
                           [this](std::size_t k) { return std::tuple(results_[k].started(), results_[k].file); });
  std::vector<KeptResult> sorted;
  for (std::size_t k = 0; k < order.size(); ++k) {
    place[order[k]] = k;
    sorted.push_back(std::move(results_[order[k]]));
    if (k > 0) sorted[k].changes = head_changes(sorted[k - 1].head, sorted[k].head);
  }
  results_ = std::move(sorted);
  for (HistoryPoint& point : points_) point.result = place[point.result];
  std::ranges::stable_sort(points_, {}, &HistoryPoint::result);
  std::vector<const HistoryPoint*> last(lines_.size(), nullptr);
  for (HistoryPoint& point : points_) point.before = std::exchange(last[point.line], &point);
}

}  // namespace tristab
