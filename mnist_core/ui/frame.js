// What Streamlit's frame lacks: a menu that is one and folds on a phone, one step back a page, words for a lost server.
// private: the attributes, classes and words of Streamlit that it looks for; tests/browser/test_frame.py holds each.

const CONNECTED = "CONNECTED";
const GRACE = 1500; // milliseconds; a page that is left or a slow network is no news

// Each choice is written into the address, and Streamlit makes a step back of it: seven presses to leave a page.
const stepBackByPage = () => {
  if (history.stepsByPage) return;
  history.stepsByPage = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, address) => {
    const there = new URL(address ?? location.href, location.href);
    if (there.pathname === location.pathname && !there.hash) history.replaceState(state, title, address);
    else push(state, title, address);
  };
};

// Says that the server is gone, in place of Streamlit's dialog, which is for those who write an app.
const watchServer = (words) => {
  const app = document.querySelector(".stApp");
  const state = () => app.dataset.testConnectionState;
  let notice = document.getElementById("lab-notice");
  if (notice) notice.words = words; // in another language, perhaps
  if (!app || notice) return;
  notice = document.createElement("div");
  notice.id = "lab-notice";
  notice.words = words;
  notice.setAttribute("role", "status");
  document.body.append(notice); // outside of what a dialog hides from screen readers
  let waiting;
  const look = () => {
    clearTimeout(waiting);
    if (state() === CONNECTED) notice.textContent = "";
    else waiting = setTimeout(() => (notice.textContent = notice.words), GRACE);
  };
  look(); // it may have gone before this came
  new MutationObserver(look).observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
  new MutationObserver(() => {
    if (state() === CONNECTED) return;
    for (const dialog of document.querySelectorAll("[role=dialog]"))
      if (dialog.textContent.includes("Connection error")) dialog.querySelector("button[aria-label=Close]")?.click();
  }).observe(document.body, { childList: true, subtree: true });
};

export default function ({ data, parentElement }) {
  const menu = parentElement.closest(".st-key-navigation");
  const button = parentElement.querySelector("button");
  button.textContent = data.menu;
  document.documentElement.lang = data.language;
  document.documentElement.dir = data.direction;
  document.documentElement.style.setProperty("--lab-refused", JSON.stringify(data.refused)); // see frame.css
  stepBackByPage();
  watchServer(data.gone);
  if (!menu) return;
  menu.setAttribute("role", "navigation");
  menu.setAttribute("aria-label", data.name);

  const fold = (open) => {
    button.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("unfolded", open);
  };
  const mark = () => {
    for (const link of menu.querySelectorAll("a"))
      if (link.textContent.endsWith(data.page)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  };
  mark();
  if (menu.shownPage !== data.page) fold(false);
  menu.shownPage = data.page;
  Object.assign(menu, { markLinks: mark, foldLinks: () => fold(false) });
  if (!menu.observed) {
    menu.observed = true; // the links may come after this, and change without it
    new MutationObserver(() => menu.markLinks()).observe(menu, { childList: true, subtree: true });
    document.addEventListener("pointerdown", ({ target }) => menu.contains(target) || menu.foldLinks());
  }
  // Assigned, not added: this function runs again with each page.
  button.onclick = () => fold(button.getAttribute("aria-expanded") !== "true");
  menu.onkeydown = ({ key }) => {
    if (key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    fold(false);
    button.focus();
  };
}
