#include "list_ceilings.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "list_text.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/format/format.h"
#include "tristab/layer/formation.h"
#include "tristab/layer/gate_ceiling.h"

namespace tristab {

void list_ceilings(const std::string& name) {
  if (!name.empty()) refuse("tristab list ceilings", fmt::format("'{}'", name), "nothing behind it");
  print_text(
      "Largest |g|, in nats a token, with one constant gate in a chunk of 64 tokens, for formations by decayed factors "
      "around an anchor. formula: log(2^(emax + 1)) / steps. finite: every score is finite. accurate: no score is "
      "wrong by more than twice what a tenth of `finite` gives; above it digits are lost silently. flushed: accurate, "
      "where "
      "subnormals become zero.\n");
  Table table({{"anchor"},
               {"block", true},
               {"factors"},
               {"steps", true},
               {"formula", true},
               {"finite", true},
               {"accurate", true},
               {"flushed", true}});
  const auto number = [](double x) { return fmt::format("{:.4g}", x); };
  for (const char* factors : {"bf16", "fp16"}) {
    for (const char* anchor : {"first", "middle", "last", "chunk-start", "chunk-middle", "chunk-last"}) {
      const bool of_chunk = std::string_view(anchor).starts_with("chunk");
      for (const int block : of_chunk ? std::vector<int>{64} : std::vector<int>{16, 32, 64}) {
        const auto ceiling = [&](const std::string& product) {
          const Json given{{"formation", "anchored"}, {"product", product}, {"anchor", anchor}, {"block", block}};
          return gate_ceiling(expand_formation(given, "list ceilings").front(), 64,
                              format_of(factors, "list ceilings"));
        };
        const GateCeiling kept = ceiling(factors), flushed = ceiling(fmt::format("{}:subnormals=flush", factors));
        table.add_row({anchor, of_chunk ? "chunk" : std::to_string(block), factors, std::to_string(kept.steps),
                       number(kept.formula), number(kept.finite), number(kept.accurate), number(flushed.accurate)});
      }
    }
  }
  print_table(table);
}

}  // namespace tristab
