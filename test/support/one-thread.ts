/**
 * Imported first by tests whose matrices are tiny: one thread computes them. More would wait for each other most of
 * the time, on a busy machine ten times longer than the work takes.
 */
process.env.OMP_NUM_THREADS = "1"; // LibTorch reads it when it is loaded
