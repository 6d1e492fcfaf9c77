// Shows HTML that Python made, reports which of its elements was pressed, and makes a grid of them one stop of Tab.

const PRESSABLE = "[data-choice]";
const GRID = "[data-grid]";

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".shown");
  const cells = (within) => [...within.querySelectorAll(PRESSABLE)];
  // Several may stand for the same choice, as a header and its total do.
  const twins = (choice) => cells(place).filter((node) => node.dataset.choice === choice);

  // Makes a cell the one of its grid at which Tab arrives.
  const stopAt = (cell) => {
    const grid = cell.closest(GRID);
    if (grid) for (const other of cells(grid)) other.tabIndex = other === cell ? 0 : -1;
  };

  const show = () => {
    const focused = parentElement.activeElement?.closest(PRESSABLE);
    const number = focused ? twins(focused.dataset.choice).indexOf(focused) : 0;
    const scrolled = [...place.querySelectorAll(GRID)].map((grid) => grid.scrollTop);
    place.innerHTML = data.html;
    place.shownHtml = data.html;
    place.querySelectorAll(GRID).forEach((grid, index) => grid.scrollTo(0, scrolled[index] ?? 0));
    for (const grid of place.querySelectorAll(GRID)) {
      const first = grid.querySelector(`${PRESSABLE}[data-start]`) ?? grid.querySelector(PRESSABLE);
      if (first) stopAt(first);
    }
    const again = focused && twins(focused.dataset.choice)[number];
    if (again) {
      stopAt(again);
      again.focus({ preventScroll: true });
    }
  };
  if (place.shownHtml !== data.html) show();

  const middle = (node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return { right: left + width / 2, down: top + height / 2, height };
  };
  const inRow = (one, other) => Math.abs(one.down - other.down) < Math.min(one.height, other.height) / 2;

  // The next cell in a direction, as the eye sees it: in a table as among pictures that wrap.
  const beside = (from, arrow) => {
    const here = middle(from);
    const sideways = arrow === "ArrowLeft" || arrow === "ArrowRight";
    const sign = arrow === "ArrowRight" || arrow === "ArrowDown" ? 1 : -1;
    const ahead = cells(from.closest(GRID)).flatMap((node) => {
      const there = middle(node);
      const along = sign * (sideways ? there.right - here.right : there.down - here.down);
      const astray = Math.abs(sideways ? there.down - here.down : there.right - here.right);
      return node !== from && inRow(here, there) === sideways && along > 0 ? [{ node, along, astray }] : [];
    });
    return ahead.sort((one, other) => one.along - other.along || one.astray - other.astray)[0]?.node;
  };

  const end = (from, key, ofAll) => {
    const row = cells(from.closest(GRID)).filter((node) => ofAll || inRow(middle(from), middle(node)));
    return key === "Home" ? row[0] : row[row.length - 1];
  };

  const press = (node) => {
    stopAt(node);
    setTriggerValue("choice", node.dataset.choice);
    const heading = document.getElementById(data.leadsTo);
    const top = heading?.getBoundingClientRect().top;
    if (heading && (top < 0 || top > 0.7 * innerHeight)) heading.scrollIntoView({ behavior: "smooth" });
  };

  // Assigned, not added: this function runs again with each new HTML.
  place.onclick = ({ target }) => {
    const pressed = target.closest(PRESSABLE);
    if (pressed) press(pressed);
  };
  place.onkeydown = (event) => {
    const from = event.target.closest(PRESSABLE);
    if (!from || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      if (from.tagName === "BUTTON") return; // the browser makes a click of it
      event.preventDefault();
      if (!event.repeat) press(from);
      return;
    }
    const arrow = event.key.startsWith("Arrow");
    if (!from.closest(GRID) || !(arrow || event.key === "Home" || event.key === "End")) return;
    event.preventDefault(); // the page would scroll
    const next = arrow ? beside(from, event.key) : end(from, event.key, event.ctrlKey);
    if (!next) return;
    stopAt(next);
    next.focus();
  };
}
