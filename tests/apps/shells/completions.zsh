# For each line of standard input, a command line with the cursor at its end: "@@", then "> " and the line as it stands after
# Tab, then what zsh completes its last word to, with the directory $1 first in fpath. zsh runs interactively on a pseudo
# terminal; its compadd also writes every match down.
emulate -R zsh
zmodload zsh/zpty
found=$PWD/.zsh-found
: >$found
cat >$PWD/.zshrc <<END
PS1= RPS1= LISTMAX=1000000 HISTFILE=
fpath=(${(q)1} \$fpath)
autoload -Uz compinit
compinit -u -d ${(q)PWD}/.zcompdump
zle_highlight=(none)
compadd() {
  local -a tristab_hits
  # -O, -A and -D do not add matches but fill arrays, as _describe does first.
  if [[ \${@[1,(i)(-|--)]} != *-[OAD]\ * ]]; then
    builtin compadd -A tristab_hits "\$@"
    (( \$#tristab_hits )) && print -rl -- \$IPREFIX\${(Q)^tristab_hits} >>${(q)found}
  fi
  builtin compadd "\$@"
}
unsetopt autolist automenu
bindkey '^I' complete-word
# The line editor is never left: outside it the terminal would treat what is typed by its own rules.
integer tristab_lines=0
tristab-next() {
  print -r -- "after \$BUFFER" >>${(q)found}
  print -r -- "end \$((++tristab_lines))" >>${(q)found}
  BUFFER=
}
zle-line-init() { print -r -- start >>${(q)found} }
zle -N tristab-next
zle -N zle-line-init
bindkey '^O' tristab-next
stty -echo rows 1000 columns 200
END
zpty shell "ZDOTDIR=${(q)PWD} TERM=dumb zsh -i"
wait_for() {
  local -i tries
  local line
  for ((tries = 0; tries < 2000; ++tries)); do
    while zpty -r -t shell line; do :; done
    [[ $(tail -n 1 $found) == "$1" ]] && return 0
    sleep 0.02
  done
  print -u2 "zsh does not answer: waited for $1"
  exit 1
}
wait_for start
integer count=0
while IFS= read -r words; do
  ((++count))
  zpty -w -n shell "$words"$'\t\x0f'
  wait_for "end $count"
done
zpty -d shell
# Matches stand before the mark of their line.
typeset -a matches
typeset after
while IFS= read -r words; do
  case $words in
    start) matches=() ;;
    'after '*) after=${words#after } ;;
    'end '*)
      print -r -- '@@'
      print -r -- "> $after"
      (( $#matches )) && print -rl -- $matches
      matches=()
      ;;
    *) matches+=($words) ;;
  esac
done <$found
exit 0
