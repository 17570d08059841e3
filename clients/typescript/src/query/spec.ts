/** A question about rows, as data that never changes. */

import { schemaOf } from "../models/registered.js";
import type { Schema } from "../models/schema.js";
import type { Node } from "./expressions.js";

/** Words that are searched for. */
export interface Search {
  searchQuery: string;
  searchFields?: readonly string[];
}

/** Filters, words, and an order. */
export class Spec {
  constructor(readonly nodes: readonly Node[] = [], readonly search?: Search, readonly orderBy: readonly string[] = []) {}

  and(node: Node): Spec {
    return new Spec([...this.nodes, node], this.search, this.orderBy);
  }

  searching(search: Search): Spec {
    return new Spec(this.nodes, search, this.orderBy);
  }

  ordered(orderBy: readonly string[]): Spec {
    return new Spec(this.nodes, this.search, orderBy);
  }

  /** All filters as one node. */
  filterNode(): Node | undefined {
    if (this.nodes.length <= 1) return this.nodes[0];
    return { type: "and", children: this.nodes };
  }

  /** The query of an operation. */
  query(type: string, more: Record<string, unknown> = {}): Record<string, unknown> {
    const filter = this.filterNode();
    return {
      type,
      ...(filter ? { filter } : {}),
      ...(this.search ? { search: this.search } : {}),
      ...(this.orderBy.length > 0 ? { orderBy: this.orderBy } : {}),
      ...more,
    };
  }

  read(): Record<string, unknown> {
    return this.query("read");
  }

  /** The other models that its paths lead over. */
  models(schema: Schema, backend: string): Set<string> {
    const found = new Set<string>();
    const walk = (path: string): void => {
      let at: Schema | undefined = schema;
      for (const part of path.replace(/^-/, "").split("__")) {
        const relation: string | undefined = at?.relationships[part]?.model;
        if (!relation) return;
        if (relation !== schema.model_name) found.add(relation);
        at = schemaOf(backend, relation);
      }
    };
    const visit = (node: Node): void => {
      Object.keys((node["conditions"] as object | undefined) ?? {}).forEach(walk);
      ((node["children"] as Node[] | undefined) ?? []).forEach(visit);
      if (node["child"]) visit(node["child"] as Node);
    };
    this.nodes.forEach(visit);
    this.orderBy.forEach(walk);
    return found;
  }
}
