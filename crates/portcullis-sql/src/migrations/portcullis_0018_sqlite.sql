-- Authenticator apps: the secret encrypted, and the time step of the last code that was used.
CREATE TABLE "portcullis_totp" (
    "user_id" integer NOT NULL PRIMARY KEY,
    "sealed" varchar(255) NOT NULL,
    "last_step" integer NOT NULL,
    "created" datetime NOT NULL
);
-- Digests of the recovery codes that were not used yet.
CREATE TABLE "portcullis_recovery_code" (
    "user_id" integer NOT NULL,
    "digest" varchar(128) NOT NULL,
    PRIMARY KEY ("user_id", "digest")
);
-- When logins proved themselves again; a row ends with its login.
CREATE TABLE "portcullis_proof" (
    "login_id" integer NOT NULL PRIMARY KEY REFERENCES "portcullis_login" ("id") ON DELETE CASCADE,
    "at" datetime NOT NULL
);
