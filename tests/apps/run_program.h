// Runs the program as a user would, and what the tests of its commands share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tristab {

struct ProgramResult {
  int status = 0;  // exit status; 128 + the signal that ended it
  std::string out, err;
};

// `arguments` is text for a shell, in which $DATA is the directory of test data; the program runs in
// `directory`. Standard input comes from the file `input` if that is not empty. `launcher` is a command that
// runs the program.
ProgramResult run_program(const std::string& arguments, const std::filesystem::path& directory,
                          const std::string& input = "", const std::string& launcher = "");

// A directory of its own for each test, removed at the end.
class Workplace {
 public:
  Workplace();
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::filesystem::path file(const std::string& name) const { return path_ / name; }
  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  std::vector<std::string> files() const;  // sorted names, the captured output of the program left out
  ProgramResult run(const std::string& arguments, const std::string& input = "",
                    const std::string& launcher = "") const {
    return run_program(arguments, path_, input, launcher);
  }

 private:
  std::filesystem::path path_;
};

// The most memory that a run of the program in this place held, in kilobytes; -1, and a failure of the test, where its
// exit status is not 0.
long memory_of(const std::string& arguments, const Workplace& place);

// A .npy file, version 1.0: shape "(2, 16, 16)", descr "<f8", and the raw bytes.
std::string npy_bytes(const std::string& descr, const std::string& shape, const std::string& values);

// Strictly lower triangular n x n ones as raw little-endian doubles, with `value` at (row, column).
std::string ones_bytes(int n, int row = 1, int column = 0, double value = 1);

// The values of a .npy file of "<f4" or "<f8" as doubles, and its shape as text.
struct NpyContents {
  std::string descr, shape;
  std::vector<double> values;
};
NpyContents parse_npy(const std::string& bytes);

}  // namespace tristab
