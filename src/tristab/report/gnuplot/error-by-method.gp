# One chunk size: methods down, errors across, a panel for each family and a colour for each arithmetic.
rows = words(methods)
array row_of[|method|]
do for [k = 1 : rows] { row_of[int(word(methods, k))] = k }
# Open where a trial does not meet the requirement or has no answer.
mark_of(a, open) = int(word(open ? "6 4 8 10 12" : "7 5 9 11 13", (a - 1) % 5 + 1))
set xrange [least / 2 : most * 2]
set yrange [rows + 0.6 : 0.4]
set logscale x 10
set format x "10^{%L}"
set xtics font ",8"
unset logscale y
set format y "%s"
set xlabel quantity . " (" . field . ")" noenhanced font ",8"

if (terminal eq "dumb") {
  if (exists("plain")) {
    set terminal dumb noenhanced size 100, rows + 8 mono
  } else {
    set terminal dumb noenhanced size 100, rows + 8 ansi256
  }
  set format x "%.0e"
  set key outside right
  families = word(families, 1)
}

columns = words(families) < 3 ? words(families) : 3
panel_rows = (words(families) + columns - 1) / columns
longest_arithmetic = 0
do for [a in arithmetics] { if (strlen(arithmetic[int(a)]) > longest_arithmetic) { longest_arithmetic = strlen(arithmetic[int(a)]) } }
label_width = 5.6 * longest + 24
do for [output_format in (terminal eq "dumb" ? "dumb" : "svg pdf")] {
  width = label_width + 280. * columns + 20
  entry = 5.4 * longest_arithmetic + 34
  fitting = width < 2 * entry ? 1 : floor((width - 10) / entry)
  head = 34. + 14 * ((words(arithmetics) + fitting - 1) / fitting)
  row_height = 15. * rows
  total = head + panel_rows * (row_height + 74)
  if (output_format eq "svg") { set terminal svg size width, total font "Helvetica,11" background rgb "white" }
  if (output_format eq "pdf") { set terminal pdfcairo size width / 72, total / 72 font "Helvetica,11" fontscale 0.75 }
  if (output_format ne "dumb") {
    set output "error-by-method." . output_format
    set multiplot
  }
  do for [p = 1 : words(families)] {
    f = int(word(families, p))
    c = (p - 1) % columns
    r = (p - 1) / columns
    if (output_format ne "dumb") {
      set lmargin at screen (label_width + 280. * c) / width
      set rmargin at screen (label_width + 280. * c + 262) / width
      set tmargin at screen 1 - (head + r * (row_height + 74) + 20) / total
      set bmargin at screen 1 - (head + r * (row_height + 74) + 20 + row_height) / total
    }
    set title brief(family[f]) noenhanced font ",10" offset 0,-0.7
    set ytics ("" 0) nomirror noenhanced font ",9"
    do for [k = 1 : rows] { set ytics add (c == 0 ? method[int(word(methods, k))] : "" k) }
    # gnuplot drops entries of a legend that is higher than the panel: outside a terminal labels stand for it.
    if (output_format ne "dumb") {
      unset key
      if (p == 1) {
        do for [k = 1 : words(arithmetics)] {
          a = int(word(arithmetics, k))
          set label k arithmetic[a] at screen (16 + entry * ((k - 1) % fitting)) / width, 1 - (12. + 14 * ((k - 1) / fitting)) / total \
            noenhanced font ",9" offset 1,0 point pt mark_of(a, 0) lc rgb colour_of(a) ps 0.6
        }
        set label "open: a trial is unfit or has no answer; cross: a trial is not finite, or the error is beyond the axis" \
          at screen 10 / width, 1 - (head - 18) / total font ",8"
      }
    }
    blocks = ""
    owners = ""
    colours = ""
    do for [a in arithmetics] {
      k = (f - 1) * |arithmetic| + int(a)
      blocks = blocks . " " . error_blocks[k]
      owners = owners . " " . error_methods[k]
      do for [b in error_blocks[k]] { colours = colours . " " . a }
    }
    colour(i) = i <= words(colours) ? int(word(colours, i)) : 1
    plot for [i = 1 : words(blocks)] "errors.dat" index block(i) \
           using (is_drawn(i) ? ($6 > 0 ? NaN : shown($2)) : NaN):(row_of[owner(i)]):(mark_of(colour(i), $7 > 0)) \
           with points pt variable lc rgb colour_of(colour(i)) ps 0.6 notitle, \
         for [i = 1 : words(blocks)] "errors.dat" index block(i) \
           using (is_drawn(i) && ($5 > 0 || $6 > 0 || $2 > most) ? most : NaN):(row_of[owner(i)]) \
           with points pt 2 lc rgb colour_of(colour(i)) lw 1.3 ps 0.6 notitle, \
         for [a in arithmetics] keyentry with points pt mark_of(int(a), 0) lc rgb colour_of(int(a)) ps 0.6 title arithmetic[int(a)]
    unset label
  }
  if (output_format ne "dumb") {
    unset multiplot
    set output
  }
}
if (terminal eq "dumb") { exit }
# What the other figures expect.
set logscale y
set format y "10^{%L}"
set xtics font ""
unset ytics
set ytics autofreq mirror
