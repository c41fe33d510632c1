#include "tristab/matrix/pytorch.h"

#include <fmt/format.h>

#include <filesystem>

#include "tristab/base/foreign_file.h"
#include "tristab/base/json_text.h"

namespace tristab {

// Protocols 2 to 5 begin with PROTO and their number. The length of a .safetensors header may begin so too, but its
// bytes from the third on are then zero.
bool is_pickle(std::string_view beginning) {
  return beginning.size() > 2 && beginning[0] == '\x80' && beginning[1] >= 2 && beginning[1] <= 5 && beginning[2] != 0;
}

bool is_pytorch_member(std::string_view name) { return name == "data.pkl" || name.ends_with("/data.pkl"); }

void refuse_pytorch(const std::string& path) {
  const std::string target = std::filesystem::path(path).replace_extension(".safetensors").string();
  throw ForeignFile(
      fmt::format("{}: a PyTorch file; allowed: .npy, .npz and .safetensors. These two lines of Python convert it:",
                  path),
      {fmt::format("import torch, safetensors.torch; x = torch.load({}, map_location=\"cpu\")", json_string(path)),
       fmt::format(
           "safetensors.torch.save_file({{n: t.contiguous() for n, t in (x if isinstance(x, dict) else {{\"A\": "
           "x}}).items()}}, {})",
           json_string(target))});
}

}  // namespace tristab
