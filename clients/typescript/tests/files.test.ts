import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileObject, ServerError, setConfig, type FileStatus } from "../src/index.js";

let server: Server;
let base: string;
let refuses = false;
const pieces: Array<{ number: number; size: number; authorization: string | undefined }> = [];
const asked: Array<Record<string, unknown>> = [];
let atOnce = 0;
let most = 0;

/** A server that takes files, and storage beside it, as StateZero's documents tell of them. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    atOnce += 1;
    most = Math.max(most, atOnce);
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const say = (status: number, answer: unknown, headers = {}): void => {
      response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(answer));
      atOnce -= 1;
    };
    if (refuses) return say(503, { error: "full" });
    const path = request.url ?? "";
    if (path.startsWith("/storage/")) {
      const number = Number(path.slice(9));
      pieces.push({ number, size: body.length, authorization: request.headers.authorization });
      await new Promise((resolve) => setTimeout(resolve, 20));
      return say(200, {}, { ETag: `"tag${number}"` });
    }
    if (path === "/statezero/files/upload/") {
      const name = /filename="([^"]*)"/.exec(body.toString("latin1"))?.[1];
      return say(200, { file_path: `inbox/${name}`, file_url: `/media/inbox/${name}`, original_name: name, size: body.length });
    }
    const sent = JSON.parse(body.toString()) as Record<string, unknown>;
    asked.push(sent);
    if (sent["action"] === "complete") return say(200, { file_path: sent["file_path"], file_url: "/x", original_name: sent["original_name"], size: 1 });
    const count = Number(sent["num_chunks"]);
    const urls = Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, `${base}/storage/${index + 1}`]));
    say(200, count === 1 ? { upload_type: "single", upload_url: `${base}/storage/1`, file_path: "inbox/a", content_type: "text/plain" } : { upload_type: "multipart", upload_id: "u1", upload_urls: urls, file_path: "inbox/a" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => void server.close());

function configure(fileUploadMode: "server" | "s3"): void {
  setConfig({ backendConfigs: { default: { API_URL: `${base}/statezero`, fileUploadMode, getAuthHeaders: () => ({ Authorization: "Token t" }) } } });
}

describe("a file", () => {
  it("goes to the server", async () => {
    configure("server");
    const file = new FileObject(new File(["hello"], "note.txt"));
    const steps: FileStatus[] = [];
    file.subscribe(({ status }) => steps.push(status));
    expect(file.status).toBe("pending");
    expect((await file.uploaded).file_path).toBe("inbox/note.txt");
    expect(steps).toEqual(["uploading", "uploaded"]);
    expect(JSON.stringify({ manual: file })).toBe('{"manual":"inbox/note.txt"}');
  });

  it("goes to S3 in pieces of 5 MB, three at a time, without our credentials", async () => {
    configure("s3");
    const size = 22 * 1024 * 1024;
    most = 0;
    const file = new FileObject(new File([new Uint8Array(size)], "big.bin"));
    const seen: number[] = [];
    file.subscribe(({ progress }) => seen.push(progress));
    await file.uploaded;
    expect(pieces.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(pieces.reduce((sum, piece) => sum + piece.size, 0)).toBe(size);
    expect(pieces.every((piece) => piece.authorization === undefined)).toBe(true);
    expect(most).toBe(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(asked.at(-1)).toMatchObject({ action: "complete", upload_id: "u1", parts: [1, 2, 3, 4, 5].map((number) => ({ PartNumber: number, ETag: `"tag${number}"` })) });
  });

  it("that fails says so, and rejects nothing that nobody waits for", async () => {
    configure("server");
    refuses = true;
    const file = new FileObject(new File(["x"], "x.txt"));
    await expect(file.uploaded).rejects.toBeInstanceOf(ServerError);
    expect([file.status, file.error?.message]).toEqual(["failed", "full"]);
    refuses = false;
  });
});
