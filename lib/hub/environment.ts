import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { LibbertError } from "../errors.js";
import { codeOf } from "../files/error-code.js";
import { reasonOf } from "../files/write-error.js";
import type { HubOptions } from "./options.js";

/** Where models are asked for, and where they are kept. */
export interface Hub {
  /** Without a slash at its end. */
  endpoint: string;
  cache: string;
  /** Undefined where nothing is sent. */
  token: string | undefined;
  /** Whether nothing is fetched. */
  isOffline: boolean;
}

/** What options say, and the variables of Python's huggingface_hub where they say nothing. */
export function hubOf({ token, cacheDir, localFilesOnly }: HubOptions): Hub {
  const { HF_ENDPOINT, HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE } = process.env;
  const isOffline = localFilesOnly ?? isTrue(HF_HUB_OFFLINE || TRANSFORMERS_OFFLINE);
  return {
    endpoint: (HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    cache: resolve(cacheDir ?? defaultCache()),
    token: isOffline ? undefined : sendable(token ?? storedToken()),
    isOffline,
  };
}

function defaultCache(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = process.env;
  return expanded(HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(home(), "hub"));
}

function home(): string {
  const { HF_HOME, XDG_CACHE_HOME } = process.env;
  return expanded(HF_HOME || join(XDG_CACHE_HOME || "~/.cache", "huggingface"));
}

/** A path of the environment, in which Python fills in `~` and `$NAME`. */
function expanded(path: string): string {
  const filled = path.replace(/\$(?:(\w+)|\{(\w+)\})/g, (all, bare, braced) => {
    return process.env[bare ?? braced] ?? all;
  });
  return filled.replace(/^~(?=\/|$)/, homedir());
}

function storedToken(): string | undefined {
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN } = process.env;
  if (isTrue(HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  return HF_TOKEN || HUGGING_FACE_HUB_TOKEN || tokenIn(expanded(HF_TOKEN_PATH || join(home(), "token")));
}

/** What `hf auth login` has written. */
function tokenIn(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    const message = `Expected a readable file with the Hub's token at ${path} but received ${reasonOf(error)}`;
    throw new LibbertError("ERR_RUNTIME", message, { option: "token" });
  }
}

/** @throws ERR_OPTION for a token that no request can have, without showing it */
function sendable(token: string | undefined): string | undefined {
  const bare = token?.trim();
  if (bare === undefined || /^[\x21-\x7e]+$/.test(bare)) return bare;
  if (bare === "") return undefined;
  const message = "Expected a token of printable characters for token but received one with others";
  throw new LibbertError("ERR_OPTION", message, { option: "token" });
}

function isTrue(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes(value?.toUpperCase() ?? "");
}
