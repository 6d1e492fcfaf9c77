// The answer while the pen moves: the model runs in a worker beside the page, and what it says stands in the place of the
// lab's own answer until that one is there. Where this does not run, the page is what it was.

const FRAME = 16; // milliseconds

export default function ({ data, parentElement }) {
  const place = parentElement.closest(".st-key-draw-answer");
  const panel = parentElement.querySelector(".live");
  const here = (parentElement.here ??= { worker: null, address: "", differ: 0, alike: 0 });
  const listening = new AbortController();
  const { signal } = listening;

  here.shown = shownBy(panel, data);
  if (data.network !== here.address) start(here, data, place);
  here.isOn = data.isOn;

  document.addEventListener("lab-drawing", ({ detail }) => hear(here, detail), { signal });
  document.addEventListener("lab-think", () => here.newest && hear(here, here.newest), { signal });
  document.addEventListener("lab-place", ({ detail }) => here.worker?.postMessage({ place: detail }), { signal });
  const answers = new MutationObserver(() => compare(here, place));
  answers.observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-strokes"] });

  return () => {
    listening.abort();
    answers.disconnect();
    setTimeout(() => parentElement.isConnected || here.worker?.terminate()); // it stays where the part only runs again
  };
}

// Fetches a model, which the browser keeps, and starts a worker that reads by it.
async function start(here, data, place) {
  here.worker?.terminate();
  [here.worker, here.address, here.isBusy, here.isWaiting] = [null, data.network, false, false];
  if (!data.network) return;
  try {
    const response = await fetch(new URL(data.network, location.href));
    if (!response.ok) return;
    const model = await response.arrayBuffer();
    if (here.address !== data.network) return; // another one was chosen meanwhile
    const script = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
    const worker = new Worker(script);
    worker.onmessage = ({ data: said }) => {
      if (said.ready) {
        URL.revokeObjectURL(script);
        here.worker = worker;
        document.dispatchEvent(new CustomEvent("lab-ask")); // what is on the canvas already
      } else if (said.place) {
        document.dispatchEvent(new CustomEvent("lab-arithmetic", { detail: said }));
      } else {
        here.isBusy = false;
        show(here, said, place);
        if (here.isWaiting) ask(here);
      }
    };
    worker.postMessage({ model }, [model]);
  } catch {
    // the lab answers by itself
  }
}

// Asks at most once a frame, and only once what was asked before is answered: what comes in between is left out.
function hear(here, detail) {
  [here.newest, here.isWaiting] = [detail, true];
  if (performance.now() - (here.asked ?? 0) > FRAME) ask(here);
  else here.frame ??= requestAnimationFrame(() => ask(here));
}

function ask(here) {
  here.frame = cancelAnimationFrame(here.frame);
  if (!here.worker || here.isBusy || !here.isOn) return;
  [here.isBusy, here.isWaiting, here.asked] = [true, false, performance.now()];
  const { read, number, isGrowing } = here.newest;
  const thinks = !!document.querySelector(".thought:not([hidden])")?.checkVisibility();
  here.worker.postMessage({ strokes: read(), about: { number, isGrowing }, thinks });
}

function show(here, said, place) {
  if (said.thought) document.dispatchEvent(new CustomEvent("lab-thought", { detail: said }));
  here.said = said;
  if (!said.image) return place.classList.remove("is-live");
  here.shown(said);
  place.classList.add("is-live");
  if (!said.isGrowing) compare(here, place); // the lab may have been faster
}

// Once the lab has answered to as many strokes, its answer is the one that counts, and whether both are alike is counted.
function compare(here, place) {
  const answered = place.querySelector(".answer:not(.live)")?.dataset;
  const said = here.said;
  if (!answered || !said || here.newest?.isGrowing || Number(answered.strokes) !== here.newest?.number) return;
  place.classList.remove("is-live");
  if (said.number !== here.newest.number || said.isGrowing || here.counted === said) return;
  here.counted = said;
  if (!answered.digit || !said.image) return; // several digits, or none
  here[Number(answered.digit) === highest(said.probabilities) ? "alike" : "differ"]++;
  document.dispatchEvent(new CustomEvent("lab-compared", { detail: { alike: here.alike, differ: here.differ } }));
}

// Makes the panel's parts once; what it returns puts a reading into them.
function shownBy(panel, { words }) {
  panel.innerHTML = `<div class="answer-words"><p class="answer-title"></p><p class="answer-digit"></p><p class="answer-said"></p></div>
    <figure><canvas width="28" height="28"></canvas></figure>
    <div class="probabilities">${"<div><b></b><i></i><span></span></div>".repeat(10)}</div>`;
  panel.querySelector(".answer-title").textContent = words.title;
  panel.querySelector("figure").dataset.words = words.seen; // shown by the style: the lab's own answer has these words, too
  const [digit, sentence] = [".answer-digit", ".answer-said"].map((name) => panel.querySelector(name));
  const picture = panel.querySelector("canvas");
  const bars = [...panel.querySelectorAll(".probabilities > div")];
  bars.forEach((bar, number) => (bar.querySelector("b").textContent = number));
  return ({ image, probabilities }) => {
    const top = highest(probabilities);
    digit.textContent = top;
    sentence.textContent = words.said.replace("{confidence}", confidence(probabilities[top], words));
    showBars(bars, probabilities, top, words);
    showPicture(picture, image);
  };
}
