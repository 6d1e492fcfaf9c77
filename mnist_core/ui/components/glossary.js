// Lists the words of the lab at the foot of a page, and shows one beside the link that was pressed for it.

const LINK = "a[href^='#word-']";
const GAP = 8; // pixels between a link and what it shows

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".words");
  const card = parentElement.querySelector(".card");
  const list = place.querySelector("dl");
  const element = (name, text, type = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = type;
    return made;
  };
  const words = new Map(data.words.map((word) => [word.id, word]));
  place.querySelector("summary").textContent = data.title;
  card.querySelector("button").setAttribute("aria-label", data.close);
  list.replaceChildren(
    ...data.words.map(({ name, meaning, example }) => {
      const entry = document.createElement("div");
      entry.append(element("dt", name), element("dd", meaning), element("dd", example, "example"));
      return entry;
    }),
  );

  let opener;
  const show = (word, link) => {
    card.querySelector("strong").textContent = word.name;
    card.querySelector(".meaning").textContent = word.meaning;
    card.querySelector(".example").textContent = word.example;
    card.hidePopover(); // it may stand beside another link
    card.showPopover();
    opener = link;
    const at = link.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const below = at.bottom + GAP + height <= innerHeight;
    card.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
    card.style.top = `${Math.max(GAP, below ? at.bottom + GAP : at.top - GAP - height)}px`;
  };

  // The page draws its links again and again, and some stand in parts of their own: all are heard here.
  const hear = (event) => {
    const link = event.composedPath().find((node) => node instanceof Element && node.matches(LINK));
    const word = link && words.get(link.getAttribute("href").slice("#word-".length));
    if (!word || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // the address stays what it is
    show(word, link);
  };
  document.addEventListener("click", hear, true);
  card.onbeforetoggle = ({ newState }) => {
    if (newState === "closed" && card.contains(parentElement.activeElement)) opener?.focus({ preventScroll: true });
  };
  card.querySelector("button").onclick = () => card.hidePopover();
  return () => document.removeEventListener("click", hear, true);
}
