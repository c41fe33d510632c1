// Files of recorded products D = A B + C: safetensors whose tensors are named
// <operand>_<accumulator>.<tile>.<name>.{a,b,c,d}, with shapes [batch, m, k], [batch, k, n] and twice [batch, m, n],
// stored as bit patterns. If the instruction is not the tile's usual one, the name begins with it: "mma8-...",
// "wgmma32-...".
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tristab::selftest {

struct RecordedProducts {
  std::string name;  // "bf16_f32.m16n16k64.normal"
  std::string operand, accumulator, tile, distribution;
  int batch = 0, m = 0, k = 0, n = 0;
  std::vector<std::uint32_t> a, b, c, d;  // the bits of each element
};

// Every group of the file, in order of name. Throws InputError with the file and the tensor if one is missing, has
// another name, shape or dtype than its group needs, or cannot be read.
std::vector<RecordedProducts> read_recorded_products(const std::filesystem::path& path);

}  // namespace tristab::selftest
