/** Conditions that are put together, and arithmetic over columns. */

/** A node of the query language. */
export type Node = { type: string; [key: string]: unknown };

/** Values by `field__relation__lookup`. */
export type Conditions = Record<string, unknown>;

/** Conditions that can be joined by `or`, `and` and `not`. */
export class QNode {
  constructor(readonly node: Node) {}

  or(...others: Array<QNode | Conditions>): QNode {
    return new QNode({ type: "or", children: [this.node, ...others.map(nodeOf)] });
  }

  and(...others: Array<QNode | Conditions>): QNode {
    return new QNode({ type: "and", children: [this.node, ...others.map(nodeOf)] });
  }

  not(): QNode {
    return new QNode({ type: "exclude", child: this.node });
  }
}

/**
 * Conditions as a value: `Q({ a: 1 }).or({ b: 2 })`, or `Q("OR", { a: 1 }, { b: 2 })`.
 */
export function Q(first: "AND" | "OR" | QNode | Conditions, ...rest: Array<QNode | Conditions>): QNode {
  if (first === "AND" || first === "OR") return new QNode({ type: first.toLowerCase(), children: rest.map(nodeOf) });
  const node = nodeOf(first);
  return rest.length === 0 ? new QNode(node) : new QNode({ type: "and", children: [node, ...rest.map(nodeOf)] });
}

/** The node of conditions, whatever they are written as; `Q` among the keys is a list of alternatives. */
export function nodeOf(conditions: QNode | Conditions): Node {
  if (conditions instanceof QNode) return conditions.node;
  const { Q: alternatives, ...plain } = conditions as { Q?: Array<QNode | Conditions> } & Conditions;
  const node: Node = { type: "filter", conditions: plain };
  if (!alternatives?.length) return node;
  const either: Node = { type: "or", children: alternatives.map(nodeOf) };
  const one = alternatives.length === 1 ? (either["children"] as Node[])[0]! : either;
  return Object.keys(plain).length === 0 ? one : { type: "and", children: [node, one] };
}

/** Arithmetic that the database does, such as `F("quantity + 1")`. */
export class FExpression {
  readonly __f_expr = true;
  constructor(readonly ast: Arithmetic) {}
  toJSON(): unknown {
    return { __f_expr: true, ast: this.ast };
  }
}

/** A node of arithmetic, as math.js writes it. */
export type Arithmetic = { mathjs: string; [key: string]: unknown };

const FUNCTIONS: Record<string, number> = { abs: 1, round: 1, floor: 1, ceil: 1, min: 2, max: 2 };
const LEVELS = [["+", "-"], ["*", "/", "%"]];

/**
 * Arithmetic over fields: numbers, fields, `+ - * / % ^`, brackets, and `abs round floor ceil min max`.
 *
 * @throws SyntaxError that says where it cannot be read
 */
export function F(text: string): FExpression {
  const words = text.match(/\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/%^(),]|\S/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`F(${JSON.stringify(text)}): ${words[at] === undefined ? "something is missing at the end" : `"${words[at]}" is not understood there`}`);
  };
  const take = (word: string): void => {
    if (words[at] !== word) fail();
    at += 1;
  };
  const operator = (op: string, args: Arithmetic[]): Arithmetic => {
    const fn = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "mod", "^": "pow" }[op];
    return { mathjs: "OperatorNode", op, fn, args };
  };
  const level = (depth: number): Arithmetic => {
    const operators = LEVELS[depth];
    if (!operators) return power();
    let left = level(depth + 1);
    while (operators.includes(words[at] ?? "")) {
      const op = words[at] ?? "";
      at += 1;
      left = operator(op, [left, level(depth + 1)]);
    }
    return left;
  };
  const power = (): Arithmetic => {
    const base = single();
    if (words[at] !== "^") return base;
    at += 1;
    return operator("^", [base, power()]);
  };
  const single = (): Arithmetic => {
    const word = words[at] ?? fail();
    at += 1;
    if (/^\d/.test(word)) return { mathjs: "ConstantNode", value: Number(word) };
    if (word === "-") return operator("-", [{ mathjs: "ConstantNode", value: 0 }, single()]);
    if (word === "(") {
      const content = level(0);
      take(")");
      return { mathjs: "ParenthesisNode", content };
    }
    if (!/^[A-Za-z_]/.test(word)) {
      at -= 1;
      return fail();
    }
    if (words[at] !== "(") return { mathjs: "SymbolNode", name: word };
    const least = FUNCTIONS[word];
    if (least === undefined) throw new SyntaxError(`F(${JSON.stringify(text)}): there is no function ${word}`);
    at += 1;
    const args = [level(0)];
    while (words[at] === ",") {
      at += 1;
      args.push(level(0));
    }
    take(")");
    if (args.length < least || (least === 1 && args.length > 1)) throw new SyntaxError(`F(${JSON.stringify(text)}): ${word} takes ${least === 1 ? "one value" : "two values or more"}`);
    return { mathjs: "FunctionNode", fn: { mathjs: "SymbolNode", name: word }, args };
  };
  const ast = level(0);
  if (at < words.length) fail();
  return new FExpression(ast);
}
