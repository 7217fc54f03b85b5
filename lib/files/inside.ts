/**
 * Whether a path leads to what is inside the folder that it is joined to. Control characters are in none: they would steer a
 * terminal that shows it.
 */
export function isInside(path: string): boolean {
  return path.split("/").every((part) => !["", ".", ".."].includes(part)) && !/\p{Cc}/u.test(path);
}
