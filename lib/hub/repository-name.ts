/** `name` or `organisation/name`. */
const NAME = /^(?:\w[\w.-]*\/)?\w[\w.-]*$/;
const LONGEST = 96;

/** Whether the Hub may have a model of this name, by its rules: `./name`, `/name` and `a/b/c` are paths alone. */
export function isRepositoryName(text: string): boolean {
  if (!NAME.test(text) || text.length > LONGEST) return false;
  const parts = text.split("/");
  return !/--|\.\./.test(text) && !text.endsWith(".git") && parts.every((part) => !/[.-]$/.test(part));
}
