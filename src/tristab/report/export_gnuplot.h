// A result as data and a script for gnuplot 5.4: figures for publication as SVG and PDF, and a plot for the terminal.
#pragma once

#include <string>

#include "tristab/report/object_stream.h"

namespace tristab {

// Writes errors.dat (a block for each input, arithmetic and method; a row a size: median and worst error), cases.dat (a
// block for each arithmetic and method, a row a case: condition number and error) and plot.gp into `directory`, which
// is made. `gnuplot plot.gp` there makes error-by-size.svg and .pdf, and error-by-condition.svg and .pdf where the
// result has condition numbers; `gnuplot -e "terminal='dumb'" plot.gp` prints the first panel. Throws InputError when
// reading or writing fails, or there is no finite error in `results`.
ResultHead export_gnuplot(const std::string& results, const std::string& directory);

}  // namespace tristab
