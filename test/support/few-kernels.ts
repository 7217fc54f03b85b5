/**
 * Imported first by tests that watch memory: oneDNN keeps the kernels that it compiled for the last 256 shapes, and LibTorch those
 * of the last 1,024, some 100 KB each with AVX-512. A short run does not come to an end of new shapes.
 */
process.env.ONEDNN_PRIMITIVE_CACHE_CAPACITY = "32"; // both are read when LibTorch is loaded
process.env.LRU_CACHE_CAPACITY = "32";
