// libFuzzer's entry. The name of the program names the target: links fuzz-npz, fuzz-config, ... to one binary.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "targets.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

const tristab::fuzz::Target* target = nullptr;

std::uint32_t number_at(const std::uint8_t* data, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t k = bytes; k-- > 0;) value = value << 8 | data[k];
  return value;
}

std::uint32_t crc32_of(const std::uint8_t* data, std::size_t size) {
  std::uint32_t crc = 0xffffffff;
  for (std::size_t k = 0; k < size; ++k) {
    crc ^= data[k];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

// Gives stored members of a zip archive the checksum of their bytes: else every change of them ends there.
void mend_checksums(std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 0; at + 46 < size; ++at) {
    if (std::memcmp(data + at, "PK\x01\x02", 4) != 0) continue;
    const std::size_t local = number_at(data + at + 42, 4), bytes = number_at(data + at + 20, 4);
    if (number_at(data + at + 10, 2) != 0 || local + 30 > size) continue;
    const std::size_t start = local + 30 + number_at(data + local + 26, 2) + number_at(data + local + 28, 2);
    if (start > size || bytes > size - start) continue;
    const std::uint32_t crc = crc32_of(data + start, bytes);
    for (std::size_t k = 0; k < 4; ++k)
      data[at + 16 + k] = data[local + 14 + k] = static_cast<std::uint8_t>(crc >> (8 * k));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
  const char* const path = (*arguments)[0];
  const char* const slash = std::strrchr(path, '/');
  const std::string_view name = slash == nullptr ? path : slash + 1;
  target = name.starts_with("fuzz-") ? tristab::fuzz::target_called(name.substr(5)) : nullptr;
  if (target == nullptr) {
    std::fprintf(stderr, "call this program by a link called fuzz-TARGET\n");
    std::exit(2);
  }
  static_cast<void>(!std::freopen("/dev/null", "r", stdin));  // "-" names it
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target->run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  const std::size_t changed = LLVMFuzzerMutate(data, size, most);
  if (target == &tristab::fuzz::npz && seed % 4 != 0) mend_checksums(data, changed);
  return changed;
}
