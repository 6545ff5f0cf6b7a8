/** What is known of a call so far, and its failure as the caller gets it. */
import { type Failure, failureOf, isFailure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Progress } from "../renewal/renew.ts";
import type { World } from "../world.ts";
import { isWrongOption } from "./checked.ts";
import type { RenewFailure } from "./failure-types.ts";
import { inOptions } from "./option-words.ts";
import { type Around, quietWorld } from "./quiet-world.ts";
import { RenewError } from "./renew-error.ts";

/** So that a failure can say what is on the disk. */
export class Account {
  readonly command: string;
  #about: { file: string; leaf: Certificate } | null = null;
  #installed: { file: string; leaf: Certificate; keyFile?: string | undefined } | null = null;
  #hasRepaired = false;

  constructor(command: string) {
    this.command = command;
  }

  about(file: string, leaf: Certificate): void {
    this.#about = { file, leaf };
    this.#installed = null;
  }

  /** What a renewal tells of itself. */
  progress(file: string): Progress {
    return {
      loaded: ({ leaf }) => this.about(file, leaf),
      repaired: () => {
        this.#hasRepaired = true;
      },
      installed: (written, leaf, keyFile) => {
        this.#installed = { file: written, leaf, keyFile };
      },
    };
  }

  /** The words come from the catalogue, which is loaded here. */
  async errorOf(failure: Failure, world: World): Promise<RenewError> {
    const [about, installed, hasRepaired] = [this.#about, this.#installed, this.#hasRepaired]; // as it is at this moment
    const { Reporter } = await import("../cli/report.ts");
    const manner = { command: this.command, json: true, quiet: true, verbose: false, color: false };
    const reporter = new Reporter(world, manner);
    if (about !== null) reporter.about(about.file, about.leaf);
    if (installed !== null) reporter.installed(installed.file, installed.leaf, installed.keyFile ?? null);
    if (hasRepaired) reporter.repaired("");
    // Its form is the schema's, which the tests hold both to.
    return RenewError.of(reporter.describe(inOptions(failure)).document as unknown as RenewFailure, failure.cause);
  }
}

/** One call, from options to a result: options are judged first, then the work is done. Whatever fails becomes the caller's error. */
export async function call<P, R>(
  command: string,
  options: Around,
  { judge, work }: { judge: () => P; work: (policy: P, world: World, account: Account) => Promise<R> },
): Promise<R> {
  const account = new Account(command);
  const { signal, now, passphrase } = options;
  let opened: ReturnType<typeof quietWorld> | undefined;
  try {
    const policy = judge(); // a TypeError is one for the caller: nothing has been done
    signal?.throwIfAborted();
    opened = quietWorld({ now, signal, passphrase });
    return await work(policy, opened.world, account);
  } catch (error) {
    if ((opened === undefined && !isFailure(error)) || isWrongOption(error)) throw error;
    if (isFailure(error, "INTERRUPTED") && signal?.aborted) throw signal.reason;
    throw await account.errorOf(failureOf(error), opened?.world ?? quietWorld({}).world);
  } finally {
    opened?.release();
  }
}
