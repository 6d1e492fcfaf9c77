// A digit is drawn, shrinks to what the network sees, and is answered; whoever draws over it gets an answer, too.

const SIDE = 320; // of the canvas of the Draw page, whose strokes the lab reads
const PEN = 20;
const PIXELS = 28;
// Milliseconds: for each part of an example, and after a stroke until the drawing is sent.
const [DRAWN, SHRUNK, LOOKED_AT, PATIENCE] = [1500, 900, 2600, 350];

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".demonstration");
  const find = (name) => root.querySelector(name);
  const [canvas, seen, shown, button] = [".drawn", ".seen", ".shown", "button"].map(find);
  const pen = canvas.getContext("2d");
  const state = (root.state ??= { strokes: [], drawing: 0, plays: false });

  const paint = (strokes, share = 1) => {
    pen.clearRect(0, 0, SIDE, SIDE);
    Object.assign(pen, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#FFFFFF" });
    let left = Math.ceil(share * strokes.reduce((sum, stroke) => sum + stroke.length, 0));
    for (const stroke of strokes) {
      const points = stroke.slice(0, left);
      left -= points.length;
      if (!points.length) return;
      pen.beginPath();
      pen.moveTo(...points[0]);
      for (const point of points) pen.lineTo(...point);
      pen.stroke();
    }
  };

  const see = (image, share = 1) => {
    const ink = seen.getContext("2d");
    ink.clearRect(0, 0, PIXELS, PIXELS);
    if (!image) return;
    const rows = Math.round(share * PIXELS);
    const picture = ink.createImageData(PIXELS, PIXELS);
    image.forEach((value, place) => {
      if (place < rows * PIXELS) picture.data.set([value, value, value, 255], 4 * place);
    });
    ink.putImageData(picture, 0, 0);
  };

  const say = (answer) => {
    shown.textContent = answer?.shown ?? "?";
    shown.classList.toggle("waiting", !answer);
    shown.classList.toggle("several", (answer?.shown.length ?? 0) > 1);
    find(".sentence").textContent = answer?.sentence ?? "";
  };

  // --- Examples, one after the other, each once ---

  const stop = () => {
    cancelAnimationFrame(state.frame);
    state.plays = false;
    button.textContent = state.drawing ? data.words.clear : data.words.again;
  };

  const play = () => {
    Object.assign(state, { strokes: [], drawing: 0, plays: true });
    button.textContent = data.words.stop;
    let [place, began] = [0, null];
    const step = (now) => {
      if (!root.isConnected) return;
      began ??= now;
      const [example, passed] = [data.examples[place], now - began];
      paint(example.strokes, Math.min(passed / DRAWN, 1));
      see(passed > DRAWN && example.image, Math.min((passed - DRAWN) / SHRUNK, 1));
      say(passed > DRAWN + SHRUNK ? example : null);
      if (passed > DRAWN + SHRUNK + LOOKED_AT) {
        if (place + 1 === data.examples.length) return stop();
        [place, began] = [place + 1, now];
      }
      state.frame = requestAnimationFrame(step);
    };
    state.frame = requestAnimationFrame(step);
  };

  const rest = () => {
    const example = data.examples[0];
    paint(example.strokes);
    see(example.image);
    say(example);
    stop();
  };

  // --- One's own drawing ---

  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [Math.round((SIDE * (clientX - left)) / width), Math.round((SIDE * (clientY - top)) / height)];
  };
  const clear = () => {
    clearTimeout(state.sending);
    state.strokes = [];
    paint([]);
    see(null);
    say(null);
  };
  canvas.onpointerdown = (event) => {
    event.preventDefault();
    clearTimeout(state.sending);
    if (!state.drawing || state.plays) {
      clear();
      state.drawing = 1;
      stop();
    }
    canvas.setPointerCapture(event.pointerId);
    state.strokes.push([place(event)]);
    paint(state.strokes);
  };
  canvas.onpointermove = (event) => {
    if (!event.buttons || !state.strokes.length || !canvas.hasPointerCapture(event.pointerId)) return;
    state.strokes.at(-1).push(...(event.getCoalescedEvents?.() ?? [event]).map(place));
    paint(state.strokes);
  };
  canvas.onpointerup = () => {
    clearTimeout(state.sending);
    state.sending = setTimeout(() => {
      state.drawing += 1;
      setTriggerValue("drawn", { drawing: state.drawing, strokes: state.strokes });
    }, PATIENCE);
  };
  button.onclick = () => {
    if (state.plays) return stop();
    if (state.drawing) return clear();
    play();
  };

  // --- What the page says ---

  canvas.setAttribute("aria-label", data.words.canvas);
  seen.setAttribute("aria-label", data.words.seen);
  for (const name of ["draw", "numbers"]) find(`.${name}`).textContent = data.words[name];
  if (!state.begun) {
    state.begun = true;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) rest();
    else play();
  } else if (data.answer?.drawing === state.drawing && state.strokes.length) {
    see(data.answer.image);
    say(data.answer);
  }
  return () => cancelAnimationFrame(state.frame);
}
