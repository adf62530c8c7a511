/**
 * Writes a bundle in fewer letters, where a minifier must not since it does not know what the house promises:
 * - functions without `this` as arrows, in the place of their declarations
 * - constants of a module as their values
 * - comparisons as `==` where neither side is null or undefined: TypeScript has seen to it that both are of one kind
 * - built-ins that are named often under a short name
 */
import type { AnonymousFunctionDeclaration, AnyNode, FunctionDeclaration, Identifier } from "acorn";
import { applyEdits, type Edit } from "./edits.ts";
import { treeOf } from "./shrink.ts";
import { targetOf, walk } from "./walk.ts";

export function squeeze(code: string): string {
  const constant = applyEdits(code, constantEdits(treeOf(code)));
  const compared = applyEdits(constant, comparisonEdits(constant, treeOf(constant)));
  return alias(arrows(compared));
}

/** Numbers and short texts that top-level names stand for, and nobody assigns. */
function constantEdits(tree: AnyNode): Edit[] {
  const values = new Map<string, string>();
  const declared = new Map<string, number>();
  const edits: Edit[] = [];
  walk(tree, (node, parent) => {
    if (
      node.type === "Identifier" &&
      (parent?.type === "VariableDeclarator" ? parent.id === node : isParameter(node, parent))
    ) {
      declared.set(node.name, (declared.get(node.name) ?? 0) + 1);
    }
  });
  const references = new Map<string, number>();
  walk(tree, (node, parent) => {
    if (node.type === "Identifier" && isReference(node, parent)) {
      references.set(node.name, (references.get(node.name) ?? 0) + 1);
    }
  });
  for (const statement of tree.type === "Program" ? tree.body : []) {
    if (statement.type !== "VariableDeclaration" || statement.declarations.length !== 1) {
      continue;
    }
    const [{ id, init }] = statement.declarations;
    if (
      id.type === "Identifier" &&
      declared.get(id.name) === 1 &&
      init?.type === "Literal" &&
      (isShort(init.value) || (typeof init.value === "string" && references.get(id.name) === 2)) &&
      !isAssigned(tree, id.name)
    ) {
      values.set(id.name, init.raw ?? String(init.value));
      edits.push({ start: statement.start, end: statement.end, text: "" });
    }
  }
  walk(tree, (node, parent) => {
    if (node.type === "Identifier" && values.has(node.name) && isReference(node, parent)) {
      const text = values.get(node.name) as string;
      const isShorthand = parent?.type === "Property" && parent.shorthand;
      edits.push({ start: node.start, end: node.end, text: isShorthand ? `${node.name}: ${text}` : text });
    }
  });
  return edits;
}

function isShort(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value.length < 8);
}

function isParameter(node: AnyNode, parent: AnyNode | null): boolean {
  return (
    (parent?.type === "FunctionDeclaration" ||
      parent?.type === "FunctionExpression" ||
      parent?.type === "ArrowFunctionExpression") &&
    parent.params.includes(node as Identifier)
  );
}

function isReference(node: AnyNode, parent: AnyNode | null): boolean {
  if (parent?.type === "MemberExpression") {
    return parent.object === node || parent.computed;
  }
  if (parent?.type === "Property" && parent.key === node) {
    return parent.shorthand;
  }
  return !(parent?.type === "MethodDefinition" && parent.key === node);
}

function isAssigned(tree: AnyNode, name: string): boolean {
  let assigned = false;
  walk(tree, (node) => {
    const target = targetOf(node);
    assigned ||= target?.type === "Identifier" && target.name === name;
  });
  return assigned;
}

function comparisonEdits(code: string, tree: AnyNode): Edit[] {
  const edits: Edit[] = [];
  walk(tree, (node) => {
    if (
      node.type === "BinaryExpression" &&
      (node.operator === "===" || node.operator === "!==") &&
      !isNothing(node.left) &&
      !isNothing(node.right)
    ) {
      const at = code.indexOf(node.operator, node.left.end);
      edits.push({ start: at, end: at + 3, text: node.operator.slice(0, 2) });
    }
  });
  return edits;
}

function isNothing(node: AnyNode): boolean {
  return (
    (node.type === "Literal" && node.value === null) ||
    (node.type === "Identifier" && node.name === "undefined") ||
    node.type === "UnaryExpression"
  );
}

type AnyFunction = FunctionDeclaration | AnonymousFunctionDeclaration;

/** Innermost first, since edits within edits do not count. */
function arrows(code: string): string {
  let text = code;
  for (;;) {
    const tree = treeOf(text);
    const edits: Edit[] = [];
    walk(tree, (node) => {
      if (
        node.type === "FunctionDeclaration" &&
        node.id !== null &&
        isArrowLike(node) &&
        !holdsDeclaration(node)
      ) {
        const parameters = node.params.map(({ start, end }) => text.slice(start, end)).join(", ");
        edits.push({
          start: node.start,
          end: node.end,
          text: `const ${node.id.name} = (${parameters}) => ${text.slice(node.body.start, node.body.end)};`,
        });
      }
    });
    if (edits.length === 0) {
      return text;
    }
    text = applyEdits(text, edits);
  }
}

function isArrowLike(node: AnyFunction): boolean {
  let uses = false;
  walk(node, (inner) => {
    uses ||= inner.type === "ThisExpression" || (inner.type === "Identifier" && inner.name === "arguments");
  });
  return !uses && !node.generator && !node.async;
}

function holdsDeclaration(node: AnyFunction): boolean {
  let holds = false;
  walk(node.body, (inner) => {
    holds ||= inner.type === "FunctionDeclaration" && isArrowLike(inner);
  });
  return holds;
}

/** By their text as it stands in the code. */
const builtIns = ["Uint8Array", "Int32Array", "Math.floor", "Math.min", "Math.max", "setTimeout"];

function alias(code: string): string {
  const tree = treeOf(code);
  const edits: Edit[] = [];
  const declarations: string[] = [];
  for (const name of builtIns) {
    const places: Edit[] = [];
    const short = `$${name.replace(".", "")}`;
    walk(tree, (node) => {
      if (
        (node.type === "Identifier" || node.type === "MemberExpression") &&
        code.slice(node.start, node.end) === name
      ) {
        places.push({ start: node.start, end: node.end, text: short });
      }
    });
    if (places.length * (name.length - 2) > name.length + 4) {
      edits.push(...places);
      declarations.push(`const ${short} = ${name};\n`);
    }
  }
  return declarations.join("") + applyEdits(code, edits);
}
