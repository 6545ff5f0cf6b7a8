/** The facts of failures about what is written over what, and about other forms of a certificate. */

/** Other forms of the certificate among what would be replaced, and whether they are all. */
export interface OverForms {
  readonly forms: readonly string[];
  readonly areAll: boolean;
}

export interface FormFacts {
  /** `form`: of another form of the certificate, which is to be written where the first one is: all that would have to differ. */
  FLAG_CONFLICT: { flags: readonly [string, string]; because: string; form?: string; by?: "library" };
  /** `file`: the PKCS#12 file that nobody has named a passphrase for. */
  NO_PASSPHRASE_FILE: {
    file: string;
    command: "renew" | "rekey" | "rollback" | "run" | "systemd" | "cron" | "doctor" | "library";
  };
  /** `other` is the second file of a pair. */
  WOULD_OVERWRITE: {
    file: string;
    other?: string;
    asked: boolean;
    forms?: OverForms;
    operation?: "rekey" | "rollback" | "kubeconfig";
    by?: "library";
  };
  /** `form`: that would be written there, where it is not the chain itself. */
  WOULD_LOSE_KEY: {
    file: string;
    held: "key" | "p12";
    form?: string;
    operation?: "rollback";
    by?: "library";
    /** Of an installation into a kubeconfig: the user there that has another key than this. */
    ofUser?: { user: string; keyFile: string };
  };
  /** No passphrase for a new PKCS#12 file. `at`: the first octet that cannot be, from 1. */
  BAD_PASSPHRASE: { file: string } & (
    | { problem: "not-utf8" | "nul"; at: number; looksLike: string }
    | { problem: "long"; length: number; limit: number }
  );
}
