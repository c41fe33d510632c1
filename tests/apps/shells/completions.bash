# For each line of standard input, a command line with the cursor at its end: "@@", then what the script $1 completes its
# last word to. Words are broken at ':' and '=' as readline breaks them.
source "$1"
while IFS= read -r COMP_LINE; do
  COMP_POINT=${#COMP_LINE}
  COMP_WORDS=()
  rest=$COMP_LINE
  last=
  while [[ $rest ]]; do
    if [[ $rest =~ ^' '+ ]]; then
      last=space
    elif [[ $rest =~ ^[:=]+ || $rest =~ ^[^:=\ ]+ ]]; then
      COMP_WORDS+=("${BASH_REMATCH[0]}")
      last=
    fi
    rest=${rest:${#BASH_REMATCH[0]}}
  done
  [[ $last ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  # What is typed of the current word and stays: up to its last ':' or '='.
  word=${COMP_LINE##* }
  kept=
  [[ $word =~ ^.*[:=] ]] && kept=${BASH_REMATCH[0]}
  _tristab
  echo "@@"
  for reply in "${COMPREPLY[@]}"; do printf '%s%s\n' "$kept" "$reply"; done
done
