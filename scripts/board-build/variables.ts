/**
 * How many variables of the interpreter a bundle takes once it runs, its code staying where it is in flash: an estimate from its syntax
 * tree. hil-tests/interpreters/bundle.test.ts holds it against the real interpreter.
 */
import type { AnyNode } from "acorn";
import { treeOf } from "./shrink.ts";

/** A function has a variable for itself, its name, its code, its scope, what it hangs on; one for each parameter. */
const perFunction = 5;
/** What stands within functions comes and goes with their calls, but for what closures keep: so much of a function there on average. */
const perInnerFunction = 1;

export function estimateVariables(code: string): number {
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
