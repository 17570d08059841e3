/** What can go wrong, as classes. Every one has a `type`, and a `status` where a server answered. */

/** One complaint of the server. */
export interface Complaint {
  message: string;
  code?: string;
}

/** The parent of all errors of this package. */
export class PortcullisError extends Error {
  /** The name to tell errors apart by, over bundles. */
  readonly type: string;
  /** The HTTP status of the answer; `undefined` when there was none. */
  readonly status: number | undefined;
  /** What the server said, as it said it. */
  readonly detail: unknown;

  constructor(type: string, message: string, status?: number, detail?: unknown, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.type = type;
    this.name = type;
    this.status = status;
    this.detail = detail;
  }
}

/** The configuration cannot be used; `problems` has a line for each thing that is wrong. */
export class ConfigError extends PortcullisError {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super("ConfigError", `The configuration cannot be used:\n  ${problems.join("\n  ")}`);
    this.problems = problems;
  }
}

/** The server could not be reached, or did not answer in time. What was known stays known. */
export class NetworkError extends PortcullisError {
  constructor(url: string, cause: unknown) {
    super("NetworkError", `${url} could not be reached.`, undefined, undefined, cause);
  }
}

/** The server, or what stands before it, failed (5xx), or answered with something that is not JSON. */
export class ServerError extends PortcullisError {
  constructor(message: string, status: number, detail?: unknown, type = "ServerError") {
    super(type, message, status, detail);
  }
}

/** An answer that is not JSON: usually a proxy's page, or a wrong `API_URL`. */
export class NotJsonError extends ServerError {
  constructor(url: string, status: number, text: string) {
    const start = text.trim().slice(0, 80);
    super(`${url} answered ${status} with something that is not JSON: ${start}`, status, start, "NotJsonError");
  }
}

/** What was sent is wrong; `fields` has the complaints by field. */
export class ValidationError extends PortcullisError {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  constructor(message: string, status: number, detail: unknown, fields: Record<string, string[]>, type = "ValidationError") {
    super(type, message, status, detail);
    this.fields = fields;
  }
}

/** The query cannot be understood by the server. */
export class ASTValidationError extends ValidationError {
  constructor(message: string, status: number, detail: unknown) {
    super(message, status, detail, {}, "ASTValidationError");
  }
}

/** 401: nobody is logged in, or not any more. */
export class NotAuthenticated extends PortcullisError {
  constructor(message: string, detail?: unknown) {
    super("NotAuthenticated", message, 401, detail);
  }
}

/** 403: not allowed. */
export class PermissionDenied extends PortcullisError {
  constructor(message: string, detail?: unknown) {
    super("PermissionDenied", message, 403, detail);
  }
}

/** 404: there is no such row, or none that may be seen. */
export class DoesNotExist extends PortcullisError {
  constructor(message: string, detail?: unknown) {
    super("DoesNotExist", message, 404, detail);
  }
}

/** `get` found more than one row. */
export class MultipleObjectsReturned extends PortcullisError {
  constructor(message: string, detail?: unknown) {
    super("MultipleObjectsReturned", message, 400, detail);
  }
}

/** The password was right, and a second factor is wanted: `user = await error.confirm("123456")`, within five minutes. */
export class SecondFactorNeeded<U = unknown> extends PortcullisError {
  /** What can be brought, such as `totp` and `recovery_code`. */
  readonly factors: readonly string[];
  /** Goes on with the log-in. */
  confirm: (code: string) => Promise<U> = () => Promise.reject(this);
  constructor(message: string, readonly pending: string, factors: readonly string[]) {
    super("SecondFactorNeeded", message, 200, { factors });
    this.factors = factors;
  }
}

/** 409: protected rows, or a constraint of the database. */
export class ConflictError extends PortcullisError {
  constructor(message: string, detail?: unknown) {
    super("ConflictError", message, 409, detail);
  }
}

/** 429: too many requests; nobody is logged out by it. */
export class Throttled extends PortcullisError {
  /** Seconds to wait, when the server said so. */
  readonly wait: number | undefined;
  constructor(message: string, wait: number | undefined, detail?: unknown) {
    super("Throttled", message, 429, detail);
    this.wait = wait;
  }
}

/** The user changed (log-in, log-out, `resetStateZero()`) before this was done; nothing of it is kept. */
export class ResetError extends PortcullisError {
  constructor() {
    super("ResetError", "The user changed before this was done.");
  }
}

/** The generated classes are older than the server, or of another one. */
export class SchemaError extends PortcullisError {
  constructor(message: string) {
    super("SchemaError", message);
  }
}

interface Refused {
  url: string;
  status: number;
  body: unknown;
  retryAfter: string | null;
}

/** The error for an answer of 400 and above. */
export function errorOf({ url, status, body, retryAfter }: Refused): PortcullisError {
  const envelope = isRecord(body) ? body : {};
  const detail = "detail" in envelope ? envelope["detail"] : "error" in envelope ? envelope["error"] : body;
  const type = typeof envelope["type"] === "string" ? envelope["type"] : "";
  const message = messageOf(detail) || `${url} answered ${status}.`;
  if (status === 401) return new NotAuthenticated(message, detail);
  if (status === 403) return new PermissionDenied(message, detail);
  if (status === 404) return new DoesNotExist(message, detail);
  if (status === 409) return new ConflictError(message, detail);
  if (status === 429) {
    const seconds = Number(retryAfter);
    return new Throttled(message, retryAfter !== null && Number.isFinite(seconds) ? seconds : undefined, detail);
  }
  if (status >= 500) return new ServerError(message, status, detail);
  if (type === "MultipleObjectsReturned") return new MultipleObjectsReturned(message, detail);
  if (type === "ASTValidationError") return new ASTValidationError(message, status, detail);
  return new ValidationError(message, status, detail, fieldsOf(detail));
}

/** Whether the answer says that these credentials are not good, as against a server in trouble. */
export function isAuthenticationFailure(error: unknown): boolean {
  return error instanceof NotAuthenticated;
}

function messageOf(detail: unknown): string {
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map(messageOf).filter(Boolean).join(" ");
  if (!isRecord(detail)) return "";
  if (typeof detail["message"] === "string") return detail["message"];
  return Object.entries(detail)
    .map(([field, value]) => (field === "non_field_errors" ? messageOf(value) : `${field}: ${messageOf(value)}`))
    .join(" ");
}

function fieldsOf(detail: unknown): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  if (!isRecord(detail) || typeof detail["message"] === "string") return fields;
  for (const [field, value] of Object.entries(detail)) {
    fields[field] = (Array.isArray(value) ? value : [value]).map(messageOf);
  }
  return fields;
}

/** Whether it is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it may go well a while later: the server is away, in trouble, or busy. */
export function mayPass(error: unknown): boolean {
  return error instanceof NetworkError || error instanceof ServerError || error instanceof Throttled;
}
