import { LibbertError } from "../errors.js";
import { noGrad } from "../tensor/autograd.js";
import { scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { Module } from "./module.js";

/**
 * Runs `body`, and finds where NaN or infinity arises: in a parameter of the module, in what one of its modules gives, or
 * on the CPU in the gradient of that. Each of them is read, so this is slow: it is for looking, not for training.
 *
 * ```ts
 * nn.detectNonFinite(network, () => lossOf(batch).backward());
 * ```
 *
 * @throws ERR_NON_FINITE that names the first such tensor
 */
export function detectNonFinite<T>(module: Module, body: () => T): T {
  for (const [name, parameter] of module.namedParameters()) check(parameter, `the parameter ${name}`);
  const watched = [...modulesBelow(module)].flatMap(([path, one]) => watch(one, path));
  try {
    return body();
  } finally {
    for (const unwatch of watched) unwatch();
  }
}

function* modulesBelow(module: Module, prefix = ""): Generator<[string, Module]> {
  for (const [name, child] of module.children()) {
    yield* modulesBelow(child, `${prefix}${name}.`);
    yield [prefix + name, child];
  }
}

/** Looks at what every method of a module gives; a module calls those of its parts directly. */
function watch(module: Module, path: string): (() => void)[] {
  const methods = module as unknown as Record<string, unknown>;
  return methodsOf(module).map(([name, method]) => {
    methods[name] = (...args: unknown[]) => {
      const result = method.apply(module, args);
      for (const tensor of tensorsIn(result)) look(tensor, name === "forward" ? path : `${path}.${name}`);
      return result;
    };
    return () => delete methods[name];
  });
}

type Method = (...args: unknown[]) => unknown;

/** What the classes of a module add to `Module`. */
function methodsOf(module: Module): [string, Method][] {
  const methods = new Map<string, Method>();
  for (
    let level = Object.getPrototypeOf(module);
    level !== Module.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      const isOwn = name !== "constructor" && !(name in Module.prototype) && !methods.has(name);
      if (typeof value === "function" && isOwn) methods.set(name, value);
    }
  }
  return [...methods];
}

function tensorsIn(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (Array.isArray(result)) return result.flatMap(tensorsIn);
  return result?.constructor === Object ? Object.values(result).flatMap(tensorsIn) : [];
}

function look(tensor: Tensor, source: string): void {
  check(tensor, `what ${source} gives`);
  if (tensor.requiresGrad && tensor.device === "cpu")
    tensor.registerHook((gradient) => check(gradient, `the gradient of what ${source} gives`));
}

function check(tensor: Tensor, name: string): void {
  const bad = scope(() => noGrad(() => tensor.size - tensor.isFinite().sum().item()));
  if (bad === 0) return;
  const received = `NaN or infinity in ${bad} of ${tensor.size} elements`;
  throw new LibbertError("ERR_NON_FINITE", `Expected finite numbers for ${name} but received ${received}`);
}
