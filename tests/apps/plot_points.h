// What a script of export --gnuplot is given to draw, and what it drew.
#pragma once

#include <sstream>
#include <string>

namespace tristab {

struct PlotPoints {
  int medians = 0,
      crosses = 0;  // a cross where a trial is not finite or the median is beyond the axis, which ends at 100
};

// Of errors.dat: a line for each size with the median, the worst, the trials and those not finite.
inline PlotPoints plot_points(const std::string& errors) {
  PlotPoints found;
  std::istringstream data(errors);
  for (std::string line; std::getline(data, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream numbers(line);
    std::string n, median, worst;
    int trials = 0, lost = 0;
    numbers >> n >> median >> worst >> trials >> lost;
    ++found.medians;
    found.crosses += lost > 0 || std::stod(median) > 100;
  }
  return found;
}

// Points in an SVG of gnuplot, those of the legend included.
inline int drawn_points(const std::string& svg) {
  int points = 0;
  for (std::size_t k = svg.find("<use xlink"); k != std::string::npos; k = svg.find("<use xlink", k + 1)) {
    points += svg.substr(k, svg.find('>', k) - k).find("transform='translate") != std::string::npos;
  }
  return points;
}

}  // namespace tristab
