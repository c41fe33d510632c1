// What looks unlike the inputs of a delta-rule layer, in a file that can be read all the same.
#pragma once

#include <string>
#include <vector>

#include "tristab/matrix/layer_tensors.h"

namespace tristab {

// One sentence for each suspicion, with file, tensor and place: g above 0, g that falls in every head as a running sum
// does, a decay that makes A vanish, beta outside [0, 2], keys far from unit length (rules with beta alone), more heads
// than tokens. Looks at the first 512 rows of the first sequence, in at most 64 heads. Never an error: it may be meant.
std::vector<std::string> layer_notes(const LayerTensors& layer);

}  // namespace tristab
