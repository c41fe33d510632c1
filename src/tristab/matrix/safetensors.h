// The safetensors format: 8 bytes of header length, a JSON header, one buffer without holes.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tristab/base/output_file.h"
#include "tristab/matrix/tensor_file.h"

namespace tristab {

// Every tensor of the file. Throws InputError with the tensor, what was found and what is allowed if the header is not
// a JSON object, is longer than 100 MB or than the file, names a tensor twice, or has offsets that leave the buffer,
// overlap, leave holes, do not fit shape and dtype, or are not multiples of an element's size. Dtypes that cannot be
// read are accepted as long as they are not read.
std::vector<Tensor> read_safetensors_header(const RawFile& file);

// A tensor that is written as F32.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<double> values;  // in row-major order
};

// Writes and commits the file. Throws InputError if writing fails.
void write_safetensors(OutputFile& file, std::span<const NamedArray> arrays);

}  // namespace tristab
