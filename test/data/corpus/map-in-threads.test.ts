import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { mapInThreads } from "../../../lib/data/corpus/map-in-threads.js";

const SHOUTING = new URL("./shouting-thread.js", import.meta.url);

async function* numbers(count: number, onAsk: (number: number) => void = () => {}): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) {
    onAsk(number);
    yield number;
  }
}

function shout(questions: AsyncIterable<number>, settings: object = {}, signal?: AbortSignal) {
  return mapInThreads<number, string>(SHOUTING, questions, { settings, transfer: () => [], signal });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("answers come in the order of the questions, whichever thread is done first", async () => {
  const answers = await collect(shout(numbers(20)));
  assert.deepEqual(
    answers,
    Array.from({ length: 20 }, (_, number) => ({ question: number, answer: `${number}!` })),
  );
});

test("no more than two questions a thread are taken ahead of the answers", async () => {
  let asked = 0;
  let answered = 0;
  const questions = numbers(20, () => {
    asked++;
    assert.ok(asked - answered <= 2 * availableParallelism() + 1);
  });
  for await (const _ of shout(questions)) answered++;
  assert.equal(answered, 20);
});

test("a thread's LibbertError ends the stream where it was thrown, with its code, message and option", async () => {
  const answers: string[] = [];
  await assert.rejects(
    async () => {
      for await (const { answer } of shout(numbers(20), { bad: 5 })) answers.push(answer);
    },
    {
      name: "LibbertError",
      code: "ERR_OPTION",
      option: "number",
      message: "Expected a good number for number but received 5",
    },
  );
  assert.deepEqual(answers, ["0!", "1!", "2!", "3!", "4!"]);
});

test("a defect in a thread ends the stream too, whether questions follow or not", async () => {
  await assert.rejects(collect(shout(numbers(20), { mad: 3 })), { name: "TypeError", message: "a defect" });
  await assert.rejects(collect(shout(numbers(1), { mad: 0 })), { name: "TypeError", message: "a defect" });
});

test("an aborted signal ends the stream with its reason", async () => {
  const controller = new AbortController();
  const questions = numbers(20, (number) => number === 7 && controller.abort(new Error("enough")));
  await assert.rejects(collect(shout(questions, {}, controller.signal)), { message: "enough" });
});
