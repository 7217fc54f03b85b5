import type { DType } from "../files/dtype.js";
import { tensor } from "../tensor/create.js";
import { type Attribute, type NodeMessage, TYPE_NUMBER, type ValueMessage } from "./messages.js";
import type { FileTensor, ModelGraph } from "./model-file.js";

/** The name of what a graph takes, holds or computes. */
export type Value = string;

/** The types that a graph may compute in. */
export type FloatType = Extract<DType, "float32" | "float16">;

/** A graph of ONNX on its way: nodes in the order in which they run. */
export class GraphBuilder {
  readonly #inputs: ValueMessage[] = [];
  readonly #outputs: ValueMessage[] = [];
  readonly #nodes: NodeMessage[] = [];
  readonly #tensors = new Map<Value, FileTensor>();
  readonly #quantised = new Map<Value, readonly [Value, Value, Value]>();

  /** @param floatType what weights are stored as, and numbers computed in */
  constructor(readonly floatType: FloatType) {}

  input(name: string, type: DType, shape: readonly (number | string)[]): Value {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Gives a value out under a name, in float32. */
  output(name: string, value: Value, shape: readonly (number | string)[]): void {
    this.#outputs.push({ name, type: "float32", shape });
    this.#nodes.push({
      op: "Cast",
      inputs: [value],
      outputs: [name],
      attributes: { to: TYPE_NUMBER.float32 },
    });
  }

  /** An operation with one result. */
  add(op: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.addMany(op, inputs, 1, attributes)[0]!;
  }

  /** An operation with several results. */
  addMany(
    op: string,
    inputs: readonly Value[],
    results: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const name = `${op}_${this.#nodes.length}`;
    const outputs = Array.from({ length: results }, (_, index) => (index === 0 ? name : `${name}.${index}`));
    this.#nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /** A value as integers of 8 bits, their scale and their zero; once for each value. */
  quantised(value: Value): readonly [integers: Value, scale: Value, zero: Value] {
    const known = this.#quantised.get(value);
    if (known) return known;
    const made = this.addMany("DynamicQuantizeLinear", [value], 3) as [Value, Value, Value];
    this.#quantised.set(value, made);
    return made;
  }

  /** A tensor that the file holds, once under each name. */
  stored(held: FileTensor): Value {
    this.#tensors.set(held.name, held);
    return held.name;
  }

  /** A number of the type that the graph computes in. */
  number(value: number, type: FloatType = this.floatType): Value {
    return this.stored({
      name: `${type}:${value}`,
      type,
      shape: [],
      bytes() {
        using stored = tensor(value, { dtype: type });
        return stored.toBytes();
      },
    });
  }

  /** int64 [n] */
  integers(...values: number[]): Value {
    return this.#integers(`[${values}]`, values, [values.length]);
  }

  /** int64 without a dimension */
  integer(value: number): Value {
    return this.#integers(String(value), [value], []);
  }

  #integers(text: string, values: readonly number[], shape: readonly number[]): Value {
    const bytes = () => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.stored({ name: `int64:${text}`, type: "int64", shape, bytes });
  }

  /** A value as another type. */
  cast(value: Value, type: DType): Value {
    return this.add("Cast", [value], { to: TYPE_NUMBER[type] });
  }

  finish(): ModelGraph {
    return {
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      tensors: [...this.#tensors.values()],
    };
  }
}
