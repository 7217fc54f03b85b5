/** An address as messages show it, without user and password. */
export function shown(url: URL): string {
  return withoutUser(url).href;
}

/** The same of a text that need not be an address: nothing of what is before its last @ but the scheme. */
export function shownText(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, "$1");
}

export function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

/** HTTP's header for the user and the password of an address; undefined where it has neither. */
export function basicAuthentication({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const user = [username, password].map(unquoted).join(":");
  return `Basic ${Buffer.from(user).toString("base64")}`;
}

/** A part of an address without its percent signs; as it is where one stands for itself. */
export function unquoted(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
