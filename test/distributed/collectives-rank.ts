/**
 * One rank of a group that makes each call once, in two groups one after the other, and prints what came of it.
 */
import { ProcessGroup } from "../../lib/distributed/group.js";
import { membershipOf } from "../../lib/distributed/membership.js";
import { tensor, zeros } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

const results: Record<string, unknown>[] = [];
for (let run = 0; run < 2; run++) {
  const group = await ProcessGroup.join(membershipOf()!, { timeoutSeconds: 30 }, { run });
  const { rank, size } = group;
  const numbers = (x: Tensor) => [...x.to("float64").toFloat32Array()];
  const sums = (["float32", "float64", "bfloat16", "int64"] as DType[]).map((dtype) => {
    const x = tensor([rank + 1, 10 * rank, 3]).to(dtype);
    group.allReduce(x);
    return numbers(x);
  });
  const shared = tensor([rank, 7]);
  group.broadcast(shared, size - 1);
  const own = zeros([2]);
  const parts = tensor(Array.from({ length: 2 * size }, (_, index) => index + rank));
  group.reduceScatter(own, parts);
  const all = zeros([2 * size]);
  group.allGather(all, own);
  results.push({
    sums,
    shared: numbers(shared),
    own: numbers(own),
    all: numbers(all),
    gathered: group.gather(rank * rank),
    texts: group.exchange("name", `rank ${rank}`),
    counts: group.sum([1, rank, 2 ** 40]),
  });
  group.barrier();
  group.leave();
}
console.log(JSON.stringify(results));
