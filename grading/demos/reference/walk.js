// Six rules, each for one coordinate: (w, slope, learning rate, memory m of that coordinate, settings) -> the next w.

const RULES = {
  sgd: (w, g, rate) => w - rate * g,
  sgd_momentum(w, g, rate, m, { momentum }) {
    m.v = momentum * (m.v || 0) - rate * g;
    return w + m.v;
  },
  nesterov_momentum(w, g, rate, m, { momentum }) {
    m.v = momentum * (m.v || 0) - rate * g;
    return w + momentum * m.v - rate * g;
  },
  adagrad(w, g, rate, m) {
    m.c = (m.c || 0) + g * g;
    return w - rate * g / (Math.sqrt(m.c) + 1e-8);
  },
  rmsprop(w, g, rate, m, { decay_rate: rho }) {
    m.c = rho * (m.c || 0) + (1 - rho) * g * g;
    return w - rate * g / (Math.sqrt(m.c) + 1e-8);
  },
  adam(w, g, rate, m, { beta2, beta1 = 0.9 }) {
    m.t = (m.t || 0) + 1;
    m.m = beta1 * (m.m || 0) + (1 - beta1) * g;
    m.v = beta2 * (m.v || 0) + (1 - beta2) * g * g;
    return w - rate * (m.m / (1 - beta1 ** m.t)) / (Math.sqrt(m.v / (1 - beta2 ** m.t)) + 1e-8);
  },
};

const SCHEDULES = {
  constant: () => 1,
  step: (epoch, { drop, every }) => drop ** Math.floor(epoch / every),
  exponential: (epoch, { decay }) => Math.exp(-decay * epoch),
  "1/t": (epoch, { decay }) => 1 / (1 + decay * epoch),
};

function respond({ landscape, start, scale, schedule, rules, schedules, steps, epoch, far }) {
  const walks = {}, which = Object.keys(LANDSCAPES).indexOf(landscape);
  for (const [rule, { rates, settings }] of Object.entries(rules)) {
    const places = [start], memory = [{}, {}];
    for (let t = 0; t < steps; t++) {
      const w = places[t], [, ...slopes] = LANDSCAPES[landscape](...w);
      const rate = rates[which] * scale * SCHEDULES[schedule](Math.floor(t / epoch), schedules[schedule]);
      const next = w.map((one, d) => RULES[rule](one, slopes[d], rate, memory[d], settings));
      if (!next.every(one => Math.abs(one) < far)) break;
      places.push(next);
    }
    walks[rule] = places;
  }
  return { walks, troubles: [] };
}
