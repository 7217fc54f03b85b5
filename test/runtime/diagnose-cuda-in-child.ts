// Run by cuda.test.ts in a child process, whose dynamic linker finds a fake driver first:
//   node diagnose-cuda-in-child.js <LibTorch as JSON> <folder of the binaries>
import { diagnoseCuda } from "../../lib/runtime/cuda.js";

const [libtorch, binaries] = process.argv.slice(2);
console.log(JSON.stringify(diagnoseCuda(JSON.parse(libtorch!), binaries!)));
