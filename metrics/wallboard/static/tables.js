// Tables of one queue, and the map of the week.

import { element, setText } from "./draw.js";

export function drawTables(parent, tables) {
  parent.replaceChildren(...tables.map(table));
}

function table(data) {
  const id = `t-${data.key}`;
  return element(
    "section",
    { class: "table", "data-key": data.key, "aria-labelledby": id },
    element("h2", { id }, data.title),
    element(
      "div",
      { class: "wide", tabindex: "0", role: "group", "aria-labelledby": id },
      element(
        "table",
        { "aria-labelledby": id },
        element("thead", {}, element("tr", {}, ...[data.corner, ...data.columns].map((text) => element("th", { scope: "col" }, text)))),
        element("tbody", {}, ...data.rows.map(row)),
      ),
    ),
    data.note ? element("p", { class: "about" }, data.note) : null,
  );
}

function row(data) {
  const head = element("th", { scope: "row", title: data.help || undefined }, data.label);
  return element("tr", {}, head, ...data.cells.map(cell));
}

function cell(data) {
  const made = element("td", {}, element("span", { class: "value" }, data.text));
  if (data.note) made.append(element("span", { class: "note" }, data.note));
  if (data.share !== null && data.share !== undefined) {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", data.share);
    made.append(bar);
  }
  return made;
}

// On a narrow screen days go across and hours down.
export const upright = window.matchMedia("(max-width: 50rem)");

export function drawHeats(parent, heats, words) {
  parent.replaceChildren(...heats.map((heat) => map(heat, upright.matches, words)));
}

function map(heat, narrow, words) {
  const id = `m-${heat.key}`;
  const across = narrow ? heat.days.map((day) => day.slice(0, 3)) : heat.hours;
  const down = narrow ? heat.hours : heat.days;
  const at = (line, place) => (narrow ? heat.cells[place][line] : heat.cells[line][place]);
  const head = element("tr", {}, element("th", { scope: "col" }, narrow ? words.hour : words.day), ...across.map((text) => element("th", { scope: "col" }, text)));
  const lines = heat.cells.length === 0 ? [] : down.map((name, line) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...across.map((_, place) => hour(at(line, place), words))),
  );
  return element(
    "section",
    { class: "heat", "data-key": heat.key, "aria-labelledby": id },
    element("h2", { id }, heat.title),
    element("p", { class: "about" }, heat.summary),
    heat.cells.length
      ? element(
          "div",
          { class: "wide", tabindex: "0", role: "group", "aria-labelledby": id },
          element("table", { "aria-labelledby": id }, element("thead", {}, head), element("tbody", {}, ...lines)),
        )
      : null,
  );
}

function hour(data, words) {
  const made = element("td", { "data-level": data.level, "data-peak": String(data.peak) });
  setText(made, data.text);
  if (data.peak) made.append(element("span", { class: "unseen" }, ` (${words.peak})`));
  return made;
}
