import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { LayerNorm } from "../../nn/layer-norm.js";
import { Linear } from "../../nn/linear.js";
import { Module, type Parameter } from "../../nn/module.js";
import { arange, tensor } from "../../tensor/create.js";
import { native } from "../../tensor/native.js";
import { nextDropoutKey } from "../../tensor/random.js";
import { Tensor } from "../../tensor/tensor.js";
import { type EncoderConfig, embeddingWidth } from "../encoder-config.js";
import type { EncoderInput } from "../encoder-input.js";
import { type PackedBatch, positionsWithoutPadding } from "../packing.js";
import { Int8Embedding } from "./int8-embedding.js";

/**
 * Token, position and segment embeddings, summed and normalised (paper, figure 2). Where their tables are narrower than the layers, a
 * projection comes last.
 */
export class BertEmbeddings extends Module {
  word_embeddings: Embedding | Int8Embedding;
  readonly position_embeddings: Embedding;
  /** Null in families without segments. */
  readonly token_type_embeddings: Embedding | null;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;
  /** Null where the tables are as wide as the layers. */
  readonly projection: Linear | null;
  readonly #firstPosition: number;

  constructor(config: EncoderConfig) {
    super();
    const { hiddenSize, embeddingSize, initializerRange: std, paddingId } = config;
    const width = embeddingWidth(config);
    this.word_embeddings = new Embedding(config.vocabSize, width, std, { paddingId });
    this.position_embeddings = new Embedding(config.maxPositionEmbeddings, width, std);
    this.token_type_embeddings =
      config.typeVocabSize > 0 ? new Embedding(config.typeVocabSize, width, std) : null;
    this.LayerNorm = new LayerNorm(width, config.layerNormEps);
    this.dropout = new Dropout(config.hiddenDropout);
    this.projection = embeddingSize === null ? null : new Linear(embeddingSize, hiddenSize, std);
    this.#firstPosition = config.firstPosition;
  }

  /** The table of word embeddings [V, E], where it is not quantised. */
  get wordTable(): Parameter {
    if (this.word_embeddings instanceof Int8Embedding) throw new Error("Word embeddings were quantised");
    return this.word_embeddings.weight;
  }

  /** From now on word embeddings are integers of 8 bits. */
  quantiseWords(): void {
    this.word_embeddings = new Int8Embedding(this.wordTable);
  }

  /** → [T, H] */
  forward(input: EncoderInput): Tensor {
    const normalised = this.#normalised(input);
    return this.projection?.forward(normalised) ?? normalised;
  }

  /** → [T, E] */
  #normalised(input: EncoderInput): Tensor {
    const { position_embeddings: positions, token_type_embeddings: segments } = this;
    const words = this.#words(input);
    const { weight, bias, eps } = this.LayerNorm;
    const rate = this.training ? this.dropout.p : 0;
    return new Tensor(
      native.bertEmbeddings(
        words.table.handle,
        words.ids.handle,
        words.paddingId,
        positions.weight.handle,
        this.#positions(input).handle,
        segments?.weight.handle ?? null,
        segments && input.tokenTypeIds.handle,
        weight.handle,
        bias.handle,
        eps,
        rate,
        rate > 0 ? nextDropoutKey(input.rowIds.device) : null,
        input.rowIds.handle,
      ),
    );
  }

  /** A table, and the row of it for each id; of integers, the rows that are asked for; of given vectors, one after the other. */
  #words({ inputIds: ids, wordVectors }: EncoderInput): { table: Tensor; ids: Tensor; paddingId: number } {
    const words = this.word_embeddings;
    if (wordVectors) return { table: wordVectors, ids: inTurn(ids), paddingId: -1 };
    if (!(words instanceof Int8Embedding)) return { table: words.weight, ids, paddingId: words.paddingId };
    return { table: words.forward(ids), ids: inTurn(ids), paddingId: -1 };
  }

  #positions({ positionIds, packed }: EncoderInput): Tensor {
    if (this.#firstPosition === 0) return positionIds;
    const own = packed && this.positionsOf(packed);
    const ids = own === packed?.positionIds ? positionIds : tensor(own!, { device: positionIds.device });
    return ids.add(this.#firstPosition).to("int32");
  }

  /** The positions that a batch's tokens have here, from 0: its own, unless one of them does not count. */
  positionsOf(batch: PackedBatch): Int32Array {
    if (this.#firstPosition === 0) return batch.positionIds;
    return positionsWithoutPadding(batch, this.#firstPosition - 1); // RoBERTa's begin behind the padding's, whose number is its id
  }
}

/** The rows of a table that has one for each token. */
function inTurn(ids: Tensor): Tensor {
  return arange(0, ids.size, { device: ids.device });
}
