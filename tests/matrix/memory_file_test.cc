#include "tristab/matrix/memory_file.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "tristab/base/errors.h"
#include "tristab/matrix/source.h"

namespace tristab {
namespace {

TEST(MemoryFile, is_read_under_its_path_while_it_lives) {
  const std::array<double, 4> a{0, 0, 3, 0};
  {
    const MemoryFile file("A", {{"array", Dtype::f64, {2, 2}, a.data()}});
    const auto opened = TensorFile::open("A");
    double value = 0;
    opened->read(opened->tensors().front(), {2, 1, 1, 1}, &value);
    EXPECT_EQ(value, 3);
    EXPECT_EQ(opened->tensors().front().dtype_name, "F64");
  }
  EXPECT_THROW(TensorFile::open("A"), InputError);
}

TEST(MemoryFile, belongs_to_its_thread) {
  const double a = 0;
  const MemoryFile file("A", {{"array", Dtype::f64, {1, 1}, &a}});
  bool found = true;
  std::thread([&] { found = memory_file("A") != nullptr; }).join();
  EXPECT_FALSE(found);
  EXPECT_THROW(MemoryFile("A", {{"array", Dtype::f64, {1, 1}, &a}}), std::logic_error);
}

TEST(MemoryFile, a_failed_one_leaves_nothing_behind) {
  const double a = 0;
  const MemoryFile file("A", {{"array", Dtype::f64, {1, 1}, &a}});
  EXPECT_THROW(MemoryFile("A", {}), std::logic_error);
  EXPECT_EQ(TensorFile::open("A")->tensors().size(), 1U);
}

}  // namespace
}  // namespace tristab
