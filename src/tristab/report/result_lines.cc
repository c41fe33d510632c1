#include "tristab/report/result_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tristab/base/errors.h"

namespace tristab {

namespace {

// Journals are read while they are outputs, so the ledger of inputs is not asked (merges note their shards themselves).
std::ifstream opened(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw InputError(fmt::format("{}: cannot read; allowed: a result of tristab", path));
  return stream;
}

}  // namespace

LineFile::LineFile(const std::string& path) : path_(path), stream_(opened(path)) {}

bool LineFile::next(std::string_view& line) {
  constexpr std::size_t least_bytes = std::size_t{1} << 16;
  line = {};
  for (std::size_t searched = at_;;) {
    const std::string_view rest(block_.data() + searched, filled_ - searched);
    if (const std::size_t end = rest.find('\n'); end != std::string_view::npos) {
      line = std::string_view(block_.data() + at_, searched + end - at_);
      at_ = searched + end + 1;
      offset_ += line.size() + 1;
      return true;
    }
    if (!stream_.is_open()) {
      stream_ = opened(path_);
      stream_.seekg(static_cast<std::streamoff>(offset_ + filled_ - at_));
    }
    // The beginning of a line moves to the front; only one that fills the block makes it larger.
    if (at_ > 0) std::memmove(block_.data(), block_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
    searched = filled_;
    if (filled_ == block_.size()) block_.resize(std::max(2 * filled_, least_bytes));
    stream_.read(block_.data() + filled_, static_cast<std::streamsize>(block_.size() - filled_));
    if (stream_.gcount() == 0) return false;
    filled_ += static_cast<std::size_t>(stream_.gcount());
  }
}

void LineFile::release() {
  stream_.close();
  block_ = std::vector<char>();  // {} would keep the room
  at_ = filled_ = 0;
}

std::string line_beginning(const std::string& type) { return fmt::format("{{\"type\": \"{}\", ", type); }

SectionLines::SectionLines(const std::string& path, const std::string& type)
    : file_(path), beginning_(line_beginning(type)) {
  const std::string header = line_beginning("header");
  std::string_view line;
  if (!file_.next(line) || line.starts_with(header)) return;
  const std::string opening = fmt::format("\"{}\": [", type == "matrix" ? "matrices" : type + "s");
  while (!in_document_ && file_.next(line)) in_document_ = line == opening;
}

bool SectionLines::next(std::string& object) {
  std::string_view line;
  if (in_document_) {
    if (!file_.next(line) || !line.starts_with('{')) return false;
    if (line.ends_with(',')) line.remove_suffix(1);
    object = line;
    return true;
  }
  while (file_.next(line)) {
    if (!line.starts_with(beginning_)) continue;
    object = "{";
    object += line.substr(beginning_.size());
    return true;
  }
  return false;
}

}  // namespace tristab
