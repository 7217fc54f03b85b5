/** What a thread runs that ends with many tensors in its hands. */
import { zeros } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";

const tensor = zeros([1]);
const views: Tensor[] = [];
while (views.length < 100_000) views.push(tensor.unsqueeze(0));
