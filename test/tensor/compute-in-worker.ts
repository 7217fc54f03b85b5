// Run by threads.test.ts in worker threads: a chain of small products, again and again, with a message after each.
import { parentPort } from "node:worker_threads";
import { chainOfProducts } from "./products.js";

for (;;) parentPort!.postMessage(chainOfProducts());
