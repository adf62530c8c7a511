import type { AnyNode } from "acorn";

/** Calls back for a node and all below it, with its parent. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parent: AnyNode | null) => void,
  parent: AnyNode | null = null,
): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && typeof child.type === "string") {
        walk(child, visit, node);
      }
    }
  }
}

/** What a node gives a new value to: the left of an assignment, what is counted up or down; null for any other node. */
export function targetOf(node: AnyNode): AnyNode | null {
  return node.type === "AssignmentExpression"
    ? node.left
    : node.type === "UpdateExpression"
      ? node.argument
      : null;
}
