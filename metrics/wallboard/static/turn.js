// A screen on a wall has nobody to scroll it: queues for which it has no room are shown in turns of whole rows. Those in
// red that are not in sight are named all the time.

import { fill, setText } from "./draw.js";

const EVERY = 15000; // milliseconds
const HELD = 120000; // after a key, a click or a wheel the page is left to whoever is there
const NEAR = 2; // CSS pixels

// Where each turn begins: every so many rows (layout.js).
function turns(tiles) {
  const tops = [...new Set([...tiles.children].map((tile) => tile.offsetTop))];
  const each = Number(tiles.dataset.each);
  return tops.filter((_, row) => row % each === 0).map((top) => top - tops[0]);
}

function outOfSight(tile, above, below) {
  const box = tile.getBoundingClientRect();
  return box.top < above - NEAR || box.bottom > below + NEAR;
}

export class Turner {
  constructor(tiles, label, elsewhere, words) {
    this.tiles = tiles;
    this.label = label;
    this.elsewhere = elsewhere;
    this.words = words;
    this.due = performance.now() + EVERY;
    this.held = 0;
    const hold = () => {
      this.held = this.due = performance.now() + HELD;
    };
    for (const name of ["keydown", "pointerdown", "wheel"]) window.addEventListener(name, hold, { passive: true });
  }

  pass() {
    const starts = document.documentElement.matches(".paged") ? turns(this.tiles) : [];
    const at = starts.findLastIndex((start) => start <= window.scrollY + NEAR);
    let now = Math.max(0, at);
    // Banners come and go, and with them the heights of the rows: the page follows its first row.
    if (this.shown !== undefined && performance.now() >= this.held) now = Math.min(this.shown, Math.max(0, starts.length - 1));
    if (starts.length > 1 && performance.now() >= this.due) {
      this.due = performance.now() + EVERY;
      now = now + 1 < starts.length ? now + 1 : 0;
    }
    const away = starts.length > 1 && Math.abs(window.scrollY - starts[now]) > NEAR;
    if (away && performance.now() >= this.held) window.scrollTo(0, starts[now]);
    this.shown = now;
    setText(this.label, starts.length > 1 ? fill(this.words.turn, { turn: now + 1, all: starts.length }) : "");
    this.name(starts.length > 1);
  }

  // Names the queues in red that are on another page.
  name(turning) {
    const red = turning ? [...this.tiles.querySelectorAll('.tile[data-band="red"]')] : [];
    const above = document.querySelector(".top").getBoundingClientRect().bottom;
    const below = document.querySelector(".bottom").getBoundingClientRect().top;
    const names = red.filter((tile) => outOfSight(tile, above, below)).map((tile) => tile.dataset.queue);
    const missed = fill(this.words.elsewhere, { count: names.length, queues: names.join(", ") });
    setText(this.elsewhere, names.length > 0 ? missed : "");
  }
}
