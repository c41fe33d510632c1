#include "list_codes.h"

#include <fmt/format.h>

#include <cstdint>

#include "list_text.h"
#include "tristab/base/errors.h"
#include "tristab/format/format.h"
#include "tristab/format/format_codes.h"
#include "tristab/format/format_explanation.h"
#include "tristab/format/format_name.h"

namespace tristab {

void list_codes(const std::string& kind, const std::string& name) {
  constexpr int most_bits = 8;
  if (kind != "formats" || name.empty())
    refuse("--codes", fmt::format("list {} {}", kind, name), "tristab list formats e4m3 --codes");
  const Format format = format_of(usual_format_name(name), "tristab list");
  if (format.bits > most_bits)
    refuse("--codes", fmt::format("{}, a format of {} bits", name, format.bits),
           fmt::format("a format of at most {} bits; tristab eval gives the code of one number", most_bits));
  const CodeLayout layout = code_layout(format);
  print_text(fmt::format("{}: {}\n", name, explain(format).layout));
  Table table({{"code"}, {"s"}, {"e"}, {"f"}, {"value", true}});
  for (std::uint64_t code = 0; code < std::uint64_t{1} << format.bits; ++code) {
    const std::string bits = fmt::format("{:0{}b}", code, format.bits);
    const auto exponent = static_cast<std::size_t>(layout.exponent_bits);
    table.add_row({fmt::format("0x{:0{}X}", code, (format.bits + 3) / 4), bits.substr(0, 1), bits.substr(1, exponent),
                   bits.substr(1 + exponent), fmt::format("{}", value_of_code(code, format))});
  }
  print_table(table);
}

}  // namespace tristab
