import type { AnyNode } from "acorn";
import { applyEdits, type Edit } from "./edits.ts";
import { functionsOf, usesOf, usesThis } from "./functions.ts";
import { treeOf } from "./shrink.ts";
import { walk } from "./walk.ts";

/** Functions that only name something, or call one thing without anything, as that. */
export function getters(code: string): string {
  const tree = treeOf(code);
  const { uses, assigned } = usesOf(tree);
  const edits: Edit[] = [];
  for (const [name, { node, params, body }] of functionsOf(tree)) {
    const isOnce = uses.get(name) === 2;
    const isOne =
      isNaming(body) ||
      (isOnce && body.type === "CallExpression" && isNaming(body.callee) && body.arguments.every(isNaming));
    if (params.length > 0 || assigned.has(name) || !isOne || usesThis(node)) {
      continue;
    }
    const calls: Edit[] = [];
    walk(tree, (call) => {
      const isCall = call.type === "CallExpression" && call.callee.type === "Identifier";
      if (isCall && call.callee.type === "Identifier" && call.callee.name === name) {
        calls.push({ start: call.start, end: call.end, text: code.slice(body.start, body.end) });
      }
    });
    const text = code.slice(body.start, body.end);
    if (calls.length > 0 && (text.length < namingMax || isOnce)) {
      edits.push(...calls);
    }
  }
  return edits.length === 0 ? code : applyEdits(code, edits);
}

/** Longer ones, and those called more than once, stay functions. */
const namingMax = 16;

function isNaming(node: AnyNode): boolean {
  return (
    node.type === "Identifier" ||
    (node.type === "Literal" && !("regex" in node && node.regex)) ||
    (node.type === "MemberExpression" && !node.computed && isNaming(node.object))
  );
}
