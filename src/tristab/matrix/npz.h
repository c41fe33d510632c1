// NumPy's .npz format: a zip archive of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed).
// https://numpy.org/doc/stable/reference/generated/numpy.savez.html
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "tristab/matrix/tensor_file.h"

namespace tristab {

inline constexpr std::string_view npz_magic = "PK";

struct Npz {
  std::vector<std::unique_ptr<ByteSource>> members;
  std::vector<Tensor> tensors;  // named like their members without ".npy"; `part` is the member's place above
};

// Every array of the archive. A stored member is read at its place in the archive. A deflated one is inflated at the
// first read of its values into a temporary file (in TMPDIR, else /tmp) that has no name and ends with the object:
// memory holds the first 4 KiB of each deflated member and nothing else.
//
// Throws InputError naming the member when the archive is broken, when a member is encrypted, compressed in
// another way, no .npy array, in Fortran order, big-endian or of another length than its header says, and when a name
// is no UTF-8 or there twice. What a stored member's checksum says is not looked at, as only slices are read; that of
// a deflated one is.
Npz read_npz(const std::filesystem::path& path);

}  // namespace tristab
