/** Portcullis in the browser: log-in, live data and sockets, without a framework. */

export { setConfig, type AuthConfig, type BackendConfig, type Config, type EventsConfig, type Headers, type PusherClientOptions } from "./config.js";
export {
  changePassword, confirmPasswordReset, currentUser, devices, endDevice, login, logout, logoutEverywhere, logoutOthers,
  onAuthChange, requestPasswordReset, signup, type At, type AuthChange, type Device, type LoginFields, type PendingLogin, type User,
} from "./auth/index.js";
export { api } from "./http.js";
export { reset, resetStateZero } from "./reset.js";
export {
  ASTValidationError, ConfigError, ConflictError, DoesNotExist, MultipleObjectsReturned, NetworkError, NotAuthenticated,
  NotJsonError, PermissionDenied, PortcullisError, ResetError, SchemaError, SecondFactorNeeded, ServerError, Throttled, ValidationError, type Complaint,
} from "./errors.js";
export { onEventsRefused } from "./events/index.js";
export { LiveMetric } from "./live/metric_store.js";
export type { LiveQueryset } from "./live/list.js";
export type { Options } from "./live/wire.js";
export { fromZone, toZone } from "./models/datetime.js";
export { Model, type FieldPermissions, type Instance, type ModelClass, type Repr } from "./models/model.js";
export { registerModel } from "./models/registered.js";
export type { Key, Property, Relationship, Row, Schema } from "./models/schema.js";
export { F, FExpression, Q, QNode } from "./query/expressions.js";
export { Manager } from "./query/manager.js";
export { QuerySet, type Filter, type Values } from "./query/queryset.js";
export { callAction } from "./actions.js";
export { openSocket, PortcullisSocket, type SocketAuth, type SocketMessages, type SocketOptions, type SocketState } from "./sockets/index.js";
export { FileObject, type FileStatus } from "./files/file_object.js";
