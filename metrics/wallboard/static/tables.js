// Tables of one queue, and the map of the week.

import { element, keepChildren, setText } from "./draw.js";

export function drawTables(parent, tables) {
  keepChildren(parent, tables, (data) => data.key, makeTable, refreshTable);
}

function makeTable(data) {
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
        element("tbody"),
      ),
    ),
    data.note ? element("p", { class: "about" }, data.note) : null,
  );
}

function refreshTable(shown, data) {
  keepChildren(shown.querySelector("tbody"), data.rows, (row) => row.label, makeRow, refreshRow);
}

function makeRow(data) {
  const head = element("th", { scope: "row", title: data.help || undefined }, data.label);
  return element("tr", {}, head, ...data.cells.map(makeCell));
}

function refreshRow(shown, data) {
  data.cells.forEach((cell, index) => refreshCell(shown.cells[index + 1], cell));
}

function makeCell(data) {
  const bar = hasShare(data) && element("span", { class: "bar", "aria-hidden": "true" });
  return element("td", {}, element("span", { class: "value" }), element("span", { class: "note" }), bar || null);
}

function refreshCell(shown, data) {
  const [value, note, bar] = shown.children;
  setText(value, data.text);
  setText(note, data.note);
  bar?.style.setProperty("--share", data.share);
}

const hasShare = (data) => data.share !== null && data.share !== undefined;

// On a narrow screen days go across and hours down.
export const upright = window.matchMedia("(max-width: 50rem)");

export function drawHeats(parent, heats, words) {
  keepChildren(parent, heats, (heat) => heat.key, makeHeat, (shown, heat) => refreshHeat(shown, heat, upright.matches, words));
}

function makeHeat(heat) {
  const id = `m-${heat.key}`;
  return element(
    "section",
    { class: "heat", "data-key": heat.key, "aria-labelledby": id },
    element("h2", { id }, heat.title),
    element("p", { class: "about" }),
    element("div", { class: "wide", tabindex: "0", role: "group", "aria-labelledby": id }, element("table", { "aria-labelledby": id })),
  );
}

function refreshHeat(shown, heat, narrow, words) {
  setText(shown.querySelector(".about"), heat.summary);
  shown.querySelector(".wide").hidden = heat.cells.length === 0;
  if (heat.cells.length > 0) shown.querySelector("table").replaceChildren(...hours(heat, narrow, words));
}

function hours(heat, narrow, words) {
  const across = narrow ? heat.days.map((day) => day.slice(0, 3)) : heat.hours;
  const down = narrow ? heat.hours : heat.days;
  const at = (line, place) => (narrow ? heat.cells[place][line] : heat.cells[line][place]);
  const head = element("tr", {}, element("th", { scope: "col" }, narrow ? words.hour : words.day), ...across.map((text) => element("th", { scope: "col" }, text)));
  const lines = down.map((name, line) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...across.map((_, place) => hour(at(line, place), words))),
  );
  return [element("thead", {}, head), element("tbody", {}, ...lines)];
}

function hour(data, words) {
  const made = element("td", { "data-level": data.level, "data-peak": String(data.peak) });
  setText(made, data.text);
  if (data.peak) made.append(element("span", { class: "unseen" }, ` (${words.peak})`));
  return made;
}
