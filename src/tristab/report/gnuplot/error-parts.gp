# Where errors come from: settings down, a mark for each part of the error.
rows = |part_row|
longest_row = 0
do for [k = 1 : rows] { if (strlen(part_row[k]) > longest_row) { longest_row = strlen(part_row[k]) } }
label_width = 5.6 * longest_row + 24
do for [output_format in "svg pdf"] {
  width = label_width + 460.
  total = 15. * rows + 120
  if (output_format eq "svg") {
    set terminal svg size width, total font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size width / 72, total / 72 font "Helvetica,11" fontscale 0.75
  }
  set output "error-parts." . output_format
  set lmargin at screen label_width / width
  set rmargin at screen (width - 20) / width
  set tmargin at screen 1 - 74 / total
  set bmargin at screen 52 / total
  unset title
  unset ylabel
  set xlabel "relative to the exact inverse; parts beyond the axis stand on its edges" font ",8"
  unset logscale y
  set format y "%s"
  set logscale x 10
  set format x "10^{%L}"
  set xrange [least / 100 : most * 2]
  set yrange [rows + 0.6 : 0.4]
  set ytics ("" 0) nomirror noenhanced font ",9"
  do for [k = 1 : rows] { set ytics add (part_row[k] k) }
  set key at screen 0.5, 1 - 6 / total center top maxrows 4 font ",9"
  on_axis(x) = x != x ? NaN : (x > least / 100 ? (x < most ? x : most) : least / 100)
  plot for [k = 1 : |part|] "parts.dat" using (on_axis(column(k + 1))):1 with points ls style_of(k) pt point_of(k) ps 0.7 title part[k]
  set output
}
