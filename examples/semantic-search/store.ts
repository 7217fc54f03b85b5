import Database from "libsql";
import type { Section } from "./sections.js";

/** A section that was found, and how alike its vector is to the query's: a cosine. */
export interface FoundSection extends Section {
  score: number;
}

/** Sections with their vectors in a file of SQLite, which other programs read, too. */
export class SectionStore implements Disposable {
  readonly #database: Database.Database;

  /** @param path of the file, which is made where there is none */
  constructor(path: string) {
    this.#database = new Database(path);
  }

  /** Puts sections in the place of those that are there. @param vectors one a section */
  replaceAll(sections: readonly Section[], vectors: readonly Float32Array[]): void {
    this.#database.exec("DROP TABLE IF EXISTS sections");
    this.#database.exec(
      `CREATE TABLE sections (id TEXT PRIMARY KEY, text TEXT, vector F32_BLOB(${vectors[0]!.length}))`,
    );
    const insert = this.#database.prepare("INSERT INTO sections VALUES (?, ?, vector32(?))");
    const insertAll = this.#database.transaction(() => {
      for (const [index, { id, text }] of sections.entries()) insert.run(id, text, jsonOf(vectors[index]!));
    });
    insertAll();
  }

  /** The sections whose vectors are most alike to a query's, the best first. */
  nearest(query: Float32Array, count: number): FoundSection[] {
    const select = this.#database.prepare(
      "SELECT id, text, 1 - vector_distance_cos(vector, vector32(?)) AS score FROM sections ORDER BY score DESC, id LIMIT ?",
    );
    return select.all(jsonOf(query), count) as FoundSection[];
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function jsonOf(vector: Float32Array): string {
  return JSON.stringify(Array.from(vector));
}
