// replay TARGET FILE...: gives each file, or each file of a directory, to a target, and inputs made from it: its
// beginnings, and random changes that are the same in every run. For compilers without libFuzzer, and in every test
// run. CHANGES=N sets the number of random changes of each file.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "targets.h"

namespace {

using tristab::fuzz::Target;

std::string changed(std::string text, std::mt19937& random) {
  const auto at_most = [&](std::size_t most) { return std::size_t{random()} % (most + 1); };
  for (std::size_t k = 1 + at_most(3); k > 0; --k) {
    const std::size_t at = at_most(text.size());
    switch (random() % 5) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << random() % 8);
        break;
      case 2:
        text.erase(at, at_most(16));
        break;
      case 3:
        text.insert(at, text.substr(at_most(text.size()), at_most(32)));
        break;
      default:
        static constexpr const char* pieces[] = {
            "\"",   "{",  "[", "]", "}", ",", ":", "-1", "1e999", "null", "9223372036854775807",
            "\xff", "\n", "0", "*", "/"};
        text.insert(at, pieces[random() % std::size(pieces)]);
    }
  }
  return text;
}

long replay(const Target& target, const std::filesystem::path& path, int changes) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  std::fprintf(stderr, "%s\n", path.c_str());  // the last line names the file that fails
  target.run(text);
  long inputs = 1;
  const std::size_t step = 1 + text.size() / 50;
  for (std::size_t end = 0; end < text.size(); end += step, ++inputs) target.run(std::string_view(text).substr(0, end));
  std::mt19937 random(static_cast<unsigned>(text.size()));
  for (int k = 0; k < changes; ++k, ++inputs) target.run(changed(text, random));
  return inputs;
}

}  // namespace

int main(int count, char** arguments) {
  const Target* const target = count > 1 ? tristab::fuzz::target_called(arguments[1]) : nullptr;
  if (target == nullptr || count < 3) {
    std::fprintf(stderr, "replay TARGET FILE...\n");
    return 2;
  }
  static_cast<void>(!std::freopen("/dev/null", "r", stdin));  // "-" names it
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  constexpr rlim_t most_memory = rlim_t{2} << 30;  // of the whole process
  const rlimit limit{most_memory, most_memory};
  setrlimit(RLIMIT_AS, &limit);
#endif
  const char* const given = std::getenv("CHANGES");
  const int changes = given == nullptr ? 200 : std::atoi(given);
  long inputs = 0;
  for (int k = 2; k < count; ++k) {
    if (!std::filesystem::is_directory(arguments[k])) {
      inputs += replay(*target, arguments[k], changes);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(arguments[k]))
      inputs += replay(*target, entry.path(), changes);
  }
  std::printf("%ld inputs\n", inputs);
  return 0;
}
