/** Whether a path leads to what is inside the folder that it is joined to. */
export function isInside(path: string): boolean {
  return path.split("/").every((part) => !["", ".", ".."].includes(part)) && !path.includes("\0");
}
