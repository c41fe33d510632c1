// Matrices from a file, in file order (head-major: all chunks of head 0, then of head 1):
//   [n, n]              one A
//   [batch, n, n]       a batch of A; so is every tensor of three axes whose last two are equal
//   [tokens, heads, n]  A in chunks: chunk c of head h is rows c n .. c n + n - 1
//   k, beta, g          of one layer or of all, from which A is formed (layer_tensors.h, rule/rule.h)
// Source: .npy, .npz and .safetensors; the layouts of data that kernels exchange.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "tristab/base/errors.h"
#include "tristab/base/foreign_file.h"
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

void settle_files(Json& settings, std::string_view place) {
  if (!settings.contains("path") || settings["path"].get_ref<const std::string&>().empty())
    refuse(place_of_setting(place, "path"), "nothing", "the path of a .npy, .npz or .safetensors file");
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

// "keys" for k: the tensors that begin like the ones that are missing, as "; rename keys to k".
std::string renaming_hint(const std::vector<std::string>& names) {
  std::vector<std::string> renamings;
  for (const char* part : {"k", "beta", "g"}) {
    if (std::ranges::find(names, part) != names.end()) continue;
    const auto similar = std::ranges::find_if(names, [&](const std::string& name) {
      const bool is_part = name == "k" || name == "beta" || name == "g" || name == "q" || name == "v";
      return !is_part && !name.empty() && std::tolower(static_cast<unsigned char>(name.front())) == part[0];
    });
    if (similar != names.end()) renamings.push_back(fmt::format("{} to {}", *similar, part));
  }
  return renamings.empty() ? "" : fmt::format("; rename {}", fmt::join(renamings, ", "));
}

// A file of several tensors without a layer.
[[noreturn]] void refuse_without_layer(const TensorFile& file, std::string_view place) {
  const std::vector<std::string> names = tensor_names(file);
  if (names.empty()) refuse_input(file.path(), "no tensors", "A, or k and beta of a layer");
  std::vector<std::string> missing;
  for (const char* part : {"k", "beta"}) {
    if (file.find(part) == nullptr) missing.emplace_back(part);
  }
  throw UsageError(
      fmt::format("{}: {}: no tensor {}; a layer needs k and beta, and g if it decays (found {}{}). A tensor that "
                  "holds A itself is "
                  "named by {}",
                  place, file.path(), fmt::join(missing, " and no tensor "), join_names(names), renaming_hint(names),
                  place_of_setting(place, "tensor")));
}

// What to read if neither tensor nor layer is named: the only one in the file.
std::unique_ptr<Source> open_only(const Settings& settings, const std::shared_ptr<const TensorFile>& file,
                                  std::string_view place) {
  const std::vector<std::string> layers = layer_names(*file);
  if (layers.size() == 1)
    return layers_source(settings, {LayerTensors(file, layers.front(), conventions_of(settings))}, place);
  if (layers.empty() && file->tensors().size() == 1) {
    return matrices_source(settings, file, file->tensors().front(), place);
  }
  if (layers.empty()) refuse_without_layer(*file, place);
  refuse(place_of_setting(place, "layer"), "nothing",
         fmt::format("all, {} (the layers of {})", join_names(layers), file->path()));
}

std::unique_ptr<Source> open_selected(const FamilySpec& spec, const std::filesystem::path& directory,
                                      std::string_view place) {
  const Settings& settings = spec.settings;
  const auto open_file = [&](const char* name) {
    const std::string& path = settings.text(name);
    return TensorFile::open(path == "-" ? std::filesystem::path(path) : directory / path);
  };
  const auto file = open_file("path");
  if (settings.has("beta")) {
    const auto beta = open_file("beta");
    const auto g = settings.has("g") ? open_file("g") : nullptr;
    return layers_source(settings, {LayerTensors(file, beta, g, conventions_of(settings))}, place);
  }
  if (settings.has("tensor")) {
    const Tensor* tensor = file->find(settings.text("tensor"));
    if (tensor == nullptr) {
      throw_unknown_name(fmt::format("{}: {}", place_of_setting(place, "tensor"), file->path()), "tensor",
                         settings.text("tensor"), tensor_names(*file));
    }
    return matrices_source(settings, file, *tensor, place);
  }
  if (!settings.has("layer")) return open_only(settings, file, place);
  std::vector<LayerTensors> layers;
  const std::string& name = settings.text("layer");
  if (name == "all" && file->find(layer_tensor_name("all", "k")) == nullptr) {
    for (const std::string& each : layer_names(*file)) layers.emplace_back(file, each, conventions_of(settings));
  } else {
    const std::vector<std::string> names = layer_names(*file);
    if (names == std::vector<std::string>{""})
      refuse(place_of_setting(place, "layer"), fmt::format("'{}' for {}", name, file->path()),
             "nothing, because the tensors of its only layer have no prefix: k, beta, ...");
    if (file->find(layer_tensor_name(name, "k")) == nullptr) {
      throw_unknown_name(fmt::format("{}: {}", place_of_setting(place, "layer"), file->path()), "layer", name, names);
    }
    layers.emplace_back(file, name, conventions_of(settings));
  }
  if (layers.empty())
    refuse_input(file->path(), "no layer",
                 "tensors called k and beta, or <layer>.k and <layer>.beta; or three .npy files, the family "
                 "file:path=k.npy:beta=beta.npy:g=g.npy");
  return layers_source(settings, std::move(layers), place);
}

// Adds the setting that led to it to every InputError of opening.
std::unique_ptr<Source> open(const FamilySpec& spec, const std::filesystem::path& directory, std::string_view place) {
  try {
    return open_selected(spec, directory, place);
  } catch (const ForeignFile& error) {
    throw ForeignFile(fmt::format("{}: {}", place_of_setting(place, "path"), error.what()), error.lines());
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", place_of_setting(place, "path"), error.what()));
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
                   Parameter::text("path", nullptr, "file, relative to the configuration; - for standard input"),
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
      .settle = settle_files,
      .open = open,
      .list_valued = {"heads", "tokens"}};
}

}  // namespace tristab
