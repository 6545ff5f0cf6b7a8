/** What can be wrong with a kubeconfig, and with what kubectl asks of its plugin. */
import type { Failure } from "./failure.ts";

type OfUser = { file: string; user: string };
/** Counted from 1. */
type InFile = { file: string; line: number; column: number };

export interface KubeFacts {
  /** `twice`: what can be taken out, so that kubectl takes the user again. */
  KUBECONFIG_BROKEN: InFile & { problem: string; twice?: { user: string; key: string } };
  /** An alias, or what aliases stand for, is where something would be replaced. */
  KUBECONFIG_ANCHOR: InFile & { user: string; key: string };
  KUBE_BAD_DATA: InFile & { user: string; key: string; looksLike?: string };
  /** `context`: null where none is the current one, and more than one user could be meant: `known` are users then. */
  KUBE_CONTEXT_MISSING: {
    files: readonly string[];
    context: string | null;
    known: readonly string[];
    near?: string;
    isUserless?: true;
    isNamed?: true;
  };
  /** `user`: null where there are none at all. `from`: who named it. */
  KUBE_USER_MISSING: {
    files: readonly string[];
    user: string | null;
    from: string;
    known: readonly string[];
    near?: string;
    /** The file was named on the command line. */
    isNamed?: true;
  };
  /** `isOurs`: the plugin is this program. */
  KUBE_USER_EXEC: OfUser & { command: string; isOurs: boolean };
  KUBE_USER_TOKEN: OfUser & { way: "token" | "tokenFile" | "auth-provider" | "username" | "password" };
  KUBE_NO_CERTIFICATE: OfUser & { hasKey?: true };
  KUBE_NO_KEY: OfUser;
  /** What a file with the same contents would be told of. */
  KUBE_BAD_PAIR: OfUser & { problem: Failure };
  KUBE_WOULD_REPLACE: OfUser & { what: readonly string[] };
  /** What kubectl says to its plugin is not understood. */
  KUBE_EXEC_INFO: { problem: "unreadable" | "kind" | "version"; found: string };
}
