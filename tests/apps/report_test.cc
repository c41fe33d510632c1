// tristab report and tristab export, and what they write, by the built program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "plot_points.h"
#include "run_program.h"
#include "shell.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::report_test {

constexpr const char* config =
    R"({"name": "small", "chunks": [16, 32], "trials": 3, "families": ["uniform", "ones", {"family": "gdn", "keys": "silu"}],
        "methods": ["mbh", "mch"], "arithmetics": ["fp16", "bf16"]})";

// A place with r.json and r.ndjson of that sweep.
const Workplace& swept() {
  static const Workplace place;
  static const bool done = [] {
    place.write("c.json", config);
    return place.run("sweep c.json -o r.json").status + place.run("sweep c.json -o r.ndjson").status == 0;
  }();
  EXPECT_TRUE(done);
  return place;
}

std::string cut_off(const Workplace& place) {
  const std::string whole = place.read("r.ndjson");
  return whole.substr(0, whole.rfind("{\"type\": \"record\"") + 30);
}

Json data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t start = page.find(open) + open.size();
  return Json::parse(page.substr(start, page.find("</script>", start) - start));
}

TEST(Report, is_one_file_that_names_no_other) {
  const Workplace& place = swept();
  EXPECT_EQ(place.run("report r.json -o r.html").status, 0);
  const std::string page = place.read("r.html");
  for (const char* outside : {"src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  EXPECT_EQ(page.find("{{"), std::string::npos);
  EXPECT_LT(page.size(), 1000000u);
  const Json data = data_of(page);
  EXPECT_EQ(data["records"], 3 * 2 * 2 * 2 * 2 + 2 * 2 * 2);  // `ones` has one trial
  EXPECT_EQ(data["complete"], true);
  EXPECT_EQ(data["run"]["command"][1], "sweep");
}

TEST(Report, of_lines_shows_the_same_groups) {
  const Workplace& place = swept();
  EXPECT_EQ(place.run("report r.json -o a.html").status, 0);
  EXPECT_EQ(place.run("report r.ndjson -o b.html").status, 0);
  const Json a = data_of(place.read("a.html")), b = data_of(place.read("b.html"));
  for (const char* part : {"groups", "cases", "matrices", "families", "settings", "classes"}) {
    EXPECT_EQ(a[part], b[part]) << part;
  }
}

TEST(Report, of_a_result_that_breaks_off_is_written_with_a_note) {
  const Workplace& place = swept();
  place.write("part.ndjson", cut_off(place));
  const ProgramResult result = place.run("report part.ndjson -o part.html");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("part.ndjson is not complete"), std::string::npos) << result.err;
  const Json data = data_of(place.read("part.html"));
  EXPECT_EQ(data["complete"], false);
  EXPECT_EQ(data["run"], nullptr);
}

TEST(Report, names_in_a_result_cannot_leave_their_place) {
  const Workplace& place = swept();
  Json result = Json::parse(place.read("r.json"));
  result["config"]["name"] = "</title><script>alert(1)</script>";
  result["records"][0]["method_label"] = "</script><img src=x>";
  place.write("evil.json", result.dump());
  EXPECT_EQ(place.run("report evil.json -o evil.html").status, 0);
  const std::string page = place.read("evil.html");
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
}

TEST(Report, sweep_writes_it_too) {
  const Workplace& place = swept();
  EXPECT_EQ(place.run("sweep c.json -o s.json --html s.html").status, 0);
  EXPECT_EQ(data_of(place.read("s.html"))["groups"], [&] {
    place.run("report r.json -o r.html");
    return data_of(place.read("r.html"))["groups"];
  }());
  const ProgramResult result = place.run("sweep c.json -o s.csv --html s2.html");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--html: found a result in CSV; allowed: one in a .json or .ndjson file"),
            std::string::npos)
      << result.err;
}

TEST(Report, a_median_that_is_infinite_is_told_from_none) {
  const Workplace place;
  Json records = Json::array();
  for (const auto& [method, status] : {std::pair{"mbh", "ok"}, {"mch", "nonfinite"}, {"mxr", "failed"}}) {
    Json record{{"family", "uniform"}, {"n", 16}, {"method", method}, {"arithmetic", "fp16"}, {"status", status}};
    record["total_frobenius"] = record["status"] == "ok" ? Json(1e-3) : Json();
    records.push_back(record);
  }
  place.write("r.json", Json{{"schema", "tristab-results/1"}, {"records", records}}.dump());
  EXPECT_EQ(place.run("report r.json -o r.html").status, 0);
  const Json data = data_of(place.read("r.html"));
  EXPECT_EQ(data["groups"]["total_frobenius"]["median"].dump(), R"([0.001,"inf",null])");
  EXPECT_EQ(data["cases"]["total_frobenius"].dump(), R"([[0.001],["inf"],[null]])");
  EXPECT_EQ(data["errors"][0], "total_frobenius");
  EXPECT_EQ(data["drawn"]["total_frobenius"][0], "relative error of the computed inverse");
}

TEST(Report, a_page_counts_which_layers_are_fit) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "trials": 3, "layer_chunks": 2, "methods": ["mbh"],
    "arithmetics": ["fp32", "int8"], "families": [{"family": "gdn", "head_dim": 32}], "require": "layer.o<=1e-2"})");
  ASSERT_EQ(place.run("sweep c.json -o r.json --html r.html").status, 0);
  const Json layers = data_of(place.read("r.html"))["layers"], result = Json::parse(place.read("r.json"));
  ASSERT_EQ(layers.size(), 2u);
  int fit = 0;
  for (std::size_t k = 0; k < 2; ++k) {
    int wanted = 0;
    double worst = 0;
    for (const Json& each : result["layers"]) {
      if (each["arithmetic"] != (k == 0 ? "fp32" : "int8")) continue;
      wanted += each["fit"] == "fit";
      worst = std::max(worst, each["o"].get<double>());
    }
    EXPECT_EQ(layers[k]["fit"], wanted);
    EXPECT_EQ(layers[k]["unfit"], 3 - wanted);
    EXPECT_EQ(layers[k]["trials"], 3);
    EXPECT_NEAR(layers[k]["worst_o"].get<double>(), worst, 1e-3 * worst);
    fit += wanted;
  }
  EXPECT_TRUE(fit > 0 && fit < 6) << fit;
}

TEST(Report, refusals_name_what_is_allowed) {
  const Workplace& place = swept();
  EXPECT_EQ(place.run("report").status, 2);
  EXPECT_EQ(place.run("report r.json").status, 2);
  EXPECT_EQ(place.run("report absent.json -o x.html").status, 3);
  EXPECT_EQ(place.run("report r.json -o x.html --dark").status, 2);
  EXPECT_EQ(place.run("export r.json").status, 2);
  EXPECT_EQ(place.run("export r.json --csv - --ndjson -").status, 2);
  EXPECT_EQ(place.run("export r.json --gnuplot x --table matrices").status, 2);
  const ProgramResult table = place.run("export r.json --csv - --table recods");
  EXPECT_EQ(table.status, 2);
  EXPECT_NE(table.err.find("did you mean 'records'?"), std::string::npos) << table.err;
  EXPECT_EQ(place.run("export r.json --csv - --table layers").status, 3);
}

TEST(Export, stages_are_a_table_of_their_own) {
  const Workplace& place = swept();
  const std::string csv = place.run("export r.json --csv - --table stages").out;
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "case,name,dead_overflows,largest_dead,largest_live,matmul_flops,matmuls,overflows,saturations,underflows,"
            "vector_flops,vector_steps");
  std::string wanted;
  double products = 0, total = 0;
  const Json result = Json::parse(place.read("r.json"));
  for (const Json& record : result["records"]) {
    total += record["matmuls"].get<double>();
    for (const Json& stage : record["stages"]) {
      products += stage["matmuls"].get<double>();
      wanted += fmt::format("\n{},{},", record["case"].get<std::string>(), stage["name"].get<std::string>());
      EXPECT_NE(csv.find(wanted.substr(wanted.rfind('\n'))), std::string::npos) << wanted;
    }
  }
  EXPECT_EQ(products, total);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + std::ranges::count(wanted, '\n'));
  EXPECT_EQ(place.run("export r.ndjson --csv - --table stages").out, csv);
}

TEST(Export, documents_lines_and_standard_input_give_the_same_tables) {
  const Workplace& place = swept();
  const std::string csv = place.run("export r.json --csv -").out;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 56);
  EXPECT_EQ(place.run("export r.ndjson --csv -").out, csv);
  EXPECT_EQ(place.run("export - --csv -", "r.json").out, csv);
  EXPECT_EQ(place.run("export r.json --ndjson -").out, place.run("export r.ndjson --ndjson -").out);
  place.write("part.ndjson", cut_off(place));
  const ProgramResult part = place.run("export part.ndjson --csv -");
  EXPECT_EQ(part.status, 0);
  EXPECT_NE(part.err.find("not complete: 55 records of 56"), std::string::npos) << part.err;
  EXPECT_EQ(csv.substr(0, part.out.size()), part.out);
}

TEST(Export, pandas_finds_the_types_without_options) {
  const Workplace& place = swept();
  EXPECT_EQ(place.run("export r.json --csv r.csv --ndjson t.ndjson").status, 0);
  place.write("read.py", R"(import pandas as pd
a, b = pd.read_csv("r.csv"), pd.read_json("t.ndjson", lines=True)
assert a.shape == b.shape and a.shape[0] == 56, (a.shape, b.shape)
for column in ("frobenius", "growth", "matmul_flops"): assert a[column].dtype == "float64" and ((a[column] - b[column]).abs().dropna() <= 1e-12 * a[column].abs().max()).all(), column
for column in ("n", "trial"): assert a[column].dtype == b[column].dtype == "int64", column
for column in ("method", "fit", "family_params"): assert a[column].dtype == object, column
assert (a.frobenius.isna() == b.frobenius.isna()).all()
)");
  const std::string at = "cd " + place.file("").string() + " && ";
  NEEDS_TOOL(std::system("/usr/bin/python3 -c 'import pandas' 2> /dev/null") == 0, "python3-pandas");
  EXPECT_EQ(std::system((at + "/usr/bin/python3 read.py").c_str()), 0);
}

TEST(Export, gnuplot_draws_every_point_as_svg_pdf_and_text) {
  const Workplace& place = swept();
  NEEDS_TOOL(is_installed("gnuplot"), "gnuplot");
  EXPECT_EQ(place.run("export r.json --gnuplot plots").status, 0);
  const std::string at = "cd " + place.file("plots").string() + " && ";
  ASSERT_EQ(std::system((at + "gnuplot plot.gp 2> messages").c_str()), 0) << place.read("plots/messages");
  EXPECT_EQ(place.read("plots/messages"), "");
  EXPECT_EQ(place.read("plots/error-by-size.pdf").substr(0, 5), "%PDF-");
  EXPECT_EQ(place.read("plots/error-by-condition.pdf").substr(0, 5), "%PDF-");
  // A point for each median, a cross where trials were lost or the median is beyond the axis, and the two of
  // the legend.
  const auto [medians, crosses] = plot_points(place.read("plots/errors.dat"));
  EXPECT_GT(medians, 15);
  EXPECT_GT(crosses, 0);
  EXPECT_EQ(drawn_points(place.read("plots/error-by-size.svg")), medians + crosses + 2);
  ASSERT_EQ(std::system((at + "gnuplot -e \"terminal='dumb'; plain=1\" plot.gp > text 2> messages").c_str()), 0);
  EXPECT_EQ(place.read("plots/messages"), "");
  EXPECT_NE(place.read("plots/text").find("uniform, fp16"), std::string::npos);
}

TEST(Export, gnuplot_draws_panels_of_which_no_error_is_finite) {
  NEEDS_TOOL(is_installed("gnuplot"), "gnuplot");
  const Workplace place;
  place.write(
      "c.json",
      R"({"name": "overflow", "chunks": 64, "trials": 2, "families": ["ones", {"family": "uniform", "scale": 20}],
      "methods": ["neumann"], "arithmetics": ["fp16", "fp64"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const Json result = Json::parse(place.read("r.json"));  // kept while the loop runs
  for (const Json& record : result["records"]) {
    const bool overflows = record["family"] == "uniform" && record["arithmetic"] == "fp16";
    if (overflows) {
      EXPECT_EQ(record["status"], "nonfinite");
    }
  }
  EXPECT_EQ(place.run("export r.json --gnuplot plots").status, 0);
  const std::string at = "cd " + place.file("plots").string() + " && ";
  for (const char* command : {"gnuplot plot.gp", "gnuplot -e \"terminal='dumb'; plain=1; families='2'\" plot.gp"}) {
    EXPECT_EQ(std::system((at + command + " > text 2> messages").c_str()), 0) << place.read("plots/messages");
  }
  EXPECT_EQ(place.read("plots/error-by-method.pdf").substr(0, 5), "%PDF-");
  EXPECT_NE(place.read("plots/error-by-condition.svg").find("</svg>"), std::string::npos);
}

TEST(Export, gnuplot_draws_one_size_as_a_dot_plot_of_methods_and_kernels) {
  NEEDS_TOOL(is_installed("gnuplot"), "gnuplot");
  const Workplace place;
  place.write("c.json", R"({"name": "dots", "chunks": 64, "trials": 8, "families": ["gdn"], "methods": ["mbh", "mch"],
      "kernels": ["fla-solve-tril"], "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  EXPECT_EQ(place.run("export r.json --gnuplot plots").status, 0);
  const std::string at = "cd " + place.file("plots").string() + " && ";
  ASSERT_EQ(std::system((at + "gnuplot plot.gp 2> messages").c_str()), 0) << place.read("plots/messages");
  EXPECT_EQ(place.read("plots/messages"), "");
  const auto [medians, crosses] = plot_points(place.read("plots/errors.dat"));
  EXPECT_EQ(medians, 3);
  const std::string drawing = place.read("plots/error-by-method.svg");
  // Those of the data, and two of the legend. A median that is not finite
  // is a cross alone.
  EXPECT_EQ(drawn_points(drawing), medians + crosses + 2 - 1);
  for (const char* name : {"fla-solve-tril", "mbh", "mch", "relative error of the computed inverse (total_frobenius)"})
    EXPECT_NE(drawing.find(name), std::string::npos) << name;
  // The most accurate method is the first row.
  EXPECT_NE(place.read("plots/plot.gp").find("methods = \"3 1 2\""), std::string::npos);
  // Trivial inputs, the saturated heads of gdn, do not count.
  EXPECT_NE(place.read("plots/errors.dat").find(" 6 0 0 0\n"), std::string::npos) << place.read("plots/errors.dat");
  const std::string cases = place.read("plots/cases.dat");
  EXPECT_EQ(std::ranges::count(cases, '\n') - std::ranges::count(cases, '#') - 2 * 2, 6 + 3 + 6);
}

TEST(Report, shows_a_recipe_as_one_setting_whether_or_not_it_forms_a) {
  const Workplace place;
  place.write(
      "c.json",
      R"({"name": "kernels", "chunks": 16, "trials": 1, "families": ["uniform", "gdn"], "kernels": ["flashkda-v1"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json --html r.html").status, 0);
  const Json records = Json::parse(place.read("r.json"))["records"];
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records[0]["formation"].is_null());
  EXPECT_TRUE(records[1]["formation"].is_string());
  const Json data = data_of(place.read("r.html"));
  ASSERT_EQ(data["settings"].size(), 1u);
  EXPECT_EQ(data["settings"][0][0], "flashkda-v1");
  EXPECT_EQ(data["groups"]["n"].size(), 2u);
}

}  // namespace tristab::report_test
