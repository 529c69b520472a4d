// The view of the OpenAPI document: what stands in the contents, and what is shown of each entry.
import { examples, make, prose, table } from "./elements.js";
import { errors, method, operation } from "./operation.js";
import { Trial } from "./request.js";

const TITLES = { user: "Users", admin: "Support staff", sockets: "Sockets", operation: "Operation" };
const START = "start";

/** What is common to all operations: the description, and every error code. */
const overview = (document) => {
  const all = Object.entries(document.components.examples);
  // The table of codes stands in one place of the document; statuses are those of the responses that refer to it.
  const statuses = {};
  Object.values(document.paths).flatMap((item) => Object.values(item)).forEach((about) =>
    Object.entries(about.responses).forEach(([status, response]) =>
      Object.keys(response.content?.["application/json"]?.examples ?? {}).forEach((code) => { statuses[code] ??= status; })));
  statuses.method_not_allowed ??= "405";
  const rows = all.sort(([one], [other]) => statuses[one].localeCompare(statuses[other])).map(([code, one]) => [
    [make("code", { class: "field" }, code), make("span", { class: "required" }, statuses[code])],
    [prose(one.description), make("details", {}, make("summary", {}, "Body"), examples([{ value: one.value }]))],
  ]);
  return [
    make("h2", {}, `${document.info.title}, version ${document.info.version}`),
    make("p", {}, prose(document.info.description)),
    make("p", {}, "Choose an operation, fill in what it asks for, and send it. A guided tour, in commands and their answers, is ",
      make("code", {}, "docs/api.md"), " in the project."),
    make("h3", {}, "Errors"),
    make("p", {}, "All of them have the same shape. ", make("code", {}, "code"), " is for programs, ", make("code", {}, "error"),
      " for people, and ", make("code", {}, "requestId"), " for whoever reads the logs."),
    table("Errors", ["Code", "When"], rows),
  ];
};

export const load = async (identity) => {
  const document = await (await fetch("/api/support/openapi.json")).json();
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([name, about]) => ({ path, name, about, id: about.operationId })));
  const entry = ({ path, name, about, id }) => ({
    id,
    text: `${name} ${path} ${about.summary}`,
    label: [method(name), make("span", { class: "entry-path" }, path.replace(/^\/api(\/admin)?\/support/, "") || path)],
    title: about.summary,
  });
  const groups = document.tags.map((tag) => ({
    name: TITLES[tag.name] ?? tag.name,
    about: tag.description,
    entries: operations.filter(({ about }) => about.tags.includes(tag.name)).map(entry),
  }));
  return {
    title: "REST",
    start: START,
    groups: [{ name: "", entries: [{ id: START, text: "about errors", label: ["About, and errors"] }] }, ...groups],
    show: (id) => {
      const chosen = operations.find((one) => one.id === id);
      if (!chosen) return { about: overview(document), trial: null };
      const { path, name, about } = chosen;
      const canBeTried = !(name === "get" && path === "/api/support/ws");
      return {
        about: operation(document, path, name, about),
        trial: canBeTried ? new Trial(document, chosen, identity).element : make("p", { class: "fine" },
          "A socket is tried on the page ", make("a", { href: "/docs/sockets" }, "Sockets"), "."),
      };
    },
  };
};
