// NumPy's .npz format: a zip archive of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed).
// https://numpy.org/doc/stable/reference/generated/numpy.savez.html
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/tensor_file.h"

namespace tristab {

inline constexpr std::string_view npz_magic = "PK";

struct Npz {
  std::vector<std::unique_ptr<ByteSource>> members;
  std::vector<Tensor> tensors;  // named like their members without ".npy"; `part` is the member's place above
};

// Every array of the archive. A stored member is read in place. A deflated member is inflated when its values are first
// read, into a temporary file (in TMPDIR, else /tmp) that has no name and disappears with the object. Memory holds only
// the first 4 KiB of each deflated member.
//
// Throws InputError with the member's name if the archive is broken; if a member is encrypted, compressed in another
// way, not a .npy array, big-endian, or of another length than its header says; or if a name is not UTF-8 or occurs
// twice; ForeignFile if PyTorch wrote the archive. `name` stands for the path in messages. The checksum of every
// member is checked, of a large one when its values are first read.
Npz read_npz(const std::filesystem::path& path, const std::string& name);

}  // namespace tristab
