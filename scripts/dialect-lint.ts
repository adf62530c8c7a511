/** What esbuild lets through and Espruino lacks, or runs to another result (boards sheet, sections 1 and 2). */
import type { AnyNode } from "acorn";

export interface Finding {
  readonly node: AnyNode;
  readonly text: string;
}

/** Names that are not there. */
const missingNames = new Set([
  "BigInt",
  "BigInt64Array",
  "BigUint64Array",
  "Map",
  "Proxy",
  "Reflect",
  "Set",
  "Symbol",
  "TextDecoder",
  "TextEncoder",
  "WeakMap",
  "WeakRef",
  "WeakSet",
  "queueMicrotask",
  "structuredClone",
]);

/** Members of built-in objects that are not there. */
const missingStatics: Readonly<Record<string, readonly string[]>> = {
  Array: ["from", "of"],
  Math: ["clz32", "fround", "hypot", "imul", "log2", "trunc"],
  Number: ["isFinite", "isInteger", "isNaN", "isSafeInteger"],
  Object: ["freeze", "getOwnPropertySymbols", "groupBy", "hasOwn", "is", "isFrozen", "seal"],
  Promise: ["allSettled", "any", "race", "withResolvers"],
};

/** Methods that no object there has. */
const missingMethods = new Set([
  "at",
  "codePointAt",
  "findLast",
  "findLastIndex",
  "flat",
  "flatMap",
  "matchAll",
  "normalize",
  "replaceAll",
  "toReversed",
  "toSorted",
  "toSpliced",
]);

const missingInPattern = /\(\?(?:[=!]|<)|[*+?}]\?|\{\d/;
/** A question mark that is neither escaped, nor in brackets, nor the start of a group. */
const optionalInPattern = /^(?:[^\\[]|\\.|\[(?:[^\]\\]|\\.)*\])*?(?<!\()\?/;

/** Everything in a tree that a board could not run, or would run to another result. */
export function findingsOf(tree: AnyNode): Finding[] {
  const findings: Finding[] = [];
  walk(tree, (node) => {
    const text = wrongWith(node);
    if (text !== null) {
      findings.push({ node, text });
    }
    for (const captured of capturedLoopNames(node)) {
      findings.push({
        node: captured,
        text: "a function keeps a loop's variable: on a board it sees the last value; use forEach or a helper function",
      });
    }
  });
  return findings;
}

function wrongWith(node: AnyNode): string | null {
  switch (node.type) {
    case "LabeledStatement":
      return "labels do not exist on a board";
    case "TaggedTemplateExpression":
      return "tagged templates do not exist on a board";
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return node.computed ? "computed keys do not exist on a board" : null;
    case "ClassDeclaration":
    case "ClassExpression":
      return named(node.superClass, "Error") ? "`extends Error` does not exist on a board" : null;
    case "Literal":
      return "regex" in node && node.regex ? wrongPattern(node.regex.pattern) : null;
    case "Identifier":
      return node.name === "arguments" ? "`arguments` is another one inside an arrow on a board" : null;
    case "ArrowFunctionExpression":
      return node.expression && losesThis(node.body)
        ? "on a board an arrow without braces loses its `this` to a function within it: give it braces or take the function out"
        : null;
    case "NewExpression":
    case "CallExpression":
      return wrongCall(node.callee);
    case "MemberExpression":
      return wrongMember(node);
    default:
      return null;
  }
}

function wrongPattern(pattern: string): string | null {
  if (missingInPattern.test(pattern)) {
    return "lookaround, lazy, counted and named groups do not exist in a board's patterns";
  }
  return optionalInPattern.test(pattern)
    ? "a board's pattern with `?` never matches: use * and look at the length"
    : null;
}

function wrongMember(node: Extract<AnyNode, { type: "MemberExpression" }>): string | null {
  if (node.computed || node.property.type !== "Identifier") {
    return null;
  }
  const { name } = node.property;
  const { object } = node;
  if (object.type === "Identifier") {
    if (missingNames.has(object.name) || missingStatics[object.name]?.includes(name)) {
      return `${object.name}.${name} does not exist on a board`;
    }
  }
  if (name === "prototype") {
    return "built-in prototypes show no methods on a board";
  }
  return null;
}

function wrongCall(callee: AnyNode): string | null {
  if (callee.type === "Identifier") {
    return missingNames.has(callee.name) ? `${callee.name} does not exist on a board` : null;
  }
  const method = callee.type === "MemberExpression" && !callee.computed ? callee.property : null;
  return method?.type === "Identifier" && missingMethods.has(method.name)
    ? `.${method.name}() does not exist on a board`
    : null;
}

/** The interpreter looks only since the last inner function whether an arrow's expression names `this` (jsparse.c, hadThisKeyword). */
function losesThis(body: AnyNode): boolean {
  let uses = false;
  let nests = false;
  walk(body, (node) => {
    uses ||= node.type === "ThisExpression";
    nests ||= /Function/.test(node.type);
  });
  return uses && nests;
}

function named(node: AnyNode | null | undefined, name: string): boolean {
  return node?.type === "Identifier" && node.name === name;
}

/** Uses of a loop head's `let` or `const` within functions in the loop. */
function capturedLoopNames(node: AnyNode): AnyNode[] {
  const head = node.type === "ForStatement" ? node.init : loopHead(node);
  if (head?.type !== "VariableDeclaration" || head.kind === "var") {
    return [];
  }
  const names = new Set(head.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "")));
  const captured: AnyNode[] = [];
  walk(node, (inner) => {
    if (/^(ArrowFunction|Function)/.test(inner.type)) {
      walk(inner, (used) => {
        if (used.type === "Identifier" && names.has(used.name)) {
          captured.push(used);
        }
      });
    }
  });
  return captured;
}

function loopHead(node: AnyNode): AnyNode | null {
  return node.type === "ForOfStatement" || node.type === "ForInStatement" ? node.left : null;
}

/** Calls back for a node and all below it, but for mere names of members. */
function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  const isNamed = "computed" in node && !node.computed;
  for (const [part, value] of Object.entries(node)) {
    if (isNamed && (part === "property" || part === "key")) {
      continue;
    }
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && typeof child.type === "string") {
        walk(child, visit);
      }
    }
  }
}
