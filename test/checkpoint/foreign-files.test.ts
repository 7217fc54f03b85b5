import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** A folder with files of these names, and with `config.json` where one is given. */
function folderWith(names: readonly string[], config?: object): string {
  const folder = temporaryDirectory();
  for (const name of names) {
    if (name.includes("/")) mkdirSync(join(folder, name.split("/")[0]!));
    writeFileSync(join(folder, name), "x");
  }
  if (config) writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

const fails = (load: () => unknown, message: RegExp) =>
  assert.throws(load, { code: "ERR_CHECKPOINT", message });

test("weights in another form are named for what they are, with the command that helps", () => {
  const config = { architectures: ["BertForMaskedLM"] };
  for (const [names, message] of [
    [["adapter_model.safetensors", "adapter_config.json"], /is a PEFT adapter.*merge_and_unload\(\)/],
    [["tf_model.h5"], /is a TensorFlow model.*from_tf=True/],
    [["flax_model.msgpack"], /is a Flax model.*from_flax=True/],
    [["model.onnx"], /model\.onnx is an ONNX graph/],
    [["onnx/model.onnx"], /onnx\/model\.onnx is an ONNX graph/],
    [["model-Q4_K_M.gguf"], /is a GGUF model/],
    [["model.safetensors.part"], /is a download that was not finished: fetch it again$/],
    [["__0_0.distcp"], /of torch\.distributed: python -m .* dcp_to_torch \S+ \S+pytorch_model\.bin$/],
    [["saved_model.pb"], /is a model for another runtime/],
    [["model.pt"], /is a file of torch\.save by another name: name it pytorch_model\.bin/],
    [["optimizer.pt"], /but found only config\.json, optimizer\.pt$/],
    [["model.fp16.safetensors"], /by another name: name it model\.safetensors/],
    [["README.md"], /but found only README\.md, config\.json$/],
    [["onnx"], /but found only config\.json, onnx$/],
  ] as const)
    fails(() => new CheckpointWeights(folderWith(names, config)), message);
});

test("the command that merges an adapter has the class of peft for its task", () => {
  const folder = folderWith(["adapter_model.safetensors"]);
  for (const [task, name] of [
    ["SEQ_CLS", "AutoPeftModelForSequenceClassification"],
    [null, "AutoPeftModel"],
  ]) {
    writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ task_type: task }));
    fails(() => readConfig(folder), new RegExp(`from peft import ${name} as M;`));
  }
});

test("weights beside an adapter are refused, as transformers would add it to them", () => {
  for (const weights of ["model.safetensors", "pytorch_model.bin"])
    fails(
      () => new CheckpointWeights(folderWith([weights, "adapter_config.json"], {})),
      new RegExp(`without a PEFT adapter but \\S+ holds adapter_config\\.json beside ${weights}: merge`),
    );
});

test("a folder without config.json says what it is", () => {
  const checkpoint = ["bert_model.ckpt.data-00000-of-00001", "bert_model.ckpt.index", "bert_model.ckpt.meta"];
  for (const [names, message] of [
    [["vocab.txt", ...checkpoint], /is a part of a TensorFlow checkpoint.*: bring those that are missing$/],
    [["adapter_config.json", "adapter_model.bin"], /is a PEFT adapter/],
    [["a.gguf"], /is a GGUF model/],
    [
      ["modules.json", "0_BERT", "1_Pooling"],
      /of an old version of sentence-transformers, with the model in 0_BERT: python/,
    ],
    [[], /is empty$/],
    [["a.txt", "b.txt", "c", "d", "e", "f", "g"], /holds a\.txt, b\.txt, c, d, e and 2 more$/],
  ] as const)
    fails(() => readConfig(folderWith(names)), message);
});

test("a folder that holds models, as a training and Python's cache do, names them", () => {
  for (const within of ["checkpoint-500", "snapshots/0123"]) {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, within), { recursive: true });
    for (const name of ["config.json", "model.safetensors"]) writeFileSync(join(folder, within, name), "x");
    fails(() => readConfig(folder), new RegExp(`holds such directories: name one of them, \\S+/${within}$`));
  }
});

test("a file with the name of weights that begins as something else is named for that", () => {
  const fileOf = (name: string, content: string) => {
    const folder = folderWith([name], {});
    writeFileSync(join(folder, name), Buffer.from(content, "latin1"));
    return () => new CheckpointWeights(folder);
  };
  fails(
    fileOf("model.safetensors", "<!DOCTYPE html><html>404</html>"),
    /safetensors is a page or message of a server/,
  );
  fails(
    fileOf("model.safetensors", `PK\x03\x04${"\0".repeat(60)}`),
    /is a zip archive.*: name it pytorch_model\.bin$/,
  );
  fails(fileOf("pytorch_model.bin", '\x10\0\0\0\0\0\0\0{"a": 1}        '), /\.bin is a safetensors file/);
  fails(fileOf("pytorch_model.bin", "\x1f\x8b\x08\0"), /is packed with gzip/);
  fails(fileOf("pytorch_model.bin", "weights"), /does not begin as a file of torch\.save does/);
});

test("a name of the Hub comes with the command that fetches it; a path that is not there is only named", () => {
  fails(() => readConfig("bert-base-nowhere"), /libbert pull --model bert-base-nowhere prints the directory/);
  fails(() => readConfig("org.name/model_1"), /libbert pull --model org\.name\/model_1 prints/);
  for (const path of ["./bert-base-nowhere", "/nowhere/bert", "a/b/c", "nowhere/"])
    fails(
      () => readConfig(path),
      /but there is no (\.\/bert-base-nowhere|\/nowhere\/bert|a\/b\/c|nowhere\/)$/,
    );
});

test("a file in the place of the folder, and what is no file in that of config.json, are named", () => {
  const folder = folderWith(["model.safetensors", "a.gguf", "notes.txt"], {});
  fails(() => readConfig(join(folder, "model.safetensors")), /is a file of one: name the directory, \/\S+$/);
  fails(() => readConfig(join(folder, "a.gguf")), /is a GGUF model/);
  fails(() => readConfig(join(folder, "notes.txt")), /notes\.txt is a file$/);

  const odd = temporaryDirectory();
  mkdirSync(join(odd, "config.json"));
  fails(() => readConfig(odd), /config\.json but found a folder$/);
  const waiting = temporaryDirectory();
  execFileSync("mkfifo", [join(waiting, "config.json")]);
  fails(() => readConfig(waiting), /config\.json but found a FIFO$/);
  const pointer = temporaryDirectory();
  writeFileSync(
    join(pointer, "config.json"),
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
  );
  fails(() => readConfig(pointer), /config\.json is a Git LFS pointer/);
});
