/** What the indentation of lines says, without a parser: for finding the line that is out of step. */

/** Column of a line's first key: the hyphens of a list count as indentation. */
export function indentOf(line: string | undefined): number {
  return /^(?:\s|- )*/.exec(line ?? "")?.[0].length ?? 0;
}

/** Whether a line is more than blanks and a comment. */
export function isContent(line: string | undefined): boolean {
  return line !== undefined && /^\s*[^\s#]/.test(line);
}

/** The first line with content from `from` on; `from` itself, or the last line, where none is left. */
export function nextLine(lines: readonly string[], from: number): number {
  for (let line = from; line < lines.length; line++) {
    if (isContent(lines[line])) {
      return line;
    }
  }
  return Math.min(from, lines.length - 1);
}

/** The last line with content before `from`, or 0. */
export function previousLine(lines: readonly string[], from: number): number {
  for (let line = from - 1; line >= 0; line--) {
    if (isContent(lines[line])) {
      return line;
    }
  }
  return 0;
}

/** The line that has to be indented otherwise, and how far. */
export interface Misstep {
  readonly line: number;
  readonly indent: number;
}

/**
 * `suspect` is where YAML stumbled: a line that is deeper than a `key: value` above it (`continued`), or at no level that is open. The
 * mistake is there, or one line before, where that one is the odd one out among its neighbours.
 */
export function misstepAt(lines: readonly string[], suspect: number, continued: boolean): Misstep {
  const at = nextLine(lines, suspect);
  const before = previousLine(lines, at);
  const own = indentOf(lines[at]);
  const above = indentOf(lines[before]);
  const levels = levelsAbove(lines, before);
  const parent = levels.find((level) => level < above) ?? null;
  const oddFirst =
    levels[0] === parent && fits(lines, before, parent, own) && !fits(lines, before, parent, above);
  const odd = oddFirst || (continued && levels.includes(own) && levels.includes(above));
  if (odd) {
    return { line: before, indent: own };
  }
  const opens = lines[before]?.trimEnd().endsWith(":") === true;
  const hyphen = /^\s*- /.test(lines[at] ?? "") ? 2 : 0;
  return { line: at, indent: Math.max(0, (opens ? above + stepOf(lines) : above) - (opens ? 0 : hyphen)) };
}

/** Whether a group of two lines or more hangs below a line, all deeper than it and in step with each other. */
export function hasGroupBelow(lines: readonly string[], line: number): boolean {
  const first = nextLine(lines, line + 1);
  const own = indentOf(lines[first]);
  let second = nextLine(lines, first + 1);
  while (second < lines.length - 1 && indentOf(lines[second]) > own) {
    second = nextLine(lines, second + 1);
  }
  return own > indentOf(lines[line]) && second > first && indentOf(lines[second]) === own;
}

/** Whether a first line below `parent` would be expected at this indentation. */
function fits(lines: readonly string[], line: number, parent: number | null, indent: number): boolean {
  if (parent === null) {
    return indent === 0;
  }
  const hyphen = /^\s*- /.test(lines[line] ?? "");
  const step = stepOf(lines);
  return hyphen ? indent === parent + 2 || indent === parent + step + 2 : indent === parent + step;
}

/** Indentations that are open above a line, innermost first: its earlier siblings' and its parents'. */
function levelsAbove(lines: readonly string[], line: number): number[] {
  const levels: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let i = line - 1; i >= 0 && least > 0; i--) {
    const indent = indentOf(lines[i]);
    if (isContent(lines[i]) && indent < least) {
      levels.push(indent);
      least = indent;
    }
  }
  return levels;
}

/** How far a level is indented in this file: the most frequent step, two spaces where there is none. */
function stepOf(lines: readonly string[]): number {
  const counts = new Map<number, number>();
  const content = lines.filter(isContent);
  for (let i = 1; i < content.length; i++) {
    const step = leading(content[i]) - leading(content[i - 1]);
    if (step > 0) {
      counts.set(step, (counts.get(step) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 2;
}

function leading(line: string | undefined): number {
  return (line ?? "").length - (line ?? "").trimStart().length;
}

/** The lines from the top-level key above a line to the next one below it: first, and one behind the last. */
export function blockAround(lines: readonly string[], line: number): readonly [number, number] {
  const isTop = (text: string | undefined) => isContent(text) && !/^\s/.test(text ?? "");
  let first = Math.max(0, line - 1);
  while (first > 0 && !isTop(lines[first])) {
    first--;
  }
  let end = line + 1;
  while (end < lines.length && !isTop(lines[end])) {
    end++;
  }
  return [first, end];
}
