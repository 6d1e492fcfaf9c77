// What of a page is cut off or makes it scroll sideways: one sentence for each.
() => {
  const main = document.querySelector(".stMain");
  const width = document.documentElement.clientWidth;
  const found = [];
  if (main.scrollWidth > main.clientWidth + 1) found.push(`the page scrolls sideways: ${main.scrollWidth} px`);
  const named = (node) => {
    const words = (node.innerText || node.getAttribute("aria-label") || "").trim().replace(/\s+/g, " ").slice(0, 40);
    const key = node.closest("[class*=st-key-]")?.className.match(/st-key-\S+/)?.[0] ?? "";
    return `<${node.tagName.toLowerCase()}> '${words}' ${key}`.trim();
  };
  const pen = document.createElement("canvas").getContext("2d");
  const scrolls = (style) => ["auto", "scroll"].includes(style.overflowX);
  const clips = (style) => ["hidden", "clip"].includes(style.overflowX);
  const isShown = (node) =>
    node.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !node.closest("[aria-hidden=true]");
  const everything = (root) =>
    [...root.querySelectorAll("*")].flatMap((node) => [node, ...(node.shadowRoot ? everything(node.shadowRoot) : [])]);
  const parent = (node) => node.parentElement ?? node.getRootNode().host;
  const leaves = "a, button, input, textarea, img, canvas, svg, p, h1, h2, h3, th, td, label, summary, [role=slider]";
  for (const node of everything(main)) {
    if (!node.matches(leaves) || !isShown(node)) continue;
    const box = node.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(node);
    if (style.textOverflow === "ellipsis" && clips(style) && node.scrollWidth > node.clientWidth + 1)
      found.push(`${named(node)} ends in an ellipsis`);
    if (node.matches("input") && node.placeholder && !node.value) {
      pen.font = style.font;
      const room = node.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      if (pen.measureText(node.placeholder).width > room + 1)
        found.push(`${named(node)} has no room for '${node.placeholder}'`);
    }
    let [left, right] = [0, width];
    let free = false;
    for (let above = parent(node); above && above !== main; above = parent(above)) {
      const look = getComputedStyle(above);
      if (scrolls(look) && above.scrollWidth > above.clientWidth && node.tagName !== "CANVAS") {
        free = true; // it is reached by scrolling, as a canvas is not: a finger draws on it
        break;
      }
      if (!clips(look) && !scrolls(look)) continue;
      const edge = above.getBoundingClientRect();
      if (edge.width < 2) {
        free = true; // for screen readers
        break;
      }
      left = Math.max(left, edge.left);
      right = Math.min(right, edge.right);
      if (look.textOverflow === "ellipsis" && above.scrollWidth > above.clientWidth + 1)
        found.push(`${named(above)} ends in an ellipsis`);
    }
    if (free || (box.right <= right + 1 && box.left >= left - 1)) continue;
    const [from, to, of, until] = [box.left, box.right, left, right].map(Math.round);
    found.push(`${named(node)} reaches from ${from} to ${to} where ${of} to ${until} is seen`);
  }
  return [...new Set(found)];
}
