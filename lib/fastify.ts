/** libbert/fastify: models behind HTTP, as a plugin of Fastify 5. */
export type { ServingOptions } from "./serving/option-types.js";
export { libbertPlugin } from "./serving/plugin.js";
