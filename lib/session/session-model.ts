import { expected } from "../errors.js";
import {
  type EmbeddedText,
  embedOptions,
  type Features,
  featureOptions,
  type SentenceVector,
  type Vector,
} from "../features/options.js";
import type { TextRole } from "../features/prompt.js";
import { requirePath } from "../files/require-path.js";
import { exportOptions, type OnnxExport } from "../onnx/options.js";
import { signalOption } from "../options/call-options.js";
import { parseOptions } from "../options/parse-options.js";
import type { RowSource } from "../options/row-options.js";
import type { MinedNegatives } from "../retrieval/mining-options.js";
import type { RetrievalData, RetrievalEvaluation } from "../retrieval/options.js";
import { checkInputs } from "../tasks/find-spec.js";
import { textOrPair } from "../tasks/texts/text-or-pair.js";
import type { TextInput } from "../tokenizer/text-input.js";
import { checkVectors } from "./check-vectors.js";
import type { CallOptions, ComputeSession, Requesting, ToArguments } from "./compute-session.js";
import { evaluateRetrieval } from "./evaluate-retrieval.js";
import { mineNegatives } from "./mine-negatives.js";
import type {
  EmbedOptions,
  ExportOptions,
  FeatureOptions,
  MiningOptions,
  RetrievalOptions,
  SaveOptions,
} from "./option-types.js";
import type { ModelKind, RequestKind, Requests } from "./protocol.js";
import { saveOptions } from "./save-options.js";
import { type TruncationOptions, truncation } from "./truncation.js";

const abortable = { signal: signalOption };
const featuresCall = featureOptions.extend(abortable);
const embedCall = embedOptions.extend({ ...abortable, ...truncation });

/** `tokens` is not enumerable, so that vectors are printed, compared and stored as their numbers alone. */
function sentenceVector({ vector, tokens, ...cut }: EmbeddedText): SentenceVector {
  return Object.assign(Object.defineProperty(vector, "tokens", { value: tokens }), cut) as SentenceVector;
}

type EmbedCall = EmbedOptions & TruncationOptions & { signal?: AbortSignal };

/** What every model can do. Its weights live on its compute thread until `dispose()`. */
export abstract class SessionModel implements AsyncDisposable {
  /** What the model is for. */
  abstract readonly task: ModelKind;

  readonly #session: ComputeSession;

  constructor(session: ComputeSession) {
    this.#session = session;
  }

  protected request<Kind extends RequestKind>(
    kind: Kind,
    toArguments: ToArguments<Kind>,
    options?: CallOptions<Kind>,
  ): Promise<Requests[Kind]["answer"]> {
    return this.#session.request(kind, toArguments, options);
  }

  protected together<Answer>(call: (session: Requesting) => Promise<Answer>): Promise<Answer> {
    return this.#session.together(call);
  }

  /**
   * What the encoder makes of texts or pairs of texts, without the task's layer: the hidden states of some layers,
   * pooled. Longer texts than the model was trained for are cut. Calls that overlap are computed together where their
   * options are the same.
   *
   * ```ts
   * const [{ values, shape, tokens }] = await model.features(["a film"], { layers: [-1, -2, -3, -4], pooling: "concat" });
   * ```
   *
   * @param options.layers from 0, the embeddings, or counted from the last, -1. Default: the last
   * @param options.pooling `"mean"` (the default) and `"cls"`: a vector a text; `"concat"`: one for each token, its layers
   *   side by side (paper, section 5.3); `"none"`: one for each layer and token
   * @throws LibbertError ERR_OPTION when the model has no such layer
   */
  async features(
    texts: readonly TextInput[],
    options: FeatureOptions & { signal?: AbortSignal } = {},
  ): Promise<Features[]> {
    const { signal, ...settings } = parseOptions(featuresCall, options);
    checkInputs(texts, textOrPair, "texts");
    return this.request("features", () => ({ inputs: [...texts], settings }), { signal });
  }

  /**
   * One vector for each text, which tells how alike texts are: what sentence-transformers makes with the model, by its
   * `modules.json` and what belongs to it (pooling, normalisation, dense layers, prompts). Of a model without that, the mean
   * of the last layer over the text's tokens, of length 1. Good for search with models trained for it, such as
   * all-MiniLM-L6-v2. A vector has a field `tokens`, how many the model read, and that of a text that was cut to what the model reads
   * a field `truncated`.
   *
   * ```ts
   * const [vector] = await model.embed(["a film"], { promptName: "clustering", truncateDim: 128 });
   * ```
   *
   * @param options.normalize whether vectors have length 1. Default: what `modules.json` says; without one, true
   * @param options.prompt what stands before each text. Default: the model's `default_prompt_name`; without one, nothing
   * @param options.promptName the name of one of the model's prompts, in its place
   * @param options.truncateDim keep the first numbers of each vector, before it is made of length 1. Default: what the model's
   *   files say; without them, all
   * @param options.longTexts what becomes of longer texts than the model reads. Default: as the model was trained; else they are cut
   * @param options.truncate false refuses texts that would be cut, before anything is computed (ERR_DATA)
   * @throws LibbertError ERR_CHECKPOINT when `modules.json` asks for what libbert does not have; ERR_OPTION for a prompt's name
   *   that the model does not have
   */
  embed(texts: readonly TextInput[], options: EmbedCall = {}): Promise<SentenceVector[]> {
    return this.#embed(texts, options);
  }

  /**
   * Vectors of what is searched for: as `embed()`, with the model's prompt `query` where the call chooses none, and never its
   * default. As `encode_query` of sentence-transformers.
   */
  encodeQuery(texts: readonly TextInput[], options: EmbedCall = {}): Promise<SentenceVector[]> {
    return this.#embed(texts, options, "query");
  }

  /**
   * Vectors of what is searched in: as `embed()`, with the model's prompt `document` where the call chooses none, and never its
   * default. As `encode_document` of sentence-transformers.
   */
  encodeDocument(texts: readonly TextInput[], options: EmbedCall = {}): Promise<SentenceVector[]> {
    return this.#embed(texts, options, "document");
  }

  async #embed(texts: readonly TextInput[], options: EmbedCall, role?: TextRole): Promise<SentenceVector[]> {
    const { signal, truncate, ...choices } = parseOptions(embedCall, options);
    checkInputs(texts, textOrPair, "texts");
    const settings = { ...choices, role };
    const toArguments = () => ({ inputs: [...texts], settings, mayCut: truncate });
    const embedded = await this.request("embed", toArguments, { signal });
    return embedded.map(sentenceVector);
  }

  /**
   * How alike each of some vectors is to each of others, by the model's `similarity_fn_name`: the cosine of their angle where its files
   * name none, their product (`dot`), or their distance as a negative number (`euclidean`, `manhattan`). More is more alike.
   *
   * ```ts
   * const [scores] = await model.similarity(await model.encodeQuery([query]), await model.encodeDocument(documents));
   * ```
   *
   * @param a A vectors of D numbers each, as `embed()` gives them @param b B others
   * @returns A rows of B numbers
   * @throws LibbertError ERR_OPTION for vectors of several lengths; ERR_CHECKPOINT for another function
   */
  async similarity(a: readonly Vector[], b: readonly Vector[]): Promise<Float32Array[]> {
    checkVectors({ a, b });
    return this.request("similarity", () => ({ a: [...a], b: [...b] }));
  }

  /**
   * How well the model's vectors find the documents that answer queries: the figures of `InformationRetrievalEvaluator` of
   * sentence-transformers.
   *
   * ```ts
   * const { ndcgAt10, recallAt5 } = await model.evaluateRetrieval({
   *   queries: { q1: "who wrote it?" },
   *   corpus: { d1: "Ada wrote it.", d2: "It rained." },
   *   relevant: { q1: ["d1"] },
   * });
   * ```
   *
   * @param data texts by their names, and for each query the documents that answer it; queries without any are left out
   * @param options.similarity how vectors are compared. Default: what the model's files say
   * @param options.ranker a model for reranking or regression that puts the first `rerankTopK` (100) in its own order
   * @param options.ndcgAt for how many documents the figure is computed; also `accuracyAt`, `precisionAt`, `recallAt`, `mrrAt`, `mapAt`
   * @throws LibbertError ERR_OPTION for data of another form, and for a prompt's name that the model does not have
   */
  evaluateRetrieval(data: RetrievalData, options: RetrievalOptions = {}): Promise<RetrievalEvaluation> {
    return this.together((session) => evaluateRetrieval(session, data, options));
  }

  /**
   * Texts that are alike to an anchor, but not right for it: triplets that `task: "embedding"` learns from. As `mine_hard_negatives`
   * of sentence-transformers defines them.
   *
   * ```ts
   * const { rows } = await model.mineNegatives("pairs.jsonl", { rangeMin: 10, relativeMargin: 0.05, numNegatives: 5 });
   * ```
   *
   * @param pairs rows with an anchor and its positive, in files or memory
   * @param options.corpus more texts that may be negatives, beside the positives of other anchors
   * @param options.ranker a model for reranking or regression whose scores the margins and limits are about
   * @throws LibbertError ERR_DATA, naming the row, for rows that are no such pairs; ERR_OPTION for a range with too few texts in it
   */
  mineNegatives(pairs: RowSource, options: MiningOptions = {}): Promise<MinedNegatives> {
    return this.together((session) => mineNegatives(session, pairs, options));
  }

  /**
   * Writes a Hugging Face directory, which `loadModel` and Python's transformers read. What was trained is stored in float32, what
   * was only loaded as it was. Where there is no README.md of yours, a card of the model is written.
   *
   * @param options.overwrite allow a directory that holds files already. Default: false
   * @param options.languages of its texts, for the card: codes such as `en`
   * @param options.license for the card. Default: that of the card of the model which it was made from
   * @param options.datasetName of its training data on the Hub, for the card
   * @param options.pooling add files with which sentence-transformers makes vectors, pooled so. Default: the files that the model
   *   has, if it has some
   * @param options.normalize whether these vectors have length 1. Default: true
   * @throws LibbertError ERR_OPTION for `pooling` where the model's own files say how vectors are made; ERR_RUNTIME when the disk
   *   is full or fails
   */
  async save(outputDir: string, options: SaveOptions = {}): Promise<void> {
    const { overwrite, pooling, normalize, ...terms } = parseOptions(saveOptions, options);
    requirePath(outputDir, "a directory", "outputDir");
    if (pooling === undefined && normalize !== undefined)
      throw expected("no value without pooling", "normalize", normalize);
    const newVectors = pooling && { pooling, normalize: normalize ?? true };
    await this.request("save", () => ({ outputDir, overwrite, terms, newVectors }));
  }

  /**
   * Writes the model for onnxruntime, in the layout that transformers.js reads in Node.js and in browsers: `config.json`, the
   * tokenizer, and in the folder `onnx` a graph for padded batches, made of the weights as they are stored, whatever type the model
   * computes in.
   *
   * ```ts
   * await model.exportOnnx("exports/films", { dtype: ["fp32", "q8"] });
   * ```
   *
   * @param options.dtype `"fp32"` (the default), `"fp16"` or `"q8"`, or several of them
   * @param options.overwrite allow a directory that holds files already. Default: false
   * @throws LibbertError ERR_OPTION where the directory holds a model's weights, and for a file of more than 2 GiB; ERR_CHECKPOINT
   *   when texts would have to be changed before the tokenizer sees them
   */
  async exportOnnx(outputDir: string, options: ExportOptions = {}): Promise<OnnxExport> {
    const { dtype, overwrite } = parseOptions(exportOptions, options);
    requirePath(outputDir, "a directory", "outputDir");
    const dtypes = typeof dtype === "string" ? [dtype] : dtype;
    return this.request("exportOnnx", () => ({ outputDir, dtypes, overwrite }));
  }

  /** Frees the model and ends its thread, once the calls under way are done. A second call does nothing. */
  dispose(): Promise<void> {
    return this.#session.close();
  }

  /** What `await using` calls: `dispose()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
