// Points of three classes, the label of every place around them, and who votes at one place.

function draw(root, compute, { asked, answer }) {
  const beginning = structuredClone(asked);
  let state = structuredClone(asked), found = answer;
  const { figure, controls, panel, numbers, tell } = frame(root);
  const plane = stage(figure, "Plane with 27 points, and a cross at one place", [-3, 3, -3, 3], 440, 440);
  plane.raster.classList.add("pale");

  const votes = add(plane.svg, "path", { class: "vote" });
  const points = state.points.map((point, i) => movable(plane, group => marker(group, point[2]), ([x, y]) => {
    state.points[i] = [x, y, point[2]];
    changed();
  }));
  const cross = movable(plane, group => add(group, "path", { class: "cross", d: "M-9 0H9M0 -9V9" }), place => {
    state.cross = place;
    changed();
  });

  const k = slider(controls, "k", [1, state.points.length, 1], state.k, String, value => { state.k = value; changed(); });
  const distance = choice(controls, "distance", ["L1", "L2"], state.distance, value => { state.distance = value; changed(); });
  button(add(controls, "div", { class: "buttons" }), "start again", () => {
    state = structuredClone(beginning);
    k.set(state.k);
    distance.value = state.distance;
    changed();
  });
  const fill = table(panel, "Nearest to the cross", ["point", "x", "y", "distance"]);
  const ask = asker(compute, show, tell);

  function changed() {
    sketch();
    return ask(state);
  }

  function sketch() {
    state.points.forEach(([x, y, c], i) => points[i].place([x, y], `point ${i + 1}, ${CLASSES[c].slice(0, -1)}, at ${shown(x)}, ${shown(y)}`));
    cross.place(state.cross, `cross at ${shown(state.cross[0])}, ${shown(state.cross[1])}` +
      (found.labels ? `, where ${CLASSES[found.label]} win` : ""));
  }

  function show(now) {
    found = now;
    paint();
    const distances = found.distances || [];
    const nearest = distances.map((_, i) => i).sort((a, b) => distances[a] - distances[b] || a - b).slice(0, state.k);
    votes.setAttribute("d", nearest.map(i => plane.path([state.cross, state.points[i]])).join(""));
    numbers.textContent = found.labels ? `at the cross: ${CLASSES[found.label]}, by ${state.k} of ${state.points.length} points` : "";
    fill(nearest.slice(0, 8).map(i => [`${i + 1} ${CLASSES[state.points[i][2]].slice(0, -1)}`,
      ...state.points[i].slice(0, 2).map(at => fixed(at, 2)), fixed(distances[i], 4)]));
    sketch();
  }

  /** The labels, as a picture with a pixel for each place. */
  function paint() {
    const labels = found.labels || [], fine = Math.round(Math.sqrt(labels.length));
    plane.raster.width = plane.raster.height = fine || 1;
    const brush = plane.raster.getContext("2d"), colors = [[0, 114, 178], [230, 159, 0], [0, 158, 115]];
    if (!fine) return;
    const pixels = brush.createImageData(fine, fine);
    labels.forEach((label, i) => {
      const row = fine - 1 - Math.floor(i / fine), column = i % fine;
      pixels.data.set([...(colors[label] || [128, 128, 128]), 255], 4 * (row * fine + column));
    });
    brush.putImageData(pixels, 0, 0);
  }

  sketch();
  show(found);
  tell(found.said || "");
}
