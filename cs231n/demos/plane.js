// Points of three classes, a line for each, and the loss of it all.

function draw(root, compute, { asked, answer }) {
  const beginning = structuredClone(asked), window = [-1.2, 1.2, -1.2, 1.2];
  let state = structuredClone(asked), found = answer;
  const { figure, controls, panel, numbers, tell } = frame(root);
  const plane = stage(figure, "Plane with nine points and three lines", window, 440, 440);
  const anchors = [[0, 0], [0, 0], [0, 0]];              // what a line is held by: its place nearest to where it was held

  const reading = ([x, y], c) => state.W[0][c] * x + state.W[1][c] * y + state.W[2][c];
  const size = c => Math.hypot(state.W[0][c], state.W[1][c]);
  const reach = length => 0.4 * Math.log1p(length);      // how long an arrow is drawn, and back
  const length = reached => Math.expm1(reached / 0.4);

  const areas = [0, 1, 2].map(c => add(plane.svg, "path", { class: `area class${c}` }));
  const lines = [0, 1, 2].map(c => add(plane.svg, "path", { class: `line class${c}` }));
  const arrows = [0, 1, 2].map(c => add(plane.svg, "path", { class: `line class${c}` }));
  const rings = state.points.map(() => add(plane.svg, "circle", { class: "ring" }));

  const feet = [0, 1, 2].map(c => movable(plane, group => add(group, "circle", { class: `grip class${c}`, r: 7 }), ([x, y]) => {
    anchors[c] = [x, y];
    state.W[2][c] = -(state.W[0][c] * x + state.W[1][c] * y);
    changed();
  }));
  const tips = [0, 1, 2].map(c => movable(plane, group => add(group, "path", { class: `grip class${c}`, d: "M-7 -5L7 0L-7 5Z" }), ([x, y]) => {
    const [fx, fy] = anchors[c], reached = Math.hypot(x - fx, y - fy), long = length(reached);
    if (reached < 0.02) return;
    state.W[0][c] = long * (x - fx) / reached;
    state.W[1][c] = long * (y - fy) / reached;
    state.W[2][c] = -(state.W[0][c] * fx + state.W[1][c] * fy);
    changed();
  }));
  const points = state.points.map((point, i) => movable(plane, group => marker(group, point[2]), ([x, y]) => {
    state.points[i] = [x, y, point[2]];
    changed();
  }));

  const kind = choice(controls, "loss", ["hinge", "one-against-all", "softmax"], state.kind, value => { state.kind = value; changed(); });
  const reg = slider(controls, "penalty", [-3, 1, 0.1], Math.log10(state.reg), value => shown(10 ** value, 2),
    value => { state.reg = 10 ** value; changed(); });
  const rate = slider(controls, "step size", [-3, 0, 0.1], Math.log10(state.rate), value => shown(10 ** value, 2),
    value => { state.rate = 10 ** value; });
  const buttons = add(controls, "div", { class: "buttons" });
  button(buttons, "step", step);
  const stop = runner(buttons, "run", step);
  button(buttons, "start again", () => {
    stop();
    state = structuredClone(beginning);
    kind.value = state.kind;
    reg.set(Math.log10(state.reg));
    rate.set(Math.log10(state.rate));
    changed();
  });
  const fill = table(panel, "Loss of each point", ["point", "x", "y", "loss"]);
  const ask = asker(compute, show, tell);

  /** One step against the gradient; false where there is none. */
  async function step() {
    await ask(state);
    if (!found.slopes) return false;
    state.W = state.W.map((row, d) => row.map((w, c) => w - state.rate * found.slopes[d][c]));
    if (!state.W.flat().every(Number.isFinite)) {
      state = structuredClone(beginning);
      await changed();
      tell("The steps were too long: the weights grew beyond all numbers. It starts again.");
      return false;
    }
    return changed().then(() => "slopes" in found);
  }

  function changed() {
    sketch();
    return ask(state);
  }

  /** What does not need an answer. */
  function sketch() {
    for (const c of [0, 1, 2]) {
      const w = [state.W[0][c], state.W[1][c]], long = size(c), square = long * long || 1;
      const off = reading(anchors[c], c) / square;
      anchors[c] = [anchors[c][0] - off * w[0], anchors[c][1] - off * w[1]];
      const [x, y] = anchors[c], along = long ? [-w[1] / long, w[0] / long] : [0, 0];
      const tip = [x + w[0] / (long || 1) * reach(long), y + w[1] / (long || 1) * reach(long)];
      lines[c].setAttribute("d", plane.path([[x - 5 * along[0], y - 5 * along[1]], [x + 5 * along[0], y + 5 * along[1]]]));
      arrows[c].setAttribute("d", plane.path([[x, y], tip]));
      feet[c].place([x, y], `line of the ${CLASSES[c]}: move it`);
      tips[c].place(tip, `arrow of the ${CLASSES[c]}: turn and stretch it`);
      tips[c].group.lastChild.setAttribute("transform", `rotate(${-Math.atan2(w[1], w[0]) * 180 / Math.PI})`);
      let corners = [[window[0], window[2]], [window[1], window[2]], [window[1], window[3]], [window[0], window[3]]];
      for (const other of [0, 1, 2]) if (other !== c) corners = cut(corners, at => reading(at, c) - reading(at, other));
      areas[c].setAttribute("d", corners.length ? plane.path(corners) + "Z" : "");
    }
    state.points.forEach(([x, y], i) => {
      rings[i].setAttribute("cx", plane.x(x));
      rings[i].setAttribute("cy", plane.y(y));
    });
    label();
  }

  function label() {
    state.points.forEach(([x, y, c], i) => points[i].place([x, y],
      `point ${i + 1}, ${CLASSES[c].slice(0, -1)}, at ${shown(x)}, ${shown(y)}` +
      (found.losses ? `, loss ${shown(found.losses[i])}` : "")));
  }

  function show(now) {
    found = now;
    const { loss, data, losses } = found;
    numbers.textContent = losses ? `loss ${fixed(loss, 4)} = ${fixed(data, 4)} + ${fixed(loss - data, 4)} penalty` : "";
    fill(state.points.map(([x, y, c], i) => [`${i + 1} ${CLASSES[c].slice(0, -1)}`, fixed(x, 2), fixed(y, 2),
      losses ? fixed(losses[i], 4) : "-"]));
    rings.forEach((ring, i) => ring.setAttribute("r", losses && losses[i] > 0.005 ? 8 + 7 * Math.log1p(losses[i]) : 0));
    label();
  }

  sketch();
  show(found);
  tell(found.said || "");
}

/** The part of a convex polygon where f, a linear function of the place, is not negative. */
function cut(corners, f) {
  return corners.flatMap((here, i) => {
    const next = corners[(i + 1) % corners.length], a = f(here), b = f(next);
    const kept = a >= 0 ? [here] : [];
    if (a * b < 0) kept.push([0, 1].map(d => here[d] + (next[d] - here[d]) * a / (a - b)));
    return kept;
  });
}
