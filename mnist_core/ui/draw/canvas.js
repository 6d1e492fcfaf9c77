// What the drawing canvas lacks, added in the browser: a name for screen readers instead of a toolbar of its own, a size
// that follows its column, an answer right after a stroke that they say, and Undo, Redo and Clear that act at once. Where
// this does not run, the page still works.

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

export default function ({ data, parentElement }) {
  const block = parentElement.closest(".st-key-canvas");
  const listening = new AbortController();
  const { signal } = listening;

  const root = () => [...block.querySelectorAll(`.st-key-${data.canvas} *`)].find((node) => node.shadowRoot)?.shadowRoot;
  const tool = (name) => root()?.querySelector(`${TOOLBAR} [aria-label^="${name}"]`);

  // Presses a button of the canvas's own history; says whether that did something.
  const press = (name) => {
    if (tool(name)?.disabled !== false) return false;
    tool(name).click();
    return true;
  };
  const actions = {
    undo: () => press("Undo"),
    redo: () => press("Redo"),
    // It goes back to what it started with, so any other start is cleared by the server.
    clear: () => data.blank && press("Reset"),
  };

  // The canvas waits 200 ms for a further stroke before it sends its drawing; its own button sends at once.
  const send = () => setTimeout(() => tool("Update")?.click());
  const begin = (end) => window.addEventListener(end, send, { once: true, signal });

  const dress = () => {
    const canvas = root()?.querySelector("canvas.upper-canvas");
    if (!canvas) return;
    clearInterval(waiting);
    if (!root().adoptedStyleSheets.includes(STYLE)) root().adoptedStyleSheets.push(STYLE);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", data.label);
    canvas.addEventListener("mousedown", () => begin("mouseup"), { signal });
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

  // The answer comes and goes beside the canvas, which stays: sent with each answer, this would cost the app more.
  const speak = () => {
    const region = document.querySelector(".st-key-announcement:not([role])");
    region?.setAttribute("role", "status");
    region?.setAttribute("aria-live", "polite");
  };
  const answers = new MutationObserver(speak);
  answers.observe(document.body, { childList: true, subtree: true });
  speak();

  return () => {
    answers.disconnect();
    clearInterval(waiting);
    listening.abort();
  };
}
