// The documentation: reads openapi.json, and shows each door of each group. All texts go in as text.

const main = document.querySelector("#doors");
const METHODS = ["get", "post", "put", "patch", "delete", "head"];

/** An element with its class, and texts or elements in it. */
function element(name, className, ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside.filter((part) => part !== null && part !== undefined));
  return made;
}

/** The schema that a reference names. */
function resolved(document, schema) {
  const name = schema?.$ref?.match(/^#\/components\/schemas\/(.+)$/)?.[1];
  return name ? document.components.schemas[name] : schema;
}

/** What a field holds, in a few words. */
function kind(schema) {
  const types = [schema.type].flat().filter((type) => type !== "null");
  const words = [schema.format ?? types.join(" or ")];
  if (schema.maxLength) words.push(`at most ${schema.maxLength} characters`);
  if ([schema.type].flat().includes("null")) words.push("or null");
  return words.join(", ");
}

/** A value such as the schema describes, to show its shape. */
function sample(document, reference) {
  const schema = resolved(document, reference) ?? {};
  if (schema.anyOf) return sample(document, schema.anyOf[0]);
  const type = [schema.type].flat()[0];
  if (type === "array") return [sample(document, schema.items)];
  if (type === "integer") return 1;
  if (type === "boolean") return true;
  if (type === "string") {
    return { email: "ada@example.com", "date-time": "2026-01-02T03:04:05Z" }[schema.format] ?? "…";
  }
  const properties = Object.entries(schema.properties ?? {});
  if (schema.additionalProperties) properties.push(["field", schema.additionalProperties]);
  return Object.fromEntries(properties.map(([name, inner]) => [name, sample(document, inner)]));
}

/** The fields of a request. */
function fields(schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const isRequired = schema.required?.includes(name);
    return element("tr", "",
      element("td", "", element("code", "", name), isRequired ? null : element("span", "optional", " optional")),
      element("td", "", kind(field)),
      element("td", "", field.description ?? ""));
  });
  return element("table", "", element("tbody", "", ...rows));
}

/** Each way to be let in. */
function ways(document, security) {
  if (!security.length) return element("p", "", "Nobody is asked who they are.");
  const words = security.map((way) => {
    const names = Object.keys(way);
    if (!names.length) return element("li", "", "nothing: it is open");
    const parts = names.map((name) => {
      const scheme = document.components.securitySchemes[name];
      if (scheme.type === "http") return `Authorization: ${scheme.scheme === "bearer" ? "Bearer" : "Basic"} …`;
      if (scheme.in === "cookie") return `cookie ${scheme.name}`;
      if (scheme.name === "Authorization") return `Authorization: ${name[0].toUpperCase()}${name.slice(1)} …`;
      return `header ${scheme.name}`;
    });
    return element("li", "", element("code", "", parts.join("  and  ")));
  });
  return element("ul", "ways", ...words);
}

/** One answer: status, when, and each body that it may have. */
function answer(document, status, response) {
  const bodies = Object.entries(response.content ?? {}).flatMap(([media, { schema }]) =>
    (schema.anyOf ?? [schema]).map((one) =>
      element("pre", "", media === "application/json" ? JSON.stringify(sample(document, one), null, 1) : media)));
  const isRefusal = Number(status) >= 400;
  return element("tr", isRefusal ? "refused" : "",
    element("td", "status", status),
    element("td", "", response.description, ...(isRefusal ? [] : bodies)));
}

/** A line to try the door with. */
function curl(method, path, body) {
  const line = [`curl -X ${method.toUpperCase()} ${location.origin}${path}`];
  if (body) line.push(`-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`);
  return line.join(" \\\n  ");
}

function door(document, path, method, operation) {
  const inside = element("div", "inside");
  const made = element("details", "door",
    element("summary", "",
      element("span", `method ${method}`, method.toUpperCase()),
      element("code", "", path),
      element("span", "what", operation.summary ?? "")),
    inside);
  made.id = operation.operationId;
  made.dataset.text = `${method} ${path} ${operation.summary ?? ""} ${operation.tags ?? ""}`.toLowerCase();
  made.addEventListener("toggle", () => {
    if (!made.open || inside.childElementCount) return;
    if (operation.description) inside.append(element("p", "", operation.description));
    inside.append(element("h4", "", "Who asks"), ways(document, operation.security));
    const schema = operation.requestBody?.content["application/json"].schema;
    if (schema) inside.append(element("h4", "", "Fields, as JSON or a form"), fields(schema));
    const answers = Object.entries(operation.responses).map(([status, response]) => answer(document, status, response));
    inside.append(element("h4", "", "Answers"), element("table", "", element("tbody", "", ...answers)));
    inside.append(element("h4", "", "By hand"), element("pre", "", curl(method, path, schema && sample(document, schema))));
  });
  return made;
}

function show(document) {
  window.document.title = `${document.info.title}: every door`;
  window.document.querySelector("#title").textContent = `${document.info.title} ${document.info.version}`;
  window.document.querySelector("#about").textContent = document.info.description;
  const groups = new Map(document.tags.map(({ name }) => [name, []]));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((method) => item[method])) {
      const group = item[method].tags?.[0] ?? "Others";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(door(document, path, method, item[method]));
    }
  }
  // What clients are written for comes first, and the pages for people last.
  const order = [...groups].sort(([a], [b]) => isOfPages(a) - isOfPages(b));
  main.replaceChildren(...order.map(([name, doors]) => {
    const section = element("section", "", element("h2", "", name), ...doors);
    section.id = `group-${name.replace(/\W+/g, "-")}`;
    return section;
  }));
  window.document.querySelector("#groups").replaceChildren(...order.map(([name, doors]) => {
    const link = element("a", "", name, " ", element("small", "", String(doors.length)));
    link.href = `#group-${name.replace(/\W+/g, "-")}`;
    return link;
  }));
}

const isOfPages = (group) => Number(["Pages", "Documentation", "Service"].includes(group));

/** Opens the door that the address names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
  }
}

document.querySelector("#find").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const door of main.querySelectorAll(".door")) {
    door.hidden = !words.every((word) => door.dataset.text.includes(word));
  }
  for (const section of main.querySelectorAll("section")) {
    section.hidden = !section.querySelector(".door:not([hidden])");
  }
});

addEventListener("hashchange", openNamed);

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`it is answered ${response.status}`);
  show(await response.json());
  openNamed();
} catch (error) {
  main.replaceChildren(element("p", "", `openapi.json cannot be read: ${error.message}`));
}
