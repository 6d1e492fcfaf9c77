// What a page shows of an answer: the picture that the network sees, and ten bars. `words` says shares as the lab does.

const LEAST_SAID = 0.01; // next to nothing needs no number beside its bar

const highest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

// A share as the lab says it: never certain.
function confidence(share, words) {
  if (share < 0.01) return words.least;
  return share > 0.99 ? words.most : words.percent.replace("0", Math.round(100 * share));
}

// Puts ten probabilities into ten bars, of which `top` is marked; -1 marks none.
function showBars(bars, probabilities, top, words) {
  [...bars].forEach((bar, digit) => {
    const share = probabilities[digit];
    bar.classList.toggle("highest", digit === top);
    bar.querySelector("i").style.setProperty("--share", share);
    bar.querySelector("span").textContent = digit === top || share >= LEAST_SAID ? confidence(share, words) : "";
  });
}

// Paints 784 bytes on a canvas of 28×28.
function showPicture(canvas, image) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(28, 28);
  image.forEach((value, at) => pixels.data.set([value, value, value, 255], 4 * at));
  context.putImageData(pixels, 0, 0);
}
