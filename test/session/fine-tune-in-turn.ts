/** One process of several that make some runs of fine-tuning together: prints what each came to. */
import "../support/one-thread.js";

import { makeRunsInTurn } from "../support/runs-in-turn.js";
import { fineTuneOutcome } from "./fine-tune-outcome.js";

await makeRunsInTurn(({ texts, ...options }: { texts: unknown[] }) => fineTuneOutcome(options, texts));
