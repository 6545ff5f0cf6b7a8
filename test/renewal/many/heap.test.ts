import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "../../../src/renewal/many/heap.ts";

test("gives back what was put, the earliest first, whatever comes in between", () => {
  const steps = fc.array(fc.oneof(fc.nat(50), fc.constant("take" as const)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new Heap<number>();
      const model: number[] = [];
      for (const step of all) {
        if (step === "take") expect(heap.take()).toBe(model.shift());
        else {
          heap.put(step, step);
          model.push(step);
          model.sort((one, other) => one - other);
        }
        expect(heap.next?.value).toBe(model[0]);
        expect(heap.size).toBe(model.length);
      }
    }),
  );
});

test("leaves those alone that are wanted", () => {
  const heap = new Heap<number>();
  for (let value = 20; value > 0; value--) heap.put(value, value);
  heap.keepOnly((value) => value % 3 === 0);
  expect(Array.from({ length: 7 }, () => heap.take())).toEqual([3, 6, 9, 12, 15, 18, undefined]);
});

test("puts and takes in as many steps as its size has binary digits", () => {
  let comparisons = 0;
  const counted = (at: number) =>
    ({
      valueOf: () => {
        comparisons++;
        return at;
      },
    }) as unknown as number;
  const heap = new Heap<number>();
  for (let at = 0; at < 10_000; at++) heap.put(counted((at * 7919) % 10_000), at);
  comparisons = 0;
  heap.take();
  heap.put(counted(-1), 0);
  expect(comparisons).toBeLessThan(2 * 4 * 14 + 2 * 14);
});
