// How a kernel's author uses the library: is what my kernel returns what I say it is?
#include <tristab/library/library.h>

#include <cstdio>
#include <vector>

using namespace tristab;
using namespace tristab::library;

int main() {
  const Array a = generate("gdn:keys=silu", 64, 4);

  // The kernel under test; here another method stands for it, with its results in fp32.
  const Inverter mine("mxr:block=16", "fp16");
  const Array t = invert(mine, a.view());

  CheckOptions options;
  options.inverter = mine;
  const Judgement judged = check({{"A", a.view()}}, {{"T", t.view()}}, options);
  std::printf("%s\n%s", judged.passed ? "passed" : "failed", judged.text.c_str());

  // A planted bug: one block of one matrix has the wrong sign.
  std::vector<float> broken(static_cast<const float*>(t.data()), static_cast<const float*>(t.data()) + t.elements());
  for (int i = 32; i < 48; ++i) {
    for (int j = 0; j < 16; ++j) broken[static_cast<std::size_t>(i * 64 + j)] *= -1;
  }
  const Judgement bug = check({{"A", a.view()}}, {{"T", {broken.data(), Dtype::f32, t.shape()}}}, options);
  std::printf("%s\n", bug.passed ? "passed" : "failed");

  try {
    const Inverter unknown("fla-solve-trl");
  } catch (const UsageError& error) {
    std::printf("%.90s\n", error.what());
  }
  return judged.passed && !bug.passed ? 0 : 1;
}
