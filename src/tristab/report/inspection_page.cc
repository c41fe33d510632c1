#include "tristab/report/inspection_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/embedded_file.h"
#include "tristab/base/json_text.h"
#include "tristab/report/inspection_json.h"
#include "tristab/report/inspection_text.h"
#include "tristab/report/page_template.h"

namespace tristab {

// inspection.html, its style, and its script.
std::span<const EmbeddedFile> inspection_assets();

namespace {

constexpr std::size_t most_maps = 8, most_lost = 2;

// log10 |x| with two digits; "" for 0, "i" for what is not finite: short, for there can be 65,536 of them.
std::string logarithms(const Matrix& x) {
  std::string text;
  for (const double value : x.values()) {
    if (!text.empty()) text += ' ';
    if (!std::isfinite(value)) {
      text += 'i';
    } else if (value != 0) {
      text += fmt::format("{:.2f}", std::log10(std::fabs(value)));
    } else {
      text += 'z';
    }
  }
  return text;
}

std::string map_json(const std::string& name, const std::string& says, const Matrix& x) {
  JsonObject object;
  return object.text("name", name).text("says", says).text("logs", logarithms(x)).str();
}

}  // namespace

void write_inspection_page(const Inspection& inspection, OutputFile& page) {
  const SiteExperiment& experiment = *inspection.experiment;
  ExtendedMatrix inverse;
  inverse.high = experiment.truth().high;
  inverse.low = experiment.truth().low;
  JsonArray maps;
  maps.raw(map_json("total error", "computed inverse minus exact inverse", difference(experiment.result(), inverse)));
  maps.raw(map_json("exact inverse", "X", experiment.truth().high));
  std::size_t shown = 0, lost = 0;
  for (const SiteShare& share : inspection.shares.sites) {
    if (shown == most_maps) break;
    if (share.share < 0.01 * inspection.shares.total) continue;       // there is nothing to see
    if (!std::isfinite(share.share) && ++lost > most_lost) continue;  // they all look alike
    ++shown;
    maps.raw(map_json(share.text(), fmt::format("its part of the error: {:.1e}", share.share),
                      difference(experiment.replayed(share.sites), experiment.exact())));
  }
  JsonObject data;
  data.raw("inspection", inspection_json(inspection)).raw("maps", maps.str());
  JsonArray sections;
  for (const InspectionSection& section : inspection_sections(inspection)) {
    JsonArray sentences;
    for (const std::string& sentence : section.sentences) sentences.raw(json_string(sentence));
    JsonObject one;
    sections.raw(one.text("heading", section.heading).raw("sentences", sentences.str()).str());
  }
  data.raw("sections", sections.str());
  write_page(inspection_assets(), inspection.record().id, data.str(), page);
}

}  // namespace tristab
