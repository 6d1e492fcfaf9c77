// What the network thinks: what each layer makes of the drawing while it grows, which of it speaks for the leading digits, and the
// arithmetic of whatever the pointer is on. What is shown comes from the worker of `live.js`, by events of the document.

const COLUMNS = 4; // of small pictures in a stage
const GAP = 4;
const NARROW = 640;

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".thinking");
  const here = (parentElement.here ??= { stop: Infinity });
  const listening = new AbortController();
  const { signal } = listening;
  const find = (name) => box.querySelector(name);
  const { words } = data;

  const [toggle, panel, slider, canvas] = [".thinking-toggle", ".thought", "input", "canvas"].map(find);
  find(".thinking-toggle span").textContent = words.title;
  find(".thinking-full").textContent = document.fullscreenElement ? words.smaller : words.larger;
  find("label span").textContent = words.stop;
  canvas.setAttribute("aria-label", words.shown);
  slider.max = data.stages.length;
  if (here.network !== data.network) {
    [here.network, here.stop, here.thought] = [data.network, Infinity, null];
    slider.value = slider.max;
  }

  const say = () => {
    const at = Math.min(Number(slider.value), data.stages.length);
    const one = at ? data.stages[at - 1] : { name: words.input, sentence: words.inputSays };
    find(".thinking-says").innerHTML = "<b></b> <span></span>";
    find(".thinking-says b").textContent = one.name;
    find(".thinking-says span").textContent = one.sentence;
  };
  const draw = () => panel.hidden || !here.thought || paint(canvas, here, data, Number(slider.value));
  const open = (isOpen) => {
    panel.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", isOpen);
    if (isOpen) document.dispatchEvent(new CustomEvent("lab-think"));
    say();
    draw();
  };
  open(here.isOpen ?? false);

  toggle.addEventListener("click", () => open((here.isOpen = panel.hidden)), { signal });
  slider.addEventListener("input", () => (say(), draw()), { signal });
  document.addEventListener("lab-thought", ({ detail }) => {
    here.thought = detail;
    draw();
    if (here.place) look(here.place);
  }, { signal });
  document.addEventListener("lab-compared", ({ detail }) => {
    find(".thinking-compared").textContent = words.compared.replace("{alike}", detail.alike).replace("{differ}", detail.differ);
  }, { signal });
  new ResizeObserver(draw).observe(panel);

  // --- The arithmetic under the pointer
  const look = (place) => {
    here.place = place;
    if (place.stage >= 0) document.dispatchEvent(new CustomEvent("lab-place", { detail: place }));
    else showPixel(find(".arithmetic"), here.thought, place, words);
  };
  const point = (event) => {
    const place = here.boxes?.find((one) => holds(one, event, canvas));
    if (place) look(placeIn(place, event, canvas));
  };
  for (const name of ["pointermove", "pointerdown"]) canvas.addEventListener(name, point, { signal });
  document.addEventListener("lab-arithmetic", ({ detail }) => {
    if (here.place && detail.place.stage === here.place.stage) showSum(find(".arithmetic"), detail, data, words);
  }, { signal });

  // --- Full screen, for a beamer
  const page = document.documentElement;
  find(".thinking-full").addEventListener("click", () => {
    if (page.classList.contains("is-full")) document.fullscreenElement ? document.exitFullscreen() : leave();
    else enter();
  }, { signal });
  const enter = async () => {
    page.classList.add("is-full");
    find(".thinking-full").textContent = words.smaller;
    open((here.isOpen = true));
    await page.requestFullscreen?.().catch(() => {}); // a browser may refuse: then it fills its window
  };
  const leave = () => {
    page.classList.remove("is-full");
    find(".thinking-full").textContent = words.larger;
  };
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || leave(), { signal });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && leave(), { signal });

  return () => {
    listening.abort();
    page.classList.remove("is-full");
  };
}

// --- What is painted -------------------------------------------------------------------------------------------------

// Input, stages and the ten digits beside each other; on a phone below each other. Notes where each picture lies.
function paint(canvas, here, data, stop) {
  const { image, probabilities, thought } = here.thought;
  const width = canvas.parentElement.clientWidth;
  const isNarrow = width < NARROW;
  const parts = thought.stages.length + 2;
  const columns = isNarrow ? 2 * COLUMNS : COLUMNS;
  const stageWidth = isNarrow ? width : (width - (parts - 1) * 6 * GAP) / parts;
  const cell = (stageWidth - (columns - 1) * GAP) / columns;
  const side = isNarrow ? Math.min(width / 2, 150) : stageWidth;
  const stageHeight = (rows) => rows * (cell + GAP) - GAP;
  const rows = thought.stages.map((stage) => (stage.maps ? Math.ceil(stage.units.length / columns) : columns / (isNarrow ? 4 : 1)));
  const heights = [side, ...rows.map(stageHeight), isNarrow ? 60 : side];
  const height = isNarrow ? heights.reduce((sum, one) => sum + one + 6 * GAP, 0) : Math.max(...heights);

  const scale = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.imageSmoothingEnabled = false;
  const style = getComputedStyle(canvas);
  const [ink, accent] = [style.color, style.accentColor];

  here.boxes = [];
  let [x, y] = [0, 0];
  const next = (length) => (isNarrow ? (y += length + 6 * GAP) : (x += stageWidth + 6 * GAP));
  const put = (box, values, columnsOfIt) => {
    picture(context, box, values, columnsOfIt);
    here.boxes.push(box);
  };
  put({ stage: -1, x, y, side, pixels: 28 }, image, 28);
  next(side);
  const tops = []; // where each picture of the last stage lies, by its number
  thought.stages.forEach((stage, number) => {
    context.globalAlpha = number < stop ? 1 : 0.15;
    const isLast = number === thought.stages.length - 1;
    if (stage.maps) {
      const pixels = Math.sqrt(stage.maps.length / stage.units.length);
      stage.units.forEach((unit, at) => {
        const box = { stage: number, unit, pixels, side: cell, x: x + (at % columns) * (cell + GAP), y: y + Math.floor(at / columns) * (cell + GAP) };
        put(box, stage.maps.subarray(at * pixels * pixels, (at + 1) * pixels * pixels), pixels);
        if (isLast) tops[unit] = [box.x + cell / 2, box.y + cell / 2];
      });
    } else {
      const size = Math.ceil(Math.sqrt(stage.values.length));
      const length = Math.min(stageWidth, stageHeight(rows[number]));
      const most = Math.max(...stage.values.map(Math.abs), 1e-9);
      const shades = Uint8Array.from({ length: size * size }, (_, at) => 255 * Math.max((stage.values[at] ?? 0) / most, 0));
      put({ stage: number, x, y, side: length, pixels: size, isRow: true, units: stage.values.length }, shades, size);
      const place = (unit) => [x + ((unit % size) + 0.5) * (length / size), y + (Math.floor(unit / size) + 0.5) * (length / size)];
      if (isLast) stage.values.forEach((_, unit) => (tops[unit] = place(unit)));
    }
    next(heights[number + 1]);
  });
  context.globalAlpha = thought.stages.length < stop ? 1 : 0.15;
  digits(context, { x, y, width: stageWidth, height: isNarrow ? 60 : side, isNarrow }, { probabilities, ink, accent, links: thought.links, tops });
}

function picture(context, { x, y, side, pixels }, values) {
  const small = new OffscreenCanvas(pixels, pixels);
  const data = new ImageData(pixels, pixels);
  values.forEach((value, at) => data.data.set([value, value, value, 255], 4 * at));
  small.getContext("2d").putImageData(data, 0, 0);
  context.drawImage(small, x, y, side, side);
}

// The ten digits, as large as they are probable, with lines from what speaks most for the two leading ones.
function digits(context, { x, y, width, height, isNarrow }, { probabilities, ink, accent, links, tops }) {
  const step = (isNarrow ? width : height) / 10;
  const at = (digit) => (isNarrow ? [x + (digit + 0.5) * step, y + height - 12] : [x + 26, y + (digit + 0.5) * step]);
  links.forEach(({ digit, units }, rank) => {
    const most = units[0]?.amount ?? 1;
    for (const { unit, amount } of units) {
      if (!tops[unit]) continue;
      const [fromX, fromY] = tops[unit];
      const [toX, toY] = at(digit);
      context.beginPath();
      context.moveTo(fromX, fromY);
      isNarrow ? context.lineTo(toX, toY - 14) : context.bezierCurveTo(fromX + 40, fromY, toX - 60, toY, toX - 14, toY);
      context.strokeStyle = rank ? ink : accent;
      context.setLineDash(rank ? [4, 4] : []);
      context.lineWidth = 0.5 + 3 * (amount / most) * (rank ? 0.5 : 1);
      context.stroke();
    }
  });
  context.setLineDash([]);
  const leading = links[0]?.digit;
  probabilities.forEach((share, digit) => {
    const [centreX, centreY] = at(digit);
    context.fillStyle = digit === leading ? accent : ink;
    context.font = `${digit === leading ? 700 : 400} ${Math.min(step * 0.8, 28)}px "Source Sans", sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(digit, centreX, centreY);
    if (!isNarrow) context.fillRect(centreX + 18, centreY - step * 0.25, Math.max((width - 60) * share, 1), step * 0.5);
  });
}

// --- The arithmetic --------------------------------------------------------------------------------------------------

function within({ x, y, side, pixels }, event, canvas) {
  const { left, top } = canvas.getBoundingClientRect();
  const place = (value, start) => Math.floor(((value - start) / side) * pixels);
  return [place(event.clientY - top, y), place(event.clientX - left, x)];
}

function holds(box, event, canvas) {
  return within(box, event, canvas).every((one) => one >= 0 && one < box.pixels);
}

function placeIn(box, event, canvas) {
  const [row, column] = within(box, event, canvas);
  return { stage: box.stage, unit: box.isRow ? Math.min(row * box.pixels + column, box.units - 1) : box.unit, row, column };
}

const number = (value) => value.toFixed(2).replace("-", "−");

function showPixel(place, { image }, { row, column }, words) {
  place.textContent = words.pixel.replace("{value}", number(image[row * 28 + column] / 255));
}

// Patch, filter and their sum, or of a neuron the sum alone.
function showSum(place, { arithmetic: one, place: where }, data, words) {
  place.replaceChildren();
  const heading = document.createElement("b");
  heading.textContent = data.stages[where.stage].name;
  place.append(heading);
  if (one.patch) {
    place.append(grid(one.patch, one.size, words.patch), "×", grid(one.filter, one.size, words.filter), "=");
  }
  const sentence = document.createElement("span");
  const parts = { product: one.product, others: one.sum - one.product, sum: one.sum, bias: one.bias, value: one.value };
  const form = !one.patch ? words.neuron : one.channels > 1 ? words.sums : words.sum;
  sentence.textContent = Object.entries(parts).reduce(
    (text, [name, value]) => (value === undefined ? text : text.replaceAll(`{${name}}`, number(value))),
    form.replaceAll("{number}", one.patch ? one.channels - 1 : one.inputs),
  );
  place.append(sentence);
}

function grid(values, size, label) {
  const table = document.createElement("div");
  table.className = "arithmetic-grid";
  table.style.setProperty("--size", size);
  table.title = label;
  const most = Math.max(...values.map(Math.abs), 1e-9);
  for (const value of values) {
    const one = document.createElement("i");
    one.textContent = value.toFixed(1).replace("-", "−");
    one.className = value < 0 ? "negative" : "";
    one.style.setProperty("--strength", `${Math.round((100 * Math.abs(value)) / most)}%`);
    table.append(one);
  }
  return table;
}
