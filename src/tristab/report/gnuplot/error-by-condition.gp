columns = words(arithmetics)
do for [output_format in "svg pdf"] {
  width = 120. + 320 * columns
  legend_rows = legend_rows_in(width)
  legend = 26. + 14 * legend_rows
  total = 300. + legend
  if (output_format eq "svg") {
    set terminal svg size width, total font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size width / 72, total / 72 font "Helvetica,11" fontscale 0.75
  }
  set output "error-by-condition." . output_format
  unset logscale x
  set logscale x 10
  set format x "10^{%L}"
  set xrange [1 : most_condition]
  set yrange [least / 2 : most * 2]
  set multiplot
  do for [c = 1 : columns] {
    a = int(word(arithmetics, c))
    set lmargin at screen (80. + 320 * (c - 1)) / width
    set rmargin at screen (80. + 320 * c - 40) / width
    set tmargin at screen 1 - (legend + 20) / total
    set bmargin at screen 46 / total
    set title arithmetic[a] noenhanced font ",10" offset 0,-0.7
    set xlabel "condition number, 2-norm (dotted: slopes 1 and 2)"
    if (c == 1) { set ylabel quantity offset 1 } else { unset ylabel }
    if (c == 1) {
      set key at screen 0.5, 1 - 6 / total center top maxrows legend_rows + 1 font ",9"
    } else {
      unset key
    }
    blocks = case_blocks[a]
    owners = case_methods[a]
    plot for [i = 1 : words(blocks)] "cases.dat" index block(i) \
           using (is_drawn(i) ? $1 : 0.1):(shown($2)) with points ls style_of(owner(i)) pt point_of(owner(i)) ps 0.35 notitle, \
         100 * least * x with lines dt 3 lc rgb "#888888" notitle, 100 * least * x * x with lines dt 3 lc rgb "#888888" notitle, \
         for [m in methods] keyentry with points ls style_of(int(m)) pt point_of(int(m)) ps 0.8 title method[int(m)]
  }
  unset multiplot
  set output
}
