// Serves dist/ and hands the server's paths on to it, as a proxy would; with --cross it hands nothing on.
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DOORS = /^\/(api|statezero|rest-auth|jwt|ws|app|test_auth)\//;
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css" };

/** Serves `folder`; gives the server. `server` is where Portcullis listens, `isCross` whether the page asks it itself. */
export function serve(folder, server, isCross) {
  const { hostname, port } = new URL(server);
  const page = readFileSync(join(folder, "index.html"), "utf8").replace(/name="api" content="[^"]*"/, `name="api" content="${isCross ? server : ""}"`);
  const site = createServer((asked, answer) => {
    if (!isCross && DOORS.test(asked.url)) {
      const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (given) => {
        answer.writeHead(given.statusCode, given.headers);
        given.pipe(answer);
      });
      onward.on("error", () => answer.writeHead(502, { "Content-Type": "text/html" }).end("<h1>Bad Gateway</h1>"));
      return asked.pipe(onward);
    }
    const path = join(folder, normalize(new URL(asked.url, "http://here").pathname));
    const type = TYPES[path.split(".").at(-1)];
    if (type && !path.endsWith("index.html") && existsSync(path)) {
      answer.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
      return createReadStream(path).pipe(answer);
    }
    // Routes of the page are the page.
    answer.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-store" }).end(page);
  });
  site.on("upgrade", (asked, socket) => {
    const onward = connect(Number(port), hostname, () => {
      const lines = asked.rawHeaders.reduce((text, word, at) => text + word + (at % 2 ? "\r\n" : ": "), "");
      onward.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines}\r\n`);
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [[onward, socket], [socket, onward]]) end.on("error", () => other.destroy());
  });
  return site;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL("dist", import.meta.url));
  const server = process.env.PORTCULLIS_URL ?? "http://127.0.0.1:8000";
  serve(folder, server, process.argv.includes("--cross")).listen(5173, "127.0.0.1", () => console.log("http://127.0.0.1:5173/"));
}
