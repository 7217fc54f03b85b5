import { native } from "./native.js";

/** Bytes of a device, as LibTorch's allocator counts them. */
export interface DeviceMemory {
  /** In tensors. */
  allocated: number;
  /** Taken from the device: in tensors, or kept for the next ones. */
  reserved: number;
  /** The most that were in tensors since the process began. */
  peak: number;
}

/** Sends this thread's work to a device where no tensor says otherwise. */
export function useDevice(device: string): void {
  if (device !== "cpu") native.setDevice(device);
}

/**
 * From now on a GPU gives the same bits for the same calls, more slowly, for the whole process and its other threads: what
 * LibTorch can compute in no fixed order it refuses by name.
 */
export function useDeterministicAlgorithms(): void {
  native.useDeterministicAlgorithms();
}

/** What tensors take of a device now; nothing for the CPU, which has no such account. */
export function deviceMemory(device: string): DeviceMemory | undefined {
  if (device === "cpu") return undefined;
  const [allocated, reserved, peak] = native.deviceMemory(device);
  return { allocated, reserved, peak };
}

/** Bytes that tensors may still take of a GPU. */
export function freeDeviceMemory(device: string): number {
  const [allocated, reserved, , free] = native.deviceMemory(device);
  return free + reserved - allocated;
}
