// A page of its own: a canvas, and what the model in it says to the drawing, while the pen moves and after.

const find = (name) => document.getElementById(name);
const SIDE = 320; // as wide as the lab's canvas is, in its own pixels
const canvas = find("canvas");
let strokes = [], growing = null, worker = null, isBusy = false, isWaiting = false;

// --- The model, in a worker or, where a browser lets no file start one, in the page
async function start() {
  const bytes = Uint8Array.from(atob(MODEL), (one) => one.charCodeAt(0));
  const model = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  try {
    worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })));
  } catch {
    worker = inPage();
  }
  worker.onmessage = ({ data }) => {
    if (data.ready) return ask();
    isBusy = false;
    show(data);
    if (isWaiting) ask();
  };
  worker.postMessage({ model });
}

function inPage() {
  const port = { postMessage: (data) => setTimeout(() => self.onmessage({ data })) };
  const script = document.createElement("script");
  script.textContent = `(function (self) { ${WORKER} })(window.inPage)`; // its functions are not those of this page
  const self = (window.inPage = { postMessage: (data) => port.onmessage({ data }) });
  document.head.append(script);
  return port;
}

function ask() {
  if (isBusy || !worker) return void (isWaiting = true);
  [isBusy, isWaiting] = [true, false];
  worker.postMessage({ strokes: growing ? [...strokes, growing] : strokes, about: { isGrowing: !!growing } });
}

// --- What it says
function show({ image, probabilities, isGrowing }) {
  const top = image ? highest(probabilities) : -1;
  showPicture(find("seen"), image ?? new Uint8Array(784));
  find("digit").textContent = image ? top : "–";
  showBars(find("bars").children, image ? probabilities : Array(10).fill(0), top, WORDS);
  // Who listens hears the answer to a whole stroke only.
  if (!isGrowing) find("said").textContent = image ? sentence(top, probabilities) : strokes.length ? WORDS.little : WORDS.nothing;
}

// By the thresholds that were measured for this model: a digit, one of two, or none.
function sentence(top, probabilities) {
  const second = probabilities.indexOf(Math.max(...probabilities.filter((_, digit) => digit !== top)));
  const [one, other] = [probabilities[top], probabilities[second]];
  if (one + other < WORDS.two) return WORDS.none;
  const put = (words, values) => words.replace(/{(\w+)}/g, (_, name) => values[name]);
  if (one < WORDS.sure) return put(WORDS.unsure, { first: top, one: confidence(one, WORDS), second, other: confidence(other, WORDS) });
  const digit = WORDS.digits[top];
  return put(WORDS.digit, { digit: digit[0].toUpperCase() + digit.slice(1), sure: confidence(one, WORDS) });
}

// --- The canvas
function paint() {
  const context = canvas.getContext("2d");
  const scale = canvas.width / SIDE;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, SIDE, SIDE);
  Object.assign(context, { lineWidth: 20, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  for (const stroke of growing ? [...strokes, growing] : strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    for (const point of stroke) context.lineTo(...point);
    context.stroke();
  }
  for (const name of ["undo", "clear"]) find(name).disabled = !strokes.length;
}

function point({ clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return [clientX - box.left, clientY - box.top].map((one) => (one * SIDE) / box.width);
}

let pen = null, frame = 0;
const change = () => (frame ||= requestAnimationFrame(() => ((frame = 0), paint(), ask())));
canvas.addEventListener("pointerdown", (event) => {
  if (pen !== null || event.button) return;
  canvas.setPointerCapture?.(event.pointerId);
  [pen, growing] = [event.pointerId, [point(event)]];
  change();
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pen) return;
  growing.push(...(event.getCoalescedEvents?.() ?? [event]).map(point));
  change();
});
for (const name of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(name, (event) => {
    if (event.pointerId !== pen) return;
    [strokes, pen, growing] = [[...strokes, growing], null, null];
    change();
  });
}
const keep = (kept) => ((strokes = kept), change());
find("undo").addEventListener("click", () => keep(strokes.slice(0, -1)));
find("clear").addEventListener("click", () => keep([]));
paint();
start();
