/** What to say of a file that is there and cannot be read: mostly it is this user's rights, and sometimes it is not. */
import { shellFile } from "../shell.ts";
import { sentence } from "./explanation.ts";
import { errnoWords } from "./writing.ts";

const notRights: Readonly<Record<string, (name: string) => string>> = {
  ELOOP: (name) => `see where they lead, and let the last one lead to the file: \`ls -l ${name}\``,
  ENAMETOOLONG: () => "check the path: is something else in its place?",
  EIO: () => "see what the system says of its disks: `dmesg`",
};

export function whyUnreadable(errno: string): string {
  return errno in notRights ? sentence(errnoWords[errno] ?? errno) : `The system refuses: ${errno}.`;
}

export function unreadableHelp(file: string, errno: string): string {
  const name = shellFile(file);
  return notRights[errno]?.(name) ?? `see who may: \`ls -l ${name}\`, and who you are: \`id\``;
}
