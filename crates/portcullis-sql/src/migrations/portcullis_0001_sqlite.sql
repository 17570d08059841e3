-- Every login, whatever its scheme; ending one ends its credential.
CREATE TABLE "portcullis_login" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" integer NOT NULL,
    "scheme" varchar(20) NOT NULL,
    "device" varchar(200) NOT NULL,
    "digest" varchar(128) NOT NULL UNIQUE,
    "created" datetime NOT NULL,
    "last_seen" datetime NOT NULL,
    "expires" datetime NULL
);
CREATE INDEX "portcullis_login_user_id" ON "portcullis_login" ("user_id");
-- E-mail addresses in lower case: unique, and found without reading all users.
CREATE TABLE "portcullis_email" (
    "folded" varchar(254) NOT NULL PRIMARY KEY,
    "user_id" integer NOT NULL
);
CREATE INDEX "portcullis_email_user_id" ON "portcullis_email" ("user_id");
