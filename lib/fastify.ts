/**
 * Models behind HTTP, as a plugin of Fastify 5.
 *
 * @module libbert/fastify
 */

export type { ServingOptions } from "./serving/option-types.js";
export { libbertPlugin } from "./serving/plugin.js";
