#include "tristab/judge/variant_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "tristab/base/errors.h"
#include "tristab/base/for_all.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

// A candidate before it is run on everything.
struct Candidate {
  Recipe recipe;
  std::size_t base = 0;
  std::vector<const Edit*> edits;
  std::int64_t differing = 0;            // on the telling input
  std::set<std::pair<int, int>> blocks;  // that differ there

  bool refused() const { return differing == std::numeric_limits<std::int64_t>::max(); }  // it does not take the input
};

std::vector<std::string> texts_of(const std::vector<const Edit*>& edits) {
  std::vector<std::string> texts;
  texts.reserve(edits.size());
  for (const Edit* edit : edits) texts.push_back(edit->text);
  return texts;
}

// Equal for recipes that compute the same.
std::string identity_of(const Recipe& recipe) {
  std::string text = recipe.method.identity() + recipe.formation.identity();
  for (const auto& [stage, arithmetic] : recipe.arithmetics) text += stage + arithmetic.identity();
  return recipe.layer ? text + recipe.layer->identity() : text;
}

class Search {
 public:
  Search(const SearchSpace& space, const BitDistance& distance) : space_(space), distance_(distance) {}

  VariantSearch run() {
    std::vector<Candidate> level;
    for (std::size_t b = 0; b < space_.bases.size(); ++b) level.push_back({space_.bases[b], b, {}, 0, {}});
    evaluate(level);
    keep(level);
    // Edits of the nearest bases. If no kernel is declared, one with other blocks may be far from all of them: more.
    std::vector<Candidate> starts = nearest(level, space_.declared ? 3 : 16);
    if (space_.declared && std::ranges::none_of(starts, [](const Candidate& each) { return each.base == 0; }))
      starts.insert(starts.begin(), level.front());
    for (const Candidate& start : starts) {
      auto [found, fresh] = edits_.try_emplace(start.base);
      if (fresh) found->second = space_.edits(space_.bases[start.base]);
    }
    std::vector<Candidate> singles;
    for (int depth = 1; depth <= 3 && (!done() || (depth == 1 && is_foreign())); ++depth) {
      std::vector<Candidate> next = extended(depth == 1 ? starts : nearest(singles, depth == 2 ? 24 : 8));
      evaluate(next);
      keep(next);
      singles = std::move(next);
    }
    return finished();
  }

 private:
  bool done() const {
    return tried_ >= space_.limit ||
           std::ranges::any_of(best_, [](const Candidate& candidate) { return candidate.differing == 0; });
  }

  // Whether only other recipes than the declared one are equal.
  bool is_foreign() const {
    return space_.declared && tried_ < space_.limit && std::ranges::none_of(best_, [&](const Candidate& candidate) {
             return candidate.differing == 0 && candidate.recipe.name == space_.bases.front().name;
           });
  }

  static std::vector<Candidate> nearest(std::vector<Candidate> all, std::size_t count) {
    std::ranges::stable_sort(all, {}, &Candidate::differing);
    if (all.size() > count) all.erase(all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
    return all;
  }

  std::vector<Candidate> extended(const std::vector<Candidate>& from) {
    std::vector<Candidate> next;
    for (const Candidate& candidate : from) {
      for (const Edit& edit : edits_.at(candidate.base)) {
        if (tried_ + static_cast<std::int64_t>(next.size()) >= space_.limit) return next;
        const std::string subject = edit.subject();
        if (std::ranges::any_of(candidate.edits, [&](const Edit* other) { return other->subject() == subject; }))
          continue;
        std::vector<const Edit*> edits = candidate.edits;
        edits.push_back(&edit);
        std::optional<Recipe> recipe = edited(space_.bases[candidate.base], edits);
        if (!recipe || !known_.insert(identity_of(*recipe)).second) continue;
        next.push_back({std::move(*recipe), candidate.base, std::move(edits), 0, {}});
      }
    }
    return next;
  }

  void evaluate(std::vector<Candidate>& candidates) {
    for_all(std::size_t{0}, candidates.size(), [&](std::size_t k) {
      try {
        const BitDifferences differences = distance_(candidates[k].recipe, false);
        candidates[k].differing = differences.differing;
        for (const auto& [place, count] : differences.blocks) candidates[k].blocks.insert(place);
      } catch (const UsageError&) {  // the variant refuses this input
        candidates[k].differing = std::numeric_limits<std::int64_t>::max();
      }
    });
    tried_ += static_cast<std::int64_t>(candidates.size());
  }

  void keep(const std::vector<Candidate>& candidates) {
    // The nearest for each block of the first base, of the fewest edits.
    if (first_blocks_.empty() && !candidates.empty()) first_blocks_ = candidates.front().blocks;
    for (const Candidate& candidate : candidates) {
      for (const std::pair<int, int>& block : first_blocks_) {
        if (candidate.refused() || candidate.blocks.contains(block)) continue;
        const auto [found, fresh] = by_block_.try_emplace(block, candidate);
        const auto rank = [](const Candidate& c) { return std::pair(c.edits.size(), c.differing); };
        if (!fresh && rank(candidate) < rank(found->second)) found->second = candidate;
      }
    }
    best_.insert(best_.end(), candidates.begin(), candidates.end());
    best_ = nearest(std::move(best_), 64);
  }

  VariantSearch finished() {
    VariantSearch result;
    result.tried = tried_;
    // Of equal ones the fewest edits, where another recipe than the declared one is an edit too.
    const auto edits = [&](const Recipe& recipe, std::size_t count) {
      return count + (space_.declared && recipe.name != space_.bases.front().name ? 1 : 0);
    };
    std::ranges::stable_sort(best_, [&](const Candidate& x, const Candidate& y) {
      return std::tuple(x.differing, edits(x.recipe, x.edits.size()), y.edits.size()) <
             std::tuple(y.differing, edits(y.recipe, y.edits.size()), x.edits.size());
    });
    for (const Candidate& candidate : best_) {
      if (result.found.size() == 8 || candidate.refused()) break;
      const std::int64_t whole = distance_(candidate.recipe, true).differing;
      const bool benign = space_.declared && candidate.base == 0 &&
                          std::ranges::all_of(candidate.edits, [](const Edit* edit) { return edit->benign; });
      result.found.push_back({candidate.recipe, texts_of(candidate.edits), whole, benign});
    }
    std::ranges::stable_sort(result.found, {}, &FoundVariant::differing);
    if (result.equal()) {
      const auto edits_of = [&](const FoundVariant& v) { return edits(v.recipe, v.edits.size()); };
      const std::size_t fewest = edits_of(result.found.front());
      std::erase_if(result.found, [&](const FoundVariant& v) { return v.differing > 0 || edits_of(v) > fewest; });
    } else if (!first_blocks_.empty() && by_block_.size() == first_blocks_.size()) {
      explain_blocks(result);
    }
    return result;
  }

  // The variants that have the bits of each block, if they have them on all inputs.
  void explain_blocks(VariantSearch& result) const {
    std::vector<BlockOfVariant> blocks;
    std::map<std::string, BitDifferences> whole;
    for (const auto& [place, candidate] : by_block_) {
      auto [found, fresh] = whole.try_emplace(candidate.recipe.label);
      if (fresh) found->second = distance_(candidate.recipe, true);
      if (found->second.blocks.contains(place)) return;
      blocks.push_back({place.first, place.second, candidate.recipe.label});
    }
    result.blocks = std::move(blocks);
  }

  const SearchSpace& space_;
  const BitDistance& distance_;
  std::set<std::pair<int, int>> first_blocks_;
  std::map<std::pair<int, int>, Candidate> by_block_;
  std::map<std::size_t, std::vector<Edit>> edits_;  // by base
  std::vector<Candidate> best_;
  std::set<std::string> known_;
  std::int64_t tried_ = 0;
};

}  // namespace

const FoundVariant* VariantSearch::benign_equal() const {
  for (const FoundVariant& variant : found) {
    if (variant.differing == 0 && variant.benign) return &variant;
  }
  return nullptr;
}

VariantSearch search_variants(const SearchSpace& space, const BitDistance& distance) {
  return Search(space, distance).run();
}

std::vector<Recipe> listed_recipes(int n) {
  std::vector<Recipe> all;
  for (const RecipeEntry& entry : recipe_entries()) {
    if (!entry.chunks.empty() && std::ranges::find(entry.chunks, n) == entry.chunks.end()) continue;
    Json given{{"kernel", entry.description.name}};
    for (const Parameter& parameter : entry.description.parameters) {
      if (parameter.name != "formation") given[parameter.name] = parameter.choices;
    }
    for (Recipe& recipe : expand_recipe(given, "variant", "")) all.push_back(std::move(recipe));
  }
  return all;
}

std::vector<Recipe> all_recipes(int n) {
  std::vector<Recipe> all = listed_recipes(n);
  for (const Method& method : methods()) {
    if (method.input != nullptr) continue;
    const MethodSpec spec = expand_method(Json(method.description.name), "variant").front();
    for (const char* name : {"fp32", "tf32", "bf16", "fp16", "fp16-h100", "bf16-h100", "tf32-h100"}) {
      std::map<std::string, Arithmetic, std::less<>> arithmetics;
      arithmetics.emplace("*", expand_arithmetic(Json(name), "variant").front());
      Recipe recipe = recipe_of(spec, std::move(arithmetics), Formation(), std::nullopt, "variant");
      recipe.name = method.description.name;
      recipe.label = fmt::format("{} {}", method.description.name, name);
      all.push_back(std::move(recipe));
    }
  }
  return all;
}

}  // namespace tristab
