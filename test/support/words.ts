/** Words of which tests make sentences. */
export const NOUNS = ["film", "story", "cast", "plot", "scene", "music", "actor", "ending"];
export const ADJECTIVES = [
  "good",
  "bad",
  "great",
  "poor",
  "warm",
  "cold",
  "dull",
  "bright",
  "funny",
  "slow",
  "quick",
];
