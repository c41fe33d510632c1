#include "describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "head_statistics.h"
#include "tristab/base/errors.h"
#include "tristab/matrix/condition.h"
#include "tristab/matrix/family/file_sources.h"
#include "tristab/matrix/layer_notes.h"
#include "tristab/matrix/norms.h"
#include "tristab/report/table.h"
#include "tristab/sweep/summary.h"

namespace tristab {
namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();

// x with `count` significant digits, but with all digits before the point up to 9999; "-" for NaN.
std::string digits(double x, int count) {
  if (std::isnan(x)) return "-";
  const double size = std::fabs(x);
  return size >= 100 && size < 9999.5 ? fmt::format("{:.0f}", x) : fmt::format("{:.{}g}", x, count);
}
std::string three_digits(double x) { return digits(x, 3); }
std::string two_digits(double x) { return digits(x, 2); }

// Quantiles as in the summaries of sweeps; NaN without values.
std::vector<double> quantiles(std::vector<double> values, std::initializer_list<double> parts) {
  std::ranges::sort(values);
  std::vector<double> found;
  for (const double p : parts) found.push_back(values.empty() ? absent : quantile(values, p));
  return found;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// The name, in quotes if it has characters that must not reach a terminal.
std::string shown(const std::string& name) {
  std::string text = name_text(name);
  return text.size() == name.size() + 2 ? name : text;
}

std::string tensor_table(const TensorFile& file, const std::vector<const Tensor*>& tensors, const Page& page) {
  constexpr std::int64_t piece = std::int64_t{1} << 18;  // elements read at once
  Table table({{.header = "tensor", .layout = cut_lines, .widest = 34},
               {"dtype"},
               {.header = "shape", .layout = wrapped_cell},
               {"least", true},
               {"largest", true},
               {"NaN or\ninfinite", true}});
  for (const Tensor* tensor : tensors) {
    std::vector<TableCell> cells{shown(tensor->name), tensor->dtype_name, tensor->shape_text(), "-", "-", "-"};
    if (is_floating(tensor->dtype)) {
      ValueRange range;
      const std::int64_t elements = tensor->elements();
      for (std::int64_t first = 0; first < elements; first += piece) {
        file.survey(*tensor, first, std::min(piece, elements - first), range);
      }
      if (range.minimum <= range.maximum) {
        cells[3] = three_digits(range.minimum);
        cells[4] = three_digits(range.maximum);
      }
      cells[5] = TableCell(fmt::format("{}", range.non_finite), range.non_finite > 0 ? Style::nonfinite : Style::plain);
    }
    table.add_row(cells);
  }
  return table.str(page);
}

std::string layer_text(const LayerTensors& layer, const DescribeOptions& options, const Page& page) {
  std::string heads = counted(layer.heads(), "head", "heads");
  if (layer.key_heads() != layer.heads()) heads += fmt::format(" ({} of keys)", layer.key_heads());
  std::string dtypes, place = layer.name().empty() ? "layer without a name" : shown(layer.name());
  for (const Tensor* tensor : layer.tensors()) {
    const std::size_t dot = tensor->name.rfind('.');
    dtypes += fmt::format("{}{} {}", dtypes.empty() ? "" : ", ",
                          tensor->name.substr(dot == std::string::npos ? 0 : dot + 1), tensor->dtype_name);
  }
  if (layer.normalised_on_reading()) dtypes += "; q and k L2-normalised on reading";
  std::string text;
  for (const std::string& line :
       {fmt::format("{}: {}, {}{}, {}, {}, head_dim {}", place, layer.rule().name,
                    counted(layer.tokens(), "token", "tokens"),
                    layer.steps() > 1 ? fmt::format(" of {} steps", layer.steps()) : "",
                    counted(static_cast<std::int64_t>(layer.sequences().size()), "sequence", "sequences"), heads,
                    layer.head_dim()),
        dtypes}) {
    text += page.is_terminal() ? paragraph(line, 0, page) : wrapped(line, 98, 0);
  }

  const std::string& named = layer.rule().erase_rate;
  const std::string rate = named.empty() ? "no rate" : named;
  const auto number_column = [](const char* header, const std::string& of) {
    return TableColumn{.header = fmt::format("{}\n{}", of, header), .right = true};
  };
  Table keys({{"head", true},
              number_column("least", "|k|"),
              number_column("largest", "|k|"),
              {"cosine of\nkeys, mean", true},
              number_column("1%", rate),
              number_column("25%", rate),
              number_column("50%", rate),
              number_column("75%", rate),
              number_column("99%", rate)},
             1);
  Table matrices({{"head", true},
                  number_column("1%", "g"),
                  number_column("50%", "g"),
                  number_column("99%", "g"),
                  number_column("least", "chunk sum"),
                  number_column("median", "chunk sum"),
                  {"||A||_inf\nlargest", true},
                  number_column("median", "cond(I+A)"),
                  number_column("worst", "cond(I+A)")},
                 1);
  std::int64_t chunks = 0, seen = 0, left_out = 0;
  for (std::int64_t h = 0; h < layer.heads(); ++h) {
    const HeadStatistics head = head_statistics(layer, h, options.chunk, options.sample);
    chunks = head.chunks, seen = head.seen, left_out += head.non_finite;
    const bool any = head.seen > head.non_finite;
    std::vector<TableCell> cells{
        fmt::format("{}", h), three_digits(any ? head.smallest_key : absent),
        three_digits(any ? head.largest_key : absent),
        three_digits(head.pairs > 0 ? head.cosine_sum / static_cast<double>(head.pairs) : absent)};
    for (const double x : quantiles(head.erase_rates, {0.01, 0.25, 0.5, 0.75, 0.99})) cells.push_back(three_digits(x));
    keys.add_row(cells);
    cells = std::vector<TableCell>{fmt::format("{}", h)};
    for (const double x : quantiles(head.decay, {0.01, 0.5, 0.99})) cells.push_back(two_digits(x));
    for (const double x : quantiles(head.decay_sums, {0, 0.5})) cells.push_back(two_digits(x));
    cells.push_back(three_digits(any ? head.largest_norm : absent));
    for (const double x : quantiles(head.conditions, {0.5, 1})) cells.push_back(three_digits(x));
    matrices.add_row(cells);
  }
  text += paragraph(seen == chunks ? fmt::format("chunks of {}: all {} of each head", options.chunk, chunks)
                                   : fmt::format("chunks of {}: {} of the {} of each head, evenly spaced (--sample)",
                                                 options.chunk, seen, chunks),
                    0, page);
  if (left_out > 0) {
    text += paragraph(
        fmt::format("left out because inputs or A are not finite: {}", counted(left_out, "chunk", "chunks")), 0, page);
  }
  return text + keys.str(page) + matrices.str(page);
}

// Describes a tensor of matrices; "" if it has another shape.
std::string matrices_text(const Settings& settings, const std::shared_ptr<const TensorFile>& file, const Tensor& tensor,
                          const DescribeOptions& options, const Page& page) {
  std::unique_ptr<Source> source;
  try {
    source = matrices_source(settings, file, tensor, "--describe");
  } catch (const InputError&) {  // another shape
    return "";
  }
  const int n = source->sizes().front(), count = source->count(n);
  const int seen = static_cast<int>(std::min<std::int64_t>(count, options.sample));
  std::string text = fmt::format("{}: {}, {} x {}", shown(tensor.name), counted(count, "matrix", "matrices"), n, n);
  if (seen < count) text += fmt::format(", {} of them examined, evenly spaced (--sample)", seen);
  double entry = 0, row = 0, frobenius = 0;
  std::vector<double> conditions;
  for (int i = 0; i < seen; ++i) {
    Matrix a;
    try {
      a = source->problem(n, static_cast<int>(std::int64_t{count} * i / seen)).a;
    } catch (const InputError& error) {
      return sentence(text, page) + sentence(fmt::format("no A: {}", error.what()), page);
    }
    entry = std::max(entry, max_abs(a));
    row = std::max(row, infinity_norm(a));
    frobenius = std::max(frobenius, frobenius_norm(a));
    conditions.push_back(condition_number_2(a));
  }
  const std::vector<double> condition = quantiles(conditions, {0.5, 1});
  Table table({{"|A_ij|\nlargest", true},
               {"||A||_inf\nlargest", true},
               {"||A||_F\nlargest", true},
               {"cond(I+A)\nmedian", true},
               {"cond(I+A)\nworst", true}});
  table.add_row({three_digits(entry), three_digits(row), three_digits(frobenius), three_digits(condition[0]),
                 three_digits(condition[1])});
  return sentence(text, page) + table.str(page);
}

// What the settings choose: one layer, or all of them.
std::vector<LayerTensors> chosen_layers(const Settings& settings, const std::shared_ptr<const TensorFile>& file) {
  std::vector<LayerTensors> layers;
  const LayerConventions conventions = conventions_of(settings);
  if (settings.has("beta")) {
    const auto g = settings.has("g") ? TensorFile::open(settings.text("g")) : nullptr;
    layers.emplace_back(file, TensorFile::open(settings.text("beta")), g, conventions);
    return layers;
  }
  if (settings.has("layer") && settings.text("layer") != "all") {
    const std::vector<std::string> names = layer_names(*file);
    if (std::ranges::find(names, settings.text("layer")) == names.end())
      throw_unknown_name(fmt::format("layer: {}", file->path()), "layer", settings.text("layer"), names);
    layers.emplace_back(file, settings.text("layer"), conventions);
    return layers;
  }
  for (const std::string& name : layer_names(*file)) layers.emplace_back(file, name, conventions);
  return layers;
}

}  // namespace

std::string description_of_file(const DescribeOptions& options, const Page& page) {
  const std::vector<FamilySpec> specs = expand_family(options.settings, "--describe");
  if (specs.size() != 1) refuse("--describe", fmt::format("{} settings", specs.size()), "one value for each parameter");
  const Settings& settings = specs.front().settings;
  const auto file = TensorFile::open(settings.text("path"));
  const Tensor* only = settings.has("tensor") ? file->find(settings.text("tensor")) : nullptr;
  if (settings.has("tensor") && only == nullptr) {
    std::vector<std::string> names;
    for (const Tensor& tensor : file->tensors()) names.push_back(tensor.name);
    throw_unknown_name(fmt::format("tensor: {}", file->path()), "tensor", settings.text("tensor"), names);
  }
  std::vector<LayerTensors> layers;
  if (only == nullptr) layers = chosen_layers(settings, file);

  std::string text =
      sentence(fmt::format("{}: {}, {}", file->path(),
                           counted(static_cast<std::int64_t>(file->tensors().size()), "tensor", "tensors"),
                           counted(static_cast<std::int64_t>(layers.size()), "layer", "layers")),
               page);
  // Everything, or what belongs to the layer or tensor that the settings name.
  std::set<const Tensor*> used;
  for (const LayerTensors& layer : layers) {
    for (const Tensor* tensor : layer.tensors()) used.insert(tensor);
  }
  std::vector<const Tensor*> tensors, others;
  for (const Tensor& tensor : file->tensors()) {
    const bool named = only != nullptr ? &tensor == only : !settings.has("layer");
    if (named || used.contains(&tensor)) tensors.push_back(&tensor);
    if (named && !used.contains(&tensor)) others.push_back(&tensor);
  }
  text += tensor_table(*file, tensors, page);
  for (const LayerTensors& layer : layers) {
    text += fmt::format("\n{}", layer_text(layer, options, page));
    for (const std::string& note : layer_notes(layer)) text += paragraph("note: " + note, 0, page);
  }
  for (const Tensor* tensor : others) {
    const std::string matrices = matrices_text(settings, file, *tensor, options, page);
    if (!matrices.empty()) text += fmt::format("\n{}", matrices);
  }
  return text;
}

}  // namespace tristab
