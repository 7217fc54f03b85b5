import assert from "node:assert/strict";
import { test } from "node:test";
import { rand, randn, tensor } from "../../lib/tensor/create.js";
import { native } from "../../lib/tensor/native.js";
import type { TensorHandle } from "../../lib/tensor/native-ops.js";
import { manualSeed } from "../../lib/tensor/random.js";
import { Tensor } from "../../lib/tensor/tensor.js";
import { gradcheck } from "../support/gradcheck.js";

/** What an op is called with. The gradient is checked for each float64 tensor; all else stays as it is. */
type Argument = Tensor | readonly Tensor[] | readonly number[] | number | string | boolean | null;

manualSeed(1);
const normal = (...shape: number[]) => randn(shape, { dtype: "float64" });
const uniform = (...shape: number[]) => rand(shape, { dtype: "float64" });
const positive = (...shape: number[]) => uniform(...shape).add(0.5);
const integers = (...values: number[]) => tensor(values, { dtype: "int64" });
const eighths = tensor([-1.5, -0.25, 0.125, 2], { dtype: "float64" }); // float32 holds them exactly
const mask = tensor([1, 0, 1], { dtype: "bool" });
const segmentIds = integers(0, 0, 1, 1, 0, 1, 0, 1);
/** Words and positions, with the ids of eight tokens; no row is the padding's. */
const embeddingTables = [
  normal(4, 5),
  integers(0, 2, 1, 3, 0, 2, 2, 1),
  -1,
  normal(3, 5),
  integers(0, 1, 2, 0, 1, 2, 0, 1),
];
const cuSeqlens = tensor(Int32Array.of(0, 2, 2, 7, 8)); // one sequence is empty, one has a single token
const rowIds = integers(70, 3, 2 ** 40, 12, 5, 9, 1, 0);
const classWeights = positive(4); // constants of the loss: no gradient
const key = tensor(BigInt64Array.of(123_456_789_012n));

/** At least one call of each op that has a gradient. */
const calls: Record<string, Argument[][]> = {
  add: [
    [normal(2, 3), normal(3)],
    [normal(3), 2.5],
  ],
  sub: [
    [normal(2, 3), normal(2, 1)],
    [normal(3), 2.5],
  ],
  mul: [
    [normal(2, 3), normal(3)],
    [normal(3), 2.5],
  ],
  div: [
    [normal(2, 3), positive(3)],
    [normal(3), 2.5],
  ],
  pow: [
    [normal(3), 3],
    [positive(3), normal(3)],
  ],
  neg: [[normal(3)]],
  abs: [[normal(4)]],
  exp: [[normal(3)]],
  log: [[positive(3)]],
  sqrt: [[positive(3)]],
  clamp: [[normal(6), -0.5, 0.7]],
  tanh: [[normal(3)]],
  sigmoid: [[normal(3)]],
  relu: [[normal(4)]],
  silu: [[normal(4)]],
  gelu: [
    [normal(4), "none"],
    [normal(4), "tanh"],
  ],
  where: [
    [mask, normal(2, 3), normal(3)],
    [mask, normal(3), 0],
  ],
  maskedFill: [[normal(2, 3), mask, -10]],
  add_: [
    [normal(2, 3), normal(3)],
    [normal(3), 2.5],
  ],
  mul_: [
    [normal(2, 3), normal(3)],
    [normal(3), 2.5],
  ],
  addcmul_: [[normal(2, 3), normal(3), normal(2, 1), -0.5]],
  copy_: [[normal(2, 3), normal(3)]],
  fill_: [[normal(3), 2]],
  clamp_: [[normal(6), -0.5, 0.7]],
  erfinv_: [[uniform(4)]],
  reshape: [[normal(2, 6), [3, 4]]],
  transpose: [[normal(2, 3, 2), 0, 2]],
  permute: [[normal(2, 3, 2), [2, 0, 1]]],
  narrow: [[normal(5, 2), 0, 1, 3]],
  select: [[normal(3, 4), 1, 2]],
  unsqueeze: [[normal(3), 0]],
  squeeze: [[normal(3, 1), 1]],
  expand: [[normal(3, 1), [2, 3, 4]]],
  flatten: [[normal(2, 3, 2), 1, -1]],
  split: [[normal(5, 2), [2, 3], 0]],
  chunk: [[normal(2, 5), 3, 1]],
  contiguous: [[normal(3)]],
  clone: [[normal(3)]],
  to: [
    [eighths, "float64", "cpu"],
    [eighths, "float32", "cpu"],
  ],
  cat: [[[normal(2, 3), normal(1, 3)], 0]],
  stack: [[[normal(3), normal(3)], 1]],
  indexSelect: [[normal(4, 2), 0, integers(3, 0, 3)]],
  gather: [
    [
      normal(2, 3),
      1,
      tensor(
        [
          [2, 2],
          [0, 1],
        ],
        { dtype: "int64" },
      ),
    ],
  ],
  indexAdd: [[normal(4, 2), 0, integers(3, 0, 3), normal(3, 2)]],
  scatterAdd: [[normal(2, 3), 0, tensor([[1, 0, 1]], { dtype: "int64" }), normal(1, 3)]],
  sum: [
    [normal(2, 3), [], false],
    [normal(2, 3), [1], true],
  ],
  mean: [
    [normal(2, 3), [], false],
    [normal(2, 3), [0], false],
  ],
  amax: [
    [normal(2, 3), [1], false],
    [normal(2, 3), [1], true],
  ],
  amin: [[normal(2, 3), [0], false]],
  max: [[normal(2, 3), 1, true]],
  min: [[normal(2, 3), 0, false]],
  std: [
    [normal(2, 3), [], 1, false],
    [normal(2, 3), [1], 0, true],
  ],
  logSumExp: [
    [normal(2, 3), [], true],
    [normal(2, 3), [1], false],
  ],
  norm: [
    [normal(2, 3), 2, [], false],
    [normal(2, 3), 1, [0], true],
    [normal(2, 3), 3, [1], false],
  ],
  topk: [[normal(2, 5), 2, 1]],
  sort: [[normal(2, 5), 1, true]],
  cumsum: [[normal(2, 3), 1]],
  linear: [
    [normal(4, 3), normal(2, 3), normal(2)],
    [normal(2, 2, 3), normal(2, 3), null],
  ],
  linearGelu: [
    [normal(4, 3), normal(2, 3), normal(2), false],
    [normal(2, 2, 3), normal(2, 3), normal(2), true],
  ],
  linearWithResidual: [[normal(4, 3), normal(2, 3), normal(2)]],
  linearGeluWithResidual: [[normal(4, 3), normal(2, 3), normal(2), true]],
  dropout: [
    [normal(8, 5), 0.3, key, null],
    [normal(8, 5), 0.3, key, rowIds],
    [normal(2, 5), 0, key, null],
  ],
  dropoutAddLayerNorm: [
    [normal(8, 5), normal(8, 5), normal(5), normal(5), 1e-12, 0, key, null],
    [normal(8, 5), normal(8, 5), normal(5), normal(5), 1e-12, 0.3, key, null],
    [normal(8, 5), normal(8, 5), normal(5), normal(5), 1e-12, 0.3, key, rowIds],
  ],
  bertEmbeddings: [
    [...embeddingTables, normal(2, 5), segmentIds, normal(5), normal(5), 1e-12, 0, key, null],
    [...embeddingTables, normal(2, 5), segmentIds, normal(5), normal(5), 1e-12, 0.3, key, rowIds],
    [...embeddingTables, null, null, normal(5), normal(5), 1e-12, 0.3, key, null],
  ],
  varlenAttention: [
    [normal(8, 18), cuSeqlens, 5, 2, 0, null, null, null, false],
    [normal(8, 18), cuSeqlens, 5, 2, 0, null, null, null, true],
    [normal(8, 18), cuSeqlens, 5, 2, 0.3, key, null, null, false],
    [normal(8, 18), cuSeqlens, 5, 2, 0.3, key, null, rowIds, true],
  ],
  matmul: [
    [normal(2, 3), normal(3, 4)],
    [normal(2, 2, 3), normal(3)],
  ],
  bmm: [[normal(2, 3, 2), normal(2, 2, 4)]],
  einsum: [["bij,jk->ik", [normal(2, 3, 2), normal(2, 4)]]],
  softmax: [
    [normal(2, 3), 1],
    [normal(2, 3), 0],
  ],
  logSoftmax: [[normal(2, 3), -1]],
  layerNorm: [[normal(4, 5), normal(5), normal(5), 1e-12]],
  embedding: [
    [normal(4, 3), integers(2, 0, 2), -1], // no padding, whose row would have no gradient
  ],
  crossEntropy: [
    [normal(3, 4), integers(0, 3, 1), null, "mean", 0],
    [normal(3, 4), integers(0, -100, 1), null, "sum", 0], // -100 does not count
    [normal(3, 4), integers(0, 3, 1), null, "none", 0.1],
    [normal(3, 4), integers(0, -100, 1), classWeights, "mean", 0],
    [normal(3, 4), integers(0, 3, 1), classWeights, "sum", 0.1],
  ],
  binaryCrossEntropy: [
    [normal(2, 3), uniform(2, 3), "mean"],
    [normal(2, 3), uniform(2, 3), "sum"],
    [normal(2, 3), uniform(2, 3), "none"],
  ],
  klDiv: [
    [normal(2, 3), positive(2, 3), "mean", false],
    [normal(2, 3), normal(2, 3), "sum", true],
  ],
  cosineSimilarity: [[normal(2, 3), normal(2, 3), -1, 1e-8]],
  cosineEmbeddingLoss: [
    [normal(2, 3), normal(2, 3), integers(1, 1), 0, "mean"],
    [normal(2, 3), normal(2, 3), integers(-1, 1), -0.9, "sum"], // apart, and far enough from the margin
  ],
  mseLoss: [
    [normal(2, 3), normal(2, 3), "mean"],
    [normal(2, 3), normal(2, 3), "sum"],
  ],
};

/** Why the other ops have no gradient. */
const withoutGradient: Record<string, string[]> = {
  "makes a tensor out of no other": ["empty", "zeros", "full", "arange", "rand", "randn", "fromBytes"],
  "replaces every element by a random one": ["normal_", "uniform_"],
  "replaces every element by one of memory outside": ["copyBytes_"],
  "gives a boolean or an index": [
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "isFinite",
    "argmax",
    "argmin",
    "any",
    "all",
    "oneHot",
  ],
  "leaves the graph": ["toBytes", "detach", "item"],
  "tells or changes what a tensor is": ["shape", "dtype", "device", "dispose", "isDisposed", "setData"],
  "works on gradients itself": [
    "requiresGrad",
    "setRequiresGrad",
    "backward",
    "grad",
    "setGrad",
    "addGradientHook",
    "removeGradientHook",
  ],
  "writes its gradient over its input, which no test may move; checked from Python": ["crossEntropySum"],
  "is for prediction alone": ["packWeight_", "quantizeWeight", "encoderLayers"],
  "is the optimizer's, outside the graph": [
    "adamw_",
    "sumOfSquares",
    "segmentSumsOfSquares",
    "addScaledSegments_",
  ],
  "is a state of the process or thread": [
    ...["isGradEnabled", "setGradEnabled", "liveTensors", "getNumThreads", "setNumThreads"],
    "useDeterministicAlgorithms",
    ...["startProfile", "endProfile", "setDevice", "deviceMemory", "ownKernels", "useOwnKernels"],
    ...[
      "openStore",
      "limitStore",
      "nextGroupNumber",
      "storeSet",
      "storeHas",
      "storeGet",
      "storeAdd",
      "closeStore",
    ],
    ...["startHeartbeat", "stopHeartbeat", "joinGroup", "checkGroup", "leaveGroup", "addNccl"],
    ...["allReduce_", "broadcast_", "reduceScatter_", "allGather_", "waitFor"],
    ...["newReducer", "startReduction", "finishReduction", "takeReductionTime", "closeReducer"],
    ...[
      "manualSeed",
      "newGenerator",
      "seedGenerator",
      "generatorOffset",
      "setGeneratorOffset",
      ...["beginGraph", "endGraph", "replayGraph", "freeGraph", "useOwnStream"],
      "setErrorClass",
    ],
  ],
};

test("every op of the table has a gradient check here or a reason to have none", () => {
  const bound = native.opSignatures.map((signature) => signature.slice(0, signature.indexOf("(")));
  const listed = [...Object.keys(calls), ...Object.values(withoutGradient).flat()];
  assert.deepEqual(listed.sort(), bound.sort());
});

test("a gradient that is half of the true one is found out", () => {
  assert.throws(() => gradcheck((x) => x.mul(x.detach()), [normal(3)]), /gradient of input 0\[\d\]/);
});

for (const [op, argumentLists] of Object.entries(calls)) {
  for (const args of argumentLists) {
    test(`the gradient of ${op}(${args.map(shown).join(", ")}) equals central differences`, () => {
      const inputs = args.flat().filter(isDifferentiable);
      gradcheck((...moved) => invoke(op, args, moved), inputs, args.includes(eighths) ? 1 / 8 : undefined);
    });
  }
}

function isDifferentiable(argument: unknown): argument is Tensor {
  return argument instanceof Tensor && argument.dtype === "float64" && argument !== classWeights;
}

/** Calls a native op with `inputs` in place of the differentiable arguments. */
function invoke(op: string, args: readonly Argument[], inputs: Tensor[]): Tensor {
  const rest = [...inputs];
  const toNative = (argument: unknown): unknown => {
    if (Array.isArray(argument)) return argument.map(toNative);
    if (!(argument instanceof Tensor)) return argument;
    return (isDifferentiable(argument) ? rest.shift()! : argument).handle;
  };
  const nativeArgs = args.map(toNative);
  const call = native[op as keyof typeof native] as (...args: unknown[]) => TensorHandle | TensorHandle[];
  if (op.endsWith("_")) {
    const changed = inputs[0]!.clone(); // a leaf itself must not be changed in place
    call(changed.handle, ...nativeArgs.slice(1));
    return changed;
  }
  const result = call(...nativeArgs);
  return new Tensor(Array.isArray(result) ? result[0]! : result);
}

function shown(argument: unknown): string {
  if (argument instanceof Tensor) return `${argument.dtype}[${argument.shape.join(", ")}]`;
  return Array.isArray(argument) ? `[${argument.map(shown).join(", ")}]` : String(argument);
}

test("backward starts from a gradient of the tensor's own shape alone", () => {
  const x = tensor([1]);
  x.requiresGrad = true;
  assert.throws(() => x.mul(2).backward(tensor([1, 2, 3])), {
    code: "ERR_TENSOR",
    message: "Expected a tensor of shape [1] for gradient but received [3]",
  });
  assert.equal(x.grad, null);
});
