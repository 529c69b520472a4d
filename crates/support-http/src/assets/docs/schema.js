// What the schemas of a document say, in words and tables.
import { make, prose, table } from "./elements.js";

const MAX_DEPTH = 3;

/** What a reference leads to; anything else is what it is. */
export const follow = (document, value) => {
  if (!value?.$ref) return value ?? {};
  const parts = value.$ref.slice(2).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return follow(document, parts.reduce((at, part) => at[part], document));
};

/** A schema with what it is made of put together. */
const whole = (document, schema) => {
  const { allOf = [], ...own } = follow(document, schema);
  return [...allOf.map((part) => whole(document, part)), own].reduce((all, part) => {
    const properties = { ...all.properties };
    // What a part says of a field that another one has already narrows it.
    Object.entries(part.properties ?? {}).forEach(([name, field]) => { properties[name] = { ...follow(document, properties[name]), ...field }; });
    return { ...all, ...part, properties, required: [...(all.required ?? []), ...(part.required ?? [])] };
  }, {});
};

const nameOf = (schema) => schema.$ref?.split("/").pop();

/** Its type, short. */
export const typeOf = (document, schema) => {
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map((option) => typeOf(document, option)).join(" or ");
  const all = whole(document, schema);
  if (all.const !== undefined) return JSON.stringify(all.const);
  if (all.enum) return all.enum.map((one) => String(one)).join(" | ");
  if (all.oneOf) return typeOf(document, all);
  const types = [].concat(all.type ?? "any");
  const [type] = types;
  const named = type === "array" ? `list of ${typeOf(document, all.items ?? {})}`
    : type === "object" ? nameOf(schema) ?? "object"
    : type === "string" ? all.format ?? type : type;
  return [named, ...types.slice(1)].join(" or ");
};

const range = (least, most, unit) => {
  if (least === undefined && most === undefined) return null;
  const many = unit && (most ?? least) !== 1 ? `${unit}s` : unit;
  const what = many ? ` ${many}` : "";
  if (most === undefined) return `at least ${least}${what}`;
  return least === undefined ? `at most ${most}${what}` : `${least} to ${most}${what}`;
};

/** What may stand in it besides, as a sentence. */
const bounds = (schema) => {
  const all = [
    range(schema.minimum, schema.maximum, ""),
    range(schema.minLength, schema.maxLength, "character"),
    range(schema.minItems, schema.maxItems, "item"),
    schema.pattern ? `like \`${schema.pattern}\`` : null,
    schema.default === undefined ? null : `\`${schema.default}\` when absent`,
  ].filter(Boolean).join(", ");
  return all && `${all.charAt(0).toUpperCase()}${all.slice(1)}.`;
};

/** The part of a schema that has fields of its own: the items of a list, what a reference leads to. */
const inner = (document, schema) => {
  const all = whole(document, schema);
  if ([].concat(all.type).includes("array")) return inner(document, all.items ?? {});
  const option = (all.oneOf ?? all.anyOf ?? []).find((one) => Object.keys(whole(document, one).properties).length);
  return option && !Object.keys(all.properties).length ? whole(document, option) : all;
};

/** A table of the fields of an object, or of each of the objects that it may be. Nothing where there are none. */
export const fields = (document, schema, name, depth = 0) => {
  const all = whole(document, schema);
  const options = (all.oneOf ?? []).filter((option) => Object.keys(whole(document, option).properties).length);
  if (options.length > 1 && !Object.keys(all.properties).length) {
    return make("div", {}, options.map((option, at) =>
      make("div", {}, make("p", { class: "fine" }, at ? "or" : "either"), fields(document, option, name, depth))));
  }
  const object = inner(document, schema);
  const rows = Object.entries(object.properties).map(([field, value]) => {
    const of = whole(document, value);
    // What is said of a field that may be null stands with the one of both that is not.
    const said = value.description ?? (value.oneOf ?? []).find((one) => one.description)?.description ?? of.description;
    const isRequired = object.required.includes(field);
    const nested = depth < MAX_DEPTH && Object.keys(inner(document, value).properties).length
      ? make("details", {}, make("summary", {}, "Its fields"), fields(document, value, `Fields of ${field}`, depth + 1))
      : null;
    return [
      [make("code", { class: "field" }, field), isRequired ? make("span", { class: "required" }, "required") : null],
      typeOf(document, value),
      [prose([said, bounds(of)].filter(Boolean).join(" ")), nested],
    ];
  });
  return rows.length ? table(name, ["Field", "Type", "What"], rows) : null;
};
