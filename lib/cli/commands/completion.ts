import { Argument, Command } from "commander";
import { bashScript } from "../completion/bash.js";
import { fishScript } from "../completion/fish.js";
import { type CommandWords, commandWords } from "../completion/shell-words.js";

/** What each shell reads. zsh takes bash's functions once it is asked to. */
const SCRIPTS = {
  bash: bashScript,
  zsh: (commands: readonly CommandWords[]) =>
    `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`,
  fish: fishScript,
};

/** `libbert completion`. @param everything makes the program with all its commands */
export function completionCommand(everything: () => Promise<Command>): Command {
  return new Command("completion")
    .description("print what lets a shell complete commands, flags and their values at the Tab key")
    .addArgument(new Argument("<shell>", "which one").choices(Object.keys(SCRIPTS)))
    .addHelpText(
      "after",
      '\nExamples:\n  eval "$(libbert completion bash)"     # in ~/.bashrc; with zsh in ~/.zshrc\n' +
        "  libbert completion fish | source      # in ~/.config/fish/config.fish",
    )
    .action(async (shell: keyof typeof SCRIPTS) => {
      process.stdout.write(SCRIPTS[shell](commandWords(await everything())));
    });
}
