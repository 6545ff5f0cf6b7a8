/** How certificates stand, in Prometheus' text format, for the node exporter's textfile collector. */
import { resolve } from "node:path";
import { needsAttention, type Standing } from "../../renewal/status.ts";

type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  /** Null: nothing is known, so nothing is said. */
  value(of: Standing): number | null;
}

const seconds = (date: Date | null | undefined) => (date ? Math.floor(date.getTime() / 1000) : null);
const flag = (is: boolean) => (is ? 1 : 0);

const metrics: readonly Metric[] = [
  {
    name: "renew_certificate_not_before_timestamp_seconds",
    help: "When the certificate begins to be valid.",
    value: ({ leaf }) => seconds(leaf?.notBefore),
  },
  {
    name: "renew_certificate_not_after_timestamp_seconds",
    help: "When the certificate expires.",
    value: ({ leaf }) => seconds(leaf?.notAfter),
  },
  {
    name: "renew_certificate_due_timestamp_seconds",
    help: "From when the certificate is due for renewal.",
    value: ({ dueFrom }) => seconds(dueFrom),
  },
  {
    name: "renew_certificate_written_timestamp_seconds",
    help: "When the file of the certificate was written last.",
    value: ({ written }) => seconds(written),
  },
  {
    name: "renew_certificate_usable",
    help: "Whether the certificate could be read.",
    value: ({ leaf }) => flag(leaf !== null),
  },
  {
    name: "renew_certificate_hook_owed",
    help: "Whether what is to follow a renewal has not succeeded yet.",
    value: ({ owed }) => flag(owed !== null),
  },
  {
    name: "renew_certificate_interrupted",
    help: "Whether a run has died before it was done.",
    value: ({ isHalfWay }) => flag(isHalfWay),
  },
  {
    name: "renew_certificate_locked",
    help: "Whether a run is at work on the certificate.",
    value: ({ holder }) => flag(holder !== null),
  },
  {
    name: "renew_certificate_needs_attention",
    help: "Whether somebody should look.",
    value: (standing) => flag(needsAttention(standing)),
  },
];

export function metricsText(standings: readonly Standing[], now: Date): string {
  const unique = [...new Map(standings.map((one) => [resolve(one.file), one])).entries()];
  const parts = metrics.flatMap(({ name, help, value }) => {
    const samples = unique.flatMap(([file, one]) => {
      const at = value(one);
      return at === null ? [] : [sample(name, { file }, at)];
    });
    return samples.length === 0 ? [] : [...head(name, help), ...samples];
  });
  const info = unique.flatMap(([file, { leaf, choice }]) => {
    if (leaf === null) return [];
    const labels = { file, subject: leaf.subject.text, issuer: leaf.issuer.text, serial: leaf.serial };
    return [sample("renew_certificate_info", { ...labels, method: choice?.method ?? "" }, 1)];
  });
  const lines = [
    ...parts,
    ...(info.length === 0
      ? []
      : [...head("renew_certificate_info", "Whose certificate it is, and whose word."), ...info]),
    ...head(last, "When this was written."),
    `${last} ${Math.floor(now.getTime() / 1000)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** What all such files end with, and no other. */
const last = "renew_status_timestamp_seconds";

/** Whether a text that ends so was written here. */
export function endsAsMetrics(end: string): boolean {
  return new RegExp(`(^|\\n)# TYPE ${last} gauge\\n${last} \\d+\\n$`).test(end);
}

function head(name: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
}

function sample(name: string, labels: Labels, value: number): string {
  const words = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${words.join(",")}} ${value}`;
}

/** As the format has it: a backslash, a quote and the end of a line; all else is UTF-8 as it is. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
