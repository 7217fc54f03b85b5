// Checks the kernels of native/cuda/kernels on the CPU: kernels.test.ts builds this with them, and runs it.

namespace libbert::emulator {

void checkLayerNorm();
void checkEmbeddings();
void checkGelu();
void checkOptimizer();
void checkSegments();
void checkCrossEntropies();

}  // namespace libbert::emulator

int main() {
  using namespace libbert::emulator;
  checkLayerNorm();
  checkEmbeddings();
  checkGelu();
  checkOptimizer();
  checkSegments();
  checkCrossEntropies();
}
