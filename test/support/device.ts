/** Where tests that repeat golden training runs compute: on the CPU, but for `npm run test:gpu`. */
export const DEVICE = process.env.LIBBERT_TEST_DEVICE ?? "cpu";
