/** Gives every name of a bundle that stands for one thing alone, so that code can be moved without meeting another of its name. */
import type { AnyNode, Identifier } from "acorn";
import { applyEdits, type Edit } from "./edits.ts";
import { treeOf } from "./shrink.ts";

type Scope = { readonly names: Map<string, string>; readonly outer: Scope | null };

export function uniqueNames(code: string): string {
  const edits: Edit[] = [];
  const taken = new Map<string, number>();
  const declare = (scope: Scope, { name }: Identifier): void => {
    if (!scope.names.has(name)) {
      const count = taken.get(name) ?? 0;
      taken.set(name, count + 1);
      scope.names.set(name, count === 0 ? name : `${name}_${count}`);
    }
  };
  const found = (scope: Scope | null, name: string): string =>
    scope === null ? name : (scope.names.get(name) ?? found(scope.outer, name));
  const inner = (outer: Scope): Scope => ({ names: new Map(), outer });

  const visit = (node: AnyNode, parent: AnyNode | null, scope: Scope): void => {
    if (node.type === "Identifier") {
      rename(node, parent, scope);
      return;
    }
    let own = scope;
    if (isFunction(node)) {
      own = inner(scope);
      for (const parameter of node.params as Identifier[]) {
        declare(own, parameter);
      }
    } else if (node.type === "BlockStatement" || /^For/.test(node.type) || node.type === "CatchClause") {
      own = inner(scope);
    }
    declarationsOf(node).forEach((id) => {
      declare(own, id);
    });
    for (const [key, value] of Object.entries(node)) {
      const place = isFunction(node) && key === "id" ? scope : own;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child === "object" && child !== null && typeof child.type === "string") {
          visit(child, node, place);
        }
      }
    }
  };

  const rename = (node: Identifier, parent: AnyNode | null, scope: Scope): void => {
    const isMember = parent?.type === "MemberExpression" && parent.property === node && !parent.computed;
    const isKey =
      (parent?.type === "Property" || parent?.type === "MethodDefinition") &&
      parent.key === node &&
      !parent.computed;
    const name = found(scope, node.name);
    if (parent?.type === "Property" && parent.shorthand) {
      edits.push({ start: node.start, end: node.end, text: `${node.name}: ${name}` });
    } else if (!isMember && !isKey && name !== node.name) {
      edits.push({ start: node.start, end: node.end, text: name });
    }
  };

  visit(treeOf(code), null, { names: new Map(), outer: null });
  return applyEdits(code, edits);
}

type FunctionNode = Extract<AnyNode, { params: unknown }>;

function isFunction(node: AnyNode): node is FunctionNode {
  return "params" in node;
}

/** What a block, or a loop's head, declares itself. */
function declarationsOf(node: AnyNode): Identifier[] {
  const statements: readonly AnyNode[] =
    node.type === "Program" || node.type === "BlockStatement"
      ? node.body
      : node.type === "ForStatement"
        ? [node.init].filter((init) => init != null)
        : node.type === "ForOfStatement" || node.type === "ForInStatement"
          ? [node.left]
          : node.type === "CatchClause" && node.param != null
            ? [node.param]
            : node.type === "SwitchStatement"
              ? node.cases.flatMap(({ consequent }) => consequent)
              : [];
  return statements.flatMap((statement) => {
    if (statement.type === "VariableDeclaration") {
      return statement.declarations.map(({ id }) => id as Identifier);
    }
    if (statement.type === "Identifier") {
      return [statement];
    }
    const isNamed = statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration";
    return isNamed && statement.id !== null ? [statement.id] : [];
  });
}
