/** Which names of a source file are typed arrays, by its annotations: the bundle has lost them. */
import type { AnyNode } from "acorn";
import { typedArrays } from "./dialect-names.ts";

const kinds = [...typedArrays].join("|");
const annotated = new RegExp(`(\\w+)[?!]?\\s*:\\s*(?:readonly\\s+)?(${kinds}|ArrayBuffer)\\b`, "g");
const made = new RegExp(`(\\w+)\\s*=\\s*new (${kinds}|ArrayBuffer)\\b`, "g");
const viewed = /(?:const|let|var)\s+(\w+)\s*=[^;{}]*\.subarray\([^;{}]*\);/g;
const returned = new RegExp(`(\\w+)\\s*\\([^()]*\\)\\s*:\\s*(${kinds}|ArrayBuffer)\\b`, "g");

type Kind = "array" | "buffer";

/** Of the files of a bundle, by what their texts say. */
export class TypedNames {
  readonly #names = new Map<string, Map<string, Kind>>();
  readonly #functions = new Map<string, Kind>();

  add(file: string, text: string): void {
    const names = new Map<string, Kind>();
    for (const [, name, type] of [...text.matchAll(annotated), ...text.matchAll(made)]) {
      names.set(name, type === "ArrayBuffer" ? "buffer" : "array");
    }
    for (const [, name] of text.matchAll(viewed)) {
      names.set(name, "array");
    }
    for (const [, name, type] of text.matchAll(returned)) {
      this.#functions.set(name, type === "ArrayBuffer" ? "buffer" : "array");
    }
    this.#names.set(file, names);
  }

  /** What an expression of that file is; null where nothing says that it is typed. */
  kindOf(node: AnyNode, file: string): Kind | null {
    switch (node.type) {
      case "NewExpression": {
        const name = node.callee.type === "Identifier" ? node.callee.name : "";
        return typedArrays.has(name) ? "array" : name === "ArrayBuffer" ? "buffer" : null;
      }
      case "CallExpression": {
        const name = nameOf(node.callee);
        return name === "subarray" ? "array" : (this.#functions.get(name) ?? null);
      }
      default: {
        const name = nameOf(node);
        // esbuild puts a number behind a name that stands twice in a bundle.
        const names = this.#names.get(file);
        return name === "buffer"
          ? "buffer"
          : (names?.get(name) ?? names?.get(name.replace(/\d+$/, "")) ?? null);
      }
    }
  }
}

function nameOf(node: AnyNode): string {
  if (node.type === "Identifier") {
    return node.name;
  }
  return node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier"
    ? node.property.name
    : "";
}
