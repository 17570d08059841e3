// Made by `portcullis sync`; what is changed here is lost.
import { Model, type Manager } from "@portcullis/client";

export interface GroupFields {
  readonly id: number;
  name: string;
}

export interface Group extends GroupFields {}

export declare class Group extends Model<GroupFields> {
  constructor(values?: Partial<GroupFields>);
  static readonly objects: Manager<Group, GroupFields>;
}
