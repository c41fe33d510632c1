if (terminal eq "dumb") {
  if (exists("plain")) {
    set terminal dumb noenhanced size 100, 30 mono
  } else {
    set terminal dumb noenhanced size 100, 30 ansi256
  }
  set format y "%.0e"
  set logscale x 2
  set key outside right
  f = int(word(families, 1))
  a = int(word(arithmetics, 1))
  set title family[f] . ", " . arithmetic[a] noenhanced
  set xlabel "chunk size n"
  set xrange [smallest / 1.3 : largest * 1.3]
  set yrange [least / 2 : most * 2]
  blocks = error_blocks[(f - 1) * |arithmetic| + a]
  owners = error_methods[(f - 1) * |arithmetic| + a]
  plot for [i = 1 : words(blocks)] "errors.dat" index block(i) using 1:(is_drawn(i) ? ($6 > 0 ? most : shown($2)) : least) \
    with linespoints title method[owner(i)]
  exit
}

# A row for each family and a column for each arithmetic; with one arithmetic the families stand side by side.
side_by_side = words(arithmetics) == 1
panels = words(families) * words(arithmetics)
columns = side_by_side ? (panels < 4 ? panels : 4) : words(arithmetics)
rows = (panels + columns - 1) / columns
do for [output_format in "svg pdf"] {
  width = 120. + 260 * columns
  legend_rows = legend_rows_in(width)
  legend = 26. + 14 * legend_rows
  total = 30. + legend + 210 * rows
  if (output_format eq "svg") {
    set terminal svg size width, total font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size width / 72, total / 72 font "Helvetica,11" fontscale 0.75
  }
  set output "error-by-size." . output_format
  set logscale x 2
  set format x "%g"
  set xrange [smallest / 1.3 : largest * 1.3]
  set yrange [least / 2 : most * 2]
  set multiplot
  do for [r = 1 : rows] {
    do for [c = 1 : columns] {
      p = (r - 1) * columns + c
      if (p > panels) { continue }
      f = int(word(families, side_by_side ? p : r))
      a = int(word(arithmetics, side_by_side ? 1 : c))
      set lmargin at screen (80. + 260 * (c - 1)) / width
      set rmargin at screen (80. + 260 * c - 40) / width
      set tmargin at screen 1 - (legend + 210. * (r - 1) + 20) / total
      set bmargin at screen 1 - (legend + 210. * r - 30) / total
      set title brief(arithmetic[a] . ", " . family[f]) noenhanced font ",9" offset 0,-0.7
      if (p + columns > panels) { set xlabel "chunk size n (×: a trial is not finite)" } else { unset xlabel }
      if (c == 1) { set ylabel quantity offset 1 font ",8" } else { unset ylabel }
      if (r == 1 && c == 1) {
        set key at screen 0.5, 1 - 6 / total center top maxrows legend_rows + 1 font ",9"
      } else {
        unset key
      }
      blocks = error_blocks[(f - 1) * |arithmetic| + a]
      owners = error_methods[(f - 1) * |arithmetic| + a]
      plot for [i = 1 : words(blocks)] "errors.dat" index block(i) \
             using (is_drawn(i) ? $1 : 2 * largest):($6 > 0 ? most : shown($2)) \
             with linespoints ls style_of(owner(i)) pt point_of(owner(i)) dt dash_of(owner(i)) lw 1.3 ps 0.5 notitle, \
           for [i = 1 : words(blocks)] "errors.dat" index block(i) \
             using (is_drawn(i) ? $1 : 2 * largest):($5 > 0 ? most : $2 > most ? most : NaN) \
             with points pt 2 lc rgb "black" lw 1.3 ps 0.9 notitle, \
           for [m in methods] keyentry with linespoints ls style_of(int(m)) pt point_of(int(m)) dt dash_of(int(m)) lw 1.3 ps 0.5 title method[int(m)]
    }
  }
  unset multiplot
  set output
}
