import { indentOf, isContent, previousLine } from "./yaml-indent.ts";
import { type Found, found, type Source } from "./yaml-source.ts";

/** What can be told of lines before a parser sees them. Each of these changes the copy of the lines it is given. */

/** Deepest nesting, far beyond any config. */
const depthMax = 32;

/** Cuts a second document off, and reports it. */
export function cutSecondDocument(source: Source, lines: string[]): Found[] {
  const first = lines.findIndex((line) => isContent(line) && !/^(%|---)/.test(line));
  const second = lines.findIndex((line, i) => i > first && first >= 0 && /^(---|\.\.\.)(\s|$)/.test(line));
  if (second < 0) {
    return [];
  }
  const end = lines[second]?.startsWith("...") === true && !lines.slice(second + 1).some(isContent);
  lines.length = second;
  return end ? [] : [found(source, { line: second, column: 0, length: 3 }, "CFG-014", {})];
}

/** Exchanges the tabs of indentation for spaces as the lines around have them, and reports each line. */
export function mendTabs(source: Source, lines: string[]): Found[] {
  const problems: Found[] = [];
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] ?? "";
    const tab = /^[ ]*\t/.exec(text);
    if (tab !== null && isContent(text)) {
      problems.push(found(source, { line, column: tab[0].length - 1, length: 1 }, "CFG-010", {}));
      const before = lines[previousLine(lines, line)] ?? "";
      const indent = indentOf(before) + (before.trimEnd().endsWith(":") ? 2 : 0);
      lines[line] = " ".repeat(indent) + text.trimStart();
    }
  }
  return problems;
}

/** Nesting is counted before the file is parsed, so that a hostile one costs nothing. */
export function tooDeep(source: Source, lines: readonly string[]): Found | null {
  let depth = 0;
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] ?? "";
    const hyphens = /(?:[-?:] +){33}/.exec(text);
    for (let column = 0; column < text.length; column++) {
      const sign = text[column];
      depth += sign === "[" || sign === "{" ? 1 : sign === "]" || sign === "}" ? -1 : 0;
      depth = Math.max(0, depth);
      if (depth > depthMax || hyphens !== null) {
        return found(source, { line, column: hyphens?.index ?? column, length: 1 }, "CFG-019", {
          most: depthMax,
        });
      }
    }
  }
  return null;
}
