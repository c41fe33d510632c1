#include "tristab/matrix/family/file_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/memory_file.h"

namespace tristab {
namespace {

// A whole number from 0 to 2^53.
bool is_count(const Json& value) { return value.is_number_integer() && value >= 0 && value <= std::int64_t{1} << 53; }

bool all_counts(const Json& list) { return std::ranges::all_of(list, is_count); }

// "0,2" -> [0, 2]; anything that is not a list of counts is returned unchanged.
Json parsed_list(const Json& value, char separator) {
  if (!value.is_string()) return value;
  std::string_view text = value.get_ref<const std::string&>();
  Json list = Json::array();
  while (true) {
    const std::size_t end = text.find(separator);
    const Json part = parse_scalar(text.substr(0, end));
    if (!is_count(part)) return value;
    list.push_back(part);
    if (end == std::string_view::npos) return list;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::int64_t TokenRange::chunks(int n, Tail tail) const {
  const std::int64_t tokens = end - begin;
  return tokens / n + (tokens % n != 0 && tail != Tail::drop ? 1 : 0);
}

std::string place_of_setting(std::string_view place, std::string_view setting) {
  if (memory_file(std::string(place)) != nullptr) return std::string(place);  // an argument of a function
  if (place != "--input" && place != "INPUT") return fmt::format("{}.{}", place, setting);
  return setting == "path" ? std::string(place) : fmt::format("--{}", setting);
}

void settle_heads(Json& settings, std::string_view place) {
  Json heads = settings.value("heads", Json("all"));
  if (is_count(heads)) heads = Json::array({heads});
  heads = parsed_list(heads, ',');
  const bool list = heads.is_array() && !heads.empty() && all_counts(heads);
  if (heads != "all" && !list)
    refuse(place_of_setting(place, "heads"), quoted(heads),
           "\"all\", a head's number, or a list of them such as [0, 2]");
  if (list && std::set<Json>(heads.begin(), heads.end()).size() != heads.size())
    refuse(place_of_setting(place, "heads"), quoted(heads), "each head once");
  settings["heads"] = heads;
}

void settle_tokens(Json& settings, std::string_view place) {
  const Json tokens = parsed_list(settings.value("tokens", Json("all")), ':');
  const bool range = tokens.is_array() && tokens.size() == 2 && all_counts(tokens) && tokens[0] < tokens[1];
  if (tokens != "all" && !range) {
    refuse(place_of_setting(place, "tokens"), quoted(tokens),
           "\"all\", or [begin, end) with begin < end, such as [0, 512] or \"0:512\"");
  }
  settings["tokens"] = tokens;
}

std::vector<std::int64_t> selected_heads(const Json& heads, std::int64_t available, std::string_view place) {
  if (heads == "all") {
    std::vector<std::int64_t> all(static_cast<std::size_t>(available));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return all;
  }
  auto chosen = heads.get<std::vector<std::int64_t>>();
  for (const std::int64_t head : chosen) {
    if (head >= available) {
      throw UsageError(
          fmt::format("{}: found head {}; allowed: 0 to {}", place_of_setting(place, "heads"), head, available - 1));
    }
  }
  return chosen;
}

TokenRange selected_tokens(const Json& tokens, std::int64_t available, std::string_view place) {
  if (tokens == "all") return {0, available};
  const TokenRange range{tokens[0].get<std::int64_t>(), tokens[1].get<std::int64_t>()};
  if (range.end > available) {
    throw UsageError(fmt::format("{}: found [{}, {}); allowed: at most [0, {})", place_of_setting(place, "tokens"),
                                 range.begin, range.end, available));
  }
  return range;
}

Tail tail_of(std::string_view name) {
  if (name == "drop") return Tail::drop;
  return name == "short" ? Tail::short_chunk : Tail::pad;
}

}  // namespace tristab
