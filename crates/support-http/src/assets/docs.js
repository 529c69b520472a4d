// Shows the OpenAPI document. Text is only ever inserted as text.
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children);
  return element;
};

const resolve = (spec, schema) => {
  if (!schema) return {};
  if (schema.$ref) return resolve(spec, schema.$ref.slice(2).split("/").reduce((at, key) => at[key], spec));
  const parts = schema.allOf ?? [];
  const merged = parts.map((part) => resolve(spec, part));
  return merged.reduce(
    (all, part) => ({
      ...all,
      properties: { ...all.properties, ...part.properties },
      required: [...(all.required ?? []), ...(part.required ?? [])],
    }),
    schema,
  );
};

const typeOf = (spec, schema) => {
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map((option) => typeOf(spec, option)).join(" or ");
  const whole = resolve(spec, schema);
  if (whole.enum) return whole.enum.join(" | ");
  if (whole.type === "array") return `list of ${schema.items?.$ref ? schema.items.$ref.split("/").pop() : typeOf(spec, whole.items ?? {})}`;
  if (schema.$ref && whole.properties) return schema.$ref.split("/").pop();
  const type = [].concat(whole.type ?? "any").join(" or ");
  return whole.format ? `${type} (${whole.format})` : type;
};

const table = (head, rows) =>
  make("table", {}, make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))));

const fields = (spec, schema) => {
  const whole = resolve(spec, schema);
  return table(["field", "type", "", "what"], Object.entries(whole.properties ?? {}).map(([name, value]) => [
    make("code", {}, name), typeOf(spec, value), (whole.required ?? []).includes(name) ? "required" : "", value.description ?? "",
  ]));
};

const operation = (spec, path, method, about) => {
  const box = make("details", {}, make("summary", {}, make("span", { class: "method" }, method.toUpperCase()),
    make("code", {}, path), make("span", {}, about.summary ?? "")));
  const add = (title, content) => box.append(make("h3", {}, title), content);
  if (about.parameters?.length) {
    add("Parameters", table(["name", "in", "type", "what"], about.parameters.map((parameter) => [
      make("code", {}, parameter.name), parameter.in, typeOf(spec, parameter.schema ?? {}), parameter.description ?? "",
    ])));
  }
  const body = about.requestBody?.content?.["application/json"]?.schema;
  if (body) add("Body", fields(spec, body));
  add("Answers", table(["status", "what"], Object.entries(about.responses).map(([status, response]) => [
    make("code", {}, status), response.description,
  ])));
  const answer = Object.entries(about.responses).find(([status]) => status.startsWith("2"))?.[1];
  const schema = answer?.content?.["application/json"]?.schema;
  if (schema && resolve(spec, schema).properties) add("Fields of the answer", fields(spec, schema));
  return box;
};

const show = async () => {
  const main = document.querySelector("#operations");
  try {
    const spec = await (await fetch("/api/support/openapi.json")).json();
    document.querySelector("#title").textContent = `${spec.info.title} ${spec.info.version}`;
    document.querySelector("#description").textContent = spec.info.description;
    const sections = (spec.tags ?? []).map((tag) => {
      const section = make("section", {}, make("h2", {}, tag.name), make("p", {}, tag.description ?? ""));
      Object.entries(spec.paths).forEach(([path, methods]) => Object.entries(methods)
        .filter(([, about]) => about.tags?.includes(tag.name))
        .forEach(([method, about]) => section.append(operation(spec, path, method, about))));
      return section;
    });
    main.replaceChildren(...sections);
  } catch {
    main.replaceChildren(make("p", { role: "alert" }, "The document could not be read."));
  }
};

show();
