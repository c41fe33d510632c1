#include "tristab/matrix/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"
#include "tristab/matrix/npy.h"

namespace tristab {
namespace {

constexpr std::uint64_t longest_header = 100'000'000;  // the limit of the reference implementation

struct KnownDtype {
  std::string_view name;
  Dtype dtype;
  int bytes;
};

// Those of the reference implementation that take whole bytes.
constexpr std::array<KnownDtype, 17> known_dtypes = {{
    {"F64", Dtype::f64, 8},
    {"F32", Dtype::f32, 4},
    {"F16", Dtype::f16, 2},
    {"BF16", Dtype::bf16, 2},
    {"I64", Dtype::i64, 8},
    {"I32", Dtype::i32, 4},
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

// Hands on each member of the top object as soon as it is complete, so that time and memory grow only with the number
// of tensors. A document of the whole header would take ten times its bytes, and a parser with a callback takes time
// quadratic in the number of members.
class HeaderEvents : public Json::json_sax_t {
 public:
  using Broken = std::function<void(const std::string& what)>;  // throws
  using Member = std::function<void(const std::string& name, const Json& value)>;
  HeaderEvents(Broken broken, Member member) : broken_(std::move(broken)), member_(std::move(member)) {}

  bool null() override { return value(nullptr); }
  bool boolean(bool x) override { return value(x); }
  bool number_integer(number_integer_t x) override { return value(x); }
  bool number_unsigned(number_unsigned_t x) override { return value(x); }
  bool number_float(number_float_t x, const string_t&) override { return value(x); }
  bool string(string_t& x) override { return value(std::move(x)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (!inside_) return inside_ = true;
    return open(Json::object());
  }
  bool start_array(std::size_t) override { return inside_ && open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    keys_.resize(open_.size() + 1);
    if (!open_.empty() && open_.back().contains(name)) {
      broken_(fmt::format("the header has {} twice; allowed: each name once", name_text(name)));
    }
    keys_.back() = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  static constexpr std::size_t deepest = 8, longest_list = 1024;

  bool open(Json container) {
    if (open_.size() == deepest) {
      broken_(
          fmt::format("member {} of the header is nested deeper than {} levels; allowed: tensors' dtype, shape "
                      "and data_offsets",
                      name_text(keys_.front()), deepest));
    }
    open_.push_back(std::move(container));
    return true;
  }
  bool close() {
    if (open_.empty()) return true;  // of the top object
    Json whole = std::move(open_.back());
    open_.pop_back();
    return value(std::move(whole));
  }
  bool value(Json x) {
    if (!inside_) return false;
    if (open_.empty()) {
      member_(keys_.front(), x);
      return true;
    }
    Json& parent = open_.back();
    if (parent.is_object()) {
      parent[keys_[open_.size()]] = std::move(x);
    } else {
      if (parent.size() == longest_list) {
        broken_(fmt::format("member {} of the header has a list of more than {} values; allowed: shapes and offsets",
                            name_text(keys_.front()), longest_list));
      }
      parent.push_back(std::move(x));
    }
    return true;
  }

  Broken broken_;
  Member member_;
  bool inside_ = false;            // the top object has begun
  std::vector<std::string> keys_;  // the last key of the top object, and of each open object in it
  std::vector<Json> open_;         // incomplete containers inside one member
};

class HeaderReader {
 public:
  explicit HeaderReader(const RawFile& file) : file_(file) {}

  std::vector<Tensor> read() {
    const std::string header = header_text();
    const auto broken_header = [this](const std::string& what) { broken(what); };
    HeaderEvents events(broken_header, [this](const std::string& name, const Json& description) {
      if (name == "__metadata__") {
        check_metadata(description);
        if (std::exchange(has_metadata_, true)) twice(name);
      } else {
        placed_.push_back(tensor(name, description));
      }
    });
    if (!Json::sax_parse(header, &events)) broken("the header is no JSON object in UTF-8");
    check_names();
    check_buffer();
    std::vector<Tensor> tensors;
    tensors.reserve(placed_.size());
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

  [[noreturn]] void twice(const std::string& name) const {
    broken(fmt::format("the header has {} twice; allowed: each name once", name_text(name)));
  }

  std::string header_text() {
    if (file_.size() < 8) broken(fmt::format("found {} bytes; allowed: 8 and more", file_.size()));
    std::array<unsigned char, 8> start{};
    file_.read(0, start.size(), start.data());
    std::uint64_t length = 0;
    for (std::size_t i = start.size(); i-- > 0;) length = length * 256 + start[i];
    const std::uint64_t most = std::min(longest_header, file_.size() - 8);
    if (length < 2 || length > most) {
      broken(fmt::format("the header says it has {} bytes; allowed: 2 to {} (the file has {} bytes)", length, most,
                         file_.size()));
    }
    buffer_ = 8 + length;
    std::string text(length, '\0');
    file_.read(8, length, text.data());
    return text;
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
      broken(fmt::format("tensor {} has {} {}; allowed: a list of whole numbers from 0 to 2^53", name_text(name), key,
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
      broken(fmt::format("tensor {} of {} and shape {} has {} bytes; allowed: the product of both", name_text(name),
                         placed.tensor.dtype_name, placed.tensor.shape_text(), offsets[1] - offsets[0]));
    }
    return placed;
  }

  void check_names() {
    std::ranges::sort(placed_, {}, [](const Placed& p) -> const std::string& { return p.tensor.name; });
    const auto same = [](const Placed& a, const Placed& b) { return a.tensor.name == b.tensor.name; };
    const auto found = std::ranges::adjacent_find(placed_, same);
    if (found != placed_.end()) twice(found->tensor.name);
  }

  void check_buffer() {
    std::ranges::sort(placed_, {}, [](const Placed& p) { return std::pair(p.begin, p.end); });
    std::uint64_t covered = 0;
    const Placed* before = nullptr;
    for (const Placed& placed : placed_) {
      if (placed.begin < covered) {
        broken(fmt::format("tensors {} and {} overlap", name_text(before->tensor.name), name_text(placed.tensor.name)));
      }
      if (placed.begin > covered) {
        broken(fmt::format("bytes {} to {} of the data belong to no tensor", covered, placed.begin));
      }
      covered = placed.end;
      before = &placed;
    }
    if (covered != file_.size() - buffer_) {
      broken(fmt::format("found {} bytes of data; allowed: {}, the end of the last tensor", file_.size() - buffer_,
                         covered));
    }
  }

  const RawFile& file_;
  std::uint64_t buffer_ = 0;  // where the data begin
  bool has_metadata_ = false;
  std::vector<Placed> placed_;
};

}  // namespace

std::vector<Tensor> read_safetensors_header(const RawFile& file) { return HeaderReader(file).read(); }

void write_safetensors(OutputFile& file, std::span<const NamedArray> arrays) {
  Json header = Json::object();
  std::uint64_t offset = 0;
  for (const NamedArray& array : arrays) {
    const std::uint64_t end = offset + array.values.size() * sizeof(float);
    header[array.name] = {{"dtype", "F32"}, {"shape", array.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the buffer begins at a multiple of 8
  std::string length(8, '\0');
  for (std::size_t k = 0; k < 8; ++k) length[k] = static_cast<char>(text.size() >> (8 * k) & 0xff);
  file.write(length);
  file.write(text);
  for (const NamedArray& array : arrays) file.write(npy_values(Dtype::f32, array.values));
  file.commit();
}

}  // namespace tristab
