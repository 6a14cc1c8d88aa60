// A graph of gates, forward in order and backward in the opposite one.

const GATES = {
  add: (a, b) => [a + b, [1, 1]],
  mul: (a, b) => [a * b, [b, a]],
  maximum: (a, b) => [Math.max(a, b), a >= b ? [1, 0] : [0, 1]],
  exp: a => [Math.exp(a), [Math.exp(a)]],
  reciprocal: a => [1 / a, [-1 / (a * a)]],
};

function respond({ expression, inputs, expressions }) {
  const { gates } = expressions[expression], values = { ...inputs }, slopes = {};
  for (const [name, gate, into] of gates) {
    [values[name], slopes[name]] = GATES[gate](...into.map(one => typeof one === "number" ? one : values[one]));
    if (!Number.isFinite(values[name])) return { said: `The value of ${name} is not finite.` };
    while (slopes[name].length < into.length) slopes[name].push(0);
  }
  const grads = Object.fromEntries(Object.keys(values).map(name => [name, 0]));
  grads.L = 1;
  for (const [name, , into] of [...gates].reverse()) {
    into.forEach((one, i) => { if (typeof one !== "number") grads[one] += slopes[name][i] * grads[name]; });
  }
  return { values, slopes, grads };
}
