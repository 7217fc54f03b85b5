import { type CommandWords, inQuotes } from "./shell-words.js";

/** A function of bash, which zsh runs as well, and `complete` with it. Where no word is known, files are. */
export function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name);
  return `_libbert() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${names.join(" | ")}) command="$word"; [ "$word" = launch ] || break ;; # launch has a command of its own behind it
    esac
  done
  case "$command $before" in
${commands.flatMap(valueCases).join("\n")}
    *)
      case "$command" in
        "") words=${inQuotes([...names, "--help", "--version"].join(" "))} ;;
${commands.map(flagCase).join("\n")}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _libbert libbert
`;
}

/** What stands behind a flag: the words of its list, or none, and with that files. */
function valueCases({ name, flags }: CommandWords): string[] {
  return flags.flatMap(({ names, values }) => {
    if (values === "none") return [];
    const patterns = names.map((flag) => `"${name} ${flag}"`).join(" | ");
    return [`    ${patterns}) words=${inQuotes(values === "any" ? "" : values.join(" "))} ;;`];
  });
}

function flagCase({ name, flags, values }: CommandWords): string {
  const words = [...values, ...flags.flatMap(({ names }) => names)];
  return `        ${name}) words=${inQuotes(words.join(" "))} ;;`;
}
