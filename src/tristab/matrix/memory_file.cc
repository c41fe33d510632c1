#include "tristab/matrix/memory_file.h"

#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

namespace tristab {
namespace {

std::map<std::string, std::shared_ptr<const TensorFile>, std::less<>>& files_of_thread() {
  thread_local std::map<std::string, std::shared_ptr<const TensorFile>, std::less<>> files;
  return files;
}

class MemoryBytes : public ByteSource {
 public:
  MemoryBytes(const void* data, std::uint64_t size, std::string path)
      : data_(static_cast<const unsigned char*>(data)), size_(size), path_(std::move(path)) {}
  std::uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }
  void read(std::uint64_t offset, std::uint64_t bytes, void* out) const override {
    if (offset > size_ || bytes > size_ - offset) throw std::logic_error("bytes beyond an array");
    std::memcpy(out, data_ + offset, bytes);
  }

 private:
  const unsigned char* data_;
  std::uint64_t size_;
  std::string path_;
};

const char* dtype_name(Dtype dtype) {
  constexpr const char* kNames[] = {"F64", "F32", "F16", "BF16", "I64", "I32", "other"};
  return kNames[static_cast<std::size_t>(dtype)];
}

}  // namespace

MemoryFile::MemoryFile(const std::string& path, const std::vector<BorrowedArray>& arrays) : path_(path) {
  std::vector<std::unique_ptr<ByteSource>> parts;
  std::vector<Tensor> tensors;
  for (const BorrowedArray& array : arrays) {
    Tensor tensor;
    tensor.name = array.name;
    tensor.dtype = array.dtype;
    tensor.dtype_name = dtype_name(array.dtype);
    tensor.shape = array.shape;
    tensor.part = parts.size();
    const auto bytes = static_cast<std::uint64_t>(tensor.elements()) * static_cast<std::uint64_t>(size_of(array.dtype));
    parts.push_back(std::make_unique<MemoryBytes>(array.data, bytes, path));
    tensors.push_back(std::move(tensor));
  }
  auto file = std::make_shared<TensorFile>(path, std::move(parts), std::move(tensors));
  if (!files_of_thread().emplace(path, std::move(file)).second)
    throw std::logic_error("two files in memory of the same path");
}

MemoryFile::~MemoryFile() { files_of_thread().erase(path_); }

std::shared_ptr<const TensorFile> memory_file(const std::filesystem::path& path) {
  const auto& files = files_of_thread();
  const auto found = files.find(path.string());
  return found == files.end() ? nullptr : found->second;
}

}  // namespace tristab
