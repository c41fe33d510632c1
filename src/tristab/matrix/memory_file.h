// Arrays of the calling program as a file: whatever reads a file of tensors reads them under their name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tristab/matrix/tensor_file.h"

namespace tristab {

// An array in row-major order; its numbers belong to somebody else.
struct BorrowedArray {
  std::string name;  // of the tensor
  Dtype dtype = Dtype::f64;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;
};

// While it lives, TensorFile::open(path) gives these arrays to the thread that made it, before any file of that path. A
// single array called "array" is what a .npy file holds. The arrays must outlive this and every source made from it.
// Throws std::logic_error if the thread has one of this path.
class MemoryFile {
 public:
  MemoryFile(const std::string& path, const std::vector<BorrowedArray>& arrays);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The arrays that the calling thread has under this path; null: none.
std::shared_ptr<const TensorFile> memory_file(const std::filesystem::path& path);

}  // namespace tristab
