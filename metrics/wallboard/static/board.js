// Puts the newest document on the page, and lets time pass between two of them.

import { element, fill, keepChildren, setAttribute, setText } from "./draw.js";
import { place } from "./layout.js";
import { Stream } from "./stream.js";
import { drawHeats, drawTables, upright } from "./tables.js";
import { drawTiles, tick } from "./tiles.js";
import { Clock, shortAge } from "./time.js";
import { Turner } from "./turn.js";

const STALE_AFTER = 5000; // milliseconds without a beat: the numbers on the page are not live any more

const find = (id) => document.getElementById(id);
const settings = JSON.parse(find("settings").textContent);
const { words } = settings;
const view = document.documentElement.dataset.view;
const clock = new Clock(settings.zone, settings.lang);
const turner = new Turner(find("tiles"), find("turn"), find("elsewhere"), words);
let shown = null;

function say(text) {
  setText(find("said"), text);
}

function banner(id, text) {
  const target = find(id);
  target.hidden = !text;
  setText(target, text);
}

function drawLinks(links) {
  keepChildren(
    find("links"),
    links,
    (link) => link.text,
    (link) => element("a", {}, link.text),
    (made, link) => {
      setAttribute(made, "href", link.href);
      if (link.current) setAttribute(made, "aria-current", "page");
      else made.removeAttribute("aria-current");
    },
  );
}

function draw(text) {
  if (text === shown) return;
  shown = text;
  const data = JSON.parse(text);
  setText(find("title"), data.title);
  document.title = data.title;
  banner("blind", data.blind.join(" "));
  find("blind").classList.toggle("calm", data.reading);
  banner("notices", data.notices.join(" "));
  document.documentElement.classList.toggle("blind", data.blind.length > 0);
  banner("problem", data.problem);
  const changes = [];
  drawTiles(find("tiles"), data.tiles, words, view, (change) => changes.push(change));
  if (changes.length > 0) say(changes.join(". "));
  drawTables(find("tables"), data.tables);
  drawHeats(find("heats"), data.heats, words);
  drawLinks(data.links);
  pass();
}

// Time passes: what is on the page and ages, ages.
function pass() {
  if (!clock.beat) return;
  place(find("tiles"), view);
  setText(find("time"), clock.time());
  setText(find("date"), clock.date());
  const age = clock.age();
  setText(find("age"), age === null ? words.noAge : fill(words.dataAge, { age: shortAge(age, words) }));
  const stale = clock.silence() > STALE_AFTER;
  document.documentElement.classList.toggle("stale", stale);
  if (!stale) tick(find("tiles"), clock.now(), words);
  turner.pass();
}

function hear(name, data) {
  if (name === "hello" && data !== settings.build) window.location.reload();
  if (name === "beat") {
    clock.hear(JSON.parse(data));
    pass();
  }
  if (name === "board") draw(data);
}

let connected = true;

function connection(works) {
  if (works === connected) return;
  connected = works;
  banner("connection", works ? "" : words.lost);
  say(works ? words.back : words.lost);
  pass(); // at once: the banner takes room of the rows, and none may be cut even for a moment
}

hear("beat", find("beat").textContent);
draw(find("document").textContent);
new Stream(settings.stream, hear, connection);
setInterval(pass, 250);
window.addEventListener("resize", pass);
upright.addEventListener("change", () => drawHeats(find("heats"), JSON.parse(shown).heats, words));
document.documentElement.dataset.ready = "true";
