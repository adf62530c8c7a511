/**
 * Takes apart what a board has only once. In the house a part is a function that makes an object, and parts are handed to parts; on
 * a board each is made once, at the top of the bundle. There
 * - a function that is called at one place stands in that place
 * - a member that one object at the top alone has is a name of its own, whoever held the object
 * - a member that always is the same name, or the same number, is that
 *
 * For bundles in which every name stands for one thing (unique-names.ts) and no member is found by a computed name.
 */
import type { AnyNode, Identifier, ObjectExpression, Property } from "acorn";
import { applyEdits, type Edit } from "./edits.ts";
import { type Callee, functionsOf, isMemberName, usesOf, usesThis } from "./functions.ts";
import { getters } from "./getters.ts";
import { treeOf } from "./shrink.ts";
import { targetOf, walk } from "./walk.ts";

/** One round; the same text when there is nothing left to do. */
export function flatten(code: string, natives: ReadonlySet<string>): string {
  for (const step of [inlined, getters, liftedMembers, sameMembers, copies]) {
    const next = step(code, natives);
    if (next !== code) {
      return next;
    }
  }
  return code;
}

/** Calls that can be replaced by what they call; of those within each other the first. */
function inlined(code: string): string {
  const tree = treeOf(code);
  const functions = functionsOf(tree);
  const { uses, assigned } = usesOf(tree);
  const edits: Edit[] = [];
  walk(tree, (statement, parent) => {
    if (parent === null || !(parent.type === "BlockStatement" || parent.type === "Program")) {
      return;
    }
    const call = callOf(statement);
    const callee = call === null ? undefined : functions.get((call.callee as Identifier).name);
    if (call === null || callee === undefined || uses.get((call.callee as Identifier).name) !== 2) {
      return;
    }
    const { declaration } = callee;
    const touched = [statement, declaration];
    if (call.arguments.length !== callee.params.length || within(statement, declaration)) {
      return;
    }
    if (edits.some((edit) => touched.some(({ start, end }) => edit.start < end && start < edit.end))) {
      return;
    }
    const body = bodyText(code, statement, callee);
    if (body === null || usesThis(callee.node)) {
      return;
    }
    // Names and numbers stand for the parameter itself; anything else gets its name.
    const named = call.arguments.map((argument, i) => ({ argument, name: callee.params[i].name }));
    const bound = named.filter(({ argument, name }) => !isPlain(argument, assigned) || assigned.has(name));
    const kept = bound.map(
      ({ argument, name }) => `let ${name} = ${code.slice(argument.start, argument.end)};`,
    );
    const plain = new Map(
      named
        .filter(({ argument, name }) => isPlain(argument, assigned) && !assigned.has(name))
        .map(({ argument, name }) => [name, code.slice(argument.start, argument.end)]),
    );
    edits.push(
      { start: statement.start, end: statement.end, text: [...kept, replaced(body, plain)].join("\n") },
      { start: declaration.start, end: declaration.end, text: "" },
    );
  });
  return edits.length === 0 ? code : applyEdits(code, edits);
}

type Call = Extract<AnyNode, { type: "CallExpression" }>;

/** The call that is all a statement does with a value. */
function callOf(statement: AnyNode): Call | null {
  const value =
    statement.type === "ExpressionStatement"
      ? statement.expression.type === "AssignmentExpression" &&
        statement.expression.left.type === "Identifier"
        ? statement.expression.right
        : statement.expression
      : statement.type === "ReturnStatement"
        ? statement.argument
        : statement.type === "VariableDeclaration" && statement.declarations.length === 1
          ? statement.declarations[0].init
          : null;
  return value?.type === "CallExpression" && value.callee.type === "Identifier" ? value : null;
}

/** A function's body in the place of a statement that calls it; null where it returns in the middle. */
function bodyText(code: string, statement: AnyNode, { body }: Callee): string | null {
  const text = ({ start, end }: { start: number; end: number }) => code.slice(start, end);
  const put = (value: string): string => {
    if (statement.type === "ReturnStatement") {
      return `return ${value};`;
    }
    if (statement.type === "VariableDeclaration") {
      const [{ id, init }] = statement.declarations;
      return `${code.slice(statement.start, init?.start ?? id.end)}${value};`;
    }
    const expression = statement.type === "ExpressionStatement" ? statement.expression : null;
    return expression?.type === "AssignmentExpression" ? `${text(expression.left)} = ${value};` : `${value};`;
  };
  if (body.type !== "BlockStatement") {
    return put(text(body).startsWith("{") ? `(${text(body)})` : text(body));
  }
  const last = body.body.at(-1);
  const returns = returnsOf(body);
  if (statement.type === "ReturnStatement") {
    const end = last?.type === "ReturnStatement" || last?.type === "ForStatement" ? "" : "\nreturn;";
    return code.slice(body.start + 1, body.end - 1) + end;
  }
  const isVoid = statement.type === "ExpressionStatement" && statement.expression.type === "CallExpression";
  if (returns.length === 0) {
    return isVoid ? code.slice(body.start + 1, body.end - 1) : null;
  }
  if (returns.length !== 1 || last?.type !== "ReturnStatement" || last.argument == null) {
    return null;
  }
  return `${code.slice(body.start + 1, last.start)}${put(text(last.argument))}`;
}

/** Of the function itself, not of those within it. */
function returnsOf(body: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  const visit = (node: AnyNode): void => {
    if (node.type === "ReturnStatement") {
      found.push(node);
    }
    if ("params" in node) {
      return;
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child === "object" && child !== null && typeof child.type === "string") {
          visit(child);
        }
      }
    }
  };
  visit(body);
  return found;
}

function within(inner: AnyNode, outer: AnyNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** Longer texts stay in one place. */
const shortMax = 10;

/** A number, a short text, or a name that always means the same. */
function isPlain(node: AnyNode, assigned: ReadonlySet<string>): boolean {
  if (node.type === "Identifier") {
    return !assigned.has(node.name);
  }
  return node.type === "Literal" && (typeof node.value !== "string" || node.value.length < shortMax);
}

/** A body's text with names of parameters replaced. */
function replaced(body: string, by: ReadonlyMap<string, string>): string {
  const text = `(() => {${body}})`;
  const edits: Edit[] = [];
  walk(treeOf(text), (node, parent) => {
    if (node.type === "Identifier" && by.has(node.name) && !isMemberName(node, parent)) {
      edits.push({ start: node.start, end: node.end, text: by.get(node.name) as string });
    }
  });
  return applyEdits(text, edits).slice("(() => {".length, -"})".length);
}

interface Definition {
  readonly owner: ObjectExpression | null;
  readonly property: Property | null;
}

/** Where members get their values: in object literals (owner), or by assignment (none). */
function definitionsOf(tree: AnyNode): Map<string, Definition[]> {
  const definitions = new Map<string, Definition[]>();
  const add = (name: string, definition: Definition) => {
    definitions.set(name, [...(definitions.get(name) ?? []), definition]);
  };
  walk(tree, (node) => {
    if (node.type === "ObjectExpression") {
      for (const property of node.properties) {
        const isOwn =
          property.type === "Property" && property.key.type === "Identifier" && !property.computed;
        // `root: parts.root` hands on what was given elsewhere.
        if (isOwn && property.key.type === "Identifier" && !isHandedOn(property)) {
          add(property.key.name, { owner: node, property });
        }
      }
    }
    if (node.type === "MethodDefinition" || node.type === "PropertyDefinition") {
      add(node.key.type === "Identifier" ? node.key.name : "", { owner: null, property: null });
    }
    const target = targetOf(node);
    if (
      target?.type === "MemberExpression" &&
      target.object.type === "ThisExpression" &&
      target.property.type === "Identifier"
    ) {
      add(target.property.name, { owner: null, property: null });
    }
  });
  return definitions;
}

function isHandedOn({ key, value }: Property): boolean {
  return (
    value.type === "MemberExpression" &&
    !value.computed &&
    value.property.type === "Identifier" &&
    key.type === "Identifier" &&
    value.property.name === key.name
  );
}

/** Members of one object at the top, as names of their own. */
function liftedMembers(code: string, natives: ReadonlySet<string>): string {
  const tree = treeOf(code);
  const definitions = definitionsOf(tree);
  const lifted = topMembers(tree).filter(
    ({ property }) =>
      !natives.has(keyOf(property)) &&
      !isHandedOn(property) &&
      definitions.get(keyOf(property))?.length === 1 &&
      !usesThis(property.value),
  );
  const uses = lifted.flatMap(({ property }) => {
    const name = `${keyOf(property)}_m`;
    return memberEdits(tree, keyOf(property), property.kind === "get" ? `${name}()` : name);
  });
  const used = applyEdits(code, uses);
  const chosen = new Set(lifted.map(({ owner, property }) => `${owner}.${keyOf(property)}`));
  const places = topMembers(treeOf(used))
    .filter(({ owner, property }) => chosen.has(`${owner}.${keyOf(property)}`))
    .flatMap(({ statement, property }) => {
      const text = used.slice(property.value.start, property.value.end);
      const isMethod = property.method || property.kind === "get";
      const made = isMethod ? text.replace(/^(\([^)]*\))\s*\{/, "$1 => {") : text;
      const behind = /^\s*,/.exec(used.slice(property.end))?.[0].length ?? 0;
      return [
        { start: statement.start, end: statement.start, text: `let ${keyOf(property)}_m = ${made};\n` },
        { start: property.start, end: property.end + behind, text: "" },
      ];
    });
  return applyEdits(used, places);
}

/** Members with a plain name of the objects that names at the top stand for. */
function topMembers(tree: AnyNode): { statement: AnyNode; owner: string; property: Property }[] {
  return (tree.type === "Program" ? tree.body : []).flatMap((statement) => {
    const declared = statement.type === "VariableDeclaration" ? statement.declarations : [];
    const object = declared.length === 1 ? declared[0].init : null;
    const properties = object?.type === "ObjectExpression" ? object.properties : [];
    return properties
      .filter(
        (property): property is Property =>
          property.type === "Property" && property.key.type === "Identifier" && !property.computed,
      )
      .map((property) => ({ statement, owner: (declared[0].id as Identifier).name, property }));
  });
}

function keyOf(property: Property): string {
  return (property.key as Identifier).name;
}

/** Each use of a member by a text; what held it is a name or a member, and does nothing by being read. */
function memberEdits(tree: AnyNode, key: string, text: string): Edit[] {
  const edits: Edit[] = [];
  walk(tree, (node) => {
    const isUse = node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier";
    if (isUse && node.property.type === "Identifier" && node.property.name === key) {
      edits.push({ start: node.start, end: node.end, text });
    }
  });
  return edits;
}

/** Members that are the same name or number wherever they are given. */
function sameMembers(code: string, natives: ReadonlySet<string>): string {
  const tree = treeOf(code);
  const { assigned } = usesOf(tree);
  const top = topNames(tree);
  const edits = [...definitionsOf(tree)].flatMap(([key, given]) => {
    const values = given.map(({ property }) =>
      property === null || property.kind !== "init" || property.method ? null : property.value,
    );
    const texts = new Set(values.map((value) => (value === null ? "" : code.slice(value.start, value.end))));
    const value = values[0];
    if (
      texts.size !== 1 ||
      value === null ||
      value === undefined ||
      natives.has(key) ||
      isAssignedMember(tree, key)
    ) {
      return [];
    }
    const isConstant =
      value.type === "Literal" ||
      (value.type === "Identifier" && top.has(value.name) && !assigned.has(value.name));
    return isConstant ? memberEdits(tree, key, code.slice(value.start, value.end)) : [];
  });
  return applyEdits(code, edits);
}

/** Names that only stand for another name or a number. */
function copies(code: string): string {
  const tree = treeOf(code);
  const { assigned } = usesOf(tree);
  const by = new Map<string, string>();
  const edits: Edit[] = [];
  walk(tree, (node, parent) => {
    if (node.type !== "VariableDeclaration" || node.declarations.length !== 1 || !isBlock(parent)) {
      return;
    }
    const [{ id, init }] = node.declarations;
    const isCopy =
      id.type === "Identifier" && init != null && isPlain(init, assigned) && !assigned.has(id.name);
    const isFree = (text: string) => !by.has(text) && ![...by.values()].includes(text);
    if (isCopy && !by.has(code.slice(init.start, init.end)) && isFree(id.name)) {
      by.set(id.name, code.slice(init.start, init.end));
      edits.push({ start: node.start, end: node.end, text: "" });
    }
  });
  walk(tree, (node, parent) => {
    if (node.type === "Identifier" && by.has(node.name) && !isMemberName(node, parent)) {
      edits.push({ start: node.start, end: node.end, text: by.get(node.name) as string });
    }
  });
  return applyEdits(code, edits);
}

function isBlock(node: AnyNode | null): boolean {
  return node?.type === "Program" || node?.type === "BlockStatement";
}

function topNames(tree: AnyNode): Set<string> {
  const names = new Set<string>();
  for (const statement of tree.type === "Program" ? tree.body : []) {
    if (statement.type === "VariableDeclaration") {
      for (const { id } of statement.declarations) {
        names.add((id as Identifier).name);
      }
    } else if (statement.type === "FunctionDeclaration" && statement.id !== null) {
      names.add(statement.id.name);
    }
  }
  return names;
}

function isAssignedMember(tree: AnyNode, key: string): boolean {
  let assigned = false;
  walk(tree, (node) => {
    const target = targetOf(node);
    assigned ||=
      target?.type === "MemberExpression" &&
      target.property.type === "Identifier" &&
      target.property.name === key;
  });
  return assigned;
}
