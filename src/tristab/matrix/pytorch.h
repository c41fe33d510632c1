// PyTorch's own files, torch.save: a pickle, which is a program and is not run; recognised to say how to convert them.
#pragma once

#include <string>
#include <string_view>

namespace tristab {

// Whether a file that begins with these bytes is a pickle: torch.save before version 1.6.
bool is_pickle(std::string_view beginning);

// Whether a zip archive with a member of this name is one of torch.save.
bool is_pytorch_member(std::string_view name);

// Throws ForeignFile with the lines of Python that write the tensors as .safetensors.
[[noreturn]] void refuse_pytorch(const std::string& path);

}  // namespace tristab
