// Any network of the lab, from the layers and weights that `packed_model` has written: what each layer makes of a picture.
// Keras's rules hold; a layer or an activation that is not in these tables cannot be packed.

const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clipped = (x) => Math.min(Math.max(x, 0), 6);
const each = (make) => (values, number) => {
  for (let at = 0; at < values.length; at++) values[at] = make(values[at], number);
};

// What each makes of all values of a layer, in place: the values, the number that an activation has (0: its own), and how
// many values stand in a row.
const ACTIVATIONS = {
  linear: () => {},
  relu: each((x, most) => (most ? Math.min(Math.max(x, 0), most) : Math.max(x, 0))),
  elu: each((x, alpha) => (x > 0 ? x : (alpha || 1) * Math.expm1(x))),
  gelu: each((x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2))),
  leaky_relu: each((x, slope) => (x > 0 ? x : (slope || 0.2) * x)),
  tanh: each(Math.tanh),
  sigmoid: each(sigmoid),
  softmax,
  relu6: each(clipped),
  selu: each((x) => SELU.scale * (x > 0 ? x : SELU.alpha * Math.expm1(x))),
  silu: each((x) => x * sigmoid(x)),
  mish: each((x) => x * Math.tanh(softplus(x))),
  softplus: each(softplus),
  softsign: each((x) => x / (1 + Math.abs(x))),
  hard_sigmoid: each((x) => clipped(x + 3) / 6),
  hard_silu: each((x) => (x * clipped(x + 3)) / 6),
  exponential: each(Math.exp),
};

function softmax(values, _number, row) {
  for (let start = 0; start < values.length; start += row) {
    const own = values.subarray(start, start + row);
    const most = own.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let at = 0; at < row; at++) sum += own[at] = Math.exp(own[at] - most);
    for (let at = 0; at < row; at++) own[at] /= sum;
  }
}

// The error function, to 1.2e-7 (Press and others, "Numerical Recipes", erfc by Chebyshev).
function errorFunction(x) {
  const z = Math.abs(x);
  const t = 1 / (1 + 0.5 * z);
  const terms = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  const complement = t * Math.exp(-z * z + terms.reduceRight((sum, term) => sum * t + term, 0));
  return x >= 0 ? 1 - complement : complement - 1;
}

// What each kind makes of what it gets: values `[height, width, channels]` or `[neurons]`, the shape of those, and its own
// description with its arrays and the shape that it makes.
const LAYERS = {
  conv: (values, shape, layer) => products(patches(values, shape, layer), layer.arrays[0], layer.arrays[1]),
  depthwise,
  maxpool: (values, shape, layer) => pooled(values, shape, layer, -Infinity, keepLargest, () => {}),
  avgpool: (values, shape, layer) => pooled(values, shape, layer, 0, add, divide),
  pad: (values, shape, layer) => moved(values, shape, layer, layer.sides[0], layer.sides[2]),
  crop: (values, shape, layer) => moved(values, shape, layer, -layer.sides[0], -layer.sides[2]),
  resize: resized,
  norm: (values, _shape, { arrays: [scale, offset] }) => values.map((x, at) => x * scale[at % scale.length] + offset[at % scale.length]),
  activation: (values) => values.slice(),
  prelu: (values, _shape, { arrays: [slope] }) => values.map((x, at) => (x > 0 ? x : x * slope[at % slope.length])),
  dropout: (values) => values,
  flatten: (values) => values,
  dense: (values, _shape, layer) => products(values, layer.arrays[0], layer.arrays[1]),
};

const PRODUCTS = new Set(["conv", "dense"]);

// Where a kernel or window begins, before the picture where it has a margin.
function margin(shape, layer, axis) {
  if (layer.padding !== "same") return 0;
  const missing = (layer.shape[axis] - 1) * layer.step + layer.size - shape[axis];
  return Math.max(Math.floor(missing / 2), 0);
}

// The part of the picture under the kernel at each of its places, one after the other, zeros around it.
function patches(values, shape, layer) {
  const [height, width, channels] = shape;
  const [rows, columns] = layer.shape;
  const { size, step } = layer;
  const [top, left] = [margin(shape, layer, 0), margin(shape, layer, 1)];
  const length = size * size * channels;
  const found = new Float64Array(rows * columns * length);
  for (let row = 0, start = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, start += length) {
      const x = column * step - left;
      const [from, to] = [Math.max(x, 0), Math.min(x + size, width)];
      for (let line = 0; line < size; line++) {
        const y = row * step - top + line;
        if (y < 0 || y >= height || from >= to) continue;
        const part = values.subarray((y * width + from) * channels, (y * width + to) * channels);
        found.set(part, start + (line * size + from - x) * channels);
      }
    }
  }
  return found;
}

// Rows of values times weights, as `inBlocks` has them, plus a bias. It takes nearly all of the time: two rows and four units
// at once stay in the processor's registers, and are read one after the other.
function products(rows, weights, bias) {
  const units = bias.length;
  const length = weights.length / (4 * Math.ceil(units / 4));
  const number = rows.length / length;
  const found = new Float64Array(number * units);
  for (let unit = 0; unit < units; unit += 4) {
    for (let row = 0; row < number; row += 2) {
      const a = row * length;
      const b = row + 1 < number ? a + length : a;
      let a0 = 0, a1 = 0, a2 = 0, a3 = 0;
      let b0 = 0, b1 = 0, b2 = 0, b3 = 0;
      for (let at = 0, w = unit * length; at < length; at++, w += 4) {
        const x = rows[a + at], y = rows[b + at];
        const w0 = weights[w], w1 = weights[w + 1], w2 = weights[w + 2], w3 = weights[w + 3];
        a0 += x * w0;
        a1 += x * w1;
        a2 += x * w2;
        a3 += x * w3;
        b0 += y * w0;
        b1 += y * w1;
        b2 += y * w2;
        b3 += y * w3;
      }
      store(found, bias, row * units, unit, a0, a1, a2, a3);
      if (a !== b) store(found, bias, (row + 1) * units, unit, b0, b1, b2, b3);
    }
  }
  return found;
}

function store(found, bias, start, unit, a, b, c, d) {
  const units = bias.length;
  found[start + unit] = a + bias[unit];
  if (unit + 1 < units) found[start + unit + 1] = b + bias[unit + 1];
  if (unit + 2 < units) found[start + unit + 2] = c + bias[unit + 2];
  if (unit + 3 < units) found[start + unit + 3] = d + bias[unit + 3];
}

// A kernel as Keras keeps it, `[length, units]`, as `[units / 4, length, 4]`: zeros fill the last four units up.
function inBlocks(kernel, units) {
  const length = kernel.length / units;
  const found = new Float64Array(4 * Math.ceil(units / 4) * length);
  for (let at = 0; at < length; at++) {
    for (let unit = 0; unit < units; unit++) {
      found[(unit - (unit % 4)) * length + 4 * at + (unit % 4)] = kernel[at * units + unit];
    }
  }
  return found;
}

// Calls `use(place in the output's pixels, row and column in the kernel, place in the input's pixels)`.
function slide(shape, layer, use) {
  const [height, width] = shape;
  const [rows, columns] = layer.shape;
  const [top, left] = [margin(shape, layer, 0), margin(shape, layer, 1)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let line = 0; line < layer.size; line++) {
        const y = row * layer.step - top + line;
        for (let place = 0; place < layer.size && y >= 0 && y < height; place++) {
          const x = column * layer.step - left + place;
          if (x >= 0 && x < width) use(row * columns + column, line * layer.size + place, y * width + x);
        }
      }
    }
  }
}

function depthwise(values, shape, layer) {
  const [kernel, bias] = layer.arrays;
  const channels = shape[2];
  const units = layer.shape[2];
  const times = units / channels;
  const found = Float64Array.from({ length: layer.shape[0] * layer.shape[1] * units }, (_, at) => bias[at % units]);
  slide(shape, layer, (out, place, input) => {
    for (let unit = 0; unit < units; unit++) {
      found[out * units + unit] += values[input * channels + Math.floor(unit / times)] * kernel[place * units + unit];
    }
  });
  return found;
}

function pooled(values, shape, layer, start, join, finish) {
  const channels = shape[2];
  const number = layer.shape[0] * layer.shape[1];
  const found = new Float64Array(number * channels).fill(start);
  const counts = new Uint32Array(number);
  slide(shape, layer, (out, _place, input) => {
    counts[out]++;
    join(found, out * channels, values, input * channels, channels);
  });
  for (let out = 0; out < number; out++) finish(found, out * channels, channels, counts[out]);
  return found;
}

function keepLargest(found, out, values, input, channels) {
  for (let channel = 0; channel < channels; channel++) {
    if (values[input + channel] > found[out + channel]) found[out + channel] = values[input + channel];
  }
}

function add(found, out, values, input, channels) {
  for (let channel = 0; channel < channels; channel++) found[out + channel] += values[input + channel];
}

function divide(found, out, channels, number) {
  for (let channel = 0; channel < channels; channel++) found[out + channel] /= number;
}

// The picture in a larger or smaller frame, so many pixels further down and right.
function moved(values, shape, layer, down, right) {
  const [height, width, channels] = shape;
  const [rows, columns] = layer.shape;
  const found = new Float64Array(rows * columns * channels);
  for (let row = Math.max(-down, 0); row < height && row + down < rows; row++) {
    for (let column = Math.max(-right, 0); column < width && column + right < columns; column++) {
      for (let channel = 0; channel < channels; channel++) {
        found[((row + down) * columns + column + right) * channels + channel] = values[(row * width + column) * channels + channel];
      }
    }
  }
  return found;
}

// Bilinear, by the middles of the pixels.
function resized(values, shape, layer) {
  const channels = shape[2];
  const [rows, columns] = layer.shape;
  const found = new Float64Array(rows * columns * channels);
  const near = (place, from, to) => {
    const exact = Math.max((place + 0.5) * (from / to) - 0.5, 0);
    const low = Math.min(Math.floor(exact), from - 1);
    return [low, Math.min(low + 1, from - 1), exact - low];
  };
  for (let row = 0; row < rows; row++) {
    const [top, bottom, down] = near(row, shape[0], rows);
    for (let column = 0; column < columns; column++) {
      const [left, right, across] = near(column, shape[1], columns);
      for (let channel = 0; channel < channels; channel++) {
        const value = (y, x) => values[(y * shape[1] + x) * channels + channel];
        const above = value(top, left) * (1 - across) + value(top, right) * across;
        const below = value(bottom, left) * (1 - across) + value(bottom, right) * across;
        found[(row * columns + column) * channels + channel] = above * (1 - down) + below * down;
      }
    }
  }
  return found;
}

// --- The model -------------------------------------------------------------------------------------------------------

// Reads what `packed_model.packed` wrote, an ArrayBuffer: its header with the layers, each with its arrays.
function readModel(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const model = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  for (const layer of model.layers) {
    layer.arrays = layer.lengths.map((number) => {
      const array = model.half ? fromHalf(new Uint16Array(buffer.slice(at, at + 2 * number))) : new Float32Array(buffer.slice(at, at + 4 * number));
      at += (model.half ? 2 : 4) * number;
      return array;
    });
    if (PRODUCTS.has(layer.kind)) layer.arrays[0] = inBlocks(layer.arrays[0], layer.arrays[1].length);
  }
  return model;
}

// float16 → float32: a sign, 5 bits of exponent, 10 of mantissa.
function fromHalf(bits) {
  return Float32Array.from(bits, (half) => {
    const [exponent, mantissa] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + mantissa / 1024) : 2 ** -14 * (mantissa / 1024);
    return half & 0x8000 ? -size : size;
  });
}

// What each layer makes of 784 bytes, white on black: a list of values as the layers' shapes say, the last of them the ten
// probabilities, not calibrated.
function activations(model, image) {
  let values = Float64Array.from(image, (pixel) => Math.fround(pixel / 255));
  let shape = model.input;
  return model.layers.map((layer) => {
    values = LAYERS[layer.kind](values, shape, layer);
    if (layer.activation !== "linear") ACTIVATIONS[layer.activation](values, layer.number, layer.shape.at(-1));
    shape = layer.shape;
    return values;
  });
}

// Divides the logarithms of probabilities by the model's temperature; the ten add up to 1.
function calibrated(model, probabilities) {
  const found = Float64Array.from(probabilities, (one) => Math.log(Math.max(one, 1e-30)) / model.temperature);
  softmax(found, 0, found.length);
  return Array.from(found);
}
