/**
 * Takes out of a bundle what a board has no use for and a minifier cannot see, and puts functions where the interpreter finds them:
 * - what a Fault says to people; its code stays
 * - members that nobody reads, and then functions that nobody calls
 * - function declarations move to the top of their block, since the interpreter knows a function only from there on
 *
 * It relies on what the board dialect promises: no computed names of our own members.
 */
import { type AnyNode, type FunctionDeclaration, type Property, parse } from "acorn";
import { applyEdits, type Edit } from "./edits.ts";
import { flatten } from "./flatten.ts";
import { uniqueNames } from "./unique-names.ts";
import { walk } from "./walk.ts";

/** `whole`: also takes apart what a board has only once (flatten.ts), after which no code stands where its file was. */
export function shrink(text: string, natives: ReadonlySet<string>, whole: boolean): string {
  let code = uniqueNames(applyEdits(text, detailEdits(treeOf(text))));
  for (;;) {
    const tree = treeOf(code);
    const smaller = applyEdits(code, [...memberEdits(code, tree, natives), ...unusedEdits(tree)]);
    const next = smaller === code && whole ? flatten(code, natives) : smaller;
    if (next === code) {
      return hoist(code);
    }
    code = next;
  }
}

export function treeOf(text: string): AnyNode {
  return parse(text, { ecmaVersion: "latest", sourceType: "module" }) as AnyNode;
}

/** The second argument of `fault(...)` and the sentence of an Error are for people. */
function detailEdits(tree: AnyNode): Edit[] {
  const edits: Edit[] = [];
  walk(tree, (node) => {
    if (node.type !== "CallExpression" && node.type !== "NewExpression") {
      return;
    }
    const name = node.callee.type === "Identifier" ? node.callee.name : "";
    const kept = /^fault\d*$/.test(name) ? 1 : name === "Error" ? 0 : Infinity;
    if (node.arguments.length > kept) {
      const start = kept === 0 ? node.arguments[0].start : node.arguments[kept - 1].end;
      edits.push({ start, end: node.arguments[node.arguments.length - 1].end, text: "" });
    }
  });
  return edits;
}

/** Members of object literals that no expression of the bundle reads. Their values must do nothing by themselves. */
function memberEdits(code: string, tree: AnyNode, natives: ReadonlySet<string>): Edit[] {
  const read = new Set<string>(natives);
  walk(tree, (node, parent) => {
    const isTarget =
      parent?.type === "AssignmentExpression" && parent.left === node && parent.operator === "=";
    if (node.type === "MemberExpression" && node.property.type === "Identifier" && !isTarget) {
      read.add(node.property.name);
    }
  });
  const edits: Edit[] = [];
  walk(tree, (node) => {
    if (node.type !== "ObjectExpression") {
      return;
    }
    for (const property of node.properties) {
      if (property.type === "Property" && !read.has(keyOf(property)) && isPure(property.value)) {
        edits.push(withComma(code, property));
      }
    }
  });
  return edits;
}

function keyOf({ key }: Property): string {
  return key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "";
}

/** Whether an expression only makes a value. */
function isPure(node: AnyNode): boolean {
  switch (node.type) {
    case "Literal":
    case "Identifier":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return true;
    case "UnaryExpression":
      return isPure(node.argument);
    case "BinaryExpression":
      return isPure(node.left) && isPure(node.right);
    case "MemberExpression":
      return !node.computed && isPure(node.object);
    case "NewExpression":
      return (
        node.callee.type === "Identifier" &&
        /^(?:Uint8Array|ArrayBuffer|DataView)$/.test(node.callee.name) &&
        node.arguments.every(isPure)
      );
    case "ArrayExpression":
      return node.elements.every((element) => element !== null && isPure(element));
    case "ObjectExpression":
      return node.properties.every((property) => property.type === "Property" && isPure(property.value));
    default:
      return false;
  }
}

/** With the comma behind it, or the one before it where it is the last. */
function withComma(code: string, { start, end }: { start: number; end: number }): Edit {
  const behind = /^\s*,/.exec(code.slice(end));
  return { start, end: end + (behind?.[0].length ?? 0), text: "" };
}

/** Function declarations and pure variables whose names stand nowhere else. */
function unusedEdits(tree: AnyNode): Edit[] {
  const uses = new Map<string, number>();
  walk(tree, (node, parent) => {
    const isMember = parent?.type === "MemberExpression" && parent.property === node && !parent.computed;
    const isKey = parent?.type === "Property" && parent.key === node && !parent.shorthand;
    if (node.type === "Identifier" && !isMember && !isKey) {
      uses.set(node.name, (uses.get(node.name) ?? 0) + 1);
    }
  });
  const edits: Edit[] = [];
  walk(tree, (node) => {
    if (node.type === "FunctionDeclaration" && node.id !== null && uses.get(node.id.name) === 1) {
      edits.push({ start: node.start, end: node.end, text: "" });
    }
    if (node.type === "VariableDeclaration" && node.declarations.length === 1) {
      const [{ id, init }] = node.declarations;
      if (id.type === "Identifier" && uses.get(id.name) === 1 && (init === null || (init && isPure(init)))) {
        edits.push({ start: node.start, end: node.end, text: "" });
      }
    }
  });
  return edits;
}

/** Each function declaration to the top of its block, or of its module's part. Comments of esbuild that name a module stay where they are. */
export function hoist(code: string): string {
  const edits: Edit[] = [];
  walk(treeOf(code), (node) => {
    const blocks =
      node.type === "Program"
        ? modulesOf(code, node.body)
        : [node.type === "BlockStatement" ? node.body : []];
    for (const body of blocks) {
      const late = body.filter(
        (statement, i): statement is FunctionDeclaration =>
          statement.type === "FunctionDeclaration" &&
          body.slice(0, i).some(({ type }) => type !== "FunctionDeclaration"),
      );
      if (late.length > 0) {
        const text = hoistedText(code, body, late);
        edits.push({ start: body[0]!.start, end: body[body.length - 1]!.end, text });
      }
    }
  });
  return applyEdits(code, edits);
}

/** The statements of each module, as esbuild has written one behind the other. */
function modulesOf(code: string, body: readonly AnyNode[]): AnyNode[][] {
  const modules: AnyNode[][] = [];
  let end = 0;
  for (const statement of body) {
    if (modules.length === 0 || /^\/\/ \S+\.ts$/m.test(code.slice(end, statement.start))) {
      modules.push([]);
    }
    modules[modules.length - 1]!.push(statement);
    end = statement.end;
  }
  return modules;
}

function hoistedText(code: string, body: readonly AnyNode[], late: readonly AnyNode[]): string {
  const functions = body.filter((statement) => late.includes(statement));
  const rest = body.filter((statement) => !late.includes(statement));
  return [...functions, ...rest].map(({ start, end }) => code.slice(start, end)).join("\n");
}
