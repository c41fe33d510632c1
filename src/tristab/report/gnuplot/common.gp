if (!exists("terminal")) terminal = "files"
set logscale y
set format y "10^{%L}"
set encoding utf8
set key noenhanced
set grid back lc rgb "#e0e0e0"
set border lw 0.6
set tics scale 0.6
colours_of_series = "#0072b2 #d55e00 #009e73 #cc79a7 #a07400 #56b4e9 #4d4d4d #7a3fbf"
colour_of(k) = word(colours_of_series, (k - 1) % 8 + 1)
do for [k = 1 : 8] { set style line k lc rgb colour_of(k) }
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
# A logarithmic axis cannot show exact results: they are drawn on its lower edge. Medians above the axis, and those that are
# not finite, are drawn on its upper edge. There a cross stands for each setting of which a trial is not finite or the median
# above the axis. (A median that is not finite is NaN, and gnuplot drops a point if a column that it has read is NaN: the
# sixth column tells.)
shown(error) = error > least ? (error <= most ? error : most) : least

longest = 0
do for [m in methods] { if (strlen(method[int(m)]) > longest) { longest = strlen(method[int(m)]) } }
# Names in the legend are at most `longest` letters of 5.4 units; a sample and its margins take 60. gnuplot fills one row less
# than `maxrows`.
fitting(width) = width / (5.4 * longest + 60) > 1 ? floor(width / (5.4 * longest + 60)) : 1
legend_rows_in(width) = int(ceil(1. * words(methods) / fitting(width)))
