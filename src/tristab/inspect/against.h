// A kernel's own intermediate results beside those of the emulation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tristab/inspect/site_experiment.h"

namespace tristab {

struct StepComparison {
  std::string stage, tensor;  // tensor: its name, or the file's
  int step = 0;
  std::int64_t elements = 0, differing = 0;  // -0 is another number than 0; all that is not finite is equal
  // Of the element that differs most: in units in the last place of the step's format at the emulated value. Infinite
  // if one of the two is not finite.
  double ulps = 0;
  int block = 0, row = 0, column = 0;
  double found = 0, expected = 0;  // the kernel's, the emulation's
  std::string format;
};

struct Against {
  std::vector<StepComparison> steps;  // in the order of execution; only steps that have a tensor
  std::vector<std::string> unknown;   // tensors that name no step
  int without_tensor = 0;             // steps that have none

  const StepComparison* first_that_parts() const;  // null: all are equal in every bit
};

// `path` is a directory of .npy and .safetensors files, or one such file. A tensor is named STAGE.STEP (also STAGE_STEP
// or STAGE-STEP), steps counted from 1; its shape is that of the step, with or without a leading 1: [rows, columns] or
// [blocks, rows, columns]. Throws InputError for a missing or broken file and for another shape, UsageError if no
// tensor names a step.
Against compare_steps(const SiteExperiment& experiment, const std::string& path);

}  // namespace tristab
