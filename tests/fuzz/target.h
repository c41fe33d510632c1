// A target reads one input and keeps what its file promises. Whatever the input, a reader may only succeed or throw
// UsageError or InputError with a message fit to be printed; anything else ends the process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace tristab::fuzz {

struct Target {
  const char* name;  // and its directory in corpus
  void (*read)(std::string_view input);

  void run(std::string_view input) const;
};

extern const Target config, results, ndjson, npy, npz, safetensors, options, recipe;

// Runs a part of a target. Returns whether it succeeded; false: it refused the input in order.
bool attempt(const std::function<void()>& part);

// Ends the process if a promise is broken.
void require(bool kept, std::string_view promise);

// The path of a file that holds this input until the next call with this name, in a directory of the process's own.
std::filesystem::path file_with(std::string_view input, const char* name);

// What TensorFile and the family `file` make of a file.
void read_tensors(const std::filesystem::path& path);

}  // namespace tristab::fuzz
