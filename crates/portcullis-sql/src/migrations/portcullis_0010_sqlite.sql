-- What opens one socket, once, within moments; by the digest of its text.
CREATE TABLE "portcullis_ticket" (
    "digest" varchar(64) NOT NULL PRIMARY KEY,
    "user_id" integer NOT NULL,
    "login_id" integer NOT NULL,
    "authenticator" varchar(100) NOT NULL,
    "path" varchar(2000) NOT NULL,
    "session_key" varchar(40) NULL,
    "seal" varchar(64) NULL,
    "expires" datetime NOT NULL
);
CREATE INDEX "portcullis_ticket_expires" ON "portcullis_ticket" ("expires");
