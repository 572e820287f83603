// How many columns: letters shall be as large as the screen allows, and are never smaller than can be read.

const NARROWEST = 330; // CSS pixels
const LOWEST = 235;
const SHARE = { width: 0.16, height: 0.21 }; // of the screen: a large one is read from farther away
const WIDE = 1.65; // width to height from which a tile has four columns of numbers; as in board.css
const WALL = 992; // CSS pixels; who holds a smaller screen has a thumb. As in board.css
const LOW = 0.8; // height to width of a tile on a page of several: lower ones would have smaller letters than they need

// The unit of a tile's letters, as board.css takes it.
function unit(width, height) {
  return width / height >= WIDE ? Math.min(0.0078 * width, 0.0136 * height) : Math.min(0.01 * width, 0.0113 * height);
}

export function columns(count, width, height) {
  let best = { columns: 1, unit: 0 };
  for (let across = 1; across <= count; across += 1) {
    const found = unit(width / across, height / Math.ceil(count / across));
    if (found > best.unit * 1.02) best = { columns: across, unit: found };
  }
  const narrowest = Math.max(NARROWEST, SHARE.width * width);
  const lowest = Math.max(LOWEST, SHARE.height * height);
  const fits = width / best.columns >= narrowest && height / Math.ceil(count / best.columns) >= lowest;
  return fits ? { columns: best.columns, scroll: false } : { columns: Math.max(1, Math.floor(width / narrowest)), scroll: true };
}

// Rows of a page that turns, and the height of each: as many whole rows as there is room for, spread over the pages.
export function pages(rows, width, room, gap) {
  const lowest = Math.max(LOWEST, SHARE.height * room, LOW * width);
  const most = Math.max(1, Math.floor((room + gap) / (lowest + gap)));
  const count = Math.ceil(rows / most);
  const each = Math.ceil(rows / count);
  return { count, each, height: (room + gap) / each - gap };
}

function setProperty(target, name, value) {
  if (target.style.getPropertyValue(name) !== value) target.style.setProperty(name, value);
}

// Inside a page that scrolls, too, the room for tiles is what the screen leaves beside the rest of the page. Banners come
// and go, and the tiles shall stay where they are.
export function place(tiles, view) {
  const board = tiles.parentElement;
  const count = tiles.children.length;
  if (!count || view === "week") return;
  let height = window.innerHeight - (document.body.offsetHeight - board.offsetHeight);
  for (const banner of document.querySelectorAll(".banner")) height += banner.offsetHeight;
  const found = view === "queue" ? { columns: 1, scroll: true } : columns(count, board.clientWidth, height);
  setProperty(tiles, "--columns", String(found.columns));
  const root = document.documentElement;
  root.classList.toggle("scrolls", found.scroll);
  root.classList.toggle("paged", found.scroll && view === "queues" && window.innerWidth >= WALL);
  if (root.classList.contains("paged")) divide(tiles, Math.ceil(count / found.columns), found.columns);
}

// Whole rows a page: the room is what a banner leaves, too, and below the last row there is room for the rows that its
// page lacks, so that every page begins with its own first row.
function divide(tiles, rows, across) {
  const gap = Number.parseFloat(getComputedStyle(tiles).rowGap);
  const room = window.innerHeight - tiles.offsetTop - document.querySelector(".bottom").offsetHeight - gap / 2;
  const found = pages(rows, tiles.clientWidth / across, room, gap);
  const lacking = found.count * found.each - rows;
  setProperty(tiles, "--row", `${found.height.toFixed(2)}px`);
  setProperty(tiles, "--lacking", `${(lacking * (found.height + gap)).toFixed(2)}px`);
  tiles.dataset.each = found.each;
}
