// Made by `portcullis sync`; what is changed here is lost.
export { Group, type GroupFields } from "./auth/group.js";
