import { native } from "../../lib/tensor/native.js";

/** Kernels that an operator launches on a GPU, by its name. */
type Launches = Readonly<Record<string, number>>;

/** LibTorch's operators that compute something, a kernel each, and those of libbert's that are made of such alone. */
const LIBTORCH: Launches = {
  ...ones(`
    _foreach_add_ _to_copy abs add add_ addmm addmm_ any cat clamp copy_ div embedding eq fill_ gt index_add_ index_select mm mul mul_
    ne scalar_tensor sort sqrt sum tanh tanh_backward where zero_`),
  "libbert::gelu": 1,
  "mkldnn::_linear_pointwise": 1, // the CPU's, for a product of float32
  // FlashAttention's, and one that puts the three gradients side by side.
  "libbert::varlen_attention_forward": 1,
  "libbert::varlen_attention_backward": 2,
};

/** Operators that have kernels of libbert's own. test/cuda/launches.test.ts counts them where they are launched. */
const LIBBERT: Launches = {
  "libbert::adamw_": 1,
  "libbert::add_scaled_segments_": 1,
  "libbert::bert_embeddings_forward": 4, // 3 of them widen ids
  "libbert::cross_entropy_sum_backward_": 1,
  "libbert::cross_entropy_sum_forward": 2,
  "libbert::dropout": 1,
  "libbert::dropout_add_layer_norm_backward": 2,
  "libbert::dropout_add_layer_norm_forward": 1,
  "libbert::gelu_backward": 2,
  "libbert::linear_gradients_": 1,
  "libbert::segment_sums_of_squares": 2,
  "libbert::sum_by_id": 5, // ids are widened and sorted, and sums begin with zeros
  "libbert::sum_of_squares": 2,
};

/** Without kernels: views, memory without values, what only calls others, and what the CPU's sparse gradients are made of. */
const WITHOUT = new Set([
  ...names(`
    _indices _nnz _sparse_coo_tensor_unsafe _sparse_coo_tensor_with_dims_and_tensors _values alias as_strided clone contiguous detach
    empty empty_like empty_strided expand flatten full index_select_backward is_coalesced isfinite item linear narrow new_empty
    new_zeros ones_like reshape resize_ resize_as_ resolve_conj select slice slice_backward sparse_dim split split_with_sizes stack t to transpose unsqueeze
    view zeros`),
  ...names(
    `bert_embeddings cross_entropy_sum dropout_add_layer_norm embedding linear linear_gelu linear_gelu_with_residual
    linear_with_residual varlen_attention`,
    "libbert",
  ),
  ...Object.keys(LIBBERT),
  "detach",
]);

export interface Counts {
  kernels: number;
  /** Numbers that were read, for which a GPU is waited for. */
  reads: number;
  /** Calls of the addon. */
  calls: number;
  /** Kernels of each operator. */
  byOperator: Record<string, number>;
}

/**
 * What `body` would launch on a GPU, counted on the CPU.
 *
 * @param launches of libbert's operators. Default: as the table says
 * @throws Error for an operator that is in no table
 */
export function countKernels(body: () => void, launches: Launches = LIBBERT): Counts {
  const all: Launches = { ...LIBTORCH, ...launches };
  native.startProfile(Object.keys(all), false); // what is inside them is theirs
  const calls = countCalls(body);
  const byOperator: Record<string, number> = {};
  let reads = calls.toBytes ?? 0;
  for (const [operator, , times] of native.endProfile()) {
    if (operator in all) byOperator[operator] = (byOperator[operator] ?? 0) + times * all[operator]!;
    else if (operator === "aten::_local_scalar_dense") reads += times;
    else if (!WITHOUT.has(operator) && !operator.startsWith("autograd::engine::"))
      throw new Error(`${operator} is in no table of gpu-kernels.ts`);
  }
  return { kernels: sumOf(byOperator), reads, calls: sumOf(calls), byOperator };
}

/**
 * What `body` asks of LibTorch: each operator with the shapes of its tensors and its other arguments, and how often. Nothing inside an
 * operator that is one of a GPU's library is listed.
 */
export function callsOf(body: () => void): Record<string, number> {
  native.startProfile(Object.keys({ ...LIBTORCH, ...LIBBERT }), true);
  body();
  return Object.fromEntries(
    native.endProfile().map(([operator, args, times]) => [`${operator} ${args}`, times]),
  );
}

/** Calls of the addon that `body` makes, by name. */
function countCalls(body: () => void): Record<string, number> {
  const addon = native as unknown as Record<string, unknown>;
  const ops = Object.entries(addon).filter(([, value]) => typeof value === "function");
  const calls: Record<string, number> = {};
  for (const [name, op] of ops) {
    addon[name] = (...args: unknown[]) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return (op as (...all: unknown[]) => unknown)(...args);
    };
  }
  try {
    body();
  } finally {
    Object.assign(addon, Object.fromEntries(ops));
  }
  return calls;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function ones(list: string): Record<string, number> {
  return Object.fromEntries(names(list).map((name) => [name, 1]));
}

/** Operators of LibTorch's, or of another library. */
function names(list: string, library = "aten"): string[] {
  const words = list.trim().split(/\s+/);
  return words.map((name) => `${library}::${name}`);
}
