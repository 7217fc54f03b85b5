import type { ServingSettings } from "./options.js";
import type { ServedModels } from "./served-models.js";
import type { ServingMetrics } from "./serving-metrics.js";

/** What the routes of one server share. */
export interface Serving {
  models: ServedModels;
  settings: Omit<ServingSettings, "models">;
  metrics: ServingMetrics;
}
