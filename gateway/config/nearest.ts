/**
 * Edits between two texts, where swapping two neighbours counts as one edit (Damerau-Levenshtein, in its restricted form of optimal
 * string alignment). Case counts half, so that "Baud" is nearest to "baud".
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const cost = same ? 0 : a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0.5 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, before[j - 2]! + (same ? 0 : 1));
      }
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** Longest text that is compared: what is longer is no typo of ours. */
const textMax = 64;

/**
 * The candidate a person most likely meant, or null: at most one edit in three characters, at least one and at most three. A
 * candidate of which the text is the beginning, or the other way round, counts as near, too ("baudrate" for "baud").
 */
export function nearest(text: string, candidates: readonly string[]): string | null {
  if (text.length > textMax) {
    return null;
  }
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = nearness(text, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function nearness(text: string, candidate: string): number {
  const most = Math.min(3, Math.max(1, Math.floor(Math.max(text.length, candidate.length) / 3)));
  const distance = editDistance(text, candidate);
  if (distance <= most && distance < Math.max(text.length, candidate.length)) {
    return distance;
  }
  const short = Math.min(text.length, candidate.length);
  const begins = short >= 3 && text.slice(0, short).toLowerCase() === candidate.slice(0, short).toLowerCase();
  return begins ? most + 1 : Number.POSITIVE_INFINITY;
}
