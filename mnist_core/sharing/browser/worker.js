// Reads drawings beside the page, which never waits for it. It is sent a model, then strokes, or a place to explain.

let model, seen;

self.onmessage = ({ data }) => {
  if (data.model) {
    model = readModel(data.model);
    self.postMessage({ ready: true });
  } else if (data.strokes) {
    self.postMessage({ ...data.about, ...answer(data.strokes, data.thinks) });
  } else if (data.place && seen) {
    self.postMessage({ place: data.place, arithmetic: arithmetic(model, seen, data.place) });
  }
};

function answer(strokes, thinks) {
  const image = isSpeck(strokes) ? null : prepare(strokes);
  if (!image) return { image };
  const made = activations(model, image);
  seen = { image, made };
  return { image, probabilities: calibrated(model, made.at(-1)), thought: thinks ? thought(model, made) : null };
}
