/** A request that tells how much of it is sent, which `fetch` cannot. */

/** What `fetch` takes, as far as it is used here. */
export interface Sent {
  method: string;
  headers: Record<string, string>;
  credentials: "include" | "same-origin";
  signal: AbortSignal;
  body?: string | FormData;
}

/** Sends it; answers as `fetch` does. */
export function upload(url: string, { method, headers, credentials, signal, body }: Sent, onProgress: (part: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.withCredentials = credentials === "include";
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      if (lengthComputable && total > 0) onProgress(loaded / total);
    };
    request.onload = () => {
      const answered = new Headers();
      for (const line of request.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
        const [name = "", value] = line.split(/:\s*(.*)/s);
        if (name && value !== undefined) answered.append(name, value);
      }
      const isEmpty = request.status === 204 || request.status === 205;
      resolve(new Response(isEmpty ? null : request.responseText, { status: request.status, statusText: request.statusText, headers: answered }));
    };
    request.onerror = () => reject(new TypeError("the request failed"));
    request.onabort = () => reject(signal.reason as Error);
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body ?? null);
  });
}
