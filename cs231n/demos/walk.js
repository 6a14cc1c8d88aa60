// Six update rules on one of three landscapes, and how high each stands at every step.

// landscape -> (x, y) -> [value, slope along x, slope along y]
const LANDSCAPES = {
  bowl: (x, y) => [0.5 * (x ** 2 + 40 * y ** 2), x, 40 * y],
  saddle: (x, y) => [x ** 2 - y ** 2 + y ** 4 / 4 + 1, 2 * x, y ** 3 - 2 * y],
  valley: (x, y) => [(1 - x) ** 2 + 10 * (y - x ** 2) ** 2, -2 * (1 - x) - 40 * x * (y - x ** 2), 20 * (y - x ** 2)],
};

function draw(root, compute, { asked, answer }) {
  let state = structuredClone(asked), found = answer, until = state.steps;
  const hidden = new Set(), rules = Object.keys(state.rules);
  const { figure, controls, panel, numbers, tell } = frame(root);
  const plane = stage(figure, "Landscape with the walks of the rules", state.places[state.landscape].window, 440, 330);
  const paths = rules.map((_, i) => add(plane.svg, "path", { class: `walk rule${i}` }));
  const ends = rules.map((_, i) => add(plane.svg, "circle", { class: `end rule${i}`, r: 5 }));
  const start = movable(plane, group => add(group, "circle", { class: "start", r: 8 }), place => { state.start = place; changed(); });

  const heights = add(figure, "svg", { viewBox: "0 0 440 130", role: "img", "aria-label": "Height of each rule at every step" });
  add(heights, "path", { class: "axis", d: "M34 4V108H436" });
  for (const power of [-6, -3, 0, 3]) add(heights, "text", { class: "tick", x: 30, y: level(10 ** power) + 4, "text-anchor": "end" }, `1e${power}`);
  add(heights, "text", { class: "tick", x: 436, y: 123, "text-anchor": "end" }, `value of f against the step, up to ${state.steps}`);
  const now = add(heights, "path", { class: "axis" });
  const curves = rules.map((_, i) => add(heights, "path", { class: `walk rule${i}` }));

  choice(controls, "landscape", Object.keys(LANDSCAPES), state.landscape, value => {
    state.landscape = value;
    state.start = state.places[value].start;
    plane.window = state.places[value].window;
    paint();
    changed();
  });
  choice(controls, "schedule", Object.keys(state.schedules), state.schedule, value => { state.schedule = value; changed(); });
  slider(controls, "learning rates", [-3, 3, 0.25], Math.log2(state.scale), value => `\u00d7 ${shown(2 ** value, 2)}`,
    value => { state.scale = 2 ** value; changed(); });
  const steps = slider(controls, "steps", [0, state.steps, 1], until, String, value => { until = value; show(found); });
  const buttons = add(controls, "div", { class: "buttons" });
  const go = () => { until += 1; steps.set(until); show(found); return until < state.steps; };
  button(buttons, "step", () => { if (until >= state.steps) until = -1; go(); });
  runner(buttons, "run", async () => { if (until >= state.steps) until = -1; return go(); });
  const legend = add(panel, "fieldset");
  add(legend, "legend", {}, "rules");
  rules.forEach((rule, i) => {
    const outer = add(legend, "label"), box = add(outer, "input", { type: "checkbox", checked: "" });
    add(add(outer, "svg", { viewBox: "0 0 22 10", class: "key", "aria-hidden": "true" }), "path", { class: `walk rule${i}`, d: "M0 5H22" });
    add(outer, "span", {}, rule);
    box.addEventListener("change", () => { hidden[box.checked ? "delete" : "add"](rule); show(found); });
  });
  const fill = table(panel, "Where they are", ["rule", "x", "y", "f"]);
  const ask = asker(compute, show, tell);

  function changed() {
    sketch();
    return ask(state);
  }

  function sketch() {
    start.place(state.start, `start at ${shown(state.start[0])}, ${shown(state.start[1])}`);
  }

  function level(height) {
    return 108 - clamp((Math.log10(Math.max(height, 1e-7)) + 7) / 11, 0, 1) * 104;
  }

  function show(answer) {
    found = answer;
    const walks = found.walks || {}, rows = [];
    rules.forEach((rule, i) => {
      const places = hidden.has(rule) ? [] : (walks[rule] || []).slice(0, until + 1), last = places[places.length - 1];
      paths[i].setAttribute("d", plane.path(places));
      ends[i].setAttribute("visibility", last ? "visible" : "hidden");
      const high = places.map(([x, y]) => LANDSCAPES[state.landscape](x, y)[0]);
      curves[i].setAttribute("d", high.map((f, t) => `${t ? "L" : "M"}${(34 + 402 * t / state.steps).toFixed(1)} ${level(f).toFixed(1)}`).join(""));
      if (!last) return;
      ends[i].setAttribute("cx", plane.x(last[0]));
      ends[i].setAttribute("cy", plane.y(last[1]));
      const lost = places.length <= until && (walks[rule].length <= state.steps);
      rows.push([rule + (lost ? " (lost)" : ""), fixed(last[0], 3), fixed(last[1], 3), shown(high[high.length - 1])]);
    });
    now.setAttribute("d", `M${34 + 402 * until / state.steps} 4V108`);
    fill(rows);
    numbers.textContent = `step ${until} of ${state.steps}`;
    if (found.troubles) tell(found.troubles.join(" "));
  }

  /** The landscape: bands of equal height, and a line where two of them meet. */
  function paint() {
    const [width, height] = [440, 330], [left, right, bottom, top] = plane.window;
    plane.raster.width = width;
    plane.raster.height = height;
    const brush = plane.raster.getContext("2d"), pixels = brush.createImageData(width, height);
    const band = (column, row) => Math.floor(3 * Math.log(0.3 + LANDSCAPES[state.landscape](
      left + (column + 0.5) / width * (right - left), top - (row + 0.5) / height * (top - bottom))[0]));
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const here = band(column, row), edge = here !== band(column + 1, row) || here !== band(column, row + 1);
        pixels.data.set([100, 110, 125, edge ? 110 : clamp(10 + 3 * (here + 4), 6, 70)], 4 * (row * width + column));
      }
    }
    brush.putImageData(pixels, 0, 0);
  }

  paint();
  sketch();
  show(found);
  if (found.said) tell(found.said);
}
