/** What a command says while it runs and at its end: to people on stderr, or as one JSON document on stdout. */
import type { Method, MethodReason } from "../ca/credential.ts";
import { tell } from "../failure/catalogue/catalogue.ts";
import type { Failure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Output, World } from "../world.ts";
import { eventLine } from "./print/event.ts";
import { renderFailure } from "./print/human.ts";
import { certificateDocument, type Document, type ErrorDocument, errorDocument } from "./print/json.ts";
import { jsonText, plain } from "./print/plain.ts";
import { hasReplaced, stateOf } from "./print/state.ts";
import { isColoured, type Style, style } from "./print/style.ts";
import { type Remark, wordsOf } from "./remarks.ts";

/** Files are named as the user did. */
export interface Report {
  outcome: "renewed" | "rekeyed" | "not-due";
  text: string;
  notes?: readonly string[];
  about: { file: string; leaf: Certificate };
  file?: string;
  /** Where the key of a rekey is; null where there was none. Left out by commands that make no keys. */
  keyFile?: string | null;
  dueFrom?: Date;
  tookMs?: number;
}

export interface Manner {
  command: string;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  color: boolean | undefined;
  /** The list of many certificates, where it was named. */
  list?: string | undefined;
  /** Which flags the command has: none but those is advised. */
  has?: ((flag: string) => boolean) | undefined;
  /** Where the exit status is not the catalogue's. */
  exitOf?: ((failure: Failure, exit: number) => number) | undefined;
  /** What a document of this command has besides, where it failed. */
  blank?: Readonly<Record<string, unknown>> | undefined;
  /** What a line of this command's daemon has besides, where it could not start. */
  blankEvent?: object | undefined;
}

/** Holds what is known of the run so far, so that a failure can say which certificate it leaves unchanged. */
export class Reporter {
  readonly manner: Manner;
  readonly #world: World;
  #about: { file: string; leaf: Certificate } | null = null;
  #installed: { file: string; keyFile: string | null } | null = null;
  #forms: readonly string[] = [];
  #hasRepaired = false;
  #method: { method: Method; because: MethodReason } | null = null;

  constructor(world: World, manner: Manner) {
    this.#world = world;
    this.manner = manner;
  }

  about(file: string, leaf: Certificate): void {
    this.#about = { file, leaf };
  }

  /** A daemon begins anew: what was known may not hold any more. */
  forget(): void {
    this.#hasRepaired = false;
    this.#about = null;
    this.#installed = null;
    this.#forms = [];
  }

  /** From here on a failure comes after the new certificate, which is in its place. */
  installed(file: string, leaf: Certificate, keyFile: string | null = null, forms: readonly string[] = []): void {
    this.#about = { file, leaf };
    this.#installed = { file, keyFile };
    this.#forms = forms;
  }

  chose(method: Method, because: MethodReason): void {
    this.#method = { method, because };
  }

  /** Not needed and not usable: said once, since it may hold what somebody counts on. */
  passedOver(remarks: readonly Remark[]): void {
    if (remarks.length === 0) return;
    const { json, quiet, verbose } = this.manner;
    const isTold = { people: !json, "unless-quiet": !quiet, verbose: verbose && !json };
    for (const { text, to } of remarks.map(wordsOf)) if (isTold[to]) this.#say(text);
  }

  /** What an earlier run owed has been made good. `left` is said in every manner: nobody expects a hook that runs every time. */
  settled(left: string | null): void {
    this.#note("what an earlier run owed, its hook or signal, has succeeded now");
    if (left !== null) this.#say(`${left} cannot be taken away: the hook will be run again each time`);
  }

  /** This run has no hook to make it good with. */
  owing(file: string): void {
    this.#note(`an earlier run still owes the hook or signal of ${file}: it is run by a run that has it`);
  }

  /** Other forms of a certificate that is not due. */
  freshened(files: readonly string[]): void {
    this.#forms = files;
    this.#note(
      `written from what is there, as ${files.length === 1 ? "it was" : "they were"} missing or stale: ${files.join(", ")}`,
    );
  }

  /** What nobody expects and somebody may count on, as what an interrupted run had left: said in every manner. */
  repaired(text: string): void {
    this.#hasRepaired = true;
    this.#say(text);
  }

  /** What somebody has to do, though all went well: said in every manner. */
  warned(lines: readonly string[]): void {
    for (const line of lines) this.#say(line);
  }

  /** What somebody may count on is otherwise here. */
  noted(text: string): void {
    this.#note(text);
  }

  detail(text: string): void {
    if (this.manner.verbose && !this.manner.json) this.#say(text);
  }

  done({ outcome, text, notes = [], about, file, keyFile, dueFrom, tookMs }: Report): void {
    const { json, quiet } = this.manner;
    if (json) {
      const renewal = {
        file: file ?? null,
        ...(keyFile !== undefined && { keyFile }),
        dueFrom: dueFrom?.toISOString() ?? null,
        tookMs: tookMs ?? null,
      };
      const certificate = certificateDocument(about.file, about.leaf);
      this.#print({ ok: true, outcome, certificate, error: null, ...renewal });
      return;
    }
    if (!quiet) this.#say(text);
    for (const note of notes) this.#say(note);
  }

  /** An end in words, of a command that prints its own documents. */
  told(text: string, notes: readonly string[]): void {
    this.#note(text);
    for (const note of notes) this.#note(note);
  }

  /** What a line of a daemon's has besides its event. */
  asData(): { command: string; describe(failure: Failure): ErrorDocument } {
    return { command: this.manner.command, describe: (failure) => this.describe(failure).document };
  }

  /** A daemon could not start, or ends of itself: a line like its others under --json. Returns the exit status. */
  ended(failure: Failure, operand: string | undefined): number {
    if (!this.manner.json) return this.failed(failure);
    const file = this.#about?.file ?? operand ?? null;
    const event = { event: "failed", leaf: this.#about?.leaf ?? null, failure, count: 1 };
    const around = { file, now: this.#world.now(), ...this.asData() };
    this.#world.stdout.write(eventLine(event, around, { ...this.manner.blankEvent }));
    return this.describe(failure).exit;
  }

  /** Prints the failure; returns its exit status. */
  failed(failure: Failure): number {
    const { exit, rendered, document: error } = this.describe(failure);
    if (!this.manner.json) this.#world.stderr.write(rendered);
    else {
      const certificate = this.#about && certificateDocument(this.#about.file, this.#about.leaf);
      const key = ["rekey", "rollback", "kubeconfig"].includes(this.manner.command)
        ? { keyFile: this.#installed?.keyFile ?? null }
        : {};
      this.#print({
        ok: false,
        outcome: this.#installed === null ? "failed" : "hook-failed",
        certificate,
        error,
        file: this.#installed?.file ?? null,
        ...key,
        dueFrom: null,
        tookMs: null,
      });
    }
    return exit;
  }

  /** The failure in words and as data, printed by whoever asks. */
  describe(failure: Failure): { exit: number; rendered: string; document: ErrorDocument } {
    const { json, verbose, command, list, has } = this.manner;
    const { stderr } = this.#world;
    const said = tell(failure, { isList: command === "run", list, ...(has && { has }) });
    const told = { ...said, exit: this.manner.exitOf?.(failure, said.exit) ?? said.exit };
    const diagnosis = "diagnosis" in failure.facts ? failure.facts.diagnosis : undefined;
    const page = { told, diagnosis, verbose, state: this.#state(failure), columns: json ? 80 : stderr.columns };
    const rendered = renderFailure({ ...page, style: json ? style(false) : this.styleOf(stderr) });
    const state = {
      file: this.#about?.file ?? null,
      changed: this.#isAfter(failure) || (this.#about === null && hasReplaced(failure)),
      notAfter: this.#about?.leaf.notAfter.toISOString() ?? null,
    };
    return { exit: told.exit, rendered, document: errorDocument({ failure, told, diagnosis, state, rendered }) };
  }

  styleOf(output: Output): Style {
    return style(isColoured(this.manner.color, this.#world.env, output));
  }

  /** Whether the new certificate is in its place already. */
  #isAfter({ facts }: Failure): boolean {
    return this.#installed !== null || ("isNew" in facts && facts.isNew);
  }

  #state(failure: Failure): string {
    const known = { command: this.manner.command, about: this.#about, hasRepaired: this.#hasRepaired };
    return stateOf(failure, { ...known, isAfter: this.#isAfter(failure) }, this.#world);
  }

  #note(text: string): void {
    if (!this.manner.json && !this.manner.quiet) this.#say(text);
  }

  #say(text: string): void {
    this.#world.stderr.write(`${plain(text)}\n`);
  }

  /** `forms`: of a command that can write any. */
  #print(document: Omit<Document, "schema" | "command" | "method" | "methodReason">): void {
    const { method = null, because = null } = this.#method ?? {};
    const { ok, outcome, ...rest } = document;
    const whole: Document = {
      schema: 1,
      command: this.manner.command,
      ok,
      outcome,
      method,
      methodReason: because,
      ...rest,
      ...(["renew", "rekey", "rollback"].includes(this.manner.command) && { forms: this.#forms }),
      ...(ok ? {} : this.manner.blank),
    };
    this.#world.stdout.write(`${jsonText(whole, 2)}\n`);
  }
}
