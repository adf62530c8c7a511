/** Changes to a text by place. Of changes within another the outer one counts. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  let changed = "";
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start >= at) {
      changed += text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
  }
  return changed + text.slice(at);
}
