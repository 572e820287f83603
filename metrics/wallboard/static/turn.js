// A screen on a wall has nobody to scroll it: queues for which it has no room are shown in turns. Those in red that are
// not in sight are named all the time.

import { fill, setText } from "./draw.js";

const EVERY = 15000; // milliseconds
const HELD = 120000; // after a key, a click or a wheel the page is left to whoever is there
const WALL = 992; // CSS pixels; who holds a smaller screen has a thumb. As in board.css

// Where each turn begins: the first row that the one before could not show wholly.
function turns(tiles, room) {
  const starts = [];
  for (const tile of tiles.children) {
    const top = tile.offsetTop;
    if (starts.length === 0 || top + tile.offsetHeight > starts.at(-1) + room) starts.push(top);
  }
  return starts;
}

function outOfSight(tile, above, below) {
  const box = tile.getBoundingClientRect();
  return box.top < above - 2 || box.bottom > below + 2;
}

export class Turner {
  constructor(tiles, label, elsewhere, words) {
    this.tiles = tiles;
    this.label = label;
    this.elsewhere = elsewhere;
    this.words = words;
    this.due = performance.now() + EVERY;
    const hold = () => {
      this.due = performance.now() + HELD;
    };
    for (const name of ["keydown", "pointerdown", "wheel"]) window.addEventListener(name, hold, { passive: true });
  }

  pass() {
    const bottom = document.querySelector(".bottom");
    const below = bottom.offsetHeight;
    const scrolls = document.documentElement.matches(".scrolls[data-view='queues']") && window.innerWidth >= WALL;
    const first = this.tiles.offsetTop; // every turn begins as far below the head as the first one
    const starts = scrolls ? turns(this.tiles, window.innerHeight - first - below).map((top) => top - first) : [];
    const most = document.documentElement.scrollHeight - window.innerHeight;
    const at = window.scrollY >= most - 2 ? starts.length - 1 : starts.findLastIndex((start) => start <= window.scrollY + 2);
    const now = Math.max(0, at);
    const text = fill(this.words.turn, { turn: now + 1, all: starts.length });
    setText(this.label, starts.length > 1 ? text : "");
    const red = starts.length > 1 ? [...this.tiles.querySelectorAll('.tile[data-band="red"]')] : [];
    const edges = [document.querySelector(".top").getBoundingClientRect().bottom, bottom.getBoundingClientRect().top];
    const names = red.filter((tile) => outOfSight(tile, ...edges)).map((tile) => tile.dataset.queue);
    const missed = fill(this.words.elsewhere, { count: names.length, queues: names.join(", ") });
    setText(this.elsewhere, names.length > 0 ? missed : "");
    if (performance.now() < this.due) return;
    this.due = performance.now() + EVERY;
    if (starts.length > 1) window.scrollTo(0, now + 1 < starts.length ? starts[now + 1] : 0);
  }
}
