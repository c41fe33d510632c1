#include "tristab/report/result_lines.h"

#include <fmt/format.h>

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

bool LineFile::next(std::string& line) {
  constexpr std::size_t block_bytes = std::size_t{1} << 16;
  line.clear();
  while (true) {
    const std::string_view rest = std::string_view(block_).substr(at_);
    const std::size_t end = rest.find('\n');
    line += rest.substr(0, end);
    if (end != std::string_view::npos) {
      at_ += end + 1;
      offset_ += line.size() + 1;
      return true;
    }
    if (!stream_.is_open()) {
      stream_ = opened(path_);
      stream_.seekg(static_cast<std::streamoff>(offset_ + line.size()));
    }
    block_.resize(block_bytes);
    stream_.read(block_.data(), block_bytes);
    block_.resize(static_cast<std::size_t>(stream_.gcount()));
    at_ = 0;
    if (block_.empty()) return false;
  }
}

void LineFile::release() {
  stream_.close();
  block_ = {};
  at_ = 0;
}

std::string line_beginning(const std::string& type) { return fmt::format("{{\"type\": \"{}\", ", type); }

SectionLines::SectionLines(const std::string& path, const std::string& type)
    : file_(path), beginning_(line_beginning(type)) {
  const std::string header = line_beginning("header");
  if (!file_.next(line_) || line_.starts_with(header)) return;
  const std::string opening = fmt::format("\"{}\": [", type == "matrix" ? "matrices" : type + "s");
  while (!in_document_ && file_.next(line_)) in_document_ = line_ == opening;
}

bool SectionLines::next(std::string& object) {
  if (in_document_) {
    if (!file_.next(object) || !object.starts_with('{')) return false;
    if (object.ends_with(',')) object.pop_back();
    return true;
  }
  while (file_.next(line_)) {
    if (!line_.starts_with(beginning_)) continue;
    object = "{";
    object.append(line_, beginning_.size());
    return true;
  }
  return false;
}

}  // namespace tristab
