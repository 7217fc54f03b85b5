import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { CUDA_VERSIONS, isKept } from "../../../lib/runtime/fetch.js";
import { sharedLibrary } from "../../packaging/shared-library.js";
import { onSmallDisk } from "../../support/small-disk.js";
import { setEnvironment, temporaryFolder } from "../fakes.js";
import { startIndex } from "./index-server.js";
import { beginnings, fetchTorch, machine, machineWithIndex, message, TORCH } from "./machine.js";
import { makeTorch, makeWheel } from "./make-wheel.js";

test("without Python, LibTorch comes from the index, and of the wheel only what libbert needs is kept", async (t) => {
  const { cache, server } = await machineWithIndex(t, [makeTorch("", { version: "2.13.1+cpu" }), TORCH]);
  const shares: number[] = [];
  const libtorch = await fetchTorch(undefined, { onProgress: (done) => shares.push(done) });
  const folder = join(cache, "libtorch/torch2.13.0-cpu/torch");
  assert.deepEqual(libtorch, { folder, version: "2.13.0", minor: "2.13", flavour: "cpu" });
  assert.deepEqual(readdirSync(folder).sort(), ["include", "lib", "version.py"]);
  assert.ok(existsSync(join(folder, "include/ATen/ATen.h")));
  assert.deepEqual(readdirSync(join(cache, "downloads")), []);
  assert.deepEqual(readdirSync(join(cache, "libtorch")), ["torch2.13.0-cpu"]);
  assert.deepEqual(server.requests, ["/simple/torch/", `/files/${TORCH.file}`]);
  assert.equal(shares.at(-1), 1);
});

test("an index in HTML, with a password, whose files are elsewhere, does as well", async (t) => {
  const { server } = await machineWithIndex(t, [TORCH], {
    html: true,
    password: "me:p@ss",
    redirected: true,
  });
  setEnvironment(t, { PIP_INDEX_URL: server.url.replace("://", "://me:p%40ss@") });
  assert.equal((await fetchTorch()).version, "2.13.0");
  assert.deepEqual(server.requests, ["/simple/torch/", `/files/${TORCH.file}`, `/moved/${TORCH.file}`]);
});

test("a folder of files that is laid out as an index does as well", async (t) => {
  const index = temporaryFolder(t);
  mkdirSync(join(index, "torch"));
  writeFileSync(join(index, "torch", TORCH.file), TORCH.content);
  const link = `<a href='${encodeURIComponent(TORCH.file)}#sha256=${TORCH.sha256}'>${TORCH.file}</a>`;
  writeFileSync(join(index, "torch/index.html"), link);
  machine(t, pathToFileURL(index).href);
  assert.equal((await fetchTorch()).version, "2.13.0");
});

test("the second index has what the first has not, or cannot be asked for", async (t) => {
  const { server } = await machineWithIndex(t, [TORCH]);
  const empty = await startIndex(t, []);
  const stopped = await startIndex(t, []);
  stopped.stop();
  setEnvironment(t, {
    PIP_INDEX_URL: stopped.url,
    PIP_EXTRA_INDEX_URL: `${empty.url} ${server.url}/`,
  });
  assert.equal((await fetchTorch()).version, "2.13.0");
  assert.deepEqual(empty.requests, ["/simple/torch/"]);
});

test("an index that is busy for a moment is asked again, before a version that it might have is passed over", async (t) => {
  const cuda = makeTorch("", { version: "2.13.0", cuda: "'13.0'" });
  const { server } = await machineWithIndex(t, [cuda]);
  const ofCpu = await startIndex(t, [TORCH], { pageStatuses: [503, 503] });
  setEnvironment(t, { PIP_EXTRA_INDEX_URL: ofCpu.url });
  assert.equal((await fetchTorch()).flavour, "cpu");
  assert.deepEqual(beginnings(server), []);
});

test("where an index does not answer, no other version is taken for the one that it might have", async (t) => {
  const cuda = makeTorch("", { version: "2.13.0", cuda: "'13.0'" });
  const { server } = await machineWithIndex(t, [cuda]);
  const ofCpu = await startIndex(t, [TORCH], { pageStatuses: [403] });
  setEnvironment(t, { PIP_EXTRA_INDEX_URL: ofCpu.url });
  const refused = /^Expected an answer from http.*\/simple\/torch\/ but received HTTP 403 Forbidden$/;
  await assert.rejects(fetchTorch(), message(refused));
  assert.deepEqual(beginnings(server), []);
  assert.equal((await fetchTorch()).flavour, "cpu");
});

test("an index that cannot be reached is told with the reason", async (t) => {
  const { server } = await machineWithIndex(t, []);
  server.stop();
  const reason = /^Expected an answer from http:.*\/simple\/torch\/ but received connect ECONNREFUSED 127/;
  await assert.rejects(fetchTorch(), message(reason));
});

test("what is no index, and to forbid all of them, is refused by the name of the variable", async (t) => {
  machine(t, "simple");
  await assert.rejects(
    fetchTorch(),
    message(/^Expected an https:, http: or file: address for PIP_INDEX_URL but received "simple"$/),
  );
  setEnvironment(t, { PIP_NO_INDEX: "1" });
  await assert.rejects(fetchTorch(), message(/received PIP_NO_INDEX=1: name LibTorch with LIBTORCH$/));
});

test("a password of the index is in no message", async (t) => {
  const { server } = await machineWithIndex(t, []);
  setEnvironment(t, { PIP_INDEX_URL: server.url.replace("://", "://me:secret@") });
  await assert.rejects(fetchTorch(), (error: Error) => !error.message.includes("secret"));
  for (const address of ["me:secret@host/simple", "https://me:se/secret@host/simple"]) {
    for (const variable of ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"]) {
      setEnvironment(t, { PIP_INDEX_URL: undefined, PIP_EXTRA_INDEX_URL: undefined, [variable]: address });
      const bare = new RegExp(`address for ${variable} but received "(https://)?host/simple"$`);
      await assert.rejects(fetchTorch(), message(bare));
    }
  }
});

test("without a wheel of the version, or of this platform, the error says what there is", async (t) => {
  const { server } = await machineWithIndex(t, [makeTorch("", { version: "2.12.0" })]);
  const where = server.url.replaceAll(".", "\\.");
  await assert.rejects(
    fetchTorch(),
    message(new RegExp(`^Expected torch==2\\.13\\.0 in ${where}/ but received no such version$`)),
  );
  const foreign = { ...TORCH, file: TORCH.file.replace(/manylinux.*$/, "macosx_14_0_arm64.whl") };
  await machineWithIndex(t, [foreign]);
  await assert.rejects(
    fetchTorch(),
    message(/^Expected a wheel of torch==2\.13\.0 for \w+ with .* but received only macosx_14_0_arm64$/),
  );
});

test("a damaged wheel is told from a damaged download", async (t) => {
  const content = randomBytes(1000);
  const sha256 = createHash("sha256").update(content).digest("hex");
  await machineWithIndex(t, [{ ...TORCH, content, sha256 }]);
  await assert.rejects(
    fetchTorch(),
    message(/^Expected to unpack .* but received .*end of central directory/i),
  );
});

test("fetches into one cache take turns", async (t) => {
  const { cache, downloads, server } = await machineWithIndex(t, [TORCH]);
  const fetched = await Promise.all([fetchTorch(), fetchTorch(), fetchTorch()]);
  assert.deepEqual(
    fetched.map(({ version }) => version),
    ["2.13.0", "2.13.0", "2.13.0"],
  );
  const [page, file] = ["/simple/torch/", `/files/${TORCH.file}`];
  assert.deepEqual(server.requests, [page, file, page, file, page, file]);
  assert.deepEqual(readdirSync(downloads), []);
  assert.deepEqual(readdirSync(join(cache, "libtorch")), ["torch2.13.0-cpu"]);
});

test("a cache that cannot be made is told by the name of its variable", async (t) => {
  const { cache } = machine(t, "http://127.0.0.1/");
  writeFileSync(join(cache, "file"), "");
  setEnvironment(t, { LIBBERT_CACHE: join(cache, "file") });
  const reason =
    /^Expected to write LibTorch to .*file for LIBBERT_CACHE but received ENOTDIR: not a directory$/;
  await assert.rejects(fetchTorch(), message(reason));
});

test("a wheel whose members lead out of it is refused, and nothing of it is written", async (t) => {
  const outside = makeWheel(TORCH.file, { "torch/lib/../../../x": "", "torch/lib/a.so": "" });
  const { cache } = await machineWithIndex(t, [outside]);
  const reason =
    /^Expected to unpack .* but received invalid relative path: torch\/lib\/\.\.\/\.\.\/\.\.\/x$/;
  await assert.rejects(fetchTorch(), message(reason));
  assert.deepEqual(readdirSync(join(cache, "libtorch")), []);
  assert.ok(!readdirSync(cache, { recursive: true, encoding: "utf8" }).some((path) => /x$/.test(path)));
  assert.ok(isKept("torch/lib/a.so"));
  for (const member of [
    "torch/lib/../../../x",
    "torch/lib/./a.so",
    "nvidia/../x",
    "torch/lib//x",
    "/torch/lib/x",
  ])
    assert.ok(!isKept(member), member);
});

test("the password of an index is not sent to another server, be it listed or a redirection", async (t) => {
  const other = await startIndex(t, [TORCH]);
  for (const behaviour of [{ filesAt: other.url }, { redirected: true, movedTo: other.url }]) {
    const { server } = await machineWithIndex(t, [TORCH], { password: "me:secret", ...behaviour });
    process.env.PIP_INDEX_URL = server.url.replace("://", "://me:secret@");
    assert.equal((await fetchTorch()).version, "2.13.0");
    assert.ok(server.authorizations.every((sent) => sent !== undefined));
  }
  assert.deepEqual(other.authorizations, [undefined, undefined]);
});

test("a full disk is told as such, and what was fetched is kept for the next time", async (t) => {
  const large = makeWheel(TORCH.file, { "torch/lib/libtorch_cpu.so": randomBytes(400_000) });
  const { cache, downloads } = await machineWithIndex(t, [large]);
  await onSmallDisk(t, { disk: cache, size: "200k" }, async () => {
    await assert.rejects(
      fetchTorch(),
      message(/^Expected to write torch-.*whl to .* but received ENOSPC: no space left/),
    );
    assert.ok(statSync(join(downloads, readdirSync(downloads)[0]!)).size > 0);
  });
});

test("a CUDA build brings the packages of the libraries that it needs, and what these require", async (t) => {
  const folder = temporaryFolder(t);
  sharedLibrary(folder, "libcudart.so.13", "", "-Wl,-soname,libcudart.so.13");
  const library = sharedLibrary(folder, "libtorch_cpu.so", "", "-Wl,--no-as-needed", "libcudart.so.13");
  const metadata = `Requires-Dist: cuda-toolkit[cublas,cudart]==13.0.3; platform_system == "Linux"\n`;
  const torch = makeWheel("torch-2.13.0-cp312-cp312-manylinux_2_17_x86_64.manylinux_2_17_aarch64.whl", {
    "torch/version.py": "__version__ = '2.13.0'\ncuda: Optional[str] = '13.0'\n",
    "torch/lib/libtorch_cpu.so": readFileSync(library),
    "torch/include/ATen/ATen.h": "",
    "torch-2.13.0.dist-info/METADATA": metadata,
  });
  const meta = (name: string, version: string, requires: string) => ({
    [`${name}-${version}.dist-info/METADATA`]: `Name: ${name}\n${requires}`,
  });
  const { cache, server } = await machineWithIndex(t, [
    torch,
    makeWheel(
      "cuda_toolkit-13.0.3.0-py2.py3-none-any.whl",
      meta(
        "cuda_toolkit",
        "13.0.3.0",
        "Requires-Dist: nvidia-cublas==13.1.*; extra == 'cublas'\nRequires-Dist: nvidia-cuda-runtime==13.0.96.*; extra == 'cudart'\n",
      ),
    ),
    makeWheel("nvidia_cuda_runtime-13.0.96-py3-none-any.whl", {
      "nvidia/cu13/lib/libcudart.so.13": "",
      "nvidia/cu13/bin/program": "",
      "nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt": "",
      ...meta("nvidia_cuda_runtime", "13.0.96", "Requires-Dist: nvidia-cuda-crt\n"),
    }),
    makeWheel("nvidia_cuda_runtime-13.0.97-py3-none-any.whl", {}),
    makeWheel("nvidia_cuda_crt-13.0.88-py3-none-any.whl", {
      "nvidia/cu13/include/crt.h": "",
      ...meta("nvidia_cuda_crt", "13.0.88", "Requires-Dist: nvidia-cuda-runtime\n"), // a circle
    }),
  ]);
  const { flavour } = await fetchTorch(CUDA_VERSIONS);
  assert.equal(flavour, "cu130");
  const nvidia = join(cache, "libtorch/torch2.13.0-cu130/nvidia/cu13");
  assert.ok(existsSync(join(nvidia, "include/crt.h")));
  assert.equal(statSync(join(nvidia, "bin/program")).mode & 0o777, 0o755);
  assert.equal(statSync(join(nvidia, "lib/libcudart.so.13")).mode & 0o777, 0o644);
  const projects = server.requests
    .filter((path) => path.startsWith("/simple/"))
    .map((path) => path.split("/")[2]);
  assert.deepEqual(
    [...new Set(projects)],
    ["torch", "cuda-toolkit", "nvidia-cuda-runtime", "nvidia-cuda-crt"],
  );
});

test("where pip can be started it fetches, and the index is not asked", async (t) => {
  const { cache, server } = await machineWithIndex(t, [TORCH]);
  const python = join(cache, "python");
  // Arguments: -m pip install --no-compile --only-binary=:all: --disable-pip-version-check --no-deps --target SITE …
  writeFileSync(
    python,
    `#!/bin/sh
test "$3" = --version && exit 0
mkdir -p "$9/torch/lib" "$9/torch/include" "$9/torch-2.13.0.dist-info"
echo "__version__ = '2.13.0+cpu'" > "$9/torch/version.py"
touch "$9/torch/lib/libtorch_cpu.so" "$9/torch-2.13.0.dist-info/METADATA"
`,
  );
  chmodSync(python, 0o755);
  setEnvironment(t, { LIBBERT_PYTHON: python });
  assert.equal((await fetchTorch()).flavour, "cpu");
  assert.deepEqual(server.requests, []);
});
