// Shows openapi.json as a page people can read. No framework, nothing from elsewhere.
const base = document.baseURI;
const tree = document.querySelector("#operations");
const menu = document.querySelector("#menu");

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function prose(text) {
  const parts = String(text ?? "").split("`");
  return parts.map((part, place) => (place % 2 ? make("code", {}, part) : part));
}

function resolved(schema, api) {
  return schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema;
}

function typeOf(schema, api) {
  if (!schema) return "anything";
  if (schema.$ref) return (resolved(schema, api)?.title ?? schema.$ref.split("/").pop()).replace(/[\w.]+\.(\w+)/g, "$1");
  if (schema.oneOf) return schema.oneOf.map((one) => typeOf(one, api)).join(" or ");
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items, api)}`;
  if (schema.type === "object") {
    const values = schema.additionalProperties;
    return values && typeof values === "object" && Object.keys(values).length ? `map of text to ${typeOf(values, api)}` : "object";
  }
  if (schema.format === "date-time") return "moment";
  if (schema.type === "string" || schema.type === undefined) return schema.type ? "text" : "anything";
  return schema.type;
}

function fields(schema, api, depth = 0) {
  const shape = resolved(schema, api);
  if (!shape?.properties) return null;
  const rows = Object.entries(shape.properties).map(([name, one]) => {
    const wanted = shape.required?.includes(name) ? "" : " (may be left out)";
    const inner = depth < 2 ? nested(one, api, depth) : null;
    return make("tr", {}, make("td", {}, make("code", {}, name)), make("td", {}, make("span", { class: "type" }, typeOf(one, api) + wanted), inner));
  });
  return make("table", {}, make("tbody", {}, ...rows));
}

function nested(schema, api, depth) {
  const candidates = [schema, schema.items, schema.additionalProperties, ...(schema.oneOf ?? [])];
  const found = candidates.find((one) => one?.$ref);
  if (!found) return null;
  const table = fields(found, api, depth + 1);
  return table && make("details", {}, make("summary", {}, typeOf(found, api)), table);
}

function parameters(list, api) {
  if (!list?.length) return null;
  const rows = list.map((one) =>
    make(
      "tr",
      {},
      make("td", {}, make("code", {}, one.name)),
      make("td", {}, make("span", { class: "type" }, `${typeOf(one.schema, api)}${one.required ? "" : ", may be left out"}`)),
      make("td", {}, ...prose(one.description ?? one.schema?.description ?? "")),
    ),
  );
  return make("div", {}, make("h4", {}, "Parameters"), make("div", { class: "scroll" }, make("table", {}, make("tbody", {}, ...rows))));
}

function example(method, path, operation) {
  const url = new URL("." + path, base).href.replace("%7B", "{").replace("%7D", "}").replaceAll("%7B", "{").replaceAll("%7D", "}");
  const verb = method === "get" ? "" : ` -X ${method.toUpperCase()}`;
  const body = operation.requestBody ? " \\\n  -H 'content-type: application/json' -d '{}'" : "";
  return make("pre", {}, `curl${verb} -H "Authorization: Bearer $HARKEN_SECRET_KEY"${body} \\\n  '${url}'`);
}

function card(method, path, operation, api) {
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const answer = good?.[1]?.content?.["application/json"]?.schema;
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const shape = answer && fields(answer, api);
  const refusals = Object.entries(operation.responses)
    .filter(([status]) => !status.startsWith("2"))
    .map(([status, one]) => make("tr", {}, make("td", {}, status), make("td", {}, one.description ?? "")));
  return make(
    "article",
    { id: operation.operationId },
    make(
      "header",
      {},
      make("span", { class: `method ${method}` }, method.toUpperCase()),
      make("span", { class: "path" }, path),
    ),
    make(
      "div",
      { class: "body" },
      make("p", {}, ...prose(operation.description ?? operation.summary)),
      parameters(operation.parameters, api),
      body ? make("div", {}, make("h4", {}, "Body"), fields(body, api) ?? make("span", { class: "type" }, typeOf(body, api))) : null,
      shape ? make("details", {}, make("summary", {}, `Answer: ${typeOf(answer, api)}`), shape) : null,
      make("details", {}, make("summary", {}, "When it is refused"), make("table", {}, make("tbody", {}, ...refusals))),
      example(method, path, operation),
    ),
  );
}

async function show() {
  const answer = await fetch(new URL("api/openapi.json", base));
  if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`);
  const api = await answer.json();
  document.querySelector("#about").replaceChildren(...prose(api.info.description));
  for (const tag of api.tags ?? []) {
    const group = [];
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (operation.tags?.includes(tag.name)) group.push([method, path, operation]);
      }
    }
    if (!group.length) continue;
    const title = tag.name[0].toUpperCase() + tag.name.slice(1);
    tree.append(make("h2", { class: "group" }, title), make("p", {}, ...prose(tag.description)));
    menu.append(make("h2", {}, title));
    for (const [method, path, operation] of group) {
      tree.append(card(method, path, operation, api));
      menu.append(make("a", { href: `${location.pathname}#${operation.operationId}` }, operation.summary ?? path));
    }
  }
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

show().catch((error) => {
  tree.replaceChildren(make("p", { class: "wrong" }, `The description of the API could not be read (${error.message}).`));
});
