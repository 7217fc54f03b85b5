import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { z } from "zod";
import type { PrepareOptions, VocabularyOptions } from "../../lib/data/corpus/option-types.js";
import type { prepareCall } from "../../lib/data/corpus/prepare-corpus.js";
import type { vocabularyCall } from "../../lib/data/corpus/train-vocabulary.js";
import type { embedOptions, featureOptions } from "../../lib/features/options.js";
import type { commonOptions } from "../../lib/fine-tuning/options.js";
import type {
  ConvertOptions,
  EmbedOptions,
  FeatureOptions,
  FillMaskOptions,
  LoadOptions,
  PretrainOptions,
  PullOptions,
  PushOptions,
} from "../../lib/index.js";
import type { ablationCall } from "../../lib/session/ablate.js";
import type { convertCall } from "../../lib/session/convert.js";
import type { fillMaskCall } from "../../lib/session/fill-mask.js";
import type { loadCall } from "../../lib/session/load-model.js";
import type { AblationOptions, FineTuneOptionsByTask } from "../../lib/session/option-types.js";
import type { pretrainCall } from "../../lib/session/pretrain.js";
import type { pullCall } from "../../lib/session/pull.js";
import type { pushCall } from "../../lib/session/push.js";
import type { SpecOf, TaskName } from "../../lib/tasks/find-spec.js";
import { generatedFiles } from "../../packaging/generate-options.js";
import type { CallerInput } from "./caller-input.js";

/** A generated text as it is stored: biome formats code, and leaves Markdown alone. */
function formatted(path: string, text: string): string {
  const arguments_ = ["biome", "format", `--stdin-file-path=${path}`];
  const { status, stdout, stderr } = spawnSync("npx", arguments_, { input: text, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

for (const [path, text] of Object.entries(generatedFiles())) {
  test(`${path} is what the schemas say: \`npm run generate\` would change nothing`, () => {
    assert.equal(readFileSync(path, "utf8"), path.endsWith(".ts") ? formatted(path, text) : text);
  });
}

/** Options of `ablate()` that hold those of `pretrain()`: the schema does not look into them. */
type Nested = "base" | "variants";

/** Whether each can stand for the other, and both have the same names: one that may be left out might be missing. */
type Same<A, B> = [A, keyof A] extends [B, keyof B]
  ? [B, keyof B] extends [A, keyof A]
    ? true
    : false
  : false;
test("the generated types are the schemas' input types, in both directions", () => {
  const same = [
    true satisfies Same<PretrainOptions, CallerInput<typeof pretrainCall>>,
    true satisfies Same<Omit<AblationOptions, Nested>, Omit<CallerInput<typeof ablationCall>, Nested>>,
    true satisfies Same<FillMaskOptions, CallerInput<typeof fillMaskCall>>,
    true satisfies Same<FeatureOptions, CallerInput<typeof featureOptions>>,
    true satisfies Same<EmbedOptions, CallerInput<typeof embedOptions>>,
    true satisfies Same<LoadOptions, Omit<CallerInput<typeof loadCall>, "task">>,
    true satisfies Same<ConvertOptions, CallerInput<typeof convertCall>>,
    true satisfies Same<PullOptions, CallerInput<typeof pullCall>>,
    true satisfies Same<PushOptions, CallerInput<typeof pushCall>>,
    true satisfies Same<PrepareOptions, CallerInput<typeof prepareCall>>,
    true satisfies Same<VocabularyOptions, CallerInput<typeof vocabularyCall>>,
  ];
  // @ts-expect-error the comparison can fail
  assert.ok(same.every(Boolean) && (true satisfies Same<LoadOptions, CallerInput<typeof loadCall>>));
});

/** The options of `fineTune()` for a task, as its schema has them. */
type SchemaOf<Task extends TaskName> = Flat<
  { task: Task } & CallerInput<z.ZodObject<typeof commonOptions>> & OwnOptions<SpecOf<Task>["options"]>
>;
/** For an empty shape, zod has an object that refuses all names, those of others too. */
type OwnOptions<Shape extends z.ZodRawShape> = keyof Shape extends never
  ? unknown
  : CallerInput<z.ZodObject<Shape>>;
type Generated<Task extends TaskName> = Omit<FineTuneOptionsByTask[Task], "signal" | "onProgress" | "logger">;
type Flat<Intersection> = { [Key in keyof Intersection]: Intersection[Key] };

test("so are those of each task of fineTune()", () => {
  const same: { [Task in TaskName]: Same<Generated<Task>, SchemaOf<Task>> } = {
    classification: true,
    embedding: true,
    "masked-words": true,
    "multi-label": true,
    "multiple-choice": true,
    "question-answering": true,
    regression: true,
    reranking: true,
    "token-classification": true,
  };
  // @ts-expect-error the comparison can fail
  const wrong: Same<Generated<"regression">, SchemaOf<"multi-label">> = true;
  assert.ok(Object.values(same).every(Boolean) && wrong);
});
