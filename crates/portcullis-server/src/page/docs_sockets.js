// The sockets of the documentation: reads asyncapi.json, and shows the messages of each. All texts go in as text.

const section = document.querySelector("#sockets");
const list = document.querySelector("#socket-list");

function element(name, ...inside) {
  const made = document.createElement(name);
  made.append(...inside);
  return made;
}

/** What a reference within the document names. */
function resolved(all, value) {
  const path = value?.$ref?.replace(/^#\//, "").split("/") ?? [];
  return path.length ? resolved(all, path.reduce((part, name) => part?.[name], all)) : value;
}

/** A value such as the schema describes; a type within itself is not followed. */
function sample(all, reference, seen = []) {
  const schema = resolved(all, reference) ?? {};
  if (seen.includes(schema)) return null;
  const inside = [...seen, schema];
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return sample(all, choices[0], inside);
  const type = [schema.type].flat()[0];
  if (type === "array") return [sample(all, schema.items ?? {}, inside)];
  if (type === "integer" || type === "number") return 1;
  if (type === "boolean") return true;
  if (type === "string") return "…";
  if (type === "null") return null;
  const properties = Object.entries(schema.properties ?? {});
  const shown = properties.filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(shown.map(([name, inner]) => [name, sample(all, inner, inside)]));
}

function messages(all, title, operation) {
  const rows = operation.messages.map((reference) => {
    const message = resolved(all, reference);
    return element("tr",
      element("td", element("code", message.name)),
      element("td", message.summary ?? ""),
      element("td", element("code", JSON.stringify(sample(all, message.payload)))));
  });
  return [element("h4", title), element("table", element("tbody", ...rows))];
}

function socket(all, name, channel) {
  const made = element("details", element("summary", element("code", channel.address)));
  made.className = "door";
  const inside = element("div", element("p", channel.description),
    ...messages(all, "What it takes", all.operations[`${name}_receive`]),
    ...messages(all, "What it sends", all.operations[`${name}_send`]));
  inside.className = "inside";
  made.append(inside);
  return made;
}

try {
  const response = await fetch("asyncapi.json");
  if (!response.ok) throw new Error(`it is answered ${response.status}`);
  const all = await response.json();
  const channels = Object.entries(all.channels);
  section.hidden = !channels.length;
  list.replaceChildren(...channels.map(([name, channel]) => socket(all, name, channel)));
} catch (error) {
  section.hidden = false;
  list.replaceChildren(element("p", `asyncapi.json cannot be read: ${error.message}`));
}
