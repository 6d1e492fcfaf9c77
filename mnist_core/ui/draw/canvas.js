// What the drawing canvas lacks, added in the browser: a name for screen readers instead of a toolbar of its own, a size
// that follows its column, an answer right after a stroke that they say, Undo, Redo and Clear that act at once, and the
// strokes as they grow, for whoever answers while the pen moves (`live.js`). Where this does not run, the page still works.

const TOOLBAR = ".dc-toolbar";
// Invisible until a mouse comes near, the toolbar would take a finger's strokes in the corner of the canvas.
const STYLE = new CSSStyleSheet();
// Only what is seen grows and shrinks: the canvas asks the browser for its size on the screen, and goes on counting strokes
// in its own pixels.
STYLE.replaceSync(`
  ${TOOLBAR} { display: none !important }
  .dc-root, .dc-container, .canvas-container, canvas { width: 100% !important }
  .dc-container, .canvas-container, canvas { height: auto !important; aspect-ratio: 1 }
  .dc-scroll { overflow: hidden !important }
`);

const LEAST_STEP = 0.4; // what is nearer to the point before is none for the canvas
const MOST_POINTS = 5000;

// A stroke as the canvas smooths it: curves from middle to middle of the points, each as four straight pieces.
function smoothed(points) {
  const middle = ([x0, y0], [x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2];
  const found = [points[0]];
  for (let number = 0; number + 1 < points.length; number++) {
    const [start, corner, end] = [found.at(-1), points[number], middle(points[number], points[number + 1])];
    for (const t of [0.25, 0.5, 0.75, 1]) {
      const along = (axis) => (1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * corner[axis] + t * t * end[axis];
      found.push([along(0), along(1)]);
    }
  }
  return [...found, points.at(-1)];
}

export default function ({ data, parentElement }) {
  const block = parentElement.closest(".st-key-canvas");
  const listening = new AbortController();
  const { signal } = listening;

  // What the canvas holds: the strokes that it started with, and what was drawn, taken back and brought back since.
  const drawing = (parentElement.drawing?.canvas === data.canvas && parentElement.drawing) || {
    canvas: data.canvas,
    strokes: data.strokes,
    taken: [],
  };
  const isAnother = parentElement.drawing !== drawing;
  parentElement.drawing = drawing;
  const tell = (growing) => {
    const number = drawing.strokes.length + (growing ? 1 : 0);
    // Read by who answers when that one has time, and smoothed then.
    const read = () => (growing ? [...drawing.strokes, smoothed(growing)] : drawing.strokes);
    document.dispatchEvent(new CustomEvent("lab-drawing", { detail: { read, number, isGrowing: !!growing } }));
  };

  document.addEventListener("lab-ask", () => tell(), { signal });
  if (isAnother) tell(); // the lab has started the canvas again with another drawing

  const root = () => [...block.querySelectorAll(`.st-key-${data.canvas} *`)].find((node) => node.shadowRoot)?.shadowRoot;
  const tool = (name) => root()?.querySelector(`${TOOLBAR} [aria-label^="${name}"]`);

  // Presses a button of the canvas's own history; says whether that did something.
  const press = (name) => {
    if (tool(name)?.disabled !== false) return false;
    tool(name).click();
    return true;
  };
  const take = (from, to) => {
    if (from.length) to.push(from.pop());
    tell();
    return true;
  };
  const empty = () => {
    [drawing.strokes, drawing.taken] = [[], []];
    tell();
    return true;
  };
  const actions = {
    undo: () => press("Undo") && take(drawing.strokes, drawing.taken),
    redo: () => press("Redo") && take(drawing.taken, drawing.strokes),
    // It goes back to what it started with, so any other start is cleared by the server.
    clear: () => data.blank && press("Reset") && empty(),
  };

  // The canvas waits 200 ms for a further stroke before it sends its drawing; its own button sends at once.
  const send = () => setTimeout(() => tool("Update")?.click());
  const begin = (end) => window.addEventListener(end, send, { once: true, signal });

  // Follows the pen as the canvas does, in its own pixels, however large it is shown.
  const follow = (start) => {
    const canvas = start.target;
    const points = [];
    const add = ({ clientX, clientY }) => {
      const box = canvas.getBoundingClientRect();
      const scale = data.side / box.width;
      const point = [(clientX - box.left) * scale, (clientY - box.top) * scale];
      const [x, y] = points.at(-1) ?? [Infinity, Infinity];
      if (Math.hypot(point[0] - x, point[1] - y) >= LEAST_STEP) points.push(point);
      if (points.length < MOST_POINTS) tell(points);
    };
    // Until the pen is lifted, whatever runs again meanwhile.
    const own = new AbortController();
    const options = { signal: own.signal };
    const of = (act) => (event) => event.pointerId === start.pointerId && act(event);
    const finish = () => {
      own.abort();
      drawing.strokes = [...drawing.strokes, smoothed(points)];
      drawing.taken = [];
      tell();
    };
    window.addEventListener("pointermove", of(add), options);
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, of(finish), options);
    add(start);
  };

  const dress = () => {
    const canvas = root()?.querySelector("canvas.upper-canvas");
    if (!canvas) return;
    clearInterval(waiting);
    if (!root().adoptedStyleSheets.includes(STYLE)) root().adoptedStyleSheets.push(STYLE);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", data.label);
    canvas.addEventListener("mousedown", () => begin("mouseup"), { signal });
    canvas.addEventListener("pointerdown", (event) => event.isPrimary && event.button === 0 && follow(event), { signal });
    canvas.addEventListener("touchstart", () => begin("touchend"), { signal });
  };
  const waiting = setInterval(dress, 50);
  dress();

  for (const [name, act] of Object.entries(actions)) {
    block.querySelector(`.st-key-${name}`)?.addEventListener("click", (event) => act() && event.stopPropagation(), {
      capture: true,
      signal,
    });
  }

  // The answer comes and goes beside the canvas; a screen reader says what changes in a place that stays.
  const region = (parentElement.region ??= Object.assign(document.createElement("div"), { className: "answer-heard", role: "status" }));
  if (!region.isConnected) document.body.append(region);
  const speak = () => {
    const sentence = document.querySelector(".answer:not(.live) .answer-said")?.textContent ?? "";
    if (region.textContent !== sentence) region.textContent = sentence;
  };
  const answers = new MutationObserver(speak);
  answers.observe(document.body, { childList: true, subtree: true });
  speak();

  return () => {
    answers.disconnect();
    setTimeout(() => parentElement.isConnected || region.remove()); // it stays where the part only runs again
    clearInterval(waiting);
    listening.abort();
  };
}
