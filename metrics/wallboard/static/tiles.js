// One queue on the board. The server says what to show; here it only gets a place.

import { element, fill, keepChildren, setAttribute, setText, vector } from "./draw.js";
import { bell, icon } from "./icons.js";
import { duration } from "./time.js";

const HEIGHT = 30; // of the trend, in its own units; its width is a minute a unit
const SENTENCE = 20; // letters from which a text in place of a number has several lines
const ALERTS = 2; // in words on a tile of many; the others are counted

export function drawTiles(parent, tiles, words, view, announce) {
  const most = view === "queue" ? Infinity : ALERTS;
  keepChildren(parent, tiles, (tile) => tile.id, makeTile, (shown, tile) => {
    refreshTile(shown, tile, words, announce);
    refreshAlerts(shown, tile, words, most, announce);
  });
}

function makeTile(tile) {
  const heading = `h-${tile.id}`;
  const made = element(
    "article",
    { class: "tile", "aria-labelledby": heading, "data-channel": tile.channel, "data-queue": tile.queue },
    element(
      "div",
      { class: "inner" },
      element(
        "header",
        {},
        element("h2", { id: heading }, element("a", { href: tile.link, title: tile.queue }, tile.queue)),
        element("p", { class: "state" }, element("span", { class: "sign" }), element("span", { class: "said" })),
        element("p", { class: "about" }, element("span", { class: "promise" }), element("span", { class: "opening" })),
        element("p", { class: "alerts", hidden: true }, bell(), element("span", { class: "firing" })),
      ),
      element("dl", { class: "cells" }),
    ),
  );
  fit(made.querySelector("h2"), tile.queue);
  return made;
}

function refreshTile(shown, tile, words, announce) {
  const before = shown.dataset.band;
  setAttribute(shown, "data-band", tile.band);
  setAttribute(shown, "data-open", tile.open);
  if (tile.until_ms === null) shown.removeAttribute("data-until");
  else setAttribute(shown, "data-until", tile.until_ms);
  if (before !== tile.band) shown.querySelector(".sign").replaceChildren(icon(tile.band));
  const said = shown.querySelector(".said");
  if (before && before !== tile.band) announce(fill(words.changed, { queue: tile.queue, state: tile.state }));
  setText(said, tile.state);
  fit(said.parentElement, tile.state);
  setAttribute(shown.querySelector("h2 a"), "href", tile.link);
  setText(shown.querySelector(".promise"), `${tile.channel_name} · ${tile.promise}`);
  setText(shown.querySelector(".opening"), tile.opening);
  const levels = tile.levels.map((level) => ({ ...level, level: true, key: `level_${level.key}` }));
  const cells = [...levels, ...tile.figures, ...(tile.trend ? [{ key: "trend", ...tile.trend }] : [])];
  keepChildren(shown.querySelector(".cells"), cells, (cell) => cell.key, makeCell, (place, cell) => refreshCell(place, cell, words));
}

// The gravest alerts in words. One that begins is announced.
function refreshAlerts(shown, tile, words, most, announce) {
  const line = shown.querySelector(".alerts");
  const before = shown.dataset.alerts?.split("\n");
  for (const alert of tile.alerts) {
    if (before && !before.includes(alert.key)) announce(fill(words.changed, { queue: tile.queue, state: alert.text }));
  }
  setAttribute(shown, "data-alerts", tile.alerts.map((alert) => alert.key).join("\n"));
  line.hidden = tile.alerts.length === 0;
  if (line.hidden) return;
  setAttribute(line, "data-severity", tile.alerts[0].severity);
  const told = tile.alerts.slice(0, most).map((alert) => alert.text);
  const rest = tile.alerts.length - told.length;
  const text = told.join(" · ") + (rest > 0 ? ` · ${fill(words.moreAlerts, { count: rest })}` : "");
  const firing = line.querySelector(".firing");
  setText(firing, text);
  fit(line, text);
}

function makeCell(cell) {
  return element(
    "div",
    { class: "cell", "data-key": cell.key },
    element("dt"),
    element("dd", { class: "value" }),
    element("dd", { class: "note" }),
  );
}

function refreshCell(place, cell, words) {
  const [label, value, note] = place.children;
  if (cell.key === "trend") {
    refreshTrend(place, cell, words);
    return;
  }
  setText(label, cell.label);
  setAttribute(place, "data-band", cell.band);
  setAttribute(place, "data-number", cell.level ? cell.ratio : true);
  setAttribute(place, "data-sentence", cell.text.length > SENTENCE);
  if (cell.level) setNumber(value, cell.text);
  else age(value, cell.since_ms, cell.text, "");
  age(note, cell.note_since_ms, cell.note, cell.note);
}

// A percentage with a smaller sign.
function setNumber(target, text) {
  if (target.textContent === text) return;
  const number = text.replace(/\s?%$/, "");
  target.replaceChildren(number);
  if (number !== text) target.append(element("span", { class: "unit" }, text.slice(number.length)));
  fit(target, number);
}

// A number that is too long for its place gets smaller letters (board.css).
function fit(target, text) {
  target.style.setProperty("--letters", text.length);
}

function setAge(target, text) {
  if (target.textContent === text) return;
  setText(target, text);
  fit(target, text);
}

// Text that stays, or a moment whose age is shown; `before` comes in front of the age.
function age(target, sinceMs, text, before) {
  if (sinceMs === null || sinceMs === undefined) {
    target.removeAttribute("data-since");
    setAge(target, text);
  } else {
    setAttribute(target, "data-since", sinceMs);
    setAttribute(target, "data-before", before);
  }
}

export function tick(root, now, words) {
  for (const target of root.querySelectorAll("[data-since]")) {
    const before = target.dataset.before ? `${target.dataset.before} ` : "";
    const until = Math.min(now, Number(target.closest(".tile").dataset.until ?? now));
    setAge(target, before + duration(until - Number(target.dataset.since), words));
  }
}

function refreshTrend(place, trend, words) {
  const [label, value, note] = place.children;
  setText(label, words.trend);
  setAttribute(place, "data-way", trend.way);
  const picture = JSON.stringify(trend.points);
  if (value.dataset.points !== picture) {
    value.dataset.points = picture;
    value.replaceChildren(sparkline(trend));
  }
  setText(note, trend.text);
}

const high = (share) => (HEIGHT - 2) * (1 - share) + 1;

function sparkline(trend) {
  const width = trend.minutes.reduce((sum, minutes) => sum + minutes, 0);
  let path = "";
  let at = 0;
  let drawing = false;
  trend.points.forEach((point, index) => {
    const end = at + trend.minutes[index];
    if (point === null) drawing = false;
    else {
      path += `${drawing ? "L" : "M"}${at} ${high(point).toFixed(1)}H${end}`;
      drawing = true;
    }
    at = end;
  });
  const goal = high(trend.objective).toFixed(1);
  return vector(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" },
    vector("path", { d: `M0 ${goal}H${width}`, class: "goal" }),
    vector("path", { d: path, class: "line" }),
  );
}
