/** Portcullis in the browser: log-in, live data and sockets, without a framework. */

export { setConfig, type AuthConfig, type BackendConfig, type Config, type EventsConfig, type Headers, type PusherClientOptions } from "./config.js";
export {
  changePassword, confirmPasswordReset, currentUser, devices, endDevice, login, logout, logoutEverywhere, logoutOthers,
  onAuthChange, requestPasswordReset, signup, type At, type AuthChange, type Device, type LoginFields, type User,
} from "./auth/index.js";
export { api } from "./http.js";
export { reset, resetStateZero } from "./reset.js";
export {
  ASTValidationError, ConfigError, ConflictError, DoesNotExist, MultipleObjectsReturned, NetworkError, NotAuthenticated,
  NotJsonError, PermissionDenied, PortcullisError, ResetError, SchemaError, ServerError, Throttled, ValidationError, type Complaint,
} from "./errors.js";
