/** The facts of failures about units of systemd and lines of cron. */

/** Settings of a unit that is there, and of the one that would take its place; each lacks the other's. */
export interface UnitDifference {
  readonly file: string;
  readonly there: readonly string[];
  readonly wanted: readonly string[];
}

export interface ScheduleFacts {
  /** `from`: the flag. `escaped`, `joined`: names that it may have instead. */
  BAD_UNIT_NAME: { from: string; name: string } & (
    | { problem: "empty" }
    | { problem: "dash" }
    | { problem: "character"; character: string; escaped: string; joined: string }
    /** `of`: where the name was made, of a pair's file, as an instance or as a path. */
    | { problem: "long"; limit: number; of?: "instance" | "path" }
  );
  /** Neither a unit nor a crontab can say it. */
  CANNOT_SCHEDULE: {
    by: string;
    word: string;
    problem: "newline" | "control" | "backslash" | "long" | "user";
    limit?: number;
  };
  /** `purpose`: of ours, what it is for; null of somebody else's. `differs`: of ours for the same files. */
  UNIT_EXISTS: {
    file: string;
    line: string;
    purpose: string | null;
    wanted: string;
    /** That is free. */
    name: string;
    start: string;
    service: string;
    differs: readonly UnitDifference[];
  };
  CANNOT_INSTALL_UNIT: { file: string; folder: string; errno: string };
}
