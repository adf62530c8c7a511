/**
 * How many variables of the interpreter a bundle takes, its code staying where it is in flash: an estimate from its syntax tree. The tests
 * beside hil-tests/interpreters/bundle-on-espruino.ts hold it against the real interpreter.
 */
import type { AnyNode } from "acorn";
import { treeOf } from "./shrink.ts";

/** A function has a variable for itself, its name, its code, its scope, what it hangs on; one for each parameter. */
const perFunction = 5;
/** What stands within functions comes and goes with their calls, but for what closures keep: so much of a function there on average. */
const perInnerFunction = 1;
/** What the tree does not show: texts and buffers that are made at the start. */
const besideTree = 0.13;
/**
 * Of what it takes at rest so much more while a message is built, sealed and sent, for open calls and copies of texts; but calls do not get
 * deeper with the number of parts.
 */
const atWork = 0.3;
const atWorkMost = 300;
/** Bytes of a message that a variable holds (Espruino 2v29: 13 bytes on boards of up to 8,191 variables), and variables around each message. */
const perVariable = 13;
const perFrame = 7;

/** Variables once it runs and nothing waits to be sent. */
export function estimateVariables(code: string): number {
  return Math.round(variablesIn(code) * (1 + besideTree));
}

/** The most variables at once: with a full outbox, while a message is sealed. */
export function estimateMost(
  atRest: number,
  outbox: { readonly bytesMax: number; readonly framesMax: number },
): number {
  const waiting = outbox.bytesMax / perVariable + outbox.framesMax * perFrame;
  return Math.round(atRest + Math.min(atRest * atWork, atWorkMost) + waiting);
}

function variablesIn(code: string): number {
  let variables = 0;
  const visit = (node: AnyNode, depth: number): void => {
    const isFunction = /Function/.test(node.type);
    const isTop = depth === 1; // within the function around the bundle
    if (isFunction) {
      variables += isTop ? perFunction + ("params" in node ? node.params.length : 0) : perInnerFunction;
    }
    if (
      isTop &&
      (node.type === "Property" || node.type === "MethodDefinition" || node.type === "VariableDeclarator")
    ) {
      variables++;
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child === "object" && child !== null && typeof child.type === "string") {
          visit(child, depth + (isFunction ? 1 : 0));
        }
      }
    }
  };
  visit(treeOf(code), 0);
  return variables;
}
