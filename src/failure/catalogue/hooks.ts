/** Exit 69: the certificate is renewed, and what was to follow did not succeed. */
import type { Facts } from "../facts.ts";
import type { Family } from "./explanation.ts";

export const hooks: Family<"HOOK_FAILED"> = {
  HOOK_FAILED: {
    exit: 69,
    retry: "after-fix",
    title: "renewed, but the hook or the signal failed",
    about:
      "The new certificate is in its place, and what was to follow, the program of --exec or the signal to a process, did not succeed: the service may still use the old certificate. It is remembered beside the certificate (.CRT.renew-owed), and every run with the same hook runs it again, before anything else and also when nothing is due, until it succeeds.",
    what: ({ file, isNew, did, problems: [first], files }) => {
      const of = all(file, files);
      const isUnbegun = first.ended === "unbegun";
      if (did === "foreseen") return `${first.what} of ${of} fails: ${first.said}`;
      return isNew
        ? `${did} ${of}, but ${first.what} ${isUnbegun ? "was not run" : "failed"}: ${first.said}`
        : `owed ${first.what} of ${of} ${isUnbegun ? "was not run" : "failed again"}: ${first.said}`;
    },
    why: ({ isNew, did }) =>
      did === "foreseen"
        ? "It is to follow the renewal. A dry run runs nothing: that it cannot be run is seen all the same."
        : did === "rolled back"
          ? "The backup is in its place; what was to follow did not succeed, so a service may still use what it replaced."
          : isNew
            ? "The new certificate is in its place; what was to follow did not succeed, so a service may still use the old one."
            : "An earlier run has renewed the certificate; what was to follow has not succeeded yet.",
    evidence: ({ files = [], problems }) => [
      ...(files.length > 1 ? [["certificates", namesOf(files)] as const] : []),
      ...problems.flatMap(({ kind, what, said, of }) => [
        [what, said] as const,
        ...(of === undefined ? [] : [[kind === "hook" ? "command" : "pid file", of] as const]),
      ]),
    ],
    help: ({ problems, did, unnoted }) => {
      if (problems.every(({ ended }) => ended !== undefined)) return [afterEnd(did, unnoted)];
      return [
        unnoted
          ? "mend it, and run the hook by hand: the disk took no note of it, so that no other run knows"
          : did === "foreseen"
            ? "mend it first: the certificate would be renewed, and the service may go on with the old one"
            : did === "rolled back"
              ? "mend it, and run the hook by hand; or the next `renew` with the same hook runs it first, also when nothing is due"
              : "mend it, and run the same command again: what is owed is run first, also when nothing is due",
        ...(problems.some(({ kind }) => kind === "hook")
          ? [
              "try the hook by hand: it gets RENEW_CERT, RENEW_KEY, RENEW_SERIAL and more, the folder of this run, and no shell unless it is --exec-shell",
            ]
          : []),
        ...(problems.some(({ kind }) => kind === "signal")
          ? ["is the service running, and is that its pid? The pid file is read at the moment of the signal"]
          : []),
      ];
    },
  },
};

/** There is nothing to mend. */
function afterEnd(did: Facts["HOOK_FAILED"]["did"], unnoted: true | undefined): string {
  if (unnoted) return "run the hook by hand: the disk took no note of it, so that no other run knows";
  return did === "rolled back"
    ? "run the hook by hand; or the next `renew` with the same hook runs it first, also when nothing is due"
    : "run the same command again: what is owed is run first, also when nothing is due";
}

/** The one, or how many have it in common. */
function all(file: string, files: readonly string[] = []): string {
  return files.length > 1 ? `${files.length} certificates` : file;
}

/** More than these are only counted. */
const mostNames = 10;

function namesOf(files: readonly string[]): string {
  const more = files.length - mostNames;
  return [...files.slice(0, mostNames), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}
