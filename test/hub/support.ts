import type { TestContext } from "node:test";
import { setEnvironment, temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { filesOf, type HubModel } from "./hub-model.js";
import { type Faults, type HubServer, startHub } from "./hub-server.js";

export const NAME = "tiny-org/tiny-bert";
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** What a model's files are. */
export const FILES = {
  ...filesOf(goldenPath("tiny-bert")),
  "README.md": Buffer.from("---\nlicense: mit\n---\n# A card"),
} as Record<string, Buffer>;

/** Files of a model that libbert does not read, the last one because there are safetensors. */
export const OTHERS = {
  "onnx/model.onnx": Buffer.from("graph"),
  "pytorch_model.bin": Buffer.from("pickle"),
};

export interface Machine {
  server: HubServer;
  /** The cache of models, empty at first. */
  cache: string;
}

/** A machine with an empty cache that knows a Hub of its own, and no other. */
export async function machineWithHub(
  t: TestContext,
  model: Partial<HubModel> = {},
  faults?: Faults,
  models: Record<string, HubModel> = {},
): Promise<Machine> {
  const files = { ...FILES, ...OTHERS };
  models[NAME] = { commit: COMMIT, files, ...model };
  const server = await startHub(models, faults);
  t.after(server.stop);
  const home = temporaryFolder(t);
  setEnvironment(t, { ...hubEnvironment(server.url, home) });
  return { server, cache: `${home}/hub` };
}

/** Variables by which a program knows a Hub and a home alone. */
export function hubEnvironment(endpoint: string, home: string): Record<string, string | undefined> {
  return {
    ...{ HF_ENDPOINT: endpoint, HF_HOME: home, NO_PROXY: "127.0.0.1,localhost", no_proxy: undefined },
    ...{ HF_HUB_CACHE: undefined, HUGGINGFACE_HUB_CACHE: undefined, HF_TOKEN_PATH: undefined },
    ...{ HF_TOKEN: undefined, HUGGING_FACE_HUB_TOKEN: undefined, HF_HUB_DISABLE_IMPLICIT_TOKEN: undefined },
    ...{ HF_HUB_OFFLINE: undefined, TRANSFORMERS_OFFLINE: undefined },
  };
}
