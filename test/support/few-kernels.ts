/**
 * Imported first by tests that watch memory: oneDNN keeps the kernels that it compiled for the last 256 shapes, some 100 KB each
 * with AVX-512, and a short run does not come to an end of new shapes.
 */
process.env.ONEDNN_PRIMITIVE_CACHE_CAPACITY = "32"; // oneDNN reads it when it is loaded
