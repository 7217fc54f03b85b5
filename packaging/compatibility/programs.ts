/** A program that uses libbert: a model on the compute thread, a tensor on this one, and the plugin; its argument is a model's folder. */

const ENTRY_POINTS = { loadModel: "libbert", tensor: "libbert/torch", libbertPlugin: "libbert/fastify" };

const entries = Object.entries(ENTRY_POINTS);

export const IMPORTS = entries.map(([name, path]) => `import { ${name} } from "${path}";`).join("\n");

export const REQUIRES = entries.map(([name, path]) => `const { ${name} } = require("${path}");`).join("\n");

/** Without `await` at its top, which CommonJS does not have. */
export const ASYNC_MAIN = `
async function main() {
  const model = await loadModel(process.argv[2]);
  const [vector] = await model.embed(["a text"]);
  await model.dispose();
  const sum = tensor([1, 2]).sum().item();
  if (vector.length === 0 || sum !== 3 || typeof libbertPlugin !== "function") throw new Error("wrong results");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;
