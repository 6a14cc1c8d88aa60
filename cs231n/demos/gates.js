// A computation as a graph: values above the wires, and below them the slopes that come back.

function draw(root, compute, { asked, answer }) {
  let state = structuredClone(asked), found = answer, fields = {};
  const { figure, controls, numbers, tell } = frame(root);
  root.classList.add("wide");
  const box = add(figure, "div", { class: "stage scrolled", tabindex: 0, role: "region", "aria-label": "The graph" });
  choice(controls, "L =", Object.keys(state.expressions), state.expression, value => {
    state.expression = value;
    state.inputs = structuredClone(state.expressions[value].inputs);
    form();
    changed();
  });
  const form_ = add(controls, "div", { class: "fields" });
  const ask = asker(compute, show, tell);
  const signs = { add: "+", mul: "\u00d7", maximum: "max", exp: "exp", reciprocal: "1/" };

  function form() {
    form_.replaceChildren();
    for (const [name, value] of Object.entries(state.inputs)) {
      const field = add(add(form_, "label", {}, `${name} = `), "input", { type: "number", step: "0.1", value, name });
      field.addEventListener("input", () => {
        const number = Number(field.value);
        if (field.value.trim() === "" || !Number.isFinite(number)) return;
        state.inputs[name] = number;
        changed();
      });
    }
  }

  const changed = () => ask(state);

  function show(now, of = state) {
    if (of.expression !== state.expression) return;
    found = now;
    graph();
    const { values = {}, grads = {} } = found;
    numbers.textContent = "L" in values ? `L = ${short(values.L, 5)}` + Object.keys(state.inputs).filter(name => name in grads)
      .map(name => `; slope with ${name}: ${short(grads[name], 5)}`).join("") : "";
  }

  /** Columns by depth; in a column, where what goes in comes from. */
  function places() {
    const { inputs, gates } = state.expressions[state.expression], at = {}, taken = new Set();
    const depth = name => at[name] ? at[name][0] : -1;
    Object.keys(inputs).forEach((name, row) => { at[name] = [0, row]; });
    for (const [name, , into] of gates) {
      const mine = into.filter(one => at[one]);
      const column = 1 + Math.max(...mine.map(depth));
      let row = mine.reduce((sum, one) => sum + at[one][1], 0) / mine.length;
      while (taken.has(`${column} ${row}`)) row += 0.5;
      taken.add(`${column} ${row}`);
      at[name] = [column, row];
    }
    return at;
  }

  function graph() {
    const at = places(), { inputs, gates } = state.expressions[state.expression];
    const { values = {}, grads = {}, slopes = {} } = found;
    const columns = Math.max(...Object.values(at).map(([column]) => column)) + 1, rows = Object.keys(inputs).length;
    const width = 118 * columns + 95, height = Math.max(230, 108 * rows);
    const x = name => 60 + 118 * at[name][0] + (at[name][0] ? 40 : 0), y = name => height / 2 + 104 * (at[name][1] - (rows - 1) / 2);
    box.replaceChildren();
    const svg = add(box, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": told(values, grads) });
    svg.style.minWidth = `${0.85 * width}px`;           // on a narrow screen it is scrolled, so that it can be read
    svg.style.maxWidth = `${1.35 * width}px`;
    const wire = (x0, y0, x1, y1, value, slope, bend = 0) => {
      add(svg, "path", { class: "wire", d: `M${x0} ${y0}Q${(x0 + x1) / 2} ${(y0 + y1) / 2 + 2 * bend} ${x1} ${y1}` });
      const center = 0.55 * (x0 + (x0 < 118 ? 54 : 25)) + 0.45 * (x1 - 25), high = y0 + (center - x0) / (x1 - x0) * (y1 - y0) + bend;
      const middle = { x: center, "text-anchor": "middle" };
      add(svg, "text", { ...middle, y: high - 6, class: "value" }, value === undefined ? "" : short(value));
      add(svg, "text", { ...middle, y: high + 17, class: "slope" }, slope === undefined ? "" : short(slope));
    };
    for (const [name, , into] of gates) {
      into.forEach((one, i) => {
        const twin = into.indexOf(one) !== i || into.indexOf(one, i + 1) > 0;
        if (at[one]) wire(x(one), y(one), x(name), y(name), values[one], slopes[name] && slopes[name][i] * grads[name], twin ? 60 * i - 30 : 0);
      });
    }
    wire(x("L"), y("L"), width, y("L"), values.L, grads.L);
    for (const [name, method, into] of gates) {
      add(svg, "circle", { class: "gate", cx: x(name), cy: y(name), r: 25 });
      const other = into.find(one => typeof one === "number");
      const sign = other === undefined ? signs[method] : method === "maximum" ? `max ${other}` : `${signs[method]} ${short(other)}`;
      add(svg, "text", { class: "name", x: x(name), y: y(name) + 5, "text-anchor": "middle" }, sign);
    }
    for (const name of Object.keys(inputs)) {
      add(svg, "rect", { class: "gate", x: x(name) - 54, y: y(name) - 22, width: 108, height: 44, rx: 6 });
      add(svg, "text", { class: "value", x: x(name), y: y(name) - 4, "text-anchor": "middle" },
        name in values ? `${name} = ${short(values[name])}` : name);
      add(svg, "text", { class: "slope", x: x(name), y: y(name) + 15, "text-anchor": "middle" },
        name in grads ? `slope ${short(grads[name])}` : "");
    }
  }

  const told = (values, grads) => `L = ${state.expression}. ` + Object.keys(values).map(name =>
    `${name}: ${short(values[name])}` + (name in grads ? `, slope ${short(grads[name])}` : "")).join("; ");

  form();
  show(found);
  tell(found.said || "");
}
