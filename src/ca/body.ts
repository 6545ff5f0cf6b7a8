/** The body of an answer, up to a limit, and whole or not at all. */
import type { IncomingMessage } from "node:http";
import { AnswerCut, isClose } from "../failure/causes.ts";
import { Failure } from "../failure/failure.ts";

/** Rejects with RESPONSE_TOO_LARGE, AnswerCut, and Node's errors. */
export function readBody(response: IncomingMessage, url: string, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else response.destroy(new Failure("RESPONSE_TOO_LARGE", { url, limit }));
    });
    response.once("end", () => resolve(Buffer.concat(chunks)));
    const cut = (cause: Error) => new AnswerCut(response.statusCode ?? 0, size, cause);
    response.on("error", (error) => reject(isClose(error) ? cut(error) : error));
    response.once("close", () => reject(cut(Object.assign(new Error("aborted"), { code: "ECONNRESET" })))); // before its end
  });
}
