/** `renew demo`: the case that this program grew from, played for real against the embedded CA on a loopback port. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "../../dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../dev-ca/server.ts";
import { stopIfAsked } from "../../renewal/interruption.ts";
import type { World } from "../../world.ts";
import type { CommandWords, Said } from "../flags.ts";
import { refuseFiles } from "../policy.ts";
import { plain } from "../print/plain.ts";

export const words: CommandWords = {
  name: "demo",
  summary:
    "Play a renewal, an expiry, a refusal explained and a renewal by token, for real, in half a minute: on an embedded CA, on loopback, with nothing left running.",
  arguments: "",
  flags: [],
  after: "EXAMPLES\n  $ renew demo\n",
};

/** How long the demo's certificate is good. */
const lifeMs = 6000;
/** Before its issuance, so that it was valid a minute before its end: that is when a CA looks at a token's chain. */
const backdateMs = 65_000;

interface Stage {
  folder: string;
  oldCa: DevCa;
  newCa: DevCa;
  world: World;
}

export async function run(said: Said, world: World): Promise<number> {
  refuseFiles(said, "demo");
  const authority = await createAuthority({ subject: "k3s-client-ca@1714937196" });
  const folder = mkdtempSync(join(tmpdir(), "renew-demo-"));
  const provisioners = [{ name: "k3s", claims: { allowRenewalAfterExpiry: true } }];
  const [oldCa, newCa] = await Promise.all([
    startDevCa({ authority, provisioners, backdateMs, like: "v0.26.1" }),
    startDevCa({ authority, provisioners, backdateMs, like: "v0.30.2" }),
  ]);
  try {
    const now = world.now().getTime();
    const { chain, key } = await authority.issue({
      subject: "dave",
      organization: "system:masters",
      usages: ["clientAuth"],
      notBefore: new Date(now - backdateMs),
      notAfter: new Date(now + lifeMs),
      provisioner: { name: "k3s" },
    });
    writeFileSync(join(folder, "client-ca.crt"), authority.root);
    writeFileSync(join(folder, "dave.crt"), chain);
    writeFileSync(join(folder, "dave.key"), key, { mode: 0o600 });
    await play({ folder, oldCa, newCa, world });
    return 0;
  } finally {
    await Promise.all([oldCa.close(), newCa.close()]);
  }
}

async function play(stage: Stage): Promise<void> {
  const { folder, oldCa, newCa, world } = stage;
  say(world, "A k3s client CA has issued a kubectl certificate: clientAuth only, good for seconds.");
  say(world, "1. While it is valid it is renewed over mTLS, here by a CA like step-ca v0.26.1.");
  await command(stage, ["--force"], oldCa, 0);
  say(world, "2. It expires. (A few seconds of patience.)");
  await world.sleep(lifeMs + 1000);
  stopIfAsked(world);
  say(world, "   Without --force nothing is done, and the reason is said.");
  await command(stage, [], oldCa, 65);
  say(world, "3. With --force it is asked for by a signed token. A CA before v0.26.2 refuses this");
  say(world, '   one; step would say "error validating renew token", and no more.');
  await command(stage, ["--force"], oldCa, 77);
  say(world, "4. A CA from v0.26.2 on renews the same certificate with the same command.");
  await command(stage, ["--force"], newCa, 0);
  say(world, `Everything is in ${folder}: client-ca.crt, dave.crt, dave.key.`);
  say(world, "Try next: `renew explain NO_SERVER_AUTH_OLD_CA`, `renew dev-ca`, `renew --help`.");
}

/** Shows a command as a user types it, runs it, and insists on the exit status that the story promises. */
async function command({ folder, world }: Stage, flags: string[], ca: DevCa, expected: number): Promise<void> {
  const args = [...flags, "dave.crt", "dave.key", "--ca-url", ca.url, "--root", "client-ca.crt"];
  world.stdout.write(`\n$ renew ${plain(args.join(" "))}\n`);
  const status = await world.runSelf(args, folder);
  stopIfAsked(world);
  if (status !== expected) throw new Error(`the demo expected exit status ${expected}, and it was ${status}`);
  if (status !== 0) world.stdout.write(`(exit status ${status})\n`);
}

function say(world: World, text: string): void {
  world.stdout.write(`${text.startsWith("   ") ? "" : "\n"}# ${plain(text)}\n`);
}
