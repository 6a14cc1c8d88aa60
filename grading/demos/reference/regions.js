// Distances to all points, and the vote of the k nearest: of equally common labels, the smallest.

function respond({ k, distance, cross, points }) {
  const fine = 48, side = 3, labels = [];
  const away = distance === "L2" ? Math.hypot : (a, b) => Math.abs(a) + Math.abs(b);
  const from = ([x, y]) => points.map(point => away(point[0] - x, point[1] - y));
  const vote = distances => {
    const nearest = distances.map((_, i) => i).sort((a, b) => distances[a] - distances[b] || a - b).slice(0, k);
    const votes = [0, 0, 0];
    for (const i of nearest) votes[points[i][2]] += 1;
    return votes.indexOf(Math.max(...votes));
  };
  for (let row = 0; row < fine; row++) {
    for (let column = 0; column < fine; column++) {
      labels.push(vote(from([column, row].map(place => side * ((2 * place + 1) / fine - 1)))));
    }
  }
  const distances = from(cross);
  return { labels, label: vote(distances), distances };
}
