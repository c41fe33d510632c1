#include "tristab/matrix/standard_input.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"

namespace tristab {
namespace {

[[noreturn]] void fail() {
  throw InputError(
      fmt::format("standard input: cannot read: {}; allowed: a .npy, .npz or .safetensors file", std::strerror(errno)));
}

std::string buffer() {
  note_input("-");
  const int file = memfd_create("standard input", 0);
  if (file < 0) fail();
  char block[1 << 16];
  while (true) {
    const ssize_t got = read(STDIN_FILENO, block, sizeof block);
    if (got == 0) break;
    if (got < 0 && errno != EINTR) fail();
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = write(file, block + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno != EINTR) fail();
      if (put > 0) done += put;
    }
  }
  return fmt::format("/proc/self/fd/{}", file);
}

}  // namespace

const std::string& buffered_standard_input() {
  static const std::string path = buffer();
  return path;
}

}  // namespace tristab
