#include "tristab/matrix/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/parameters.h"

namespace tristab {
namespace {

constexpr std::uint64_t longest_header = 100'000'000;  // the limit of the reference implementation

struct KnownDtype {
  std::string_view name;
  Dtype dtype;
  int bytes;
};

// Those of the reference implementation with whole bytes.
constexpr std::array<KnownDtype, 17> known_dtypes = {{
    {"F64", Dtype::f64, 8},
    {"F32", Dtype::f32, 4},
    {"F16", Dtype::f16, 2},
    {"BF16", Dtype::bf16, 2},
    {"I64", Dtype::other, 8},
    {"I32", Dtype::other, 4},
    {"I16", Dtype::other, 2},
    {"I8", Dtype::other, 1},
    {"U64", Dtype::other, 8},
    {"U32", Dtype::other, 4},
    {"U16", Dtype::other, 2},
    {"U8", Dtype::other, 1},
    {"BOOL", Dtype::other, 1},
    {"C64", Dtype::other, 8},
    {"F8_E4M3", Dtype::other, 1},
    {"F8_E5M2", Dtype::other, 1},
    {"F8_E8M0", Dtype::other, 1},
}};

struct Placed {
  Tensor tensor;
  std::uint64_t begin, end;  // in the buffer
};

class HeaderReader {
 public:
  explicit HeaderReader(const RawFile& file) : file_(file) {}

  std::vector<Tensor> read() {
    const Json header = parse();
    for (const auto& [name, description] : header.items()) {
      if (name == "__metadata__") {
        check_metadata(description);
      } else {
        placed_.push_back(tensor(name, description));
      }
    }
    check_buffer();
    std::vector<Tensor> tensors;
    for (Placed& placed : placed_) {
      placed.tensor.offset = buffer_ + placed.begin;
      tensors.push_back(std::move(placed.tensor));
    }
    return tensors;
  }

 private:
  [[noreturn]] void broken(const std::string& what) const {
    throw InputError(fmt::format("{}: broken .safetensors file: {}", file_.path(), what));
  }

  Json parse() {
    if (file_.size() < 8) broken(fmt::format("found {} bytes; allowed: 8 and more", file_.size()));
    std::array<unsigned char, 8> start{};
    file_.read(0, start.size(), start.data());
    std::uint64_t length = 0;
    for (std::size_t i = start.size(); i-- > 0;) length = length * 256 + start[i];
    const std::uint64_t most = std::min(longest_header, file_.size() - 8);
    if (length < 2 || length > most) {
      broken(fmt::format("the header says it has {} bytes; allowed: 2 to {} (the file has {} bytes)", length,
                         most, file_.size()));
    }
    buffer_ = 8 + length;
    std::string text(length, '\0');
    file_.read(8, length, text.data());

    std::vector<std::set<std::string>> open_objects;
    std::string twice;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
      if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
      if (event == Json::parse_event_t::object_end) open_objects.pop_back();
      if (event == Json::parse_event_t::key && !open_objects.back().insert(value.get<std::string>()).second) {
        if (twice.empty()) twice = value.get<std::string>();
      }
      return true;
    };
    Json header = Json::parse(text, watch, false);
    if (header.is_discarded() || !header.is_object()) broken("the header is no JSON object");
    if (!twice.empty())
      broken(fmt::format("the header has {} twice; allowed: each name once", name_text(twice)));
    return header;
  }

  void check_metadata(const Json& metadata) const {
    const auto is_text = [](const Json& value) { return value.is_string(); };
    if (!metadata.is_object() || !std::ranges::all_of(metadata, is_text)) {
      broken("__metadata__ is no object of texts");
    }
  }

  // A list of whole numbers from 0 to 2^53.
  std::vector<std::int64_t> numbers(const std::string& name, const Json& description, const char* key) const {
    const auto found = description.find(key);
    const auto usable = [](const Json& value) {
      return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{1} << 53;
    };
    if (found == description.end() || !found->is_array() || !std::ranges::all_of(*found, usable)) {
      broken(fmt::format("tensor {} has {} {}; allowed: a list of whole numbers from 0 to 2^53",
                         name_text(name), key,
                         found == description.end() ? "missing" : found->dump(-1, ' ', true).substr(0, 80)));
    }
    return found->get<std::vector<std::int64_t>>();
  }

  Placed tensor(const std::string& name, const Json& description) const {
    if (!description.is_object()) broken(fmt::format("tensor {} is no object", name_text(name)));
    const auto dtype = description.find("dtype");
    if (dtype == description.end() || !dtype->is_string()) {
      broken(fmt::format("tensor {} has no dtype; allowed: a text such as F32", name_text(name)));
    }
    Placed placed;
    placed.tensor.name = name;
    placed.tensor.dtype_name = dtype->get<std::string>();
    placed.tensor.shape = numbers(name, description, "shape");
    const std::vector<std::int64_t> offsets = numbers(name, description, "data_offsets");
    const std::uint64_t size = file_.size() - buffer_;
    if (offsets.size() != 2 || offsets[0] > offsets[1] || static_cast<std::uint64_t>(offsets[1]) > size) {
      broken(fmt::format("tensor {} has data_offsets [{}]; allowed: [begin, end) inside the {} bytes of data",
                         name_text(name), fmt::join(offsets, ", "), size));
    }
    placed.begin = static_cast<std::uint64_t>(offsets[0]);
    placed.end = static_cast<std::uint64_t>(offsets[1]);
    const auto known = std::ranges::find(known_dtypes, placed.tensor.dtype_name, &KnownDtype::name);
    if (known == known_dtypes.end()) return placed;  // a newer dtype: it cannot be read, but others can
    placed.tensor.dtype = known->dtype;
    std::int64_t bytes = 0;
    if (!checked_size(placed.tensor.shape, known->bytes, bytes) || offsets[1] - offsets[0] != bytes) {
      broken(fmt::format("tensor {} of {} and shape {} has {} bytes; allowed: the product of both",
                         name_text(name), placed.tensor.dtype_name, placed.tensor.shape_text(),
                         offsets[1] - offsets[0]));
    }
    if (offsets[0] % known->bytes != 0) {
      broken(fmt::format(
          "tensor {} of {} is misaligned: it begins at byte {} of the data; allowed: multiples of {}",
          name_text(name), placed.tensor.dtype_name, offsets[0], known->bytes));
    }
    return placed;
  }

  void check_buffer() {
    std::ranges::sort(placed_, {}, [](const Placed& p) { return std::pair(p.begin, p.end); });
    std::uint64_t covered = 0;
    const Placed* before = nullptr;
    for (const Placed& placed : placed_) {
      if (placed.begin < covered) {
        broken(fmt::format("tensors {} and {} overlap", name_text(before->tensor.name),
                           name_text(placed.tensor.name)));
      }
      if (placed.begin > covered) {
        broken(fmt::format("bytes {} to {} of the data belong to no tensor", covered, placed.begin));
      }
      covered = placed.end;
      before = &placed;
    }
    if (covered != file_.size() - buffer_) {
      broken(fmt::format("found {} bytes of data; allowed: {}, the end of the last tensor",
                         file_.size() - buffer_, covered));
    }
  }

  const RawFile& file_;
  std::uint64_t buffer_ = 0;  // where the data begin
  std::vector<Placed> placed_;
};

}  // namespace

std::vector<Tensor> read_safetensors_header(const RawFile& file) { return HeaderReader(file).read(); }

}  // namespace tristab
