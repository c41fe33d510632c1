# For each line of standard input, a command line with the cursor at its end: "@@", then what the script $argv[1] completes
# its last word to.
source $argv[1]
while read -l line
    echo '@@'
    complete -C $line | string replace -r '\t.*' ''
end
exit 0
