/** What some readers of lines take for the end of one, or a terminal for a command: C1 control characters and Unicode's own line ends. */
const troublesome = /[\u007f-\u009f\u2028\u2029]/g;

/** One line of NDJSON with its end. Text that came from outside stays within it for every reader; the value it stands for is the same. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(troublesome, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
