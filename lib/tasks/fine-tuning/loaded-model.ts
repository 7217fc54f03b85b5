import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeModel } from "../../checkpoint/model-directory.js";
import { LibbertError } from "../../errors.js";
import { writeStaged } from "../../files/staged-directory.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertModel } from "../../models/bert-model.js";
import type { Module } from "../../nn/module.js";
import { FlatParameters } from "../../optim/flat-parameters.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Compute } from "../compute.js";
import { FeatureExtractor } from "../features/extractor.js";

/** What every model is made of. */
export interface ModelParts<Network extends Module> {
  network: Network;
  config: BertConfig;
  tokenizer: BertTokenizer;
  compute: Compute;
  /** Tokens of a sequence, special tokens included. */
  maxSeqLength: number;
}

/** A model on the compute thread: what can be done with it whatever it is for. */
export abstract class LoadedModel<Network extends Module = Module> {
  /** The class of transformers that loads what this saves. */
  abstract readonly architecture: string;
  /** Label names in class order; empty where there are none. */
  abstract readonly labels: readonly string[];

  readonly parameters: FlatParameters;
  readonly tokenizer: BertTokenizer;
  readonly compute: Compute;
  readonly maxSeqLength: number;
  /** Features of texts, and embeddings. */
  readonly features: FeatureExtractor;
  protected readonly network: Network;
  readonly #config: BertConfig;

  /** @param encoder the network, or its part below the layer on top */
  protected constructor(parts: ModelParts<Network>, encoder: BertModel<boolean>) {
    const { network, config, tokenizer, compute, maxSeqLength } = parts;
    this.network = network;
    this.#config = config;
    this.tokenizer = tokenizer;
    this.compute = compute;
    this.maxSeqLength = maxSeqLength;
    const { device, dtype } = compute;
    this.parameters = new FlatParameters(network.namedParameters(), dtype, undefined, device);
    this.features = new FeatureExtractor(encoder, { tokenizer, maxSeqLength, device });
  }

  /** What is added to `config.json`. */
  protected abstract configFields(): Partial<BertConfig>;

  /** Switches dropout on or off. */
  train(training: boolean): void {
    this.network.train(training);
  }

  /**
   * Writes a directory that `loadModel` and Python's transformers read. The files appear together, when all are
   * complete.
   *
   * @param report further content for `training_report.json`
   * @throws ERR_RUNTIME when the disk is full or fails; what the directory held before is still there then
   */
  async save(directory: string, report?: object): Promise<void> {
    const config = { ...this.#config, ...this.configFields() };
    const write = async (staging: string) => {
      this.parameters.withMasters(() => writeModel(staging, this.network, config, this.architecture));
      await this.tokenizer.save(staging, { modelMaxLength: this.maxSeqLength });
      if (report)
        writeFileSync(join(staging, "training_report.json"), `${JSON.stringify(report, null, 2)}\n`);
    };
    try {
      await writeStaged(directory, write);
    } catch (error) {
      const reason = (error as Error).message;
      throw new LibbertError("ERR_RUNTIME", `The model could not be saved in ${directory}: ${reason}`, {
        cause: error,
      });
    }
  }

  dispose(): void {
    this.parameters.dispose();
  }
}
