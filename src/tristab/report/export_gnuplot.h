// A result as data and a script for gnuplot 5.4: figures for publication as SVG and PDF, and a plot for the terminal.
#pragma once

#include <string>

#include <vector>

#include "tristab/report/object_stream.h"

namespace tristab {

// Writes errors.dat (a block for each input, arithmetic and method, with a row for each size: median and worst
// error), cases.dat (a block for each arithmetic and method, with a row for each case: condition number and error)
// and plot.gp into `directory`, which is created if necessary. There, `gnuplot plot.gp` makes error-by-size.svg and
// .pdf, and error-by-condition.svg and .pdf if the result has condition numbers; `gnuplot -e "terminal='dumb'"
// plot.gp` prints the first panel. Throws InputError if reading or writing fails, or if `results` has no finite
// error above zero.
// Throws UsageError if a file of this name there was not written so.
ResultHead export_gnuplot(const std::string& results, const std::string& directory);

// The files that it writes.
std::vector<std::string> gnuplot_files(const std::string& directory);

}  // namespace tristab
