// The shards of a sweep as one run: every unit comes from the shard that has it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tristab/report/kept_results.h"

namespace tristab {

class MergedShards : public KeptResults {
 public:
  // `files` are results of all shards, in any order. `plan` is that of their configuration. Throws InputError that
  // names what is missing: shards, and cases of shards that are not complete.
  MergedShards(const Plan& plan, const std::vector<std::string>& files);

  std::size_t count() const override { return shards_.size(); }
  std::optional<std::string> next(const Unit& unit) override;
  MatrixResult matrix(const Plan& plan, const Unit& unit, const std::string& text) const override;
  LayerResult sequence(const Plan& plan, const Unit& unit, const std::string& text) const override;

 private:
  const std::string& file_of(const Unit& unit) const;

  const Plan& plan_;
  std::vector<int> shards_;  // of each unit
  std::map<std::pair<bool, std::size_t>, std::size_t>
      first_;                      // the first unit of a group, of its sequences or matrices
  std::vector<std::size_t> left_;  // units, by shard
  std::size_t next_ = 0;
  std::vector<std::string> files_;  // by shard
  std::vector<std::unique_ptr<UnitLines>> lines_;
};

// The configuration that all shards have. Throws InputError if a file is no result of a shard or has another
// configuration, another number of shards or another version than the first, and UsageError if a shard is given twice.
Json config_of_shards(const std::vector<std::string>& files);

}  // namespace tristab
