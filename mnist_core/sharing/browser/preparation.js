// A drawing → the 28×28 that a network sees, as `mnist_core.preprocessing` makes it; `PREPARATION` has its numbers.

// Prepares strokes, each a list of points [x, y] with y downward, in any unit. Returns 784 bytes, white on black, or null
// where nothing is drawn.
function prepare(strokes) {
  const drawn = strokes.filter((stroke) => stroke.length);
  if (!drawn.length) return null;
  const { points, width, height } = scaled(drawn);
  return placed(tightBox(paint(points, width, height)));
}

// Scales points so that the ink of MNIST's pen is as long as MNIST's digits are.
function scaled(strokes) {
  const { box, pen } = PREPARATION;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  const longest = Math.max(right - left, bottom - top);
  let scale = (box - pen) / Math.max(longest, 1e-9);
  if (longest * scale < box - pen - 1e-6) scale = 0; // a single dot has no size to scale
  const side = (length) => Math.max(Math.ceil(Math.round((length * scale + pen) * 1e6) / 1e6), 1);
  const place = ([x, y]) => [(x - left) * scale + pen / 2, (y - top) * scale + pen / 2];
  return { points: strokes.map((stroke) => stroke.map(place)), width: side(right - left), height: side(bottom - top) };
}

// Paints strokes with a round pen many times as large, and averages: bytes `[height, width]`.
function paint(strokes, width, height) {
  const { pen, oversampling: factor } = PREPARATION;
  const large = { values: new Uint8Array(width * height * factor * factor), width: width * factor, height: height * factor };
  for (const stroke of strokes) {
    // Pillow, which paints for the lab, knows whole pixels only.
    const places = stroke.map((point) => point.map((one) => Math.floor(one * factor)));
    places.forEach((place, number) => {
      fillDisc(large, place, (pen * factor) / 2);
      if (number) fillLine(large, places[number - 1], place, (pen * factor - 1) / 2);
    });
  }
  return averaged(large, factor);
}

function fillRow({ values, width, height }, row, from, to) {
  if (row < 0 || row >= height) return;
  const [start, stop] = [Math.max(from, 0), Math.min(to, width - 1)];
  if (start <= stop) values.fill(1, row * width + start, row * width + stop + 1);
}

// Pillow's discs are an eighth of a pixel smaller than the circle.
function fillDisc(picture, [x, y], radius) {
  const square = (radius - 0.13) ** 2;
  for (let row = y - radius; row < y + radius; row++) {
    const half = Math.floor(Math.sqrt(Math.max(square - (row + 0.5 - y) ** 2, 0)) + 0.5);
    fillRow(picture, row, x - half, x + half - 1);
  }
}

// A line as wide as the pen, without ends: a rectangle with corners on whole pixels, row by row. Where the pen is an even
// number of pixels wide, Pillow puts the odd one on the side that the corners say.
function fillLine(picture, [x0, y0], [x1, y1], half) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy);
  if (!length) return;
  const beside = (reach, along) => toZero((reach * along) / length);
  const [more, less] = [Math.ceil(half), Math.floor(half)];
  const [left, right] = [-beside(less, dy), beside(more, dy)];
  const [down, up] = [beside(more, dx), -beside(less, dx)];
  const corners = [[x0 + left, y0 + down], [x1 + left, y1 + down], [x1 + right, y1 + up], [x0 + right, y0 + up]];
  const rows = corners.map(([, y]) => y);
  for (let row = Math.min(...rows); row <= Math.max(...rows); row++) {
    let [from, to] = [Infinity, -Infinity];
    corners.forEach(([x, y], number) => {
      const [nextX, nextY] = corners[(number + 1) % 4];
      if (row < Math.min(y, nextY) || row > Math.max(y, nextY)) return;
      const ends = y === nextY ? [x, nextX] : [x + ((row - y) * (nextX - x)) / (nextY - y)];
      from = Math.min(from, ...ends);
      to = Math.max(to, ...ends);
    });
    fillRow(picture, row, Math.floor(from + 0.5), Math.ceil(to - 0.5));
  }
}

// Rounds to the nearest whole number, a half towards zero.
function toZero(value) {
  return Math.sign(value) * Math.ceil(Math.abs(value) - 0.5);
}

function averaged({ values, width, height }, factor) {
  const small = { values: new Uint8Array((width / factor) * (height / factor)), width: width / factor, height: height / factor };
  const sums = new Uint32Array(small.values.length);
  for (let row = 0; row < height; row++) {
    const start = Math.floor(row / factor) * small.width;
    for (let column = 0; column < width; column++) {
      sums[start + Math.floor(column / factor)] += values[row * width + column];
    }
  }
  const all = factor * factor;
  sums.forEach((sum, place) => (small.values[place] = Math.floor((255 * sum + all / 2) / all)));
  return small;
}

function tightBox({ values, width, height }) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  values.forEach((value, place) => {
    if (!value) return;
    const [row, column] = [Math.floor(place / width), place % width];
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  });
  const box = { width: right - left + 1, height: bottom - top + 1 };
  const cut = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const start = (top + row) * width + left;
    cut.set(values.subarray(start, start + box.width), row * box.width);
  }
  return { values: cut, ...box };
}

// Places ink so that its centre of mass is at MNIST's, nothing cut off.
function placed({ values, width, height }) {
  const { side, centre } = PREPARATION;
  let [total, down, across] = [0, 0, 0];
  values.forEach((value, place) => {
    total += value;
    down += value * Math.floor(place / width);
    across += value * (place % width);
  });
  const corner = (mass, length) => Math.min(Math.max(toEven(centre - mass / total), 0), side - length);
  const [top, left] = [corner(down, height), corner(across, width)];
  const image = new Uint8Array(side * side);
  for (let row = 0; row < height; row++) {
    image.set(values.subarray(row * width, (row + 1) * width), (top + row) * side + left);
  }
  return image;
}

// Rounds as Python does: a half goes to the even number.
function toEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

// Whether the pen only touched the canvas here and there, without going anywhere.
function isSpeck(strokes) {
  const reach = (stroke, axis) => Math.max(...stroke.map((point) => point[axis])) - Math.min(...stroke.map((point) => point[axis]));
  return strokes.every((stroke) => Math.max(reach(stroke, 0), reach(stroke, 1)) <= PREPARATION.speck);
}
