import { Counts, Distribution, type Metric, metricsText, type Sample } from "./prometheus-text.js";
import type { ServedModel } from "./served-model.js";

/** Seconds: from one text on a fast machine to a full queue on a slow one. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What a server tells of itself. */
export class ServingMetrics {
  readonly #requests = new Counts();
  readonly #seconds = new Distribution(BOUNDS);

  /** @param route its path, such as `/embed` */
  requestEnded(route: string, status: number, seconds: number): void {
    this.#requests.add({ route, status: String(status) });
    this.#seconds.add({ route }, seconds);
  }

  text(models: Iterable<ServedModel>): string {
    const served = [...models];
    const ofModels = (value: (model: ServedModel) => number): Sample[] =>
      served.map((model) => ({ labels: { model: model.name }, value: value(model) }));
    const metrics: Metric[] = [
      counter("libbert_requests_total", "Requests by route and status.", this.#requests.samples()),
      {
        name: "libbert_request_seconds",
        help: "How long requests took, from their headers to the answer's end.",
        type: "histogram",
        samples: this.#seconds.samples(),
      },
      counter(
        "libbert_inputs_total",
        "Inputs that were answered.",
        ofModels(({ answered }) => answered),
      ),
      gauge(
        "libbert_queue_inputs",
        "Inputs that are accepted and not answered.",
        ofModels(({ waiting }) => waiting),
      ),
      counter("libbert_reloads_total", "Reloads by model and outcome.", reloadSamples(served)),
      gauge(
        "libbert_model_loaded_timestamp_seconds",
        "When the weights that answer were loaded.",
        ofModels(({ facts }) => facts.since.getTime() / 1000),
      ),
      gauge("process_resident_memory_bytes", "Resident memory.", [{ value: process.memoryUsage.rss() }]),
    ];
    return metricsText(metrics);
  }
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: "gauge", samples };
}

function reloadSamples(models: readonly ServedModel[]): Sample[] {
  return models.flatMap(({ name, reloads }) =>
    Object.entries(reloads).map(([outcome, value]) => ({ labels: { model: name, outcome }, value })),
  );
}
