// Made by `portcullis sync`; what is changed here is lost.
export { Group } from "./auth/group.js";
