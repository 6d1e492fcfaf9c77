// What a network makes of a drawing, stage by stage: a stage is a layer with weights and what follows it until the next one.

const MOST_MAPS = 16;
const MOST_LINKS = 5;

function stages(model) {
  const found = [];
  model.layers.forEach((layer, number) => {
    if (layer.isWeighted) found.push({ first: number, end: number, kind: layer.kind });
    else if (found.length && layer.kind !== "flatten") found.at(-1).end = number;
  });
  // What follows the flattening of a picture has no place in it.
  for (const stage of found) {
    while (stage.kind !== "dense" && model.layers[stage.end].shape.length < 3) stage.end--;
    stage.shape = model.layers[stage.end].shape;
  }
  return found;
}

// The pictures of each stage as bytes, 255 for its brightest value, or the values of its neurons; and which of the last stage
// speak most for the leading digits.
function thought(model, made) {
  const all = stages(model);
  const last = made.at(-1);
  const leading = [...last.keys()].sort((a, b) => last[b] - last[a]).slice(0, 2);
  const links = leading.map((digit) => ({ digit, units: strongest(model, made, all, digit) }));
  return {
    links,
    stages: all.slice(0, -1).map((stage, number) => {
      const values = made[stage.end];
      if (stage.kind === "dense") return { values: Float32Array.from(values) };
      const isLinked = number === all.length - 2;
      const before = isLinked ? links[0].units.map(({ unit }) => unit) : [];
      const rest = [...Array(stage.shape[2]).keys()].filter((unit) => !before.includes(unit));
      const units = [...before, ...rest].slice(0, MOST_MAPS);
      return { units, maps: pictures(values, stage.shape, units) };
    }),
  };
}

function pictures(values, [height, width, channels], units) {
  let most = 1e-9;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const found = new Uint8Array(units.length * height * width);
  units.forEach((unit, number) => {
    for (let at = 0; at < height * width; at++) {
      found[number * height * width + at] = Math.round((255 * Math.max(values[at * channels + unit], 0)) / most);
    }
  });
  return found;
}

const weight = (layer, length, unit, at) => layer.arrays[0][(unit - (unit % 4)) * length + 4 * at + (unit % 4)];

// The pictures or neurons that add most to what the last layer has for a digit, compared with the mean of all digits: only
// differences count for probabilities, and where what speaks against the others decides, nothing adds to the digit alone.
function strongest(model, made, all, digit) {
  if (all.length < 2) return [];
  const output = all.at(-1).first;
  const layer = model.layers[output];
  const values = made[output - 1];
  const before = all.at(-2);
  const channels = before.shape.at(-1);
  const digits = made.at(-1).length;
  const sums = new Float64Array(channels);
  for (let at = 0; at < values.length; at++) {
    let sum = 0;
    for (let other = 0; other < digits; other++) sum += weight(layer, values.length, other, at);
    sums[at % channels] += values[at] * (weight(layer, values.length, digit, at) - sum / digits);
  }
  return [...sums.keys()]
    .sort((a, b) => sums[b] - sums[a])
    .slice(0, MOST_LINKS)
    .filter((unit) => sums[unit] > 0)
    .map((unit) => ({ unit, amount: sums[unit] }));
}

// How the value at a place of a stage came about: the patch under the filter, the filter, their product, and what was added.
function arithmetic(model, { image, made }, place) {
  const { stage: number, unit } = place;
  const stage = stages(model)[number];
  const layer = model.layers[stage.first];
  const input = stage.first ? made[stage.first - 1] : Float64Array.from(image, (pixel) => pixel / 255);
  const result = made[stage.end];
  if (stage.kind === "dense") {
    const products = Float64Array.from(input, (value, at) => value * weight(layer, input.length, unit, at));
    const sum = products.reduce((a, b) => a + b, 0);
    return { inputs: input.length, sum, bias: layer.arrays[1][unit], value: result[unit] };
  }
  const [row, column] = origin(model, made, stage, place);
  const shape = stage.first ? model.layers[stage.first - 1].shape : model.input;
  const channels = shape[2];
  const times = stage.kind === "depthwise" ? layer.shape[2] / channels : 0;
  const [top, left] = [margin(shape, layer, 0), margin(shape, layer, 1)];
  const length = layer.size * layer.size * channels;
  const seen = Array.from({ length: channels }, () => ({ patch: [], filter: [], product: 0 }));
  for (let line = 0; line < layer.size; line++) {
    for (let across = 0; across < layer.size; across++) {
      const [y, x] = [row * layer.step - top + line, column * layer.step - left + across];
      const inside = y >= 0 && y < shape[0] && x >= 0 && x < shape[1];
      for (let channel = 0; channel < channels; channel++) {
        const at = line * layer.size + across;
        const factor = !times
          ? weight(layer, length, unit, at * channels + channel)
          : Math.floor(unit / times) === channel ? layer.arrays[0][at * layer.shape[2] + unit] : 0;
        const value = inside ? input[(y * shape[1] + x) * channels + channel] : 0;
        seen[channel].patch.push(value);
        seen[channel].filter.push(factor);
        seen[channel].product += value * factor;
      }
    }
  }
  const sum = seen.reduce((total, one) => total + one.product, 0);
  const most = seen.reduce((a, b) => (Math.abs(b.product) > Math.abs(a.product) ? b : a));
  const at = (place.row * stage.shape[1] + place.column) * stage.shape[2] + unit;
  return { ...most, size: layer.size, channels, sum, bias: layer.arrays[1][unit], value: result[at] };
}

// Where in what the layer itself made a place of the stage's picture comes from: of a pooling, the largest in its window.
function origin(model, made, stage, { unit, row, column }) {
  for (let number = stage.end; number > stage.first; number--) {
    const layer = model.layers[number];
    const shape = model.layers[number - 1].shape;
    if (layer.kind === "maxpool" || layer.kind === "avgpool") {
      let [best, found] = [-Infinity, [0, 0]];
      for (let y = row * layer.step; y < Math.min(row * layer.step + layer.size, shape[0]); y++) {
        for (let x = column * layer.step; x < Math.min(column * layer.step + layer.size, shape[1]); x++) {
          const value = made[number - 1][(y * shape[1] + x) * shape[2] + unit];
          if (value > best) [best, found] = [value, [y, x]];
        }
      }
      [row, column] = found;
    } else if (layer.kind === "pad" || layer.kind === "crop") {
      const sign = layer.kind === "pad" ? -1 : 1;
      [row, column] = [row + sign * layer.sides[0], column + sign * layer.sides[2]];
    } else if (layer.kind === "resize") {
      [row, column] = [Math.floor((row * shape[0]) / layer.size), Math.floor((column * shape[1]) / layer.size)];
    }
    row = Math.min(Math.max(row, 0), shape[0] - 1);
    column = Math.min(Math.max(column, 0), shape[1] - 1);
  }
  return [row, column];
}
