import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { ServingError } from "./serving-error.js";

/** Refuses requests without the token, but for those of one path. */
export function requireToken(app: FastifyInstance, token: string, open: string): void {
  const expected = digest(`Bearer ${token}`);
  app.addHook("onRequest", async (request, reply) => {
    if (request.routeOptions.url === open) return;
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return;
    reply.header("www-authenticate", "Bearer");
    throw new ServingError(
      401,
      "Validation",
      "Expected the server's token in the header authorization: Bearer …",
    );
  });
}

/** Of one length, whatever is compared. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
