# For each line of standard input, a command line with the cursor at its end: "@@", then "> " and the line as it stands after
# Tab, then what bash completes its last word to, one word a line. bash runs interactively on a pseudo terminal (script(1)),
# with the completion script $1; readline itself inserts all completions, and the line is written down.
found=$PWD/.bash-found
: >"$found"
cat >.bashrc <<END
PS1= HISTFILE=
stty -echo -icanon rows 1000 columns 200
source '$1'
bind 'set bell-style none' 2>/dev/null
bind '"\e*": insert-completions'
tristab_next() { printf 'line %s\n' "\$READLINE_LINE" >>'$found'; READLINE_LINE= READLINE_POINT=0; }
bind -x '"\C-o": tristab_next'
PROMPT_COMMAND="echo start >>'$found'"
END
mkfifo .typed
script -qfc "TERM=dumb bash --noprofile --rcfile '$PWD/.bashrc' -i" /dev/null <.typed >.bash-screen 2>&1 &
exec 3>.typed
wait_for() { # so many lines
  local tries
  for ((tries = 0; tries < 2000; ++tries)); do
    (($(wc -l <"$found") >= $1)) && return 0
    sleep 0.01
  done
  echo "bash does not answer: waited for line $1" >&2
  exit 1
}
wait_for 1
count=1
while IFS= read -r line; do
  for key in $'\t' $'\e*'; do
    printf '%s%s\x0f' "$line" "$key" >&3
    wait_for $((++count))
  done
  mapfile -t answers < <(tail -n 2 "$found")
  after_tab=${answers[0]#line } all=${answers[1]#line }
  # What is typed of the current word and stays: up to its last ':' or '=', at which readline breaks words.
  [[ $line =~ (([^\\ ]|\\.)*)$ ]] && word=${BASH_REMATCH[1]}
  kept=
  [[ $word =~ ^.*[:=] ]] && kept=${BASH_REMATCH[0]}
  printf '@@\n> %s\n' "$after_tab"
  # Every word that is inserted has a space behind it.
  [[ $all == "$line" ]] && continue
  rest=${all#"${line%"$word"}$kept"}
  while [[ $rest =~ ^(([^\\ ]|\\.)+)' '(.*)$ ]]; do
    reply=${BASH_REMATCH[1]} rest=${BASH_REMATCH[3]}
    printf '%s%s\n' "$kept" "${reply//\\/}"
  done
done
exec 3>&-
kill %1 2>/dev/null
exit 0
