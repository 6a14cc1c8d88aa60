// The three losses, their gradients, and the losses of single points.

function respond({ kind, reg, points, W }) {
  const data = points.map(point => ofPoint(kind, W, point));
  const mean = data.reduce((sum, one) => sum + one.loss, 0) / points.length;
  const square = W.flat().reduce((sum, w) => sum + w * w, 0);
  return {
    loss: mean + reg * square, data: mean, losses: data.map(one => one.loss),
    slopes: W.map((row, d) => row.map((w, c) => 2 * reg * w + data.reduce((sum, one) => sum + one.slopes[d][c], 0) / points.length)),
  };
}

/** Loss of one point, and its slopes with respect to W, by way of those with respect to the scores. */
function ofPoint(kind, W, [x, y, label]) {
  const features = [x, y, 1];
  const scores = [0, 1, 2].map(c => features.reduce((sum, value, d) => sum + value * W[d][c], 0));
  let loss = 0, dscores = [0, 0, 0];
  if (kind === "hinge") {
    scores.forEach((score, c) => {
      const margin = score - scores[label] + 1;
      if (c === label || margin <= 0) return;
      loss += margin;
      dscores[c] += 1;
      dscores[label] -= 1;
    });
  } else if (kind === "softmax") {
    const top = Math.max(...scores), powers = scores.map(score => Math.exp(score - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    loss = Math.log(total) - (scores[label] - top);
    dscores = powers.map((power, c) => power / total - (c === label ? 1 : 0));
  } else {
    scores.forEach((score, c) => {
      const sign = c === label ? 1 : -1, margin = 1 - sign * score;
      if (margin <= 0) return;
      loss += margin;
      dscores[c] = -sign;
    });
  }
  return { loss, slopes: features.map(value => dscores.map(slope => value * slope)) };
}
