// Checks the kernels of native/cuda/kernels on the CPU, compiled for the emulator: kernels.test.ts builds and runs this.

namespace libbert::emulator {

void checkLayerNorm();

}  // namespace libbert::emulator

int main() {
  libbert::emulator::checkLayerNorm();
}
