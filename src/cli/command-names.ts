/** The commands, as their first word says them. `renew` alone is the first of them. */
export const commandNames = [
  "renew",
  "needs-renewal",
  "status",
  "rekey",
  "run",
  "rollback",
  "systemd",
  "cron",
  "doctor",
  "explain",
  "completion",
  "demo",
  "dev-ca",
] as const;

export type CommandName = (typeof commandNames)[number];
