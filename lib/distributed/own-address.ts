import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { expected } from "../errors.js";

const CONNECT_MS = 1000;

/**
 * The address of this machine that packets to a host leave from, once something listens there.
 *
 * @throws the error of the socket where nothing does
 */
export function addressTowards(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timedOut = Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
    socket.setTimeout(CONNECT_MS, () => socket.destroy(timedOut));
    socket.once("connect", () => {
      resolve(socket.localAddress!);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

/** The address of a network interface by its name, as PyTorch's GLOO_SOCKET_IFNAME gives it. */
export function addressOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const address = networkInterfaces()[name]?.[0]?.address;
  if (address !== undefined) return address;
  const known = Object.keys(networkInterfaces()).join(", ");
  throw expected(`a network interface of this machine (${known})`, "GLOO_SOCKET_IFNAME", name);
}
