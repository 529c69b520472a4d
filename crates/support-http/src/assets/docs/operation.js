// What the OpenAPI document says of one operation.
import { examples, make, prose, table } from "./elements.js";
import { fields, follow, typeOf } from "./schema.js";

/** A method with its colour. */
export const method = (name) => make("span", { class: "method", data: { method: name } }, name.toUpperCase());

/** The examples of a body. */
export const examplesOf = (document, content) =>
  Object.entries(content?.examples ?? {}).map(([name, example]) => ({ name, ...follow(document, example) }));

/** The first kind of body that is described, and what is said of it. */
export const bodyOf = (described) => Object.entries(described?.content ?? {})[0] ?? [null, null];

const parameters = (document, about) => about.parameters?.length ? [
  make("h3", {}, "Parameters"),
  table("Parameters", ["Name", "Type", "What"], about.parameters.map((one) => [
    [make("code", { class: "field" }, one.name), make("span", { class: "required" }, `${one.required ? "required, " : ""}in the ${one.in}`)],
    typeOf(document, one.schema ?? {}),
    [...prose(one.description), one.example === undefined ? null : [" Like ", make("code", {}, String(one.example)), "."]].flat(),
  ])),
] : [];

const request = (document, about) => {
  const [type, content] = bodyOf(about.requestBody);
  if (!content) return [];
  return [
    make("h3", {}, "Body"),
    make("p", { class: "fine" }, make("code", {}, type)),
    fields(document, content.schema, "Fields of the body"),
    type === "application/json" ? examples(examplesOf(document, content)) : null,
  ];
};

const success = (document, status, response) => {
  const [type, content] = bodyOf(response);
  const all = examplesOf(document, Object.values(response.content ?? {}).at(-1));
  const described = content ? fields(document, content.schema, `Fields of the answer ${status}`) : null;
  return [
    make("h3", {}, "Answer ", make("code", { class: "status" }, status)),
    make("p", {}, prose(response.description)),
    content ? make("p", { class: "fine" }, make("code", {}, Object.keys(response.content).join(", "))) : null,
    described ? make("details", {}, make("summary", {}, "Fields of the answer"), described) : null,
    all.length && type !== "text/html" ? examples(all) : null,
  ];
};

/** Codes, when each comes, and what it looks like. */
export const errors = (document, responses) => {
  const rows = Object.entries(responses).flatMap(([status, response]) =>
    examplesOf(document, response.content?.["application/json"]).map((one) => [
      [make("code", { class: "field" }, one.name), make("span", { class: "required" }, status)],
      [prose(one.description),
        Object.keys(response.headers ?? {}).length ? make("p", { class: "fine" }, "With ", Object.keys(response.headers).join(", ")) : null,
        make("details", {}, make("summary", {}, "Body"), examples([{ value: one.value }]))],
    ]));
  return rows.length ? [make("h3", {}, "Errors"), table("Errors", ["Code", "When"], rows)] : [];
};

/** All of it. */
export const operation = (document, path, name, about) => {
  const entries = Object.entries(about.responses);
  const good = entries.filter(([status]) => Number(status) < 400);
  const bad = Object.fromEntries(entries.filter(([status]) => Number(status) >= 400));
  return [
    make("h2", {}, about.summary),
    make("p", { class: "address" }, method(name), make("code", {}, path)),
    ...(about.description ?? "").split("\n\n").filter(Boolean).map((text) => make("p", {}, prose(text))),
    make("p", { class: "fine" }, about.security ? "Needs a token." : "Open to everybody."),
    ...parameters(document, about),
    ...request(document, about),
    // What is usual stands first: 201 before the 200 of a repetition.
    ...good.reverse().flatMap(([status, response]) => success(document, status, response)),
    ...errors(document, bad),
  ];
};
