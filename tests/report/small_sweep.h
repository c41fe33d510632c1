// A sweep of a few cases of every kind, for the tests of what is written about it.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "tristab/base/json.h"
#include "tristab/report/result_writer.h"

namespace tristab {

// Exact results, failures, non-finite ones, padding, a file.
inline SweepConfig small_config() {
  const Json json{{"name", "small"},
                  {"families",
                   {"ones", "uniform", Json{{"family", "uniform-signed"}, {"scale", 1000000}},
                    Json{{"family", "file"}, {"path", "gdn-slice.safetensors"}, {"layer", "layer6"}, {"heads", "0"}}}},
                  {"chunks", {16, 48, 128}},
                  {"trials", 2},
                  {"methods", {"mch", "mbh", Json{{"method", "refine"}, {"base", "mxr"}}}},
                  {"arithmetics", {"fp16", "fp32", Json{{"arithmetic", "int8"}, {"scale", "row"}}}}};
  return make_config(json, {}, "test", TRISTAB_TEST_DATA, "small");
}

// Two scenarios, the second with expectations of a finite and of an infinite value.
inline SweepConfig scenarios_config() {
  const Json expectations{
      Json{{"method", "mch"}, {"metric", "strict_lower"}, {"statistic", "max"}, {"at_least", 1}, {"why", "overflow"}},
      Json{{"method", "mbh"}, {"statistic", "unfit"}, {"equals", 0}}};
  Json plain{{"name", "first"}, {"families", {"uniform"}}, {"methods", {"mbh"}}, {"arithmetics", {"fp16"}}};
  Json judged{{"name", "second"},          {"what", "what happened"}, {"source", "where"},     {"families", {"ones"}},
              {"methods", {"mch", "mbh"}}, {"arithmetics", {"fp16"}}, {"expect", expectations}};
  return make_config(Json{{"name", "two"}, {"chunks", {32}}, {"trials", 2}, {"scenarios", {plain, judged}}}, {}, "test",
                     TRISTAB_TEST_DATA, "two");
}

// Layers that are finite, that are not, and without an answer; formations; a kernel; expectations about layers.
inline SweepConfig layered_config() {
  const Json collinear{{"family", "gdn"},    {"keys", "collinear"}, {"eps", 0.3},         {"head_dim", 32},
                       {"beta", "constant"}, {"beta_value", 0.9},   {"gate", "constant"}, {"gate_value", -0.001}};
  const Json channels{{"family", "kda"}, {"head_dim", 32}};
  const Json expectations{
      Json{{"layer", "o"}, {"method", "mch"}, {"formation", "exact"}, {"statistic", "max"}, {"at_least", 0}},
      Json{{"layer", "state"}, {"family", "kda"}, {"formation", "exact"}, {"statistic", "max"}, {"at_most", 1}}};
  return make_config(Json{{"name", "layered"},
                          {"families", {"ones", collinear, channels}},
                          {"chunks", {64}},
                          {"trials", 2},
                          {"layer", true},
                          {"layer_chunks", 3},
                          {"methods", {"mch"}},
                          {"arithmetics", {"fp16"}},
                          {"formations", {"exact", "gram"}},
                          {"kernels", {"fla-gdn-fused"}},
                          {"expect", expectations}},
                     {}, "test", TRISTAB_TEST_DATA, "layered");
}

inline RunHeader small_header(const SweepConfig& config, const Plan& plan) {
  RunHeader header{
      {"tristab", "sweep", "a \"quoted\" name"}, "2026-11-21T20:00:00Z", config.json(), config.seed, plan.cases};
  header.plan = &plan;
  return header;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "tristab-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// The file that a sweep writes.
inline std::string written(const SweepConfig& config, ResultFormat format, int jobs) {
  const TemporaryDirectory directory;
  const Plan plan = make_plan(config);
  const std::string path = directory / "result";
  const std::unique_ptr<ResultSink> writer = make_result_writer(format, path, small_header(config, plan));
  run_sweep(config, plan, {jobs, nullptr, {}}, *writer);
  return read_text(path);
}

// The JSON result of scenarios_config(), computed once.
inline const std::string& scenarios_result() {
  static const std::string text = written(scenarios_config(), ResultFormat::json, 2);
  return text;
}

// The JSON result of layered_config(), computed once.
inline const std::string& layered_result() {
  static const std::string text = written(layered_config(), ResultFormat::json, 2);
  return text;
}

// The JSON result of small_config(), computed once.
inline const std::string& small_result() {
  static const std::string text = written(small_config(), ResultFormat::json, 2);
  return text;
}

}  // namespace tristab
