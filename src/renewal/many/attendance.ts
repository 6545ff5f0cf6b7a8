/** One entry at its moment: read again, renewed or attended to, and given its next moment. */
import { attempt, isFailure } from "../../failure/failure.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { readCertificateOf } from "../load.ts";
import { nothingDue } from "../schedule.ts";
import type { ManyEvent } from "./event.ts";
import { policyFor } from "./look.ts";
import { type Run, renewEntry } from "./one.ts";
import type { Outage, Outages } from "./outages.ts";
import type { EntryResult } from "./plan.ts";
import type { Rota } from "./rota.ts";
import { fileOf, momentOf, noteFailure, observe, type Slot, stampOf } from "./slot.ts";
import type { SharedWorld } from "./together.ts";

export interface Attended {
  readonly world: SharedWorld;
  readonly rota: Rota;
  readonly outages: Outages;
  readonly started: Date;
  tell(event: ManyEvent): void;
}

export class Attendance {
  readonly #of: Attended;

  constructor(of: Attended) {
    this.#of = of;
  }

  /** The first moment of a slot. What an earlier run has left beside it is attended to at once. */
  begin(slot: Slot): void {
    const { world, rota } = this.#of;
    try {
      const { leaf } = this.#read(slot);
      rota.put(slot, slot.isLeft ? world.now().getTime() : this.#moment(slot, leaf).getTime());
    } catch (error) {
      this.#fail(slot, error);
    }
  }

  /** Its CA is left alone still, as it was before, and nobody else has done anything: then it gets another moment. */
  isPutOff(slot: Slot): boolean {
    const outage = this.#of.outages.of(slot.entry, this.#of.world.now());
    if (outage === null || !slot.isDeferred || slot.isChanged) return false;
    this.#defer(slot, outage);
    return true;
  }

  /** A slot whose moment has come: the file is read again, and says whether it is so. */
  async serve(slot: Slot, run: Run): Promise<void> {
    const { world, outages } = this.#of;
    const { entry, failure } = slot;
    slot.isDeferred = false;
    try {
      const { file, leaf, isForeign } = this.#read(slot);
      const moment = this.#moment(slot, leaf);
      const isOwed = failure?.code === "HOOK_FAILED";
      const isDue = moment <= world.now() || (failure !== null && !isOwed && !isForeign);
      if (!isDue && !isOwed && !slot.isLeft) return this.#expect(slot, moment, isForeign ? leaf : null);
      slot.isLeft = false;
      const policy = policyFor(entry, isDue ? null : nothingDue, file);
      const result = await renewEntry(entry, { policy, leaf }, run);
      if (result.result !== "failed") return this.#succeed(slot, result);
      const began = result.untried && outages.of(entry, world.now());
      if (!began) throw result.failure;
      this.#defer(slot, began);
    } catch (error) {
      this.#fail(slot, error);
    }
  }

  #succeed(slot: Slot, { result, leaf }: Extract<EntryResult, { leaf: Certificate }>): void {
    const { world, tell } = this.#of;
    const isNew = result === "renewed";
    const isForeign = observe(slot, leaf, stampOf(fileOf(slot.entry, world.fs), world.fs));
    if (isNew) slot.renewed = world.now();
    const next = this.#moment(slot, leaf);
    if (isNew) tell({ event: "renewed", entry: slot.entry, leaf, next });
    this.#expect(slot, next, !isNew && isForeign ? leaf : null);
  }

  /** `foreign`: somebody else has put this certificate there. */
  #expect(slot: Slot, next: Date, foreign: Certificate | null): void {
    const { rota, tell } = this.#of;
    slot.count = 0;
    slot.failure = null;
    rota.put(slot, next.getTime());
    if (foreign !== null) tell({ event: "waiting", entry: slot.entry, leaf: foreign, next });
  }

  /** Its CA is left alone. They come back a few in each second, within half as long again. */
  #defer(slot: Slot, { until, failure }: Outage): void {
    const { world, rota } = this.#of;
    slot.failure = failure;
    slot.isDeferred = true;
    const at = until + (chanceIn(world) * (until - world.now().getTime())) / 2;
    rota.put(slot, Math.ceil(at / 1000) * 1000);
  }

  /** Notes it, and tells it. Anything but a failure is thrown again. */
  #fail(slot: Slot, error: unknown): void {
    const { world, rota, tell } = this.#of;
    if (!isFailure(error)) throw error;
    const now = world.now();
    if (world.signal.aborted && error.code !== "HOOK_FAILED") return; // the end was asked for: that is no news
    if (isFailure(error, "HOOK_FAILED") && error.facts.isNew) {
      slot.renewed = now;
      slot.count = 0;
      const read = attempt(() => this.#read(slot).leaf);
      const leaf = read.failure === undefined ? read.value : null;
      if (leaf !== null) tell({ event: "renewed", entry: slot.entry, leaf, next: this.#moment(slot, leaf) });
    }
    const isNews = noteFailure(slot, error, { now, chance: chanceIn(world) });
    rota.put(slot, slot.next);
    const { entry, count } = slot;
    tell({ event: "failed", entry, failure: error, next: new Date(slot.next), isNews, count });
  }

  /** What is there now, with what tells it from another. */
  #read(slot: Slot): { file: string; leaf: Certificate; isForeign: boolean } {
    const { world } = this.#of;
    const file = fileOf(slot.entry, world.fs);
    const stamp = stampOf(file, world.fs);
    const leaf = readCertificateOf(file, world);
    return { file, leaf, isForeign: observe(slot, leaf, stamp) };
  }

  #moment({ entry, renewed }: Slot, leaf: Certificate): Date {
    return momentOf(leaf, entry, { started: this.#of.started, renewed });
  }
}

/** From 0 to 1. */
export function chanceIn({ random }: Pick<SharedWorld, "random">): number {
  return Number.parseInt(random(4), 16) / 2 ** 32;
}
