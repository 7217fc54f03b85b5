import type { EnvHttpProxyAgent } from "undici";
import { LibbertError } from "../errors.js";
import { shownText } from "./address.js";

/**
 * What opens connections, through the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in lower case before upper case.
 * undici is loaded where a connection is opened, as most processes open none.
 * @param silence milliseconds without a byte after which a connection counts as lost
 * @throws LibbertError `ERR_RUNTIME` for a proxy that is no address
 */
export async function openAgent(silence: number): Promise<EnvHttpProxyAgent> {
  for (const name of ["http_proxy", "https_proxy"]) requireProxy(name);
  const { EnvHttpProxyAgent } = await import("undici");
  return new EnvHttpProxyAgent({ headersTimeout: silence, bodyTimeout: silence });
}

function requireProxy(lowerCase: string): void {
  const name = lowerCase in process.env ? lowerCase : lowerCase.toUpperCase();
  const text = process.env[name];
  if (!text || isProxy(text)) return;
  const what = `a proxy's address, such as http://localhost:3128, for ${name}`;
  throw new LibbertError("ERR_RUNTIME", `Expected ${what} but received "${shownText(text)}"`);
}

/** Whether undici takes it: it decodes user and password. */
function isProxy(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
