/** What esbuild lets through and Espruino lacks, or runs to another result (boards sheet, sections 1 and 2). */
import type { AnyNode, Identifier } from "acorn";
import { walk } from "./board-build/walk.ts";
import {
  iteratorMethods,
  missingGlobals,
  missingMethods,
  missingStatics,
  typedArrays,
} from "./dialect-names.ts";

export interface Finding {
  readonly node: AnyNode;
  /** What is wrong. */
  readonly text: string;
  /** What to write in its place. */
  readonly instead: string;
}

/** Whether an expression is a typed array or an ArrayBuffer, by the types of the source it is from. */
export type IsTyped = (node: AnyNode) => "array" | "buffer" | null;

/** Everything in a bundle's tree that a board could not run, or would run to another result. */
export function findingsOf(tree: AnyNode, isTyped: IsTyped): Finding[] {
  const findings: Finding[] = [];
  const declared = declaredNames(tree);
  walk(tree, (node, parent) => {
    const wrong = wrongWith(node, parent, declared) ?? wrongSlice(node, isTyped);
    if (wrong !== null) {
      findings.push({ node, ...wrong });
    }
    findings.push(
      ...capturedNames(node),
      ...lateVariables(node),
      ...brokenReturns(node),
      ...endlessPieces(node),
    );
  });
  return findings;
}

type Wrong = Omit<Finding, "node">;

function wrongWith(node: AnyNode, parent: AnyNode | null, declared: ReadonlySet<string>): Wrong | null {
  switch (node.type) {
    case "LabeledStatement":
      return wrong("labels do not exist on a board", "a function that returns, or a flag");
    case "TaggedTemplateExpression":
      return wrong("tagged templates do not exist on a board", "a call with a text");
    case "WithStatement":
      return wrong("`with` does not exist on a board", "the object's name before each member");
    case "ImportExpression":
      return wrong("import() does not exist on a board", "an import at the top of the file");
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return node.computed
        ? wrong("computed keys do not exist on a board", "the object first, then object[key] = value")
        : wrongMode(node);
    case "ClassDeclaration":
    case "ClassExpression":
      return named(node.superClass, "Error")
        ? wrong("`extends Error` does not exist on a board", "a Fault (protocols/fault.ts)")
        : null;
    case "Literal":
      return "regex" in node && node.regex ? wrongPattern(node.regex.pattern) : null;
    case "Identifier":
      return wrongName(node, parent, declared);
    case "NewExpression":
    case "CallExpression":
      return wrongCall(node.callee, node.arguments);
    case "MemberExpression":
      return wrongMember(node);
    case "ArrowFunctionExpression":
      return node.expression && losesThis(node.body)
        ? wrong(
            "on a board an arrow without braces loses its `this` to a function within it",
            "braces, or the function taken out",
          )
        : null;
    default:
      return null;
  }
}

function wrong(text: string, instead: string): Wrong {
  return { text, instead };
}

/** AES-CTR ignores its counter there: two messages under one key give both away. */
function wrongMode(node: AnyNode): Wrong | null {
  return node.type === "Property" &&
    named(node.key, "mode") &&
    node.value.type === "Literal" &&
    node.value.value === "CTR"
    ? wrong("AES-CTR ignores the counter it is given on a board", "composedCcm of espruino-ccm.ts")
    : null;
}

const patterns: readonly (readonly [RegExp, string, string])[] = [
  [/\(\?<?[=!]/, "lookaround", "capture what is around it, or compare with indexOf"],
  [/\(\?</, "named groups", "groups by their number"],
  [/[*+?}]\?/, "lazy quantifiers", "a class that excludes the end, such as [^x]*"],
  [
    // A question mark that is neither escaped, nor in brackets, nor the start of a group: such a pattern never matches there.
    /^(?:[^\\[]|\\.|\[(?:[^\]\\]|\\.)*\])*?(?<!\()\?/,
    "optional parts",
    "* and a look at the length",
  ],
  [/\{\d/, "counted quantifiers", "the part as often as it comes, or a comparison of the length"],
];

function wrongPattern(pattern: string): Wrong | null {
  const row = patterns.find(([missing]) => missing.test(pattern));
  return row === undefined ? null : wrong(`${row[1]} do not exist in a board's patterns`, row[2]);
}

function wrongName(node: Identifier, parent: AnyNode | null, declared: ReadonlySet<string>): Wrong | null {
  if (isMemberName(node, parent)) {
    return null;
  }
  if (node.name === "arguments") {
    return wrong("`arguments` is another one inside an arrow on a board", "named parameters");
  }
  const instead = declared.has(node.name) ? undefined : ownValue(missingGlobals, node.name);
  return instead === undefined ? null : wrong(`${node.name} does not exist on a board`, instead);
}

function wrongMember(node: Extract<AnyNode, { type: "MemberExpression" }>): Wrong | null {
  if (node.computed || node.property.type !== "Identifier") {
    return null;
  }
  const { name } = node.property;
  const owner = node.object.type === "Identifier" ? node.object.name : "";
  const instead = ownValue(ownValue(missingStatics, owner) ?? {}, name);
  if (instead !== undefined) {
    return wrong(`${owner}.${name} does not exist on a board`, instead);
  }
  if (typedArrays.has(owner) && (name === "from" || name === "of")) {
    return wrong(`${owner}.${name} does not exist on a board`, `new ${owner}([...]) with a plain array`);
  }
  return name === "prototype" && /^[A-Z]/.test(owner)
    ? wrong("built-in prototypes show no methods on a board", "a method of a value: [].slice, ''.split")
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

/** The helpers that esbuild lowers with, by what was written. */
const helpers: readonly (readonly [RegExp, string, string])[] = [
  [/^__private/, "`#private` becomes a WeakMap, which does not exist on a board", "private of TypeScript"],
  [
    /^__spread/,
    "a spread of an object does not exist on a board",
    "Object.assign, or the members one by one",
  ],
  [/^__objRest/, "a rest of an object does not exist on a board", "the members one by one"],
  [/^__async|^__generator|^__yield/, "async and generators do not exist on a board", "a callback"],
];

function wrongCall(callee: AnyNode, given: readonly AnyNode[]): Wrong | null {
  if (callee.type === "Identifier") {
    const helper = helpers.find(([name]) => name.test(callee.name));
    if (helper !== undefined) {
      return wrong(helper[1], helper[2]);
    }
    const pattern = callee.name === "RegExp" ? given[0] : undefined;
    return pattern?.type === "Literal" ? wrongPattern(String(pattern.value)) : null;
  }
  const method = callee.type === "MemberExpression" && !callee.computed ? callee.property : null;
  if (method?.type !== "Identifier" || callee.type !== "MemberExpression") {
    return null;
  }
  const instead = ownValue(missingMethods, method.name);
  if (instead !== undefined) {
    return wrong(`.${method.name}() does not exist on a board`, instead);
  }
  return iteratorMethods.has(method.name) && given.length === 0 && !named(callee.object, "Object")
    ? wrong(`.${method.name}() gives an iterator, which a board has not`, "a loop with an index")
    : null;
}

/** `while (at < bytes.length) ... bytes.subarray(at, at + most)`: there a subarray does not end with what it is of. */
function endlessPieces(loop: AnyNode): Finding[] {
  const test = loop.type === "WhileStatement" || loop.type === "ForStatement" ? loop.test : null;
  const ends: Finding[] = [];
  walk(test ?? loop, (compared) => {
    if (compared.type !== "BinaryExpression" || compared.operator !== "<" || test == null) {
      return;
    }
    const { left, right } = compared;
    const owner = right.type === "MemberExpression" && named(right.property, "length") ? right.object : null;
    if (left.type !== "Identifier" || owner?.type !== "Identifier") {
      return;
    }
    walk(loop, (node) => {
      const callee = node.type === "CallExpression" ? node.callee : null;
      const [start, end] = node.type === "CallExpression" ? node.arguments : [];
      if (
        callee?.type === "MemberExpression" &&
        named(callee.property, "subarray") &&
        named(callee.object, owner.name) &&
        named(start, left.name) &&
        end?.type === "BinaryExpression" &&
        !(end.right.type === "Literal" && end.right.value === 1) && // what there is one of
        namesFirst(end, left.name)
      ) {
        ends.push({
          node,
          text: "on a board a subarray goes on beyond the end of what it is of",
          instead: "pieceOf (protocols/bytes.ts)",
        });
      }
    });
  });
  return ends;
}

/** Whether a sum begins with a name. */
function namesFirst(node: AnyNode, name: string): boolean {
  return node.type === "BinaryExpression" ? namesFirst(node.left, name) : named(node, name);
}

/** A typed array's slice is a plain array there; a buffer has none. */
function wrongSlice(node: AnyNode, isTyped: IsTyped): Wrong | null {
  if (
    node.type !== "CallExpression" ||
    node.callee.type !== "MemberExpression" ||
    !named(node.callee.property, "slice")
  ) {
    return null;
  }
  const kind = isTyped(node.callee.object);
  if (kind === null) {
    return null;
  }
  return kind === "array"
    ? wrong(
        "slice of a typed array gives a plain array on a board",
        "new Uint8Array(bytes.subarray(from, to))",
      )
    : wrong("an ArrayBuffer has no slice on a board", "a typed array over it, and subarray");
}

function named(node: AnyNode | null | undefined, name: string): boolean {
  return node?.type === "Identifier" && node.name === name;
}

/** Uses of a loop head's `let` or `const` within functions in the loop: all of them see the last value. */
function capturedNames(node: AnyNode): Finding[] {
  const head =
    node.type === "ForStatement"
      ? node.init
      : node.type === "ForOfStatement" || node.type === "ForInStatement"
        ? node.left
        : null;
  if (head?.type !== "VariableDeclaration" || head.kind === "var") {
    return [];
  }
  const names = new Set(head.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "")));
  const captured: Finding[] = [];
  walk(node, (inner) => {
    if (/^(ArrowFunction|Function)/.test(inner.type)) {
      walk(inner, (used, parent) => {
        if (used.type === "Identifier" && names.has(used.name) && !isMemberName(used, parent)) {
          captured.push({
            node: used,
            text: "a function keeps a loop's variable: on a board it sees the last value",
            instead: "forEach, or a helper function that takes it",
          });
        }
      });
    }
  });
  return captured;
}

/** Uses of a name before the inner `var` of that name: they would be of the global one. */
function lateVariables(node: AnyNode): Finding[] {
  if (!/^(ArrowFunction|Function)/.test(node.type) || !("body" in node)) {
    return [];
  }
  const found: Finding[] = [];
  walk(node.body as AnyNode, (inner) => {
    if (inner.type === "VariableDeclaration" && inner.kind === "var") {
      for (const { id } of inner.declarations) {
        const isGlobal = id.type === "Identifier" && (id.name in globalThis || nativeNames.test(id.name));
        if (isGlobal && usedBefore(node.body as AnyNode, id.name, id.start)) {
          found.push({
            node: id,
            text: `\`var ${id.name}\` hides the global of that name only from here on, on a board`,
            instead: "let or const, or another name",
          });
        }
      }
    }
  });
  return found;
}

/** Names of the interpreter's own objects. (Two names of the bundle never hide each other: esbuild gives one a number.) */
const nativeNames =
  /^(E|NRF|I2C\d|SPI\d|Serial\d|USB|Bluetooth|LED\d?|BTN\d?|[ABCD]\d+|getTime|digitalWrite|setWatch)$/;

function usedBefore(body: AnyNode, name: string, place: number): boolean {
  let used = false;
  walk(body, (node, parent) => {
    used ||=
      node.type === "Identifier" && node.name === name && node.start < place && !isMemberName(node, parent);
  });
  return used;
}

/** `return` and its value on the next line: nothing is returned here, and the value there. */
function brokenReturns(node: AnyNode): Finding[] {
  const body: readonly AnyNode[] =
    node.type === "BlockStatement" || node.type === "Program"
      ? node.body
      : node.type === "SwitchCase"
        ? node.consequent
        : [];
  return body.flatMap((statement, i) => {
    const next = body[i + 1];
    return statement.type === "ReturnStatement" &&
      statement.argument === null &&
      next?.type === "ExpressionStatement"
      ? [
          {
            node: statement,
            text: "`return` and its value stand on two lines: JavaScript returns nothing, a board the value",
            instead: "both on one line",
          },
        ]
      : [];
  });
}

/** All names that something in the tree declares. */
function declaredNames(tree: AnyNode): Set<string> {
  const names = new Set<string>();
  walk(tree, (node) => {
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier") {
      names.add(node.id.name);
    } else if ("params" in node) {
      for (const parameter of node.params as readonly AnyNode[]) {
        names.add(parameter.type === "Identifier" ? parameter.name : "");
      }
    }
    if ((node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") && node.id !== null) {
      names.add(node.id.name);
    }
  });
  return names;
}

function isMemberName(node: AnyNode, parent: AnyNode | null): boolean {
  return (
    (parent?.type === "MemberExpression" && parent.property === node && !parent.computed) ||
    ((parent?.type === "Property" ||
      parent?.type === "MethodDefinition" ||
      parent?.type === "PropertyDefinition") &&
      parent.key === node &&
      !parent.computed &&
      !("shorthand" in parent && parent.shorthand))
  );
}

function ownValue<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
