#include "target.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <string>

#include "tristab/base/errors.h"

namespace tristab::fuzz {
namespace {

namespace fs = std::filesystem;

std::string_view current;  // the input that is read now

// Whether a message has this word, but for one with a character that is shown by an escape: \basic_string.
bool says(std::string_view message, std::string_view word) {
  if (message.find(word) == std::string_view::npos) return false;
  static const std::regex escape(R"(\\(u[0-9a-f]{4}|.))");
  return std::regex_replace(std::string(message), escape, "?").find(word) != std::string::npos;
}

// A message says what was found in the words of the program, or of the input, and is no longer than a screen.
void check_message(std::string_view message) {
  require(!message.empty(), "an error has a message");
  require(message.size() <= 7000, "a message is short");
  for (const char* foreign : {"json.exception", "filesystem error", "basic_string::", "vector::", "std::", "stoi"})
    require(!says(message, foreign) || current.find(foreign) != std::string_view::npos,
            std::string("a message is in the words of the program: ").append(message));
}

struct Directory {
  Directory() {
    std::string name = fs::exists("/dev/shm") ? "/dev/shm/tristab-fuzz-XXXXXX"
                                              : (fs::temp_directory_path() / "tristab-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path = name;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

}  // namespace

void Target::run(std::string_view input) const {
  current = input;
  read(input);
}

void require(bool kept, std::string_view promise) {
  if (kept) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

bool attempt(const std::function<void()>& part) {
  try {
    part();
    return true;
  } catch (const UsageError& error) {
    check_message(error.what());
  } catch (const InputError& error) {
    check_message(error.what());
  } catch (const std::exception& error) {
    require(false, std::string("another exception: ") + error.what());
  }
  return false;
}

fs::path file_with(std::string_view input, const char* name) {
  static const Directory directory;
  fs::path path = directory.path / name;
  std::ofstream(path, std::ios::binary).write(input.data(), static_cast<std::streamsize>(input.size()));
  return path;
}

}  // namespace tristab::fuzz
