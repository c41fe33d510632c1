// Matrices from a file, in file order (head-major: all chunks of head 0, then of head 1):
//   [n, n]              one A
//   [batch, n, n]       a batch of A; so is every tensor of three axes whose last two are equal
//   [tokens, heads, n]  A in chunks: chunk c of head h is rows c n .. c n + n - 1
//   k, beta, g          of one layer or of all, from which A is formed (layer_tensors.h, rule/rule.h)
// Source: .npy, .npz and .safetensors; the layouts of data that kernels exchange.
#include <fmt/format.h>

#include <limits>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/family/family.h"
#include "tristab/matrix/family/file_sources.h"

namespace tristab {
namespace {

std::vector<std::string> tensor_names(const TensorFile& file) {
  std::vector<std::string> names;
  for (const Tensor& tensor : file.tensors()) names.push_back(tensor.name);
  return names;
}

void settle(Json& settings, std::string_view place) {
  if (!settings.contains("path") || settings["path"].get_ref<const std::string&>().empty())
    refuse(fmt::format("{}.path", place), "nothing", "the path of a .npy, .npz or .safetensors file");
  const auto together = [&](const char* one, const char* other) {
    if (!settings.contains(one) || !settings.contains(other)) return;
    refuse(place, fmt::format("{} {} and {} {}", one, quoted(settings[one]), other, quoted(settings[other])),
           "one of them");
  };
  together("tensor", "layer");
  together("tensor", "beta");
  together("layer", "beta");
  if (settings.contains("g") && !settings.contains("beta")) {
    refuse(fmt::format("{}.g", place), fmt::format("{} without beta", quoted(settings["g"])),
           "the file of g beside those of k (path) and beta");
  }
  settle_heads(settings, place);
  settle_tokens(settings, place);
}

// What to read if neither tensor nor layer is named: the only one in the file.
std::unique_ptr<Source> open_only(const FileSelection& selection, const std::shared_ptr<const TensorFile>& file,
                                  std::string_view place) {
  const std::vector<std::string> layers = layer_names(*file);
  if (layers.size() == 1)
    return layers_source(selection, {LayerTensors(file, layers.front(), conventions_of(selection.settings))}, place);
  if (layers.empty() && file->tensors().size() == 1) {
    return matrices_source(selection, file, file->tensors().front(), place);
  }
  if (!layers.empty()) {
    refuse(fmt::format("{}.layer", place), "nothing",
           fmt::format("all, {} (the layers of {})", join_names(layers), file->path()));
  }
  refuse(fmt::format("{}.tensor", place), "nothing",
         fmt::format("{} (the tensors of {})", join_names(tensor_names(*file)), file->path()));
}

std::unique_ptr<Source> open_selected(const FamilySpec& spec, const std::filesystem::path& directory,
                                      std::string_view place) {
  const Settings& settings = spec.settings;
  const FileSelection selection{settings, fmt::format("{} {}", spec.name, settings.json().dump())};
  const auto file = TensorFile::open(directory / settings.text("path"));
  if (settings.has("beta")) {
    const auto beta = TensorFile::open(directory / settings.text("beta"));
    const auto g = settings.has("g") ? TensorFile::open(directory / settings.text("g")) : nullptr;
    return layers_source(selection, {LayerTensors(file, beta, g, conventions_of(settings))}, place);
  }
  if (settings.has("tensor")) {
    const Tensor* tensor = file->find(settings.text("tensor"));
    if (tensor == nullptr) {
      throw_unknown_name(fmt::format("{}.tensor: {}", place, file->path()), "tensor", settings.text("tensor"),
                         tensor_names(*file));
    }
    return matrices_source(selection, file, *tensor, place);
  }
  if (!settings.has("layer")) return open_only(selection, file, place);
  std::vector<LayerTensors> layers;
  const std::string& name = settings.text("layer");
  if (name == "all" && file->find(layer_tensor_name("all", "k")) == nullptr) {
    for (const std::string& each : layer_names(*file)) layers.emplace_back(file, each, conventions_of(settings));
  } else {
    if (file->find(layer_tensor_name(name, "k")) == nullptr) {
      throw_unknown_name(fmt::format("{}.layer: {}", place, file->path()), "layer", name, layer_names(*file));
    }
    layers.emplace_back(file, name, conventions_of(settings));
  }
  if (layers.empty()) refuse_input(file->path(), "no layer", "tensors called <layer>.k and <layer>.beta");
  return layers_source(selection, std::move(layers), place);
}

// Adds the setting that led to it to every InputError of opening.
std::unique_ptr<Source> open(const FamilySpec& spec, const std::filesystem::path& directory, std::string_view place) {
  try {
    return open_selected(spec, directory, place);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}.path: {}", place, error.what()));
  }
}

}  // namespace

LayerConventions conventions_of(const Settings& settings) {
  LayerConventions conventions;
  if (settings.has("rule")) conventions.rule = settings.text("rule");
  if (settings.has("steps")) conventions.steps = static_cast<int>(settings.integer("steps"));
  if (settings.has("log_base")) conventions.log2_decay = settings.text("log_base") == "2";
  if (settings.has("l2norm")) conventions.normalise = settings.flag("l2norm");
  return conventions;
}

Family file_family() {
  return {
      .description =
          {.name = "file",
           .summary = "matrices, or keys, betas and decays, from a .npy, .npz or .safetensors file",
           .formula = "A as stored, or formed from k, beta, g (and a, b, w, khat, eta, p) by the layer's delta rule",
           .source = "[n, n], [batch, n, n], [tokens, heads, n], or <layer>.k, .beta, .g; formats: "
                     "https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, "
                     "https://github.com/huggingface/safetensors",
           .parameters =
               {
                   Parameter::text("path", nullptr, "file, relative to the configuration"),
                   Parameter::text("tensor", nullptr, "tensor that holds A; may be absent where there is one"),
                   Parameter::text("layer", nullptr,
                                   "prefix of <layer>.k, .beta, .g, or all; may be absent where there is one"),
                   Parameter::text("beta", nullptr, ".npy file of beta, where path is one of k"),
                   Parameter::text("g", nullptr, ".npy file of g, where path is one of k"),
                   Parameter::text("heads", nullptr, "all (default), or a list such as [0, 2]"),
                   Parameter::text("tokens", nullptr, "all (default), or [begin, end)"),
                   Parameter::choice("tail", "pad", {"pad", "short", "drop"},
                                     "a last chunk of fewer tokens: zero rows added, kept short, left out"),
                   Parameter::choice("rule", nullptr, layer_rule_names(),
                                     "the delta rule; auto (default): what the layer's tensors say"),
                   Parameter::integer("steps", nullptr, 1, 64,
                                      "Householder steps (rows of k) a token (as the file says, or 1)"),
                   Parameter::choice("log_base", nullptr, {"e", "2"},
                                     "base of the log decays g (as the file says, or e)"),
                   Parameter::boolean("l2norm", nullptr,
                                      "k and q are L2-normalised on reading (as the file says, or false)"),
               }},
      .settle = settle,
      .open = open,
      .list_valued = {"heads", "tokens"}};
}

}  // namespace tristab
