// What recommend found, as text, JSON, and a recipe file.
#pragma once

#include <string>
#include <vector>

#include "tristab/choose/recommend.h"
#include "tristab/report/page.h"

namespace tristab {

// `name`: of the machine; `top`: rows of each table, 0: all.
std::string recommendation_text(const std::vector<Recommendation>& recommendations, const RecommendRequest& request,
                                int top, const Page& page);
// "tristab-recommendation/1".
std::string recommendation_json(const std::vector<Recommendation>& recommendations, const RecommendRequest& request);

// The setting as a file that --kernels takes; `name` is that of the file without its ending.
std::string recipe_text(const ChosenSetting& chosen, const Recommendation& recommendation,
                        const RecommendRequest& request, const std::string& name);

}  // namespace tristab
