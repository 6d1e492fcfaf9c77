// Shows a picture as its numbers, and seven rows of seven of them larger, around the place that was pressed.

const SIDE = 28;
const LENS = 7;

const shade = (value) => `rgb(${value} ${value} ${value})`;
// Black paper says little, so its zeros are quiet; all else stands out from its own grey.
const ink = (value) => (value === 0 ? "#8B949E" : value < 118 ? "#FFFFFF" : "#000000");

const fill = (cell, value) => {
  cell.textContent = value;
  cell.style.background = shade(value);
  cell.style.color = ink(value);
};

export default function ({ data, parentElement }) {
  const pixels = parentElement.querySelector(".pixels");
  const grid = pixels.querySelector(".grid");
  const magnifier = pixels.querySelector(".magnifier");
  const window_ = pixels.querySelector(".window");
  const button = pixels.querySelector("button");
  const cells = (within, number) => {
    while (within.querySelectorAll("span").length < number) within.append(document.createElement("span"));
    return [...within.querySelectorAll("span")];
  };
  const all = cells(grid, SIDE * SIDE);
  const near = cells(magnifier, LENS * LENS);
  const first = (place) => Math.max(0, Math.min(place - (LENS - 1) / 2, SIDE - LENS));

  grid.setAttribute("aria-label", data.alt);
  pixels.querySelector(".hint").textContent = data.hint;
  all.forEach((cell, place) => fill(cell, data.values[place]));

  const look = (row, column) => {
    grid.dataset.row = row;
    grid.dataset.column = column;
    const [top, left] = [first(row), first(column)];
    window_.style.top = `${(100 * top) / SIDE}%`;
    window_.style.left = `${(100 * left) / SIDE}%`;
    near.forEach((cell, place) => {
      const [y, x] = [top + Math.floor(place / LENS), left + (place % LENS)];
      fill(cell, data.values[y * SIDE + x]);
      cell.classList.toggle("chosen", y === row && x === column);
    });
    all.forEach((cell, place) => cell.classList.toggle("chosen", place === row * SIDE + column));
    pixels.querySelector(".said").textContent = data.place
      .replace("{row}", row + 1)
      .replace("{column}", column + 1)
      .replace("{value}", data.values[row * SIDE + column]);
  };
  look(Number(grid.dataset.row ?? 13), Number(grid.dataset.column ?? 13));

  const within = (place) => Math.max(0, Math.min(Math.floor(place), SIDE - 1));
  const follow = ({ clientX, clientY }) => {
    const { left, top, width, height } = grid.getBoundingClientRect();
    look(within((SIDE * (clientY - top)) / height), within((SIDE * (clientX - left)) / width));
  };
  grid.onpointerdown = follow;
  grid.onpointermove = (event) => event.buttons && follow(event);
  grid.onkeydown = (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault(); // the page would scroll
    look(within(Number(grid.dataset.row) + move[0]), within(Number(grid.dataset.column) + move[1]));
  };

  button.hidden = !document.fullscreenEnabled; // telephones have it for films only
  button.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : pixels.requestFullscreen());
  pixels.onfullscreenchange = () => {
    button.textContent = document.fullscreenElement ? data.smaller : data.larger;
  };
  pixels.onfullscreenchange();
}
