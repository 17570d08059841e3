/** A file that uploads itself, by the server or straight to S3, in pieces. */

import { backend as backendOf, type Backend } from "../config.js";
import { epoch, mustBe } from "../epoch.js";
import { isRecord, NetworkError, PortcullisError } from "../errors.js";
import { request } from "../http.js";

/** How far an upload is. */
export type FileStatus = "pending" | "uploading" | "uploaded" | "failed";

/** What the server says about a stored file; `file_path` is what a file field takes. */
export interface StoredFile {
  file_path: string;
  file_url: string;
  original_name: string;
  size: number;
}

const PIECE = 5 * 1024 * 1024;
const AT_ONCE = 3;

interface Initiated {
  upload_type: "single" | "multipart";
  upload_url?: string;
  upload_urls?: Record<string, string>;
  upload_id?: string;
  file_path: string;
  content_type?: string;
}

/** A file on its way. Await `uploaded`, or give it to a file field when it is there. */
export class FileObject {
  status: FileStatus = "pending";
  /** From 0 to 1. */
  progress = 0;
  error: Error | undefined;
  stored: StoredFile | undefined;
  /** Resolves when the file is stored. */
  readonly uploaded: Promise<StoredFile>;
  readonly #watchers = new Set<(file: FileObject) => void>();
  readonly #backend: Backend;

  constructor(readonly file: File, options: { backend?: string } = {}) {
    this.#backend = backendOf(options.backend);
    this.uploaded = this.#upload();
    // Whoever does not wait sees it in `status`.
    this.uploaded.catch(() => undefined);
  }

  /** Calls the listener at each step, until the returned function is called. */
  subscribe(listener: (file: FileObject) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** What is sent for a file field. */
  toJSON(): string | null {
    return this.stored?.file_path ?? null;
  }

  async #upload(): Promise<StoredFile> {
    // Listeners are there before anything happens.
    await Promise.resolve();
    try {
      this.#step("uploading", 0);
      const stored = this.#backend.fileUploadMode === "s3" ? await this.#toS3() : await this.#toServer();
      this.stored = stored;
      this.#step("uploaded", 1);
      return stored;
    } catch (error) {
      this.error = error as Error;
      this.#step("failed", this.progress);
      throw error;
    }
  }

  async #toServer(): Promise<StoredFile> {
    const form = new FormData();
    form.append("file", this.file, this.file.name);
    const url = `${this.#backend.API_URL}/files/upload/`;
    const onProgress = (part: number): void => this.#step("uploading", part);
    return stored((await request(url, { backend: this.#backend, method: "POST", body: form, onProgress })).body);
  }

  async #toS3(): Promise<StoredFile> {
    const begun = epoch();
    const url = `${this.#backend.API_URL}/files/fast-upload/`;
    const pieces = Math.max(1, Math.ceil(this.file.size / PIECE));
    const ask = async (body: object): Promise<unknown> => (await request(url, { backend: this.#backend, method: "POST", body })).body;
    const plan = (await ask({
      action: "initiate", filename: this.file.name, content_type: this.file.type || "application/octet-stream", file_size: this.file.size, num_chunks: pieces,
    })) as Initiated;
    const urls = plan.upload_type === "multipart" ? (plan.upload_urls ?? {}) : { 1: plan.upload_url ?? "" };
    const parts: Array<{ PartNumber: number; ETag: string }> = [];
    const numbers = Object.keys(urls).map(Number).sort((a, b) => a - b);
    let done = 0;
    const next = async (): Promise<void> => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const piece = plan.upload_type === "multipart" ? this.file.slice((number - 1) * PIECE, number * PIECE) : this.file;
        mustBe(begun);
        const tag = await put(urls[number] ?? "", piece, plan.upload_type === "single" ? (plan.content_type ?? this.file.type) : undefined, begun.signal);
        parts.push({ PartNumber: number, ETag: tag });
        done += piece.size;
        this.#step("uploading", this.file.size === 0 ? 1 : done / this.file.size);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    parts.sort((a, b) => a.PartNumber - b.PartNumber);
    const ended = { action: "complete", file_path: plan.file_path, original_name: this.file.name };
    return stored(await ask(plan.upload_type === "multipart" ? { ...ended, upload_id: plan.upload_id, parts } : ended));
  }

  #step(status: FileStatus, progress: number): void {
    this.status = status;
    this.progress = progress;
    for (const watcher of [...this.#watchers]) watcher(this);
  }
}

/** One piece, without our credentials: the URL is signed. */
async function put(url: string, piece: Blob, type: string | undefined, signal: AbortSignal): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(url, { method: "PUT", body: piece, signal, ...(type ? { headers: { "Content-Type": type } } : {}) });
  } catch (error) {
    throw new NetworkError(new URL(url).origin, error);
  }
  if (!answer.ok) throw new PortcullisError("ServerError", `The storage answered ${answer.status}.`, answer.status);
  return answer.headers.get("ETag") ?? "";
}

function stored(body: unknown): StoredFile {
  if (isRecord(body) && typeof body["file_path"] === "string") return body as unknown as StoredFile;
  throw new PortcullisError("ServerError", "The answer to the upload has no file_path.", 200, body);
}
