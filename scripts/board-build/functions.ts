/** What functions a bundle has, and where names stand in it. */
import type { AnyNode, Identifier } from "acorn";
import { targetOf, walk } from "./walk.ts";

export interface Callee {
  readonly node: AnyNode;
  readonly params: readonly Identifier[];
  readonly body: AnyNode;
  /** The whole declaration, to be taken out. */
  readonly declaration: AnyNode;
}

/** Functions by name that are declared where their name stands, and nowhere assigned. */
export function functionsOf(tree: AnyNode): Map<string, Callee> {
  const functions = new Map<string, Callee>();
  walk(tree, (node) => {
    if (node.type === "FunctionDeclaration" && node.id !== null) {
      functions.set(node.id.name, {
        node,
        params: node.params as Identifier[],
        body: node.body,
        declaration: node,
      });
    }
    if (node.type === "VariableDeclaration" && node.declarations.length === 1) {
      const [{ id, init }] = node.declarations;
      if (id.type === "Identifier" && init?.type === "ArrowFunctionExpression") {
        functions.set(id.name, {
          node: init,
          params: init.params as Identifier[],
          body: init.body,
          declaration: node,
        });
      }
    }
  });
  return functions;
}

/** How often each name stands somewhere, its declaration included; and which are assigned. */
export function usesOf(tree: AnyNode): { uses: Map<string, number>; assigned: Set<string> } {
  const uses = new Map<string, number>();
  const assigned = new Set<string>();
  walk(tree, (node, parent) => {
    if (node.type === "Identifier" && !isMemberName(node, parent)) {
      uses.set(node.name, (uses.get(node.name) ?? 0) + 1);
    }
    const target = targetOf(node);
    if (target?.type === "Identifier") {
      assigned.add(target.name);
    }
  });
  return { uses, assigned };
}

export function isMemberName(node: AnyNode, parent: AnyNode | null): boolean {
  return (
    (parent?.type === "MemberExpression" && parent.property === node && !parent.computed) ||
    ((parent?.type === "Property" || parent?.type === "MethodDefinition") &&
      parent.key === node &&
      !parent.computed)
  );
}

export function usesThis(node: AnyNode): boolean {
  let uses = false;
  walk(node, (inner) => {
    uses ||= inner.type === "ThisExpression";
  });
  return uses;
}
