// The manual page, from what --help is made of: each command's words, its flags, and the text below them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { version, description } = JSON.parse(readFileSync("package.json", "utf8"));

/** dist/man/renew.1; dist/main.js must be there. */
export async function writeManual() {
  const commands = await createRequire(import.meta.url)("./dist/main.js").commandWords();
  mkdirSync("dist/man", { recursive: true });
  writeFileSync("dist/man/renew.1", `${manual(commands).filter(isNeeded).flatMap(short).join("\n")}\n`);
}

function manual(commands) {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000);
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  const about = description.replace(/^./, (letter) => letter.toLowerCase());
  return [
    `.TH RENEW 1 ${date} "x5c\\-renew ${version}"`,
    ".SH NAME",
    `renew \\- ${prose(about)}`,
    ".SH SYNOPSIS",
    ...commands.flatMap(({ name, arguments: operands }, index) => [
      ...(index === 0 ? [] : [".br"]),
      `${bold(callOf(name))} [flags] ${italic(operands)}`.trimEnd(),
    ]),
    ...commands.flatMap(section),
  ];
}

/** A paragraph begins where text follows, and not below a heading, which begins one itself. */
function isNeeded(line, index, all) {
  if (line !== ".PP") return true;
  return !/^\.S[HS]/.test(all[index - 1] ?? "") && !/^\./.test(all[index + 1] ?? ".");
}

function callOf(name) {
  return name === "renew" ? "renew" : `renew ${name}`;
}

function section({ name, summary, flags, after }) {
  return [
    `.SH "${callOf(name).toUpperCase().replaceAll("-", "\\-")}"`,
    prose(summary.replaceAll("\n", " ")),
    ...(flags.length === 0 ? [] : [".SS Flags", ...flags.flatMap(flagItem)]),
    ...partsOf(after).flatMap(({ title, lines }) => [
      `.SS "${title.charAt(0)}${title.slice(1).toLowerCase()}"`,
      ...(title === "EXIT STATUS" ? statusesOf(lines) : bodyOf(lines)),
    ]),
  ];
}

function flagItem({ names: [name], short: letter, value, text, on }) {
  const term = `${letter === undefined ? "" : `${bold(`-${letter}`)}, `}${bold(`--${name}`)}`;
  const suffix = value !== undefined ? ` ${italic(value)}` : on ? "[=true|false]" : "";
  return [".TP", term + suffix, prose(text)];
}

/** The text below the flags: headings in capitals, and what stands below each. */
function partsOf(text) {
  const parts = [];
  for (const line of text.trimEnd().split("\n")) {
    if (/^[A-Z][A-Z ]+$/.test(line)) parts.push({ title: line, lines: [] });
    else parts.at(-1)?.lines.push(line.replace(/^ {2}/, ""));
  }
  return parts;
}

/** A word or words, a gap, and what is said of it. */
const item = /^( *)(\S+(?: \S+)*?)( {2,})(\S.*)$/;

/** Text that is filled, commands and tables that stay as they are, and lists of words with what is said of each. */
function bodyOf(lines) {
  const blocks = [];
  const last = () => blocks.at(-1);
  for (const line of lines) {
    const before = last();
    const indent = line.search(/\S/);
    const isDeep = indent >= 2;
    if (indent < 0) blocks.push({ kind: "gap" });
    else if (/^ *\$ /.test(line)) put("code", line);
    else if (before?.kind === "code" && (isDeep || /\\$/.test(before.lines.at(-1)))) before.lines.push(line);
    else if (before?.kind === "item" && indent >= before.column) before.lines.push(line.trim());
    else if (isDeep && before?.kind === "text" && /:$/.test(before.lines.at(-1))) put("code", line);
    // Set in from the text around it, and in columns: as it stands in the help.
    else if (isDeep && (before?.kind === "table" || / {2,}/.test(line.trim()))) put("table", line);
    else if (item.test(line) && !/ {2,}/.test(item.exec(line)[4])) {
      const [, margin, term, gap, about] = item.exec(line);
      blocks.push({ kind: "item", term, column: margin.length + term.length + gap.length, lines: [about] });
    } else if (isDeep && before?.kind === "item") before.lines.push(line.trim());
    else put("text", line.trim().replace(/ {3,}/g, "; "));
  }
  return blocks.flatMap(blockLines);

  /** With what came before, if that is of the same kind. */
  function put(kind, line) {
    if (last()?.kind === kind) last().lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
}

/** Several stand on one line of the help, with a gap between them; what begins with a capital is about all of them. */
function statusesOf(lines) {
  const entries = [];
  for (const line of lines.filter(Boolean)) {
    const isText = /^[A-Z]/.test(entries.at(-1) ?? "");
    const [first, ...others] = line.trim().split(/ {3,}/);
    if (entries.length > 0 && (isText || !/^(\d+[, ]|[A-Z])/.test(first))) entries[entries.length - 1] += ` ${first}`;
    else entries.push(first);
    entries.push(...others);
  }
  return entries.flatMap((entry) => {
    const [, status, text] = /^(\d+(?:(?:, | to | and )(?:\d+|above))*):? +(.*)$/.exec(entry) ?? [];
    return status === undefined ? [".PP", prose(entry)] : [".TP", bold(status), prose(text)];
  });
}

function blockLines({ kind, lines, term }) {
  if (kind === "gap") return [".PP"];
  if (kind === "item") return [".TP", bold(term), prose(lines.join(" "))];
  if (kind === "text") return [".PP", prose(lines.join(" "))];
  const margin = Math.min(...lines.map((line) => line.search(/\S/)));
  return [".nf", ...lines.map((line) => guarded(escaped(line.slice(margin)))), ".fi"];
}

const escapes = { "\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq" };

/** As it is typed: a formatter would make other characters of these. */
function escaped(text) {
  return text.replace(/[\\\-'`^~"]/g, (one) => escapes[one]);
}

/** A line that begins so would be a command to the formatter. */
function guarded(line) {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** Commands in backticks become bold. */
function prose(text) {
  const pieces = text.split(/`([^`]*)`/).map((piece, index) => (index % 2 === 1 ? bold(piece) : escaped(piece)));
  return guarded(pieces.join(""));
}

function bold(text) {
  return `\\fB${escaped(text)}\\fR`;
}

function italic(text) {
  return text === "" ? "" : `\\fI${escaped(text)}\\fR`;
}

/** Formatters like short lines. One that is filled is broken at a blank; another goes on behind a backslash. */
function short(line, index, all) {
  if (line.startsWith(".") || line.length <= 78) return [line];
  const isCode = all.lastIndexOf(".nf", index) > all.lastIndexOf(".fi", index);
  const at = line.lastIndexOf(" ", isCode ? 76 : 78);
  if (at < 1) return [line];
  const [head, rest] = isCode
    ? [`${line.slice(0, at + 1)}\\`, line.slice(at + 1)]
    : [line.slice(0, at), line.slice(at + 1)];
  return [head, ...short(guarded(rest), index, all)];
}
