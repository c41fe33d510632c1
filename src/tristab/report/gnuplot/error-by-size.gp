if (!exists("terminal")) terminal = "files"
set logscale y
set format y "10^{%L}"
set encoding utf8
set key noenhanced
set grid back lc rgb "#e0e0e0"
set border lw 0.6
set tics scale 0.6
set style line 1 lc rgb "#0072b2" pt 7;  set style line 2 lc rgb "#d55e00" pt 5
set style line 3 lc rgb "#009e73" pt 9;  set style line 4 lc rgb "#cc79a7" pt 13
set style line 5 lc rgb "#a07400" pt 11; set style line 6 lc rgb "#56b4e9" pt 2
set style line 7 lc rgb "#4d4d4d" pt 1;  set style line 8 lc rgb "#7a3fbf" pt 4
style_of(m) = (m - 1) % 8 + 1
dash_of(m) = (m - 1) / 8 + 1
point_of(m) = int(word("7 5 9 13 11 2 1 4 6 8 10 12 3", (m - 1) % 13 + 1))
is_chosen(m) = strstrt(" " . methods . " ", sprintf(" %d ", m)) > 0
# Shortens titles to the panel's width.
brief(text) = strlen(text) > 46 ? text[1:22] . "..." . text[strlen(text) - 19:] : text
# The blocks of data of a panel, and their methods. A panel without a finite error has none, but gnuplot still evaluates
# the first.
blocks = ""
owners = ""
block(i) = i <= words(blocks) ? int(word(blocks, i)) : 0
owner(i) = i <= words(owners) ? int(word(owners, i)) : 1
is_drawn(i) = i <= words(owners) && is_chosen(owner(i))
# A logarithmic axis cannot show exact results: they are drawn on its lower edge. Errors above the axis are drawn on its
# upper edge, and so are sizes with trials that are not finite, with a cross: the median of the other trials would flatter
# the method. (Without a finite trial the median is NaN, and gnuplot drops a point if a column that it has read is NaN.)
shown(error) = error > least ? (error <= most ? error : most) : least

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
  plot for [i = 1 : words(blocks)] "errors.dat" index block(i) using 1:(is_drawn(i) ? ($5 > 0 ? most : shown($2)) : least) \
    with linespoints title method[owner(i)]
  exit
}

# A row for each family and a column for each arithmetic; with one arithmetic the families stand side by side.
side_by_side = words(arithmetics) == 1
panels = words(families) * words(arithmetics)
columns = side_by_side ? (panels < 4 ? panels : 4) : words(arithmetics)
rows = (panels + columns - 1) / columns
longest = 0
do for [m in methods] { if (strlen(method[int(m)]) > longest) { longest = strlen(method[int(m)]) } }
# Names in the legend are at most `longest` letters of 5.4 units; a sample and its margins take 60. gnuplot fills one row less
# than `maxrows`.
fitting(width) = width / (5.4 * longest + 60) > 1 ? floor(width / (5.4 * longest + 60)) : 1
legend_rows_in(width) = int(ceil(1. * words(methods) / fitting(width)))
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
      if (p + columns > panels) { set xlabel "chunk size n" } else { unset xlabel }
      if (c == 1) { set ylabel "relative error, median (×: trials lost)" offset 1 } else { unset ylabel }
      if (r == 1 && c == 1) {
        set key at screen 0.5, 1 - 6 / total center top maxrows legend_rows + 1 font ",9"
      } else {
        unset key
      }
      blocks = error_blocks[(f - 1) * |arithmetic| + a]
      owners = error_methods[(f - 1) * |arithmetic| + a]
      plot for [i = 1 : words(blocks)] "errors.dat" index block(i) \
             using (is_drawn(i) ? $1 : 2 * largest):($5 > 0 ? most : shown($2)) \
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
