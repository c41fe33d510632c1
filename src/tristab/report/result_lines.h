// The lines of a result file that tristab wrote, as it wrote them: one for each matrix, record and layer. Unlike
// visit_result (object_stream.h), which reads the objects of any file, this gives the very bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace tristab {

// A file's lines, one after the other, and where each begins.
class LineFile {
 public:
  explicit LineFile(const std::string& path);  // throws InputError
  // The next line that ends in a newline, without it, valid until the next call; false, and none, after the last.
  bool next(std::string_view& line);
  std::uint64_t offset() const { return offset_; }  // of the line after it
  void release();                                   // until the next line is asked for: there may be many files

 private:
  std::string path_;
  std::ifstream stream_;
  std::vector<char> block_;          // what was read, and room for more
  std::size_t at_ = 0, filled_ = 0;  // of it, the beginning of the next line, and the end of what was read
  std::uint64_t offset_ = 0;
};

// The first field of a line of NDJSON: `{"type": "record", ` for "record".
std::string line_beginning(const std::string& type);

// One section of a result, in JSON or NDJSON: "matrix", "record" or "layer".
class SectionLines {
 public:
  SectionLines(const std::string& path, const std::string& type);
  // The next object on one line, without `type`; false after the last one.
  bool next(std::string& object);
  void release() { file_.release(); }

 private:
  LineFile file_;
  std::string beginning_;     // of a line of NDJSON
  bool in_document_ = false;  // the file is one JSON document, and the lines are in the section
};

}  // namespace tristab
